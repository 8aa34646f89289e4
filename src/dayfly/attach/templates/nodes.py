"""A template's values with the offsets of their text, whichever of YAML and JSON they were written in. No I/O."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

MERGE = "<<"


@dataclass(slots=True, eq=False)
class Scalar:
    """One value: `text` is what it says; `start` and `end` span what is written, with its tag and anchor.

    `style` is the quote or block sign, "" for a plain one; a plain one that spans nothing is null.
    """

    start: int
    end: int
    text: str
    style: str = ""
    tag: str = ""
    anchor: str = ""

    @property
    def is_empty(self) -> bool:
        return self.start == self.end and not self.style


@dataclass(slots=True, eq=False)
class Item:
    """An element of a list; written as an alias, `start` and `end` span the alias, `value` lies elsewhere."""

    value: Node
    start: int
    end: int
    is_alias: bool = False


@dataclass(slots=True, eq=False)
class Entry(Item):
    """A key and its value in a mapping; `start` and `end` are the value's."""

    key: Scalar = field(kw_only=True)


@dataclass(slots=True, eq=False)
class Sequence:
    """A list; `inner` is the offset behind the opening bracket of a flow list, or of the first dash."""

    start: int
    end: int
    inner: int
    is_flow: bool
    items: list[Item] = field(default_factory=list)
    tag: str = ""
    anchor: str = ""


@dataclass(slots=True, eq=False)
class Mapping:
    """A mapping in the order of the text; merge keys (`<<`) are entries as others, see `find`."""

    start: int
    end: int
    inner: int
    is_flow: bool
    entries: list[Entry] = field(default_factory=list)
    tag: str = ""
    anchor: str = ""

    def own(self, name: str) -> Entry | None:
        """The entry written in this mapping itself."""
        return next((entry for entry in self.entries if entry.key.text == name), None)

    def find(self, name: str) -> Entry | None:
        """The entry that counts: its own, else the first of what is merged into it."""
        entry = self.own(name)
        if entry is not None:
            return entry
        for merged in self.merged():
            entry = merged.find(name)
            if entry is not None:
                return entry
        return None

    def merged(self) -> Iterator[Mapping]:
        """The mappings that merge keys name, those that win first."""
        for entry in self.entries:
            if is_merge(entry):
                sources = entry.value.items if isinstance(entry.value, Sequence) else [entry]
                for source in sources:
                    if isinstance(source.value, Mapping):
                        yield source.value

    def effective(self) -> dict[str, Entry]:
        """Every entry that counts, by key."""
        found: dict[str, Entry] = {}
        for merged in reversed(tuple(self.merged())):
            found |= merged.effective()
        return found | {entry.key.text: entry for entry in self.entries if not is_merge(entry)}


Node: TypeAlias = "Scalar | Sequence | Mapping"


def is_merge(entry: Entry) -> bool:
    return entry.key.text == MERGE and not entry.key.style


def get(node: Node | None, *path: str) -> Node | None:
    """What lies under these keys, one within the other."""
    for key in path:
        entry = node.find(key) if isinstance(node, Mapping) else None
        if entry is None:
            return None
        node = entry.value
    return node


def text_of(node: Node | None) -> str:
    """A scalar's text where it is no intrinsic; else ""."""
    return node.text if isinstance(node, Scalar) and not node.tag else ""


def walk(node: Node) -> Iterator[Node]:
    """The node and everything that is written within it; not what aliases name."""
    waiting: list[Node] = [node]
    while waiting:
        one = waiting.pop()
        yield one
        if isinstance(one, Mapping):
            for entry in one.entries:
                waiting.append(entry.key)
                if not entry.is_alias:
                    waiting.append(entry.value)
        elif isinstance(one, Sequence):
            waiting.extend(item.value for item in one.items if not item.is_alias)


def plain(node: Node) -> object:
    """What a node means, for comparison: aliases and merge keys followed, tags kept, places and styles gone."""
    value: object
    if isinstance(node, Scalar):
        # A quoted "12" and a plain 12 are different things.
        value = ("quoted" if node.style else "plain", node.text)
    elif isinstance(node, Sequence):
        value = [plain(item.value) for item in node.items]
    else:
        value = {key: plain(entry.value) for key, entry in node.effective().items()}
    return (node.tag, value) if node.tag else value


@dataclass(slots=True)
class Document:
    """One file's text, its root, and where aliases stand."""

    path: str
    text: str
    root: Node
    is_json: bool
    aliases: list[tuple[int, Node]] = field(default_factory=list)
    _lines: list[int] = field(default_factory=list)

    def line(self, offset: int) -> int:
        """The line of an offset, counted from one."""
        if not self._lines:
            self._lines.extend(lines_of(self.text))
        return bisect_right(self._lines, offset)


def lines_of(text: str) -> list[int]:
    """The offset at which each line begins."""
    starts = [0]
    position = text.find("\n")
    while position >= 0:
        starts.append(position + 1)
        position = text.find("\n", position + 1)
    return starts

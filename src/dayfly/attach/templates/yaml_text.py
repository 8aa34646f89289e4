"""Reads YAML with the offset of everything; bounded, and no tag is constructed.

PyYAML's own composer recurses and follows aliases without a bound, so its events are put together here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import yaml

from dayfly.attach.templates.model import TemplateError
from dayfly.attach.templates.nodes import Document, Entry, Item, Mapping, Node, Scalar, Sequence, is_merge

# Readers of nodes recurse; Python's own limit is 1,000 frames, of which the caller has used some.
MAX_DEPTH = 100
# Counted with what aliases repeat: nine lists of nine aliases are 10^9 nodes to whoever follows them.
MAX_NODES = 200_000

# libyaml's parser is tenfold faster; PyYAML may have been built without it.
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STANDARD_TAG = "tag:yaml.org,2002:"


@dataclass(slots=True)
class _Open:
    """A collection whose end has not been read yet."""

    node: Mapping | Sequence
    key: Scalar | None = None
    keys: set[str] = field(default_factory=set)
    weight: int = 1
    height: int = 1


def read_yaml(text: str, path: str) -> Document:
    """The one document of `text`; raises TemplateError with the line for anything else."""
    try:
        return _Composer(text, path).compose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark else ""
        problem = error.problem or error.context or "a syntax error"
        raise TemplateError(
            f"{path}{line} is not valid YAML: {problem}", hint="fix the syntax; nothing was changed"
        ) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        problem = str(error).splitlines()[0] if str(error) else type(error).__name__
        at = getattr(error, "position", None)
        line = f":{text.count(chr(10), 0, at) + 1}" if isinstance(at, int) else ""
        raise TemplateError(
            f"{path}{line} is not valid YAML: {problem}", hint="fix the syntax; nothing was changed"
        ) from error


class _Composer:
    def __init__(self, text: str, path: str) -> None:
        self._text = text
        self._path = path
        # PyYAML does not count a byte order mark.
        self._shift = 1 if text.startswith("\ufeff") else 0
        self._anchors: dict[str, tuple[Node, int, int]] = {}
        self._stack: list[_Open] = []
        self._nodes = 0
        self._aliases: list[tuple[int, Node]] = []
        self._root: Node | None = None

    def compose(self) -> Document:
        for event in yaml.parse(self._text[self._shift :], Loader=_LOADER):
            start = end = 0
            if event.start_mark is not None:
                start, end = event.start_mark.index + self._shift, event.end_mark.index + self._shift
            if isinstance(event, yaml.DocumentStartEvent) and self._root is not None:
                raise self._error("contains a second document", start)
            if isinstance(event, yaml.ScalarEvent):
                style = event.style or ""
                node = Scalar(start, end, event.value, style, _tag(event.tag), event.anchor or "")
                self._put(node, Item(node, start, end), 1, 1)
            elif isinstance(event, yaml.AliasEvent):
                if event.anchor not in self._anchors:
                    raise self._error(
                        f"has the alias *{event.anchor[:40]}, which is undefined or refers to itself", start
                    )
                named, weight, height = self._anchors[event.anchor]
                self._aliases.append((start, named))
                self._put(None, Item(named, start, end, is_alias=True), weight, height)
            elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
                if len(self._stack) >= MAX_DEPTH:
                    raise self._error(f"is nested more than {MAX_DEPTH} levels deep", start)
                made = Mapping if isinstance(event, yaml.MappingStartEvent) else Sequence
                opened = made(start, end, end, bool(event.flow_style))
                opened.tag, opened.anchor = _tag(event.tag), event.anchor or ""
                self._stack.append(_Open(opened))
            elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
                self._close(end)
        if self._root is None:
            raise TemplateError(f"{self._path} is empty", hint="give a template")
        return Document(self._path, self._text, self._root, is_json=False, aliases=self._aliases)

    def _put(self, node: Node | None, item: Item, weight: int, height: int) -> None:
        self._nodes += weight
        if self._nodes > MAX_NODES:
            raise self._error(
                f"has more than {MAX_NODES:,} values, including those that aliases repeat", item.start
            )
        if node is not None and node.anchor:
            self._anchors[node.anchor] = (node, weight, height)
        if not self._stack:
            self._root = item.value
            return
        parent = self._stack[-1]
        parent.weight += weight
        parent.height = max(parent.height, height + 1)
        if parent.height > MAX_DEPTH:
            raise self._error(
                f"is nested more than {MAX_DEPTH} levels deep, including what aliases repeat", item.start
            )
        if isinstance(parent.node, Sequence):
            parent.node.items.append(item)
        elif parent.key is None:
            if not isinstance(item.value, Scalar) or item.is_alias:
                raise self._error("has a key that is not a scalar", item.start)
            parent.key = item.value
        else:
            self._enter(parent, parent.node, parent.key, item)
            parent.key = None

    def _enter(self, parent: _Open, mapping: Mapping, key: Scalar, item: Item) -> None:
        entry = Entry(item.value, item.start, item.end, item.is_alias, key=key)
        value = item.value
        if isinstance(value, Scalar) and value.is_empty and not item.is_alias:
            # Parsers differ on where nothing stands: right behind the colon, if there is one.
            colon = self._text.find(":", key.end)
            behind = colon + 1 if colon >= 0 and not self._text[key.end : colon].strip() else key.end
            value.start = value.end = entry.start = entry.end = behind
        if key.text in parent.keys and not is_merge(entry):
            raise self._error(
                f"the key {key.text[:60]!r} occurs twice, and parsers differ on which one counts", key.start
            )
        parent.keys.add(key.text)
        mapping.entries.append(entry)

    def _close(self, end: int) -> None:
        done = self._stack.pop()
        node = done.node
        node.end = end
        if not node.is_flow:
            # A block ends for the parser where the next thing begins, comments included.
            children = node.entries if isinstance(node, Mapping) else node.items
            node.end = max(node.start, children[-1].end if children else node.start)
        self._nodes -= done.weight - 1  # what is within has been counted already
        self._put(node, Item(node, node.start, node.end), done.weight, done.height)

    def _error(self, problem: str, offset: int) -> TemplateError:
        line = self._text.count("\n", 0, offset) + 1
        return TemplateError(f"{self._path}:{line} {problem}", hint="fix it; nothing was changed")


def _tag(tag: str | None) -> str:
    if tag is None or tag == "!":
        return ""
    return "" if tag.startswith(_STANDARD_TAG) else tag

"""What a serverless.yml says of its functions: what they get from `provider`, by variables and from other files.

No I/O but by the `load` that is passed in, which reads files of the service's folder.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from dayfly.attach.templates.model import Gap
from dayfly.attach.templates.nodes import Document, Entry, Mapping, Node, Scalar, Sequence, get, text_of

# https://www.serverless.com/framework/docs/guides/variables
_FILE = re.compile(r"file\(\s*([^()]+?)\s*\)(?::(.+))?$")
_WHOLE = re.compile(r"\$\{((?:[^${}]|\$\{[^{}]*\})*)\}$")
_PART = re.compile(r"\$\{(?:[^${}]|\$\{[^{}]*\})*\}")
_MAX_DEPTH = 12
_MAX_VALUES = 32

Load = Callable[[str], "Document | None"]


@dataclass(frozen=True, slots=True)
class Function:
    """A function; `node` is its mapping, None where it cannot be read. `source` names another file that it is in."""

    service: Service
    name: str
    entry: Entry | None
    node: Mapping | None
    line: int
    source: str = ""

    def own(self, key: str) -> Entry | None:
        return self.node.find(key) if self.node is not None else None

    def gap(self, reason: str, hint: str = "", *, line: int | None = None) -> Gap:
        return Gap(self.name, self.line if line is None else line, reason, hint)


@dataclass(frozen=True, slots=True)
class Service:
    """A service's document."""

    document: Document
    load: Load
    _cache: dict[str, Document | None] = field(default_factory=dict)

    @property
    def root(self) -> Mapping:
        assert isinstance(self.document.root, Mapping)
        return self.document.root

    @property
    def provider(self) -> Mapping | None:
        """The provider's mapping, wherever it is."""
        found = self.follow(get(self.root, "provider"))
        return found if isinstance(found, Mapping) else None

    def is_editable(self, node: Node | None) -> bool:
        """Whether a mapping is written in this document."""
        return node is not None and any(node is one for one in _nodes(self.root))

    def line_of(self, entry: Entry, section: str) -> int:
        """The line of an entry; that of the section where it lies in another file."""
        if not self.is_editable(entry.value):
            entry = self.root.find(section) or entry
        return self.document.line(entry.key.start)

    def functions(self) -> list[Function]:
        """The functions in the order of the file; what cannot be read is one without a node."""
        entry = self.root.find("functions")
        return list(self._functions(entry.value, entry.key.start, "")) if entry is not None else []

    def _functions(self, node: Node, offset: int, source: str) -> Iterator[Function]:
        if isinstance(node, Sequence):
            for item in node.items:
                yield from self._functions(item.value, item.start, source)
            return
        line = self.document.line(offset)
        if isinstance(node, Mapping):
            for name, entry in node.effective().items():
                own = self.document.line(entry.key.start) if not source else line
                if isinstance(entry.value, Mapping):
                    yield Function(self, name, entry, entry.value, own, source)
                    continue
                found, path = self._followed(entry.value)
                mapping = found if isinstance(found, Mapping) else None
                yield Function(self, name, None, mapping, own, path or source or text_of(entry.value))
            return
        if isinstance(node, Scalar) and not node.is_empty:
            found, path = self._followed(node)
            if isinstance(found, (Mapping, Sequence)) and path:
                yield from self._functions(found, offset, path)
            elif isinstance(found, Mapping):
                yield from self._functions(found, offset, node.text)
            else:
                yield Function(self, node.text, None, None, line, node.text)

    def follow(self, node: Node | None) -> Node | None:
        """What a node is, through `${self:...}` and `${file(...)}` that stand for it as a whole; else None."""
        return self._followed(node)[0]

    def _followed(self, node: Node | None, depth: int = 0) -> tuple[Node | None, str]:
        if not isinstance(node, Scalar) or "${" not in node.text:
            return node, ""
        match = _WHOLE.match(node.text)
        if match is None or depth > _MAX_DEPTH:
            return None, ""
        for source in _alternatives(match[1]):
            found, path = self._source(source)
            if found is None:
                continue
            inner, deeper = self._followed(found, depth + 1)
            return inner, deeper or path
        return None, ""

    def _source(self, source: str) -> tuple[Node | None, str]:
        if source.startswith("self:") and "${" not in source:
            return at(self.root, source.removeprefix("self:")), ""
        match = _FILE.match(source)
        if match is None or "${" in source:
            return None, ""
        if match[1] not in self._cache:
            self._cache[match[1]] = self.load(match[1])
        document = self._cache[match[1]]
        if document is None:
            return None, ""
        return (at(document.root, match[2]) if match[2] else document.root), match[1]

    def texts(self, node: Node | None, depth: int = 0) -> set[str] | None:
        """All that a value may come to; None if there may be others."""
        if not isinstance(node, Scalar) or node.tag:
            return None
        if "${" not in node.text:
            return {node.text}
        if depth > _MAX_DEPTH:
            return None
        match = _WHOLE.match(node.text)
        if match is not None:
            return self._any_of(match[1], depth + 1)
        choices: list[list[str]] = []
        position = 0
        for part in _PART.finditer(node.text):
            found = self._any_of(part[0][2:-1], depth + 1)
            if found is None:
                return None
            choices += [[node.text[position : part.start()]], sorted(found)]
            position = part.end()
        choices.append([node.text[position:]])
        combined = ["".join(one) for one in itertools.islice(itertools.product(*choices), _MAX_VALUES + 1)]
        is_done = len(combined) <= _MAX_VALUES and not any("${" in one for one in combined)
        return set(combined) if is_done else None

    def _any_of(self, expression: str, depth: int) -> set[str] | None:
        for source in _alternatives(expression):
            if source[:1] in ("'", '"') and source[-1:] == source[:1]:
                return {source[1:-1]}
            if source.startswith("self:"):
                found = list(_matching(self.root, source.removeprefix("self:")))
            else:
                node, _ = self._source(source)
                found = [node] if node is not None else []
            if found:
                values = [self.texts(one, depth) for one in found[:_MAX_VALUES]]
                known = [one for one in values if one is not None]
                return set().union(*known) if len(known) == len(found) else None
        return None


def at(node: Node, path: str) -> Node | None:
    """What lies at `a.b.0`; an index counts elements of a list."""
    current: Node | None = node
    for step in path.split("."):
        if isinstance(current, Mapping):
            current = get(current, step)
        elif isinstance(current, Sequence) and step.isdecimal() and int(step) < len(current.items):
            current = current.items[int(step)].value
        else:
            return None
    return current


def _matching(node: Node, path: str) -> Iterator[Node]:
    """What lies at a path of which a step may be decided at deployment: `custom.${opt:stage}.runtime`."""
    current: list[Node] = [node]
    for step in re.split(r"\.(?![^{]*\})", path):
        following: list[Node] = []
        for one in current:
            if "${" in step and isinstance(one, Mapping):
                following += [entry.value for entry in one.effective().values()]
            elif "${" not in step and (found := at(one, step)) is not None:
                following.append(found)
        current = following[:_MAX_VALUES]
    yield from current


def _alternatives(expression: str) -> list[str]:
    """The sources of `a, b, 'c'`: what is taken is the first that there is."""
    found, depth, quote, start = [], 0, "", 0
    for index, sign in enumerate(expression):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign in "({":
            depth += 1
        elif sign in ")}":
            depth -= 1
        elif sign == "," and depth == 0:
            found.append(expression[start:index].strip())
            start = index + 1
    return [*found, expression[start:].strip()]


def _nodes(root: Node) -> Iterator[Node]:
    waiting = [root]
    while waiting:
        one = waiting.pop()
        yield one
        if isinstance(one, Mapping):
            waiting += [entry.value for entry in one.entries if not entry.is_alias]
        elif isinstance(one, Sequence):
            waiting += [item.value for item in one.items if not item.is_alias]

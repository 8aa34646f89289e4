"""Puts the Serverless Framework's `${…}` variables in, as far as the project itself decides them."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from dayfly.scan.model import Note, NoteKind
from dayfly.scan.template.documents import read_documents
from dayfly.scan.template.nodes import (
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    is_null,
    known,
    mapping,
    text,
    unknown,
)

if TYPE_CHECKING:
    from dayfly.scan.model import Place
    from dayfly.scan.source.project import Project

# Variables within variables, and the work that all of a file's variables together may make.
_MAX_DEPTH = 12
_MAX_STEPS = 20_000
_MAX_TEXT = 200_000
_MAX_BUILT = 20_000_000
_MAX_NODES = 400_000
_FILE = re.compile(r"file\(\s*(?P<path>[^)]+?)\s*\)(?::(?P<key>.+))?$")
_QUOTED = re.compile(r"""(?:'(?P<single>[^']*)'|"(?P<double>[^"]*)")$""")


class Variables:
    """The variables of one service.

    A command line option and an environment variable count as their fallback, as a parameter does as its
    default. What only a deployment knows (`ssm:`, `cf:`, an option without fallback) becomes a scalar that is
    not known. Files outside the project and programs are not read.
    """

    def __init__(self, project: Project, path: str, root: MappingNode, notes: list[Note]) -> None:
        self._project = project
        self._folder = posixpath.dirname(path)
        self._root = root
        self._notes = notes
        self._files: dict[str, Node | None] = {}
        self._steps = 0
        self._built = 0
        self._nodes = 0

    def resolve(self, node: Node, *, depth: int = 0) -> Node:
        """`node` with its variables put in; tags of CloudFormation's functions stay."""
        self._nodes += 1
        if self._nodes > _MAX_NODES:
            return unknown(node.place, "${too much}")
        if isinstance(node, ScalarNode):
            if "${" not in node.text or not node.is_known:
                return node
            value = self._expand(node.text, node.place, depth)
            if isinstance(value, ScalarNode) and node.tag:
                return ScalarNode(value.place, value.text, value.value, value.is_known, node.tag)
            return value
        if isinstance(node, SequenceNode):
            return SequenceNode(
                node.place, tuple(self.resolve(item, depth=depth) for item in node.items), node.tag
            )
        resolved = {key: self.resolve(value, depth=depth) for key, value in node.entries.items()}
        return MappingNode(node.place, resolved, node.keys, node.tag)

    def _expand(self, written: str, place: Place, depth: int) -> Node:
        """A text with variables: the value itself where it is one variable, else a string."""
        pieces: list[str] = []
        is_known = True
        position = 0
        while (start := written.find("${", position)) >= 0:
            end = _closing(written, start)
            if end < 0:
                break
            inner = written[start + 2 : end]
            if inner.startswith(("AWS::", "!")) or (
                ":" not in inner and "," not in inner and "(" not in inner
            ):
                value: Node = known(place, written[start : end + 1])  # CloudFormation's own, in a Fn::Sub
            else:
                value = self._variable(inner, place, depth)
            if start == 0 and end == len(written) - 1:
                return value
            pieces += [written[position:start], text(value) if isinstance(value, ScalarNode) else "${…}"]
            is_known = is_known and isinstance(value, ScalarNode) and value.is_known
            position = end + 1
        result = "".join([*pieces, written[position:]])
        self._built += len(result)
        if len(result) > _MAX_TEXT or self._built > _MAX_BUILT:
            return unknown(place, "${too long}")
        return known(place, result) if is_known else unknown(place, result)

    def _variable(self, inner: str, place: Place, depth: int) -> Node:
        """One variable: the first of its alternatives that is decided here."""
        self._steps += 1
        if depth > _MAX_DEPTH or self._steps > _MAX_STEPS:
            return unknown(place, "${" + inner[:80] + "}")
        expanded = self._expand(inner, place, depth + 1) if "${" in inner else known(place, inner)
        written = text(expanded)
        for alternative in _split(written):
            value = self._source(alternative.strip(), place, depth + 1)
            if value is not None and not is_null(value):
                return value
        return unknown(place, "${" + written[:200] + "}")

    def _source(self, written: str, place: Place, depth: int) -> Node | None:
        quoted = _QUOTED.match(written)
        if quoted is not None:
            return known(place, quoted["single"] if quoted["single"] is not None else quoted["double"])
        if written.startswith("self:"):
            return self._lookup(self._root, written.removeprefix("self:"), depth)
        if written in ("sls:stage", "opt:stage"):
            stage = self._lookup(self._root, "provider.stage", depth)
            # `opt:stage` within provider.stage would ask itself: its own fallback comes next.
            return stage if written == "sls:stage" and stage is not None else None
        if written.startswith("param:"):
            name = written.removeprefix("param:")
            return self._lookup(self._root, f"params.default.{name}", depth)
        match = _FILE.match(written)
        if match is not None:
            node = self._file(match["path"], place)
            if node is None:
                return None
            return self._lookup(node, match["key"] or "", depth)
        if written in ("true", "false"):
            return ScalarNode(place, written, written == "true")
        if written.isdecimal() and len(written) < 20:
            return ScalarNode(place, written, int(written))
        if ":" not in written and "(" not in written and written and not written.startswith("${"):
            # An unquoted fallback is the old syntax's `${opt:stage, self:provider.stage}` without its prefix.
            return known(place, written) if re.fullmatch(r"[\w./-]+", written) else None
        return None

    def _lookup(self, node: Node, path: str, depth: int) -> Node | None:
        """What lies at a dotted path, with its own variables put in on the way."""
        if depth > _MAX_DEPTH:
            return None
        current: Node | None = node
        for key in path.split(".") if path else ():
            if isinstance(current, ScalarNode) and "${" in current.text:
                current = self.resolve(current, depth=depth)
            if isinstance(current, MappingNode):
                current = current.entries.get(key)
            elif isinstance(current, SequenceNode) and key.isdecimal() and len(key) < 6:
                current = current.items[int(key)] if int(key) < len(current.items) else None
            else:
                return None
        return self.resolve(current, depth=depth) if current is not None else None

    def _file(self, written: str, place: Place) -> Node | None:
        """A YAML or JSON file of the project; a program or a file of elsewhere is noted."""
        path = posixpath.normpath(posixpath.join(self._folder, written))
        if path not in self._files:
            self._files[path] = None
            note = ""
            if path not in self._project.others:
                note = (
                    "is not in the project" if not path.endswith(".py") else "is a program, which is not run"
                )
            elif not path.endswith((".yml", ".yaml", ".json")):
                note = "is a program, which scan does not run"
            else:
                content = self._project.read_text(path)
                documents = read_documents(content or "", path)
                self._notes.extend(documents.notes)
                self._files[path] = documents.nodes[0] if documents.nodes else None
            if note:
                self._notes.append(Note(NoteKind.NOT_RESOLVED, f"the file {written[:200]} {note}", place))
        return self._files[path]


def _closing(written: str, start: int) -> int:
    """Where the brace that opens at `start` closes; -1 where it does not."""
    depth = 0
    position = start
    while position < len(written):
        if written.startswith("${", position):
            depth += 1
            position += 2
            continue
        if written[position] == "}":
            depth -= 1
            if depth == 0:
                return position
        position += 1
    return -1


def _split(written: str) -> list[str]:
    """The alternatives of a variable, at commas that are not quoted or in parentheses."""
    parts = [""]
    quote = ""
    depth = 0
    for character in written:
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in "({":
            depth += 1
        elif character in ")}":
            depth -= 1
        elif character == "," and depth == 0:
            parts.append("")
            continue
        parts[-1] += character
    return parts


def merged(node: Node | None) -> MappingNode | None:
    """A mapping, or the mappings of a list put into one, as `functions` and `resources` may be written."""
    if isinstance(node, SequenceNode):
        entries: dict[str, Node] = {}
        keys: dict[str, Place] = {}
        for item in node.items:
            if isinstance(item, MappingNode):
                for key, value in item.entries.items():
                    known_before = entries.get(key)
                    if isinstance(known_before, MappingNode) and isinstance(value, MappingNode):
                        value = MappingNode(
                            value.place,
                            {**known_before.entries, **value.entries},
                            {**known_before.keys, **value.keys},
                        )
                    entries[key] = value
                keys.update(item.keys)
        return MappingNode(node.place, entries, keys)
    return mapping(node)

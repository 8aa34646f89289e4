"""Text of a YAML or JSON file as nodes with places, bounded: no tag is constructed, no alias multiplied."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import yaml

from dayfly.scan.model import Note, NoteKind, Place
from dayfly.scan.template.json_text import JsonError, read_json
from dayfly.scan.template.nodes import MappingNode, Node, ScalarNode, SequenceNode

# CloudFormation refuses a template of more than 1 MB; a Terraform plan or a synthesised stack may be larger.
MAX_CHARACTERS = 4_000_000
# Every reader of nodes recurses; Python's own limit is 1,000 frames, of which the caller has used some.
MAX_DEPTH = 100
# Counted with what aliases repeat: nine lists of nine aliases are 10^9 nodes to whoever walks them.
MAX_NODES = 200_000

_INT = re.compile(r"[-+]?(?:0|[1-9][0-9_]*)$")
_FLOAT = re.compile(r"[-+]?(?:[0-9][0-9_]*)?\.[0-9_]+(?:[eE][-+]?[0-9]+)?$|[-+]?[0-9][0-9_]*\.$")
_TRUE = frozenset({"true", "yes", "on"})
_FALSE = frozenset({"false", "no", "off"})
_STANDARD_TAG = "tag:yaml.org,2002:"


class _BoundError(Exception):
    """A limit was reached; the argument says which."""


@dataclass
class Documents:
    """The documents of one file, and what was noteworthy about them."""

    nodes: list[Node] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


def read_documents(text: str, path: str) -> Documents:
    """Read `text`, JSON where the file's name or its first character says so, else YAML.

    What comes before an error in YAML counts; a document with an error does not.
    """
    result = Documents()
    if len(text) > MAX_CHARACTERS:
        result.notes.append(
            Note(
                NoteKind.BOUNDED,
                f"has {len(text):,} characters; the limit is {MAX_CHARACTERS:,}",
                Place(path),
            )
        )
        return result
    if path.endswith((".json", ".template")) and text.lstrip()[:1] in ("{", "["):
        try:
            result.nodes.append(read_json(text, path, result.notes, max_depth=MAX_DEPTH, max_nodes=MAX_NODES))
        except JsonError as error:
            result.notes.append(
                Note(error.kind, f"is not valid JSON: {error}", Place(path, error.line, error.column))
            )
        return result
    composer = _Composer(path, result.notes)
    try:
        for node in composer.compose(text):
            result.nodes.append(node)
    except _BoundError as error:
        result.notes.append(Note(NoteKind.BOUNDED, f"cannot be read: {error}", Place(path)))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(path, mark.line + 1, mark.column + 1) if mark else Place(path)
        problem = error.problem or error.context or "a syntax error"
        result.notes.append(Note(NoteKind.NOT_ANALYSABLE, f"is not valid YAML: {problem}", place))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        problem = str(error).splitlines()[0] if str(error) else type(error).__name__
        result.notes.append(Note(NoteKind.NOT_ANALYSABLE, f"is not valid YAML: {problem}", Place(path)))
    return result


@dataclass
class _Open:
    """A collection whose end has not been read yet."""

    place: Place
    tag: str
    anchor: str | None
    is_mapping: bool
    items: list[Node] = field(default_factory=list)
    key: Node | None = None
    entries: dict[str, Node] = field(default_factory=dict)
    keys: dict[str, Place] = field(default_factory=dict)
    merged: dict[str, Node] = field(default_factory=dict)
    weight: int = 1


class _Composer:
    """Puts PyYAML's events together: its own composer recurses and constructs."""

    def __init__(self, path: str, notes: list[Note]) -> None:
        self._path = path
        self._notes = notes
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._stack: list[_Open] = []
        self._nodes = 0
        self._done: list[Node] = []

    def compose(self, text: str) -> list[Node]:
        for event in yaml.parse(text, Loader=_LOADER):
            if isinstance(event, yaml.DocumentStartEvent):
                self._anchors = {}
            elif isinstance(event, yaml.ScalarEvent):
                value, tag = _scalar(event.value, event.tag, event.implicit[0])
                self._put(ScalarNode(self._place(event), event.value, value, tag=tag), event.anchor, 1)
            elif isinstance(event, yaml.AliasEvent):
                if event.anchor not in self._anchors:
                    raise _BoundError(f"the alias *{event.anchor[:40]} is undefined or contains itself")
                node, weight = self._anchors[event.anchor]
                self._put(node, None, weight)
            elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
                if len(self._stack) >= MAX_DEPTH:
                    raise _BoundError(f"it is nested more than {MAX_DEPTH} levels deep")
                is_mapping = isinstance(event, yaml.MappingStartEvent)
                self._stack.append(_Open(self._place(event), _tag(event.tag), event.anchor, is_mapping))
            elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
                self._close(event)
        return self._done

    def _place(self, event: yaml.Event) -> Place:
        start, end = event.start_mark, event.end_mark
        return Place(self._path, start.line + 1, start.column + 1, end.line + 1, end.column + 1)

    def _put(self, node: Node, anchor: str | None, weight: int) -> None:
        self._nodes += weight
        if self._nodes > MAX_NODES:
            raise _BoundError(f"it has more than {MAX_NODES:,} values, including those that aliases repeat")
        if anchor:
            self._anchors[anchor] = (node, weight)
        if not self._stack:
            self._done.append(node)
            return
        parent = self._stack[-1]
        parent.weight += weight
        if not parent.is_mapping:
            parent.items.append(node)
        elif parent.key is None:
            parent.key = node
        else:
            self._enter(parent, parent.key, node)
            parent.key = None

    def _enter(self, parent: _Open, key: Node, node: Node) -> None:
        if not isinstance(key, ScalarNode):
            self._notes.append(Note(NoteKind.NOT_ANALYSABLE, "has a key that is not a scalar", key.place))
            return
        if key.text == "<<" and not key.tag:
            for source in node.items if isinstance(node, SequenceNode) else (node,):
                if isinstance(source, MappingNode):
                    for name, value in source.entries.items():
                        parent.merged.setdefault(name, value)
            return
        if key.text in parent.entries:
            self._notes.append(
                Note(
                    NoteKind.NOT_ANALYSABLE,
                    f"the key {key.text[:60]!r} occurs twice, and parsers differ on which one counts; the last one "
                    "is used",
                    key.place,
                    "remove one of them",
                )
            )
        parent.entries[key.text] = node
        parent.keys[key.text] = key.place

    def _close(self, event: yaml.Event) -> None:
        done = self._stack.pop()
        end_line, end_column = event.end_mark.line + 1, event.end_mark.column + 1
        children = list(done.entries.values()) if done.is_mapping else done.items
        if event.start_mark.index == event.end_mark.index and children:
            # A block ends where the next thing begins; what one wants to see ends with its last value.
            last = children[-1].place
            if last.line >= done.place.line:
                end_line, end_column = last.end_line, last.end_column
        place = Place(self._path, done.place.line, done.place.column, end_line, end_column)
        node: Node
        if done.is_mapping:
            merged = {**done.merged, **done.entries}
            keys = {name: done.keys.get(name, value.place) for name, value in merged.items()}
            node = MappingNode(place, merged, keys, done.tag)
        else:
            node = SequenceNode(place, tuple(done.items), done.tag)
        weight = done.weight
        # What is within has been counted already; `_put` counts the collection itself.
        self._nodes -= weight - 1
        self._put(node, done.anchor, weight)


# libyaml's parser is tenfold faster; PyYAML may have been built without it.
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _tag(tag: str | None) -> str:
    return "" if tag is None or tag.startswith(_STANDARD_TAG) or tag == "!" else tag


def _scalar(text: str, tag: str | None, is_plain: bool) -> tuple[str | int | float | bool | None, str]:
    """What a scalar means, and its tag where that is not a standard one."""
    if tag is not None and not tag.startswith(_STANDARD_TAG):
        return text, _tag(tag)
    if not is_plain or (tag is not None and tag.endswith(":str")):
        return text, ""
    lower = text.lower()
    if lower in ("", "~", "null"):
        return None, ""
    if lower in _TRUE or lower in _FALSE:
        return lower in _TRUE, ""
    # Digits beyond any number of a template: int() of a long text takes its square.
    if len(text) < 40 and _INT.match(text):
        return int(text.replace("_", "")), ""
    if len(text) < 40 and _FLOAT.match(text):
        return float(text.replace("_", "")), ""
    return text, ""

"""Reads JSON with the place of every value; the standard library's reader forgets them."""

from __future__ import annotations

import json
import re
from bisect import bisect_right

from dayfly.scan.model import Note, NoteKind, Place
from dayfly.scan.template.nodes import MappingNode, Node, ScalarNode, SequenceNode

_TOKEN = re.compile(
    r'[ \t\r\n]*(?:(?P<string>"(?:[^"\\\x00-\x1f]|\\.)*")|(?P<word>[-+.\w]+)|(?P<mark>[{}\[\],:])|(?P<bad>\S)|(?P<end>$))',
    re.DOTALL,
)
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?P<rest>\.\d+)?(?:[eE][-+]?\d+)?$")


class JsonError(Exception):
    """Text that is no JSON, or too much of it."""

    def __init__(
        self, message: str, line: int, column: int, kind: NoteKind = NoteKind.NOT_ANALYSABLE
    ) -> None:
        super().__init__(message)
        self.line = line
        self.column = column
        self.kind = kind


class _Frame:
    """A collection whose end has not been read yet."""

    __slots__ = ("entries", "is_mapping", "items", "key", "key_place", "keys", "start")

    def __init__(self, start: int, *, is_mapping: bool) -> None:
        self.start = start
        self.is_mapping = is_mapping
        self.items: list[Node] = []
        self.entries: dict[str, Node] = {}
        self.keys: dict[str, Place] = {}
        self.key: str | None = None
        self.key_place: Place | None = None


def read_json(text: str, path: str, notes: list[Note], *, max_depth: int, max_nodes: int) -> Node:
    """The one value of `text`; raises JsonError. A key that is given twice goes to `notes`, the last counts."""
    return _Reader(text, path, notes, max_depth, max_nodes).read()


class _Reader:
    def __init__(self, text: str, path: str, notes: list[Note], max_depth: int, max_nodes: int) -> None:
        self._text = text
        self._path = path
        self._notes = notes
        self._max_depth = max_depth
        self._max_nodes = max_nodes
        self._lines = [0, *(match.end() for match in re.finditer("\n", text))]
        self._stack: list[_Frame] = []
        self._result: Node | None = None

    def read(self) -> Node:
        position = count = 0
        expected = "value"  # value, value or end, key, key or end, colon, comma, nothing
        while True:
            match = _TOKEN.match(self._text, position)
            if match is None:
                raise self._error("unexpected text", position)
            start = match.start(match.lastgroup or 0)
            position = match.end()
            token = match.group(match.lastgroup or 0)
            if match.lastgroup == "end":
                if self._result is None or self._stack:
                    raise self._error("it ends too early", start)
                return self._result
            if expected == "nothing":
                raise self._error("there is text after its end", start)
            if token in ("}", "]"):
                if not self._stack or not (expected.endswith("or end") or expected == "comma"):
                    raise self._error(f"unexpected {token}", start)
                if self._stack[-1].is_mapping != (token == "}"):
                    raise self._error(f"unexpected {token}", start)
                expected = self._put(self._close(position))
            elif expected == "comma":
                if token != ",":
                    raise self._error("a comma is missing", start)
                expected = "key" if self._stack[-1].is_mapping else "value"
            elif expected == "colon":
                if token != ":":
                    raise self._error("a colon is missing", start)
                expected = "value"
            elif expected.startswith("key"):
                if match.lastgroup != "string":
                    raise self._error("a key is missing", start)
                frame = self._stack[-1]
                frame.key = self._string(token, start)
                frame.key_place = self._place(start, position)
                expected = "colon"
            elif token in ("{", "["):
                if len(self._stack) >= self._max_depth:
                    raise self._error(
                        f"it is nested more than {self._max_depth} levels deep", start, NoteKind.BOUNDED
                    )
                self._stack.append(_Frame(start, is_mapping=token == "{"))
                expected = "key or end" if token == "{" else "value or end"
            else:
                expected = self._put(self._scalar(match.lastgroup or "", token, start, position))
            count += 1
            if count > 4 * self._max_nodes:
                raise self._error(f"it has more than {self._max_nodes:,} values", start, NoteKind.BOUNDED)

    def _put(self, node: Node) -> str:
        if not self._stack:
            self._result = node
            return "nothing"
        frame = self._stack[-1]
        if not frame.is_mapping:
            frame.items.append(node)
        elif frame.key is not None and frame.key_place is not None:
            if frame.key in frame.entries:
                self._notes.append(
                    Note(
                        NoteKind.NOT_ANALYSABLE,
                        f"the key {frame.key[:60]!r} occurs twice, and parsers differ on which one counts; the last one "
                        "is used",
                        frame.key_place,
                        "remove one of them",
                    )
                )
            frame.entries[frame.key] = node
            frame.keys[frame.key] = frame.key_place
        return "comma"

    def _close(self, end: int) -> Node:
        frame = self._stack.pop()
        place = self._place(frame.start, end)
        if frame.is_mapping:
            return MappingNode(place, frame.entries, frame.keys)
        return SequenceNode(place, tuple(frame.items))

    def _scalar(self, kind: str, token: str, start: int, end: int) -> Node:
        place = self._place(start, end)
        if kind == "string":
            value = self._string(token, start)
            return ScalarNode(place, value, value)
        if token in ("true", "false", "null"):
            return ScalarNode(
                place, "" if token == "null" else token, {"true": True, "false": False}.get(token)
            )
        number = _NUMBER.match(token) if len(token) < 60 else None
        if number is None:
            raise self._error(f"unexpected {token[:20]}", start)
        is_float = number["rest"] is not None or "e" in token.lower()
        return ScalarNode(place, token, float(token) if is_float else int(token))

    def _string(self, token: str, start: int) -> str:
        if "\\" not in token:
            return token[1:-1]
        try:
            return str(json.loads(token))
        except ValueError as error:
            raise self._error("a string contains an invalid escape", start) from error

    def _place(self, start: int, end: int) -> Place:
        line, column = self._at(start)
        end_line, end_column = self._at(end)
        return Place(self._path, line, column, end_line, end_column)

    def _at(self, position: int) -> tuple[int, int]:
        line = bisect_right(self._lines, position)
        return line, position - self._lines[line - 1] + 1

    def _error(self, message: str, position: int, kind: NoteKind = NoteKind.NOT_ANALYSABLE) -> JsonError:
        return JsonError(message, *self._at(position), kind)

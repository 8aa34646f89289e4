"""Reads JSON with the offset of everything; the standard library's reader forgets them."""

from __future__ import annotations

import json
import re

from dayfly.attach.templates.model import TemplateError
from dayfly.attach.templates.nodes import Document, Entry, Item, Mapping, Node, Scalar, Sequence
from dayfly.attach.templates.yaml_text import MAX_DEPTH, MAX_NODES

_SPACE = re.compile(r"[ \t\r\n]*")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
_WORD = re.compile(r"true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?")


def read_json(text: str, path: str) -> Document:
    """The one value of `text`; raises TemplateError with the line where it is not valid JSON, or too much of
    it."""
    return Document(path, text, _Reader(text, path).read(), is_json=True)


class _Reader:
    def __init__(self, text: str, path: str) -> None:
        self._text = text
        self._path = path
        self._at = 1 if text.startswith("\ufeff") else 0
        self._count = 0

    def read(self) -> Node:
        node = self._value(0)
        self._skip()
        if self._at < len(self._text):
            raise self._error("unexpected text after the end")
        return node

    def _value(self, depth: int) -> Node:
        self._skip()
        self._count += 1
        if depth > MAX_DEPTH or self._count > MAX_NODES:
            raise self._error(
                f"it is nested more than {MAX_DEPTH} levels deep or has more than {MAX_NODES:,} values"
            )
        sign = self._text[self._at : self._at + 1]
        if sign == '"':
            return self._string()
        if sign == "{":
            return self._mapping(depth)
        if sign == "[":
            return self._sequence(depth)
        match = _WORD.match(self._text, self._at)
        if match is None or self._text[match.end() : match.end() + 1].isalnum():
            raise self._error("a value is missing")
        self._at = match.end()
        return Scalar(match.start(), match.end(), match[0])

    def _string(self) -> Scalar:
        match = _STRING.match(self._text, self._at)
        if match is None:
            raise self._error("a string is missing or not terminated")
        try:
            value = str(json.loads(match[0]))
        except ValueError as error:
            raise self._error("a string contains an invalid escape") from error
        self._at = match.end()
        return Scalar(match.start(), match.end(), value, '"')

    def _mapping(self, depth: int) -> Mapping:
        node = Mapping(self._at, self._at, self._at + 1, is_flow=True)
        self._at += 1
        keys: set[str] = set()
        while not self._is_end("}", is_first=not keys):
            self._skip()
            key = self._string()
            if key.text in keys:
                self._at = key.start
                raise self._error(
                    f"the key {key.text[:60]!r} occurs twice, and parsers differ on which one counts"
                )
            keys.add(key.text)
            self._skip()
            if self._text[self._at : self._at + 1] != ":":
                raise self._error("a colon is missing")
            self._at += 1
            value = self._value(depth + 1)
            node.entries.append(Entry(value, value.start, value.end, key=key))
        node.end = self._at
        return node

    def _sequence(self, depth: int) -> Sequence:
        node = Sequence(self._at, self._at, self._at + 1, is_flow=True)
        self._at += 1
        while not self._is_end("]", is_first=not node.items):
            value = self._value(depth + 1)
            node.items.append(Item(value, value.start, value.end))
        node.end = self._at
        return node

    def _is_end(self, sign: str, *, is_first: bool) -> bool:
        self._skip()
        found = self._text[self._at : self._at + 1]
        if found == sign:
            self._at += 1
            return True
        if not is_first:
            if found != ",":
                raise self._error("a comma is missing, or the file ends too early")
            self._at += 1
        return False

    def _skip(self) -> None:
        match = _SPACE.match(self._text, self._at)
        self._at = match.end() if match else self._at

    def _error(self, problem: str) -> TemplateError:
        line = self._text.count("\n", 0, self._at) + 1
        return TemplateError(
            f"{self._path}:{line} is not a valid JSON template: {problem}",
            hint="fix the syntax; nothing was changed",
        )

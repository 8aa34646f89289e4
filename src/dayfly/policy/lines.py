"""Tells where in a TOML file each key and each element of a list stands, by line and by character.

No reader of TOML tells that, and no writer of it keeps every byte. The text must be valid: `tomllib` has read it before.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    Path = tuple[str | int, ...]

_SPACE = " \t"
_BLANK = " \t\r\n"
# What ends a number, a date or a word.
_AFTER_SCALAR = ",]}#\r\n"


@dataclass(frozen=True, slots=True)
class Spot:
    """The line, counted from 1, and the characters from `start` to before `end`: a value's, or a table header's."""

    line: int
    start: int
    end: int


def locate(text: str) -> Mapping[Path, Spot]:
    """Return spots by path: `("policy", "network", "allow", 0)` is the first element of a list.

    A key has the line of its name and the characters of its value. Raises ValueError for text that is no TOML.
    """
    tomllib.loads(text)
    return _Scanner(text).scan()


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1
        self._found: dict[Path, Spot] = {}

    def scan(self) -> dict[Path, Spot]:
        table: Path = ()
        numbers: dict[Path, int] = {}
        while True:
            self._skip(_BLANK)
            char = self._peek()
            if not char:
                return self._found
            if char == "[":
                is_list = self._text.startswith("[[", self._at)
                start = self._at
                self._step(2 if is_list else 1)
                table = self._keys("]")
                self._step(2 if is_list else 1)
                if is_list:
                    number = numbers.get(table, -1) + 1
                    numbers[table] = number
                    table = (*table, number)
                self._found[table] = Spot(self._line, start, self._at)
            else:
                self._assignment(table)

    def _assignment(self, table: Path) -> None:
        line, start = self._line, self._at
        path = (*table, *self._keys("="))
        end = self._at
        for size in range(len(table) + 1, len(path)):
            self._found.setdefault(path[:size], Spot(line, start, end))
        self._step(1)
        self._skip(_SPACE)
        self._value(path, line)

    def _value(self, path: Path, line: int) -> None:
        char, start = self._peek(), self._at
        if char in ("'", '"'):
            self._string()
        elif char == "[":
            self._step(1)
            number = 0
            while True:
                self._skip(_BLANK + ",")
                if self._peek() in ("]", ""):
                    break
                self._value((*path, number), self._line)
                number += 1
            self._step(1)
        elif char == "{":
            self._step(1)
            while True:
                self._skip(_BLANK + ",")
                if self._peek() in ("}", ""):
                    break
                self._assignment(path)
            self._step(1)
        else:
            while self._peek() and self._peek() not in _AFTER_SCALAR:
                self._step(1)
            while self._text[self._at - 1] in _SPACE:
                self._at -= 1
        self._found[path] = Spot(line, start, self._at)

    def _keys(self, end: str) -> tuple[str, ...]:
        keys: list[str] = []
        while True:
            self._skip(_SPACE)
            char = self._peek()
            if char in ("", end):
                return tuple(keys)
            if char == ".":
                self._step(1)
            elif char in ("'", '"'):
                keys.append(self._string())
            else:
                start = self._at
                while self._peek() and self._peek() not in f"{_BLANK}.{end}":
                    self._step(1)
                keys.append(self._text[start : self._at])

    def _string(self) -> str:
        start, quote = self._at, self._peek()
        if self._text.startswith(quote * 3, self._at):
            self._step(3)
            while not self._text.startswith(quote * 3, self._at):
                self._step(2 if quote == '"' and self._peek() == "\\" else 1)
            self._step(3)
            # Up to two quotes may stand before the three that end it.
            while self._peek() == quote:
                self._step(1)
        else:
            self._step(1)
            while self._peek() != quote:
                self._step(2 if quote == '"' and self._peek() == "\\" else 1)
            self._step(1)
        value = tomllib.loads("key = " + self._text[start : self._at])["key"]
        assert isinstance(value, str)
        return value

    def _skip(self, blanks: str) -> None:
        while (char := self._peek()) and (char in blanks or char == "#"):
            if char == "#":
                end = self._text.find("\n", self._at)
                self._step((end if end >= 0 else len(self._text)) - self._at)
            else:
                self._step(1)

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _step(self, count: int) -> None:
        self._line += self._text.count("\n", self._at, self._at + count)
        self._at += count

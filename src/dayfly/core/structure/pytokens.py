"""Reads Python source into tokens, in linear time, without recursion and without raising an audit event.

`ast` and `compile` would answer better, but raise the very audit event that asks, overflow the C stack on
hostile nesting in some versions, and change with the version. What this reader cannot tell it calls code.
"""

from __future__ import annotations

import keyword
import re

from dayfly.core.structure.judgement import Unreadable

SPACE, NEWLINE, COMMENT, NUMBER, FORMATTED, STRING, NAME, OPERATOR = range(1, 9)

KEYWORDS = frozenset(keyword.kwlist)
# JSON's words are here because a function that evaluates JSON gives them a meaning; nothing else does.
CONSTANTS = frozenset(("True", "False", "None", "true", "false", "null"))

# Longest name of a character in `\\N{...}`, with room.
_MAX_CHARACTER_NAME = 128

# A group for each kind, in the order of their numbers. A lone carriage return ends a line, and so a comment, as well. Of a number
# the longest is taken, as Python does: what follows ("1or") is a token of its own. A raw string's backslash keeps the quote in, too;
# of a formatted string here is the beginning. A line that goes on in the next one ends in an operator.
_TOKEN = re.compile(
    r"([ \t\f]+)|(\r\n?|\n)|(#[^\r\n]*)|"
    r"((?=\.?[0-9])(?:0(?:[xX][0-9a-fA-F_]+|[oO][0-7_]+|[bB][01_]+)|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9][0-9_]*)?[jJ]?))|"
    r"((?:[fFtT][rR]?|[rR][fFtT])(?:'''|\"\"\"|['\"]))|"
    r"((?:[uU]|[bB]?[rR]?|[rR][bB])(?:"
    r"'''[^'\\]*+(?:(?:\\.|'(?!''))[^'\\]*+)*+'''|\"\"\"[^\"\\]*+(?:(?:\\.|\"(?!\"\"))[^\"\\]*+)*+\"\"\"|"
    r"'(?!'')[^'\\\n\r]*+(?:\\(?:\r\n|.)[^'\\\n\r]*+)*+'|\"(?!\"\")[^\"\\\n\r]*+(?:\\(?:\r\n|.)[^\"\\\n\r]*+)*+\"))|"
    r"([^\0-/:-@\[-^`{-\x7f]+)|"
    r"(\*\*=?|//=?|>>=?|<<=?|\.\.\.|->|[-+*/%@&|^<>=:!]=|[-+*/%@&|^~<>()\[\]{},:;.=!]|\\(?:\r\n?|\n))",
    re.S,
)


class Token:
    """source[start:end]; of a string also where its content begins and ends.

    `holes` are the ranges of a formatted string that are code.
    """

    __slots__ = ("content", "end", "holes", "kind", "limit", "start")

    def __init__(self, kind: int, start: int, end: int, content: int = 0, limit: int = 0) -> None:
        self.kind = kind
        self.start = start
        self.end = end
        self.content = content
        self.limit = limit
        self.holes: list[tuple[int, int]] = []


def read_tokens(source: str) -> list[Token]:
    """Return tokens that cover `source` without a gap; raises Unreadable where Python would see no program."""
    if "\0" in source:
        raise Unreadable("a null character")
    tokens: list[Token] = []
    at = 0
    while at < len(source):
        found = _TOKEN.match(source, at)
        if found is None:
            raise Unreadable("an unterminated string" if source[at] in "'\"" else "an invalid character")
        kind, text = found.lastindex or 0, found[0]
        token = Token(kind, at, found.end())
        if kind == FORMATTED:
            token = _formatted(source, at, found.end(), text.lstrip("fFtTrR"), "r" in text.lower())
        elif kind == STRING:
            opening = len(text) - len(text.lstrip("uUbBrR"))
            size = 3 if text.startswith(("'''", '"""'), opening) else 1
            token.content, token.limit = at + opening + size, found.end() - size
        elif kind == NAME and not text.isidentifier():
            raise Unreadable("an invalid character")
        tokens.append(token)
        at = token.end
    return tokens


def _after_string_in_field(source: str, at: int, outer: str) -> int:
    """Return where a string within a field ends, 0 where Pythons may read it in different ways."""
    inner = source[at]
    end = source.find(inner, at + 1)
    if inner == outer or end < 0 or source.startswith(inner * 3, at):
        return 0
    if any(source.find(character, at, end) >= 0 for character in (outer, "\\", "#", "\r", "\n")):
        return 0
    return end + 1


def _formatted(source: str, start: int, content: int, quote: str, is_raw: bool) -> Token:
    """Read an f-string or t-string.

    Python 3.12 lets a field hold the string's own quote, 3.11 ends the string there. Where a field holds
    that, all that follows is called code, which is right under either reading.
    """
    token = Token(FORMATTED, start, len(source), content, len(source))
    at, size = content, len(source)
    while at < size:
        if source.startswith(quote, at):
            token.limit = at
            token.end = at + len(quote)
            return token
        character = source[at]
        if character == "\\":
            named = (
                source.find("}", at, at + _MAX_CHARACTER_NAME)
                if not is_raw and source.startswith("\\N{", at)
                else -1
            )
            at = named + 1 if named >= 0 else at + (1 if source[at + 1 : at + 2] in "{}" else 2)
        elif source.startswith(("{{", "}}"), at):
            at += 2
        elif character in "\r\n" and len(quote) == 1:
            raise Unreadable("an unterminated string")
        elif character == "{":
            hole, depth = at, 0
            while at < size:
                inner = source[at]
                if inner in "'\"" and (after := _after_string_in_field(source, at, quote[0])):
                    at = after
                    continue
                if inner in "'\"\\#\r\n":
                    token.holes.append((hole, size))
                    return token
                depth += (inner in "{[(") - (inner in "}])")
                at += 1
                if depth == 0:
                    break
            if depth:
                raise Unreadable("an unterminated field")
            token.holes.append((hole, at))
        elif character == "}":
            raise Unreadable("an unmatched brace")
        else:
            at += 1
    raise Unreadable("an unterminated string")

"""Reads Python source into tokens, in linear time, without recursion and without raising an audit event.

`ast` and `compile` would answer better, but raise the very audit event that asks, overflow the C stack on
hostile nesting in some versions, and change with the version. What this reader cannot tell it calls code.
"""

from __future__ import annotations

import keyword

from dayfly.core.structure.judgement import Unreadable

NAME, NUMBER, STRING, FORMATTED, OPERATOR, NEWLINE, COMMENT, SPACE = range(8)

KEYWORDS = frozenset(keyword.kwlist)
# JSON's words are here because a function that evaluates JSON gives them a meaning; nothing else does.
CONSTANTS = frozenset(("True", "False", "None", "true", "false", "null"))

# Longest name of a character in `\\N{...}`, with room.
MAX_CHARACTER_NAME = 128

_DIGITS = "0123456789_"
_BASES = {"x": "0123456789abcdefABCDEF_", "o": "01234567_", "b": "01_"}
_PREFIXES = frozenset(("r", "b", "u", "f", "t", "br", "rb", "fr", "rf", "tr", "rt"))
# Two and more characters that are one operator; the longest that fits is taken.
_LONG_OPERATORS = frozenset(
    [
        "**=",
        "//=",
        ">>=",
        "<<=",
        "...",
        "!=",
        "->",
        "**",
        "//",
        ">>",
        "<<",
        "<=",
        ">=",
        "==",
        ":=",
        "+=",
        "-=",
        "*=",
        "/=",
        "%=",
        "@=",
        "&=",
        "|=",
        "^=",
    ]
)
_OPERATORS = frozenset("+-*/%@&|^~<>()[]{},:;.=!")


class Token:
    """source[start:end]; of a string also where its content begins and ends, and whether it is raw.

    `holes` are the ranges of a formatted string that are code.
    """

    __slots__ = ("content", "end", "holes", "is_raw", "kind", "limit", "start")

    def __init__(
        self, kind: int, start: int, end: int, content: int = 0, limit: int = 0, is_raw: bool = False
    ) -> None:
        self.kind = kind
        self.start = start
        self.end = end
        self.content = content
        self.limit = limit
        self.is_raw = is_raw
        self.holes: list[tuple[int, int]] = []


def read_tokens(source: str) -> list[Token]:
    """Return tokens that cover `source` without a gap; raises Unreadable where Python would see no program."""
    if "\0" in source:
        raise Unreadable("a null character")
    tokens: list[Token] = []
    at, size = 0, len(source)
    while at < size:
        character = source[at]
        start = at
        if character in " \t\f":
            while at < size and source[at] in " \t\f":
                at += 1
            tokens.append(Token(SPACE, start, at))
        elif character in "\r\n":
            # A lone carriage return ends a line, and so a comment, as well.
            at += 2 if source.startswith("\r\n", at) else 1
            tokens.append(Token(NEWLINE, start, at))
        elif character == "#":
            while at < size and source[at] not in "\r\n":
                at += 1
            tokens.append(Token(COMMENT, start, at))
        elif character in "'\"":
            tokens.append(_string(source, start, at))
        elif (character.isdigit() and character.isascii()) or (
            character == "." and source[at + 1 : at + 2].isdigit() and source[at + 1].isascii()
        ):
            tokens.append(Token(NUMBER, start, _number(source, at)))
        elif character == "_" or character.isalpha() or not character.isascii():
            at = _name(source, at)
            if (
                at - start <= 2
                and source[at : at + 1] in ("'", '"')
                and source[start:at].lower() in _PREFIXES
            ):
                tokens.append(_string(source, start, at))
            else:
                tokens.append(Token(NAME, start, at))
        elif character == "\\":
            after = source[at + 1 : at + 2]
            if after not in ("\n", "\r"):
                raise Unreadable("a backslash outside a string")
            at += 3 if source.startswith("\r\n", at + 1) else 2
            tokens.append(Token(OPERATOR, start, at))
        elif character in _OPERATORS:
            length = next((n for n in (3, 2) if source[at : at + n] in _LONG_OPERATORS), 1)
            tokens.append(Token(OPERATOR, start, at + length))
        else:
            raise Unreadable("an invalid character")
        at = tokens[-1].end
    return tokens


def _name(source: str, at: int) -> int:
    start, size = at, len(source)
    while at < size and (source[at] == "_" or source[at].isalnum() or not source[at].isascii()):
        at += 1
    if not source[start:at].isidentifier():
        raise Unreadable("an invalid character")
    return at


def _number(source: str, at: int) -> int:
    """Take the longest number, as Python does: what follows ("1or") is a token of its own."""
    base = _BASES.get(source[at + 1 : at + 2].lower()) if source[at] == "0" else None
    if base is not None and source[at + 2 : at + 3] and source[at + 2] in base:
        return _run(source, at + 2, base)
    at = _run(source, at, _DIGITS)
    if source[at : at + 1] == ".":
        at = _run(source, at + 1, _DIGITS)
    if source[at : at + 1] in ("e", "E"):
        sign = 1 if source[at + 1 : at + 2] in ("+", "-") else 0
        digit = source[at + 1 + sign : at + 2 + sign]
        if digit and digit in "0123456789":
            at = _run(source, at + 1 + sign, _DIGITS)
    if source[at : at + 1] in ("j", "J"):
        at += 1
    return at


def _run(source: str, at: int, characters: str) -> int:
    size = len(source)
    while at < size and source[at] in characters:
        at += 1
    return at


def _string(source: str, start: int, quote_at: int) -> Token:
    prefix = source[start:quote_at].lower()
    quote = source[quote_at]
    if source.startswith(quote * 3, quote_at):
        quote *= 3
    content = quote_at + len(quote)
    if "f" in prefix or "t" in prefix:
        return _formatted(source, start, content, quote, "r" in prefix)
    at = content
    end = source.find(quote, at)
    while end >= 0:
        # `end` is kept where it still holds: looking again after each backslash would be quadratic.
        backslash = source.find("\\", at, end)
        if backslash < 0:
            break
        at = backslash + 2  # a raw string's backslash keeps the quote in, too
        if at > end:
            end = source.find(quote, at)
    if end < 0:
        raise Unreadable("an unterminated string")
    if len(quote) == 1:
        for newline in "\n\r":
            _refuse_newline(source, content, end, newline)
    return Token(STRING, start, end + len(quote), content, end, "r" in prefix)


def _refuse_newline(source: str, content: int, end: int, newline: str) -> None:
    at = source.find(newline, content, end)
    while at >= 0:
        before = at - 1
        if newline == "\n" and before >= content and source[before] == "\r":
            before -= 1
        backslashes = 0
        while before >= content and source[before] == "\\":
            backslashes += 1
            before -= 1
        if backslashes % 2 == 0:
            raise Unreadable("an unterminated string")
        at = source.find(newline, at + 1, end)


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
    token = Token(FORMATTED, start, len(source), content, len(source), is_raw)
    at, size = content, len(source)
    while at < size:
        if source.startswith(quote, at):
            token.limit = at
            token.end = at + len(quote)
            return token
        character = source[at]
        if character == "\\":
            named = (
                source.find("}", at, at + MAX_CHARACTER_NAME)
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

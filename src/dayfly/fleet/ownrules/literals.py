"""Writes values into SQL so that nothing in them can be anything but a value."""

from __future__ import annotations

from collections.abc import Sequence

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _./:=-")
_WILDCARDS = {"*": "%", "?": "_"}


def quoted(text: str) -> str:
    """Return a string literal of ClickHouse's.

    Everything but letters, digits and a few harmless characters is written as bytes: no quote, brace, semicolon,
    line end or comment of a rule is left for a parser to take for its own.
    """
    return "'" + "".join(_character(char) for char in text) + "'"


class Wild(str):
    """A wildcard, "*" or "?"; the same character in a plain text is none."""

    __slots__ = ()


def like(parts: Sequence[str]) -> str:
    """Return a pattern for LIKE of texts and wildcards."""
    return quoted("".join(_WILDCARDS[part] if isinstance(part, Wild) else _like_text(part) for part in parts))


def _like_text(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _character(char: str) -> str:
    if char in _PLAIN:
        return char
    # A lone surrogate has no bytes; YAML cannot hold one, JSON can.
    return "".join(f"\\x{byte:02x}" for byte in char.encode("utf-8", "replace"))

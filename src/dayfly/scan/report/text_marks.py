"""Sentences as reports show them: whole ones, with code between backticks."""

from __future__ import annotations

import re

_WORD = re.compile(r"[a-z]+(?=[ ,;:])")


def split_code(text: str) -> list[tuple[str, bool]]:
    """The sentence in parts, each with whether it is code; backticks without a partner stay what they are."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return [(text, False)]
    return [(part, bool(index % 2)) for index, part in enumerate(parts) if part]


def sentence(text: str) -> str:
    """The text with a full stop, and a capital where it begins with a word and not with code or a name of it."""
    text = text.strip()
    if _WORD.match(text):
        text = text[0].upper() + text[1:]
    return closed(text)


def closed(text: str) -> str:
    """The text with a full stop at its end, where nothing else ends it."""
    text = text.strip()
    return text if not text or text[-1] in ".!?:…" else text + "."

"""The one mark that sentences of checks have: code between backticks."""

from __future__ import annotations


def split_code(text: str) -> list[tuple[str, bool]]:
    """The sentence in parts, each with whether it is code; backticks without a partner stay what they are."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return [(text, False)]
    return [(part, bool(index % 2)) for index, part in enumerate(parts) if part]

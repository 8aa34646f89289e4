"""Makes text that came with logs harmless to look at: whatever it is, it stays text, on its own line, in its direction."""

from __future__ import annotations

import unicodedata

# Longer than any name of AWS's; what is cut stays one click away.
SHORT = 96
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_KEPT = {"\n", "\t"}


def plain(value: object) -> str:
    """Return `value` as text in which control, format, private and unassigned characters are named, not obeyed.

    Such characters turn a line around (bidirectional overrides), hide what stands beside them or end it; each is
    written as ‹U+202E›. Newlines and tabs stay: the page decides whether they show.
    """
    text = str(value)
    if text.isascii() and text.isprintable():
        return text
    return "".join(_character(one) for one in text)


def _character(one: str) -> str:
    if one in _KEPT or one.isprintable():
        return one
    # Separators are not "printable" either; the ordinary no-break space harms nobody.
    if one == "\u00a0" or unicodedata.category(one) == "Zs":
        return " "
    return f"‹U+{ord(one):04X}›"


def shorten(value: object, limit: int = SHORT) -> str:
    """Cut in the middle, so that both the beginning and the end of a path or name can be read."""
    text = " ".join(plain(value).split())
    if len(text) <= limit:
        return text
    head = (limit * 2) // 3
    return f"{text[:head]}…{text[-(limit - head - 1) :]}"


def sentence(value: object, limit: int = 200) -> str:
    """Cut prose at its end, between two words where there are any."""
    text = " ".join(plain(value).split())
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    cut = head.rfind(" ")
    return f"{head[:cut] if cut > limit // 2 else head}…"


def csv_cell(value: object) -> str:
    """Guard a cell that a spreadsheet would take for a formula, as OWASP advises: it begins with an apostrophe."""
    text = plain(value).replace("\n", " ").replace("\t", " ")
    return f"'{text}" if text.lstrip().startswith(_FORMULA) or str(value).startswith(_FORMULA) else text

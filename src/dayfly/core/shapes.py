"""What call sites of a function were seen to execute: the structure of their statements, commands and code, as hashes.

A *site* is a sink, the functions of the function's own code that led to it, and a hash of their code: changed code is another
site. A site that is known executes nothing of another shape than those that are known.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

# The kind of use that a shape is told as, beside those of `core.policy`.
SHAPE = "shape"
SINKS = ("sql", "shell", "argv", "python", "template")
# Entries of a policy: with 100 characters each, a third of the 64 kB that it may have.
MANY_ENTRIES = 256
_CODE, _HASH, _SITE = 8, 16, 120
_HEX = frozenset("0123456789abcdef")
_FIELDS = 4


class Shape:
    """One shape: `site` as `app.py:find<handler`, for people; `code` and `hash` in hexadecimal digits."""

    __slots__ = ("code", "hash", "sink", "site")

    def __init__(self, sink: str, site: str, code: str, hash: str) -> None:
        self.sink = sink
        self.site = site.replace(" ", "?")[:_SITE]
        self.code = code
        self.hash = hash

    @property
    def key(self) -> tuple[str, str]:
        """What is the same for all shapes of one site."""
        return self.sink, self.code

    def __str__(self) -> str:
        return f"{self.sink} {self.site} {self.code} {self.hash}"


def parse_shape(text: str) -> Shape | None:
    """Return the shape that `text` describes, or None if it describes none."""
    parts = text.split(" ")
    if len(parts) != _FIELDS:
        return None
    sink, site, code, digest = parts
    is_hex = set(code + digest) <= _HEX and (len(code), len(digest)) == (_CODE, _HASH)
    return Shape(sink, site, code, digest) if sink in SINKS and is_hex and 0 < len(site) <= _SITE else None


def parse_entry(entry: str) -> tuple[Shape, str] | None:
    """Return an entry's shape and its end date (`2027-02-28`), from which on it has no effect; None for an invalid entry."""
    text, _, until = entry.rpartition(" ")
    shape = parse_shape(text)
    parts = until.split("-")
    is_date = list(map(len, parts)) == [4, 2, 2] and "".join(parts).isdecimal() and until.isascii()
    return (shape, until) if shape is not None and is_date else None


def known_shapes(entries: Iterable[str], today: str) -> dict[tuple[str, str], frozenset[str]]:
    """Return the hashes that are known of each site (`Shape.key`) by the entries that count today (`2026-11-30`)."""
    found: dict[tuple[str, str], set[str]] = {}
    for shape, until in filter(None, map(parse_entry, entries)):
        if today < until:
            found.setdefault(shape.key, set()).add(shape.hash)
    return {key: frozenset(hashes) for key, hashes in found.items()}

"""Pages of a list: Marker and MaxItems in, NextMarker out."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import TypeVar

from dayfly.lab.control import refusals

# ListFunctions and its like return at most 50 items at a time, whatever is asked for:
# https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html
PAGE = 50
MAX_ITEMS = 10_000

_Item = TypeVar("_Item")


def cut(
    items: Sequence[_Item], query: Mapping[str, str], *, limit: int = MAX_ITEMS
) -> tuple[Sequence[_Item], str | None]:
    """Return one page of `items` and the marker of the next; raises InvokeRefusedError (400) for a bad query.

    `limit` is the largest MaxItems that the operation's model allows.
    """
    size = _size(query.get("MaxItems"), limit)
    start = _start(query.get("Marker"))
    end = start + size
    marker = base64.b64encode(str(end).encode()).decode() if end < len(items) else None
    return items[start:end], marker


def _size(text: str | None, limit: int) -> int:
    if text is None:
        return PAGE
    if not text.isascii() or not text.isdigit():
        raise refusals.violation(text, "maxItems", "Member must be an integer")
    wanted = int(text[:20])
    if wanted < 1:
        raise refusals.violation(text, "maxItems", "Member must have value greater than or equal to 1")
    if wanted > limit:
        raise refusals.violation(text, "maxItems", f"Member must have value less than or equal to {limit}")
    return min(wanted, PAGE)


def _start(marker: str | None) -> int:
    if not marker:
        return 0
    try:
        text = base64.b64decode(marker, validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        text = ""
    if not text.isdigit() or len(text) > 12:
        raise refusals.invalid("Invalid Marker")
    return int(text)

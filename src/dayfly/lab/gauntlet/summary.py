"""Sums a result up, row by row, and writes it as JSON that `read_result` takes back."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from dayfly.errors import DayflyError
from dayfly.lab.gauntlet.model import TRIED, VERDICTS, Result, Row, Verdict, count

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# Of the JSON document; changes where a reader of an older one would be misled.
FORMAT = 2
_READABLE = (1, FORMAT)  # in the first, summaries counted as contained what had reached customers before


@dataclass(frozen=True, slots=True)
class Summary:
    """One row in figures; times in milliseconds, None where there is nothing to take them of.

    `tried` attacks had an outcome; of them `noticed` were noticed, `reaching` reached at least one later customer, and
    `customers` customers in all. `exposure_ms` is the median of those that reached any and did not go on, `detect_ms`
    that of those noticed.
    """

    outcomes: Mapping[Verdict, int]
    tried: int
    noticed: int
    reaching: int
    customers: int
    exposure_ms: float | None
    detect_ms: float | None


def summarise(result: Result, row: Row) -> Summary:
    """The figures of one row."""
    cells = result.of(row)
    tried = [cell for cell in cells if cell.outcome in TRIED]
    closed = [cell.exposure_ms for cell in tried if cell.exposure_ms is not None and not cell.is_open]
    times = [cell.detect_ms for cell in tried if cell.detect_ms is not None]
    return Summary(
        outcomes=count(cells),
        tried=len(tried),
        noticed=sum(bool(cell.signs) for cell in tried),
        reaching=sum(cell.reached > 0 for cell in tried),
        customers=sum(cell.reached for cell in tried),
        exposure_ms=round(statistics.median(closed), 1) if closed else None,
        detect_ms=round(statistics.median(times), 1) if times else None,
    )


def to_json(result: Result) -> dict[str, object]:
    """The whole result as one JSON object, with each cell's verdict and each row's summary beside it."""
    return {
        "format": FORMAT,
        "verdicts": list(VERDICTS),
        **msgspec.to_builtins(result),
        "cells": [{**msgspec.to_builtins(cell), "verdict": cell.verdict} for cell in result.cells],
        "summaries": [
            {"protection": row.protection, "isolation": row.isolation}
            | msgspec.to_builtins(summarise(result, row))
            for row in result.rows
        ],
    }


def read_result(path: Path) -> Result:
    """The result in a file that `to_json` made. Raises DayflyError where it is none, or of another format."""
    try:
        document = msgspec.json.decode(path.read_bytes())
        if not isinstance(document, dict) or document.get("format") not in _READABLE:
            raise DayflyError(f"{path} is not a gauntlet result that this version can read")
        return msgspec.convert(document, Result)
    except (OSError, msgspec.MsgspecError) as error:
        raise DayflyError(f"{path} cannot be read: {error}") from error

"""Typed values out of the store's rows."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dayfly.fleet.store.store import Row


def whole(row: Row, column: str) -> int:
    """A count or an identifier."""
    value = row[column]
    return int(value) if isinstance(value, int | float) else 0


def real(row: Row, column: str) -> float | None:
    """A measure; None where there was nothing to measure."""
    value = row[column]
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def text(row: Row, column: str) -> str:
    """A text."""
    return str(row[column])


def moment(row: Row, column: str) -> datetime:
    """A time, naive and UTC."""
    value = row[column]
    assert isinstance(value, datetime), column
    return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value


def moment_or_none(row: Row, column: str) -> datetime | None:
    """A time; None for the store's zero, which is the maximum of no rows."""
    found = moment(row, column)
    return found if found.year > 1970 else None


def items(row: Row, column: str) -> tuple[object, ...]:
    """An array."""
    value = row[column]
    return tuple(value) if isinstance(value, list | tuple) else ()


def texts(row: Row, column: str) -> tuple[str, ...]:
    """An array of texts."""
    return tuple(str(one) for one in items(row, column))


def wholes(row: Row, column: str) -> tuple[int, ...]:
    """An array of counts or identifiers."""
    return tuple(int(str(one)) for one in items(row, column))

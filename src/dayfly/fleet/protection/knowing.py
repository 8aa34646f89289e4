"""Reads from the store what the newest environment of each function said of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from dayfly.fleet.store.sqlfiles import read_sql

if TYPE_CHECKING:
    from dayfly.fleet.store.store import Row, Store

_PACKAGE = "dayfly.fleet.protection"
# As the console's: a function that nobody called for longer has no environment left.
_LOOK_BACK_S = 14 * 24 * 3600.0
_LATELY_S = 24 * 3600.0


class Known(msgspec.Struct, frozen=True):
    """One function of one account and region, both "" where lines did not say; times in seconds since the epoch, 0: none."""

    account: str
    region: str
    function: str
    started: float
    dayfly_version: str
    version: str
    isolation: str
    guard: str
    not_promised: list[str]
    not_forkable: str
    last_line: float
    last_invocation: float


def know(store: Store, *, now: float, function: str = "") -> list[Known]:
    """Return what is known of all functions, or of those of one name."""
    parameters = {
        "function": function,
        "since": int((now - _LOOK_BACK_S) * 1000),
        "lately": int((now - _LATELY_S) * 1000),
    }
    return [_known(row) for row in store.rows(read_sql(_PACKAGE, "sql/newest"), parameters)]


def _known(row: Row) -> Known:
    promised = row["not_promised"]
    return Known(
        account=str(row["account"]),
        region=str(row["region"]),
        function=str(row["function"]),
        started=int(str(row["started"])) / 1000,
        dayfly_version=str(row["dayfly_version"]),
        version=str(row["version"]),
        isolation=str(row["isolation"]),
        guard=str(row["guard"]),
        not_promised=[str(one) for one in promised] if isinstance(promised, list) else [],
        not_forkable=str(row["message"]),
        last_line=int(str(row["last_line"])) / 1000,
        last_invocation=int(str(row["last_invocation"])) / 1000,
    )

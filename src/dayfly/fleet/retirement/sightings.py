"""Reads from the store what a function's environments did around an order to retire them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from dayfly.fleet.store.sqlfiles import read_sql

if TYPE_CHECKING:
    from dayfly.fleet.store.store import Row, Store

_PACKAGE = "dayfly.fleet.retirement"
# Longer than Lambda keeps an environment: one that is older than this was ended by Lambda itself.
_LOOK_BACK_S = 24 * 3600.0


class Seen(msgspec.Struct, frozen=True):
    """What is known, as `dayfly.attach.recycle.model.Sightings` means it; times in seconds since the epoch."""

    old: int = 0
    old_begun: int = 0
    old_last: float = 0.0
    old_busy: int = 0
    new: int = 0
    new_begun: int = 0
    new_last: float = 0.0
    newest: float = 0.0
    inits: int = 0
    init_s: float = 0.0


def look(
    store: Store,
    function: str,
    *,
    ordered: float,
    effective: float,
    timeout_s: float,
    account: str = "",
    region: str = "",
    retired: Sequence[str] = (),
    fresh: str = "",
) -> Seen:
    """Return what the platform's lines tell of `function`; where there are none of them, what Dayfly's do.

    Of `$LATEST`; or, where an alias was moved from the versions `retired` to `fresh`, of those.
    """
    parameters: Mapping[str, object] = {
        "function": function,
        "account": account,
        "region": region,
        "retired": list(retired),
        "fresh": fresh,
        "since": int((ordered - _LOOK_BACK_S) * 1000),
        "ordered": int(ordered * 1000),
        "effective": int(effective * 1000),
        "timeout": int(timeout_s * 1000),
    }
    seen = _seen(store.rows(read_sql(_PACKAGE, "sql/platform_lives"), parameters))
    if seen.old_begun or seen.new_begun:
        return seen
    by_line = _seen(store.rows(read_sql(_PACKAGE, "sql/dayfly_lives"), parameters))
    return by_line if by_line.old_begun or by_line.new_begun else seen


def infected(store: Store, *, now: float, function: str = "") -> dict[str, list[int]]:
    """Return the environments that were seen infected within a day and were not retired since, by function."""
    parameters = {"function": function, "since": int((now - _LOOK_BACK_S) * 1000)}
    found: dict[str, list[int]] = {}
    for row in store.rows(read_sql(_PACKAGE, "sql/infected"), parameters):
        found.setdefault(str(row["function"]), []).append(int(str(row["environment"])))
    return found


def _seen(rows: list[Row]) -> Seen:
    if not rows:
        return Seen()
    row = {name: int(str(value)) for name, value in rows[0].items()}
    return Seen(
        old=row["old"],
        old_begun=row["old_begun"],
        old_last=row["old_last"] / 1000,
        old_busy=row["old_busy"],
        new=row["new"],
        new_begun=row["new_begun"],
        new_last=row["new_last"] / 1000,
        newest=row["newest"] / 1000,
        inits=row["inits"],
        init_s=row["init_us"] / 1_000_000,
    )

"""Says who was served after an infection: from a finding of the runtime or a detection, in whole or counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dayfly.fleet.blast.model import (
    Affected,
    BlastRadius,
    Origin,
    integer,
    moment,
    numbers,
    read_affected,
    read_environment,
)
from dayfly.fleet.blast.origins import find_origins, in_groups, sql_file
from dayfly.fleet.records.rows import NO_REQUEST
from dayfly.fleet.store.sqlfiles import SqlFile
from dayfly.fleet.store.store import Row, Store

_MANY_ROWS = 20_000


def blast_radius(store: Store, identity: str) -> BlastRadius:
    """Count what `affected` would yield.

    Raises DayflyError for an identity that nothing has.
    """
    origins, notes = find_origins(store, identity)
    rows: list[Row] = []
    for some in in_groups(origins):
        rows += store.rows(_composed("summary"), _parameters(some))
    environments = [read_environment(row) for row in rows]
    principals = {number for row in rows for number in numbers(row, "principals")}
    firsts = [integer(row, "first_milliseconds") for row in rows if _exposed(row)]
    lasts = [integer(row, "last_milliseconds") for row in rows if _exposed(row)]
    missing = sum(each.missing for each in environments)
    if missing:
        notes.append(
            f"{missing} invocations are missing from the log: their sequence numbers have no log record"
        )
    if lineless := sum(each.without_line for each in environments):
        notes.append(f"{lineless} requests have only Lambda log records")
    if untold := sum(integer(row, "certain_and_not_told") for row in rows):
        notes.append(
            f"{untold} of the certain requests have no residue.served finding; they were found by worker and number"
        )
    if silent := len({each.environment for each in origins} - {each.environment for each in environments}):
        notes.append(f"{silent} compromised environments have no log record of a later request")
    return BlastRadius(
        identity=identity,
        origins=origins,
        environments=environments,
        certain=sum(each.certain for each in environments),
        possible=sum(each.possible for each in environments),
        unlikely=sum(each.unlikely for each in environments),
        missing=missing,
        principals=len(principals),
        first_time=moment(min(firsts, default=0)),
        last_time=moment(max(lasts, default=0)),
        notes=notes,
    )


def affected(
    store: Store, identity: str, *, with_unlikely: bool = False, page_rows: int = _MANY_ROWS
) -> Iterator[Affected]:
    """Yield the source request and every exposed request, page by page, so that millions need no memory.

    In the order of environments and their numbers. Raises DayflyError for an identity that nothing has.
    """
    origins, _ = find_origins(store, identity)
    return _pages(store, origins, with_unlikely=with_unlikely, page_rows=page_rows)


def _pages(
    store: Store, origins: Sequence[Origin], *, with_unlikely: bool, page_rows: int
) -> Iterator[Affected]:
    for some in in_groups(origins):
        after: dict[str, object] = {
            "after_environment": 0,
            "after_invocation": 0,
            "after_milliseconds": -1,
            "after_request": NO_REQUEST,
        }
        parameters = {**_parameters(some), "with_unlikely": int(with_unlikely), "many": page_rows}
        while True:
            rows = store.rows(_composed("page"), {**parameters, **after})
            for row in rows:
                yield read_affected(row)
            if len(rows) < page_rows:
                break
            last = rows[-1]
            after = {
                "after_environment": last["environment"],
                "after_invocation": last["invocation"],
                "after_milliseconds": last["milliseconds"],
                "after_request": str(last["request_id"]),
            }


def _parameters(origins: Sequence[Origin]) -> dict[str, object]:
    distinct = list(
        {(o.environment, o.number, o.worker, o.milliseconds, o.request_id, o.is_rogue): o for o in origins}
    )
    return {
        "functions": sorted({origin.function for origin in origins}),
        "environments": [each[0] for each in distinct],
        "numbers": [each[1] for each in distinct],
        "workers": [each[2] for each in distinct],
        "milliseconds": [each[3] for each in distinct],
        "requests": [each[4] for each in distinct],
        "rogues": [int(each[5]) for each in distinct],
        "since": min(each[3] for each in distinct),
    }


def _composed(name: str) -> SqlFile:
    """Return a file of ours that reads from another file of ours."""
    outer, inner = sql_file(name), sql_file("exposed")
    return SqlFile(name, outer.header, outer.text.replace("@exposed", inner.text))


def _exposed(row: Row) -> bool:
    return bool(integer(row, "certain") or integer(row, "possible"))

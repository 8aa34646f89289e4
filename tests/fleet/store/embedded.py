"""What tests do with an embedded store, each in a process of its own: `python -m tests.fleet.store.embedded NAME FOLDER`.

A pytest process must not open the engine, for its other tests fork.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from pathlib import Path

import msgspec

from dayfly.errors import DayflyError
from dayfly.fleet.records.rows import Invocation
from dayfly.fleet.store.backup import back_up, restore
from dayfly.fleet.store.folder import ForkedError
from dayfly.fleet.store.schema import Deployment, migrate, migrations, statements_for
from dayfly.fleet.store.sqlfiles import parse_sql
from dayfly.fleet.store.store import Place, Store, StoreError

_ONE = parse_sql("one", "SELECT 1 AS n")
_COUNT = parse_sql("count", "SELECT count() AS n, uniqExact(toDate(time)) AS days FROM invocations")
_NUMBERS = parse_sql("numbers", "SELECT number, toString(number) AS text FROM numbers({n:UInt64})")
_BEGIN = 1_764_000_000.0


def _open(folder: Path) -> Store:
    return Store(Place(folder=folder))


def _invocations(count: int, *, first: int = 0, gap: float = 1.0) -> list[Invocation]:
    return [
        Invocation(time=_BEGIN + n * gap, function="checkout", environment=n + 1, sequence=n)
        for n in range(first, first + count)
    ]


def _megabytes() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 1e6


def _number(store: Store) -> object:
    return store.rows(_ONE)[0]["n"]


def stream(folder: Path) -> dict[str, object]:
    with _open(folder) as store:
        first = next(store.stream(_NUMBERS, {"n": 10}))
        before = _megabytes()
        rows = sum(1 for _ in store.stream(_NUMBERS, {"n": 3_000_000}))
        grown = _megabytes() - before
        begun = store.stream(_NUMBERS, {"n": 10**12})
        next(begun)
        with contextlib.closing(begun):  # type: ignore[type-var]  # a generator has close()
            pass
        return {"rows": rows, "first": first, "grown_mb": grown, "after_closing": _number(store)}


def limits(folder: Path) -> dict[str, object]:
    found: dict[str, object] = {}
    queries: dict[str, tuple[str, dict[str, object]]] = {
        "memory": ("SELECT groupArray(toString(number)) AS n FROM numbers(100000000)", {"max_memory_usage": 50_000_000}),
        "time": ("SELECT count() AS n FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number))",
                 {"max_execution_time": 0.3}),
    }  # fmt: skip
    with _open(folder) as store:
        for name, (text, settings) in queries.items():
            try:
                store.rows(parse_sql(name, text), settings=settings)
            except StoreError as error:
                found[name] = error.trouble.value
        found["afterwards"] = _number(store)
    return found


def fork(folder: Path) -> dict[str, object]:
    with _open(folder) as store:
        child = os.fork()
        if child == 0:
            try:
                store.rows(_ONE)
            except ForkedError:
                os._exit(7)
            os._exit(9)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        return {"child": status, "parent": _number(store)}


def days(folder: Path) -> dict[str, object]:
    with _open(folder) as store:
        migrate(store, Deployment.SINGLE)
        store.insert("invocations", _invocations(120, gap=86_400.0), token="a year and more")
        found = store.rows(_COUNT)[0]
        return {"rows": found["n"], "days": found["days"]}


def backup(folder: Path) -> dict[str, object]:
    found: dict[str, object] = {}
    with _open(folder) as store:
        migrate(store, Deployment.SINGLE)
        store.insert("invocations", _invocations(1000))
        found["before"] = store.rows(_COUNT)[0]["n"]
        back_up(store, "friday")
        try:
            back_up(store, "friday")
        except DayflyError as error:
            found["again"] = error.message
        for row in store.rows(
            parse_sql("tables", "SELECT name FROM system.tables WHERE database = currentDatabase()")
        ):
            store.command("DROP TABLE {name:Identifier} SYNC", {"name": row["name"]})
        migrate(store, Deployment.SINGLE)
        found["lost"] = store.rows(_COUNT)[0]["n"]
        store.command("DROP DATABASE {database:Identifier} SYNC", {"database": store.database})
        restore(store, "friday")
        found["restored"] = store.rows(_COUNT)[0]["n"]
    return found


def older(folder: Path) -> dict[str, object]:
    with _open(folder) as store:
        for statement in statements_for(migrations()[0], Deployment.SINGLE):
            store.command(statement)
        store.command("CREATE TABLE migrations (name String, applied DateTime64(3, 'UTC') DEFAULT now64(3)) "
                      "ENGINE = ReplacingMergeTree(applied) ORDER BY name")  # fmt: skip
        store.command("INSERT INTO migrations (name) SELECT {name:String}", {"name": migrations()[0].name})
        store.insert("invocations", [*_invocations(8, gap=1800.0), *_invocations(2, first=8)])
        store.insert(
            "invocations",
            [msgspec.structs.replace(one, outcome="error") for one in _invocations(3, first=20)],
        )
    with _open(folder) as store:
        applied = [migrations()[0].name, *migrate(store, Deployment.SINGLE)]
        found = store.rows(_COUNT)[0]["n"]
        aggregates = store.rows(
            parse_sql(
                "aggregates",
                "SELECT (SELECT sum(requests) FROM routes) AS routes, (SELECT sum(invocations) FROM lives) AS lives, "
                "(SELECT count() FROM failures) AS failures",
            )
        )
        return {
            "rows": found, "applied": applied, "known": [one.name for one in migrations()], "aggregates": aggregates[0],
        }  # fmt: skip


def full(folder: Path) -> dict[str, object]:
    acknowledged = 0
    trouble = ""
    with _open(folder) as store:
        migrate(store, Deployment.SINGLE)
        ballast = folder / "ballast"
        store.insert("invocations", _invocations(100))
        acknowledged = 100
        with ballast.open("wb") as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(65_536))
                file.flush()
        while not trouble and acknowledged < 200_000:
            try:
                store.insert("invocations", _invocations(2000, first=acknowledged))
                acknowledged += 2000
            except StoreError as error:
                trouble = error.trouble.value
        kept = store.rows(_COUNT)[0]["n"]
        ballast.unlink()
        store.insert("invocations", _invocations(10, first=500_000))
        again = store.rows(_COUNT)[0]["n"]
    with _open(folder) as store:
        reopened = store.rows(_COUNT)[0]["n"]
    return {
        "trouble": trouble, "kept": kept, "acknowledged": acknowledged, "writes_again": again == reopened == acknowledged + 10,
    }  # fmt: skip


_WORK = {work.__name__: work for work in (stream, limits, fork, days, backup, older, full)}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_WORK[sys.argv[1]](Path(sys.argv[2])), default=str) + "\n")

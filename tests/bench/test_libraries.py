"""Real functions are measured as they are, each contestant with all its samples, what lacks with its reason."""

from __future__ import annotations

import json

import pytest
from bench.alternating import Deadline, Missing, Pace
from bench.libraries import DATABASE_CALLERS, QUICK_SAMPLES, Plan, main, measure, measure_connect
from tests.real.catalogue import SAMPLES
from tests.real.daemons import ServerUnavailableError
from tests.real.servers import Kind, Servers, Service

from bench import connections

TINY = Plan(
    Pace(invocations=10, warm_up=1, starts=1),
    connections.Plan(calls=10, empty=10, warm_up=1, settling=0, deadline_s=0),
    deadline_s=120,
)


def test_the_quick_selection_names_real_functions() -> None:
    assert QUICK_SAMPLES
    assert set(QUICK_SAMPLES) <= {sample.name for sample in SAMPLES}


def test_a_real_function_has_a_line_for_each_contestant(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json", "--only", "requests", "--only", "thread-pool"], plan=TINY) == 0
    table = json.loads(capsys.readouterr().out)["tables"]["Libraries"]
    expected = [
        (name, isolation)
        for name in ("requests", "thread-pool")
        for isolation in ("plain", "invocation", "window")
    ]
    assert [(line["function"], line["contestant"]) for line in table] == expected
    assert all(line["samples"] == 10 and line["answer_ms"] > 0 and line["init_ms"] > 0 for line in table)


def test_a_fresh_worker_connects_and_a_kept_one_does_not(capsys: pytest.CaptureFixture[str]) -> None:
    (redis,) = [name for name, kind in DATABASE_CALLERS.items() if kind == "redis"]
    with Servers() as servers:
        try:
            servers.get("redis")
        except ServerUnavailableError as missing:
            pytest.skip(str(missing))
    assert main(["--json", "--only", redis], plan=TINY) == 0
    table = json.loads(capsys.readouterr().out)["tables"]["Databases"]
    faults = {line["contestant"]: line["faults"] for line in table}
    assert faults["invocation"] > 50 > faults["plain"]
    assert faults["window"] < 50


def test_a_server_that_cannot_be_had_is_said() -> None:
    class Lacking(Servers):
        def get(self, kind: Kind) -> Service:
            raise ServerUnavailableError(f"{kind} is missing")

    (sample,) = [sample for sample in SAMPLES if sample.name == "redis"]
    with Lacking() as servers:
        lines = measure(sample, servers, TINY.pace, deadline=Deadline(60))
        connects = measure_connect("redis_client", servers, TINY.connects)
    for missing in (lines, connects):
        assert [type(line) for line in missing] == [Missing] * 3
        assert {line.note for line in missing if isinstance(line, Missing)} == {
            "not measured: redis is missing"
        }


def test_the_table_has_one_row_for_each_function(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--markdown", "--only", "thread-pool"], plan=TINY) == 0
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| thread-pool ")]
    assert len(rows) == 1
    # plain's median, what two isolations add to it, three tails that ten samples have not.
    assert len([cell for cell in rows[0].split(" | ") if cell.startswith(("+", "-"))]) == 6
    assert rows[0].count("–") == 3


def test_running_out_of_time_names_what_is_left(capsys: pytest.CaptureFixture[str]) -> None:
    moments = iter([0.0, 1000.0])
    assert main(["--json", "--only", "requests"], plan=TINY, now=lambda: next(moments)) == 2
    assert "Not measured: requests" in capsys.readouterr().out

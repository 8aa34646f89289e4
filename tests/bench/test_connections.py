"""The measurement of calls over TLS sees what is there: a reused connection, a fresh worker, a slow call."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest
from bench.connections import (
    BUDGET_MS,
    CALLERS,
    Plan,
    Samples,
    as_markdown,
    figures,
    main,
    measure,
    print_table,
)
from bench.contestants import FUNCTIONS, INVOCATION, PLAIN
from bench.libraries import DATABASE_CALLERS
from bench.peer import Peer
from rich.console import Console
from tests.real.environment import real_python

TINY = Plan(calls=10, empty=10, warm_up=3, settling=5, deadline_s=120)


@pytest.fixture(scope="module")
def peer() -> Iterator[Peer]:
    with Peer() as serving:
        yield serving


def test_every_caller_has_its_function() -> None:
    found = {path.stem for path in (FUNCTIONS / "connections").glob("*.py")}
    # What they share, and the caller of `bench.guard`.
    found -= {"inside", "dynamodb_put"}
    assert found == {*CALLERS, *DATABASE_CALLERS}


def test_a_fresh_worker_faults_more_than_a_warm_process(peer: Peer) -> None:
    measured = measure(
        "urllib3_pool", peer.environment(), TINY, python=real_python(), contestants=(PLAIN, INVOCATION)
    )
    plain, invocation = measured[PLAIN.name], measured[INVOCATION.name]
    assert len(plain.call_ms) == len(invocation.call_ms) == TINY.calls
    assert min(invocation.faults) > max(plain.faults)
    assert min(invocation.call_ms) > 0
    assert len(invocation.with_call_ms) == len(invocation.without_call_ms) == 1


def test_a_function_that_fails_is_no_figure(peer: Peer) -> None:
    class Elsewhere(Peer):
        def __init__(self) -> None:
            self.url = peer.url.replace("localhost", "127.0.0.2")

        def environment(self) -> dict[str, str]:
            return {**peer.environment(), "PEER": self.url}

    with pytest.raises(AssertionError, match="Error"):
        measure("boto3_client", Elsewhere().environment(), TINY, python=real_python(), contestants=(PLAIN,))


def test_only_what_the_call_adds_is_judged() -> None:
    plain = Samples([1.0], [0], [2.0], [1.5], with_call_ms=[1.5], without_call_ms=[0.5])
    ours = Samples([4.0], [900], [9.0], [3.0], with_call_ms=[8.0], without_call_ms=[3.0 + 1.0 - BUDGET_MS])
    found = figures(CALLERS[0], {PLAIN.name: plain, INVOCATION.name: ours})
    assert [(one.added_ms, one.verdict) for one in found] == [(0.0, "no budget"), (7.0, "not met")]
    assert [(one.call_processor_ms, one.call_answer_ms) for one in found] == [(1.0, 0.5), (8.0, 6.0)]
    text = as_markdown(found, ["where and how"])
    assert text.startswith("where and how")
    assert "+7.00 ms | ≤ 4.0 ms | not met |" in text
    written = io.StringIO()
    print_table(found, ["where and how"], Console(file=written, width=200))
    assert "+7.00 ms" in written.getvalue()


def test_json_has_every_figure(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json", "--caller", "urllib_request"], plan=TINY) == 0
    read = json.loads(capsys.readouterr().out)
    assert [one["contestant"] for one in read["figures"]] == ["plain", "invocation", "window"]
    assert read["machine"]["kernel"]


def test_running_out_of_time_is_said() -> None:
    moments = iter([0.0, 1000.0])
    assert main(["--json", "--caller", "urllib_request"], plan=TINY, now=lambda: next(moments)) == 2

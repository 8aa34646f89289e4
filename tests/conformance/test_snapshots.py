"""SnapStart: nothing is forked and nothing drawn before the restore, and hooks run in the zygote."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.rie import Runtime
from tests.runtimes import RuntimeProcess, is_finding

FUNCTIONS = Path(__file__).parent / "functions"
SNAP_START = {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}


def snapshot(runtime: Runtime = "dayfly", environment: Mapping[str, str] | None = None) -> RuntimeProcess:
    return RuntimeProcess(
        FUNCTIONS,
        "snapshot.handler",
        runtime=runtime,
        environment={**SNAP_START, **(environment or {})},
        snapshots=True,
    )


def findings(process: RuntimeProcess) -> list[str]:
    lines = [line for line in process.output().splitlines() if is_finding(line)]
    return [json.loads(line)["finding_info"]["types"][0] for line in lines]


@pytest.mark.parametrize("isolation", ["invocation", "window"])
def test_no_worker_and_no_identity_exists_before_the_restore(isolation: str) -> None:
    with snapshot(environment={"DAYFLY_ISOLATION": isolation}) as process:
        process.api.wait_until_snapshot()
        # Supervisor and zygote: whatever is in a snapshot is in every environment restored from it.
        assert len(process.tree()) == 2
        assert findings(process) == []
        process.api.restore()
        payload = process.invoke({}).payload
        assert isinstance(payload, dict)
        zygote = payload["parent"]
        assert payload["ran"] == [f"before snapshot in {zygote}", f"after restore in {zygote}"]
        assert findings(process) == ["environment.started"]


def test_hooks_run_once_however_many_workers_there_are() -> None:
    with snapshot() as process:
        process.api.wait_until_snapshot()
        process.api.restore()
        answers = [process.invoke({}).payload for _ in range(5)]
        assert all(isinstance(answer, dict) and len(answer["ran"]) == 2 for answer in answers)
        assert len({answer["drawn"] for answer in answers if isinstance(answer, dict)}) == 5
        assert process.api.restores_asked == 1


def test_a_zygote_initialised_again_is_not_restored_again() -> None:
    """The platform restores once and refuses a second request: the new zygote would end the environment."""
    # The filter of system calls would keep the worker from it.
    with snapshot(environment={"DAYFLY_CONFINE": "off"}) as process:
        process.api.wait_until_snapshot()
        process.api.restore()
        process.invoke("end the zygote")
        for _ in range(3):
            payload = process.invoke({}).payload
            assert isinstance(payload, dict)
            assert len(payload["ran"]) == 2
        assert process.api.restores_asked == 1
        assert "zygote.lost" in findings(process)


def test_a_hook_that_fails_after_the_restore_is_reported_as_under_plain_awslambdaric() -> None:
    seen = []
    for runtime in ("plain", "dayfly"):
        with snapshot(runtime, {"FAIL": "1"}) as process:
            process.api.wait_until_snapshot()
            process.api.restore()
            status = process.wait_exit()
            (error,) = process.api.restore_errors
            kind = error.head.get("Lambda-Runtime-Function-Error-Type")
            seen.append((status, kind, re.sub(rb'"requestId": *"[^"]*"', b"", error.body)))
    assert seen[0] == seen[1]
    assert seen[0][0] == 65

"""Loops without Dayfly: a fresh process for each event, answers and failures as the platform wants them, and their holes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.lab.running import needs_bubblewrap, run, running_lab

from dayfly.lab.gauntlet.protection import SHARED, Protection
from dayfly.lab.gauntlet.protections.baselines import (
    ForkPerInvocation,
    LifePerInvocation,
    ProcessPerInvocation,
)
from dayfly.lab.model import FunctionConfig, InvokeResult

_HANDLER = """
import os
marks = []
def handler(event, context):
    exec(event.get("code", ""))
    marks.append(event["mark"])
    return {"pid": os.getpid(), "marks": marks, "id": context.aws_request_id, "tmp": sorted(os.listdir("/tmp"))}
"""
LOOPS = pytest.mark.parametrize("loop", [ForkPerInvocation, ProcessPerInvocation, LifePerInvocation])


def _serve(loop: type[Protection], folder: Path, *events: dict[str, object]) -> list[InvokeResult]:
    package = folder / "function"
    package.mkdir()
    (package / "app.py").write_text(_HANDLER)
    for path in (folder, package):
        path.chmod(0o755)
    function = FunctionConfig(name="f", folder=package, handler="app.handler", timeout_s=20.0)
    prepared = loop().prepare(function, SHARED, package)
    results: list[InvokeResult] = []

    async def serve() -> None:
        async with running_lab("bubblewrap", config=prepared) as running:
            for event in events:
                results.append(await running.call(event))

    run(serve())
    return results


@needs_bubblewrap
@LOOPS
def test_each_event_meets_a_process_that_has_seen_none(loop: type[Protection], tmp_path: Path) -> None:
    first, second, raised, died, last = _serve(
        loop,
        tmp_path,
        {"mark": 1},
        {"mark": 2, "code": "open('/tmp/planted', 'w').close()"},
        {"mark": 3, "code": "raise KeyError('x')"},
        {"mark": 4, "code": "os._exit(3)"},
        {"mark": 5},
    )
    served = [json.loads(result.payload) for result in (first, second, last)]
    assert [answer["marks"] for answer in served] == [[1], [2], [5]]
    assert [answer["id"] for answer in served] == [result.request_id for result in (first, second, last)]
    assert len({answer["pid"] for answer in served}) == 3
    assert json.loads(raised.payload)["errorType"] == "KeyError"
    assert died.function_error == "Unhandled"
    assert json.loads(died.payload)["errorType"] == "Runtime.ExitError"
    # What the loops say of themselves: files stay.
    assert [answer["tmp"] for answer in served] == [[], ["planted"], ["planted"]]

"""Whole functions under the real awslambdaric: the lab's callers get byte for byte what AWS's emulator's callers get.

Among them are the behaviours that the emulator's own end-to-end suite checks (two invocations, ARN, names, variables,
remaining time, client context, exception, time-out). Where the service is known to answer other than its emulator the
lab follows the service: those cases are named below.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.lab.running import FUNCTIONS, basic, run, running_lab
from tests.rie import Rie

from dayfly.lab.model import ImageConfig

_FOLDER = FUNCTIONS / "everyday"
_VARIABLES = {
    "WITH_EQUALS": "4=4",
    "AWS_EXECUTION_ENV": f"AWS_Lambda_python{sys.version_info[0]}.{sys.version_info[1]}",
}
_CONTEXT = {"custom": {"k": "v"}, "env": {"locale": "de"}, "client": {"app_title": "t"}}
_TIMEOUT_S = 3

_ANSWERS: tuple[object, ...] = (
    {"do": "served"},
    {"do": "served"},
    {"do": "variable"},
    {"do": "arn"},
    {"do": "name"},
    {"do": "values"},
    {"do": "client"},
    {"do": "bytes"},
    [1, "zwei", None],
    "text é ☃",
    0,
    {},
    {"do": "raise"},
    {"do": "raise from"},
    {"do": "unserialisable"},
    {"do": "set"},
    {"do": "big", "size": 6 * 1024 * 1024 + 200},
    {"do": "served"},
)
# Each ends the runtime; the next invocation meets a new one.
_FAULTS: tuple[object, ...] = (
    {"do": "exit", "code": 0},
    {"do": "exit", "code": 3},
    {"do": "os exit", "code": 1},
    {"do": "base"},
    {"do": "signal", "name": "SIGKILL"},
    {"do": "signal", "name": "SIGSEGV"},
    {"do": "served"},
)


def _mask(payload: bytes) -> str:
    text = re.sub(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}", b"<id>", payload[:2000]).decode()
    return text.replace("test_function", "function").replace('"f"', '"function"')


def _emulator(events: Sequence[object], handler: str = "app.handler", **options: Any) -> list[bytes]:
    variables = {**_VARIABLES, "AWS_LAMBDA_FUNCTION_NAME": "f"}
    with Rie(
        _FOLDER, handler, runtime="plain", environment=variables, timeout_s=_TIMEOUT_S, **options
    ) as rie:
        return [rie.invoke(event, client_context=_CONTEXT).body for event in events]


def _lab(events: Sequence[object], handler: str = "app.handler") -> list[bytes]:
    payloads: list[bytes] = []

    async def scenario() -> None:
        config = basic(folder=_FOLDER, handler=handler, environment=_VARIABLES, timeout_s=float(_TIMEOUT_S))
        async with running_lab("none", config=config) as running:
            for event in events:
                body = json.dumps(event).encode()
                result = await running.lab.invoke("f", body, client_context=json.dumps(_CONTEXT))
                payloads.append(result.payload)

    run(scenario())
    return payloads


@pytest.mark.parametrize("events", [_ANSWERS, _FAULTS], ids=["answers", "faults"])
def test_callers_get_the_same_bytes(events: Sequence[object]) -> None:
    expected = [_mask(body) for body in _emulator(events)]
    found = [_mask(body) for body in _lab(events)]
    assert len(expected) == len(events)
    for event, theirs, ours in zip(events, expected, found, strict=True):
        assert ours == theirs, event


@pytest.mark.parametrize("handler", ["absent.handler", "app.absent"])
def test_an_init_that_fails_is_the_same_error(handler: str) -> None:
    (theirs,) = _emulator([{}], handler)
    (ours,) = _lab([{}], handler)
    assert b"errorType" in theirs
    assert _mask(ours) == _mask(theirs)


def test_the_remaining_time_begins_at_the_time_out() -> None:
    for payload in (_emulator([{"do": "remaining"}])[0], _lab([{"do": "remaining"}])[0]):
        assert _TIMEOUT_S * 1000 - 1500 < int(payload) <= _TIMEOUT_S * 1000


def test_where_the_service_differs_from_its_emulator_the_lab_follows_the_service() -> None:
    # A time-out: the emulator's caller gets its text alone. Validated on AWS by LocalStack's suite, 2025-11-25.
    slow = {"do": "sleep", "seconds": 30}
    (theirs,), (ours,) = _emulator([slow]), _lab([slow])
    assert theirs == b"Task timed out after 3.00 seconds"
    found = json.loads(ours)
    assert found["errorType"] == "Sandbox.Timedout"
    assert re.fullmatch(r"RequestId: [0-9a-f-]{36} Error: " + theirs.decode(), found["errorMessage"])


def test_programs_that_cannot_be_started_are_named_alike(tmp_path: Path) -> None:
    text, program = tmp_path / "text", tmp_path / "program"
    text.write_text("no script")
    text.chmod(0o755)
    program.write_text("#!/bin/sh\n")
    for path in (tmp_path / "absent", text, program):
        with Rie(tmp_path, command=[str(path)], timeout_s=_TIMEOUT_S) as rie:
            rie.invoke({})
            said = re.findall(r"error=(fork/exec [^\n]*?)(?: InvokeID|\n|$)", rie.logs())
            kind = re.findall(r"Invoke DONE failed: (\S+)", rie.logs())

        async def scenario(path: Path = path, said: list[str] = said, kind: list[str] = kind) -> None:
            config = basic(image=ImageConfig((str(path),), ("x",)))
            async with running_lab("none", config=config) as running:
                payload = json.loads((await running.call()).payload)
                assert payload["errorMessage"].partition(" Error: ")[2] == said[0]
                assert payload["errorType"] == kind[0]

        run(scenario())

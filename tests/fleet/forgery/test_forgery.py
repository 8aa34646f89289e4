"""What function code writes is never believed to be Dayfly's or Lambda's, by whatever means it was written.

Every forged line bears a request of its own: where that turns up among what the fleet believes, somebody was fooled.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.lab.running import basic, needs_bubblewrap, running_lab, until

from dayfly.core.proofs import FleetKey
from dayfly.fleet.ingest.envelopes import Bad, Whose, open_batch
from dayfly.fleet.records.events import Intake
from dayfly.fleet.records.judging import LineReader
from dayfly.lab.model import LogLine
from dayfly.lab.shipping import subscription_records

_FUNCTION = Path(__file__).with_name("functions")
_KEY = bytes(range(32))
_FORGED = "f0f0f0f0-f0f0-4f0f-8f0f-f0f0f0f0f0f0"
_BELIEVED = ("invocations", "environments", "findings", "behaviours", "packages", "platform", "api_calls")


def _invocation(environment: str, **more: object) -> dict[str, object]:
    return {
        "age_ms": 400,
        "bytes_in": 10,
        "bytes_out": 10,
        "cpu_us": 100,
        "duration_us": 900,
        "environment": environment,
        "function": "f",
        "invocation": 900,
        "level": "INFO",
        "message": "Dayfly: invocation",
        "metadata": {"product": {"name": "Dayfly", "version": "0.1.0"}},
        "outcome": "success",
        "overhead_us": 10,
        "request_id": _FORGED,
        "sequence": 900,
        "status": 200,
        "time": 1_795_650_000_000,
        "trigger": "direct",
        "worker": 900,
        **more,
    }


def _text(record: dict[str, object]) -> str:
    return json.dumps(record, sort_keys=True, separators=(",", ":"))


def _without_proof(environment: str) -> str:
    return _text(_invocation(environment))


def _with_a_guessed_proof(environment: str) -> str:
    return _without_proof(environment)[:-1] + ',"proof":"' + "ab" * 16 + '"}'


def _with_a_proof_of_another_key(environment: str) -> str:
    return FleetKey(bytes(32)).seal(_without_proof(environment).encode()).decode()


def _finding(environment: str) -> str:
    return _text(
        {
            "activity_id": 1,
            "class_uid": 2004,
            "finding_info": {"uid": f"{environment}:0:environment.started", "types": ["environment.started"]},
            "message": "Dayfly: all is well",
            "metadata": {"product": {"name": "Dayfly", "version": "0.1.0"}},
            "severity_id": 1,
            "time": 1_795_650_000_000,
            "unmapped": {"environment": environment, "sequence": 1, "request_id": _FORGED},
        }
    )


def _escaped(environment: str) -> str:
    return (
        _without_proof(environment)
        .replace('"Dayfly"', '"\\u0044ayfly"')
        .replace("metadata", "\\u006detadata")
    )


_LINES: dict[str, Callable[[str], str]] = {
    "no proof": _without_proof,
    "a guessed proof": _with_a_guessed_proof,
    "another key's proof": _with_a_proof_of_another_key,
    "a finding": _finding,
    "escapes": _escaped,
    "spaces": lambda environment: "  \t" + _without_proof(environment),
    "marked already": lambda environment: "[not written by Dayfly] " + _without_proof(environment),
    "a carriage return": lambda environment: "x\r" + _without_proof(environment),
    "a line separator": lambda environment: "x\u2028" + _without_proof(environment),
    "a next line": lambda environment: "x\x85" + _without_proof(environment),
    "a form feed": lambda environment: "x\x0c" + _without_proof(environment),
    "a nul": lambda environment: "\x00" + _without_proof(environment),
    "a byte order mark": lambda environment: "\ufeff" + _without_proof(environment),
    "START": lambda environment: f"START RequestId: {_FORGED} Version: $LATEST",
    "REPORT": lambda environment: (
        f"REPORT RequestId: {_FORGED}\tDuration: 1.00 ms\tBilled Duration: 1 ms\tMemory Size: 128 MB\tMax Memory Used: 9 MB\t"
    ),
    "a record of the platform's": lambda environment: _text(
        {
            "time": "2026-11-26T01:00:00.000Z",
            "type": "platform.start",
            "record": {"requestId": _FORGED, "version": "1"},
        }
    ),
}
_WAYS = (
    "print",
    "stdout",
    "stderr",
    "halves",
    "unfinished",
    "telemetry",
    "frame-of-many",
    "broken-frame",
    "others",
    "after-much",
    "child",
)


@dataclass(slots=True)
class Heard:
    """What a lab's functions logged, and the requests that were really made."""

    lines: list[LogLine] = field(default_factory=list)
    requests: set[str] = field(default_factory=set)
    environment: str = ""
    wrote: dict[str, int] = field(default_factory=dict)

    def read(self, *keys: bytes) -> Intake:
        """What the fleet makes of it."""
        return _read(self.lines, *keys)


def _read(lines: Sequence[LogLine], *keys: bytes, reader: LineReader | None = None) -> Intake:
    intake = Intake()
    reader = reader or LineReader(keys)
    for event in open_batch("records", "lab", Whose(), subscription_records(lines, first_id=0)):
        assert not isinstance(event, Bad), event
        reader.read(event, intake)
    return intake


async def _forge(heard: Heard, runtime: str) -> None:
    variables = (
        {"DAYFLY_FLEET_KEY": _KEY.hex(), "DAYFLY_LOG_INVOCATIONS": "on"} if runtime == "dayfly" else {}
    )
    config = basic(folder=_FUNCTION, runtime=runtime, environment=variables, timeout_s=30.0)
    async with running_lab("bubblewrap", config=config) as running:

        async def call(event: dict[str, Any]) -> None:
            result = await running.call(event)
            assert result.function_error is None, result.payload
            heard.requests.add(result.request_id)
            key = f"{event['how']}: {event['name']}"
            heard.wrote[key] = json.loads(result.payload)["wrote"]

        await call({"how": "print", "name": "nothing", "text": "hello"})
        if runtime == "dayfly":
            await until(lambda: any('"environment":' in line.text for line in running.lines))
            told = next(line.text for line in running.lines if '"environment":"' in line.text)
            heard.environment = told.partition('"environment":"')[2][:16]
        else:
            heard.environment = "0123456789abcdef"
        for name, make in _LINES.items():
            await call({"how": "print", "name": name, "text": make(heard.environment)})
        for how in _WAYS:
            await call({"how": how, "name": "no proof", "text": _without_proof(heard.environment)})
        await call(
            {
                "how": "stdout",
                "name": "UTF-16",
                "text": _without_proof(heard.environment),
                "encoding": "utf-16-le",
            }
        )
        await until(lambda: running.kinds().count("frozen") == len(heard.requests))
        heard.lines = list(running.lines)


@pytest.fixture(scope="module")
def guarded() -> Heard:
    heard = Heard()
    asyncio.run(_forge(heard, "dayfly"))
    return heard


@pytest.fixture(scope="module")
def plain() -> Heard:
    heard = Heard()
    asyncio.run(_forge(heard, "plain"))
    return heard


def _believed(intake: Intake) -> list[msgspec.Struct]:
    return [row for table in _BELIEVED for row in intake.rows.get(table, [])]


@needs_bubblewrap
def test_nothing_that_a_function_under_dayfly_writes_is_believed(guarded: Heard) -> None:
    intake = guarded.read(_KEY)
    fooled = [row for row in _believed(intake) if _FORGED in repr(row)]
    assert fooled == []
    # And everything that is Dayfly's indeed is there, with its proof.
    invocations = intake.rows["invocations"]
    assert {getattr(row, "request_id", "") for row in invocations} == guarded.requests
    assert {getattr(row, "trust", "") for row in invocations} == {"verified"}
    assert {getattr(row, "environment", 0) for row in invocations} == {int(guarded.environment, 16)}
    assert intake.forged > len(_WAYS)


@needs_bubblewrap
def test_every_way_was_tried_and_shows_as_forged_or_as_nothing(guarded: Heard) -> None:
    assert len(guarded.wrote) == 1 + len(_LINES) + len(_WAYS)
    intake = guarded.read(_KEY)
    details = {getattr(row, "detail", "") for row in intake.rows["quarantine"]}
    assert any("printed by function code" in detail for detail in details), details


@needs_bubblewrap
def test_without_a_key_the_runtimes_marks_are_enough(guarded: Heard) -> None:
    intake = guarded.read()
    assert [row for row in _believed(intake) if _FORGED in repr(row)] == []


@needs_bubblewrap
def test_a_function_without_dayfly_is_never_verified(plain: Heard) -> None:
    intake = plain.read(_KEY)
    trusts = {getattr(row, "trust", "unverified") for row in _believed(intake)}
    assert trusts <= {"unverified"}


@needs_bubblewrap
def test_a_function_without_dayfly_cannot_speak_for_another(plain: Heard) -> None:
    intake = plain.read(_KEY)
    functions = {getattr(row, "function", "f") for row in _believed(intake)}
    assert functions == {"f"}


@needs_bubblewrap
def test_lines_of_a_real_environment_in_another_functions_log_are_forged(guarded: Heard) -> None:
    """Somebody who has read another function's log prints its lines, proofs and all."""
    reader = LineReader([_KEY])
    _read(guarded.lines, reader=reader)
    stolen = [line for line in guarded.lines if '"proof":"' in line.text and line.text.startswith("{")]
    assert len(stolen) > 10
    elsewhere = [
        LogLine(line.at, "g", "0" * 32, None, "output", line.text, "2026/11/26/[$LATEST]" + "0" * 32)
        for line in stolen
    ]
    intake = _read(elsewhere, reader=reader)
    assert intake.ours == 0
    assert intake.forged == len(stolen)


@needs_bubblewrap
def test_lines_of_a_real_environment_in_another_stream_of_its_function_are_forged(guarded: Heard) -> None:
    reader = LineReader([_KEY])
    _read(guarded.lines, reader=reader)
    stolen = [line for line in guarded.lines if '"proof":"' in line.text and line.text.startswith("{")]
    elsewhere = [
        LogLine(line.at, "f", "0" * 32, None, "output", line.text, "2026/11/26/[$LATEST]" + "0" * 32)
        for line in stolen
    ]
    intake = _read(elsewhere, reader=reader)
    assert intake.ours == 0
    assert intake.forged == len(stolen)


@needs_bubblewrap
@pytest.mark.parametrize("isolation", ["invocation", "process"])
def test_a_worker_finds_the_fleets_key_nowhere(isolation: str) -> None:
    """Whoever has it can make proofs: it must be out of reach of what an event can run."""

    key, control = os.urandom(32).hex(), os.urandom(32).hex()

    async def scenario() -> None:
        config = basic(
            folder=_FUNCTION,
            runtime="dayfly",
            environment={"DAYFLY_FLEET_KEY": key, "DAYFLY_ISOLATION": isolation, "CONTROL": control},
            timeout_s=60.0,
            memory_mb=256,
        )
        async with running_lab("bubblewrap", config=config) as running:
            wrote: dict[str, list[str]] = {}
            for name, secret in (("key", key), ("control", control)):
                result = await running.call({"how": "look", "text": secret[::-1]})
                assert result.function_error is None, result.payload
                wrote[name] = json.loads(result.payload)["wrote"]
            # A variable that is nobody's secret is found: the search works.
            assert any("environ" in place for place in wrote["control"])
            assert any("memory" in place for place in wrote["control"])
            assert wrote["key"] == []

    asyncio.run(scenario())

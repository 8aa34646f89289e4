"""Extensions are told what happens to their environment, as AWS documents it, under either runtime."""

from __future__ import annotations

import asyncio
import collections
import json
import re
from typing import Any

import pytest
from tests.lab.running import Running, basic, needs_bubblewrap, run, running_lab, until
from tests.lab.telemetry.listening import FUNCTIONS, HTTP, TCP, listening, records, request, said, told

from dayfly.lab.declared import Declared

# Without a namespace of its own an environment has no sandbox.localdomain.
pytestmark = needs_bubblewrap


def _types(running: Running) -> list[str]:
    return [event["type"] for event in told(running)]


async def _until_told(running: Running, kind: str, times: int = 1) -> None:
    """Invoke, so that the environment runs, until an event was told so often."""
    while _types(running).count(kind) < times:
        await running.ask("sleep", seconds=0.1)


@pytest.mark.parametrize("runtime", ["plain", "dayfly"])
def test_a_subscriber_is_told_initialisation_and_invocations(runtime: str) -> None:
    async def scenario() -> None:
        config = listening(runtime=runtime, settings={"holds": True})
        async with running_lab(config=config) as running:
            first = await running.call({"do": "log"})
            await until(lambda: running.kinds().count("frozen") == 1)
            assert not records(running, "platform.report"), "it was frozen before it could be told"
            second = await running.call({"do": "raise"})
            await until(lambda: running.kinds().count("frozen") == 2)
            await _until_told(running, "platform.report", 2)
        events = [event for event in told(running) if event["type"] != "function"]
        assert [event["type"] for event in events][:9] == [
            "platform.initStart",
            "platform.telemetrySubscription",
            "platform.initRuntimeDone",
            "platform.extension",
            "platform.initReport",
            "platform.start",
            "platform.runtimeDone",
            "platform.report",
            "platform.start",
        ]
        assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", e["time"]) for e in events)
        _check_init(running)
        _check_invocations(running, first.request_id, second.request_id)
        lines = records(running, "function")
        assert "from print\n" in lines
        assert any(line.endswith("from logging\n") for line in lines)

    run(scenario())


def _check_init(running: Running) -> None:
    start = records(running, "platform.initStart")[0]
    assert start["initializationType"] == "on-demand"
    assert start["phase"] == "init"
    assert start["functionName"] == "f"
    assert start["instanceMaxMemory"] == 128 * 1024 * 1024
    # As in lines that AWS wrote: the day, the function, its version, and what ends the log stream's name.
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/f\[\$LATEST\][0-9a-f]{32}", start["instanceId"])
    assert records(running, "platform.telemetrySubscription") == [
        {"name": "listener", "state": "Subscribed", "types": ["platform", "function"]}
    ]
    done = {"initializationType": "on-demand", "phase": "init", "status": "success"}
    assert records(running, "platform.initRuntimeDone") == [done]
    extension = {"name": "listener", "state": "Ready", "events": ["INVOKE", "SHUTDOWN"]}
    assert records(running, "platform.extension") == [extension]
    report = records(running, "platform.initReport")[0]
    assert report.pop("metrics")["durationMs"] > 10
    assert report == done


def _check_invocations(running: Running, first: str, second: str) -> None:
    starts = records(running, "platform.start")
    assert [start["requestId"] for start in starts[:2]] == [first, second]
    assert starts[0]["version"] == "$LATEST"
    assert starts[0]["functionArn"] == "arn:aws:lambda:us-east-1:000000000000:function:f"
    assert "tracing" not in starts[0]
    done = records(running, "platform.runtimeDone")
    # A handler's exception is reported by the runtime: that is a success of the runtime's.
    assert [(one["requestId"], one["status"]) for one in done[:2]] == [
        (first, "success"),
        (second, "success"),
    ]
    assert [span["name"] for span in done[0]["spans"]] == [
        "responseLatency",
        "responseDuration",
        "runtimeOverhead",
    ]
    assert done[0]["metrics"]["producedBytes"] == len("null")
    reports = records(running, "platform.report")
    assert reports[0]["metrics"]["initDurationMs"] > 10
    assert "initDurationMs" not in reports[1]["metrics"]
    assert reports[0]["metrics"]["durationMs"] >= done[0]["metrics"]["durationMs"]
    assert reports[0]["metrics"]["billedDurationMs"] >= reports[0]["metrics"]["durationMs"]
    assert [span["name"] for span in reports[0]["spans"]] == ["extensionOverhead"]


@pytest.mark.slow
def test_a_time_out_and_a_crash_are_told_and_the_subscription_outlives_them() -> None:
    async def scenario() -> None:
        config = listening(
            timeout_s=4.0,
            settings={"waits_for": "platform.report"},
            declared=Declared(tracing_mode="Active"),
        )
        async with running_lab(config=config) as running:
            timed_out = await running.call({"do": "sleep", "seconds": 30})
            crashed = await running.call({"do": "exit", "code": 3})
            await running.call()
        done = {one["requestId"]: one for one in records(running, "platform.runtimeDone")}
        assert done[timed_out.request_id]["status"] == "timeout"
        assert "errorType" not in done[timed_out.request_id]
        assert done[crashed.request_id]["status"] == "error"
        assert done[crashed.request_id]["errorType"] == "Runtime.ExitError"
        for kind in ("platform.start", "platform.runtimeDone", "platform.report"):
            tracing = records(running, kind)[0]["tracing"]
            assert tracing["type"] == "X-Amzn-Trace-Id"
            assert "Sampled=1" in tracing["value"]
        reports = {one["requestId"]: one for one in records(running, "platform.report")}
        assert reports[timed_out.request_id]["status"] == "timeout"
        assert reports[timed_out.request_id]["metrics"]["durationMs"] == 4000.0
        assert reports[crashed.request_id]["errorType"] == "Runtime.ExitError"
        assert [one["phase"] for one in records(running, "platform.initStart")] == [
            "init",
            "invoke",
            "invoke",
        ]
        states = [one["state"] for one in records(running, "platform.telemetrySubscription")]
        assert states == ["Subscribed", "Already subscribed", "Already subscribed"]
        # The invocation that initialises again is told after its initialisation.
        types = [kind for kind in _types(running) if kind in ("platform.initReport", "platform.start")]
        assert types == ["platform.initReport", "platform.start"] * 3
        assert said(running, "got") == [
            *("INVOKE", "SHUTDOWNtimeout"),
            *("INVOKE", "SHUTDOWNfailure"),
            *("INVOKE", "SHUTDOWNspindown"),
        ]
        # Of two seconds, when it was told.
        assert len(said(running, "left")) == 3
        assert all(0 < left <= 2000 for left in said(running, "left"))

    run(scenario())


def _logged(running: Running) -> list[dict[str, Any]]:
    lines = [one for one in records(running, "function") if isinstance(one, dict)]
    return [line for line in lines if line["message"] == "from logging"]


@pytest.mark.parametrize("runtime", ["plain", "dayfly"])
def test_lines_come_over_tcp_and_json_lines_are_objects(runtime: str) -> None:
    async def scenario() -> None:
        subscription = request(destination=TCP, types=["function"])
        config = listening(subscription, runtime=runtime, log_format="JSON")
        async with running_lab(config=config) as running:
            result = await running.call({"do": "log"})
            while not (logged := _logged(running)):
                await running.ask("sleep", seconds=0.1)
        assert set(_types(running)) == {"function"}
        assert logged[0]["requestId"] == result.request_id
        assert "from print\n" in records(running, "function")

    run(scenario())


def test_the_logs_api_has_records_of_its_own() -> None:
    async def scenario() -> None:
        subscription = request(schemaVersion="2021-03-18", types=["platform", "extension", "function"])
        config = listening(subscription, settings={"apis": ["logs", "telemetry"], "late": True})
        async with running_lab(config=config) as running:
            first = await running.call({"do": "log"})
            await until(lambda: "frozen" in running.kinds())
            await _until_told(running, "platform.report")
        subscribed = said(running, "subscribed")
        assert subscribed[0] == ["logs", 200, "OK"]
        assert subscribed[1][:2] == ["telemetry", 400]
        assert subscribed[2][:2] == ["telemetry", 403]
        record = {"name": "listener", "state": "Subscribed", "types": ["platform", "function", "extension"]}
        assert records(running, "platform.logsSubscription") == [record]
        assert records(running, "platform.start")[0] == {"requestId": first.request_id, "version": "$LATEST"}
        assert records(running, "platform.end")[0] == {"requestId": first.request_id}
        assert set(records(running, "platform.report")[0]) == {"requestId", "metrics"}
        done = {"requestId": first.request_id, "status": "success"}
        assert records(running, "platform.runtimeDone")[0] == done
        assert any('["subscribed"' in record for record in records(running, "extension"))

    run(scenario())


def test_a_subscription_after_the_initialisation_is_refused() -> None:
    async def scenario() -> None:
        async with running_lab(config=listening(settings={"late": True})) as running:
            await running.call()
            await until(lambda: len(said(running, "subscribed")) == 2)
        refusal = {
            "errorMessage": "Telemetry API subscription is closed already",
            "errorType": "Telemetry.SubscriptionClosed",
        }
        assert said(running, "subscribed") == [["telemetry", 200, "OK"], ["telemetry", 403, refusal]]

    run(scenario())


def test_what_is_wrong_with_a_subscription_is_told() -> None:
    async def scenario() -> None:
        wrong = request(types=[], destination=HTTP | {"URI": "http://sandbox.localdomain"})
        async with running_lab(config=listening(wrong)) as running:
            await running.call()
        refusal = {
            "errorMessage": "URI port is not provided; types should not be empty",
            "errorType": "ValidationError",
        }
        assert said(running, "subscribed") == [["telemetry", 400, refusal]]

    run(scenario())


def test_environments_of_one_function_have_the_same_port_each_for_itself() -> None:
    async def scenario() -> None:
        async with running_lab(config=listening(settings={"waits_for": "platform.report"})) as running:
            await asyncio.gather(*(running.ask("sleep", seconds=0.3) for _ in range(2)))
            assert len(running.lab.environments("f")) == 2
        # Each was told of its own invocation alone.
        by_environment = collections.defaultdict(set)
        for line in running.lines:
            if line.source == "extension" and '"platform.start"' in line.text:
                by_environment[line.environment_id].add(json.loads(line.text)[1]["record"]["requestId"])
        assert [len(requests) for requests in by_environment.values()] == [1, 1]

    run(scenario())


@pytest.mark.parametrize("runtime", ["plain", "dayfly"])
def test_an_internal_extension_is_told_as_well(runtime: str) -> None:
    """Dayfly runs such a function without forking it: its server's thread would not be in a worker."""

    async def scenario() -> None:
        config = basic(folder=FUNCTIONS / "internal", runtime=runtime)
        async with running_lab(config=config) as running:
            first = await running.ask("", until="platform.start")
            second = await running.ask("", until="platform.report")
        # What init subscribed to, Dayfly confirms: the process that asks may not know.
        assert (first["first"], first["late"]) == (200, 403 if runtime == "plain" else 200)
        told = [kind for kind in second["types"] if kind != "function"]
        assert told[:8] == [
            "platform.initStart",
            "platform.telemetrySubscription",
            "platform.initRuntimeDone",
            "platform.extension",
            "platform.initReport",
            "platform.start",
            "platform.runtimeDone",
            "platform.report",
        ]
        assert first["pid"] == second["pid"]

    run(scenario())


def test_a_restore_is_told_to_who_subscribed_before_the_snapshot() -> None:
    async def scenario() -> None:
        config = listening(settings={"holds": True}, version="1", snap_start="PublishedVersions")
        async with running_lab(config=listening()) as running:
            running.lab.add_version(config)
            await running.call(version="1")
            # The caller is answered before the runtime is done; an end of the lab in between would keep that untold.
            await until(lambda: "platform.runtimeDone" in _types(running))
        types = _types(running)
        begin = types.index("platform.restoreStart")
        assert types[begin:][:5] == [
            "platform.restoreStart",
            "platform.restoreRuntimeDone",
            "platform.restoreReport",
            "platform.start",
            "platform.runtimeDone",
        ]
        assert types[:begin][-1] == "platform.initReport"
        assert {one["initializationType"] for one in records(running, "platform.initStart")} == {"snap-start"}
        assert records(running, "platform.restoreReport")[0]["metrics"]["durationMs"] > 0

    run(scenario())

"""What a runtime streams reaches boto3 piece by piece, and however it ends, the caller is told."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.lab.control.served import client_for, refused
from tests.lab.running import FUNCTIONS, Running, basic, run, running_lab, until

from dayfly.lab.model import FunctionConfig
from dayfly.lab.server import LabServer
from dayfly.lab.streaming.limits import StreamLimits

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_FOLDER = FUNCTIONS / "streaming"


def streaming(**overrides: Any) -> FunctionConfig:
    environment = {"AWS_LAMBDA_EXEC_WRAPPER": str(_FOLDER / "wrapper")}
    return basic(folder=_FOLDER, environment=environment, **overrides)


@contextlib.asynccontextmanager
async def _served(
    *, limits: StreamLimits | None = None, **overrides: Any
) -> AsyncIterator[tuple[Running, LambdaClient]]:
    async with (
        running_lab("none", config=streaming(**overrides), stream_limits=limits) as running,
        LabServer(running.lab, port=0, update_s=0.0) as server,
    ):
        yield running, client_for(server.url)


def _open(client: LambdaClient, event: object, **options: Any) -> Iterator[Any]:
    answer = client.invoke_with_response_stream(
        FunctionName="f", Payload=json.dumps(event).encode(), **options
    )
    assert answer["StatusCode"] == 200
    assert answer["ExecutedVersion"] == "$LATEST"
    return iter(answer["EventStream"])


def _read(client: LambdaClient, event: object, **options: Any) -> tuple[bytes, dict[str, str]]:
    """The whole response, and what InvokeComplete said."""
    payload = b""
    complete: list[dict[str, str]] = []
    for item in _open(client, event, **options):
        assert not complete, "nothing follows InvokeComplete"
        if "PayloadChunk" in item:
            payload += item["PayloadChunk"]["Payload"]
        else:
            complete.append(item["InvokeComplete"])
    return payload, complete[0]


def test_streams_reach_boto3_in_pieces_and_end_in_every_way(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with _served() as (running, client):

            def talk() -> None:
                go = tmp_path / "go"
                events = _open(client, {"send": ["one", {"await": str(go)}, "two"]}, LogType="Tail")
                # It is here while the runtime still waits for the file.
                assert next(events)["PayloadChunk"]["Payload"] == b"one"
                go.touch()
                assert next(events)["PayloadChunk"]["Payload"] == b"two"
                (complete,) = [item["InvokeComplete"] for item in events]
                assert complete.keys() == {"LogResult"}
                tail = base64.b64decode(complete["LogResult"]).decode()
                assert "streamed 202" in tail
                assert "REPORT RequestId:" in tail

                assert _read(client, {"send": []}) == (b"", {})
                # A response in one piece, by the same operation.
                assert _read(client, {"give": {"a": 1}}) == (b'{"a": 1}', {})

                error = {"errorType": "Function.Midway", "errorMessage": "no more"}
                payload, complete = _read(client, {"send": ["half"], "error": error})
                assert payload == b"half"
                assert complete["ErrorCode"] == "Unhandled"
                assert json.loads(complete["ErrorDetails"]) == error

                payload, complete = _read(client, {"send": ["half"], "end": "exit"})
                assert payload == b"half"
                assert json.loads(complete["ErrorDetails"])["errorType"] == "Runtime.ExitError"

                # The environment's next life serves on; a buffered Invoke gets the whole of it.
                answer = client.invoke(FunctionName="f", Payload=b'{"send": ["a", "b", "c"]}')
                assert answer["Payload"].read() == b"abc"
                assert answer.get("FunctionError") is None
                answer = client.invoke(
                    FunctionName="f", Payload=json.dumps({"send": ["x"], "error": error}).encode()
                )
                assert answer["FunctionError"] == "Unhandled"
                assert json.loads(answer["Payload"].read()) == error

            await asyncio.to_thread(talk)
            assert running.kinds().count("cold_start") == 1

    run(scenario())


def test_time_is_up_for_a_stream_as_for_everything() -> None:
    async def scenario() -> None:
        async with _served(timeout_s=3.0) as (_, client):
            payload, complete = await asyncio.to_thread(_read, client, {"send": ["half"], "end": "hang"})
            assert payload == b"half"
            assert json.loads(complete["ErrorDetails"])["errorType"] == "Sandbox.Timedout"

    run(scenario())


def test_a_caller_who_leaves_does_not_end_the_function(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with _served() as (running, client):
            go = tmp_path / "go"

            def leave() -> None:
                answer = client.invoke_with_response_stream(
                    FunctionName="f",
                    Payload=json.dumps(
                        {"send": ["one", {"zeros": 4 << 20}, {"await": str(go)}, "two"]}
                    ).encode(),
                )
                next(iter(answer["EventStream"]))
                answer["EventStream"].close()

            await asyncio.to_thread(leave)
            go.touch()
            await until(lambda: "invoke_end" in running.kinds())
            assert any("streamed 202" in line.text for line in running.lines)
            assert running.lab.counters["environment_faults"] == 0

    run(scenario())


def test_what_is_too_much_is_cut_and_what_is_fast_is_slowed() -> None:
    async def scenario() -> None:
        limits = StreamLimits(most_bytes=1 << 20, uncapped_bytes=1 << 18, bytes_per_s=4 << 20)
        async with _served(limits=limits) as (running, client):
            payload, complete = await asyncio.to_thread(_read, client, {"send": [{"zeros": 1 << 20}]})
            assert (len(payload), complete) == (1 << 20, {})
            # Three quarters of a MiB at four MiB a second.
            await until(lambda: "invoke_end" in running.kinds())
            (report,) = [line.text for line in running.lines if line.text.startswith("REPORT")]
            assert float(report.split("Duration: ")[1].split(" ms")[0]) >= 180

            payload, complete = await asyncio.to_thread(_read, client, {"send": [{"zeros": 2 << 20}]})
            assert len(payload) <= 1 << 20
            told = json.loads(complete["ErrorDetails"])
            assert told["errorType"] == "Function.ResponseSizeTooLarge"
            assert str(1 << 20) in told["errorMessage"]
            # Its line is written after the caller has all of it.
            await until(lambda: any("streamed 413" in line.text for line in running.lines))

    run(scenario())


def test_refusals_come_before_the_first_byte_and_awslambdaric_answers_in_one_piece() -> None:
    async def scenario() -> None:
        async with (
            running_lab("none", config=basic(reserved_concurrency=1)) as running,
            LabServer(running.lab, port=0, update_s=0.0) as server,
        ):
            client = client_for(server.url)

            def call(name: str = "f", payload: bytes = b"{}", **options: Any) -> Any:
                return client.invoke_with_response_stream(FunctionName=name, Payload=payload, **options)

            def talk() -> None:
                payload, complete = _read(client, {"do": "version"})
                assert json.loads(payload)["version"] == "$LATEST"
                assert complete == {}
                payload, complete = _read(client, {"do": "raise"})
                assert payload == b""
                assert json.loads(complete["ErrorDetails"])["errorType"] == "ValueError"
                assert refused(lambda: call("absent"))[:2] == (404, "ResourceNotFoundException")
                assert refused(lambda: call(payload=b"{"))[:2] == (400, "InvalidRequestContentException")
                assert refused(lambda: call(InvocationType="Event"))[0] == 400
                assert call(InvocationType="DryRun")["StatusCode"] == 204
                running.lab.reservation("f").limit = 0
                assert refused(call)[:2] == (429, "TooManyRequestsException")

            await asyncio.to_thread(talk)

    run(scenario())


@pytest.mark.parametrize(
    ("sent", "for_s", "pause"), [(0, 0.0, 0.0), (6 << 20, 0.0, 0.0), (8 << 20, 0.0, 1.0), (8 << 20, 2.0, 0.0)]
)
def test_the_first_six_megabytes_are_free_the_rest_two_a_second(
    sent: int, for_s: float, pause: float
) -> None:
    assert StreamLimits().pause_s(sent, for_s) == pause

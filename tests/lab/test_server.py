"""boto3 and plain HTTP meet the Invoke API they know."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import http.client
import json
import os
import socket
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from tests.lab.running import Running, basic, run, running_lab, until

from dayfly.lab.control.names import parse_name
from dayfly.lab.model import InvokeRefusedError, LabError
from dayfly.lab.runtime_api import RuntimeApi
from dayfly.lab.server import LabServer

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


@contextlib.asynccontextmanager
async def _served(**overrides: Any) -> AsyncIterator[tuple[Running, LambdaClient, str]]:
    async with (
        running_lab("none", config=basic(**overrides)) as running,
        LabServer(running.lab, port=0) as server,
    ):
        client: LambdaClient = boto3.client(
            "lambda",
            endpoint_url=server.url,
            region_name="us-east-1",
            aws_access_key_id="x",
            aws_secret_access_key="y",
            config=Config(retries={"total_max_attempts": 1}),
        )
        yield running, client, server.url


def _accepted(client: socket.socket) -> socket.socket:
    """The server's end of a connection that this process holds both ends of."""
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            copy = socket.socket(fileno=os.dup(int(name)))
            if copy.family == client.family and copy.getpeername() == client.getsockname():
                return copy
            copy.close()
    raise AssertionError("the connection was not accepted")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("front", ["invoke", "url", "runtime api"])
def test_no_answer_waits_for_an_acknowledgement(host: str, front: str) -> None:
    """Head and body are sent apart: with Nagle's algorithm the body comes 40 ms late."""

    async def scenario() -> None:
        async with running_lab("none") as running, LabServer(running.lab, host=host, port=0) as server:
            api = RuntimeApi("f", "app.handler")
            place = urlsplit(server.url)
            address, port = place.hostname or "", place.port or 0
            path = "/lambda-url/x/" if front == "url" else "/2015-03-31/functions"
            if front == "runtime api":
                await api.start()
                address, _, number = api.address.partition(":")
                port, path = int(number), "/2018-06-01/ping"

            def talk() -> None:
                connection = http.client.HTTPConnection(address, port, timeout=60)
                with contextlib.closing(connection):
                    connection.request("GET", path)
                    connection.getresponse().read()
                    with _accepted(connection.sock) as accepted:
                        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

            try:
                await asyncio.to_thread(talk)
            finally:
                await api.close()

    run(scenario())


def _refusal(call: Callable[[], object]) -> dict[str, Any]:
    with pytest.raises(ClientError) as refusal:
        call()
    response: dict[str, Any] = dict(refusal.value.response)
    return response


def test_boto3_invokes_and_reads_the_tail() -> None:
    async def scenario() -> None:
        async with _served() as (running, client, _):

            def talk() -> None:
                answer = client.invoke(
                    FunctionName="f",
                    Payload=b'{"do": "context"}',
                    LogType="Tail",
                    ClientContext=base64.b64encode(b'{"custom": {"a": 1}}').decode(),
                )
                assert answer["StatusCode"] == 200
                assert answer["ExecutedVersion"] == "$LATEST"
                assert "x-amz-function-error" not in answer["ResponseMetadata"]["HTTPHeaders"]
                context = json.loads(answer["Payload"].read())
                assert context["custom"] == {"a": 1}
                assert context["request_id"] == answer["ResponseMetadata"]["RequestId"]
                assert answer["ResponseMetadata"]["HTTPHeaders"]["x-amzn-trace-id"].startswith("Root=1-")
                tail = base64.b64decode(answer["LogResult"]).decode()
                assert tail.startswith(f"START RequestId: {context['request_id']} Version: $LATEST\n")

            await asyncio.to_thread(talk)
            assert running.kinds().count("cold_start") == 1

    run(scenario())


def test_boto3_sees_function_errors_events_and_dry_runs() -> None:
    async def scenario() -> None:
        async with _served() as (running, client, _):

            def talk() -> None:
                failed = client.invoke(FunctionName="f", Payload=b'{"do": "raise"}')
                assert failed["FunctionError"] == "Unhandled"
                assert json.loads(failed["Payload"].read())["errorType"] == "ValueError"
                event = client.invoke(FunctionName="f", InvocationType="Event", Payload=b"{}")
                assert (event["StatusCode"], event["Payload"].read()) == (202, b"")
                dry = client.invoke(FunctionName="f", InvocationType="DryRun")
                assert (dry["StatusCode"], dry["Payload"].read()) == (204, b"")

            await asyncio.to_thread(talk)
            await until(lambda: running.kinds().count("invoke_end") == 2)

    run(scenario())


def test_refusals_reach_boto3_as_lambdas_exceptions() -> None:
    async def scenario() -> None:
        async with _served(reserved_concurrency=0) as (_, client, _):

            def talk() -> None:
                missing = _refusal(lambda: client.invoke(FunctionName="doesnotexist"))
                assert missing["Error"]["Code"] == "ResourceNotFoundException"
                expected = (
                    "Function not found: arn:aws:lambda:us-east-1:000000000000:function:doesnotexist:$LATEST"
                )
                assert missing["Error"]["Message"] == expected
                assert missing["ResponseMetadata"]["HTTPStatusCode"] == 404
                broken = _refusal(lambda: client.invoke(FunctionName="f", Payload=b"{no"))
                assert broken["Error"]["Code"] == "InvalidRequestContentException"
                huge = b'"' + b"x" * (6 * 1024 * 1024) + b'"'
                large = _refusal(lambda: client.invoke(FunctionName="f", Payload=huge))
                assert large["Error"]["Code"] == "RequestTooLargeException"
                throttled = _refusal(lambda: client.invoke(FunctionName="f", Payload=b"{}"))
                assert throttled["Error"]["Code"] == "TooManyRequestsException"
                assert throttled["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
                assert throttled["ResponseMetadata"]["HTTPStatusCode"] == 429
                version = _refusal(lambda: client.invoke(FunctionName="f", Qualifier="7"))
                assert version["Error"]["Code"] == "ResourceNotFoundException"

            await asyncio.to_thread(talk)

    run(scenario())


def test_boto3_lists_and_describes_functions() -> None:
    async def scenario() -> None:
        async with _served(environment={"AA": "b"}, reserved_concurrency=3) as (_, client, _):

            def talk() -> None:
                assert [f["FunctionName"] for f in client.list_functions()["Functions"]] == ["f"]
                function = client.get_function(FunctionName="f")
                assert function["Configuration"]["Handler"] == "app.handler"
                assert function["Concurrency"]["ReservedConcurrentExecutions"] == 3
                configuration = client.get_function_configuration(FunctionName=basic().arn)
                assert configuration["Environment"]["Variables"] == {"AA": "b"}
                assert configuration["Runtime"].startswith("python3.")
                assert configuration["State"] == "Active"
                missing = _refusal(lambda: client.get_function(FunctionName="absent"))
                assert missing["Error"]["Code"] == "ResourceNotFoundException"

            await asyncio.to_thread(talk)

    run(scenario())


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("X-Amz-Invocation-Type", "Whatever"),
        ("X-Amz-Client-Context", "not base64!"),
        ("X-Amz-Tenant-Id", "no#hash"),
        ("X-Amz-Tenant-Id", "x" * 257),
    ],
)
def test_headers_that_are_not_valid_are_refused(header: str, value: str) -> None:
    async def scenario() -> None:
        async with _served() as (running, _, url):

            def talk() -> int:
                connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=60)
                with contextlib.closing(connection):
                    path = "/2015-03-31/functions/f/invocations"
                    connection.request("POST", path, b"{}", {header: value})
                    return connection.getresponse().status

            assert await asyncio.to_thread(talk) == 400
            assert running.kinds() == []

    run(scenario())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("f", ("f", None)),
        ("f:$LATEST", ("f", "$LATEST")),
        ("arn:aws:lambda:us-east-1:000000000000:function:f", ("f", None)),
        ("arn:aws:lambda:us-east-1:000000000000:function:f:7", ("f", "7")),
        ("000000000000:function:f", ("f", None)),
        ("function:f", ("f", None)),
    ],
)
def test_names_arns_and_partial_arns_are_understood(text: str, expected: tuple[str, str | None]) -> None:
    assert parse_name(text) == expected


@pytest.mark.parametrize("text", ["", "a b", "arn:aws:s3:::bucket", "f:1:2", "x" * 257])
def test_what_is_no_function_name_is_refused(text: str) -> None:
    with pytest.raises(InvokeRefusedError):
        parse_name(text)


def test_a_port_in_use_is_a_clear_error() -> None:
    async def scenario() -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            async with running_lab("none") as running:
                server = LabServer(running.lab, port=port)
                with pytest.raises(LabError, match=f"cannot listen on 127.0.0.1:{port}") as refusal:
                    await server.__aenter__()
                assert "--port" in refusal.value.hint

    run(scenario())

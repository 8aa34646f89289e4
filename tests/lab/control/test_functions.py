"""boto3 changes a function's configuration, waits for it, and meets environments that have it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from tests.lab.running import Running, basic, is_alive, run, running_lab, until

from dayfly.lab.control.configuring import apply
from dayfly.lab.control.function_shapes import UpdateRequest
from dayfly.lab.model import InvokeRefusedError
from dayfly.lab.server import LabServer

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_UPDATE_S = 0.3


@contextlib.asynccontextmanager
async def _served(**overrides: Any) -> AsyncIterator[tuple[Running, LambdaClient]]:
    async with (
        running_lab("none", config=basic(**overrides)) as running,
        LabServer(running.lab, port=0, update_s=_UPDATE_S) as server,
    ):
        client: LambdaClient = boto3.client(
            "lambda",
            endpoint_url=server.url,
            region_name="us-east-1",
            aws_access_key_id="x",
            aws_secret_access_key="y",
            config=Config(retries={"total_max_attempts": 1}),
        )
        yield running, client


def _refused(call: Callable[[], object]) -> tuple[int, str, str]:
    with pytest.raises(ClientError) as refusal:
        call()
    response: Any = refusal.value.response
    return (
        response["ResponseMetadata"]["HTTPStatusCode"],
        response["Error"]["Code"],
        response["Error"]["Message"],
    )


def _variables(client: LambdaClient) -> dict[str, str]:
    return client.get_function_configuration(FunctionName="f")["Environment"]["Variables"]


def test_what_does_not_fit_is_refused_as_lambda_refuses_and_changes_nothing() -> None:
    async def scenario() -> None:
        async with _served(environment={"AA": "b"}) as (_, client):

            def talk() -> None:
                def update(**options: Any) -> Callable[[], object]:
                    return lambda: client.update_function_configuration(**{"FunctionName": "f", **options})

                before = client.get_function_configuration(FunctionName="f")
                assert _refused(update(FunctionName="absent"))[:2] == (404, "ResourceNotFoundException")
                stale = "11111111-1111-4111-8111-111111111111"
                assert _refused(update(RevisionId=stale))[:2] == (412, "PreconditionFailedException")
                reserved = _refused(update(Environment={"Variables": {"AWS_REGION": "moon"}}))
                assert reserved[:2] == (400, "InvalidParameterValueException")
                assert "AWS_REGION" in reserved[2]
                large = _refused(update(Environment={"Variables": {"AA": "x" * 4096}}))
                assert "exceeded the 4KB limit" in large[2]
                assert _refused(update(Timeout=901))[0] == 400
                assert "ImageConfig" in _refused(update(ImageConfig={"Command": ["x"]}))[2]
                after = client.get_function_configuration(FunctionName="f")
                assert before["RevisionId"] == after["RevisionId"]
                assert after["Environment"]["Variables"] == {"AA": "b"}

            await asyncio.to_thread(talk)

    run(scenario())


def test_an_update_is_in_progress_first_then_waiters_see_it_done() -> None:
    async def scenario() -> None:
        async with _served(environment={"AA": "b"}) as (_, client):

            def talk() -> None:
                first = client.get_function_configuration(FunctionName="f")
                answer = client.update_function_configuration(
                    FunctionName="f",
                    RevisionId=first["RevisionId"],
                    Environment={"Variables": {"AA": "c"}},
                    Description="",
                    Timeout=7,
                    MemorySize=256,
                )
                assert answer["LastUpdateStatus"] == "InProgress"
                assert answer["RevisionId"] != first["RevisionId"]
                again = _refused(lambda: client.update_function_configuration(FunctionName="f"))
                assert again[:2] == (409, "ResourceConflictException")
                client.get_waiter("function_updated_v2").wait(FunctionName="f")
                last = client.get_function_configuration(FunctionName="f")
                assert last["LastUpdateStatus"] == "Successful"
                assert last["RevisionId"] != answer["RevisionId"]
                values = (last["Timeout"], last["MemorySize"], last["Description"], last["Handler"])
                assert values == (7, 256, "", "app.handler")
                assert _variables(client) == {"AA": "c"}

            await asyncio.to_thread(talk)

    run(scenario())


def test_idle_environments_of_the_old_configuration_end_and_the_next_invocation_has_the_new() -> None:
    async def scenario() -> None:
        async with _served(environment={"AA": "old"}) as (running, client):
            await running.call()
            (old,) = running.lab.processes("f").items()
            await asyncio.to_thread(
                client.update_function_configuration,
                FunctionName="f",
                Environment={"Variables": {"AA": "new"}},
            )
            # Until the update is done the old configuration serves.
            assert (await running.call()).environment_id == old[0]
            await until(lambda: "replaced" in running.kinds())
            await until(lambda: not any(is_alive(pid) for pid in old[1]))
            answer = await running.call({"do": "context"})
            assert answer.environment_id != old[0]
            assert answer.cold_start

    run(scenario())


def test_a_busy_environment_finishes_its_invocation_and_is_ended_then() -> None:
    async def scenario() -> None:
        async with _served() as (running, _):
            busy = asyncio.create_task(running.call({"do": "sleep", "seconds": 0.6}))
            await until(lambda: "invoke_start" in running.kinds())
            (old,) = running.lab.environments("f")
            running.lab.reconfigure(apply(running.lab.function("f"), UpdateRequest(description="bumped")))
            other = await running.call()
            assert other.environment_id != old.id
            finished = await busy
            assert (finished.environment_id, finished.function_error) == (old.id, None)
            await until(lambda: [view.id for view in running.lab.environments("f")] == [other.environment_id])

    run(scenario())


def test_a_caller_who_waits_for_an_environment_of_the_old_configuration_gets_a_new_one() -> None:
    async def scenario() -> None:
        async with _served() as (running, _):
            first = await running.call({"do": "context"})
            running.lab.reconfigure(apply(running.lab.function("f"), UpdateRequest()))
            second = await running.call({"do": "context"})
            assert first.environment_id != second.environment_id
            assert json.loads(second.payload)

    run(scenario())


def test_what_a_request_leaves_out_stays() -> None:
    config = basic(environment={"AA": "b"}, memory_mb=512, description="mine")
    assert apply(config, UpdateRequest()) == config
    with pytest.raises(InvokeRefusedError):
        apply(config, UpdateRequest(memory_size=1))

"""A lab behind its API, boto3 in front of it, and what it refuses."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from tests.lab.running import Running, basic, run, running_lab

from dayfly.lab.model import ConfinementChoice
from dayfly.lab.server import LabServer

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

UPDATE_S = 0.05


def client_for(url: str) -> LambdaClient:
    client: LambdaClient = boto3.client(
        "lambda",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="x",
        aws_secret_access_key="y",
        config=Config(retries={"total_max_attempts": 1}),
    )
    return client


@contextlib.asynccontextmanager
async def served(
    *, update_s: float = UPDATE_S, confinement: ConfinementChoice = "none", **overrides: Any
) -> AsyncIterator[tuple[Running, LambdaClient]]:
    async with (
        running_lab(confinement, config=basic(**overrides)) as running,
        LabServer(running.lab, port=0, update_s=update_s) as server,
    ):
        yield running, client_for(server.url)


def talk(with_client: Callable[[LambdaClient], None], **options: Any) -> None:
    """Serve one function called `f` and hand a client to `with_client`, in a thread of its own."""

    async def scenario() -> None:
        async with served(**options) as (_, client):
            await asyncio.to_thread(with_client, client)

    run(scenario())


@contextlib.contextmanager
def serving(**options: Any) -> Iterator[LambdaClient]:
    """Serve `f` from a thread while the block runs: one lab for the tests of a module."""
    clients: list[LambdaClient] = []
    started, done = threading.Event(), threading.Event()

    async def scenario() -> None:
        try:
            async with served(**options) as (_, client):
                clients.append(client)
                started.set()
                await asyncio.to_thread(done.wait)
        finally:
            started.set()

    thread = threading.Thread(target=run, args=(scenario(),))
    thread.start()
    try:
        assert started.wait(60)
        yield clients[0]
    finally:
        done.set()
        thread.join(60)


def refused(call: Callable[[], object]) -> tuple[int, str, str]:
    with pytest.raises(ClientError) as refusal:
        call()
    response: Any = refusal.value.response
    return (
        response["ResponseMetadata"]["HTTPStatusCode"],
        response["Error"]["Code"],
        response["Error"]["Message"],
    )


def update(client: LambdaClient, **options: Any) -> None:
    """UpdateFunctionConfiguration of `f`, awaited as a deployment awaits it."""
    client.update_function_configuration(FunctionName="f", **options)
    wait(client, "function_updated_v2")


def wait(client: LambdaClient, waiter: Any, *, name: str = "f", **options: Any) -> None:
    """One of botocore's waiters, asking often."""
    client.get_waiter(waiter).wait(
        FunctionName=name, WaiterConfig={"Delay": 0.02, "MaxAttempts": 3000}, **options
    )


def invoke(client: LambdaClient, qualifier: str | None = None, do: str = "version") -> Any:
    """Invoke `f` by a qualifier; the decoded payload, which must not be an error's."""
    options: Any = {} if qualifier is None else {"Qualifier": qualifier}
    answer = client.invoke(FunctionName="f", Payload=json.dumps({"do": do}).encode(), **options)
    payload = json.loads(answer["Payload"].read())
    assert answer.get("FunctionError") is None, payload
    return payload | {"executed": answer["ExecutedVersion"]}

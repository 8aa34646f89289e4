"""Concurrency is reserved and provisioned as on Lambda, and invocations feel it."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from tests.lab.control.served import invoke, refused, served, talk, update, wait
from tests.lab.running import is_alive, run, until

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_ARN = "arn:aws:lambda:us-east-1:000000000000:function:f"


def _publish(client: LambdaClient) -> str:
    version = client.publish_version(FunctionName="f")["Version"]
    wait(client, "published_version_active", Qualifier=version)
    return version


def _status(client: LambdaClient, qualifier: str) -> Any:
    return client.get_provisioned_concurrency_config(FunctionName="f", Qualifier=qualifier)


async def _ready(client: LambdaClient, qualifier: str, status: str = "READY") -> Any:
    """Ask until it has that status; the last answer."""
    answers: list[Any] = []

    async def ask() -> bool:
        answers.append(await asyncio.to_thread(_status, client, qualifier))
        return bool(answers[-1]["Status"] == status)

    async with asyncio.timeout(60):
        while not await ask():
            await asyncio.sleep(0.02)
    return answers[-1]


def test_what_lambda_refuses_to_reserve_or_provision_is_refused_in_its_words() -> None:
    def scenario(client: LambdaClient) -> None:
        _publish(client)
        client.create_alias(FunctionName="f", Name="latest", FunctionVersion="$LATEST")

        def reserve(count: int, name: str = "f") -> str:
            call = client.put_function_concurrency
            return refused(lambda: call(FunctionName=name, ReservedConcurrentExecutions=count))[2]

        assert reserve(901).endswith("below its minimum value of [100].")
        assert "Aliases and versions do not support" in reserve(1, "f:1")
        assert reserve(1, "absent").startswith("Function not found:")
        assert reserve(2**40).endswith("less than or equal to 2147483647")

        def provision(qualifier: str, count: int = 1) -> tuple[int, str, str]:
            call = client.put_provisioned_concurrency_config
            return refused(
                lambda: call(FunctionName="f", Qualifier=qualifier, ProvisionedConcurrentExecutions=count)
            )

        unpublished = "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
        assert provision("$LATEST")[2] == unpublished
        assert provision("latest")[2] == unpublished
        assert provision("absent")[2] == f"Cannot find alias arn: {_ARN}:absent"
        assert provision("7")[2] == f"Function not found: {_ARN}:7"
        assert provision("1", 950)[2].endswith("below its minimum value of [100].")
        client.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=1)
        assert "should not be greater than the reservedConcurrentExecution" in provision("1", 2)[2]
        none = refused(lambda: _status(client, "1"))
        assert none[:2] == (404, "ProvisionedConcurrencyConfigNotFoundException")
        client.delete_provisioned_concurrency_config(FunctionName="f", Qualifier="1")
        listed = client.list_provisioned_concurrency_configs(FunctionName="f")
        assert listed["ProvisionedConcurrencyConfigs"] == []

    talk(scenario)


def test_reserved_concurrency_counts_all_versions_is_in_force_at_once_and_can_be_taken_back() -> None:
    async def scenario() -> None:
        async with served() as (running, client):
            reserve = client.put_function_concurrency

            def call(qualifier: str) -> tuple[int, str, str]:
                return refused(lambda: client.invoke(FunctionName="f", Qualifier=qualifier))

            await asyncio.to_thread(_publish, client)
            # Warm: an idle environment must not get around the limit.
            await asyncio.to_thread(invoke, client, "1")
            answer = await asyncio.to_thread(reserve, FunctionName="f", ReservedConcurrentExecutions=1)
            assert answer["ReservedConcurrentExecutions"] == 1
            told = await asyncio.to_thread(client.get_function, FunctionName="f")
            assert told["Concurrency"] == {"ReservedConcurrentExecutions": 1}
            # Between its answer and its next poll an environment still holds the place.
            await until(lambda: [view.state for view in running.lab.environments("f")] == ["idle"])
            busy = asyncio.create_task(running.call({"do": "wait"}))
            await until(lambda: busy.done() or running.kinds().count("invoke_start") == 2)
            status, kind, text = await asyncio.to_thread(call, "1")
            assert (status, kind, text) == (429, "TooManyRequestsException", "Rate Exceeded.")
            running.release()
            assert (await busy).function_error is None
            await asyncio.to_thread(reserve, FunctionName="f", ReservedConcurrentExecutions=0)
            assert (await asyncio.to_thread(call, "$LATEST"))[0] == 429
            assert (await asyncio.to_thread(call, "1"))[0] == 429
            await asyncio.to_thread(client.delete_function_concurrency, FunctionName="f")
            none = await asyncio.to_thread(client.get_function_concurrency, FunctionName="f")
            assert none.get("ReservedConcurrentExecutions") is None
            await asyncio.to_thread(invoke, client, "1")

    run(scenario())


def test_provisioned_environments_are_started_ahead_taken_first_and_kept() -> None:
    async def scenario() -> None:
        async with served(environment={"AA": "1"}, idle_expiry_s=0.2) as (running, client):
            put = client.put_provisioned_concurrency_config
            await asyncio.to_thread(_publish, client)
            options: Any = {"FunctionName": "f", "Qualifier": "1", "ProvisionedConcurrentExecutions": 2}
            answer = await asyncio.to_thread(put, **options)
            assert (answer["Status"], answer["AvailableProvisionedConcurrentExecutions"]) == (
                "IN_PROGRESS",
                0,
            )
            assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
            ready = await _ready(client, "1")
            assert ready["AvailableProvisionedConcurrentExecutions"] == 2
            kept = {view.id for view in running.lab.environments("f")}
            assert len(kept) == 2
            served_by = await running.call({"do": "environ"}, version="1")
            assert served_by.environment_id in kept
            assert not served_by.cold_start
            variables = json.loads(served_by.payload)
            assert variables["AWS_LAMBDA_INITIALIZATION_TYPE"] == "provisioned-concurrency"
            # One more than provisioned: on demand, and gone when it was idle for long.
            together = await asyncio.gather(
                *(running.call({"do": "sleep", "seconds": 0.4}, version="1") for _ in range(3))
            )
            assert sum(result.cold_start for result in together) == 1
            await until(lambda: {view.id for view in running.lab.environments("f")} == kept)
            # One that dies is started anew.
            victim = running.lab.environments("f")[0]
            await running.lab.recycle("f")
            await until(lambda: len(running.lab.environments("f")) == 2)
            assert victim.id not in {view.id for view in running.lab.environments("f")}
            await _ready(client, "1")
            (listed,) = (
                await asyncio.to_thread(client.list_provisioned_concurrency_configs, FunctionName="f")
            )["ProvisionedConcurrencyConfigs"]
            assert (listed["FunctionArn"], listed["Status"]) == (f"{_ARN}:1", "READY")
            delete = client.delete_provisioned_concurrency_config
            await asyncio.to_thread(delete, FunctionName="f", Qualifier="1")
            await until(lambda: not running.lab.environments("f"))

    run(scenario())


def test_what_is_provisioned_is_taken_from_what_is_reserved() -> None:
    async def scenario() -> None:
        async with served() as (_, client):
            await asyncio.to_thread(_publish, client)
            await asyncio.to_thread(
                client.put_function_concurrency, FunctionName="f", ReservedConcurrentExecutions=1
            )
            await asyncio.to_thread(invoke, client)
            options: Any = {"FunctionName": "f", "Qualifier": "1", "ProvisionedConcurrentExecutions": 1}
            await asyncio.to_thread(client.put_provisioned_concurrency_config, **options)
            await _ready(client, "1")
            # Whoever asks for another version is refused although nothing runs; the provisioned one serves on.
            for _ in range(2):
                latest = await asyncio.to_thread(refused, lambda: client.invoke(FunctionName="f"))
                assert latest == (429, "TooManyRequestsException", "Rate Exceeded.")
                await asyncio.to_thread(invoke, client, "1")
            await asyncio.to_thread(
                client.delete_provisioned_concurrency_config, FunctionName="f", Qualifier="1"
            )
            await asyncio.to_thread(invoke, client)

    run(scenario())


def test_provisioned_concurrency_of_an_alias_moves_to_its_new_version() -> None:
    async def scenario() -> None:
        async with served() as (running, client):

            def prepare() -> None:
                _publish(client)
                client.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
                put: Any = client.put_provisioned_concurrency_config
                put(FunctionName="f", Qualifier="live", ProvisionedConcurrentExecutions=1)
                on_version = refused(
                    lambda: put(FunctionName="f", Qualifier="1", ProvisionedConcurrentExecutions=1)
                )
                assert on_version[:2] == (409, "ResourceConflictException")
                update(client, Timeout=9)
                _publish(client)
                latest = refused(
                    lambda: client.update_alias(FunctionName="f", Name="live", FunctionVersion="$LATEST")
                )
                assert latest[:2] == (400, "InvalidParameterValueException")

            await asyncio.to_thread(prepare)
            await _ready(client, "live")
            (old,) = running.lab.processes("f").values()
            await asyncio.to_thread(
                lambda: client.update_alias(FunctionName="f", Name="live", FunctionVersion="2")
            )
            await _ready(client, "live")
            assert [view.version for view in running.lab.environments("f")] == ["2"]
            await until(lambda: not any(is_alive(pid) for pid in old))
            await asyncio.to_thread(lambda: client.delete_alias(FunctionName="f", Name="live"))
            await until(lambda: not running.lab.environments("f"))

    run(scenario())


def test_a_function_that_cannot_initialise_is_not_ready_and_the_reason_is_told() -> None:
    async def scenario() -> None:
        async with served(handler="app.absent") as (running, client):
            await asyncio.to_thread(_publish, client)
            put = client.put_provisioned_concurrency_config
            options: Any = {"FunctionName": "f", "Qualifier": "1", "ProvisionedConcurrentExecutions": 1}
            await asyncio.to_thread(put, **options)
            failed = await _ready(client, "1", "FAILED")
            assert failed["StatusReason"] == "FUNCTION_ERROR_INIT_FAILURE"
            await until(lambda: not running.lab.environments("f"))

    run(scenario())


def test_the_account_has_lambdas_limits_less_what_is_reserved() -> None:
    def scenario(client: LambdaClient) -> None:
        client.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=50)
        limits = client.get_account_settings()["AccountLimit"]
        assert (limits["ConcurrentExecutions"], limits["UnreservedConcurrentExecutions"]) == (1000, 950)
        assert client.get_account_settings()["AccountUsage"]["FunctionCount"] == 1

    talk(scenario)


def test_a_lab_that_ends_while_environments_are_started_ahead_leaves_none() -> None:
    async def scenario() -> None:
        async with served() as (running, client):
            await asyncio.to_thread(_publish, client)
            running.lab.provisioning("f", "1").want(3)
            await until(lambda: running.lab.environments("f"))
        assert "shutdown" in running.kinds()
        assert running.kinds().count("shutdown") == running.kinds().count("cold_start")

    run(scenario())

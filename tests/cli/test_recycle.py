"""`dayfly recycle` against a lab: its environments are replaced, and without a fleet nothing is called proved."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from tests.attach.recycle.account import lambda_client, make, moto
from tests.lab.running import basic, run, running_lab, until

from dayfly.attach.aws.account import Account
from dayfly.attach.live.journal import Journal
from dayfly.attach.recycle.history import RunJournal
from dayfly.attach.recycle.model import VARIABLE
from dayfly.attach.recycle.ordering import Means
from dayfly.attach.recycle.recycling import Recycler
from dayfly.attach.recycle.revoking import POLICY
from dayfly.cli.main import run as run_command
from dayfly.lab.server import LabServer

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


@pytest.fixture(autouse=True)
def no_fleet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DAYFLY_RECYCLE_JOURNAL", str(tmp_path / "recycle.jsonl"))
    monkeypatch.setenv("DAYFLY_FLEET_FOLDER", str(tmp_path / "no-fleet"))


def test_without_a_function_or_a_fleet_that_tells_nothing_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["recycle"]) == 2
    assert "no function was given" in capsys.readouterr().err
    assert run_command(["recycle", "--only", "infected"]) == 2
    assert "no fleet service" in capsys.readouterr().err


def test_a_function_that_is_not_there_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    async def scenario() -> None:
        async with running_lab("none", config=basic()) as running, LabServer(running.lab, port=0) as server:
            code = await asyncio.to_thread(run_command, ["recycle", "absent", "--endpoint-url", server.url])
            assert code == 2

    run(scenario())
    assert "ResourceNotFoundException" in capsys.readouterr().err


def test_environments_of_a_lab_are_replaced_and_nothing_is_claimed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def scenario() -> None:
        config = basic(environment={"TABLE": "t"})
        async with (
            running_lab("none", config=config) as running,
            LabServer(running.lab, port=0, update_s=0.1) as server,
        ):
            first = await running.call()
            arguments = ["recycle", "f", "--endpoint-url", server.url, "--json", "--patience", "0.5"]
            assert await asyncio.to_thread(run_command, [*arguments, "--dry-run"]) == 0
            assert (await running.call()).environment_id == first.environment_id
            # Nobody calls it meanwhile, so nothing that serves was seen.
            assert await asyncio.to_thread(run_command, arguments) == 1
            await until(lambda: not running.lab.environments("f"))
            assert (await running.call()).environment_id != first.environment_id
            variables = dict(running.lab.function("f").environment)
            assert variables.pop(VARIABLE).startswith("20")
            assert variables == {"TABLE": "t"}

    run(scenario())
    steps = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert "would set" in steps[1]["text"]
    assert "not verified" in steps[-2]["text"]
    assert steps[-1]["summary"]["proved"] == 0


def test_an_alias_of_the_lab_leads_to_a_new_version_whose_environments_serve(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def scenario() -> None:
        async with (
            running_lab("none", config=basic()) as running,
            LabServer(running.lab, port=0, update_s=0.1) as server,
        ):
            client = Account(server.url).client("lambda")

            def served() -> str:
                return client.invoke(FunctionName="f", Qualifier="live", Payload=b"{}")["ExecutedVersion"]

            def prepare() -> str:
                client.publish_version(FunctionName="f")
                client.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
                client.get_waiter("published_version_active").wait(
                    FunctionName="f", Qualifier="1", WaiterConfig={"Delay": 1}
                )
                return served()

            assert await asyncio.to_thread(prepare) == "1"
            arguments = ["recycle", "f", "--endpoint-url", server.url, "--shift", "50,100", "--pause", "0"]
            recycling = asyncio.create_task(asyncio.to_thread(run_command, arguments))
            while not recycling.done():
                await asyncio.to_thread(served)
                await running.call()
            assert recycling.result() == 0
            assert await asyncio.to_thread(served) == "2"

    run(scenario())
    out = capsys.readouterr().out
    assert "the alias live points to version 1, with 50% on 2" in out
    assert len(re.findall(r"\d+ new environments? served \d+ invocations?", out)) == 2


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[LambdaClient]:
    with moto(monkeypatch):
        found = lambda_client()
        for name in ("orders", "payments"):
            make(found, name, Tags={"team": name})
        found.publish_version(FunctionName="payments")
        found.create_alias(FunctionName="payments", Name="live", FunctionVersion="1")
        yield found


def _stamp(client: LambdaClient, name: str) -> str:
    told = client.get_function_configuration(FunctionName=name)
    return told["Environment"]["Variables"].get(VARIABLE, "")


def _alias(client: LambdaClient) -> str:
    return client.get_alias(FunctionName="payments", Name="live")["FunctionVersion"]


def test_all_functions_are_not_recycled_unasked(
    client: LambdaClient, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["recycle", "--all"]) == 2
    assert (
        "cannot ask for confirmation to replace every environment of 2 functions" in capsys.readouterr().err
    )
    assert _stamp(client, "orders") == ""


def test_a_tag_chooses(client: LambdaClient, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["recycle", "--tag", "team=orders", "--yes", "--patience", "0", "--json"]) == 1
    assert _stamp(client, "orders")
    assert _stamp(client, "payments") == ""
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last["summary"]["ordered"] == 1


def test_what_makes_no_sense_changes_nothing(client: LambdaClient) -> None:
    for line in (
        "--shift 50",
        "--shift x,100",
        "--max-parallel 0",
        "--cold-starts-per-minute nan",
        "--max-error-rate -1",
        "--resume",
        "--alarm absent",
        "--all",
        "--tag team",
        "arn:aws:lambda:eu-central-1:123456789012:function:payments",
        "a/../payments",
    ):
        assert run_command(["recycle", "payments", *line.split()]) == 2, line
        assert _stamp(client, "payments") == "", line


class Killed(BaseException):
    """The process is gone: nothing of ours runs any more."""


def _interrupted(client: LambdaClient, path: Path) -> None:
    """Leave what a run leaves that is killed after the first step of a shift."""
    with Journal(path) as journal:
        noted = RunJournal(journal, "r1")
        noted.begin(str(client.meta.endpoint_url), ["payments", "orders"], "")
        write = noted.record("payments")
        moves = iter(range(2))

        def record(event: str, fields: dict[str, Any]) -> None:
            if event == "moving" and next(moves) == 1:
                raise Killed
            write(event, fields)

        recycler = Recycler(
            client, lambda found: None, means=Means((10, 100), 0.0), sleep=lambda seconds: None
        )
        with pytest.raises(Killed):
            list(recycler.recycle("payments", record=record))


def test_an_interrupted_run_is_said_and_taken_back(
    client: LambdaClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _interrupted(client, tmp_path / "recycle.jsonl")
    assert run_command(["recycle", "orders"]) == 2
    assert "did not finish payments" in capsys.readouterr().err
    assert run_command(["recycle", "--undo"]) == 0
    assert "the alias live was moved back to version 1" in capsys.readouterr().out
    assert client.get_alias(FunctionName="payments", Name="live")["RoutingConfig"] == {
        "AdditionalVersionWeights": {}
    }
    assert run_command(["recycle", "--resume"]) == 2


def test_an_interrupted_run_is_resumed(
    client: LambdaClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _interrupted(client, tmp_path / "recycle.jsonl")
    first = _stamp(client, "payments")
    assert run_command(["recycle", "--resume", "--patience", "0"]) == 1
    assert "2 of 2 functions are left" in capsys.readouterr().out
    assert _stamp(client, "orders")
    assert _stamp(client, "payments") != first
    assert _alias(client) == "3"
    assert run_command(["recycle", "--resume"]) == 2  # it was followed to its end


def test_a_new_run_gives_up_one_that_left_nothing_half_done(
    client: LambdaClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Journal(tmp_path / "recycle.jsonl") as journal:
        RunJournal(journal, "r1").begin(str(client.meta.endpoint_url), ["payments"], "")
    assert run_command(["recycle", "orders", "--patience", "0"]) == 1
    assert "which had 1 functions left" in capsys.readouterr().out
    assert run_command(["recycle", "--resume"]) == 2


def test_sessions_are_revoked_with_the_orders_and_given_back(
    client: LambdaClient, capsys: pytest.CaptureFixture[str]
) -> None:
    iam = boto3.client("iam")
    assert run_command(["recycle", "orders", "--revoke-sessions", "--dry-run"]) == 0
    assert iam.list_role_policies(RoleName="orders")["PolicyNames"] == []
    assert run_command(["recycle", "orders", "--revoke-sessions", "--patience", "0", "--yes"]) == 1
    assert iam.list_role_policies(RoleName="orders")["PolicyNames"] == [POLICY]
    assert iam.list_role_policies(RoleName="payments")["PolicyNames"] == []
    assert "revoked: sessions of orders from before recycling" in capsys.readouterr().out
    assert run_command(["recycle", "orders", "--unrevoke"]) == 0
    assert iam.list_role_policies(RoleName="orders")["PolicyNames"] == []


def test_a_role_that_others_have_too_is_not_revoked_unasked(
    client: LambdaClient, capsys: pytest.CaptureFixture[str]
) -> None:
    make(client, "refunds", role="orders")
    assert run_command(["recycle", "orders", "--revoke-sessions"]) == 2
    assert "also that of refunds" in capsys.readouterr().err
    assert _stamp(client, "orders") == ""
    arguments = ["orders", "refunds", "--revoke-sessions", "--patience", "0", "--yes"]
    assert run_command(["recycle", *arguments]) == 1
    assert boto3.client("iam").list_role_policies(RoleName="orders")["PolicyNames"] == [POLICY]


def test_provisioned_environments_of_the_lab_go_along(capsys: pytest.CaptureFixture[str]) -> None:
    async def scenario() -> None:
        async with (
            running_lab("none", config=basic()) as running,
            LabServer(running.lab, port=0, update_s=0.1) as server,
        ):
            client = Account(server.url).client("lambda")

            def kept() -> dict[str, int]:
                found = client.list_provisioned_concurrency_configs(FunctionName="f")
                return {
                    one["FunctionArn"].rpartition(":")[2]: one["RequestedProvisionedConcurrentExecutions"]
                    for one in found["ProvisionedConcurrencyConfigs"]
                }

            def prepare() -> None:
                client.publish_version(FunctionName="f")
                client.get_waiter("published_version_active").wait(
                    FunctionName="f", Qualifier="1", WaiterConfig={"Delay": 1}
                )
                client.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
                client.put_provisioned_concurrency_config(
                    FunctionName="f", Qualifier="1", ProvisionedConcurrentExecutions=2
                )

            await asyncio.to_thread(prepare)
            arguments = ["recycle", "f", "--endpoint-url", server.url, "--patience", "0.5"]
            # Nobody calls it, so nothing that serves was seen.
            assert await asyncio.to_thread(run_command, arguments) == 1
            assert await asyncio.to_thread(kept) == {"2": 2}
            found = await asyncio.to_thread(client.get_alias, FunctionName="f", Name="live")
            assert found["FunctionVersion"] == "2"

    run(scenario())
    out = capsys.readouterr().out
    assert "2 provisioned environments of version 2 are ready" in out
    assert "provisioned concurrency of version 1 was removed" in out

"""SnapStart: init at publish, hooks around the snapshot, restore for each environment, and how each of them fails."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.lab.running import FUNCTIONS, Running, basic, both_confinements, is_alive, run, running_lab, until

from dayfly.lab.model import ConfinementChoice, FunctionConfig, InvokeRefusedError
from dayfly.lab.snapstart import restoring


def _published(**overrides: Any) -> FunctionConfig:
    folder: Path = FUNCTIONS / "snapstart"
    return basic(folder=folder, snap_start="PublishedVersions", **overrides)


@asynccontextmanager
async def _snapshotted(
    confinement: ConfinementChoice = "none", failure: str = "", **overrides: Any
) -> AsyncIterator[Running]:
    """A lab whose function `f` has a version 1 with a snapshot, or with the `failure` to make one."""
    config = _published(**overrides)
    async with running_lab(confinement, config=config) as running:
        version = dataclasses.replace(config, version="1")
        running.lab.add_version(version)
        assert await running.lab.snapshots.create(version) == failure
        yield running


async def _call(running: Running, **event: object) -> Any:
    result = await running.call(event, version="1")
    assert result.function_error is None, result.payload
    return json.loads(result.payload)


@both_confinements
def test_hooks_run_before_the_snapshot_in_reverse_and_after_the_restore_in_order(
    confinement: ConfinementChoice,
) -> None:
    async def scenario() -> None:
        async with _snapshotted(confinement) as running:
            assert [view.state for view in running.lab.environments("f")] == ["snapshot"]
            answer = await _call(running)
            assert answer["order"] == ["init", "before 1", "before 2", "after 1", "after 2"]
            assert answer["version"] == "1"
            # The next environment is made while nobody waits for it.
            await until(
                lambda: sorted(v.state for v in running.lab.environments("f")) == ["idle", "snapshot"]
            )
            assert (await _call(running))["pid"] == answer["pid"]

    run(scenario())


def test_latest_is_never_restored() -> None:
    async def scenario() -> None:
        async with running_lab("none", config=_published()) as running:
            answer = await running.ask("")
            assert answer["order"] == ["init"]
            assert answer["environ"]["AWS_LAMBDA_INITIALIZATION_TYPE"] == "on-demand"

    run(scenario())


def test_the_log_tells_of_the_init_at_publish_and_of_the_restore() -> None:
    async def scenario() -> None:
        async with _snapshotted() as running:
            first = await running.call(version="1", log_type="Tail")
            environment = running.lines[0].environment_id
            lines = [
                line.text
                for line in running.lines
                if line.source == "platform" and line.environment_id == environment
            ]
            assert [line.split(" ")[0] for line in lines] == [
                *("INIT_START", "INIT_REPORT", "RESTORE_START", "RESTORE_REPORT", "START", "END", "REPORT")
            ]
            assert re.fullmatch(r"INIT_REPORT Init Duration: [0-9.]+ ms", lines[1])
            assert re.fullmatch(r"RESTORE_REPORT Restore Duration: [0-9.]+ ms", lines[3])
            report = dict(field.split(": ", 1) for field in lines[-1].split("\t") if ": " in field)
            assert "Init Duration" not in report
            restored = float(report["Restore Duration"].removesuffix(" ms"))
            billed = int(report["Billed Restore Duration"].removesuffix(" ms"))
            assert billed - 1 < restored <= billed
            total = float(report["Duration"].removesuffix(" ms")) + restored
            assert int(report["Billed Duration"].removesuffix(" ms")) >= total
            assert first.log_tail is not None
            assert b"RESTORE" not in first.log_tail
            second = await running.call(version="1", log_type="Tail")
            assert second.log_tail is not None
            assert b"Restore Duration" not in second.log_tail

    run(scenario())


def test_credentials_come_from_the_endpoint_and_not_from_variables() -> None:
    async def scenario() -> None:
        async with _snapshotted() as running:
            environ = (await _call(running))["environ"]
            assert environ["AWS_LAMBDA_INITIALIZATION_TYPE"] == "snap-start"
            absent = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
            assert not environ.keys() & {
                *absent,
                "AWS_LAMBDA_LOG_GROUP_NAME",
                "AWS_LAMBDA_LOG_STREAM_NAME",
            }
            refused = await _call(running, do="credentials", bare=True)
            assert refused == {"status": 404, "body": "cannot get credentials for the provided token\n"}
            given = json.loads((await _call(running, do="credentials"))["body"])
            assert sorted(given) == ["AccessKeyId", "Expiration", "SecretAccessKey", "Token"]
            found = await _call(running, do="boto3")
            assert found == {
                "method": "container-role",
                "key": given["AccessKeyId"],
                "token": given["Token"],
            }

    run(scenario())


@pytest.mark.parametrize(
    ("fault", "status", "error_type", "reported"),
    [
        ("after", 400, "SnapStartException", "error\tError Type: Runtime.AfterRestoreError"),
        ("exit", 400, "SnapStartException", "error\tError Type: Runtime.ExitError"),
        ("hang", 408, "SnapStartTimeoutException", "timeout"),
    ],
)
def test_a_restore_that_fails_is_the_callers_error_and_the_environment_ends(
    fault: str, status: int, error_type: str, reported: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restoring, "RESTORE_LIMIT_S", 1.0)

    async def scenario() -> None:
        async with _snapshotted(environment={"FAULT": fault}) as running:
            (held,) = running.lab.snapshots.environments("f")
            pids = held.pids()
            with pytest.raises(InvokeRefusedError) as refusal:
                await running.call(version="1")
            assert (refusal.value.status_code, refusal.value.error_type) == (status, error_type)
            report = next(line.text for line in running.lines if line.text.startswith("RESTORE_REPORT"))
            assert report.partition("\tStatus: ")[2] == reported
            await until(lambda: not any(is_alive(pid) for pid in pids))
            assert all(view.state != "busy" for view in running.lab.environments("f"))

    run(scenario())


def test_a_hook_that_fails_before_the_snapshot_fails_the_version() -> None:
    async def scenario() -> None:
        failure = "The function's init code or a hook before the snapshot failed."
        async with _snapshotted(failure=failure, environment={"FAULT": "before"}) as running:
            assert running.lab.environments("f") == ()
            report = next(line.text for line in running.lines if line.text.startswith("INIT_REPORT"))
            assert report.endswith("\tPhase: init\tStatus: error\tError Type: Runtime.BeforeSnapshotError")
            assert any("not ready for a snapshot" in line.text for line in running.lines)

    run(scenario())


def test_after_a_crash_the_environment_is_initialised_again_with_all_its_hooks() -> None:
    async def scenario() -> None:
        async with _snapshotted() as running:
            crashed = await running.call({"do": "exit"}, version="1")
            assert crashed.function_error == "Unhandled"
            result = await running.call(version="1")
            assert result.environment_id == crashed.environment_id
            order = json.loads(result.payload)["order"]
            assert order == ["init", "before 1", "before 2", "after 1", "after 2"]

    run(scenario())


def test_many_environments_at_once_are_each_restored() -> None:
    async def scenario() -> None:
        async with _snapshotted() as running:
            results = await asyncio.gather(*(running.call(version="1") for _ in range(3)))
            pids = {json.loads(result.payload)["pid"] for result in results}
            assert len(pids) == 3
            assert running.kinds().count("restored") == 3

    run(scenario())


def test_a_version_that_goes_takes_what_is_held_with_it() -> None:
    async def scenario() -> None:
        async with _snapshotted() as running:
            (held,) = running.lab.snapshots.environments("f")
            pids = held.pids()
            running.lab.remove_version("f", "1")
            await until(lambda: pids and not any(is_alive(pid) for pid in pids))
            assert running.lab.snapshots.environments() == []

    run(scenario())


def test_what_is_held_makes_room_for_others() -> None:
    async def scenario() -> None:
        config = _published()
        async with running_lab("none", config=config, max_environments=1) as running:
            version = dataclasses.replace(config, version="1")
            running.lab.add_version(version)
            assert await running.lab.snapshots.create(version) == ""
            assert (await running.ask(""))["version"] == "$LATEST"
            assert running.lab.snapshots.environments() == []

    run(scenario())

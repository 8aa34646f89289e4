"""`dayfly recycle` against a lab: its environments are replaced, and without a fleet nothing is called proved."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from tests.lab.running import basic, run, running_lab, until

from dayfly.attach.recycle.model import VARIABLE
from dayfly.cli.main import run as run_command
from dayfly.lab.server import LabServer


@pytest.fixture(autouse=True)
def no_fleet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DAYFLY_FLEET_FOLDER", str(tmp_path / "no-fleet"))


def test_without_a_function_or_a_fleet_that_tells_nothing_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["recycle"]) == 2
    assert "no function is named" in capsys.readouterr().err
    assert run_command(["recycle", "--only", "infected"]) == 2
    assert "no fleet tells" in capsys.readouterr().err


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
            arguments = ["recycle", "f", "--endpoint-url", server.url, "--json"]
            assert await asyncio.to_thread(run_command, [*arguments, "--dry-run"]) == 0
            assert (await running.call()).environment_id == first.environment_id
            assert await asyncio.to_thread(run_command, arguments) == 1
            await until(lambda: not running.lab.environments("f"))
            assert (await running.call()).environment_id != first.environment_id
            variables = dict(running.lab.function("f").environment)
            assert variables.pop(VARIABLE).startswith("20")
            assert variables == {"TABLE": "t"}

    run(scenario())
    steps = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert "would set" in steps[1]["text"]
    assert "not proved" in steps[-1]["text"]

"""From observe to block in the lab, with real layers: honest requests go on, attacks end at the guard, and rollback lets them be seen again."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.lab.control.served import served
from tests.lab.running import Running, needs_bubblewrap, run

from dayfly.attach.build import build_layer
from dayfly.cli.main import run as run_command
from dayfly.core.loglines import PRODUCT

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_FOLDER = Path(__file__).parent / "functions" / "teller"
_HONEST = {"amount": "6"}
_ATTACK = {"amount": "__import__('os').getpid() and 'taken'"}
# No event brings it: the code itself does what it never did.
_DORMANT = {"amount": "dormant"}


def _pay(client: LambdaClient, event: dict[str, str]) -> Any:
    answer = client.invoke(FunctionName="f", Payload=json.dumps(event).encode())
    told = json.loads(answer["Payload"].read())
    return told if answer.get("FunctionError") is None else told["errorType"]


def _findings(running: Running, kind: str) -> list[dict[str, Any]]:
    found = []
    for line in running.lines:
        if PRODUCT in line.text and f'"{kind}"' in line.text:
            record = json.loads(line.text)
            if record.get("finding_info", {}).get("types") == [kind]:
                found.append(record["unmapped"]["evidence"])
    return found


@needs_bubblewrap
@pytest.mark.slow
def test_observe_a_learned_policy_block_and_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "none")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("DAYFLY_FLEET_FOLDER", str(tmp_path / "none"))
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    layer = build_layer(tmp_path / "layer.zip", [version]).path.read_bytes()

    async def scenario() -> None:
        async with served(folder=_FOLDER, environment={"TABLE": "t"}, confinement="bubblewrap") as (
            running,
            client,
        ):
            await asyncio.to_thread(_story, running, client)

    def _story(running: Running, client: LambdaClient) -> None:
        place = ["--endpoint-url", client.meta.endpoint_url, "--journal", str(tmp_path / "state" / "journal")]

        def command(*words: str) -> str:
            assert run_command([*words, *place]) == 0, capsys.readouterr()
            return capsys.readouterr().out

        log = tmp_path / "log.json"

        def promote(*words: str) -> str:
            events = [{"timestamp": int(time.time() * 1000), "message": line.text} for line in running.lines]
            log.write_text(json.dumps({"events": events}))
            return command(
                "promote", "f", "--from", str(log), "--force", "a lab has no fortnight", "--yes", *words
            )

        arn = client.publish_layer_version(LayerName="dayfly", Content={"ZipFile": layer})["LayerVersionArn"]
        command("attach", "f", "--layer", arn, "--yes")
        assert "observes and records what it uses" in promote()
        assert _pay(client, _HONEST) == {"amount": 6}
        # The attack works while it is learned, is seen, and what it uses is not learned.
        assert _pay(client, _ATTACK) == {"amount": "taken"}
        assert _findings(running, "guard.observed")

        told = promote("--with-rare")
        assert 'allow = ["TABLE"]' in told
        assert _pay(client, _HONEST) == {"amount": 6}
        assert _pay(client, _DORMANT) == {"told": True}
        assert any(one.get("target") == "/bin/sh" for one in _findings(running, "guard.capability"))
        start = _findings(running, "environment.started")[-1]
        assert (start["policy"], start["policy_mode"], start["guard"]) == ("layer", "observe", "observe")

        assert "BLOCKS" in promote("--guard", "block")
        assert _pay(client, _HONEST) == {"amount": 6}
        assert _pay(client, _ATTACK) == "Dayfly.Refused"
        assert _pay(client, _DORMANT) == "Dayfly.Refused"
        blocking = _findings(running, "environment.started")[-1]
        assert (blocking["policy_digest"], blocking["policy_mode"]) == (start["policy_digest"], "block")

        command("rollback", "f")
        assert _pay(client, _DORMANT) == {"told": True}
        back = _findings(running, "environment.started")[-1]
        assert (back["policy_digest"], back["policy_mode"]) == (start["policy_digest"], "observe")
        assert "taken" in _pay(client, _ATTACK).values()
        command("rollback", "f")
        command("rollback", "f")
        configuration = client.get_function_configuration(FunctionName="f")
        assert [one["Arn"] for one in configuration["Layers"]] == [arn]
        assert set(configuration["Environment"]["Variables"]) == {"TABLE", "AWS_LAMBDA_EXEC_WRAPPER"}

    run(scenario())

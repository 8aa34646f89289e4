"""`dayfly attach` makes a plain function of the lab a protected one, without touching it; `dayfly detach` gives it back."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.lab.control.served import served
from tests.lab.running import FUNCTIONS, Running, both_confinements, run

from dayfly.attach.build import build_layer
from dayfly.cli.main import run as run_command
from dayfly.lab.model import ConfinementChoice

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_FOLDER = FUNCTIONS / "hole"
_ATTACK = {"amount": "exec(PLANT)", "card": "the attacker's"}


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The layer as the command builds it."""
    path = tmp_path_factory.mktemp("layer") / "layer.zip"
    return build_layer(path, [f"{sys.version_info[0]}.{sys.version_info[1]}"]).path.read_bytes()


def _pay(client: LambdaClient, event: dict[str, str]) -> dict[str, Any]:
    answer = client.invoke(FunctionName="f", Payload=json.dumps(event).encode())
    paid: dict[str, Any] = json.loads(answer["Payload"].read())
    assert answer.get("FunctionError") is None, paid
    return paid


def _stolen(client: LambdaClient) -> list[str]:
    """Attack once, let two customers pay, and tell whose cards the attacker's code has."""
    _pay(client, _ATTACK)
    for customer in ("Ada's", "Bram's"):
        stolen: list[str] = _pay(client, {"amount": "1 + 1", "card": customer})["stolen"]
    return stolen


@both_confinements
def test_the_attack_works_dies_under_attach_and_works_again_after_detach(
    confinement: ConfinementChoice,
    layer: bytes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "none")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")

    async def scenario() -> None:
        options: Any = {"folder": _FOLDER, "environment": {"TABLE": "t"}, "confinement": confinement}
        async with served(**options) as (running, client):
            await asyncio.to_thread(_story, running, client, client.meta.endpoint_url)

    def _story(running: Running, client: LambdaClient, url: str) -> None:
        place = ["--endpoint-url", url, "--journal", str(tmp_path / "journal"), "--yes"]
        assert _stolen(client) == ["Ada's", "Bram's"]
        before = client.get_function_configuration(FunctionName="f")
        arn = client.publish_layer_version(LayerName="dayfly", Content={"ZipFile": layer})["LayerVersionArn"]
        assert run_command(["attach", "f", "--layer", arn, *place]) == 0, capsys.readouterr()
        assert _stolen(client) == []
        assert any("a fresh worker per invocation" in line.text for line in running.lines)
        assert run_command(["detach", "f", *place]) == 0, capsys.readouterr()
        after = client.get_function_configuration(FunctionName="f")
        for key in ("Environment", "Layers", "Handler", "Timeout", "MemorySize", "CodeSha256"):
            assert after.get(key) == before.get(key)
        assert _stolen(client) == ["Ada's", "Bram's"]

    run(scenario())

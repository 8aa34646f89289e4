"""In the lab, as a user does it: the command builds the layer, attaches, and --verify sees the environment say so."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tests.lab.control.served import served
from tests.lab.running import FUNCTIONS, run

from dayfly.cli.main import run as run_command


@pytest.mark.slow  # builds a layer
def test_a_function_is_attached_verified_and_given_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DAYFLY_JOURNAL", str(tmp_path / "attach.jsonl"))
    (tmp_path / "event.json").write_text('{"amount": "1 + 1", "card": "Ada\'s"}')

    async def scenario() -> None:
        options: Any = {"folder": FUNCTIONS / "hole", "environment": {"TABLE": "t", "DAYFLY_GUARD": "off"}}
        async with served(**options) as (_, client):
            place = ["--yes", "--endpoint-url", client.meta.endpoint_url]
            before = await asyncio.to_thread(client.get_function_configuration, FunctionName="f")
            words = ["attach", "f", *place, "--guard", "observe", "--verify", str(tmp_path / "event.json")]
            code = await asyncio.to_thread(run_command, words)
            told = capsys.readouterr()
            assert code == 0, told
            assert "f: in force: Dayfly" in told.out
            assert "guard observe" in told.out
            assert await asyncio.to_thread(run_command, ["detach", "f", *place]) == 0
            after = await asyncio.to_thread(client.get_function_configuration, FunctionName="f")
            for key in ("Environment", "Layers", "Handler", "Timeout", "MemorySize", "CodeSha256"):
                assert after.get(key) == before.get(key)

    run(scenario())

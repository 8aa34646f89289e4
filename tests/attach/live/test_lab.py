"""In the lab, as a user does it: the command builds the layer, attaches, and --verify sees the environment say so."""

from __future__ import annotations

import asyncio
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from tests.lab.control.served import served
from tests.lab.running import FUNCTIONS, run

from dayfly.attach.aws.contents import fetch
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
            assert "f: active: Dayfly" in told.out
            assert "guard observe" in told.out
            assert await asyncio.to_thread(run_command, ["detach", "f", *place]) == 0
            after = await asyncio.to_thread(client.get_function_configuration, FunctionName="f")
            for key in ("Environment", "Layers", "Handler", "Timeout", "MemorySize", "CodeSha256"):
                assert after.get(key) == before.get(key)

    run(scenario())


@pytest.mark.slow  # builds a layer
def test_status_reads_what_the_layer_really_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DAYFLY_JOURNAL", str(tmp_path / "attach.jsonl"))

    async def scenario() -> None:
        async with served(folder=FUNCTIONS / "hole") as (_, client):
            place = ["--endpoint-url", client.meta.endpoint_url]

            async def command(*words: str) -> tuple[int, str]:
                code = await asyncio.to_thread(run_command, [*words, *place])
                return code, capsys.readouterr().out

            assert (await command("attach", "f", "--yes", "--guard", "block"))[0] == 0
            assert (await command("status", "f", "--check"))[0] == 0
            configuration = await asyncio.to_thread(client.get_function_configuration, FunctionName="f")
            name, _, version = configuration["Layers"][0]["Arn"].rpartition(":")
            layer = await asyncio.to_thread(
                client.get_layer_version, LayerName=name, VersionNumber=int(version)
            )
            whole = await asyncio.to_thread(fetch, layer["Content"]["Location"])
            bare = await asyncio.to_thread(
                client.publish_layer_version,
                LayerName="dayfly-bare",
                Content={"ZipFile": _without_guard(whole)},
            )
            arn = bare["LayerVersionArn"]
            await asyncio.to_thread(client.update_function_configuration, FunctionName="f", Layers=[arn])
            code, out = await command("status", "f")
            assert code == 1
            assert "DAYFLY_GUARD is block, and the layer has no guard" in " ".join(out.split())
            code, out = await command("attach", "f", "--yes", "--layer", arn)
            assert code == 2, "it is refused before anything is changed"
            assert "the layer has no guard" in out
            await asyncio.to_thread(
                client.delete_layer_version, LayerName="dayfly-bare", VersionNumber=bare["Version"]
            )
            code, out = await command("status", "f")
            assert code == 2
            assert "could not check the contents of the layer" in " ".join(out.split())

    run(scenario())


def _without_guard(layer: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(layer)) as file, zipfile.ZipFile(target, "w") as kept:
        for info in file.infolist():
            if not info.filename.endswith(".guard.bin"):
                kept.writestr(info, file.read(info))
    return target.getvalue()

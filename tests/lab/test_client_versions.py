"""awslambdaric of several major versions serves in the lab, by itself and under Dayfly, and is restored from a snapshot."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from tests.interpreters import Interpreter, environment_python, found_interpreters
from tests.lab.running import FUNCTIONS, basic, run, running_lab

from dayfly.lab.model import RuntimeKind

_HANDLER = """
import os, time
import awslambdaric
SERVED = 0
def handler(event, context):
    global SERVED
    SERVED += 1
    if event.get("do") == "raise":
        raise ValueError("boom")
    if event.get("do") == "exit":
        os._exit(3)
    return {"version": awslambdaric.__version__, "served": SERVED, "id": context.aws_request_id, "echo": event}
"""
# Wheels of 2.x end with Python 3.12; 1.x has none for a Python that Dayfly supports.
_OLD = ("3.11", "3.12")


def _interpreter(version: str) -> Interpreter:
    found = [i for i in found_interpreters() if not version.startswith("2.") or i.version in _OLD]
    if not found:
        pytest.skip(f"no interpreter here for which awslambdaric {version} has a wheel")
    return found[0]


@pytest.mark.slow
@pytest.mark.parametrize("runtime", ["plain", "dayfly"])
@pytest.mark.parametrize("version", ["2.0.12", "2.2.1", "3.0.0", "3.1.1", "4.0.4"])
def test_a_client_of_this_version_serves(version: str, runtime: RuntimeKind, tmp_path: Path) -> None:
    python = environment_python(_interpreter(version), awslambdaric=f"=={version}")
    tmp_path.chmod(0o755)
    (tmp_path / "app.py").write_text(_HANDLER)

    async def scenario() -> None:
        config = basic(folder=tmp_path, python=python, runtime=runtime)
        async with running_lab("none", config=config) as running:
            results = [
                await running.call(event)
                for event in ({"n": 1}, {"n": 2}, {"do": "raise"}, {"do": "exit"}, {"n": 3})
            ]
            answers = [json.loads(result.payload) for result in results]
            first, second, raised, ended, after = answers
            assert first["version"] == version
            assert (first["id"], first["echo"]) == (results[0].request_id, {"n": 1})
            assert (first["served"], second["served"]) == ((1, 2) if runtime == "plain" else (1, 1))
            assert (raised["errorType"], raised["errorMessage"]) == ("ValueError", "boom")
            assert results[2].function_error == results[3].function_error == "Unhandled"
            assert ended["errorType"] == "Runtime.ExitError"
            assert (after["served"], after["version"]) == (1, version)

    run(scenario())


@pytest.mark.slow
@pytest.mark.parametrize("version", ["3.0.0", "4.0.4"])
def test_a_client_that_knows_snapshots_is_restored(version: str) -> None:
    python = environment_python(_interpreter(version), awslambdaric=f"=={version}")

    async def scenario() -> None:
        config = basic(folder=FUNCTIONS / "snapstart", python=python, snap_start="PublishedVersions")
        async with running_lab("none", config=config) as running:
            published = dataclasses.replace(config, version="1")
            running.lab.add_version(published)
            assert await running.lab.snapshots.create(published) == ""
            answer = json.loads((await running.call(version="1")).payload)
            assert answer["order"] == ["init", "before 1", "before 2", "after 1", "after 2"]

    run(scenario())

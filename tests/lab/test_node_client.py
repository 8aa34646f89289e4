"""AWS's own runtime client for Node.js serves in the lab as a container image's entry point, streaming included."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path

import pytest
from tests.lab.control.served import client_for
from tests.lab.running import FUNCTIONS, basic, run, running_lab
from tests.rie import ROOT

from dayfly.lab.model import FunctionConfig, ImageConfig
from dayfly.lab.server import LabServer

_CLIENT = ROOT / ".cache" / "aws-lambda-ric"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        shutil.which("node") is None or not (_CLIENT / "complete").exists(),
        reason="scripts/node-client was not run",
    ),
]


def _config(handler: str) -> FunctionConfig:
    node = shutil.which("node") or ""
    entry_point = (str(Path(node).resolve()), str(_CLIENT / "node_modules/aws-lambda-ric/bin/index.mjs"))
    return basic(folder=FUNCTIONS / "node", image=ImageConfig(entry_point, (handler,)))


def test_answers_errors_and_exits() -> None:
    async def scenario() -> None:
        async with running_lab("none", config=_config("index.handler")) as running:
            events = ({"n": 1}, {"n": 2}, {"do": "raise"}, {"do": "exit"}, {"n": 3})
            results = [await running.call(event) for event in events]
            first, second, raised, ended, after = (json.loads(result.payload) for result in results)
            assert first == {"served": 1, "event": {"n": 1}, "id": results[0].request_id, "name": "f"}
            assert second["served"] == 2
            assert (raised["errorType"], raised["errorMessage"]) == ("TypeError", "boom")
            assert ended["errorMessage"].endswith("Runtime exited with error: exit status 3")
            assert after["served"] == 1

    run(scenario())


def test_an_answer_in_pieces_reaches_boto3() -> None:
    async def scenario() -> None:
        async with (
            running_lab("none", config=_config("index.streaming")) as running,
            LabServer(running.lab, port=0) as server,
        ):
            client = client_for(server.url)

            def read() -> bytes:
                answer = client.invoke_with_response_stream(FunctionName="f", Payload=b"{}")
                chunks = [e["PayloadChunk"]["Payload"] for e in answer["EventStream"] if "PayloadChunk" in e]
                return b"".join(chunks)

            assert await asyncio.to_thread(read) == b"one two"
            # Who does not ask for a stream gets the whole.
            assert (await running.call()).payload == b"one two"

    run(scenario())

"""A function's configuration has its URL open and its events' rules in force when a lab begins to serve it."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from typing import Any

import pytest
from tests.lab.control.served import client_for
from tests.lab.running import FUNCTIONS, basic, run, running_lab

from dayfly.errors import SettingError
from dayfly.lab.events.settings import EventSettings
from dayfly.lab.front import Front
from dayfly.lab.server import LabServer


def test_a_url_and_rules_are_there_from_the_start() -> None:
    async def scenario() -> None:
        front = Front(url="NONE", events=EventSettings(retries=0, on_failure="arn:aws:s3:::bucket"))
        async with (
            running_lab("none", config=basic(folder=FUNCTIONS / "web", front=front)) as running,
            LabServer(running.lab, port=0) as server,
        ):

            def talk() -> None:
                told: Any = client_for(server.url).get_function_event_invoke_config(FunctionName="f")
                assert told["MaximumRetryAttempts"] == 0
                assert told["DestinationConfig"]["OnFailure"] == {"Destination": "arn:aws:s3:::bucket"}
                url = server.function_urls["f"]
                url_id = url.removeprefix("http://").partition(".")[0]
                with urllib.request.urlopen(f"{server.url}/lambda-url/{url_id}/x") as answer:
                    assert json.loads(answer.read())["event"]["rawPath"] == "/x"

            await asyncio.to_thread(talk)

    run(scenario())


@pytest.mark.parametrize(
    ("events", "words"),
    [
        (EventSettings(retries=3), "maximumRetryAttempts"),
        (EventSettings(on_success="arn:aws:s3:::bucket"), "is invalid"),
    ],
)
def test_what_lambda_refuses_is_told_before_anything_is_served(events: EventSettings, words: str) -> None:
    async def scenario() -> None:
        async with running_lab("none", config=basic(front=Front(events=events))) as running:
            with pytest.raises(SettingError, match=rf"function f: .*{words}"):
                async with LabServer(running.lab, port=0):
                    pass

    run(scenario())

"""Where what is kept goes: a log, another service, a signature; and calls where it goes nowhere."""

from __future__ import annotations

import pytest
from tests.scan.state.following import found

START = """
import logging, json, requests, subprocess, boto3, hmac
logger = logging.getLogger()
queue = boto3.client("sqs")
LAST = ""
def handler(event, context):
    global LAST
    {call}
    LAST = event["user"]
"""
OUTLETS = {
    "print(LAST)": "log records",
    "logger.info('before: %s', LAST)": "log records",
    "logging.warning(LAST)": "log records",
    "requests.post('https://example.com', data=LAST)": "is sent in the next customer's name",
    "requests.post('https://example.com', json={'user': [LAST]})": "is sent in the next customer's name",
    "queue.send_message(QueueUrl='q', MessageBody=json.dumps(LAST))": "is sent in the next customer's name",
    "subprocess.run(['send', LAST])": "is sent in the next customer's name",
}


@pytest.mark.parametrize("call", OUTLETS)
def test_what_the_event_before_left_is_followed_out(call: str) -> None:
    (finding,) = found(START.format(call=call))
    assert OUTLETS[call] in finding.harm


@pytest.mark.parametrize("call", ["len(LAST)", "json.dumps(LAST)", "hmac.new(b'k', LAST)", "pass"])
def test_what_stays_within_is_no_outlet(call: str) -> None:
    (finding,) = found(START.format(call=call))
    assert "no later read was found" in finding.harm


def test_a_program_gets_the_environment_unless_it_is_given_another() -> None:
    code = "import os, subprocess\ndef handler(event, context):\n    subprocess.run(['send']{more})\n    os.environ['USER_ID'] = event['user']\n"
    (given,) = found(code.format(more=""))
    assert "is sent in the next customer's name" in given.harm
    (kept,) = found(code.format(more=", env={}"))
    assert "goes out" not in kept.harm

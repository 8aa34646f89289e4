"""How bad it is, and that it says which customer sees whose data."""

from __future__ import annotations

import pytest
from tests.scan.state.following import found

from dayfly.scan.checks import CHECKS
from dayfly.scan.model import Severity

CASES = [
    # The answer of the next customer.
    (
        "ORDERS = []\ndef handler(event, context):\n    ORDERS.append(event['order'])\n    return ORDERS\n",
        "state.container", Severity.HIGH, "the next customer's answer contains data of the previous customer",
    ),
    # A request in the next customer's name.
    (
        ("import boto3\nsqs = boto3.client('sqs')\nLAST = {}\ndef handler(event, context):\n"
        "    sqs.send_message(QueueUrl='q', MessageBody=LAST.get('m'))\n    LAST['m'] = event['m']\n"),
        "state.container", Severity.HIGH, "is sent in the next customer's name",
    ),
    # A decision.
    (
        ("is_admin = False\ndef handler(event, context):\n    global is_admin\n    if 'admin' in event:\n"
        "        is_admin = event['admin']\n    if is_admin:\n        return 'all'\n    return 'own'\n"),
        "state.global", Severity.HIGH, "decides what the next customer may do",
    ),
    # A line in the log.
    (
        ("import logging\nlog = logging.getLogger()\nTAGS = []\ndef handler(event, context):\n"
        "    TAGS.append(event['user'])\n    log.info('served %s', TAGS)\n"),
        "state.container", Severity.MEDIUM, "log records of the next customer",
    ),
    # Kept, but never read.
    (
        "SEEN = {}\ndef handler(event, context):\n    SEEN[event['id']] = event['card']\n    return 'ok'\n",
        "state.container", Severity.LOW, "memory grows",
    ),
    # Overwritten by every event before anything reads it.
    (
        "USER = None\ndef handler(event, context):\n    global USER\n    USER = event['user']\n    return USER\n",
        "state.global", Severity.INFORMATIONAL, "no later read was found",
    ),
    # A cache that tells customers apart, but never forgets.
    (
        ("from functools import cache\n@cache\ndef rights(user):\n    return [user]\n"
        "def handler(event, context):\n    return rights(event['user'])\n"),
        "state.cache", Severity.INFORMATIONAL, "memory grows",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "check", "severity", "harm"), CASES)
def test_finding_says_how_bad_it_is_and_for_whom(
    text: str, check: str, severity: Severity, harm: str
) -> None:
    (finding,) = found(text)
    assert (finding.check, finding.severity) == (check, severity)
    assert harm in finding.harm
    assert finding.function == "Shop"
    assert finding.fix == CHECKS[check].fix


def test_steps_go_from_the_event_over_the_change_to_the_later_read() -> None:
    text = "LAST = None\ndef handler(event, context):\n    global LAST\n    before = LAST\n    LAST = event['name']\n    return before\n"
    (finding,) = found(text)
    assert [step.place.line for step in finding.steps] == [2, 5, 4, 2]
    assert "later invocation reads LAST" in finding.steps[2].what


def test_one_thing_is_reported_once_at_its_worst() -> None:
    text = "BOX = []\ndef handler(event, context):\n    BOX.append(event['a'])\n    BOX.append(event['b'])\n    return BOX\n"
    assert len(found(text)) == 1


def test_secrets_in_code_are_not_repeated() -> None:
    text = (
        "import requests\nsession = requests.Session()\ndef handler(event, context):\n"
        "    session.headers['Authorization'] = 'Bearer sk4711verysecret' + event['suffix']\n"
        "    return session.get('https://example.com').json()\n"
    )
    (finding,) = found(text)
    assert "4711" not in repr(finding)


@pytest.mark.parametrize(
    "text",
    [
        # What the environment keeps for all alike.
        (
            "import boto3\ntable = None\ndef handler(event, context):\n    global table\n    if table is None:\n"
            "        table = boto3.resource('dynamodb').Table('t')\n    return table.get_item(Key={'id': event['id']})\n"
        ),
        "COLD = True\ndef handler(event, context):\n    global COLD\n    was, COLD = COLD, False\n    return {'cold': was}\n",
        "import re\nPATTERN = re.compile('a')\ndef handler(event, context):\n    return bool(PATTERN.match(event['x']))\n",
        # A result kept under all that it depends on.
        (
            "C = {}\ndef handler(event, context):\n    k = event['user'].lower()\n    if k not in C:\n"
            "        C[k] = look_up(event['user'])\n    return C[k]\n"
        ),
    ],
)
def test_what_is_the_same_for_every_customer_is_no_finding(text: str) -> None:
    assert not found(text)

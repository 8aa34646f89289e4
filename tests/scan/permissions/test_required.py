"""Actions that no line calls and a role needs all the same."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.scan.permissions.projects import make_entry, make_function, make_project, needs_of

from dayfly.scan.permissions.required import is_excused, is_platform, is_required, is_traced
from dayfly.scan.permissions.usage import Usage
from dayfly.scan.permissions.walking import find_usage
from dayfly.scan.template.model import Trigger


def usage_of(code: str) -> Usage:
    project = make_project(code)
    return find_usage(project, make_entry(project, make_function()))


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("logs:PutLogEvents", True),
        ("ec2:CreateNetworkInterface", True),
        ("logs:DeleteLogGroup", False),
        ("ec2:RunInstances", False),
    ],
)
def test_the_platform_needs_logs_and_a_network_and_no_more(action: str, expected: bool) -> None:
    assert is_platform(action) is expected


@pytest.mark.parametrize(
    ("trigger", "action"),
    [
        (Trigger.SQS, "sqs:ReceiveMessage"),
        (Trigger.DYNAMODB, "dynamodb:GetRecords"),
        (Trigger.KINESIS, "kinesis:GetShardIterator"),
        (Trigger.KAFKA, "kafka-cluster:ReadData"),
    ],
)
def test_a_trigger_needs_to_poll_and_a_function_without_it_does_not(trigger: Trigger, action: str) -> None:
    assert is_required(action, make_function(triggers=[trigger]))
    assert not is_required(action, make_function())


def test_a_dead_letter_is_sent_under_the_role() -> None:
    assert not is_required("sqs:SendMessage", make_function())
    assert is_required("sqs:SendMessage", replace(make_function(), has_dead_letter=True))


def test_what_is_called_asks_for_its_companion_and_for_the_key_of_its_data() -> None:
    code = "import boto3\ndef handler(e, c):\n    boto3.client('s3').get_object(Bucket='b', Key='k')\n"
    needs, usage = needs_of(code)[0], usage_of(code)
    assert is_excused("s3:ListBucket", make_function(), usage, needs)
    assert is_excused("kms:Decrypt", make_function(), usage, needs)
    assert not is_excused("s3:DeleteObject", make_function(), usage, needs)
    nothing = usage_of("def handler(e, c):\n    pass\n")
    assert not is_excused("s3:ListBucket", make_function(), nothing, ())
    assert not is_excused("kms:Decrypt", make_function(), nothing, ())


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("from aws_xray_sdk.core import patch_all", True),
        ("from aws_lambda_powertools import Tracer", True),
        ("from aws_lambda_powertools import Logger", False),
        ("import json", False),
    ],
)
def test_a_tracer_that_is_imported_sends_traces(line: str, expected: bool) -> None:
    assert is_traced(usage_of(f"{line}\ndef handler(e, c):\n    pass\n")) is expected

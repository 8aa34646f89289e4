"""Ways up, and their twins that are none."""

from __future__ import annotations

import pytest
from tests.scan.permissions.projects import allow, findings_of, make_function

from dayfly.scan.model import Confidence, Severity
from dayfly.scan.permissions.catalogue import load_catalogue
from dayfly.scan.permissions.escalation import WAYS
from dayfly.scan.template.model import Statement

IDLE = "def handler(event, context):\n    return 1\n"
DEPLOYER = """
import boto3
def handler(event, context):
    boto3.client("lambda").update_function_code(FunctionName="worker", ZipFile=b"")
    boto3.client("sts").assume_role(RoleArn="arn:aws:iam::1:role/reader", RoleSessionName="s")
    boto3.client("ecs").run_task(taskDefinition="job")
"""


def ways_of(code: str, *statements: Statement) -> list[tuple[str, Severity]]:
    found = findings_of(code, make_function(statements=statements))
    return [
        (str(one.evidence["ways"]), one.severity) for one in found if one.check == "permission.escalation"
    ]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: "+".join(way.actions))
def test_every_way_is_found_on_every_resource(way: object) -> None:
    assert isinstance(way, type(WAYS[0]))
    found = findings_of(IDLE, make_function(statements=[allow(list(way.actions), "*")]))
    (escalation,) = [one for one in found if one.check == "permission.escalation"]
    assert escalation.severity >= way.severity
    assert way.bound in escalation.message or way.bound in str(escalation.evidence["ways"])


@pytest.mark.parametrize("way", WAYS, ids=lambda way: "+".join(way.actions))
def test_actions_of_ways_are_in_the_catalogue(way: object) -> None:
    assert isinstance(way, type(WAYS[0]))
    unknown = [name for name in way.actions if load_catalogue().action(name) is None]
    # Retired by AWS, still granted by old templates.
    assert set(unknown) <= {"datapipeline:CreatePipeline"}


@pytest.mark.parametrize(
    "way", [way for way in WAYS if len(way.actions) > 1], ids=lambda way: "+".join(way.actions)
)
def test_the_decisive_half_alone_is_another_way_or_none(way: object) -> None:
    assert isinstance(way, type(WAYS[0]))
    rest = [name for name in way.actions if name != way.bound]
    found = ways_of(IDLE, allow(rest, "*"))
    assert "+".join(way.actions) not in str(found).replace(" ", "")


def test_halves_in_two_statements_make_a_whole() -> None:
    found = ways_of(IDLE, allow("iam:PassRole", "*", line=3), allow("lambda:*", "*", line=4))
    assert any("iam:PassRole" in ways for ways, _ in found)


def test_a_wildcard_of_actions_holds_them_all() -> None:
    assert ways_of(IDLE, allow("iam:*", "*"))[0][1] is Severity.CRITICAL


def test_everything_is_told_by_the_check_on_wildcards() -> None:
    assert not ways_of(IDLE, allow("*", "*"))


def test_a_refusal_closes_the_way() -> None:
    assert not ways_of(IDLE, allow("iam:PutRolePolicy", "*"), allow("iam:*", "*", effect="Deny"))


def test_what_the_code_does_on_named_resources_is_its_business() -> None:
    granted = [
        allow("lambda:UpdateFunctionCode", "arn:aws:lambda:*:*:function:worker"),
        allow("sts:AssumeRole", "arn:aws:iam::1:role/reader"),
        allow("ecs:RunTask", "*"),
        allow("iam:PassRole", "arn:aws:iam::1:role/job"),
    ]
    assert not ways_of(DEPLOYER, *granted)


@pytest.mark.parametrize("action", ["lambda:UpdateFunctionCode", "sts:AssumeRole"])
def test_what_the_code_does_on_every_resource_is_a_way_up(action: str) -> None:
    assert ways_of(DEPLOYER, allow(action, "*"))


def test_a_named_resource_that_no_code_uses_is_less_grave() -> None:
    ((_, wide),) = ways_of(IDLE, allow("lambda:UpdateFunctionCode", "*"))
    ((_, narrow),) = ways_of(IDLE, allow("lambda:UpdateFunctionCode", "arn:aws:lambda:*:*:function:x"))
    assert wide > narrow


def test_a_condition_is_said_to_make_it_unsure() -> None:
    found = findings_of(IDLE, make_function(statements=[allow("iam:PutRolePolicy", "*", has_condition=True)]))
    (one,) = [one for one in found if one.check == "permission.escalation"]
    assert (one.severity, one.confidence) == (Severity.HIGH, Confidence.MEDIUM)


def test_a_statement_is_not_told_twice() -> None:
    statement = allow(
        ["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction", "s3:DeleteBucket"], "*"
    )
    found = findings_of(IDLE, make_function(statements=[statement]))
    assert sorted(one.check for one in found) == ["permission.escalation", "permission.unused"]
    (unused,) = [one for one in found if one.check == "permission.unused"]
    assert unused.evidence["actions"] == ["s3:DeleteBucket"]


@pytest.mark.parametrize("granted", ["s3:*", "s3:Put*"])
def test_opening_a_bucket_is_told_where_it_is_granted_by_name(granted: str) -> None:
    assert ways_of(IDLE, allow("s3:PutBucketPolicy", "*"))
    assert not ways_of(IDLE, allow(granted, "*"))


@pytest.mark.parametrize(
    "resource",
    ["arn:aws:dynamodb:*:*:table/orders", "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/index/*"],
)
def test_everything_on_another_services_resource_is_no_way_up(resource: str) -> None:
    assert not ways_of(IDLE, allow("*", resource))


@pytest.mark.parametrize(
    "resources",
    [
        ["arn:aws:dynamodb:*:*:table/orders", "arn:aws:iam::*:role/*"],
        ["arn:aws:dynamodb:*:*:table/orders", "${aws_iam_role.worker.arn}"],
        ["arn:aws:*:*:*:*"],
        ["arn:*"],
    ],
)
def test_everything_on_what_may_be_a_role_is_a_way_up(resources: list[str]) -> None:
    assert any("iam:PutRolePolicy" in way for way, _ in ways_of(IDLE, allow("*", resources)))

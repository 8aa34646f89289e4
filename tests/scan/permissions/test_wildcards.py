"""Grants that are wider than the code needs, by a pattern or by a policy of AWS."""

from __future__ import annotations

import pytest
from tests.scan.permissions.orders import BUCKET, CODE, TABLE, function
from tests.scan.permissions.projects import allow, findings_of

from dayfly.scan.model import Confidence, Severity
from dayfly.scan.template.model import Statement

WIDE: dict[str, tuple[Statement, Severity]] = {
    "a used action on every table": (allow("dynamodb:PutItem", "*"), Severity.HIGH),
    "a used action on every table, spelt out": (
        allow("dynamodb:PutItem", "arn:aws:dynamodb:*:*:table/*"), Severity.HIGH,
    ),
    "every table of this account": (
        allow("dynamodb:PutItem", "arn:aws:dynamodb:${AWS::Region}:${AWS::AccountId}:table/*"), Severity.HIGH,
    ),
    "reading every bucket": (allow("s3:GetObject", "arn:aws:s3:::*"), Severity.MEDIUM),
    "every action on one table": (allow("dynamodb:*", "${Orders.Arn}"), Severity.MEDIUM),
    "every action on every table": (allow("dynamodb:*", "*"), Severity.HIGH),
    "a family of reading actions": (allow("s3:Get*", "${Uploads.Arn}/*"), Severity.LOW),
    "everything": (allow("*", "*"), Severity.CRITICAL),
    "every action of a service that is not used": (allow("sqs:*", "*"), Severity.HIGH),
    "everything but": (
        Statement("Allow", (), ("*",), TABLE.place, not_actions=("iam:*",)), Severity.HIGH,
    ),
    "all of logs": (allow("logs:*", "*"), Severity.LOW),
}  # fmt: skip


@pytest.mark.parametrize("name", WIDE)
def test_a_wide_grant_is_found_once(name: str) -> None:
    statement, severity = WIDE[name]
    found = [
        one
        for one in findings_of(CODE, function(statement, BUCKET))
        if one.check not in ("permission.missing", "permission.escalation")
    ]
    assert [(one.check, one.severity) for one in found] == [("permission.wildcard", severity)], found
    assert found[0].function == "Function"
    assert found[0].message
    assert found[0].harm
    assert found[0].fix


def test_a_condition_makes_a_wildcard_less_sure_and_less_grave() -> None:
    (found,) = findings_of(CODE, function(allow("dynamodb:*", "*", has_condition=True), BUCKET))
    assert (found.severity, found.confidence) == (Severity.MEDIUM, Confidence.MEDIUM)


def test_the_finding_names_what_the_code_needs_instead() -> None:
    (found,) = findings_of(CODE, function(allow("dynamodb:*", "*"), BUCKET))
    assert found.evidence["needed"] == ["dynamodb:PutItem on ${Orders.Arn}"]
    assert "the code needs dynamodb:PutItem on ${Orders.Arn}" in found.message


MANAGED = {
    "AmazonDynamoDBFullAccess": Severity.HIGH,
    "AdministratorAccess": Severity.CRITICAL,
    "PowerUserAccess": Severity.HIGH,
    "AmazonS3ReadOnlyAccess": Severity.MEDIUM,
    "AWSLambda_FullAccess": Severity.HIGH,
    "arn:aws:iam::aws:policy/AmazonS3FullAccess": Severity.HIGH,
    "arn:${AWS::Partition}:iam::aws:policy/SecretsManagerReadWrite": Severity.HIGH,
    "AWSLambdaExecute": Severity.HIGH,
}


@pytest.mark.parametrize("name", MANAGED)
def test_a_managed_policy_for_the_whole_account_is_found(name: str) -> None:
    found = [
        one
        for one in findings_of(CODE, function(TABLE, BUCKET, policies=[name]))
        if one.check == "permission.managed"
    ]
    assert [one.severity for one in found] == [MANAGED[name]]


@pytest.mark.parametrize(
    "name",
    [
        "AWSLambdaBasicExecutionRole",
        "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole",
        "AWSXRayDaemonWriteAccess",
        "CloudWatchLambdaInsightsExecutionRolePolicy",
    ],
)
def test_a_managed_policy_of_the_platform_is_none(name: str) -> None:
    assert not findings_of(CODE, function(TABLE, BUCKET, policies=[name]))

"""Grants that nothing uses, and their twins that something does."""

from __future__ import annotations

import pytest
from tests.scan.permissions.orders import BUCKET, CODE, ENVIRONMENT, TABLE, function
from tests.scan.permissions.projects import allow, findings_of, make_function

from dayfly.scan.model import Severity
from dayfly.scan.template.model import Statement, Trigger

UNUSED: dict[str, tuple[Statement, Severity]] = {
    "an action that is not used": (allow("dynamodb:DeleteItem", "${Orders.Arn}"), Severity.MEDIUM),
    "a used action on another table": (allow("dynamodb:PutItem", "${Users.Arn}"), Severity.MEDIUM),
    "reading that is not used": (allow("dynamodb:Query", "${Orders.Arn}"), Severity.LOW),
    "a secret that is not read": (
        allow("secretsmanager:GetSecretValue", "${Password}"), Severity.MEDIUM,
    ),
    "one of two resources": (
        allow("dynamodb:PutItem", ["${Orders.Arn}", "${Users.Arn}"]), Severity.LOW,
    ),
    "a right to change rights": (allow("s3:PutBucketAcl", "${Uploads.Arn}"), Severity.HIGH),
}  # fmt: skip


@pytest.mark.parametrize("name", UNUSED)
def test_an_unused_grant_is_found_once(name: str) -> None:
    statement, severity = UNUSED[name]
    found = [
        one
        for one in findings_of(CODE, function(statement, BUCKET))
        if one.check not in ("permission.missing", "permission.escalation")
    ]
    assert [(one.check, one.severity) for one in found] == [("permission.unused", severity)], found
    assert found[0].function == "Function"
    assert found[0].message
    assert found[0].harm
    assert found[0].fix


def test_a_trigger_needs_what_no_line_calls() -> None:
    polling = allow(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], "${Jobs.Arn}")
    assert not findings_of(CODE, function(TABLE, BUCKET, polling, triggers=[Trigger.SQS]))
    (found,) = findings_of(CODE, function(TABLE, BUCKET, polling))
    assert found.check == "permission.unused"


def test_functions_of_one_role_are_taken_together() -> None:
    other = CODE.replace('table.put_item(Item={"id": event["id"]})', "table.delete_item(Key={})")
    shared = (allow(["dynamodb:PutItem", "dynamodb:DeleteItem"], "${Orders.Arn}"), BUCKET)
    one = make_function("One", environment=ENVIRONMENT, statements=shared)
    two = make_function("Two", environment=ENVIRONMENT, statements=shared, handler="other.handler")
    assert not findings_of({"app.py": CODE, "other.py": other}, one, two)
    (found,) = findings_of({"app.py": CODE}, one)
    assert found.evidence["actions"] == ["dynamodb:DeleteItem"]


def test_what_cannot_be_followed_is_not_called_unused() -> None:
    code = CODE + "    import s3fs\n"
    granted = allow(["s3:PutObject", "s3:DeleteObject"], "${Uploads.Arn}/*")
    assert not findings_of("import s3fs\n" + CODE, function(TABLE, BUCKET, granted))
    assert findings_of(CODE, function(TABLE, BUCKET, granted))
    assert not findings_of(code, function(TABLE, BUCKET, granted))


def test_a_managed_policy_for_a_trigger_is_right_with_that_trigger_alone() -> None:
    policies = ["AWSLambdaSQSQueueExecutionRole"]
    assert not findings_of(CODE, function(TABLE, BUCKET, policies=policies, triggers=[Trigger.SQS]))
    (found,) = findings_of(CODE, function(TABLE, BUCKET, policies=policies))
    assert found.check == "permission.unused"


def test_a_policy_template_is_judged_by_what_it_may_change() -> None:
    read = allow(
        ["dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan"], "${Orders.Arn}", origin="DynamoDBReadPolicy"
    )
    assert not findings_of(CODE, function(read, BUCKET))
    crud = allow(["dynamodb:PutItem", "dynamodb:DeleteItem"], "${Orders.Arn}", origin="DynamoDBCrudPolicy")
    (found,) = findings_of(CODE, function(crud, BUCKET))
    assert (found.check, found.evidence["actions"]) == ("permission.unused", ["dynamodb:DeleteItem"])


def test_a_policy_template_of_several_statements_is_one_thing() -> None:
    listing = allow("ssm:DescribeParameters", "*", origin="SSMParameterReadPolicy")
    reading = allow("ssm:GetParameter", "arn:aws:ssm:*:*:parameter/app", origin="SSMParameterReadPolicy")
    code = CODE + '    boto3.client("ssm").get_parameter(Name="/app")\n'
    assert not findings_of(code, function(TABLE, BUCKET, listing, reading))
    assert {one.check for one in findings_of(CODE, function(TABLE, BUCKET, listing, reading))} == {
        "permission.unused"
    }

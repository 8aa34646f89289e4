"""Grants that are right, and their twins that are not."""

from __future__ import annotations

import pytest
from tests.scan.permissions.projects import allow, findings_of, make_function

from dayfly.scan.model import Confidence, Finding, Severity
from dayfly.scan.template.model import LambdaFunction, Statement, Trigger

CODE = """
import boto3, os
table = boto3.resource("dynamodb").Table(os.environ["TABLE"])
s3 = boto3.client("s3")
def handler(event, context):
    table.put_item(Item={"id": event["id"]})
    s3.get_object(Bucket=os.environ["BUCKET"], Key=event["key"])
"""
ENVIRONMENT = {"TABLE": "${Orders}", "BUCKET": "${Uploads}"}
TABLE = allow("dynamodb:PutItem", "${Orders.Arn}", line=20)
BUCKET = allow("s3:GetObject", "${Uploads.Arn}/*", line=21)
LOGS = allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], "*", line=22)


def function(*statements: Statement, **more: object) -> LambdaFunction:
    return make_function(environment=ENVIRONMENT, statements=statements, **more)  # type: ignore[arg-type]


def checks_of(found: list[Finding], line: int = 30) -> set[str]:
    return {one.check for one in found if one.place.line == line}


def test_what_the_code_needs_and_no_more_has_no_finding() -> None:
    assert findings_of(CODE, function(TABLE, BUCKET, LOGS)) == []


RIGHT: dict[str, Statement] = {
    "the same in other words": allow(
        "dynamodb:PutItem",
        "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${Orders}",
        line=30,
    ),
    "letters in another case": allow("DynamoDB:putitem", "${Orders.Arn}", line=30),
    "a name that may be the table's": allow(
        "dynamodb:PutItem", "arn:aws:dynamodb:eu-west-1:1:table/orders", line=30
    ),
    "listing beside reading: a missing object is then no refusal": allow(
        "s3:ListBucket", "${Uploads.Arn}", line=30
    ),
    "the bucket and its objects": allow(
        ["s3:GetObject", "s3:ListBucket"], ["${Uploads.Arn}", "${Uploads.Arn}/*"], line=30
    ),
    "a key for a service that encrypts": allow("kms:Decrypt", "${Key.Arn}", line=30),
    "traces": allow(["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "*", line=30),
    "a network of one's own": allow(
        ["ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface"],
        "*",
        line=30,
    ),
    "metrics, which know no resources": allow("cloudwatch:PutMetricData", "*", line=30),
    "a refusal": allow("s3:*", "*", effect="Deny", line=30),
    "the table and its indexes": allow(
        "dynamodb:PutItem", ["${Orders.Arn}", "${Orders.Arn}/index/*"], line=30
    ),
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_grant_has_no_finding(name: str) -> None:
    found = findings_of(CODE, function(TABLE, BUCKET, RIGHT[name]))
    assert not [one for one in found if one.check != "permission.missing"]


WRONG: dict[str, tuple[Statement, str, Severity]] = {
    "an action that is not used": (allow("dynamodb:DeleteItem", "${Orders.Arn}"), "permission.unused", Severity.MEDIUM),
    "a used action on another table": (allow("dynamodb:PutItem", "${Users.Arn}"), "permission.unused", Severity.MEDIUM),
    "reading that is not used": (allow("dynamodb:Query", "${Orders.Arn}"), "permission.unused", Severity.LOW),
    "a secret that is not read": (
        allow("secretsmanager:GetSecretValue", "${Password}"), "permission.unused", Severity.MEDIUM,
    ),
    "one of two resources": (
        allow("dynamodb:PutItem", ["${Orders.Arn}", "${Users.Arn}"]), "permission.unused", Severity.LOW,
    ),
    "a right to change rights": (allow("s3:PutBucketAcl", "${Uploads.Arn}"), "permission.unused", Severity.HIGH),
    "a used action on every table": (allow("dynamodb:PutItem", "*"), "permission.wildcard", Severity.HIGH),
    "a used action on every table, spelt out": (
        allow("dynamodb:PutItem", "arn:aws:dynamodb:*:*:table/*"), "permission.wildcard", Severity.HIGH,
    ),
    "every table of this account": (
        allow("dynamodb:PutItem", "arn:aws:dynamodb:${AWS::Region}:${AWS::AccountId}:table/*"),
        "permission.wildcard", Severity.HIGH,
    ),
    "reading every bucket": (allow("s3:GetObject", "arn:aws:s3:::*"), "permission.wildcard", Severity.MEDIUM),
    "every action on one table": (allow("dynamodb:*", "${Orders.Arn}"), "permission.wildcard", Severity.MEDIUM),
    "every action on every table": (allow("dynamodb:*", "*"), "permission.wildcard", Severity.HIGH),
    "a family of reading actions": (allow("s3:Get*", "${Uploads.Arn}/*"), "permission.wildcard", Severity.LOW),
    "everything": (allow("*", "*"), "permission.wildcard", Severity.CRITICAL),
    "every action of a service that is not used": (allow("sqs:*", "*"), "permission.wildcard", Severity.HIGH),
    "everything but": (
        Statement("Allow", (), ("*",), TABLE.place, not_actions=("iam:*",)), "permission.wildcard", Severity.HIGH,
    ),
    "all of logs": (allow("logs:*", "*"), "permission.wildcard", Severity.LOW),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_grant_is_found_once(name: str) -> None:
    statement, check, severity = WRONG[name]
    found = [
        one
        for one in findings_of(CODE, function(statement, BUCKET))
        if one.check not in ("permission.missing", "permission.escalation")
    ]
    assert [(one.check, one.severity) for one in found] == [(check, severity)], found
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


def test_what_the_role_does_not_grant_is_told_at_the_line() -> None:
    (found,) = findings_of(CODE, function(TABLE))
    assert (found.check, found.place.path, found.place.line) == ("permission.missing", "app.py", 7)
    assert found.evidence == {"actions": ["s3:GetObject"], "resources": ["${Uploads.Arn}/*"]}


def test_what_the_role_denies_is_missing_although_it_is_granted() -> None:
    (found,) = findings_of(CODE, function(TABLE, BUCKET, allow("s3:GetObject", "*", effect="Deny")))
    assert "denies" in found.message


def test_a_refusal_of_something_else_or_under_a_condition_is_none() -> None:
    other = allow("s3:GetObject", "${Other.Arn}/*", effect="Deny")
    some = allow("s3:*", "*", effect="Deny", has_condition=True)
    assert not findings_of(CODE, function(TABLE, BUCKET, other, some))


def test_a_policy_that_lies_elsewhere_may_grant_it() -> None:
    assert not findings_of(CODE, function(policies=["arn:aws:iam::111122223333:policy/team"]))


def test_a_function_without_a_role_in_the_template_is_not_compared() -> None:
    assert not findings_of(CODE, make_function(environment=ENVIRONMENT))


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

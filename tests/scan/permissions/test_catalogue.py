"""What the data knows, in figures and in examples."""

from __future__ import annotations

from pathlib import Path

import pytest

import dayfly.scan.permissions.catalogue as module
from dayfly.scan.permissions.catalogue import Level, load_catalogue, managed_name, managed_policies

CATALOGUE = load_catalogue()
DATA = Path(module.__file__).parent / "data"


def test_the_coverage_is_what_the_documentation_says() -> None:
    known, operations = CATALOGUE.coverage()
    assert (known, operations) == (18_744, 20_027)
    assert round(known / operations, 3) == 0.936


def test_nearly_every_operation_of_what_functions_use_daily_is_known() -> None:
    services = (
        ["sqs", "sns", "stepfunctions", "ssm", "secretsmanager", "kms", "sts", "events", "ses", "rds-data", "s3", "dynamodb", "lambda"]
    )
    operations = [(service, name) for service in services for name in CATALOGUE.services[service]["o"]]
    unknown = [one for one in operations if CATALOGUE.requirements(*one) is None]
    assert len(operations) > 700
    assert len(unknown) / len(operations) < 0.05, unknown


def test_the_data_is_small_and_its_sources_are_named() -> None:
    size = sum(path.stat().st_size for path in DATA.glob("*.gz"))
    assert size < 1_500_000
    assert set(CATALOGUE.sources) == {"botocore", "boto3", "iam-data", "iam-dataset", "moto"}
    notice = (DATA / "NOTICE").read_text()
    for name in ("Ian Mckay", "Act Security", "moto", "botocore"):
        assert name in notice


@pytest.mark.parametrize(
    ("service", "operation", "actions"),
    [
        ("s3", "HeadObject", ["s3:GetObject"]),
        ("s3", "ListObjectsV2", ["s3:ListBucket"]),
        ("s3", "ListBuckets", ["s3:ListAllMyBuckets"]),
        ("s3", "CreateMultipartUpload", ["s3:PutObject"]),
        ("s3", "AbortMultipartUpload", ["s3:AbortMultipartUpload"]),
        ("s3", "DeleteObjects", ["s3:DeleteObject"]),
        ("lambda", "Invoke", ["lambda:InvokeFunction"]),
        ("sqs", "SendMessageBatch", ["sqs:SendMessage"]),
        ("sns", "PublishBatch", ["sns:Publish"]),
        ("apigateway", "GetRestApis", ["apigateway:GET"]),
        ("stepfunctions", "StartExecution", ["states:StartExecution"]),
        ("cloudwatch", "PutMetricData", ["cloudwatch:PutMetricData"]),
        ("iot-data", "Publish", ["iot:Publish"]),
        ("bedrock-runtime", "Converse", ["bedrock:InvokeModel"]),
        ("sts", "GetCallerIdentity", []),
        ("cognito-idp", "InitiateAuth", []),
    ],
)
def test_an_operation_needs_the_action_that_aws_documents(
    service: str, operation: str, actions: list[str]
) -> None:
    found = CATALOGUE.requirements(service, operation)
    assert found is not None
    assert [one.action for one in found] == actions


def test_every_action_that_an_operation_needs_is_one() -> None:
    unknown = {
        one.action
        for service in CATALOGUE.services
        for operation in CATALOGUE.services[service]["o"]
        for one in CATALOGUE.requirements(service, operation) or ()
        if CATALOGUE.action(one.action) is None
    }
    assert unknown == set()


def test_levels_and_what_can_be_narrowed() -> None:
    deletion, listing = CATALOGUE.action("s3:DeleteObject"), CATALOGUE.action("s3:ListAllMyBuckets")
    policy, metric = CATALOGUE.action("s3:PutBucketPolicy"), CATALOGUE.action("cloudwatch:PutMetricData")
    assert deletion is not None
    assert listing is not None
    assert policy is not None
    assert metric is not None
    assert (deletion.level, deletion.is_narrowable) == (Level.WRITE, True)
    assert (listing.level, listing.is_narrowable) == (Level.LIST, False)
    assert policy.level is Level.PERMISSIONS
    assert not metric.is_narrowable


def test_patterns_cover_actions_without_regard_to_case() -> None:
    names = {action.name for action in CATALOGUE.matching("dynamodb:get*")}
    assert {"dynamodb:GetItem", "dynamodb:GetRecords"} <= names
    assert all(name.startswith("dynamodb:Get") for name in names)


def test_managed_policies_are_known_by_name_and_by_arn() -> None:
    assert (
        managed_name("arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole")
        == "AWSLambdaBasicExecutionRole"
    )
    assert managed_name("arn:${AWS::Partition}:iam::aws:policy/AmazonS3FullAccess") == "AmazonS3FullAccess"
    assert managed_name("AdministratorAccess") == "AdministratorAccess"
    assert managed_name("arn:aws:iam::111122223333:policy/AdministratorAccess") is None
    assert managed_name("TeamPolicy") is None
    assert len(managed_policies()) > 1_500

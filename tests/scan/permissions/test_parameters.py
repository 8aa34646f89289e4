"""A parameter is what its default and its annotation say where no call says more."""

from __future__ import annotations

import pytest
from tests.scan.permissions.projects import lines_of, needs_of

from dayfly.scan.permissions.parameters import stub
from dayfly.scan.permissions.values import Client, Resource, Value


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mypy_boto3_s3.S3Client", Client("s3")),
        ("mypy_boto3_s3.client.S3Client", Client("s3")),
        ("types_boto3_sqs.SQSClient", Client("sqs")),
        ("types_aiobotocore_dynamodb.DynamoDBClient", Client("dynamodb")),
        ("mypy_boto3_dynamodb.DynamoDBServiceResource", Resource("dynamodb", "")),
        ("mypy_boto3_dynamodb.service_resource.Table", Resource("dynamodb", "Table")),
        ("mypy_boto3_cognito_idp.CognitoIdentityProviderClient", Client("cognito-idp")),
        ("other.S3Client", None),
        ("builtins.str", None),
    ],
)
def test_a_type_of_the_stubs_is_a_client_or_a_resource(name: str, expected: Value | None) -> None:
    assert stub(name) == expected


START = """
from __future__ import annotations
from typing import Optional, TYPE_CHECKING
import boto3
if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
def outer(work):
    return work
@outer
def work(s3{annotation}, bucket="b"):
    s3.get_object(Bucket=bucket, Key="k")
def handler(event, context):
    event["plugin"](work)
"""


@pytest.mark.parametrize(
    "annotation",
    [": S3Client", ": 'S3Client'", ": Optional[S3Client]", ": S3Client | None", ": 'S3Client | None'"],
)
def test_an_annotation_says_what_a_function_is_given_that_nobody_is_seen_to_call(annotation: str) -> None:
    needs, _ = needs_of(START.format(annotation=annotation))
    assert lines_of(needs) == {"s3:GetObject arn:aws:s3:::b/k"}


@pytest.mark.parametrize("annotation", [": 'not a type ('", ": '" + "[" * 100 + "'", ": list[S3Client]"])
def test_an_annotation_that_says_nothing_is_no_client(annotation: str) -> None:
    needs, _ = needs_of(START.format(annotation=annotation))
    assert all(need.confidence != "high" for need in needs)


def test_a_default_stands_for_what_is_left_out() -> None:
    code = "import boto3\ndef read(bucket, key='k', s3=boto3.client('s3')):\n    s3.get_object(Bucket=bucket, Key=key)\ndef handler(e, c):\n    read('b')\n"
    assert lines_of(needs_of(code)[0]) == {"s3:GetObject arn:aws:s3:::b/k"}
    given = code.replace("read('b')", "read('b', 'other')")
    assert lines_of(needs_of(given)[0]) == {"s3:GetObject arn:aws:s3:::b/other"}

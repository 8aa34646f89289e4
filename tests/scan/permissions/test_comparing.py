"""Grants that are right, whatever they are compared for."""

from __future__ import annotations

import pytest
from tests.scan.permissions.orders import BUCKET, CODE, ENVIRONMENT, LOGS, TABLE, function
from tests.scan.permissions.projects import allow, findings_of, make_function

from dayfly.scan.template.model import Statement


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


def test_a_function_without_a_role_in_the_template_is_not_compared() -> None:
    assert not findings_of(CODE, make_function(environment=ENVIRONMENT))

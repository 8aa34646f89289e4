"""Resource policies: everybody, and services that act for anybody."""

from __future__ import annotations

import json

import pytest
from tests.scan.configuration.dialects import DIALECTS, Shape
from tests.scan.configuration.making import checks_of, findings_of

from dayfly.scan.model import Severity

PERMISSIONS = [
    ("configuration.open-policy", {"Principal": "*"}, {"Principal": "123456789012"}),
    ("configuration.open-policy", {"Principal": "*"}, {"Principal": "*", "PrincipalOrgID": "o-1"}),
    ("configuration.open-policy", {"Principal": "*"}, {"Principal": "*", "SourceAccount": "123456789012"}),
    ("configuration.open-policy", {"Principal": "*"}, {"Principal": "arn:aws:iam::123456789012:role/x"}),
    (
        "configuration.confused-deputy",
        {"Principal": "s3.amazonaws.com"},
        {"Principal": "s3.amazonaws.com", "SourceAccount": "1"},
    ),
    (
        "configuration.confused-deputy",
        {"Principal": "s3.amazonaws.com"},
        {"Principal": "s3.amazonaws.com", "SourceArn": "arn:aws:s3:::b"},
    ),
    (
        "configuration.confused-deputy",
        {"Principal": "sns.amazonaws.com"},
        {"Principal": "sns.amazonaws.com", "SourceArn": "x"},
    ),
    (
        "configuration.confused-deputy",
        {"Principal": "apigateway.amazonaws.com"},
        {"Principal": "apigateway.amazonaws.com", "SourceArn": "x"},
    ),
    (
        "configuration.confused-deputy",
        {"Principal": "events.amazonaws.com"},
        {"Principal": "events.amazonaws.com", "SourceArn": "x"},
    ),
    (
        "configuration.confused-deputy",
        {"Principal": "alexa-appkit.amazon.com"},
        {"Principal": "alexa-appkit.amazon.com", "EventSourceToken": "amzn1.ask.skill.x"},
    ),
    (
        "configuration.confused-deputy",
        {"Principal": "iot.amazonaws.com"},
        {"Principal": "edgelambda.amazonaws.com"},
    ),
]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(("check", "unsafe", "safe"), PERMISSIONS)
def test_who_may_invoke(dialect: str, check: str, unsafe: dict[str, str], safe: dict[str, str]) -> None:
    assert check in checks_of(DIALECTS[dialect](Shape(permission=unsafe)))
    assert check not in checks_of(DIALECTS[dialect](Shape(permission=safe)))


def test_every_check_has_twenty_pairs() -> None:
    for check in {one[0] for one in PERMISSIONS}:
        assert sum(one[0] == check for one in PERMISSIONS) * len(DIALECTS) >= 20


def _policy(kind: str, statement: dict[str, object]) -> dict[str, str]:
    resource = {"Type": kind, "Properties": {"PolicyDocument": {"Statement": [statement]}}}
    return {"t.json": json.dumps({"AWSTemplateFormatVersion": "x", "Resources": {"P": resource}})}


def _terraform(statement: dict[str, object]) -> dict[str, str]:
    document = json.dumps({"Statement": [statement]}, indent=1)
    return {"main.tf": f'resource "aws_sqs_queue_policy" "p" {{\n  policy = <<EOF\n{document}\nEOF\n}}\n'}


@pytest.mark.parametrize(
    ("statement", "check"),
    [
        ({"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage"}, "configuration.open-policy"),
        ({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["sqs:*"]}, "configuration.open-policy"),
        ({"Effect": "Allow", "Principal": {"AWS": ["*"]}, "Action": "sqs:*"}, "configuration.open-policy"),
        (
            {
                "Effect": "Allow",
                "Principal": "*",
                "Action": "x",
                "Condition": {"Bool": {"aws:SecureTransport": "true"}},
            },
            "configuration.open-policy",
        ),
        (
            {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "x"},
            "configuration.confused-deputy",
        ),
        ({"Effect": "Deny", "Principal": "*", "Action": "x"}, None),
        ({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::1:root"}, "Action": "x"}, None),
        (
            {
                "Effect": "Allow",
                "Principal": "*",
                "Action": "x",
                "Condition": {"ArnLike": {"aws:SourceArn": "y"}},
            },
            None,
        ),
        (
            {
                "Effect": "Allow",
                "Principal": "*",
                "Action": "x",
                "Condition": {"StringEquals": {"AWS:PrincipalOrgID": "y"}},
            },
            None,
        ),
        (
            {
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Action": "x",
                "Condition": {"ArnEquals": {"aws:SourceArn": "y"}},
            },
            None,
        ),
        ({"Effect": "Allow", "Principal": {"Service": "cloudfront.amazonaws.com"}, "Action": "x"}, None),
    ],
)
@pytest.mark.parametrize("language", ["CloudFormation", "Terraform"])
def test_policies_of_other_resources(language: str, statement: dict[str, object], check: str | None) -> None:
    files = (
        _policy("AWS::SQS::QueuePolicy", statement) if language == "CloudFormation" else _terraform(statement)
    )
    found = {one for one in checks_of(files) if one.startswith("configuration.")}
    assert found == ({check} if check else set())


def test_a_websites_bucket_is_less_severe_than_a_queue() -> None:
    statement: dict[str, object] = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": "x",
    }
    (website,) = findings_of(_policy("AWS::S3::BucketPolicy", statement))
    (writable,) = findings_of(_policy("AWS::S3::BucketPolicy", {**statement, "Action": "s3:*"}))
    assert (website.severity, writable.severity) == (Severity.LOW, Severity.HIGH)

"""ARNs with wildcards and with references of templates: do two mean the same thing, and how wide is one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from dayfly.scan.permissions.catalogue import glob_pattern

if TYPE_CHECKING:
    from collections.abc import Mapping

# Type of a template's resource (the same thing in Terraform's words) to the ARN of one, its name as {}.
_SHAPES = {
    "AWS::S3::Bucket": "arn:*:s3:::{}",
    "AWS::DynamoDB::Table": "arn:*:dynamodb:*:*:table/{}",
    "AWS::DynamoDB::GlobalTable": "arn:*:dynamodb:*:*:table/{}",
    "AWS::Serverless::SimpleTable": "arn:*:dynamodb:*:*:table/{}",
    "AWS::SQS::Queue": "arn:*:sqs:*:*:{}",
    "AWS::SNS::Topic": "arn:*:sns:*:*:{}",
    "AWS::Lambda::Function": "arn:*:lambda:*:*:function:{}",
    "AWS::Serverless::Function": "arn:*:lambda:*:*:function:{}",
    "AWS::StepFunctions::StateMachine": "arn:*:states:*:*:stateMachine:{}",
    "AWS::Serverless::StateMachine": "arn:*:states:*:*:stateMachine:{}",
    "AWS::SecretsManager::Secret": "arn:*:secretsmanager:*:*:secret:{}",
    "AWS::KMS::Key": "arn:*:kms:*:*:key/{}",
    "AWS::SSM::Parameter": "arn:*:ssm:*:*:parameter/{}",
    "AWS::Kinesis::Stream": "arn:*:kinesis:*:*:stream/{}",
    "AWS::KinesisFirehose::DeliveryStream": "arn:*:firehose:*:*:deliverystream/{}",
    "AWS::Events::EventBus": "arn:*:events:*:*:event-bus/{}",
    "AWS::Logs::LogGroup": "arn:*:logs:*:*:log-group:{}:*",
    "AWS::IAM::Role": "arn:*:iam::*:role/{}",
    "AWS::Cognito::UserPool": "arn:*:cognito-idp:*:*:userpool/{}",
    "AWS::RDS::DBCluster": "arn:*:rds:*:*:cluster:{}",
}
_TERRAFORM = {
    "aws_s3_bucket": "AWS::S3::Bucket",
    "aws_dynamodb_table": "AWS::DynamoDB::Table",
    "aws_sqs_queue": "AWS::SQS::Queue",
    "aws_sns_topic": "AWS::SNS::Topic",
    "aws_lambda_function": "AWS::Lambda::Function",
    "aws_sfn_state_machine": "AWS::StepFunctions::StateMachine",
    "aws_secretsmanager_secret": "AWS::SecretsManager::Secret",
    "aws_kms_key": "AWS::KMS::Key",
    "aws_ssm_parameter": "AWS::SSM::Parameter",
    "aws_kinesis_stream": "AWS::Kinesis::Stream",
    "aws_kinesis_firehose_delivery_stream": "AWS::KinesisFirehose::DeliveryStream",
    "aws_cloudwatch_event_bus": "AWS::Events::EventBus",
    "aws_cloudwatch_log_group": "AWS::Logs::LogGroup",
    "aws_iam_role": "AWS::IAM::Role",
    "aws_cognito_user_pool": "AWS::Cognito::UserPool",
    "aws_rds_cluster": "AWS::RDS::DBCluster",
}
# `!Ref` of these is their ARN, and `.Arn` is not offered for them.
_REF_IS_ARN = {"AWS::SNS::Topic", "AWS::SecretsManager::Secret"}
MAX_LENGTH = (
    1024  # of a pattern that is compared; IAM allows ARNs of 2,048 at most, and real ones have about 100
)
_OWN = frozenset({"AWS::Partition", "AWS::Region", "AWS::AccountId"})  # the function's own
_REFERENCE = re.compile(r"\$\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Token:
    """A name that a template gives at deployment. Two resources' are never the same; a parameter's may be any."""

    name: str
    is_resource: bool


Symbol: TypeAlias = "str | Token"
Symbols: TypeAlias = "tuple[Symbol, ...]"


def split_reference(expression: str) -> tuple[str, str]:
    """A reference's logical name and attribute: `Orders.Arn`, `aws_s3_bucket.uploads.arn`, `Orders`."""
    parts = expression.split(".")
    if parts[0].startswith("aws_") and len(parts) > 1:
        name = re.sub(r"\[[^\]]*\]$", "", ".".join(parts[:2]))
        return name, ".".join(parts[2:])
    return parts[0], ".".join(parts[1:])


def kind_of(name: str, kinds: Mapping[str, str]) -> str:
    """The CloudFormation type of a template's resource, "" where it is no resource or not known."""
    if name.startswith("aws_"):
        return _TERRAFORM.get(name.partition(".")[0], name.partition(".")[0])
    kind = kinds.get(name, "")
    return _TERRAFORM.get(kind, kind)


def arn_of(name: str, kinds: Mapping[str, str]) -> str:
    """How a template writes the ARN of its resource."""
    if name.startswith("aws_"):
        return f"${{{name}.arn}}"
    if kind_of(name, kinds) in _REF_IS_ARN:
        return f"${{{name}}}"
    return f"${{{name}.Arn}}"


def service_of(name: str, kinds: Mapping[str, str]) -> str:
    """The IAM prefix of a template's resource, "" where it is not known."""
    shape = _SHAPES.get(kind_of(name, kinds))
    return shape.split(":")[2] if shape else ""


def symbols(pattern: str, kinds: Mapping[str, str]) -> Symbols:
    """A pattern as a row of characters, wildcards and tokens; of an ARN the service and what follows the account."""
    return _symbols(pattern, tuple(sorted(kinds.items())))


@lru_cache(maxsize=4096)
def _symbols(pattern: str, items: tuple[tuple[str, str], ...]) -> Symbols:
    kinds = dict(items)
    out: list[Symbol] = []
    at = 0
    for match in _REFERENCE.finditer(pattern):
        out.extend(pattern[at : match.start()])
        at = match.end()
        inner = match[1].strip()
        if inner in _OWN or inner.startswith(("data.aws_", "!")):
            out.append("*")
            continue
        if inner.startswith("AWS::"):
            out.append(Token(inner, False))
            continue
        name, attribute = split_reference(inner)
        kind = kind_of(name, kinds)
        token = Token(name, bool(kind))
        shape = _SHAPES.get(kind)
        is_start = match.start() == 0
        if shape is None:
            # Of a kind whose ARN is not known here, or a parameter: anything, but always the same.
            out.append(token)
        elif is_start and (
            attribute.lower().endswith("arn") or attribute in ("", "id") or at == len(pattern)
        ):
            before, _, after = shape.partition("{}")
            suffix = after if at == len(pattern) else ""
            out.extend([*before, token, *suffix])
            if attribute in ("StreamArn", "LatestStreamArn", "stream_arn"):
                out.extend("/stream/*")
        else:
            out.append(token)
    out.extend(pattern[at:])
    row: list[Symbol] = []
    for symbol in out:
        if not (symbol == "*" and row and row[-1] == "*"):
            row.append(symbol)
    return _without_account(row[:MAX_LENGTH])


def _without_account(row: list[Symbol]) -> Symbols:
    """Without partition, region and account, whose wildcards must not swallow what follows.

    A policy of a function is about its own account nearly always, and its code does not name any.
    """
    colons = [position for position, symbol in enumerate(row) if symbol == ":"]
    if row[:4] != ["a", "r", "n", ":"] or len(colons) < 5:
        return tuple(row)
    return (*row[: colons[0] + 1], *row[colons[1] + 1 : colons[2] + 1], *row[colons[4] + 1 :])


@lru_cache(maxsize=65536)
def may_overlap(left: Symbols, right: Symbols) -> bool:
    """There may be a resource that both mean."""
    width = len(right) + 1
    # Row by row: can left[i:] and right[j:] mean the same? From the ends.
    below = [False] * width
    for i in range(len(left), -1, -1):
        row = [False] * width
        for j in range(len(right), -1, -1):
            row[j] = _fits(left, right, i, j, row, below)
        below = row
    return below[0]


def _fits(left: Symbols, right: Symbols, i: int, j: int, row: list[bool], below: list[bool]) -> bool:
    one = left[i] if i < len(left) else None
    other = right[j] if j < len(right) else None
    if one is None and other is None:
        return True
    if isinstance(one, Token) and isinstance(other, Token):
        if one == other:
            return below[j + 1]
        if one.is_resource and other.is_resource:
            return False
        return below[j + 1] or below[j] or row[j + 1]
    if one == "*" or isinstance(one, Token):
        # Takes nothing more, or one more symbol of the other.
        return below[j] or (other is not None and row[j + 1])
    if other == "*" or isinstance(other, Token):
        return row[j + 1] or (one is not None and below[j])
    if one is None or other is None:
        return False
    return (one == other or one == "?" or other == "?") and below[j + 1]


def is_whole_account(pattern: str, shape: str) -> bool:
    """A granted pattern covers every resource of a type, whatever its name; `shape` is the type's ARN format."""
    if pattern == "*":
        return True
    if "${" in _REFERENCE.sub(lambda m: "" if m[1] in _OWN else m[0], pattern):
        return False
    flat = _REFERENCE.sub("*", pattern)
    example = (
        shape.replace("${Partition}", "aws")
        .replace("${Region}", "eu-north-1")
        .replace("${Account}", "000011112222")
    )
    example = _REFERENCE.sub("qzxjkw7", example)
    # Account and region as the template writes them are the function's own.
    fields = flat.split(":", 5)
    if len(fields) == 6:
        fields[1], fields[3], fields[4] = "*", "*", "*"
        flat = ":".join(fields)
    return glob_pattern(flat).fullmatch(example) is not None

"""Names of resources as code has them become ARNs, and what is not known of them is said."""

from __future__ import annotations

import pytest
from tests.scan.permissions.projects import RESOURCES

from dayfly.scan.permissions.naming import MAX_COMBINATIONS, Named, any_of, fill_arn, name_arn, render, tidy
from dayfly.scan.permissions.values import (
    FROM_EVENT,
    FROM_RUN_TIME,
    Hole,
    Origin,
    Ref,
    Text,
    Values,
    read_reference,
    text,
)

TABLE = "arn:${Partition}:dynamodb:${Region}:${Account}:table/${TableName}"
OBJECT = "arn:${Partition}:s3:::${BucketName}/${ObjectName}"
SECRET = "arn:${Partition}:secretsmanager:${Region}:${Account}:secret:${SecretId}"
QUEUE = "arn:${Partition}:sqs:${Region}:${Account}:${QueueName}"


def reference(expression: str) -> Values:
    return frozenset({read_reference(expression)})


@pytest.mark.parametrize(
    ("arn", "values", "expected"),
    [
        (TABLE, {"TableName": text("orders")}, "arn:aws:dynamodb:*:*:table/orders"),
        (TABLE, {"TableName": text("arn:aws:dynamodb:eu-west-1:1:table/o")}, "arn:aws:dynamodb:eu-west-1:1:table/o"),
        (TABLE, {"TableName": reference("${Orders}")}, "${Orders.Arn}"),
        (TABLE, {"TableName": reference("${Orders}-copy")}, "arn:aws:dynamodb:*:*:table/${Orders}-copy"),
        (TABLE, {}, "arn:aws:dynamodb:*:*:table/*"),
        (OBJECT, {"BucketName": text("b"), "ObjectName": text("a/k")}, "arn:aws:s3:::b/a/k"),
        (OBJECT, {"BucketName": reference("${Uploads}"), "ObjectName": text("k")}, "${Uploads.Arn}/k"),
        (QUEUE, {"QueueName": text("https://sqs.eu-west-1.amazonaws.com/1/jobs")}, "arn:aws:sqs:*:*:jobs"),
        (SECRET, {"SecretId": text("password")}, "arn:aws:secretsmanager:*:*:secret:password-??????"),
    ],
)  # fmt: skip
def test_a_known_name_is_an_arn(arn: str, values: dict[str, Values], expected: str) -> None:
    prefix = arn.split(":")[2]
    assert list(fill_arn(arn, values, prefix, "", RESOURCES)) == [Named(expected)]


@pytest.mark.parametrize(
    ("key", "unknown"),
    [
        (FROM_EVENT, "it depends on the event"),
        (FROM_RUN_TIME, "it is only known at run time"),
        (frozenset({Text((Hole(Origin.ENVIRONMENT, "KEY"),))}), "the template does not set KEY"),
        (frozenset({Text((Hole(Origin.ENVIRONMENT),))}), "it depends on an environment variable"),
    ],
)
def test_an_unknown_piece_is_a_wildcard_with_its_reason(key: Values, unknown: str) -> None:
    (found,) = fill_arn(OBJECT, {"BucketName": text("b"), "ObjectName": key}, "s3", "", RESOURCES)
    assert found == Named("arn:aws:s3:::b/*", unknown)


def test_every_combination_is_named_up_to_a_bound() -> None:
    many: Values = frozenset(Text((str(number),)) for number in range(20))
    values = {"BucketName": many, "ObjectName": many}
    assert len(list(fill_arn(OBJECT, values, "s3", "", {}))) == MAX_COMBINATIONS


def test_a_parameter_that_holds_an_arn_is_that_arn_or_any() -> None:
    assert name_arn(Text(("arn:aws:sns:*:*:news",)), "sns", None, {}).resource == "arn:aws:sns:*:*:news"
    assert name_arn(Text((Ref("News"),)), "sns", None, {}).resource == "${News}"
    assert name_arn(Text((Hole(Origin.EVENT),)), "dynamodb", TABLE, {}) == Named(
        any_of(TABLE), "it depends on the event"
    )
    assert any_of(None) == "*"


def test_a_text_is_written_with_its_holes_as_wildcards() -> None:
    account, partition = Hole(Origin.PLATFORM, "AWS::AccountId"), Hole(Origin.PLATFORM, "AWS::Partition")
    parts = (partition, ":", account, ":", Ref("Orders"), ":", Hole(Origin.EVENT))
    assert render(Text(parts)) == "aws:${AWS::AccountId}:${Orders}:*"
    assert tidy("a/***/b*") == "a/*/b*"

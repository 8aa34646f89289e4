"""Patterns of ARNs: may they mean the same, and how wide are they."""

from __future__ import annotations

import pytest
from tests.scan.permissions.projects import RESOURCES

from dayfly.scan.permissions.arns import arn_of, is_whole_account, may_overlap, split_reference, symbols

TABLE = "arn:${Partition}:dynamodb:${Region}:${Account}:table/${TableName}"
OBJECT = "arn:${Partition}:s3:::${BucketName}/${ObjectName}"


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("*", "arn:aws:s3:::b/k", True),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b/k", True),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b", False),
        ("arn:aws:s3:::b", "arn:aws:s3:::b/k", False),
        ("arn:aws:s3:::b/in/*", "arn:aws:s3:::b/*.csv", True),
        ("arn:aws:s3:::b/in/*", "arn:aws:s3:::b/out/*", False),
        ("arn:aws:s3:::b?/k", "arn:aws:s3:::b1/k", True),
        ("arn:aws:s3:::*", "arn:aws:s3:::*/*", True),
        ("arn:aws:sqs:*:*:jobs", "arn:aws:dynamodb:*:*:table/jobs", False),
        ("arn:aws:dynamodb:eu-west-1:1:table/a", "arn:aws:dynamodb:*:*:table/a", True),
        ("arn:aws:dynamodb:*:*:table/a", "arn:aws:dynamodb:*:*:table/b", False),
        # References
        ("${Orders.Arn}", "${Orders.Arn}", True),
        ("${Orders.Arn}", "${Users.Arn}", False),
        ("${Orders.Arn}", "arn:aws:dynamodb:*:*:table/${Orders}", True),
        (
            "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${Orders}",
            "${Orders.Arn}",
            True,
        ),
        ("arn:aws:dynamodb:*:*:table/${Orders}/index/*", "${Orders.Arn}/index/by-name", True),
        ("${Orders.Arn}", "${Orders.Arn}/index/by-name", False),
        ("${Orders.Arn}*", "${Orders.Arn}/index/by-name", True),
        ("${Uploads.Arn}/*", "arn:aws:s3:::${Uploads}/k", True),
        ("${Uploads.Arn}/*", "${Jobs.Arn}", False),
        # A name that the template does not give: it may be any.
        ("${Orders.Arn}", "arn:aws:dynamodb:*:*:table/orders", True),
        ("${Orders.Arn}", "arn:aws:dynamodb:*:*:table/${TableName}", True),
        ("${Orders.Arn}", "arn:aws:sqs:*:*:orders", False),
        ("${Anything}", "arn:aws:sqs:*:*:orders", True),
        # Terraform
        ("${aws_s3_bucket.in.arn}/*", "${aws_s3_bucket.in.arn}/k", True),
        ("${aws_s3_bucket.in.arn}/*", "${aws_s3_bucket.out.arn}/k", False),
        ("arn:aws:s3:::${aws_s3_bucket.in.id}/*", "${aws_s3_bucket.in.arn}/k", True),
    ],
)
def test_two_patterns_may_mean_the_same_resource(left: str, right: str, expected: bool) -> None:
    one, other = symbols(left, RESOURCES), symbols(right, RESOURCES)
    assert may_overlap(one, other) is expected
    assert may_overlap(other, one) is expected


@pytest.mark.parametrize(
    ("pattern", "shape", "expected"),
    [
        ("*", TABLE, True),
        ("arn:aws:dynamodb:*:*:*", TABLE, True),
        ("arn:aws:dynamodb:*:*:table/*", TABLE, True),
        ("arn:aws:dynamodb:eu-west-1:111122223333:table/*", TABLE, True),
        ("arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/*", TABLE, True),
        ("arn:aws:dynamodb:*:*:table/orders-*", TABLE, False),
        ("arn:aws:dynamodb:*:*:table/${Stage}-*", TABLE, False),
        ("${Orders.Arn}", TABLE, False),
        ("arn:aws:s3:::*", OBJECT, True),
        ("arn:aws:s3:::*/*", OBJECT, True),
        ("arn:aws:s3:::bucket/*", OBJECT, False),
        ("arn:aws:s3:::prefix-*", OBJECT, False),
    ],
)
def test_a_pattern_covers_the_whole_account(pattern: str, shape: str, expected: bool) -> None:
    assert is_whole_account(pattern, shape) is expected


def test_references_are_split_as_each_language_writes_them() -> None:
    assert split_reference("Orders.Arn") == ("Orders", "Arn")
    assert split_reference("aws_s3_bucket.in.arn") == ("aws_s3_bucket.in", "arn")
    assert split_reference("aws_s3_bucket.in[0].arn") == ("aws_s3_bucket.in", "arn")
    assert split_reference("Orders") == ("Orders", "")


def test_an_arn_is_written_as_the_template_can() -> None:
    assert arn_of("Orders", RESOURCES) == "${Orders.Arn}"
    assert arn_of("News", RESOURCES) == "${News}"
    assert arn_of("aws_sqs_queue.jobs", RESOURCES) == "${aws_sqs_queue.jobs.arn}"

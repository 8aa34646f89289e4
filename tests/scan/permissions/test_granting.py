"""What statements allow: exceptions, refusals, patterns, policies of AWS."""

from __future__ import annotations

import pytest
from tests.scan.permissions.projects import PLACE, RESOURCES, allow, make_function

from dayfly.scan.permissions.granting import Grant, Role, covers_action, matches_action, read_role
from dayfly.scan.template.model import Statement

OBJECT = "${Uploads.Arn}/k"


def role(*statements: Statement) -> Role:
    return Role(tuple(Grant(one) for one in statements))


@pytest.mark.parametrize(
    ("pattern", "action", "expected"),
    [
        ("s3:GetObject", "s3:GetObject", True),
        ("S3:getobject", "s3:GetObject", True),
        ("s3:Get*", "s3:GetObject", True),
        ("s3:*", "s3:GetObject", True),
        ("*", "s3:GetObject", True),
        ("s3:*Object", "s3:GetObject", True),
        ("s3:Get?bject", "s3:GetObject", True),
        ("s3:Get", "s3:GetObject", False),
        ("s3:Put*", "s3:GetObject", False),
        ("s3-outposts:*", "s3:GetObject", False),
        ("s3.GetObject", "s3:GetObject", False),
    ],
)
def test_a_pattern_matches_an_action(pattern: str, action: str, expected: bool) -> None:
    assert matches_action(pattern, action) is expected


def test_not_action_allows_everything_else() -> None:
    statement = Statement("Allow", (), ("*",), PLACE, not_actions=("iam:*", "sts:*"))
    assert covers_action(statement, "s3:GetObject")
    assert not covers_action(statement, "iam:PassRole")


def test_not_resource_allows_everything_else() -> None:
    statement = Statement("Allow", ("s3:*",), (), PLACE, not_resources=("${Uploads.Arn}/*",))
    assert not role(statement).allows("s3:GetObject", OBJECT, RESOURCES)
    assert role(statement).allows("s3:GetObject", "arn:aws:s3:::other/k", RESOURCES)


def test_a_refusal_wins_over_a_grant() -> None:
    both = role(allow("s3:*", "*"), allow("s3:GetObject", "${Uploads.Arn}/*", effect="Deny"))
    assert not both.allows("s3:GetObject", OBJECT, RESOURCES)
    assert both.allows("s3:PutObject", OBJECT, RESOURCES)
    assert both.allows("s3:GetObject", "arn:aws:s3:::other/k", RESOURCES)


def test_a_refusal_under_a_condition_or_of_a_part_is_not_certain() -> None:
    some = role(allow("s3:*", "*"), allow("s3:GetObject", "*", effect="Deny", has_condition=True))
    part = role(allow("s3:*", "*"), allow("s3:GetObject", "${Uploads.Arn}/secret/*", effect="Deny"))
    assert some.allows("s3:GetObject", OBJECT, RESOURCES)
    assert part.allows("s3:GetObject", "${Uploads.Arn}/*", RESOURCES)


def test_nothing_is_allowed_that_no_statement_is_about() -> None:
    assert not role(allow("s3:GetObject", "${Uploads.Arn}/*")).allows("s3:GetObject", "arn:aws:s3:::b", {})
    assert not role().allows("s3:GetObject", OBJECT, RESOURCES)


def test_policies_of_aws_are_read_and_others_are_unknown() -> None:
    found = read_role(
        make_function(statements=(), policies=["AmazonSQSReadOnlyAccess", "arn:aws:iam::1:policy/own"])
    )
    assert found is not None
    assert [one.expression for one in found.unknown] == ["arn:aws:iam::1:policy/own"]
    assert found.allows("sqs:GetQueueAttributes", "${Jobs.Arn}", RESOURCES)
    assert not found.allows("sqs:SendMessage", "${Jobs.Arn}", RESOURCES)


def test_a_function_of_whose_role_nothing_is_said_has_none() -> None:
    assert read_role(make_function()) is None


def test_a_pattern_of_many_wildcards_takes_no_time() -> None:
    pattern = "*a" * 60 + "*b"
    assert not matches_action(pattern, "a" * 200)
    assert role(allow("s3:*", "arn:aws:s3:::" + "*a" * 900)).allows(
        "s3:GetObject", "arn:aws:s3:::" + "a*" * 900, {}
    )

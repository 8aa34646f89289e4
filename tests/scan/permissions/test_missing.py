"""Calls that nothing grants, and those that something else may."""

from __future__ import annotations

from tests.scan.permissions.orders import BUCKET, CODE, TABLE, function
from tests.scan.permissions.projects import allow, findings_of


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

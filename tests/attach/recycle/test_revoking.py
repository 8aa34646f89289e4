"""Sessions from before an order lose everything, of the roles that were meant and of nobody who was not asked about."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from tests.attach.recycle.account import lambda_client, make, moto

from dayfly.attach.aws.calls import Caller
from dayfly.attach.recycle.revoking import (
    POLICY,
    RoleUse,
    document,
    name_of,
    objections,
    revoke,
    unrevoke,
    users_of,
)
from dayfly.errors import DayflyError

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

_ROLE = "arn:aws:iam::123456789012:role/payments"


@pytest.fixture
def iam(monkeypatch: pytest.MonkeyPatch) -> Iterator[IAMClient]:
    with moto(monkeypatch):
        make(lambda_client())
        client: IAMClient = boto3.client("iam")
        yield client


def _policy(iam: IAMClient) -> Any:
    return iam.get_role_policy(RoleName="payments", PolicyName=POLICY)["PolicyDocument"]


def test_the_policy_denies_everything_to_older_sessions_and_nothing_to_newer_ones() -> None:
    (statement,) = json.loads(document(1_795_654_800.9))["Statement"]
    assert statement["Effect"] == "Deny"
    assert (statement["Action"], statement["Resource"]) == ("*", "*")
    # Cut, not rounded up: a session of the order's own second may be a new environment's.
    assert statement["Condition"] == {"DateLessThan": {"aws:TokenIssueTime": "2026-11-26T01:00:00Z"}}


def test_it_is_put_and_removed(iam: IAMClient) -> None:
    revoke(Caller(), iam, "payments", 1_795_654_800.0)
    assert _policy(iam)["Statement"][0]["Sid"] == POLICY
    assert unrevoke(Caller(), iam, "payments")
    assert iam.list_role_policies(RoleName="payments")["PolicyNames"] == []
    assert not unrevoke(Caller(), iam, "payments")


def test_an_earlier_time_never_replaces_a_later_one(iam: IAMClient) -> None:
    revoke(Caller(), iam, "payments", 1_795_654_800.0)
    revoke(Caller(), iam, "payments", 1_795_650_000.0)
    assert "2026-11-26T01:00:00Z" in json.dumps(_policy(iam))
    revoke(Caller(), iam, "payments", 1_795_658_400.0)
    assert "2026-11-26T02:00:00Z" in json.dumps(_policy(iam))


def test_a_role_that_is_not_there_is_an_error(iam: IAMClient) -> None:
    with pytest.raises(DayflyError, match="absent"):
        revoke(Caller(), iam, "absent", 1.0)


def test_whoever_has_the_role_too_is_found(iam: IAMClient) -> None:
    make(lambda_client(), "refunds", role="payments")
    make(lambda_client(), "orders")
    (use,) = users_of(Caller(), lambda_client(), iam, [_ROLE])
    assert use == RoleUse(_ROLE, ("payments", "refunds"), ("lambda.amazonaws.com",))
    assert use.name == "payments"


def test_whom_it_would_hurt_is_said() -> None:
    use = RoleUse(
        _ROLE, ("payments", "refunds"), ("lambda.amazonaws.com", "arn:aws:iam::123456789012:role/ops")
    )
    found = objections([use], recycled={"payments"}, unreached={"payments": 2})
    assert len(found) == 3
    assert "also that of refunds" in found[0]
    assert "role/ops" in found[1]
    assert "does not reach 2 parts of payments" in found[2]


def test_a_role_of_recycled_functions_alone_hurts_nobody() -> None:
    use = RoleUse(_ROLE, ("payments",), ("lambda.amazonaws.com",))
    assert objections([use], recycled={"payments"}, unreached={"payments": 0}) == []


@pytest.mark.parametrize("text", ["", "a b", "arn:aws:iam::1:role/", "x" * 65, "../x"])
def test_what_is_no_role_is_refused(text: str) -> None:
    with pytest.raises(DayflyError):
        name_of(text)


def test_a_path_is_no_part_of_the_name() -> None:
    assert name_of("arn:aws:iam::123456789012:role/service-role/payments-x1") == "payments-x1"

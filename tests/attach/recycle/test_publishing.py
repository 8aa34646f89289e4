"""A version is published of exactly what was looked at, once, and waited for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from botocore.stub import Stubber
from tests.attach.recycle.account import Time, lambda_client

from dayfly.attach.aws.calls import Caller
from dayfly.attach.recycle.model import VARIABLE, RecycleError
from dayfly.attach.recycle.publishing import publish, wait_until_active

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_ONE = {"FunctionName": "payments"}


@pytest.fixture
def stubbed() -> Iterator[tuple[LambdaClient, Stubber]]:
    client = lambda_client()
    with Stubber(client) as stubber:
        yield client, stubber
        stubber.assert_no_pending_responses()


def _caller() -> Caller:
    time = Time()
    return Caller(time, time.sleep, limit_s=60.0)


def _configuration(version: str, *, stamp: str = "", **more: Any) -> dict[str, Any]:
    variables = {"TABLE": "t", **({VARIABLE: stamp} if stamp else {})}
    return {
        "FunctionName": "payments",
        "Version": version,
        "CodeSha256": "c1",
        "RevisionId": "r1",
        "Environment": {"Variables": variables},
        "State": "Active",
        **more,
    }


def _reads(stubber: Stubber, version: str, **more: Any) -> None:
    asked = _ONE if version == "$LATEST" else {**_ONE, "Qualifier": version}
    stubber.add_response("get_function_configuration", _configuration(version, **more), asked)


def _publishes(stubber: Stubber, *, revision: str = "r1", stamp: str = "s") -> None:
    asked = {**_ONE, "CodeSha256": "c1", "RevisionId": revision}
    stubber.add_response("publish_version", _configuration("8", stamp=stamp), asked)


def test_the_revision_that_was_compared_is_the_one_that_is_published(
    stubbed: tuple[LambdaClient, Stubber],
) -> None:
    client, stubber = stubbed
    _reads(stubber, "7")
    _reads(stubber, "$LATEST", stamp="s")
    _publishes(stubber)
    assert publish(_caller(), client, "payments", stamp="s", same_as=["7"]) == "8"


def test_a_change_between_the_comparison_and_the_call_is_compared_again(
    stubbed: tuple[LambdaClient, Stubber],
) -> None:
    client, stubber = stubbed
    _reads(stubber, "7")
    _reads(stubber, "$LATEST", stamp="s")
    stubber.add_client_error("publish_version", "PreconditionFailedException", "no", 412)
    _reads(stubber, "$LATEST", stamp="s", RevisionId="r2", CodeSha256="c2")
    with pytest.raises(RecycleError, match="changed during this run in CodeSha256: no version was published"):
        publish(_caller(), client, "payments", stamp="s", same_as=["7"])


def test_another_order_meanwhile_is_no_order_of_ours(stubbed: tuple[LambdaClient, Stubber]) -> None:
    client, stubber = stubbed
    _reads(stubber, "7")
    _reads(stubber, "$LATEST", stamp="theirs")
    with pytest.raises(RecycleError, match="DAYFLY_RECYCLED of payments was changed during this run"):
        publish(_caller(), client, "payments", stamp="s", same_as=["7"])


def test_a_version_without_the_stamp_is_not_used(stubbed: tuple[LambdaClient, Stubber]) -> None:
    client, stubber = stubbed
    _reads(stubber, "7")
    _reads(stubber, "$LATEST", stamp="s")
    _publishes(stubber, stamp="theirs")
    with pytest.raises(RecycleError, match="does not have the new DAYFLY_RECYCLED value"):
        publish(_caller(), client, "payments", stamp="s", same_as=["7"])


def test_a_snapshot_is_waited_for(stubbed: tuple[LambdaClient, Stubber]) -> None:
    client, stubber = stubbed
    _reads(stubber, "8", State="Pending")
    _reads(stubber, "8", State="Pending")
    _reads(stubber, "8")
    wait_until_active(_caller(), client, "payments", "8")


def test_a_snapshot_that_fails_touches_no_alias(stubbed: tuple[LambdaClient, Stubber]) -> None:
    client, stubber = stubbed
    _reads(stubber, "8", State="Failed", StateReason="init failed")
    with pytest.raises(RecycleError, match="init failed") as refusal:
        wait_until_active(_caller(), client, "payments", "8")
    assert "no alias was moved to version 8" in refusal.value.hint

"""Provisioned environments are asked for, waited for and taken away as botocore has it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from botocore.stub import Stubber
from tests.attach.recycle.account import Time, lambda_client

from dayfly.attach.aws.calls import Caller
from dayfly.attach.recycle import provisioned
from dayfly.attach.recycle.model import RecycleError
from dayfly.errors import DayflyError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_OF = {"FunctionName": "payments", "Qualifier": "9"}


@pytest.fixture
def stubbed() -> Iterator[tuple[LambdaClient, Stubber]]:
    client = lambda_client()
    with Stubber(client) as stubber:
        yield client, stubber
        stubber.assert_no_pending_responses()


def _caller() -> Caller:
    time = Time()
    return Caller(time, time.sleep, limit_s=60.0)


def _puts(stubber: Stubber) -> None:
    asked = {**_OF, "ProvisionedConcurrentExecutions": 5}
    stubber.add_response("put_provisioned_concurrency_config", {"Status": "IN_PROGRESS"}, asked)


def _is(stubber: Stubber, status: str, reason: str = "") -> None:
    told = {"Status": status, "RequestedProvisionedConcurrentExecutions": 5}
    stubber.add_response(
        "get_provisioned_concurrency_config", {**told, **({"StatusReason": reason} if reason else {})}, _OF
    )


def test_ready_is_waited_for(stubbed: tuple[LambdaClient, Stubber]) -> None:
    client, stubber = stubbed
    _puts(stubber)
    _is(stubber, "IN_PROGRESS")
    _is(stubber, "READY")
    assert provisioned.put(_caller(), client, "payments", "9", 5) == pytest.approx(1.0)


def test_an_allocation_that_fails_is_an_error(stubbed: tuple[LambdaClient, Stubber]) -> None:
    client, stubber = stubbed
    _puts(stubber)
    _is(stubber, "FAILED", "FUNCTION_ERROR_INIT_FAILURE")
    with pytest.raises(RecycleError, match="FUNCTION_ERROR_INIT_FAILURE"):
        provisioned.put(_caller(), client, "payments", "9", 5)


def test_an_allocation_that_never_ends_is_an_error(stubbed: tuple[LambdaClient, Stubber]) -> None:
    client, stubber = stubbed
    _puts(stubber)
    for _ in range(902):
        _is(stubber, "IN_PROGRESS")
    with pytest.raises(RecycleError, match="not ready after 900 s"):
        provisioned.put(_caller(), client, "payments", "9", 5)


def test_what_was_asked_for_counts_not_what_is_there(stubbed: tuple[LambdaClient, Stubber]) -> None:
    client, stubber = stubbed
    _is(stubber, "IN_PROGRESS")
    assert provisioned.requested(_caller(), client, "payments", "9") == 5


@pytest.mark.parametrize(
    "code", ["ProvisionedConcurrencyConfigNotFoundException", "ResourceNotFoundException"]
)
def test_none_is_none_and_none_to_remove(stubbed: tuple[LambdaClient, Stubber], code: str) -> None:
    client, stubber = stubbed
    stubber.add_client_error("get_provisioned_concurrency_config", code, "no", 404)
    assert provisioned.requested(_caller(), client, "payments", "9") == 0
    stubber.add_client_error("delete_provisioned_concurrency_config", code, "no", 404)
    provisioned.remove(_caller(), client, "payments", "9")


def test_a_removal_that_is_refused_is_an_error(stubbed: tuple[LambdaClient, Stubber]) -> None:
    client, stubber = stubbed
    stubber.add_client_error("delete_provisioned_concurrency_config", "AccessDeniedException", "no", 403)
    with pytest.raises(DayflyError, match="AccessDenied"):
        provisioned.remove(_caller(), client, "payments", "9")

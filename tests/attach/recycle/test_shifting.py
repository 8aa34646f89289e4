"""An alias is moved with its revision named, and what somebody else made of it meanwhile is left to them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from botocore.stub import Stubber
from tests.attach.recycle.account import Time, lambda_client

from dayfly.attach.aws.calls import Caller
from dayfly.attach.recycle.model import RecycleError
from dayfly.attach.recycle.planning import AliasMove, AliasState
from dayfly.attach.recycle.recycling import Unguarded
from dayfly.attach.recycle.shifting import AliasChangedError, Moved, Shifter

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_OLD, _HALF, _NEW = AliasState("7"), AliasState("7", (("9", 0.5),)), AliasState("9")
_MOVE = AliasMove("live", _OLD, ("7",))


@pytest.fixture
def stubbed() -> Iterator[tuple[LambdaClient, Stubber]]:
    client = lambda_client()
    with Stubber(client) as stubber:
        yield client, stubber
        stubber.assert_no_pending_responses()


def _shifter(client: LambdaClient, events: list[str] | None = None) -> Shifter:
    time = Time()
    record = [] if events is None else events
    return Shifter(
        Caller(time, time.sleep, limit_s=10.0),
        client,
        Unguarded(time.sleep),
        record=lambda event, fields: record.append(event),
        pause_s=1.0,
    )


def _told(state: AliasState, revision: str) -> dict[str, Any]:
    return {
        "AliasArn": "arn:aws:lambda:eu-central-1:123456789012:function:payments:live",
        "Name": "live",
        "FunctionVersion": state.version,
        "RoutingConfig": {"AdditionalVersionWeights": dict(state.weights)},
        "RevisionId": revision,
    }


def _reads(stubber: Stubber, state: AliasState, revision: str = "r1") -> None:
    stubber.add_response("get_alias", _told(state, revision), {"FunctionName": "payments", "Name": "live"})


def _updates(stubber: Stubber, state: AliasState, revision: str = "r1") -> None:
    asked = {
        "FunctionName": "payments",
        "Name": "live",
        "FunctionVersion": state.version,
        "RoutingConfig": {"AdditionalVersionWeights": dict(state.weights)},
        "RevisionId": revision,
    }
    stubber.add_response("update_alias", _told(state, "r2"), asked)


def _refuses(stubber: Stubber, code: str, status: int = 400, operation: str = "update_alias") -> None:
    stubber.add_client_error(operation, code, "no", status)


def test_an_edit_of_something_else_meanwhile_is_kept_and_the_move_made_on_top(
    stubbed: tuple[LambdaClient, Stubber],
) -> None:
    client, stubber = stubbed
    _reads(stubber, _OLD)
    _refuses(stubber, "PreconditionFailedException", 412)
    _reads(stubber, _OLD, "r5")  # its description, say
    _updates(stubber, _NEW, "r5")
    assert _shifter(client).set("payments", "live", (_OLD,), _NEW)


def test_a_move_by_somebody_else_meanwhile_is_left_to_them(stubbed: tuple[LambdaClient, Stubber]) -> None:
    client, stubber = stubbed
    _reads(stubber, _OLD)
    _refuses(stubber, "PreconditionFailedException", 412)
    _reads(stubber, AliasState("8"), "r5")
    with pytest.raises(AliasChangedError, match="version 8, set by another user or tool"):
        _shifter(client).set("payments", "live", (_OLD,), _NEW)


def test_a_lost_answer_is_recognised(stubbed: tuple[LambdaClient, Stubber]) -> None:
    client, stubber = stubbed
    _reads(stubber, _NEW)
    assert not _shifter(client).set("payments", "live", (_OLD,), _NEW)


def test_a_refusal_in_the_middle_moves_it_back(stubbed: tuple[LambdaClient, Stubber]) -> None:
    client, stubber = stubbed
    events: list[str] = []
    _reads(stubber, _OLD)
    _updates(stubber, _HALF)
    _reads(stubber, _HALF, "r2")
    _refuses(stubber, "AccessDeniedException", 403)
    _reads(stubber, _HALF, "r2")
    _updates(stubber, _OLD, "r2")
    with pytest.raises(RecycleError, match=r"AccessDeniedException.*moved back to version 7") as refusal:
        list(_shifter(client, events).shift("payments", _MOVE, "9", (50, 100)))
    assert refusal.value.hint
    assert events == ["moving", "moving", "moved-back"]


def test_credentials_that_expire_in_the_middle_say_loudly_what_is_left(
    stubbed: tuple[LambdaClient, Stubber],
) -> None:
    client, stubber = stubbed
    events: list[str] = []
    _reads(stubber, _OLD)
    _updates(stubber, _HALF)
    _refuses(stubber, "ExpiredTokenException", 403, "get_alias")
    _refuses(stubber, "ExpiredTokenException", 403, "get_alias")
    with pytest.raises(RecycleError, match="THE ALIAS live OF payments WAS NOT MOVED BACK"):
        list(_shifter(client, events).shift("payments", _MOVE, "9", (50, 100)))
    assert events[-1] == "stuck"


def test_throttling_is_waited_out(stubbed: tuple[LambdaClient, Stubber]) -> None:
    client, stubber = stubbed
    _refuses(stubber, "TooManyRequestsException", 429, "get_alias")
    _reads(stubber, _OLD)
    _refuses(stubber, "TooManyRequestsException", 429)
    _updates(stubber, _NEW)
    assert _shifter(client).set("payments", "live", (_OLD,), _NEW)


def test_what_was_not_moved_yet_is_not_moved_back(stubbed: tuple[LambdaClient, Stubber]) -> None:
    client, stubber = stubbed
    _reads(stubber, _OLD)
    assert "as before" in _shifter(client).put_back("payments", Moved("live", _OLD, (_HALF, _NEW)))


def test_a_journal_that_cannot_be_written_keeps_no_alias_from_going_back(
    stubbed: tuple[LambdaClient, Stubber],
) -> None:
    client, stubber = stubbed
    calls = iter(range(100))

    def full(event: str, fields: dict[str, Any]) -> None:
        if next(calls) > 0:
            raise RecycleError("no space left on device")

    time = Time()
    shifter = Shifter(Caller(time, time.sleep), client, Unguarded(time.sleep), record=full, pause_s=1.0)
    _reads(stubber, _OLD)
    _updates(stubber, _HALF)
    _reads(stubber, _HALF, "r2")
    _updates(stubber, _OLD, "r2")
    with pytest.raises(RecycleError, match="no space left on device; the alias live was moved back"):
        list(shifter.shift("payments", _MOVE, "9", (50, 100)))

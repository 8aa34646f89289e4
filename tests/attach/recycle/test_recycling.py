"""A function is recycled with the least change, whatever Lambda answers meanwhile, and nothing is claimed without proof."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.stub import Stubber
from tests.attach.recycle.account import PROVING, Time, Watching, code, lambda_client, moto

from dayfly.attach.aws.calls import Caller
from dayfly.attach.recycle.bumping import Bumper
from dayfly.attach.recycle.model import VARIABLE, Sightings, Step
from dayfly.attach.recycle.ordering import Means, make_stamp
from dayfly.attach.recycle.recycling import Recycler
from dayfly.errors import DayflyError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_ROLE = "arn:aws:iam::123456789012:role/payments"
_ARN = "arn:aws:lambda:eu-central-1:123456789012:function:payments"


@pytest.fixture
def stubbed() -> Iterator[tuple[LambdaClient, Stubber]]:
    client = lambda_client()
    with Stubber(client) as stubber:
        yield client, stubber


def _configuration(**more: Any) -> dict[str, Any]:
    return {
        "FunctionName": "payments",
        "FunctionArn": _ARN,
        "RevisionId": "r1",
        "Timeout": 7,
        "LastUpdateStatus": "Successful",
        "State": "Active",
        "LastModified": "2026-11-26T01:00:00.123+0000",
        "Environment": {"Variables": {"TABLE": "t"}},
        **more,
    }


def _reads(stubber: Stubber, **more: Any) -> None:
    stubber.add_response("get_function_configuration", _configuration(**more), {"FunctionName": "payments"})


def _updates(stubber: Stubber, *, revision: str = "r1", variables: dict[str, str]) -> None:
    stubber.add_response(
        "update_function_configuration",
        _configuration(LastUpdateStatus="InProgress"),
        {"FunctionName": "payments", "RevisionId": revision, "Environment": {"Variables": variables}},
    )


def _refuses(stubber: Stubber, operation: str, code: str, status: int = 400, message: str = "no") -> None:
    stubber.add_client_error(operation, code, message, status)


def _bumper(client: LambdaClient, time: Time) -> Bumper:
    return Bumper(Caller(time, time.sleep, Random(1), 60.0), client, clock=time)


def test_variables_that_cannot_be_read_are_never_replaced(stubbed: tuple[LambdaClient, Stubber]) -> None:
    client, stubber = stubbed
    _reads(stubber, Environment={"Error": {"ErrorCode": "AccessDeniedException", "Message": "kms"}})
    with pytest.raises(DayflyError, match="nothing was changed") as refusal:
        _bumper(client, Time()).bump("payments", "s")
    assert "kms:Decrypt" in refusal.value.hint
    stubber.assert_no_pending_responses()


def test_an_edit_by_somebody_else_meanwhile_is_kept(stubbed: tuple[LambdaClient, Stubber]) -> None:
    client, stubber = stubbed
    _reads(stubber)
    _refuses(stubber, "update_function_configuration", "PreconditionFailedException", 412)
    _reads(stubber, RevisionId="r2", Environment={"Variables": {"TABLE": "t", "NEW": "n"}})
    _updates(stubber, revision="r2", variables={"TABLE": "t", "NEW": "n", VARIABLE: "s"})
    _reads(stubber, RevisionId="r3", Environment={"Variables": {"TABLE": "t", "NEW": "n", VARIABLE: "s"}})
    order = _bumper(client, Time()).bump("payments", "s")
    assert (order.tries, order.stamp) == (2, "s")
    stubber.assert_no_pending_responses()


def test_an_update_under_way_is_waited_for_before_and_after(stubbed: tuple[LambdaClient, Stubber]) -> None:
    client, stubber = stubbed
    time = Time()
    _reads(stubber, LastUpdateStatus="InProgress")
    _reads(stubber, RevisionId="r2")
    _refuses(stubber, "update_function_configuration", "ResourceConflictException", 409)
    _reads(stubber, RevisionId="r4")
    _updates(stubber, revision="r4", variables={"TABLE": "t", VARIABLE: "s"})
    bumped = {"Environment": {"Variables": {"TABLE": "t", VARIABLE: "s"}}}
    _reads(stubber, LastUpdateStatus="InProgress", **bumped)
    _reads(stubber, LastUpdateStatus="InProgress", **bumped)
    _reads(stubber, **bumped)
    order = _bumper(client, time).bump("payments", "s")
    assert order.took_s == pytest.approx(sum(time.slept))
    assert order.ordered == pytest.approx(1_795_654_800.123)
    stubber.assert_no_pending_responses()


def test_throttles_are_waited_out_with_growing_pauses(stubbed: tuple[LambdaClient, Stubber]) -> None:
    client, stubber = stubbed
    time = Time()
    for _ in range(3):
        _refuses(stubber, "get_function_configuration", "TooManyRequestsException", 429)
    _reads(stubber)
    for _ in range(3):
        _refuses(stubber, "update_function_configuration", "ThrottlingException", 429)
    _updates(stubber, variables={"TABLE": "t", VARIABLE: "s"})
    _reads(stubber, Environment={"Variables": {"TABLE": "t", VARIABLE: "s"}})
    _bumper(client, time).bump("payments", "s")
    first = time.slept[:3]
    assert first[0] < first[1] < first[2]
    stubber.assert_no_pending_responses()


def test_endless_throttling_ends_with_what_is_known(stubbed: tuple[LambdaClient, Stubber]) -> None:
    client, stubber = stubbed
    for _ in range(100):
        _refuses(stubber, "get_function_configuration", "TooManyRequestsException", 429)
    with pytest.raises(DayflyError, match="TooManyRequestsException"):
        _bumper(client, Time()).bump("payments", "s")


def test_a_lost_answer_is_recognised_and_nothing_is_done_twice(stubbed: tuple[LambdaClient, Stubber]) -> None:
    client, stubber = stubbed
    _reads(stubber)
    calls: list[str] = []
    real = client.update_function_configuration

    def lose(**options: Any) -> Any:
        calls.append(options["RevisionId"])
        raise ReadTimeoutError(endpoint_url="https://lambda")

    client.update_function_configuration = lose  # type: ignore[method-assign]
    _reads(stubber, RevisionId="r2", Environment={"Variables": {"TABLE": "t", VARIABLE: "s"}})
    order = _bumper(client, Time()).bump("payments", "s")
    client.update_function_configuration = real  # type: ignore[method-assign]
    assert (order.tries, calls) == (1, ["r1"])
    stubber.assert_no_pending_responses()


@pytest.mark.parametrize(
    "code", ["AccessDeniedException", "ResourceNotFoundException", "ExpiredTokenException"]
)
def test_what_no_second_try_can_mend_is_said_at_once(
    stubbed: tuple[LambdaClient, Stubber], code: str
) -> None:
    client, stubber = stubbed
    _reads(stubber)
    _refuses(stubber, "update_function_configuration", code, 403)
    time = Time()
    with pytest.raises(DayflyError, match=code):
        _bumper(client, time).bump("payments", "s")
    assert time.slept == []


def test_variables_that_would_not_fit_are_refused_by_lambda_and_nothing_changed(
    stubbed: tuple[LambdaClient, Stubber],
) -> None:
    client, stubber = stubbed
    _reads(stubber)
    _refuses(stubber, "update_function_configuration", "InvalidParameterValueException", 400, "4KB limit")
    with pytest.raises(DayflyError, match="4KB") as refusal:
        _bumper(client, Time()).bump("payments", "s")
    assert "nothing was changed" in refusal.value.hint


def test_a_change_that_lambda_fails_to_carry_out_is_an_error(stubbed: tuple[LambdaClient, Stubber]) -> None:
    client, stubber = stubbed
    _reads(stubber)
    _updates(stubber, variables={"TABLE": "t", VARIABLE: "s"})
    _reads(stubber, LastUpdateStatus="Failed", LastUpdateStatusReason="the role is gone")
    with pytest.raises(DayflyError, match="the role is gone"):
        _bumper(client, Time()).bump("payments", "s")


def test_a_function_whose_last_update_failed_can_be_recycled_all_the_same(
    stubbed: tuple[LambdaClient, Stubber],
) -> None:
    client, stubber = stubbed
    _reads(stubber, LastUpdateStatus="Failed", LastUpdateStatusReason="yesterday")
    _updates(stubber, variables={"TABLE": "t", VARIABLE: "s"})
    _reads(stubber, Environment={"Variables": {"TABLE": "t", VARIABLE: "s"}})
    assert _bumper(client, Time()).bump("payments", "s").tries == 1


def test_a_function_without_variables_gets_its_first(stubbed: tuple[LambdaClient, Stubber]) -> None:
    client, stubber = stubbed
    plain = _configuration()
    del plain["Environment"]
    stubber.add_response("get_function_configuration", plain, {"FunctionName": "payments"})
    _updates(stubber, variables={VARIABLE: "s"})
    _reads(stubber, Environment={"Variables": {VARIABLE: "s"}})
    assert _bumper(client, Time()).bump("payments", "s").tries == 1


def test_a_time_without_milliseconds_is_made_finer_only_within_its_second() -> None:
    for now, expected in ((1_795_654_800.4, 0.4), (1_795_654_700.0, 0.0), (1_795_654_900.0, 0.999)):
        client = lambda_client()
        with Stubber(client) as stubber:
            told = {"LastModified": "2026-11-26T01:00:00.000+0000"}
            _reads(stubber, **told)
            _updates(stubber, variables={"TABLE": "t", VARIABLE: "s"})
            _reads(stubber, Environment={"Variables": {"TABLE": "t", VARIABLE: "s"}}, **told)
            order = _bumper(client, Time(now)).bump("payments", "s")
        assert order.ordered == pytest.approx(1_795_654_800 + expected)


def _steps(recycler: Recycler, **options: Any) -> list[Step]:
    return list(recycler.recycle("payments", **options))


@pytest.fixture
def moto_client(monkeypatch: pytest.MonkeyPatch) -> Iterator[LambdaClient]:
    with moto(monkeypatch):
        trust = '{"Version":"2012-10-17","Statement":[]}'
        role = boto3.client("iam").create_role(RoleName="payments", AssumeRolePolicyDocument=trust)
        client = lambda_client()
        client.create_function(
            FunctionName="payments",
            Runtime="python3.13",
            Role=role["Role"]["Arn"],
            Handler="app.handler",
            Code={"ZipFile": code()},
            Description="pays",
            Timeout=9,
            MemorySize=256,
            TracingConfig={"Mode": "Active"},
            EphemeralStorage={"Size": 1024},
            Environment={"Variables": {"TABLE": "t", "EMPTY": "", "SIGN": "ü={}"}},
            Tags={"aws:cloudformation:stack-name": "shop"},
        )
        yield client


def test_moto_one_variable_more_and_nothing_else_changes(moto_client: LambdaClient) -> None:
    before = moto_client.get_function_configuration(FunctionName="payments")
    time = Time()
    recycler = Recycler(moto_client, lambda found: Watching([PROVING]), clock=time, sleep=time.sleep)
    steps = _steps(recycler, reason="somebody's card 4711", environments=[1, 2])
    assert [step.error for step in steps] == [""] * len(steps)
    assert (steps[-1].done, steps[-1].total) == (4, 4)
    texts = " ".join(step.text for step in steps)
    assert "cannot end a single environment" in texts
    assert "cloudformation:shop will show one more variable as drift" in texts
    after = moto_client.get_function_configuration(FunctionName="payments")
    variables = dict(after["Environment"]["Variables"])
    stamp = variables.pop(VARIABLE)
    assert "4711" not in stamp
    assert variables == before["Environment"]["Variables"]
    volatile = {"Environment", "LastModified", "RevisionId", "ResponseMetadata", "LastUpdateStatus"}
    assert {key: value for key, value in before.items() if key not in volatile} == {
        key: value for key, value in after.items() if key not in volatile
    }


def test_moto_what_an_order_does_not_reach_is_said(moto_client: LambdaClient) -> None:
    moto_client.publish_version(FunctionName="payments")
    moto_client.create_alias(FunctionName="payments", Name="live", FunctionVersion="1")
    moto_client.create_alias(FunctionName="payments", Name="next", FunctionVersion="$LATEST")
    means = Means(is_latest_only=True)
    recycler = Recycler(moto_client, lambda found: Watching([PROVING]), means=means)
    steps = _steps(recycler, is_dry_run=True)
    texts = [step.text for step in steps]
    assert any("the alias live, which serves version 1: --only-latest" in text for text in texts)
    assert any("a published version by its number: 1" in text for text in texts)
    assert "the alias next" in texts[0]
    assert (
        VARIABLE
        not in moto_client.get_function_configuration(FunctionName="payments")["Environment"]["Variables"]
    )
    done = _steps(Recycler(moto_client, lambda found: Watching([PROVING]), means=means))
    assert "for the part that recycling reaches" in done[-1].text


def test_moto_a_function_that_is_not_there_is_an_error_with_a_hint(moto_client: LambdaClient) -> None:
    recycler = Recycler(moto_client, lambda found: None)
    (step,) = recycler.recycle("absent")
    assert "ResourceNotFoundException" in step.text
    assert "check the name" in step.error


def test_moto_without_a_witness_nothing_is_claimed(moto_client: LambdaClient) -> None:
    steps = _steps(Recycler(moto_client, lambda found: None))
    assert "not verified" in steps[-1].text
    assert steps[-1].error


def test_moto_a_proof_that_does_not_come_is_an_error_and_the_order_stands(moto_client: LambdaClient) -> None:
    time = Time()
    silent = Watching([Sightings(old=3, newest=9e9)])
    recycler = Recycler(moto_client, lambda found: silent, clock=time, sleep=time.sleep, patience_s=30.0)
    steps = _steps(recycler)
    assert "not verified within 30 s: no invocations since then" in steps[-1].text
    assert steps[-1].error
    assert sum("waiting for proof" in step.text for step in steps) == 1
    assert (
        VARIABLE
        in moto_client.get_function_configuration(FunctionName="payments")["Environment"]["Variables"]
    )


def test_a_list_that_may_not_be_read_is_a_note_and_no_obstacle(stubbed: tuple[LambdaClient, Stubber]) -> None:
    client, stubber = stubbed
    stubber.add_response("get_function", {"Configuration": _configuration()}, {"FunctionName": "payments"})
    _refuses(stubber, "list_aliases", "AccessDeniedException", 403, "not allowed")
    stubber.add_response("list_versions_by_function", {"Versions": []}, {"FunctionName": "payments"})
    stubber.add_response(
        "list_provisioned_concurrency_configs",
        {
            "ProvisionedConcurrencyConfigs": [
                {"FunctionArn": f"{_ARN}:live", "AllocatedProvisionedConcurrentExecutions": 5}
            ]
        },
        {"FunctionName": "payments"},
    )
    steps = _steps(Recycler(client, lambda found: None), is_dry_run=True)
    texts = [step.text for step in steps]
    assert any("aliases could not be read" in text and "AccessDeniedException" in text for text in texts)
    assert any("5 provisioned environments of live" in text for text in texts)


def test_stamps_are_unique_and_show_no_reason() -> None:
    stamps = {make_stamp(1_795_654_800.0, "Ada's card") for _ in range(20)}
    assert len(stamps) == 20
    assert all(stamp.startswith("20261126T010000Z-") and "Ada" not in stamp for stamp in stamps)

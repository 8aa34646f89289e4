"""Calls are tried again where that helps, in time, and never where somebody could be harmed by it."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from botocore.exceptions import (
    BotoCoreError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
    SSLError,
)
from botocore.parsers import ResponseParserError
from tests.attach.live.aws import Time, error

from dayfly.attach.aws.calls import Caller, CallError, LostAnswerError
from dayfly.attach.aws.wording import CredentialsError, DeniedError

_URL = "https://lambda.eu-central-1.amazonaws.com"


def caller(time: Time, *, limit_s: float = 60.0) -> Caller:
    return Caller(clock=time, sleep=time.sleep, random=Random(1), limit_s=limit_s)


def failing(*faults: BaseException, answer: Any = "done") -> Callable[..., Any]:
    left = list(faults)

    def operation(**parameters: Any) -> Any:
        if left:
            raise left.pop(0)
        return answer

    return operation


PASSING = [
    error("op", "TooManyRequestsException", status=429),
    error("op", "ThrottlingException"),
    error("op", "ServiceException", status=500),
    error("op", "503", status=503),
    error("op", "ResourceConflictException", "An update is in progress for resource: arn", 409),
    ReadTimeoutError(endpoint_url=_URL),
    EndpointConnectionError(endpoint_url=_URL),
    ResponseParserError("half an answer"),
]


@pytest.mark.parametrize("fault", PASSING)
def test_what_passes_is_waited_out_ever_longer(fault: BaseException) -> None:
    time = Time()
    began = time.now
    assert caller(time).call(failing(fault, fault, fault)) == "done"
    assert 0.5 < time.now - began < 2.0


@pytest.mark.parametrize("fault", PASSING)
def test_what_never_passes_ends_in_time(fault: BaseException) -> None:
    time = Time()
    began = time.now
    with pytest.raises(CallError):
        caller(time).call(failing(*[fault] * 1000))
    assert time.now - began <= (15.0 if isinstance(fault, ResponseParserError) else 60.0)


@pytest.mark.parametrize(
    "fault",
    [
        error("op", "ResourceConflictException", "Function already exists: payments", 409),
        error("op", "PreconditionFailedException", status=412),
        error("op", "InvalidParameterValueException"),
        SSLError(endpoint_url=_URL, error=ValueError("self-signed")),
    ],
)
def test_what_does_not_pass_is_not_tried_again(fault: BaseException) -> None:
    time = Time()
    began = time.now
    with pytest.raises(CallError):
        caller(time).call(failing(fault))
    assert time.now == began


@pytest.mark.parametrize("fault", [PASSING[2], PASSING[5], PASSING[7]])
def test_an_answer_that_was_lost_is_no_answer(fault: BaseException) -> None:
    with pytest.raises(LostAnswerError):
        caller(Time()).call(failing(fault), is_repeatable=False)


@pytest.mark.parametrize("fault", [PASSING[0], PASSING[4], PASSING[6]])
def test_what_aws_did_not_begin_may_be_repeated_anyway(fault: BaseException) -> None:
    assert caller(Time()).call(failing(fault), is_repeatable=False) == "done"


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (error("op", "ExpiredTokenException", status=403), "have expired"),
        (NoCredentialsError(), "no credentials were found"),
        (error("op", "UnrecognizedClientException", status=403), "not valid"),
    ],
)
def test_credentials_that_expired_are_missing_or_wrong_are_told_apart(
    fault: BaseException, words: str
) -> None:
    with pytest.raises(CredentialsError) as told:
        caller(Time()).call(failing(fault))
    assert words in told.value.message + told.value.hint


def test_a_denial_names_the_missing_action() -> None:
    message = "User: arn:aws:iam::1:user/ann is not authorized to perform: lambda:TagResource on resource: arn:x because no"
    with pytest.raises(DeniedError) as told:
        caller(Time()).call(failing(error("op", "AccessDeniedException", message, 403)))
    assert told.value.action == "lambda:TagResource"
    assert "this role needs lambda:TagResource on arn:x" in told.value.hint


def test_an_explicit_denial_says_that_allowing_does_not_help() -> None:
    message = "is not authorized to perform: lambda:GetFunction on resource: arn:x with an explicit deny in a service control policy"
    with pytest.raises(DeniedError) as told:
        caller(Time()).call(failing(error("op", "AccessDeniedException", message, 403)))
    assert "explicit deny in a service control policy" in told.value.hint


def test_values_that_lambdas_validation_repeats_are_not_shown() -> None:
    message = "1 validation error detected: Value '{PASSWORD=hunter2, A='b'}' at 'environment.variables' failed to satisfy"
    with pytest.raises(CallError) as told:
        caller(Time()).call(failing(error("op", "ValidationException", message)))
    assert "hunter2" not in told.value.message
    assert "environment.variables" in told.value.message


def test_control_characters_of_an_answer_do_not_reach_a_terminal() -> None:
    with pytest.raises(CallError) as told:
        caller(Time()).call(failing(error("op", "Odd", "a\x1b[2Jb\nc")))
    assert told.value.message.isprintable()


def test_a_fault_that_is_none_of_awss_is_passed_on() -> None:
    with pytest.raises(ZeroDivisionError):
        caller(Time()).call(failing(ZeroDivisionError()))
    assert issubclass(ResponseParserError, Exception)
    assert not issubclass(ResponseParserError, BotoCoreError)  # why it is named beside BotoCoreError


def test_pages_go_on_after_a_fault_in_the_middle() -> None:
    pages = {"": {"Items": [1, 2], "NextMarker": "a"}, "a": {"Items": [3]}}
    faults = [error("op", "Throttling")]

    def listing(**parameters: Any) -> Any:
        if "Marker" in parameters and faults:
            raise faults.pop()
        return pages[parameters.get("Marker", "")]

    assert list(caller(Time()).pages(listing, "Items")) == [1, 2, 3]


def test_pages_without_end_are_no_endless_loop() -> None:
    with pytest.raises(CallError, match="same page repeatedly"):
        list(caller(Time()).pages(failing(answer={"Items": [1], "NextMarker": "a"}), "Items"))

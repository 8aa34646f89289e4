"""A whole account is looked at: page by page, a few at a time, through throttles and functions that vanish, and stops where no call would do better."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from moto import mock_aws
from tests.attach.coverage.making import WRAPPED
from tests.attach.live.aws import Lambda, Time, error, make_client, make_function, make_layer, make_role

from dayfly.attach.aws.calls import Caller
from dayfly.attach.aws.wording import CredentialsError
from dayfly.attach.coverage.gathering import Pause, Surveyor
from dayfly.attach.coverage.model import Coverage, Level

_ARN = "arn:aws:lambda:eu-central-1:123456789012:function:"


@pytest.fixture
def aws() -> Iterator[Lambda]:
    with mock_aws():
        client = make_client()
        layer = make_layer(client)
        role = make_role()
        make_function(client, role, "attached", Layers=[layer], Environment={"Variables": WRAPPED})
        make_function(client, role, "bare")
        make_function(client, role, "page", Runtime="nodejs22.x")
        yield Lambda(client)


def _surveyor(aws: Any, **more: Any) -> Surveyor:
    time = Time()
    caller = Caller(clock=time, sleep=time.sleep, random=Random(1), limit_s=20.0)
    return Surveyor(caller, aws, **more)


def _levels(found: Iterator[Coverage]) -> dict[str, Level]:
    return {one.name: one.level for one in found}


def test_functions_of_other_runtimes_take_no_call_of_their_own(aws: Lambda) -> None:
    surveyor = _surveyor(aws)
    found = _levels(surveyor.survey(surveyor.listed(), are_listed=True))
    assert found == {"attached": Level.UNKNOWN, "bare": Level.UNPROTECTED, "page": Level.NOT_PYTHON}
    assert sorted(one["FunctionName"] for one in aws.asked("get_function")) == ["attached", "bare"]


def test_throttles_are_waited_out(aws: Lambda) -> None:
    refusals = iter([True, True, False] * 100)

    def throttle(operation: str, parameters: dict[str, Any]) -> None:
        if next(refusals):
            raise error(operation, "TooManyRequestsException", "Rate exceeded", 429)

    aws.before.append(throttle)
    surveyor = _surveyor(aws, parallel=1)
    assert len(_levels(surveyor.survey(surveyor.listed(), are_listed=True))) == 3


def test_one_that_vanishes_is_left_out_if_listed_and_told_if_named(aws: Lambda) -> None:
    surveyor = _surveyor(aws)
    assert _levels(surveyor.survey(["gone", "bare"], are_listed=True)) == {"bare": Level.UNPROTECTED}
    (found,) = surveyor.survey(["gone"], are_listed=False)
    assert (found.level, found.gaps[0].reason) == (Level.UNKNOWN, "not-found")


def test_one_that_may_not_be_read_does_not_hide_the_others(aws: Lambda) -> None:
    def deny(operation: str, parameters: dict[str, Any]) -> None:
        if operation == "get_function" and parameters["FunctionName"] == "attached":
            raise error(
                operation, "AccessDeniedException", "not authorized to perform: lambda:GetFunction", 403
            )

    aws.before.append(deny)
    found = _levels(_surveyor(aws).survey(["attached", "bare"], are_listed=True))
    assert found == {"attached": Level.UNKNOWN, "bare": Level.UNPROTECTED}


def test_a_layer_that_may_not_be_read_is_not_called_protected(aws: Lambda) -> None:
    def deny(operation: str, parameters: dict[str, Any]) -> None:
        if operation == "get_layer_version":
            raise error(operation, "AccessDeniedException", "no", 403)

    aws.before.append(deny)
    (found,) = _surveyor(aws).survey(["attached"], are_listed=True)
    assert (found.level, found.dayfly_version) == (Level.UNKNOWN, "")
    assert {gap.reason for gap in found.gaps} >= {"layer-not-read"}


def test_expired_credentials_end_it_at_once_and_say_so(aws: Lambda) -> None:
    def expire(operation: str, parameters: dict[str, Any]) -> None:
        if operation == "get_function":
            raise error(operation, "ExpiredTokenException", "expired", 403)

    aws.before.append(expire)
    many = [f"function-{number}" for number in range(500)]
    with pytest.raises(CredentialsError, match="have expired"):
        list(_surveyor(aws, parallel=4).survey(many, are_listed=True))
    assert len(aws.asked("get_function")) <= 16


class _Endless:
    """A Lambda with a thousand functions that tells how many are asked for at once."""

    def __init__(self) -> None:
        self.pages = 0
        self.now = self.most = 0
        self._lock = threading.Lock()
        self._together = threading.Barrier(3, timeout=60.0)

    def list_functions(self, Marker: str = "") -> dict[str, Any]:
        self.pages += 1
        begin = int(Marker or 0)
        told = {"Runtime": "python3.12", "PackageType": "Zip"}
        names = [
            {"FunctionName": f"f{number}", "FunctionArn": f"{_ARN}f{number}", **told}
            for number in range(begin, begin + 50)
        ]
        return {"Functions": names, **({"NextMarker": str(begin + 50)} if begin < 950 else {})}

    def get_function(self, FunctionName: str) -> dict[str, Any]:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        try:
            if FunctionName in ("f0", "f1", "f2"):
                self._together.wait()
        finally:
            with self._lock:
                self.now -= 1
        told = {"FunctionName": FunctionName, "FunctionArn": _ARN + FunctionName, "Runtime": "python3.12"}
        return {"Configuration": told}

    def list_aliases(self, **parameters: Any) -> dict[str, Any]:
        return {}

    list_versions_by_function = list_provisioned_concurrency_configs = list_aliases
    get_function_code_signing_config = list_aliases


def test_a_thousand_functions_are_read_three_at_a_time_and_no_more() -> None:
    endless = _Endless()
    surveyor = _surveyor(endless, parallel=3)
    found = _levels(surveyor.survey(surveyor.listed(), are_listed=True))
    assert (len(found), endless.pages, endless.most) == (1000, 20, 3)


def test_the_list_is_read_as_it_is_worked_off() -> None:
    endless = _Endless()
    surveyor = _surveyor(endless, parallel=3)
    survey = surveyor.survey(surveyor.listed(), are_listed=True)
    next(survey)
    assert endless.pages == 1
    survey.close()  # type: ignore[attr-defined]  # a generator, which whoever stops looking closes


def test_whoever_stops_looking_need_not_wait_for_throttled_calls(aws: Lambda) -> None:
    tried = threading.Event()

    def throttle(operation: str, parameters: dict[str, Any]) -> None:
        if operation == "get_function" and parameters["FunctionName"] == "attached":
            tried.set()
            raise error(operation, "TooManyRequestsException", "Rate exceeded", 429)

    aws.before.append(throttle)
    pause = Pause()
    client: Any = aws
    surveyor = Surveyor(Caller(sleep=pause, limit_s=3600.0), client, end=pause.end)
    survey = surveyor.survey(["attached", "bare"], are_listed=True)
    assert next(survey).name == "bare"
    assert tried.wait(60.0)
    survey.close()  # type: ignore[attr-defined]  # a generator, which whoever stops looking closes

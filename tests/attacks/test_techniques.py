"""The catalogue of attacks as on AWS, each tried where it must work and where it must not: plain, and in each isolation."""

from __future__ import annotations

import http.client
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress

import pytest
from tests.attacks.pending import PENDING, Isolation
from tests.attacks.shop import Shop, needs_confinement
from tests.aws import COMBINATIONS, MAIN, Aws
from tests.lambda_refusals import REFUSED
from tests.rie import Runtime

from dayfly.lab.gauntlet.evidence import Aftermath
from dayfly.lab.gauntlet.technique import Technique, load_techniques

pytestmark = needs_confinement()

TECHNIQUES = load_techniques()
LATER = 3
ROUNDS = 5
# A worker's events in window isolation. Two are gone before the attack's consequences: one that finds out that the
# worker is fresh, and the attack itself.
WINDOW = 5
GUARD_OFF = {"DAYFLY_GUARD": "off"}
SETTINGS: dict[str, dict[str, str]] = {
    "invocation": {},
    "window": {"DAYFLY_ISOLATION": "window", "DAYFLY_MAX_INVOCATIONS": str(WINDOW)},
    # With the guard, what it finds in memory may end the process.
    "process": {"DAYFLY_ISOLATION": "process", **GUARD_OFF},
}
# Of a function of HTTP services alone. What polls the Runtime API is contained there; where it is not locked, it is found and
# ended: see test_runtime_api_unlocked.
# The guard, which Python code in the worker can switch off, refuses the connection before there is a lock to meet.
LOCKED = {"DAYFLY_API_LOCK": "on", "DAYFLY_GUARD": "off"}
PID = "result = os.getpid()"
# A new life's first line is written once init is done.
NEW_LIFE_LIMIT_S = 60.0
FINDING_LIMIT_S = 60.0


class Shops:
    """Environments of one isolation: one for all techniques that leave nothing behind, fresh ones for the rest."""

    def __init__(self, isolation: Isolation, aws: Aws = MAIN) -> None:
        self._isolation: Isolation = isolation
        self._aws = aws
        self._stack = ExitStack()
        self._shared: Shop | None = None

    def close(self) -> None:
        """End the shared environment."""
        self._stack.close()

    def enter(self, stack: ExitStack, technique: Technique) -> Shop:
        """An environment for one technique, that has served a customer."""
        if _needs_its_own(technique) or self._isolation == "process":
            return stack.enter_context(_open(technique, SETTINGS[self._isolation], self._aws))
        if self._shared is None:
            self._shared = self._stack.enter_context(_open(technique, SETTINGS[self._isolation], self._aws))
        return self._shared


def _needs_its_own(technique: Technique) -> bool:
    default = Technique.__dataclass_fields__
    return (
        technique.spoils
        or technique.resets
        or technique.needs_more_than_lambda
        or bool(technique.environment)
        or technique.handler != default["handler"].default
        or technique.timeout_s != default["timeout_s"].default
    )


def _open(
    technique: Technique, settings: Mapping[str, str], aws: Aws = MAIN, *, runtime: Runtime = "dayfly"
) -> Shop:
    return Shop(
        runtime,
        handler=technique.handler,
        environment={**settings, **(LOCKED if technique.family == "M5" else {}), **technique.environment},
        timeout_s=technique.timeout_s,
        refusals=not technique.needs_more_than_lambda,
        aws=aws,
    )


@pytest.fixture(scope="module")
def invocation_shops(request: pytest.FixtureRequest) -> Iterator[Shops]:
    aws: Aws = request.param
    if aws.missing:
        pytest.skip(f"{aws}: {aws.missing}")
    yield from _shops("invocation", aws)


@pytest.fixture(scope="module")
def window_shops() -> Iterator[Shops]:
    yield from _shops("window")


@pytest.fixture(scope="module")
def process_shops() -> Iterator[Shops]:
    yield from _shops("process")


def _shops(isolation: Isolation, aws: Aws = MAIN) -> Iterator[Shops]:
    shops = Shops(isolation, aws)
    yield shops
    shops.close()


def _marks(technique: Technique, isolation: Isolation | None) -> list[pytest.MarkDecorator]:
    marks: list[pytest.MarkDecorator] = []
    if technique.is_slow:
        marks.append(pytest.mark.slow)
    if sys.version_info < technique.since:
        version = ".".join(str(part) for part in technique.since)
        marks.append(pytest.mark.skip(reason=f"works on Python {version} and later"))
    if isolation is not None and (technique.name, isolation) in PENDING:
        marks.append(pytest.mark.xfail(strict=True, reason=PENDING[technique.name, isolation]))
    return marks


def every_technique(isolation: Isolation | None = None) -> pytest.MarkDecorator:
    """Run a test once for each technique, expected to fail where PENDING says so."""
    parameters = [pytest.param(one, id=one.name, marks=_marks(one, isolation)) for one in TECHNIQUES]
    return pytest.mark.parametrize("technique", parameters)


def _cost(technique: Technique) -> tuple[bool, ...]:
    is_race = technique.process == "may reach"
    return technique.is_slow, is_race, technique.spoils or technique.resets, _needs_its_own(technique)


def every_technique_as_on_aws() -> pytest.MarkDecorator:
    """Run a test for each technique in each combination; of all but the main one, what repeats a family runs at night."""
    cheapest = {one.family: one for one in sorted(TECHNIQUES, key=_cost, reverse=True)}
    parameters = []
    for aws in COMBINATIONS:
        for technique in TECHNIQUES:
            marks = _marks(technique, "invocation")
            if aws != MAIN:
                marks.append(pytest.mark.slow)
                if technique is not cheapest[technique.family]:
                    marks.append(pytest.mark.nightly)
            parameters.append(pytest.param(aws, technique, id=f"{aws}-{technique.name}", marks=marks))
    return pytest.mark.parametrize(
        ("invocation_shops", "technique"), parameters, indirect=["invocation_shops"]
    )


@every_technique()
def test_on_a_plain_environment_it_works(technique: Technique) -> None:
    with _open(technique, {}, runtime="plain") as shop:
        _learn(shop, technique)
        aftermath = _attack_until_reached(shop, technique)
    assert aftermath.reached > 0, (
        f"it must {technique.must_fail_to}, or the other tests prove nothing: {aftermath}"
    )


@every_technique_as_on_aws()
def test_with_a_worker_per_invocation_it_reaches_nobody(
    technique: Technique, invocation_shops: Shops
) -> None:
    with ExitStack() as stack:
        shop = invocation_shops.enter(stack, technique)
        _learn(shop, technique)
        before = len(shop.findings())
        _attack(shop, technique)
        _let_it_be_noticed(shop, technique, since=before)
        aftermath = technique.evidence.gather(shop, LATER)
        _assert_contained(technique, aftermath)
        if technique.finding:
            _wait_for_finding(shop, technique.finding, since=before)


UNDEFENDED = [technique for technique in TECHNIQUES if technique.undefended]


@pytest.mark.parametrize("technique", UNDEFENDED, ids=[technique.name for technique in UNDEFENDED])
def test_without_its_defence_it_works(technique: Technique) -> None:
    # A layer's programs cannot be read whatever the setting says.
    with _open(technique, {**GUARD_OFF, **LOCKED, **technique.undefended}, Aws("pip")) as shop:
        _learn(shop, technique)
        for _ in range(ROUNDS):
            _attack(shop, technique)
            aftermath = technique.evidence.gather(shop, LATER)
            if aftermath.reached:
                return
    pytest.fail(f"something else stops it, or it has grown stale: {aftermath}")


@every_technique("window")
def test_with_windows_it_reaches_nobody_after_its_own(technique: Technique, window_shops: Shops) -> None:
    with ExitStack() as stack:
        shop = window_shops.enter(stack, technique)
        _learn(shop, technique)
        worker = _begin_window(shop)
        before = len(shop.findings())
        _attack(shop, technique)
        _let_it_be_noticed(shop, technique, since=before)
        if technique.ends_window:
            assert shop.result_of(PID) != worker, "its window goes on"
        else:
            for _ in range(WINDOW - 2):
                shop.order()
        _assert_contained(technique, technique.evidence.gather(shop, LATER))


@every_technique("process")
def test_without_a_fork_it_reaches_as_far_as_its_file_says(
    technique: Technique, process_shops: Shops
) -> None:
    with ExitStack() as stack:
        shop = process_shops.enter(stack, technique)
        _learn(shop, technique)
        if technique.process == "reaches":
            aftermath = _attack_until_reached(shop, technique)
        else:
            _attack(shop, technique)
            _let_it_be_noticed(shop, technique, since=0)
            aftermath = technique.evidence.gather(shop, LATER)
    if technique.process == "contained":
        _assert_contained(technique, aftermath)
    elif technique.process == "reaches":
        assert aftermath.reached > 0, f"it is said to reach later customers here, and did not: {aftermath}"


def _learn(shop: Shop, technique: Technique) -> None:
    shop.learn()
    if technique.possible and not shop.result_of(technique.possible):
        pytest.skip("this machine has no such object")


def _attack(shop: Shop, technique: Technique) -> None:
    if technique.event:
        shop.rie.invoke(dict(technique.event))
    else:
        # What fills the machine's tables may end the emulator too, which has the same user here.
        with suppress(ConnectionError, http.client.HTTPException):
            shop.attack(technique.plant)
    if technique.resets and shop.runtime == "dayfly":
        # The platform notices at its next event at the latest, whose answer may carry the failure.
        lives = _lives(shop)
        shop.order()
        end = time.monotonic() + NEW_LIFE_LIMIT_S
        while _lives(shop) == lives and time.monotonic() < end:
            time.sleep(0.01)


def _attack_until_reached(shop: Shop, technique: Technique) -> Aftermath:
    """Attack until a later customer is reached: some techniques race with the runtime, and need not win at once."""
    for _ in range(ROUNDS):
        _attack(shop, technique)
        aftermath = technique.evidence.gather(shop, LATER)
        for _ in range(ROUNDS - 1):
            if aftermath.reached:
                return aftermath
            aftermath = technique.evidence.gather(shop, LATER)
    return aftermath


def _let_it_be_noticed(shop: Shop, technique: Technique, *, since: int) -> None:
    """Serve the customers who may be reached before a technique is noticed, if there are any."""
    for _ in range(technique.noticed_within):
        if technique.finding in shop.findings()[since:]:
            return
        shop.order()
    if technique.noticed_within:
        _wait_for_finding(shop, technique.finding, since=since)


def _lives(shop: Shop) -> int:
    return shop.rie.logs().count('"types":["environment.started"]')


def _begin_window(shop: Shop) -> object:
    """Serve until a fresh worker has served its first event; return its pid."""
    before = shop.result_of(PID)
    for _ in range(WINDOW):
        if (worker := shop.result_of(PID)) != before:
            return worker
    pytest.fail("no window ended")


def _assert_contained(technique: Technique, aftermath: Aftermath) -> None:
    assert aftermath.reached == 0, f"it must fail to {technique.must_fail_to}: {aftermath}"
    assert aftermath.wronged == (), "a later customer did not get the right answer"
    assert aftermath.lost <= technique.may_lose, f"later customers got no answer: {aftermath}"


def _wait_for_finding(shop: Shop, kind: str, *, since: int) -> None:
    end = time.monotonic() + FINDING_LIMIT_S
    while kind not in shop.findings()[since:]:
        assert time.monotonic() < end, f"no finding {kind}, only {shop.findings()[since:]}"
        time.sleep(0.01)


def test_the_catalogue_is_as_large_as_it_is_said_to_be() -> None:
    assert len(TECHNIQUES) >= 45
    assert {technique.level for technique in TECHNIQUES} == {"L1", "L2", "L3"}


def test_some_defences_can_be_taken_away() -> None:
    assert len(UNDEFENDED) >= 3


def test_what_is_pending_names_a_technique_and_a_reason() -> None:
    names = {technique.name for technique in TECHNIQUES}
    assert [key for key, reason in PENDING.items() if key[0] not in names or not reason] == []


def test_the_machine_has_the_filter_that_lambda_has() -> None:
    import os

    if os.uname().machine not in REFUSED:
        pytest.skip("Lambda has no such machine")
    with Shop("plain", aws=MAIN) as shop:
        assert shop.result_of("import ctypes\nresult = ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)") == -1

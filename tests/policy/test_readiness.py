"""Whether a guard may refuse: each rule is met by enough, told with what is missing, and never met by what nobody knows."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from dayfly.core.policyfile import parse_policy
from dayfly.policy.observed import Conclusion, Observation, SeenUse, Sign, Stretch
from dayfly.policy.readiness import Demand, Readiness, judge_block, judge_observe
from dayfly.policy.widely import learnable

DAY = 86_400.0
NOW = 1_795_000_000.0
_DAYS = tuple(f"2026-11-{day:02}" for day in range(1, 16))


def _stretch(**more: Any) -> Stretch:
    values: dict[str, Any] = {
        "guard": "observe", "learns": True, "code": "aa", "environments": 40, "invocations": 5_000,
        "began": NOW - 15 * DAY, "last": NOW - 60, "days": _DAYS,
    }  # fmt: skip
    return Stretch(**{**values, **more})


def use(target: str, **more: Any) -> SeenUse:
    """A use that was seen widely."""
    values: dict[str, Any] = {
        "kind": "network", "packages": ("requests",), "phase": "invoke", "times": 30, "environments": 30, "days": 10,
        "callers": 9, "first": NOW - 10 * DAY, "last": NOW - 60,
    }  # fmt: skip
    return SeenUse(target=target, **{**values, **more})


def observation(**more: Any) -> Observation:
    """A function that is ready for everything."""
    values: dict[str, Any] = {
        "function": "payments", "source": "fleet", "since": NOW - 16 * DAY, "until": NOW, "stretches": (_stretch(),),
        "uses": (use("pay.example:443"),), "silent": 0, "callers": 50,
    }  # fmt: skip
    return Observation(**{**values, **more})


def _missing(found: Readiness) -> dict[str, str]:
    return {check.name: check.missing for check in found.checks if check.state != "met"}


def _observe(**more: Any) -> dict[str, str]:
    return _missing(judge_observe(observation(**more), Demand()))


def test_a_function_that_was_seen_long_and_widely_is_ready() -> None:
    assert judge_observe(observation(), Demand()).is_ready
    policy = parse_policy({"network": {"allow": ["pay.example:443"]}})
    assert judge_block(observation(), policy, Demand(), digest="").is_ready


def test_nothing_seen_is_ready_for_nothing() -> None:
    found = judge_observe(observation(stretches=(), uses=()), Demand())
    assert not found.is_ready
    assert {"learning", "recorded long enough", "enough invocations", "all environments report"} <= set(
        _missing(found)
    )


@pytest.mark.parametrize(
    ("days", "words"),
    [(8.0, "needs 6 days more"), (13.5, "needs 12 hours more"), (13.96, ""), (14.0, "")],
)
def test_how_much_is_missing_is_told(days: float, words: str) -> None:
    found = _observe(stretches=(_stretch(began=NOW - 60 - days * DAY),))
    assert found.get("recorded long enough", "") == words


def test_days_without_a_request_are_not_days_of_seeing() -> None:
    assert (
        "needs 5 days more with requests"
        in _observe(stretches=(_stretch(days=_DAYS[:2]),))["enough days with requests"]
    )


def test_too_few_invocations() -> None:
    assert (
        _observe(stretches=(_stretch(invocations=400),))["enough invocations"] == "needs 600 more invocations"
    )


def test_a_function_that_fell_silent_is_not_ready() -> None:
    assert "no data for 3 days" in _observe(stretches=(_stretch(last=NOW - 2.5 * DAY),))["recent data"]


@pytest.mark.parametrize(
    "more",
    [
        {"silent": 3, "silent_invocations": 70},
        {"stretches": (_stretch(), _stretch(guard="not armed", environments=2))},
        {"stretches": (_stretch(), _stretch(guard="off", environments=2))},
    ],
)
def test_environments_that_do_not_report_are_in_the_way(more: dict[str, Any]) -> None:
    assert "all environments report" in _observe(**more)


def test_an_environment_without_a_guard_long_ago_is_not() -> None:
    assert _observe(stretches=(_stretch(), _stretch(guard="off", last=NOW - 9 * DAY))) == {}


def test_code_that_was_deployed_an_hour_ago_was_not_seen() -> None:
    new = _stretch(code="bb", began=NOW - 3600, last=NOW - 30, invocations=9)
    assert "needs 24 hours more" in _observe(stretches=(_stretch(), new))["deployed code recorded"]


def test_findings_are_in_the_way_until_somebody_explains_them() -> None:
    sign = Sign(kind="guard.observed", rule="sql.structure", place="app.py:3", times=7)
    assert (
        "guard.observed sql.structure at app.py:3 (7×)" in _observe(signs=(sign,))["no unexplained finding"]
    )
    assert _observe(signs=(msgspec.structs.replace(sign, explained=1),)) == {}


@pytest.mark.parametrize(
    ("rule", "severity", "is_in_the_way"),
    [("log_gaps", 2, True), ("campaign", 4, True), ("keep_warm", 2, False)],
)
def test_detections_of_tampering_are_in_the_way(rule: str, severity: int, is_in_the_way: bool) -> None:
    one = Conclusion(uid="d", rule=rule, title="t", severity=severity)
    assert ("no tampering" in _observe(conclusions=(one,))) is is_in_the_way
    assert _observe(conclusions=(msgspec.structs.replace(one, is_explained=True),)) == {}


def test_what_could_not_be_read_is_in_the_way() -> None:
    assert "complete data" in _observe(is_cut=True)
    assert "complete data" in _observe(malformed=2)


@pytest.mark.parametrize(
    "one",
    [
        use("once.example:443", environments=1, days=1, times=1),
        # Twenty environments, and all for the same caller.
        use("leech.example:443", callers=1),
    ],
)
def test_what_was_seen_narrowly_is_not_believed_and_is_told(one: SeenUse) -> None:
    seen = observation(uses=(use("pay.example:443"), one))
    able, rare = learnable(seen)
    assert ([one.target for one in able], rare) == (["pay.example:443"], (one,))
    assert one.target in _missing(judge_observe(seen, Demand()))["no rare use excluded"]
    assert learnable(seen, with_rare=True) == (seen.uses, ())


def test_what_is_used_at_init_is_the_codes_own() -> None:
    one = use("/opt/data", kind="read", phase="init", environments=1, days=1, callers=0)
    assert learnable(observation(uses=(one,)))[0] == (one,)


def test_a_function_with_one_caller_has_no_callers_to_compare() -> None:
    assert learnable(observation(uses=(use("pay.example:443", callers=1),), callers=1))[1] == ()


def test_what_was_seen_beside_an_attack_alone_is_never_learned() -> None:
    one = use("evil.example:443", times=3, suspect=3)
    for with_rare in (False, True):
        assert learnable(observation(uses=(one,)), with_rare=with_rare) == ((), ())


def test_much_that_was_seen_once_means_that_much_is_unseen() -> None:
    rare = tuple(use(f"h{number}.example:443", environments=1, days=2) for number in range(9))
    assert (
        "not recorded yet"
        in _observe(uses=(*rare, use("pay.example:443", environments=3)))["few unseen uses expected"]
    )


def test_what_the_policy_would_refuse_is_in_the_way_of_blocking() -> None:
    policy = parse_policy({"network": {"allow": ["other.example:443"]}})
    found = judge_block(observation(), policy, Demand(), digest="")
    assert "pay.example:443" in _missing(found)["no legitimate use would be refused"]
    # A policy that nobody could read is judged by what the guard said of each use.
    assert judge_block(observation(), None, Demand(), digest="").is_ready
    told = observation(uses=(use("pay.example:443", verdict="observed"),))
    assert not judge_block(told, None, Demand(), digest="").is_ready


def test_an_attack_that_would_be_refused_is_not_in_the_way() -> None:
    policy = parse_policy({"network": {"allow": []}})
    seen = observation(uses=(use("evil.example:443", suspect=30),))
    assert judge_block(seen, policy, Demand(), digest="").is_ready


def test_only_what_was_seen_since_the_policy_counts_for_blocking() -> None:
    policy = parse_policy({"network": {"allow": []}})
    young = _stretch(digest="d", began=NOW - DAY, last=NOW - 60)
    seen = observation(
        stretches=(_stretch(last=NOW - DAY), young), uses=(use("old.example:443", last=NOW - 3 * DAY),)
    )
    assert set(_missing(judge_block(seen, policy, Demand(), digest="d"))) == {"recorded long enough"}
    assert judge_block(seen, policy, Demand(quiet_days=1.0), digest="d").is_ready
    assert (
        "needs 3 days more"
        in _missing(judge_block(seen, policy, Demand(), digest="x"))["recorded long enough"]
    )


def test_what_a_log_cannot_tell_is_not_taken_for_good_news() -> None:
    seen = observation(source="log", silent=None, callers=None, stretches=(_stretch(invocations=0),))
    states = {check.name: check.state for check in judge_observe(seen, Demand()).checks}
    assert states["no tampering"] == "unknown"
    assert states["enough invocations"] == "unknown"
    assert not judge_observe(seen, Demand()).is_ready

"""Rules block once they were quiet for as long as the file says, and no log that is too short makes them."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime

import pytest
from tests.policy.making import DAY, POLICY, document, finding

from dayfly.core.findings import GUARD_OBSERVED
from dayfly.core.policyfile import parse_policy
from dayfly.policy.logs import parse_log
from dayfly.policy.model import PolicyError, Use
from dayfly.policy.promoting import Promotion, find_noise, promote

START = datetime(2025, 11, 1, tzinfo=UTC).timestamp()
SHELL = Use("process", "/bin/sh", ("function",), "invoke")


def tick(day: float) -> str:
    return f"{datetime.fromtimestamp(START + day * DAY, UTC).isoformat()} START RequestId: r{day} Version: 1"


def run(*lines: str, text: str = POLICY) -> Promotion:
    return promote(document(text), find_noise(parse_log("\n".join(lines))))


def modes(text: str) -> dict[str, str]:
    policy = parse_policy(tomllib.loads(text)["policy"])
    return {name: policy.mode_of(name, "") for name in ("process", "network", "read", "write", "sql", "path")}


def test_a_quiet_log_switches_everything_to_block() -> None:
    found = run(tick(0), tick(14))
    assert set(modes(found.text).values()) == {"block"}
    assert found.text == POLICY.replace('mode = "observe"', 'mode = "block"')
    assert (found.noisy, found.quiet_since, found.reason) == ((), None, "")
    assert "process" in found.promoted


def test_a_rule_with_a_finding_goes_on_observing_and_the_others_block() -> None:
    found = run(tick(0), finding(SHELL, at=START + 5.5 * DAY), tick(14))
    assert found.noisy == ("process",)
    assert modes(found.text) == {
        "process": "observe", "network": "block", "read": "block", "write": "observe", "sql": "block", "path": "block",
    }  # fmt: skip
    assert str(found.quiet_since) == "2025-11-07"
    assert tomllib.loads(found.text)["policy"]["quiet_since"] == found.quiet_since
    assert not {"guard", "residue", "capability"} & {
        *found.promoted,
        *tomllib.loads(found.text)["policy"]["rules"],
    }
    # Nothing restricts writing but packages, whose mode is that of all.
    assert "write" not in found.promoted
    again = run(tick(6), tick(20), text=found.text)
    assert set(modes(again.text).values()) == {"block"}


def test_what_the_guard_observed_else_counts_for_its_rule() -> None:
    found = run(tick(0), finding(None, at=START + DAY, kind=GUARD_OBSERVED, rule="path.leaves"), tick(14))
    assert found.noisy == ("path",)
    assert modes(found.text)["path"] == "observe"
    assert modes(found.text)["process"] == "block"


@pytest.mark.parametrize(
    "line", [finding(SHELL, at=START - DAY), finding(SHELL, at=START + DAY, verdict="used")]
)
def test_a_finding_from_before_and_a_use_that_was_allowed_are_no_noise(line: str) -> None:
    assert set(modes(run(tick(-2), line, tick(14)).text).values()) == {"block"}


@pytest.mark.parametrize("days", [(0.0, 13.0), (10.0, 20.0), (-20.0, 13.9)])
def test_a_log_that_is_too_short_promotes_nothing(days: tuple[float, float]) -> None:
    found = run(*map(tick, days))
    assert (found.text, found.promoted) == (POLICY, ())
    assert "promote_after is 14 days" in found.reason


def test_a_short_log_with_a_finding_still_moves_the_date() -> None:
    found = run(tick(0), finding(SHELL, at=START + 3 * DAY), tick(4))
    assert found.promoted == ()
    assert found.text == POLICY.replace("2025-11-01", "2025-11-05")


def test_without_times_or_a_setting_there_is_nothing_to_go_by() -> None:
    with pytest.raises(PolicyError, match="no log record"):
        run("START RequestId: r Version: 1")
    with pytest.raises(PolicyError, match="no promote_after"):
        run(tick(0), text="[policy.process]\n")

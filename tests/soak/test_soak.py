"""Some thousands of the soak's invocations; `make soak` serves a hundred thousand."""

from __future__ import annotations

import json

import pytest
from tests.confined import confinement_here
from tests.soak.__main__ import PARTS, main, soak
from tests.soak.driver import Violation
from tests.soak.mix import KINDS, events

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(confinement_here().kind == "none", reason="no confinement"),
]
SEEN = (
    "residue.process",
    "residue.file",
    "residue.ipc",
    "worker.died",
    "zygote.lost",
    "environment.earlier-life",
    "environment.restarted",
)


@pytest.mark.parametrize(
    "part",
    [pytest.param(name, marks=[] if name == "default" else pytest.mark.nightly) for name, _, _ in PARTS],
)
def test_no_answer_is_lost_repeated_or_crossed_and_nothing_grows(part: str) -> None:
    settings = next(settings for name, settings, _ in PARTS if name == part)
    # Of few events a seed decides whether each of the hostile kinds is among them.
    seed = f"ci-3/{part}"
    assert any(event.kind == "kill_all" for event in events(1200, seed))
    tally, findings = soak(1200, seed, settings)
    assert tally.served == 1200
    assert sum(tally.kinds.values()) == 1200
    assert set(tally.kinds) <= set(KINDS)
    # The hostile ones did what they were sent for, and were seen.
    assert tally.outcomes["lost"] >= 3
    assert tally.resets >= 1
    for kind in SEEN:
        assert findings[kind], f"no {kind} among {findings}"
    assert not findings["environment.not-clean"]
    assert tally.looks[-1].held.supervisor_kb > 0
    assert tally.looks[-1].held.supervisor_descriptors > 0, "the supervisor's descriptors could not be read"


def test_a_run_ends_in_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--invocations", "40", "--seed", "s", "--part", PARTS[0][0], "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["seed"] == "s"
    assert told["parts"][PARTS[0][0]]["served"] == 40


def test_what_is_left_for_the_next_event_is_a_violation() -> None:
    """Without the protection a soak fails, or it proves nothing."""
    with pytest.raises(Violation, match="its worker was not fresh"):
        soak(400, "ci/kept", {"DAYFLY_TMP": "keep"})


def test_a_violation_says_how_to_see_it_again(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PARTS[0][1], "DAYFLY_TMP", "keep")
    assert main(["--invocations", "400", "--seed", "s", "--part", PARTS[0][0]]) == 1
    told = capsys.readouterr().err
    assert "its worker was not fresh" in told
    assert f'again: python -m tests.soak --seed s --part "{PARTS[0][0]}" --invocations 400' in told

"""Views fit eighty columns, whatever is drawn in them."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console, RenderableType
from tests.policy.making import DAY, NOON, POLICY, document, finding, gathered

from dayfly.cli.policy_learn_view import draw_learned
from dayfly.cli.policy_view import draw_comparison, draw_explanation, draw_problems, draw_promotion
from dayfly.policy.checking import Problem
from dayfly.policy.comparing import compare
from dayfly.policy.confidence import judge_confidence
from dayfly.policy.explaining import explain
from dayfly.policy.learned import learn
from dayfly.policy.logs import parse_log
from dayfly.policy.model import Gathered, Use
from dayfly.policy.promoting import find_noise, promote

LONG = "/".join(["", "opt", *["a-directory-with-a-long-name"] * 8, "file"])
PATH = Path("dayfly.toml")
USES = {
    str(number): [
        Use("read", LONG + str(number), (f"package_{number}_{'x' * 40}", "function"), "invoke"),
        Use("network", f"{'host-' * 12}{number}.example.com:443", ("requests",), "init"),
    ]
    for number in range(30)
}


def draw(what: RenderableType, columns: int) -> str:
    console = Console(file=io.StringIO(), width=columns, highlight=False)
    console.print(what, soft_wrap=False)
    file = console.file
    assert isinstance(file, io.StringIO)
    shown = file.getvalue()
    assert max(len(line.rstrip()) for line in shown.splitlines()) <= columns
    return " ".join(shown.split())


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_everything_learned_fits(columns: int) -> None:
    sources = [
        gathered(USES),
        Gathered("log", (), ("r",), malformed=2, begins=NOON, ends=NOON + DAY, notes=("a note",)),
        Gathered(
            "tests",
            (),
            ("t",),
            failed=("a.json",),
            unreached=tuple(f"app.py:{n} f" for n in range(20)),
            is_watched=True,
        ),
    ]
    learned = learn(sources)
    shown = draw(
        draw_learned(
            sources,
            learned,
            judge_confidence(sources),
            old="",
            new=POLICY,
            name="dayfly.toml",
            is_off=True,
        ),
        columns,
    )
    assert "and 11 more: see --json" in shown or "more: see --json" in shown
    assert "Never called: 20 functions" in shown
    assert "2 lines could not be read and were skipped" in shown
    assert "a note" in shown
    assert 'sets guard = "off"' in shown
    # Every event brought a file of its own.
    assert "100%" in shown


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_problems_explanations_changes_and_promotions_fit(columns: int) -> None:
    problems = [
        Problem(12, "policy.network", f"{LONG} is wrong", LONG, is_error=n % 2 == 0) for n in range(3)
    ]
    shown = draw(draw_problems(PATH, problems), columns)
    assert "3 problems; Dayfly would not start with this file" in shown
    assert "no problem" in draw(draw_problems(PATH, []), columns)
    use = Use("read", LONG, ("a" * 60, "b" * 60), "init")
    shown = draw(draw_explanation(PATH, explain(document(), use)), columns)
    assert "If the function needs it" in shown
    log = parse_log(
        "\n".join(finding(Use("read", f"{LONG}{n}"), request=f"{n:036}", verdict="used") for n in range(40))
    )
    new = document(POLICY.replace('allow = ["${TASK}/data/*"]', 'allow = ["/opt/**"]'))
    shown = draw(draw_comparison(PATH, compare(document(), new, log.entries), log), columns)
    assert "The new policy is more permissive" in shown
    assert "and 10 more: see --json" in shown
    noisy = parse_log("\n".join([finding(Use("read", LONG)), finding(Use("read", LONG), at=NOON + DAY)]))
    shown = draw(
        draw_promotion(
            document(), promote(document(), find_noise(noisy)), find_noise(noisy), noisy.malformed
        ),
        columns,
    )
    assert "read (2 findings)" in shown
    assert "+quiet_since = 2025-11-27" in shown

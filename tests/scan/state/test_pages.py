"""The pages of `state`: two customers' events in one warm process, and what the second one gets to see."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import dayfly.scan
from dayfly.scan.checks import CHECKS

PAGES = Path(dayfly.scan.__file__).parent / "pages"
IDS = [name for name in CHECKS if name.startswith("state.")]

# As a warm environment does: one import, then event after event.
DRIVER = """
import json, sys
names = {"__name__": "page"}
exec(compile(open(sys.argv[1]).read(), sys.argv[1], "exec"), names)
print(json.dumps([names["handler"](event, None) for event in json.load(sys.stdin)]))
"""


def answers(page: str, version: str, events: list[object]) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, str(PAGES / page / version)],
        input=json.dumps(events),
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return [json.dumps(one) for one in json.loads(done.stdout)]


def test_there_are_checks() -> None:
    assert len(IDS) >= 13


@pytest.mark.parametrize("page", IDS)
def test_the_second_customer_sees_the_first_ones_data_in_the_vulnerable_handler_alone(page: str) -> None:
    Path("/tmp/dayfly-invoice.txt").unlink(missing_ok=True)
    trial = json.loads((PAGES / page / "trial.json").read_text("utf-8"))
    which, text = trial["succeeds_when"]["answer"], trial["succeeds_when"]["contains"]
    fixed, vulnerable = (answers(page, version, trial["events"]) for version in ("fixed.py", "vulnerable.py"))
    assert text not in fixed[which]
    assert text in vulnerable[which]
    # The first customer is served by both.
    assert '"statusCode": 20' in fixed[0]
    assert '"statusCode": 20' in vulnerable[0]
    Path("/tmp/dayfly-invoice.txt").unlink(missing_ok=True)

"""The pages of `state`: two customers' events in one warm process, and what the second one gets to see."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import dayfly.scan
from dayfly.scan.checks import CHECKS
from dayfly.scan.model import Finding, Place
from dayfly.scan.source.project import Project, PythonFile
from dayfly.scan.state.checking import check_effects
from dayfly.scan.taint.results import EntryResult
from dayfly.scan.template.entries import Entry
from dayfly.scan.template.model import LambdaFunction

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


def found(page: str, version: str) -> set[str]:
    project = Project("page")
    file = PythonFile("app.py", (PAGES / page / version).read_bytes())
    project.python["app.py"] = file
    entry = Entry(LambdaFunction("handler", "app.handler", Place("app.py")), file, "handler")
    results = check_effects(entry, EntryResult((), (), (), frozenset()), project)
    return {one.check for one in results if isinstance(one, Finding)}


def test_there_are_checks() -> None:
    assert len(IDS) >= 13


@pytest.mark.parametrize("page", IDS)
def test_the_second_customer_sees_the_first_ones_data_in_the_vulnerable_handler_alone(page: str) -> None:
    Path("/tmp/dayfly-invoice.txt").unlink(missing_ok=True)
    trial = json.loads((PAGES / page / "trial.json").read_text("utf-8"))
    which, text = trial["succeeds_when"]["answer"], trial["succeeds_when"]["contains"]
    assert text not in answers(page, "fixed.py", trial["events"])[which]
    assert text in answers(page, "vulnerable.py", trial["events"])[which]
    Path("/tmp/dayfly-invoice.txt").unlink(missing_ok=True)


@pytest.mark.parametrize("page", IDS)
def test_the_first_customer_is_served_the_same_by_both(page: str) -> None:
    trial = json.loads((PAGES / page / "trial.json").read_text("utf-8"))
    for version in ("vulnerable.py", "fixed.py"):
        assert '"statusCode": 20' in answers(page, version, trial["events"][:1])[0]
    Path("/tmp/dayfly-invoice.txt").unlink(missing_ok=True)


@pytest.mark.parametrize("page", IDS)
def test_the_vulnerable_handler_has_its_finding_and_the_fixed_one_none(page: str) -> None:
    assert page in found(page, "vulnerable.py")
    assert not found(page, "fixed.py")

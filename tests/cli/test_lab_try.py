"""`dayfly lab try`: every page teaches the truth, plain and under Dayfly."""

from __future__ import annotations

import json

import pytest
from tests.by_day import some_by_day

from dayfly.cli import main as command
from dayfly.scan.checks import CHECKS
from dayfly.scan.report.lesson import folder_of

WITH = [check.id for check in CHECKS.values() if (folder_of(check) / "trial.json").is_file()]
WITHOUT = [check for check in CHECKS if check not in WITH]


# Pages change one by one, and what they are tried with serves them all alike.
@pytest.mark.parametrize("check", some_by_day(WITH, every=3))
def test_the_attack_works_on_the_vulnerable_handler_and_not_on_its_twin(
    check: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = command.run(["lab", "try", check, "--json"])
    made = json.loads(capsys.readouterr().out)
    fates = [(one["code"], one["runtime"], one["guard"], one["attack_succeeded"]) for one in made["tries"]]
    assert fates[:2] == [("vulnerable", "plain", "", True), ("fixed", "plain", "", False)], made["tries"]
    assert code == 0
    assert [one["forked"] for one in made["tries"][2:]] == [True, True]
    if check.startswith("state."):
        # What an invocation leaves is what a fresh worker does not have.
        assert [one["attack_succeeded"] for one in made["tries"][2:]] == [False, False]


def test_a_person_sees_a_table(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    assert command.run(["lab", "try", "event.command", "--guard", "block"]) == 0
    rows = [
        line.split("  ")
        for line in capsys.readouterr().out.splitlines()
        if "awslambdaric" in line or "Dayfly," in line
    ]
    assert len(rows) == 3
    assert "works" in "".join(rows[0])
    assert "guard.refused" in "".join(rows[2])


def test_checks_with_and_without_an_attack_are_told_apart() -> None:
    assert len(WITH) > 10
    assert WITHOUT


@pytest.mark.parametrize("check", [*WITHOUT[:2], "event.comand", "nope"])
def test_where_there_is_no_attack_that_is_said(check: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(["lab", "try", check]) == 2
    assert "hint:" in capsys.readouterr().err

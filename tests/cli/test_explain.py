"""`dayfly explain` teaches a check, to people and to programs, and names the nearest ones for a wrong name."""

from __future__ import annotations

import json

import pytest

from dayfly.cli import main as command
from dayfly.scan.checks import CHECKS
from dayfly.scan.report.lesson import PAGES, read_lesson


def test_a_page_has_the_attack_both_handlers_the_fix_and_where_to_read_on(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    assert command.run(["explain", "event.command"]) == 0
    shown = capsys.readouterr().out
    for part in (
        "In a warm environment",
        "Vulnerable",
        "shell=True",
        "Fixed",
        "dayfly lab try event.command",
        "cwe.mitre.org",
    ):
        assert part in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("columns", ["60", "120"])
def test_every_check_can_be_explained(
    check: str, columns: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert command.run(["explain", check]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= int(columns)


def test_programs_get_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(["explain", "event.sql", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert (made["id"], made["cwe"]) == ("event.sql", 89)
    assert "def handler" in made["vulnerable"]
    assert command.run(["explain", "--list", "--json"]) == 0
    assert [one["id"] for one in json.loads(capsys.readouterr().out)["checks"]] == list(CHECKS)


def test_the_list_names_every_check(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    assert command.run(["explain", "--list"]) == 0
    shown = capsys.readouterr().out
    assert [check for check in CHECKS if check not in shown] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["event.comand"], "event.command"),
        (["nope"], "--list"),
        ([], "--list"),
        (["event.sql", "--list"], "no check was given"),
    ],
)
def test_a_name_that_is_none_gets_a_hint(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.run(["explain", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_no_page_is_of_a_check_that_there_is_not() -> None:
    folders = [path.name for path in PAGES.iterdir() if path.is_dir() and path.name != "__pycache__"]
    assert folders
    assert [name for name in folders if name not in CHECKS] == []


@pytest.mark.parametrize("check", CHECKS)
def test_every_check_has_vulnerable_and_fixed_code(check: str) -> None:
    lesson = read_lesson(CHECKS[check])
    assert lesson.vulnerable is not None
    assert lesson.fixed is not None
    assert lesson.vulnerable.text != lesson.fixed.text
    assert 1 <= len(lesson.check.attack) <= 5

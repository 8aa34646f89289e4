"""Handlers as they are written: everything that is marked `# finds CHECK` is found there, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest

from dayfly.scan.model import Finding, Place
from dayfly.scan.source.limits import DEFAULT_LIMITS
from dayfly.scan.source.project import Project
from dayfly.scan.taint.checking import analyse, find_routes
from dayfly.scan.template.entries import Entry
from dayfly.scan.template.model import LambdaFunction, Trigger
from dayfly.scan.weak.checking import check_file

HANDLERS = sorted((Path(__file__).parent / "handlers").glob("*.txt"))
MARK = "# finds "


def found_in(text: str) -> set[tuple[int, str]]:
    project = Project("test")
    project.add("app.py", text.encode(), DEFAULT_LIMITS)
    file = project.python["app.py"]
    assert file.tree is not None, file.problem
    entries = list(find_routes(project))
    for name in ("handler", "lambda_handler"):
        if f"\ndef {name}(event" in text:
            function = LambdaFunction("f", f"app.{name}", Place("app.py"), triggers=(Trigger.UNKNOWN,))
            entries.append(Entry(function, file, name))
    assert entries
    results = [analyse(project, entry) for entry in entries]
    assert not [note for result in results for note in result.notes]
    findings: list[Finding] = [one for result in results for one in result.findings]
    findings += [one for one in check_file(file) if isinstance(one, Finding)]
    return {(one.place.line, one.check) for one in findings}


def test_there_are_handlers_with_marks() -> None:
    assert len(HANDLERS) > 10
    assert sum(MARK in path.read_text("utf-8") for path in HANDLERS) > 5


@pytest.mark.parametrize("path", HANDLERS, ids=lambda path: path.stem)
def test_what_is_marked_is_found_and_nothing_else(path: Path) -> None:
    text = path.read_text("utf-8")
    expected = {
        (number, check)
        for number, line in enumerate(text.split("\n"), 1)
        if MARK in line
        for check in line.partition(MARK)[2].split()
    }
    assert found_in(text) == expected

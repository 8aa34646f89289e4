"""Every unsafe sample is found by its check, and its safe twin is not."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dayfly.scan.model import Finding, Place, Severity
from dayfly.scan.source.project import Project, PythonFile
from dayfly.scan.state.checking import check_effects
from dayfly.scan.taint.checking import analyse
from dayfly.scan.taint.results import EntryResult
from dayfly.scan.template.entries import Entry
from dayfly.scan.template.model import LambdaFunction

SAMPLES = Path(__file__).parent / "samples"
WORDS = tuple(sorted(path.stem for path in SAMPLES.glob("*.txt")))
FEWEST = 20


@dataclass
class Pair:
    """One sample in both forms: files by name."""

    title: str
    unsafe: dict[str, str] = field(default_factory=dict)
    safe: dict[str, str] = field(default_factory=dict)


def read_pairs(text: str) -> list[Pair]:
    """Pairs of a sample file: `@@` begins one, `==` a file; ` ` is in both, `-` in the unsafe, `+` in the safe."""
    pairs: list[Pair] = []
    name = "app.py"
    for line in text.splitlines():
        mark, rest = line[:1], line[1:] + "\n"
        if line.startswith("@@ "):
            pairs.append(Pair(line[3:]))
            name = "app.py"
        elif line.startswith("== "):
            name = line[3:].strip()
        else:
            if mark in (" ", "-", ""):
                pairs[-1].unsafe[name] = pairs[-1].unsafe.get(name, "") + rest
            if mark in (" ", "+", ""):
                pairs[-1].safe[name] = pairs[-1].safe.get(name, "") + rest
    return pairs


def scan(files: dict[str, str], *, with_engine: bool = False) -> list[Finding]:
    """Findings of every handler of a small project, from LOW on: below that nothing asks for a change."""
    project = Project("sample")
    for name, text in files.items():
        project.python[name] = PythonFile(name, text.encode())
    handlers = re.findall(r"^(?:async )?def (\w+)\(event, context\b", files["app.py"], re.MULTILINE)
    handlers += re.findall(r"^(handler) = ", files["app.py"], re.MULTILINE)
    found: dict[tuple[str, Place], Finding] = {}
    for handler in dict.fromkeys(handlers):
        function = LambdaFunction(handler, f"app.{handler}", Place("app.py"))
        entry = Entry(function, project.python["app.py"], handler)
        result = analyse(project, entry) if with_engine else EntryResult((), (), (), frozenset())
        for finding in check_effects(entry, result, project):
            if isinstance(finding, Finding) and finding.severity >= Severity.LOW:
                found[finding.check, finding.place] = finding
    return list(found.values())


def has_finding(word: str, files: dict[str, str], *, with_engine: bool = False) -> bool:
    return any(finding.check == f"state.{word}" for finding in scan(files, with_engine=with_engine))


def load(word: str) -> list[Pair]:
    return read_pairs((SAMPLES / f"{word}.txt").read_text(encoding="utf-8"))


@pytest.mark.parametrize("word", WORDS)
def test_every_check_has_its_samples(word: str) -> None:
    pairs = load(word)
    assert len(pairs) >= FEWEST
    for pair in pairs:
        assert pair.unsafe != pair.safe, pair.title
        for files in (pair.unsafe, pair.safe):
            for name, text in files.items():
                compile(text, f"{pair.title}: {name}", "exec")


@pytest.mark.parametrize("with_engine", [False, True], ids=["alone", "with the taint engine"])
@pytest.mark.parametrize("word", WORDS)
def test_unsafe_samples_are_found_and_safe_ones_are_not(word: str, with_engine: bool) -> None:
    pairs = load(word)
    missed = [pair.title for pair in pairs if not has_finding(word, pair.unsafe, with_engine=with_engine)]
    alarms = [pair.title for pair in pairs if has_finding(word, pair.safe, with_engine=with_engine)]
    score = (len(pairs) - len(missed) - len(alarms)) / len(pairs)
    assert score >= 0.9, f"{score:.2f}; missed {missed}; false alarms {alarms}"


@pytest.mark.parametrize("with_engine", [False, True], ids=["alone", "with the taint engine"])
def test_a_row_that_a_library_finds_is_not_kept_on_the_class(with_engine: bool) -> None:
    (pair,) = [one for one in load("class") if one.title == "a row that a library's base class finds"]
    assert has_finding("class", pair.unsafe, with_engine=with_engine)
    assert not has_finding("class", pair.safe, with_engine=with_engine)

"""The security pages claim nothing without a test: each row of the evidence names tests that exist."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.attacks.pending import PENDING

from dayfly.core.findings import KINDS
from dayfly.core.settings import SETTINGS
from dayfly.lab.gauntlet.technique import LEVELS, Technique, load_techniques

ROOT = Path(__file__).parents[2]
SUMMARY = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
PAGE = (ROOT / "docs" / "security-evidence.md").read_text(encoding="utf-8")
LISTS = ("Refused", "Reported", "Out of reach")
COLUMNS = ["what", "level", "host", "shown by"]
HOSTS = {"all", "Lambda", "container", "shared", "confining"}
NOBODY = "–"
# `tests/x/test_y.py::test_z`, and `::test_z` for another one of the file that was named last.
_TEST = re.compile(r"`((?:tests/[\w/]+\.py)?)::(\w+)`")
# Names of techniques; what is followed by a parenthesis is a link.
_TECHNIQUES = re.compile(r"\[([^\]]+)\](?!\()")


@dataclass(frozen=True)
class Row:
    """One line of a list."""

    what: str
    level: str
    host: str
    shown_by: str


class PageError(Exception):
    """The page has not the form that these tests read."""


def rows_of(page: str, title: str) -> list[Row]:
    """The rows of the table under a heading. Raises PageError where there is no such table, or an empty one."""
    section = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^#|\Z)", page, re.MULTILINE | re.DOTALL)
    if section is None:
        raise PageError(f"no section {title}")
    table = [line for line in section[1].splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    if len(cells) < 3 or cells[0] != COLUMNS:
        raise PageError(f"no table with the columns {COLUMNS} in {title}")
    if wrong := [row for row in cells if len(row) != len(COLUMNS)]:
        raise PageError(f"a row of {title} has another number of cells: {wrong[0]}")
    return [Row(*row) for row in cells[2:]]


def named_in(text: str) -> list[tuple[str, str]]:
    """The tests that a text names: file and function."""
    found: list[tuple[str, str]] = []
    for file, name in _TEST.findall(text):
        found.append((file or (found[-1][0] if found else ""), name))
    return found


def faults_of(row: Row) -> list[str]:
    """What is wrong with a row's proof, level and host."""
    faults = [
        f"{file}::{name} is no test" for file, name in named_in(row.shown_by) if name not in defined_in(file)
    ]
    if not named_in(row.shown_by):
        faults.append("it names no test")
    names = techniques_of(row)
    faults += [f"{name} is no technique" for name in names if name not in catalogue()]
    faults += [f"{name} is not refused yet" for name in names if (name, "invocation") in PENDING]
    # What neither names a test nor techniques would be read by nobody.
    if rest := re.sub(r"[,; ]", "", _TECHNIQUES.sub("", _TEST.sub("", row.shown_by))):
        faults.append(f"{rest!r} names no test")
    if row.level not in (*LEVELS, NOBODY):
        faults.append(f"level is {row.level!r}")
    if not set(row.host.split(", ")) <= HOSTS:
        faults.append(f"host is {row.host!r}")
    return faults


def techniques_of(row: Row) -> list[str]:
    """The techniques that a row names."""
    return [name.strip() for names in _TECHNIQUES.findall(row.shown_by) for name in names.split(",")]


@functools.cache
def catalogue() -> Mapping[str, Technique]:
    return {one.name: one for one in load_techniques()}


@functools.cache
def defined_in(file: str) -> frozenset[str]:
    """The names of a file's tests, none for a file that is not there."""
    path = ROOT / file
    if not path.is_file():
        return frozenset()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return frozenset(node.name for node in functions if node.name.startswith("test_"))


ROWS = [pytest.param(row, id=f"{title}: {row.what[:60]}") for title in LISTS for row in rows_of(PAGE, title)]


@pytest.mark.parametrize("row", ROWS)
def test_every_row_names_tests_that_exist_a_level_and_a_host(row: Row) -> None:
    assert faults_of(row) == []


def test_every_test_that_is_named_outside_the_lists_exists() -> None:
    named = named_in(PAGE)
    assert len(named) > len(ROWS)
    assert [f"{file}::{name}" for file, name in named if name not in defined_in(file)] == []


def test_every_kind_of_finding_is_noticed() -> None:
    first_words = [row.what.partition(": ")[0] for row in rows_of(PAGE, "Reported")]
    assert sorted(re.findall(r"`([a-z.-]+)`", " ".join(first_words))) == sorted(kind.uid for kind in KINDS)


def test_techniques_that_are_noticed_promise_that_finding() -> None:
    promised = {
        (row.what, name): catalogue()[name].finding
        for row in rows_of(PAGE, "Reported")
        for name in techniques_of(row)
    }
    assert promised
    assert [key for key, finding in promised.items() if f"`{finding}`" not in key[0]] == []


def test_every_host_and_level_is_explained_and_used() -> None:
    introduction = PAGE.partition("\n## ")[0]
    assert [word for word in (*HOSTS, *LEVELS, NOBODY) if f"**{word}**" not in introduction] == []
    rows = [row for title in LISTS for row in rows_of(PAGE, title)]
    assert {host for row in rows for host in row.host.split(", ")} == HOSTS
    assert {row.level for row in rows} == {*LEVELS, NOBODY}


def test_the_summary_has_the_three_lists_and_explains_the_levels() -> None:
    assert [level for level in LEVELS if f"**{level}**" not in SUMMARY] == []
    headings = re.findall(r"^## (.*)$", SUMMARY, re.MULTILINE)
    assert headings[:4] == ["Refused", "Reported only", "Out of reach", "What each setting changes"]


def test_every_setting_that_the_summary_names_exists() -> None:
    cells = re.findall(r"^\| (`[^|]*) \|", SUMMARY, re.MULTILINE)
    named = {name for cell in cells for name in re.findall(r"`([a-z_]+)(?: =|`)", cell)}
    named |= {name for cell in cells for name in re.findall(r"`(DAYFLY_[A-Z_]+)", cell)}
    known = {setting.name for setting in SETTINGS} | {"mode", "DAYFLY_ON_FAILURE", "DAYFLY_FLEET_KEY"}
    assert len(named) > 10
    assert named <= known


GOOD = Row(
    "a file",
    "L2",
    "Lambda, container",
    "`tests/docs/test_security.py::test_a_sound_row_has_no_fault` [thread]",
)


def test_a_sound_row_has_no_fault() -> None:
    assert faults_of(GOOD) == []


@pytest.mark.parametrize(
    "row",
    [
        Row(GOOD.what, GOOD.level, GOOD.host, ""),
        Row(GOOD.what, GOOD.level, GOOD.host, "`tests/attacks/`"),
        Row(GOOD.what, GOOD.level, GOOD.host, "[thread]"),
        Row(GOOD.what, GOOD.level, GOOD.host, "`tests/docs/test_security.py::test_nobody_wrote`"),
        Row(GOOD.what, GOOD.level, GOOD.host, "`tests/docs/test_security.py::rows_of`"),
        Row(GOOD.what, GOOD.level, GOOD.host, "`tests/docs/test_nothing.py::test_a_sound_row_has_no_fault`"),
        Row(GOOD.what, GOOD.level, GOOD.host, "`::test_a_sound_row_has_no_fault`"),
        Row(GOOD.what, GOOD.level, GOOD.host, GOOD.shown_by.replace("thread", "no-such-technique")),
        Row(GOOD.what, GOOD.level, GOOD.host, GOOD.shown_by + " and by design"),
        Row(GOOD.what, "L4", GOOD.host, GOOD.shown_by),
        Row(GOOD.what, GOOD.level, "both", GOOD.shown_by),
        Row(GOOD.what, GOOD.level, "", GOOD.shown_by),
    ],
)
def test_a_row_without_proof_level_or_host_is_found(row: Row) -> None:
    assert faults_of(row) != []


@pytest.mark.parametrize(
    "page",
    [
        "",
        "## Refused\n\nnothing but words\n",
        "## Refused\n\n| what | level | host | shown by |\n|---|---|---|---|\n\n## Reported\n",
        "## Refused\n\n| what | level | scope | shown by |\n|---|---|---|---|\n| a | b | c | d |\n",
        "## Refused\n\n| what | level | host | shown by |\n|---|---|---|---|\n| a | b | c |\n",
    ],
)
def test_a_page_without_a_list_is_found(page: str) -> None:
    with pytest.raises(PageError):
        rows_of(page, "Refused")

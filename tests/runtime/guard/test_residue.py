"""What an invocation planted in memory is found, with what it was before; what functions honestly do is not.

Each scenario runs in a process forked from one initialised function, as in a worker, on every interpreter here.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import tempfile
from pathlib import Path

import pytest
from tests.interpreters import Interpreter, environment_python, found_interpreters
from tests.rie import ROOT
from tests.runtime.guard.residue_scenarios import BESIDE, HONEST, PLANTS, POLLUTION

from dayfly.runtime.guard.pristine import MISSING, Change, Owner
from dayfly.runtime.guard.residue import Added

SCRIPT = Path(__file__).parent / "residue_scenarios.py"
Told = list[list[str]]
# Of the function's own tables, descriptors and files nobody can say whose they are, where nobody knows who brought the code.
UNTOLD_IN_DOUBT = frozenset(("table", "list", "set in a class", "descriptor", "temporary file"))
# Where whatever is put is no honest function's doing, whoever brought it.
ALWAYS = (
    "module function",
    "own function",
    "built-in function",
    "class",
    "importer",
    "signal handler",
    "thread",
)


@functools.cache
def results(interpreter: Interpreter) -> dict[str, Told]:
    """What the guard told of each scenario: fields of its reports."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [str(environment_python(interpreter, awslambdaric="<5")), str(SCRIPT)],
            env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}", "TMPDIR": folder},
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    found: dict[str, Told] = json.loads(done.stdout)
    return found


# Twelve seconds each: the newest in `make test`, all of them in `make test-slow`.
@pytest.fixture(
    scope="module",
    params=[
        pytest.param(one, marks=[] if one == found_interpreters()[-1] else [pytest.mark.slow])
        for one in found_interpreters()
    ],
    ids=lambda one: one.version,
)
def told(request: pytest.FixtureRequest) -> dict[str, Told]:
    return results(request.param)


def residue(reports: Told) -> Told:
    return [report for report in reports if report[1].startswith("residue.")]


@pytest.mark.parametrize("name", HONEST)
def test_what_functions_do_is_no_residue(told: dict[str, Told], name: str) -> None:
    assert told[f"honest/{name}"] == []


@pytest.mark.parametrize("name", BESIDE)
def test_what_fills_itself_beside_an_executed_text_makes_nobody_source_request(
    told: dict[str, Told], name: str
) -> None:
    assert [report for report in told[f"beside/{name}"] if report[0] in ("planted", "fault")] == []


@pytest.mark.parametrize("name", PLANTS)
def test_what_an_event_s_code_plants_is_found_where_it_is(told: dict[str, Told], name: str) -> None:
    reports = told[f"attack/{name}"]
    assert [report[:2] for report in reports if report[0] == "observed"]
    assert [report for report in reports if report[0] == "fault"] == []
    # What a library filled for the first time meanwhile may be its own doing.
    found = [one for one in residue(reports) if one[0] != "unknown" or not one[5].startswith("None -> ")]
    assert {report[0] for report in found} == {"planted"}
    assert any(report[3].startswith(PLANTS[name][1]) for report in found), found


@pytest.mark.parametrize("name", sorted(set(PLANTS) - UNTOLD_IN_DOUBT))
def test_so_is_what_code_of_unknown_origin_plants(told: dict[str, Told], name: str) -> None:
    found = residue(told[f"hidden/{name}"])
    assert any(report[3].startswith(PLANTS[name][1]) for report in found), found
    if name in ALWAYS:
        assert found[0][0] == "planted"


@pytest.mark.parametrize("name", POLLUTION)
def test_values_that_lead_over_attributes_to_what_init_made_are_found(
    told: dict[str, Told], name: str
) -> None:
    (found,) = residue(told[f"pollution/{name}"])
    assert found[0] == "planted"
    assert found[3] == POLLUTION[name][1]


def test_from_what_to_what_is_told_in_places_and_hashes(told: dict[str, Told]) -> None:
    (found,) = [one for one in residue(told["attack/module function"]) if one[3] == "json.dumps"]
    before, _, after = found[5].partition(" -> ")
    assert before.startswith("json/__init__.py:")
    assert before.endswith(" dumps")
    assert after == "code created at run time"
    assert len(found[2]) == 16
    (found,) = residue(told["pollution/table of a module"])
    before, _, after = found[5].partition(" -> ")
    assert (before.split(" ")[0], after.split(" ")[0]) == ("int", "int")
    assert before != after
    assert len(after.split(" ")[1]) == 16


def test_the_same_code_has_the_same_hash_wherever_it_is_found(told: dict[str, Told]) -> None:
    hashes = {residue(told[f"attack/{name}"])[0][2] for name in ("module function", "own function", "class")}
    assert len(hashes) == 1


def test_new_names_are_known_without_being_held() -> None:
    owner, other = Owner("own", "app.CACHE", is_own=True), Owner("own", "app.OTHER", is_own=True)
    added = Added()
    for number in range(20_000):
        added.note(Change(owner, f"customer {number}", MISSING, 1))
        if number == 5:
            assert Change(owner, "customer 5", 1, 2) in added
            assert Change(owner, "of init", 1, 2) not in added
    # So many are a cache, whose names nobody is shown.
    assert Change(owner, "of init", 1, 2) in added
    assert Change(other, "customer 5", 1, 2) not in added

"""The workflows run what exists, on every supported Python, with rights in one place; zizmor checks the rest."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.interpreters import SUPPORTED

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS: dict[str, dict[str, Any]] = {
    path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.yml"))
}
ARCHITECTURES = ["ubuntu-24.04", "ubuntu-24.04-arm"]
FILES = [*FOLDER.glob("*.yml"), ROOT / "action.yml", *(ROOT / ".github" / "actions").glob("*/action.yml")]


def jobs() -> list[tuple[str, str, dict[str, Any]]]:
    """Every job with the names of its workflow and of itself."""
    return [(flow, name, job) for flow, content in WORKFLOWS.items() for name, job in content["jobs"].items()]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_action_is_pinned_by_commit_and_named_by_version(path: Path) -> None:
    used = re.findall(r"uses: (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert used
    for one in used:
        assert one.startswith("$/.github/") or re.fullmatch(
            r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", one
        )


def test_one_action_has_one_commit() -> None:
    pins = {
        pin for path in FILES for pin in re.findall(r"uses: (\S+)@(\w+)", path.read_text(encoding="utf-8"))
    }
    assert len({name.partition("/upload-sarif")[0] for name, _ in pins}) == len(pins)


@pytest.mark.parametrize(("flow", "name"), [("ci", "test"), ("release", "try")])
def test_every_supported_python_is_tried_on_both_architectures(flow: str, name: str) -> None:
    matrix = WORKFLOWS[flow]["jobs"][name]["strategy"]["matrix"]
    assert matrix == {"python": list(SUPPORTED), "runner": ARCHITECTURES}


def test_the_release_has_a_python_for_every_layer() -> None:
    (step,) = [
        one
        for one in WORKFLOWS["release"]["jobs"]["build"]["steps"]
        if "setup-python@" in one.get("uses", "")
    ]
    assert sorted(step["with"]["python-version"].split()) == list(SUPPORTED)


def test_the_gate_waits_for_every_other_job() -> None:
    found = dict(WORKFLOWS["ci"]["jobs"])
    gate = found.pop("gate")
    assert gate["if"] == "always()"
    assert sorted(gate["needs"]) == sorted(found)


def test_nothing_is_allowed_but_what_a_job_names() -> None:
    assert {name: flow["permissions"] for name, flow in WORKFLOWS.items()} == {name: {} for name in WORKFLOWS}
    writers = {
        (flow, name): sorted(right for right, value in job.get("permissions", {}).items() if value == "write")
        for flow, name, job in jobs()
    }
    assert {job: rights for job, rights in writers.items() if rights} == {
        ("release", "publish"): ["attestations", "id-token"],
        ("release", "assets"): ["contents"],
    }
    assert WORKFLOWS["release"]["jobs"]["publish"]["environment"]["name"] == "pypi"


def test_what_can_publish_runs_no_code_of_the_repository() -> None:
    for name in ("publish", "assets"):
        steps = WORKFLOWS["release"]["jobs"][name]["steps"]
        assert [
            one for one in steps if "checkout@" in one.get("uses", "") or "make" in one.get("run", "")
        ] == []


def test_nothing_is_published_before_the_wheels_were_tried() -> None:
    needs = {name: job.get("needs", []) for name, job in WORKFLOWS["release"]["jobs"].items()}
    assert needs == {"build": [], "try": ["build"], "publish": ["try"], "assets": ["publish"]}


COMMANDS = [step["run"] for _, _, job in jobs() for step in job["steps"] if "run" in step]


@pytest.mark.parametrize("target", ["check", "nightly", "release", "test"])
def test_every_target_of_make_that_is_run_exists(target: str) -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert target in targets


def test_every_command_is_known() -> None:
    made = {word for one in COMMANDS for word in re.findall(r"^make ([a-z-]+)", one, re.MULTILINE)}
    assert made == {"check", "nightly", "release", "test"}
    scripts = {word for one in COMMANDS for word in re.findall(r"(?:scripts|\.ci)/\w+(?:\.py)?", one)}
    assert scripts == {".ci/run", "scripts/try_release.py"}
    assert all((ROOT / one).is_file() for one in scripts)

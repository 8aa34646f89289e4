"""The gauntlet's page: what it teaches to write is plugged in as it says, and runs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from tests.lab.gauntlet.confined import needs_bubblewrap

from dayfly.lab.gauntlet.report import MEANINGS

PAGE = Path(__file__).parents[2] / "docs" / "gauntlet.md"
_BLOCK = re.compile(r"```(?:python|toml)\n# (?P<path>\S+)\n(?P<text>.*?)```", re.DOTALL)


def blocks() -> dict[str, str]:
    return {match["path"]: match["text"] for match in _BLOCK.finditer(PAGE.read_text(encoding="utf-8"))}


def installed(folder: Path) -> Path:
    """The page's package as an installer leaves it: its files, and metadata with its entry points."""
    for path, text in blocks().items():
        if path.endswith(".py"):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
    for package in ("my_gauntlet", "my_gauntlet/attacks"):
        (folder / package / "__init__.py").touch()
    project = tomllib.loads(blocks()["pyproject.toml"])["project"]
    metadata = folder / f"my_gauntlet-{project['version']}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    lines = []
    for group, entries in project["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {value}" for name, value in entries.items())]
    (metadata / "entry_points.txt").write_text("\n".join(lines) + "\n")
    return folder


@pytest.mark.slow
@needs_bubblewrap
def test_what_the_page_writes_runs_and_does_what_it_says(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-c",
        "from dayfly.cli.main import main; main()",
        "lab",
        "gauntlet",
        "--against",
        "no-exec",
    ]
    options = ["--attack", "warning-method,json-dumps,cache-key", "--invocations", "0", "--json"]
    done = subprocess.run(
        [*command, *options, "--cache", str(tmp_path / "cache")],
        env={**os.environ, "PYTHONPATH": str(installed(tmp_path))},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    outcomes = {(cell["attack"], cell["protection"]): cell["outcome"] for cell in made["cells"]}
    assert outcomes == {
        ("warning-method", "bare"): "survived",
        ("json-dumps", "bare"): "survived",
        ("cache-key", "bare"): "survived",
        ("warning-method", "no-exec"): "blocked",
        ("json-dumps", "no-exec"): "blocked",
        # Data alone needs no exec.
        ("cache-key", "no-exec"): "survived",
    }
    assert {row["protection"]: row["collateral"]["refused"] for row in made["rows"]} == {
        "bare": 0,
        "no-exec": 0,
    }
    assert [one["source"] for one in made["attacks"]] == ["dayfly", "dayfly", "my-gauntlet"]


def test_the_page_says_of_every_outcome_what_the_report_says() -> None:
    table = dict(re.findall(r"^\| ([a-z ]+) \| (.*) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    assert table.keys() - {"outcome"} == MEANINGS.keys()

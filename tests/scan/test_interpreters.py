"""A scan finds the same whichever of the supported Pythons it runs on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from tests.interpreters import Interpreter, environment_python, found_interpreters
from tests.scan.corpus.generating import corpus

if TYPE_CHECKING:
    from pathlib import Path

OTHERS = [
    one for one in found_interpreters() if one.version != f"{sys.version_info[0]}.{sys.version_info[1]}"
]


def scan(python: str, folder: Path) -> tuple[list[tuple[object, ...]], list[str]]:
    """What a scan finds, as check, place and message; and its notes."""
    command = [python, "-c", "from dayfly.cli.main import main; main()", "scan", ".", "--json", "--no-cache"]
    answer = subprocess.run(
        [*command, "--fail-on", "never"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=500,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "0"},
    )
    document = json.loads(answer.stdout)
    found = [(one["check"], *one["place"].values(), one["message"]) for one in document["findings"]]
    return found, [one["message"] for one in document["notes"]]


@pytest.mark.slow
@pytest.mark.skipif(not OTHERS, reason="this machine has one Python alone")
@pytest.mark.parametrize("other", OTHERS, ids=[one.version for one in OTHERS])
def test_every_python_finds_the_same(other: Interpreter, tmp_path: Path) -> None:
    for number, case in enumerate(corpus()[::9]):
        for name, text in case.files.items():
            path = tmp_path / f"case_{number}" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    (tmp_path / "requirements.txt").write_text("requests\nreqeusts==1.0\n")
    here, notes_here = scan(sys.executable, tmp_path)
    there, notes_there = scan(str(environment_python(other, awslambdaric=">=3", extras="scan")), tmp_path)
    assert len(here) > 100
    assert there == here
    assert notes_there == notes_here

"""Environments of pinned packages: what is pinned, what an installer or a question says when it fails."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from dayfly.lab.gauntlet.peers import installing
from dayfly.lab.gauntlet.peers.installing import install, pinned, probe, shortened
from dayfly.lab.gauntlet.protection import UnavailableError

REQUIREMENTS = sorted(Path(installing.__file__).parent.glob("requirements/*.txt"))


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.stem)
def test_every_package_is_pinned_and_has_hashes(path: Path) -> None:
    blocks = re.split(r"\n(?=\S)", path.read_text().strip())
    assert blocks
    for block in blocks:
        first = block.partition("\n")[0]
        assert re.match(r"[A-Za-z0-9._-]+==[^\s;]+", first), first
        assert "--hash=sha256:" in block, first
    assert "awslambdaric" in pinned(path.stem)


def test_everybody_has_the_same_runtime_client() -> None:
    assert REQUIREMENTS
    assert len({pinned(path.stem)["awslambdaric"] for path in REQUIREMENTS}) == 1


def test_an_installer_that_fails_is_the_reason(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"failed|did not start"):
        install("flask", tmp_path, python=Path("/nonexistent/python"))


def test_a_question_that_is_denied_is_the_reason(tmp_path: Path) -> None:
    program = tmp_path / "ask.py"
    program.write_text("import os, sys\nsys.exit('no ' + os.environ['TOKEN'] + ' ' + os.getcwd())\n")
    with pytest.raises(UnavailableError, match=f"ask.py ended with exit code 1: no key {tmp_path}/empty"):
        probe(Path(sys.executable), program, {"TOKEN": "key"}, scratch=tmp_path / "empty")


def test_a_reason_names_no_folder_of_this_machine(tmp_path: Path) -> None:
    program = tmp_path / "ask.py"
    program.write_text("import sys\nsys.exit('no module in ' + sys.prefix + '/lib')\n")
    with pytest.raises(UnavailableError, match="no module in environment/lib"):
        probe(Path(sys.executable), program, {}, scratch=tmp_path / "empty")


def test_a_question_that_is_affirmed_is_no_reason(tmp_path: Path) -> None:
    program = tmp_path / "ask.py"
    program.write_text(
        "import os\nprint(os.environ['AWS_LAMBDA_FUNCTION_NAME'], os.environ.get('AWS_PROFILE'))\n"
    )
    assert probe(Path(sys.executable), program, {}, scratch=tmp_path / "empty") == "probe None\n"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("", "without output"),
        ("\n a \n\nb\n", "a / b"),
        ("1\n2\n3\n4\n", "2 / 3 / 4"),
        ("\x1b[1;31m[ERROR]\x1b[0m no", "[ERROR] no"),
        ("x" * 1000, "x" * 240),
    ],
)
def test_a_reason_fits_a_table(said: str, kept: str) -> None:
    assert shortened(said) == kept

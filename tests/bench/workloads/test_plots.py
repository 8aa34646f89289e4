"""The plots are drawn from a digest, the same bytes each time; without matplotlib the command says what to do."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from bench.workloads.plots import TARGETS, main
from tests.bench.made_up import pair
from tests.interpreters import UV
from tests.rie import ROOT


def test_without_a_run_there_is_nothing_to_draw(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--measured", str(tmp_path / "absent.json"), "--folder", str(tmp_path)]) == 2
    assert "absent.json" in capsys.readouterr().err


@pytest.mark.skipif(importlib.util.find_spec("matplotlib") is not None, reason="matplotlib is installed here")
def test_without_matplotlib_the_command_names_the_group(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pair(2.0, functions=1).save(tmp_path / "run.json")
    assert main(["--measured", str(tmp_path / "run.json"), "--folder", str(tmp_path)]) == 2
    assert "--group bench" in capsys.readouterr().err


@pytest.mark.slow
def test_the_same_digest_gives_the_same_pictures(tmp_path: Path) -> None:
    pair(2.0).save(tmp_path / "run.json")
    packages = _matplotlib()
    pictures = []
    for name in ("one", "other"):
        subprocess.run(
            [
                sys.executable,
                "-m",
                "bench",
                "plots",
                "--measured",
                tmp_path / "run.json",
                "--folder",
                tmp_path / name,
            ],
            env={**os.environ, "PYTHONPATH": str(packages)},
            cwd=ROOT,
            check=True,
            timeout=500,
        )
        pictures.append([(tmp_path / name / file).read_text() for _, file in TARGETS])
    assert pictures[0] == pictures[1]
    for text in pictures[0]:
        assert text.lstrip().startswith("<?xml")
        assert "other" in text


def _matplotlib() -> Path:
    """A folder with the matplotlib of the lock file, kept."""
    found = re.search(r'name = "matplotlib"\nversion = "([^"]+)"', (ROOT / "uv.lock").read_text())
    assert found is not None
    folder = ROOT / ".cache" / f"matplotlib-{found[1]}-{sys.version_info[0]}.{sys.version_info[1]}"
    if not (folder / "matplotlib").exists():
        half = folder.with_name(f"{folder.name}.{os.getpid()}")
        subprocess.run(
            [
                UV,
                "pip",
                "install",
                "--quiet",
                "--python",
                sys.executable,
                "--target",
                half,
                f"matplotlib=={found[1]}",
            ],
            check=True,
            timeout=500,
        )
        try:
            half.rename(folder)
        except OSError:
            # Somebody else was first.
            assert (folder / "matplotlib").exists()
    return folder

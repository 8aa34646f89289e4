"""An interpreter is asked what it is; one without awslambdaric is refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.lab.running import FUNCTIONS

from dayfly.lab.interpreter import probe_interpreter
from dayfly.lab.model import LabError


def test_this_interpreter_can_run_functions() -> None:
    found = probe_interpreter(Path(sys.executable), FUNCTIONS / "basic")
    assert found.version == sys.version_info[:2]
    assert found.execution_environment == "AWS_Lambda_python{}.{}".format(*sys.version_info[:2])
    assert found.client_folder.name == "awslambdaric"
    assert found.dayfly_folder is not None
    assert Path(sys.prefix) in found.folders
    assert FUNCTIONS / "basic" not in found.folders


def test_an_interpreter_without_the_client_is_refused(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    with pytest.raises(LabError, match="does not have awslambdaric"):
        probe_interpreter(tmp_path / "bare" / "bin" / "python", tmp_path)


def test_what_is_no_interpreter_is_refused() -> None:
    with pytest.raises(LabError, match="cannot run"):
        probe_interpreter(Path("/bin/false"), FUNCTIONS)

"""A guard that could not be armed never looks armed: the first line says so, or nothing starts."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.runtimes import RuntimeProcess

# An audit hook that lets no other in: CPython drops ours without a word.
KEEP_OUT = """
import sys
def keep_out(event, _arguments):
    if event == "sys.addaudithook": raise RuntimeError
sys.addaudithook(keep_out)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text("def handler(event, context):\n    return eval(event)\n")
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(KEEP_OUT)
    return tmp_path


def start(folder: Path, **settings: str) -> RuntimeProcess:
    environment = {"DAYFLY_GUARD": "block", "PYTHONPATH": str(folder / "site"), **settings}
    return RuntimeProcess(folder, "app.handler", runtime="dayfly", environment=environment)


def test_the_function_serves_without_and_the_first_line_says_so(folder: Path) -> None:
    with start(folder) as runtime:
        assert runtime.invoke("1 + len('ab')").payload == 3
        said = runtime.output()
    assert "guard NOT armed" in said
    assert "the guard could not be armed: the interpreter raises no audit event" in said
    assert '"types":["environment.cannot-check"]' in said


def test_a_function_whose_guard_is_to_close_does_not_start(folder: Path) -> None:
    with start(folder, DAYFLY_GUARD_ON_FAULT="closed") as runtime:
        request = runtime.api.wait_init_error()
        assert b"guard is block, but it could not be armed" in request.body
        assert runtime.wait_exit() == 2

"""Interpreters are found by running them, and compile the same bytes every time."""

from __future__ import annotations

import ast
import marshal
import sys
import types
from pathlib import Path

import pytest
from tests.interpreters import found_interpreters

from dayfly.attach.layout import LayerError, Source
from dayfly.attach.pythons import compile_sources, find_python

HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"
SOURCE = b'''"""A docstring."""

from __future__ import annotations

KINDS = frozenset(["a", "b"])


class Thing:
    """Another."""

    def act(self, kind: str, *, other: int = 3) -> bool:
        """And another."""
        assert other
        return kind in {"north", "south", "east", "west"}


def empty() -> None:
    """Nothing else."""
'''


def test_the_interpreter_that_runs_is_found() -> None:
    assert find_python(HERE) == Path(sys.executable)


def test_what_is_found_runs_as_that_version() -> None:
    import subprocess

    found = [(version, find_python(version)) for version in ("3.11", "3.12", "3.13", "3.14")]
    present = [(version, python) for version, python in found if python is not None]
    assert present
    for version, python in present:
        run = subprocess.run([python, "--version"], capture_output=True, text=True, timeout=60, check=True)
        assert run.stdout.startswith(f"Python {version}.")


def test_a_version_that_nobody_has_is_not_found() -> None:
    assert find_python("3.99") is None


def test_a_shim_that_fails_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shim = tmp_path / "python3.99"
    shim.write_text("#!/bin/sh\necho 'command not found' >&2\nexit 127\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_python("3.99") is None
    # One that says it is another version is no better.
    shim.write_text("#!/bin/sh\necho cpython 3.98 final\n")
    assert find_python("3.99") is None
    shim.write_text("#!/bin/sh\necho cpython 3.99 final\n")
    assert find_python("3.99") == shim


@pytest.mark.parametrize("interpreter", found_interpreters(), ids=lambda found: found.version)
def test_bytecode_is_unchecked_light_and_the_same_every_time(interpreter: object) -> None:
    from tests.interpreters import Interpreter

    assert isinstance(interpreter, Interpreter)
    sources = [Source("dayfly/thing.py", SOURCE)]
    first = compile_sources(Path(interpreter.path), sources)
    assert first == compile_sources(Path(interpreter.path), sources)
    data = first["dayfly/thing.py"]
    # PEP 552: the lowest bit says hash-based, the second that the source is checked.
    assert int.from_bytes(data[4:8], "little") == 0b01
    assert b"docstring" not in data
    assert b"Another" not in data


def test_assertions_and_line_numbers_stay() -> None:
    data = compile_sources(Path(sys.executable), [Source("dayfly/thing.py", SOURCE)])["dayfly/thing.py"]
    code = marshal.loads(data[16:])
    namespace: dict[str, object] = {"__name__": "thing"}
    exec(code, namespace)
    thing = namespace["Thing"]
    assert isinstance(thing, type)
    act = thing.act  # type: ignore[attr-defined]
    assert isinstance(act, types.FunctionType)
    assert act.__annotations__ == {}
    assert act(None, "north") is True
    assert act(None, "up") is False
    with pytest.raises(AssertionError):
        act(None, "north", other=0)
    line = next(node.lineno for node in ast.walk(ast.parse(SOURCE)) if isinstance(node, ast.Assert))
    assert line in {found for _, _, found in act.__code__.co_lines()}
    assert namespace["empty"]() is None  # type: ignore[operator]


def test_a_source_that_does_not_compile_is_named() -> None:
    with pytest.raises(LayerError) as caught:
        compile_sources(Path(sys.executable), [Source("dayfly/bad.py", b"def :\n")])
    assert "dayfly/bad.py" in caught.value.message


def test_an_interpreter_that_does_not_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(LayerError) as caught:
        compile_sources(tmp_path / "python3.12", [])
    assert str(tmp_path / "python3.12") in caught.value.message

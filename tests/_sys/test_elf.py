"""What of a program is loaded, of real interpreters and of files that are none."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from tests.interpreters import Interpreter, found_interpreters

from dayfly._sys.elf import Program


def read(path: str | Path) -> Program:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return Program(descriptor)
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("interpreter", found_interpreters(), ids=lambda found: found.version)
def test_an_interpreter_is_loaded_almost_whole_and_finds_its_libraries_without_itself(
    interpreter: Interpreter,
) -> None:
    path = os.path.realpath(interpreter.path)
    program = read(path)
    assert os.path.getsize(path) / 2 < program.loaded_bytes <= os.path.getsize(path)
    assert not program.seeks_beside_itself


def test_what_lies_behind_the_segments_is_not_loaded(tmp_path: Path) -> None:
    program = Path(os.path.realpath(sys.executable)).read_bytes()
    (tmp_path / "program").write_bytes(program + bytes(1 << 20))
    assert read(tmp_path / "program").loaded_bytes <= len(program)


def test_a_search_path_relative_to_the_program_is_seen(tmp_path: Path) -> None:
    """As python-build-standalone has it; here written over another string of the dynamic section."""
    program = Path(os.path.realpath(sys.executable)).read_bytes()
    name = b"\0libm.so.6\0"
    assert program.count(name) == 1
    (tmp_path / "program").write_bytes(program.replace(name, b"\0$ORIGIN/x\0"))
    assert read(tmp_path / "program").seeks_beside_itself


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"#!/bin/sh\n",
        b"\x7fELF",
        b"\x7fELF\x02\x01" + bytes(58),
        b"\x7fELF\x02\x01" + b"\xff" * 200,
        b"\x7fELF\x01\x01" + b"\xff" * 200,
    ],
)
def test_of_what_is_no_program_all_counts(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    program = read(tmp_path / "file")
    assert program.loaded_bytes == len(content)
    assert not program.seeks_beside_itself

"""The native programs: the same bytes from the same sources wherever they are compiled, and nothing they do without."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from native.build import ARCHITECTURES, BINARIES, FINDINGS, NATIVE, findings_header

# e_machine of an ELF file: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html
MACHINES = {"x86_64": 62, "aarch64": 183}


def test_the_table_of_findings_is_what_python_has() -> None:
    assert FINDINGS.read_text() == findings_header(), "run `python native/build.py --findings`"


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_programs_are_for_their_processor_and_hardened(architecture: str) -> None:
    for name, has_loader in (
        ("supervisor", False),
        ("launcher", True),
        ("threads.so", False),
        ("audit.so", False),
    ):
        data = (BINARIES / architecture / name).read_bytes()
        assert int.from_bytes(data[18:20], "little") == MACHINES[architecture]
        shown = subprocess.run(
            [
                "readelf",
                "--wide",
                "--file-header",
                "--segments",
                "--dynamic",
                "--sections",
                BINARIES / architecture / name,
            ],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert "DYN" in shown  # loaded at an address of chance
        assert "GNU_RELRO" in shown
        assert "BIND_NOW" in shown
        assert "GNU_STACK" in shown
        assert "RWE" not in shown
        # Stripped, and static but for the launcher, which loads the interpreter's libraries.
        assert ".symtab" not in shown
        assert ("INTERP" in shown) == has_loader
        assert str(NATIVE.parent).encode() not in data


@pytest.mark.slow  # compiles everything once more
@pytest.mark.timeout(1200)
def test_another_folder_and_an_empty_cache_give_the_same_bytes(tmp_path: Path) -> None:
    copied = shutil.copytree(NATIVE, tmp_path / "elsewhere" / "native")
    # The C libraries come from the shared cache: compiling them takes minutes. Every source of ours is compiled.
    variables = {
        **os.environ,
        "ZIG_LOCAL_CACHE_DIR": str(tmp_path / "cache"),
        "LANG": "C.UTF-8",
        "TZ": "Asia/Tokyo",
    }
    command = [sys.executable, str(copied / "build.py"), "--into", str(tmp_path / "built")]
    done = subprocess.run(command, capture_output=True, text=True, env=variables, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert any((tmp_path / "cache").rglob("*.o"))
    for architecture in ARCHITECTURES:
        for name in ("supervisor", "launcher"):
            again = (tmp_path / "built" / architecture / name).read_bytes()
            assert again == (BINARIES / architecture / name).read_bytes(), f"{architecture}/{name}"


@pytest.mark.skipif(platform.machine() not in ARCHITECTURES, reason="no processor of Lambda's")
def test_the_program_for_this_processor_runs() -> None:
    program = BINARIES / platform.machine() / "supervisor"
    assert subprocess.run([program], timeout=60).returncode == 93
    done = subprocess.run([program, "python"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "hint:" in done.stderr

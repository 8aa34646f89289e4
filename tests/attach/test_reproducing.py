"""A layer is the same bytes whoever builds it where, and none of them is for one architecture alone."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.interpreters import found_interpreters

from dayfly.attach.build import build_layer
from dayfly.attach.layout import ARCHITECTURES, HOME

POLICY = '[policy]\nquiet_since = 2026-11-25\npromote_after = "14d"\n[policy.process]\n'
# What differs between two people's machines, or one's days.
ONE = {"LC_ALL": "C", "TZ": "UTC", "PYTHONHASHSEED": "1", "HOME": "/nowhere", "SOURCE_DATE_EPOCH": "1"}
OTHER = {"LC_ALL": "C.UTF-8", "TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "77", "PYTHONOPTIMIZE": "2"}


def _build(folder: Path, variables: dict[str, str], mask: int) -> dict[str, bytes]:
    folder.mkdir()
    (folder / "p.toml").write_text(POLICY)
    start = "from dayfly.cli.main import main; main()"
    command = [sys.executable, "-c", start, "layer", "build", "--sbom", "--policy", "p.toml"]
    run = subprocess.run(
        [*command, "--on-failure", "stop", "--python", f"{sys.version_info[0]}.{sys.version_info[1]}"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], **variables},
        umask=mask,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.slow
def test_layer_bill_and_checksum_are_the_same_bytes_everywhere(tmp_path: Path) -> None:
    first = _build(tmp_path / "one", ONE, 0o022)
    second = _build(tmp_path / "an öther", OTHER, 0o077)
    assert sorted(first) == [
        "dayfly-layer.zip",
        "dayfly-layer.zip.cdx.json",
        "dayfly-layer.zip.sha256",
        "p.toml",
    ]
    assert first == second


def _contents(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """Every file of a layer, and every file of the archives in it."""
    yield name, data
    if data[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            for one in file.namelist():
                yield from _contents(f"{name}/{one}", file.read(one))
    elif name.endswith(".bin"):
        index, _, rest = data.partition(b"\n")
        for one, length in json.loads(index):
            yield f"{name}/{one}", rest[:length]
            rest = rest[length:]
        assert rest == b""


_VERSIONS = [found.version for found in found_interpreters()]


@pytest.mark.parametrize(
    "version", [*(pytest.param(one, marks=pytest.mark.slow) for one in _VERSIONS[:-1]), _VERSIONS[-1]]
)
def test_its_native_code_is_there_for_both_processors(version: str, tmp_path: Path) -> None:
    """So x86_64 and arm64 take the same layer. Elsewhere numbers of system calls are chosen at run time."""
    built = build_layer(tmp_path / "layer.zip", [version])
    files = dict(_contents("layer.zip", built.path.read_bytes()))
    assert len(files) > 150
    # ELF, Mach-O (both orders, and fat), PE, ar.
    magics = (b"\x7fELF", b"\xfe\xed\xfa", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"MZ", b"!<arch>")
    native = {name for name, data in files.items() if data.startswith(magics)}
    expected = {
        f"/{HOME}/bin/{one}/{name}"
        for one in ARCHITECTURES
        for name in ("supervisor", "launcher", "threads.so", "audit.so")
    }
    assert {name.partition("layer.zip")[2] for name in native} == expected
    programs = [name for name in files if "/licences/" not in name and name not in native]
    assert {name.rpartition(".")[2] for name in programs} == {"zip", "bin", "pyc", "py", "json", "zip/dayfly"}

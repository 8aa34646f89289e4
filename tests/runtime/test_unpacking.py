"""Modules that a layer holds in one compressed file are loaded as those in files are."""

from __future__ import annotations

import importlib
import marshal
import sys
import zlib
from pathlib import Path

import pytest

from dayfly.attach.layout import Entry, pack
from dayfly.runtime.unpacking import unpack

SOURCES = {
    "packed_guard/__init__.pyc": "from packed_guard.inner import word",
    "packed_guard/inner.pyc": "word = __name__",
    "packed_guard/seldom.pyc": "from packed_guard.inner import word",
}


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    modules = [
        Entry(path, bytes(16) + marshal.dumps(compile(text, path, "exec"))) for path, text in SOURCES.items()
    ]
    # As a layer holds those that few starts load.
    modules[-1] = Entry(modules[-1].path, zlib.compress(modules[-1].data, 9))
    (tmp_path / "cpython-3x.guard.bin").write_bytes(pack(modules))
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    return str(tmp_path / "cpython-3x")


def test_modules_are_found_and_know_their_names(library: str) -> None:
    unpack(library)
    try:
        packed_guard = __import__("packed_guard")
        assert packed_guard.word == "packed_guard.inner"
        assert packed_guard.__path__ == [f"{library}{end}/packed_guard" for end in ("", ".late.zip")]
        assert importlib.import_module("packed_guard.seldom").word == "packed_guard.inner"
    finally:
        for name in ("packed_guard", "packed_guard.inner", "packed_guard.seldom"):
            sys.modules.pop(name, None)


def test_others_modules_are_others(library: str) -> None:
    unpack(library)
    assert sys.meta_path[0].find_spec("packed_other", None) is None


def test_where_there_is_no_such_file_nothing_is_changed(tmp_path: Path, library: str) -> None:
    before = list(sys.meta_path)
    unpack(str(tmp_path / "elsewhere"))
    assert sys.meta_path == before

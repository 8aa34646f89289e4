"""A zip from anybody stays in its folder and within Lambda's size."""

from __future__ import annotations

import io
import os
import stat
import zipfile
from pathlib import Path

import pytest
from tests.lab.control.zips import entry, zipped

from dayfly.lab.control import archives
from dayfly.lab.model import InvokeRefusedError


def _linking(target: str) -> bytes:
    """A link, and a file that would be written through it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(entry("way", stat.S_IFLNK | 0o777), target)
        archive.writestr(entry("way/planted", stat.S_IFREG | 0o644), "mine")
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04",
        zipped({"a": "b"})[:-8],
        zipped({"../a": "b"}),
        zipped({"x/../../a": "b"}),
        zipped({"/etc/a": "b"}),
        zipped({"a\\..\\b": "c"}),
        zipped({"a": "b", "a/b": "c"}),
    ],
    ids=["empty", "begun", "cut", "up", "through", "absolute", "backslash", "file as folder"],
)
def test_what_is_no_zip_or_lies_outside_is_refused_and_leaves_nothing(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InvokeRefusedError) as refusal:
        archives.unpack(content, tmp_path / "in" / "target")
    assert refusal.value.error_type == "InvalidParameterValueException"
    assert refusal.value.message.startswith("Could not unzip uploaded file.")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert not (tmp_path / "in" / "target").exists()


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    archives.unpack(_linking(str(outside)), tmp_path / "target")
    assert list(outside.iterdir()) == []
    assert (tmp_path / "target" / "way" / "planted").read_text() == "mine"


def test_a_bomb_is_refused_before_it_fills_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_UNPACKED_BYTES", 3_000_000)
    with pytest.raises(InvokeRefusedError, match="Unzipped size must be smaller than 3000000 bytes"):
        archives.unpack(zipped({"a": b"\0" * 2_000_000, "b": b"\0" * 2_000_000}), tmp_path / "target")
    assert not (tmp_path / "target").exists()


def test_modes_links_and_folders_are_kept(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(entry("bin/", stat.S_IFDIR | 0o700), "")
        archive.writestr(entry("bin/run", stat.S_IFREG | 0o755), "#!/bin/sh\n")
        archive.writestr(entry("secret", stat.S_IFREG | 0o600), "s")
        archive.writestr(entry("also", stat.S_IFLNK | 0o777), "bin/run")
    target = tmp_path / "target"
    assert archives.unpack(buffer.getvalue(), target) == 11
    assert stat.S_IMODE((target / "bin" / "run").stat().st_mode) == 0o755
    assert stat.S_IMODE((target / "secret").stat().st_mode) == 0o600
    assert os.readlink(target / "also") == "bin/run"


def test_merged_layers_show_the_later_ones_files_and_everything_else(tmp_path: Path) -> None:
    first, second, merged = tmp_path / "1", tmp_path / "2", tmp_path / "merged"
    archives.unpack(
        zipped({"a": "1", "python/x.py": "1", "python/y.py": "1", "turn/in": "1", "t": "1"}), first
    )
    archives.unpack(zipped({"a": "2", "python/x.py": "2", "turn": "2", "t/in": "2"}), second)
    archives.merge([first, second], merged)
    shown = {str(p.relative_to(merged)): p.read_text() for p in merged.rglob("*") if p.is_file()}
    assert shown == {"a": "2", "python/x.py": "2", "python/y.py": "1", "turn": "2", "t/in": "2"}
    assert (first / "a").read_text() == "1"

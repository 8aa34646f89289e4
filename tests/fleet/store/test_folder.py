"""A folder is one process's, and a child forked from it is told so instead of hanging."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dayfly.fleet.store.folder import FolderError, hold, release

_HOLDER = (
    "import sys; from pathlib import Path; from dayfly.fleet.store.folder import hold; hold(Path(sys.argv[1])); "
    "print('held', flush=True); sys.stdin.read()"
)


def test_a_folder_of_another_process_is_refused_with_its_number(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(FolderError, match=f"process {other.pid}") as caught:
            hold(tmp_path)
        assert "stop it" in caught.value.hint
        other.communicate("")
    release(hold(tmp_path))


def test_one_process_may_hold_a_folder_twice_and_no_second(tmp_path: Path) -> None:
    first, second = hold(tmp_path / "a"), hold(tmp_path / "x" / ".." / "a")
    with pytest.raises(FolderError, match="a process can have only one"):
        hold(tmp_path / "b")
    release(first)
    with pytest.raises(FolderError):
        hold(tmp_path / "b")
    release(second)
    release(hold(tmp_path / "b"))


def test_a_folder_that_cannot_be_made_is_an_error_with_a_hint(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderError, match="file") as caught:
        hold(tmp_path / "file" / "store")
    assert "local disk" in caught.value.hint

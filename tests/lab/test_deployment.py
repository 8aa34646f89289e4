"""Code that its runner may not read is copied, never changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dayfly.lab.deployment import copy_readable, is_readable_by_others


@pytest.mark.parametrize("private", ["", "app.py", "inner", "inner/data"])
def test_one_private_entry_makes_the_whole_folder_unreadable(tmp_path: Path, private: str) -> None:
    folder = tmp_path / "code"
    (folder / "inner").mkdir(parents=True)
    (folder / "app.py").write_text("x = 1")
    (folder / "inner" / "data").write_text("y")
    (folder / "link").symlink_to("/nowhere")
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755)
    assert is_readable_by_others(folder)
    (folder / private).chmod(0o700)
    assert not is_readable_by_others(folder)
    copy = copy_readable(folder, tmp_path / "copy")
    assert is_readable_by_others(copy)
    assert (copy / "inner" / "data").read_text() == "y"
    assert os.readlink(copy / "link") == "/nowhere"
    assert not is_readable_by_others(folder)

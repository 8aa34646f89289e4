"""Settings are read from the function's file and its variables, which win."""

from __future__ import annotations

from pathlib import Path

import pytest

from dayfly.errors import SettingError
from dayfly.runtime.flatsettings import read_settings


def test_settings_come_from_the_task_root_or_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dayfly.toml").write_text('tmp = "keep"')
    assert read_settings({"LAMBDA_TASK_ROOT": str(tmp_path)}).tmp == "keep"
    monkeypatch.chdir(tmp_path)
    assert read_settings({}).tmp == "keep"
    assert read_settings({"DAYFLY_TMP": "scrub"}).tmp == "scrub"
    assert read_settings({"LAMBDA_TASK_ROOT": str(tmp_path / "elsewhere")}).tmp == "scrub"


def test_a_settings_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "dayfly.toml").mkdir()
    with pytest.raises(SettingError, match=r"dayfly\.toml cannot be read"):
        read_settings({"LAMBDA_TASK_ROOT": str(tmp_path)})

"""A file is replaced whole or not at all, and never by what Dayfly would not start with."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.policy.making import POLICY

from dayfly.policy.model import PolicyError
from dayfly.policy.storing import show_changes, write_file


def test_a_file_is_replaced_with_its_mode_through_a_link(tmp_path: Path) -> None:
    path, link = tmp_path / "real.toml", tmp_path / "dayfly.toml"
    path.write_text(POLICY)
    path.chmod(0o640)
    link.symlink_to(path)
    new = POLICY.replace("observe", "block")
    assert write_file(link, POLICY, new) is True
    assert path.read_text() == new
    assert link.is_symlink()
    assert oct(path.stat().st_mode)[-3:] == "640"
    assert write_file(link, new, new) is False
    assert sorted(one.name for one in tmp_path.iterdir()) == ["dayfly.toml", "real.toml"]


def test_a_new_file_can_be_read_by_the_function(tmp_path: Path) -> None:
    path = tmp_path / "dayfly.toml"
    assert write_file(path, "", POLICY) is True
    assert oct(path.stat().st_mode)[-3:] == "644"


def test_what_somebody_else_wrote_meanwhile_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "dayfly.toml"
    path.write_text("# theirs\n")
    with pytest.raises(PolicyError, match="changed by another program"):
        write_file(path, "", POLICY)
    assert path.read_text() == "# theirs\n"


def test_what_dayfly_would_not_start_with_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="was not written"):
        write_file(tmp_path / "dayfly.toml", "", '[policy]\nmode = "sometimes"\n')
    with pytest.raises(PolicyError, match="cannot be written"):
        write_file(tmp_path / "absent" / "dayfly.toml", "", POLICY)
    assert list(tmp_path.iterdir()) == []


def test_changes_are_shown_as_a_diff() -> None:
    rows = show_changes(POLICY, POLICY.replace("14d", "7d"), name="dayfly.toml")
    assert [row for row in rows if row[:1] in "+-"] == [
        "--- dayfly.toml", "+++ dayfly.toml", '-promote_after = "14d"', '+promote_after = "7d"',
    ]  # fmt: skip
    assert show_changes(POLICY, POLICY, name="x") == ()

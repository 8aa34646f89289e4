"""A private directory in use is left alone; one whose maker died is removed; nothing else is touched."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.unprivileged import forked

from dayfly.supervisor import private


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every directory for old enough, and a start for one with time."""
    monkeypatch.setattr(private, "_YOUNG_S", -1.0)
    monkeypatch.setattr(private, "_LIMIT_S", 600.0)


@pytest.mark.usefixtures("later")
def test_a_directory_in_use_stays_and_an_abandoned_one_goes(tmp_path: Path) -> None:
    used, lock = private.make(str(tmp_path), "1-0123abcd")
    abandoned = forked(lambda: private.make(str(tmp_path), "2-0123abcd")[0])
    (Path(abandoned) / "deep" / "deeper").mkdir(parents=True)
    (Path(abandoned) / "deep" / "stash").write_text("card")

    assert private.remove_abandoned(str(tmp_path)) == 1

    assert os.listdir(tmp_path) == [Path(used).name]
    os.close(lock)
    assert private.remove_abandoned(str(tmp_path)) == 1


def test_a_directory_just_made_is_nobodys_to_remove(tmp_path: Path) -> None:
    forked(lambda: private.make(str(tmp_path), "2-0123abcd")[0])

    assert private.remove_abandoned(str(tmp_path)) == 0


@pytest.mark.usefixtures("later")
@pytest.mark.parametrize(
    "name",
    ["dayfly-notes", "dayfly-1", "dayfly-1-0123abc", "dayfly-x-0123abcd", "dayfly-1-0123ABCD", "other"],
)
def test_what_dayfly_did_not_name_stays(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "mine").touch()

    assert private.remove_abandoned(str(tmp_path)) == 0
    assert (tmp_path / name / "mine").exists()


@pytest.mark.usefixtures("later")
def test_a_link_with_such_a_name_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    (target / "mine").touch()
    (tmp_path / "dayfly-1-0123abcd").symlink_to(target)

    assert private.remove_abandoned(str(tmp_path)) == 0
    assert (target / "mine").exists()


@pytest.mark.usefixtures("later")
def test_a_start_is_not_held_up_by_thousands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1000):
        (tmp_path / f"dayfly-{number}-0123abcd").mkdir()
    with monkeypatch.context() as patched:
        patched.setattr(private, "_LIMIT_S", 0.0)
        removed = private.remove_abandoned(str(tmp_path))

    assert removed <= 1
    assert private.remove_abandoned(str(tmp_path)) == 1000 - removed

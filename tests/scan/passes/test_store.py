"""What is remembered is found again, stays bounded, and is forgotten when it is damaged."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from dayfly.scan.passes import store as module
from dayfly.scan.passes.store import Store, default_file, tool_version


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "scan.sqlite"


def test_what_is_kept_is_found_by_the_next_scan(path: Path) -> None:
    first = Store(path)
    first.keep({"a": "1"}, [])
    first.remember({"x": "2"}, "v1")
    first.close()
    second = Store(path)
    assert second.find(["a", "b"]) == {"a": "1"}
    memory: dict[str, str] = {}
    second.recall(memory, "v2")
    assert memory == {}
    second.recall(memory, "v1")
    assert memory == {"x": "2"}
    second.keep({"a": "3"}, ["a"])
    assert second.find(["a"]) == {"a": "3"}
    second.close()
    assert path.parent.stat().st_mode & 0o077 == 0


def test_many_keys_are_found() -> None:
    store = Store(None)
    assert store.find(str(number) for number in range(3)) == {}


def test_thousands_of_keys_are_looked_up(path: Path) -> None:
    store = Store(path)
    store.keep({str(number): "x" for number in range(3_000)}, [])
    assert len(store.find(str(number) for number in range(4_000))) == 3_000
    store.close()


@pytest.mark.parametrize("content", [b"no database", b"", b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_damaged_file_is_written_anew(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    store = Store(path)
    assert store.find(["a"]) == {}
    store.keep({"a": "1"}, [])
    assert store.find(["a"]) == {"a": "1"}
    store.close()


def test_another_programs_database_is_replaced_only_in_our_own_cache(tmp_path: Path) -> None:
    foreign = tmp_path / "mine.db"
    connection = sqlite3.connect(foreign)
    connection.execute("PRAGMA application_id = 77")
    connection.execute("CREATE TABLE results (x)")
    connection.commit()
    connection.close()
    before = foreign.read_bytes()
    store = Store(foreign)
    store.keep({"a": "1"}, [])
    assert store.fault
    assert foreign.read_bytes() == before


def test_a_link_is_not_followed(tmp_path: Path, path: Path) -> None:
    target = tmp_path / "precious"
    target.write_text("mine")
    path.parent.mkdir()
    path.symlink_to(target)
    store = Store(path)
    store.keep({"a": "1"}, [])
    assert "is a link" in store.fault
    assert target.read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = Store(tmp_path / "file" / "scan.sqlite")
    assert store.fault
    store.keep({"a": "1"}, [])
    assert store.find(["a"]) == {}


def test_what_was_not_used_for_longest_goes_first(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MAX_ROWS", 10)
    store = Store(path)
    store.keep({f"old{number}": "x" for number in range(8)}, [])
    store.keep({}, ["old7"])
    store.keep({f"new{number}": "x" for number in range(6)}, [])
    left = store.find([f"{age}{number}" for age in ("old", "new") for number in range(8)])
    assert len(left) <= 10
    assert {"old7", *(f"new{number}" for number in range(6))} <= left.keys()
    store.close()


def test_values_of_another_kind_are_not_believed(path: Path) -> None:
    store = Store(path)
    store.keep({"a": "1"}, [])
    store.close()
    connection = sqlite3.connect(path)
    connection.execute("UPDATE results SET value = X'00FF'")
    connection.commit()
    connection.close()
    again = Store(path)
    assert again.find(["a"]) == {}
    again.close()


def test_the_cache_is_the_users() -> None:
    assert default_file({"XDG_CACHE_HOME": "/x", "HOME": "/h"}) == Path("/x/dayfly/scan.sqlite")
    assert default_file({"XDG_CACHE_HOME": "relative", "HOME": "/h"}) == Path("/h/.cache/dayfly/scan.sqlite")


def test_without_a_folder_of_the_users_nothing_is_remembered() -> None:
    assert default_file({}) is None
    assert default_file({"HOME": ""}) is None


def test_the_version_is_of_the_scanners_own_sources() -> None:
    assert tool_version() == tool_version()
    assert len(tool_version()) == 64

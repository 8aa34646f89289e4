"""The fleet's options of `dayfly lab serve`: secrets come from files, and a function's own variables win."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.lab.running import basic

from dayfly.cli.lab_fleet import KEY_VARIABLE, find_target, give_fleet_key, read_secret
from dayfly.errors import SettingError

_KEY = "0123456789abcdef" * 4


@pytest.mark.parametrize("content", [b"", b"\n", b"two\nlines", b"\xff\xfe", b"x" * 5000, b"bell\x07"])
def test_a_file_that_holds_no_secret_is_refused_without_showing_it(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "token"
    path.write_bytes(content)
    with pytest.raises(SettingError) as refusal:
        read_secret(path, what="a token")
    assert "two" not in refusal.value.message


def test_a_token_needs_a_fleet_and_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingError):
        find_target(None, tmp_path / "token")
    with pytest.raises(SettingError, match="absent"):
        find_target("http://127.0.0.1:1", tmp_path / "absent")
    assert find_target(None, None) is None


def test_a_key_of_another_length_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(_KEY[:-1])
    with pytest.raises(SettingError) as refusal:
        give_fleet_key([basic()], key_file=path, is_shipping=True)
    assert _KEY[:8] not in refusal.value.message


def test_functions_under_dayfly_get_key_and_lines_and_keep_their_own_variables(tmp_path: Path) -> None:
    path = tmp_path / "key"
    # As `fleet.key` of a fleet's folder: the current one first.
    path.write_text(f"{_KEY}\n{'f' * 64}\n")
    plain, guarded = give_fleet_key(
        [basic(), basic(runtime="dayfly", environment={"DAYFLY_LOG_INVOCATIONS": "off", "A": "b"})],
        key_file=path,
        is_shipping=True,
    )
    assert plain.environment == {}
    assert guarded.environment == {KEY_VARIABLE: _KEY, "DAYFLY_LOG_INVOCATIONS": "off", "A": "b"}
    path.write_text(_KEY)
    assert find_target("http://127.0.0.1:1", path) is not None

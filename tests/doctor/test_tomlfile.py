"""Settings go into a dayfly.toml and every other byte stays, or the file is left alone."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dayfly.doctor.tomlfile import edit, write
from dayfly.errors import SettingError

ON = {"api_lock": "on"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", 'api_lock = "on"\n'),
        ('tmp = "keep"', 'tmp = "keep"\napi_lock = "on"\n'),
        ('tmp = "keep"\r\n', 'tmp = "keep"\r\napi_lock = "on"\r\n'),
        ('# mine\napi_lock="auto"  # why\n', '# mine\napi_lock="on"  # why\n'),
        ("api_lock = 'off'\r\n", 'api_lock = "on"\r\n'),
        ('"api_lock" = "off"', '"api_lock" = "on"'),
        ('\tapi_lock\t=\t"off"\t# x', '\tapi_lock\t=\t"on"\t# x'),
        ('[zygote]\nprime = "a:b"\n', 'api_lock = "on"\n[zygote]\nprime = "a:b"\n'),
        ('# api_lock = "off"\n', '# api_lock = "off"\napi_lock = "on"\n'),
        ("keep = [\n  '/tmp/a',\n]\n", "keep = [\n  '/tmp/a',\n]\napi_lock = \"on\"\n"),
        ('api_lock = "on"\n', 'api_lock = "on"\n'),
    ],
)
def test_everything_else_stays_as_it_was(before: str, after: str) -> None:
    assert edit(before, ON, source="f") == after


@pytest.mark.parametrize(
    "text",
    [
        'a = """\napi_lock = "x"\n"""\napi_lock = "off"\n',
        'api_lock = """off"""\n',
        'api_lock = ["off"]\n',
        "api_lock = { a = 1 }\n",
        '"api\\u005Flock" = "off"\n',
        "[api_lock]\nx = 1\n",
        "x = nan\n",
    ],
)
def test_what_cannot_be_done_safely_is_refused_with_the_line_to_write(text: str) -> None:
    with pytest.raises(SettingError, match="safely") as caught:
        edit(text, ON, source="f")
    assert 'api_lock = "on"' in caught.value.hint


def test_a_name_inside_a_table_is_another_name() -> None:
    text = '[fork]\napi_lock = "mine"\n'
    assert edit(text, ON, source="f") == 'api_lock = "on"\n' + text


def test_what_is_no_toml_is_refused() -> None:
    with pytest.raises(SettingError, match="not valid TOML"):
        edit("api_lock = ", ON, source="f")


@given(st.text(alphabet="ab=_\"'#[]\n\r \\{}1,.é", max_size=60))
@example('a = "b" # c\n[t]\n')
def test_for_any_file_all_else_reads_the_same_or_it_is_refused(text: str) -> None:
    try:
        edited = edit(text, ON, source="f")
    except SettingError:
        return
    assert tomllib.loads(edited) == {**tomllib.loads(text), **ON}
    assert text in edited or len(edited) >= len(text) - 20
    # What was taken out is a value of one line at most.
    assert edited.count("\n") >= text.count("\n")


def test_a_file_is_replaced_with_its_mode_and_through_a_link(tmp_path: Path) -> None:
    real = tmp_path / "real.toml"
    real.write_bytes(b'# k\xc3\xa4se\r\ntmp = "keep"\r\n')
    real.chmod(0o640)
    link = tmp_path / "dayfly.toml"
    link.symlink_to(real)
    assert write(link, ON) is True
    assert link.is_symlink()
    assert real.read_bytes() == b'# k\xc3\xa4se\r\ntmp = "keep"\r\napi_lock = "on"\r\n'
    assert real.stat().st_mode & 0o777 == 0o640
    assert write(link, ON) is False
    assert sorted(os.listdir(tmp_path)) == ["dayfly.toml", "real.toml"]


def test_a_new_file_is_made(tmp_path: Path) -> None:
    assert write(tmp_path / "dayfly.toml", ON) is True
    assert (tmp_path / "dayfly.toml").read_text() == 'api_lock = "on"\n'


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff", "not valid UTF-8"),
        (b'apilock = "on"\n', "unknown setting"),
        (b'tmp = "sometimes"\n', "tmp"),
        (b"=\n", "not valid TOML"),
    ],
)
def test_a_file_that_dayfly_would_refuse_is_left_alone(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "dayfly.toml"
    path.write_bytes(content)
    with pytest.raises(SettingError, match=words):
        write(path, ON)
    assert path.read_bytes() == content
    assert os.listdir(tmp_path) == ["dayfly.toml"]


def test_a_place_where_nothing_can_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="cannot be written"):
        write(tmp_path / "none" / "dayfly.toml", ON)
    with pytest.raises(SettingError, match="cannot be read"):
        write(tmp_path, ON)

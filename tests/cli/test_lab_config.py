"""A lab.toml is understood wholly or refused with the setting that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from dayfly.cli.lab_config import load_lab_file
from dayfly.errors import SettingError

_GOOD = """
[lab]
port = 9100
confinement = "none"

[functions.pay]
folder = "code"
handler = "app.handler"
runtime = "dayfly"
timeout = 5
memory = 256
reserved_concurrency = 4
environment = { TABLE = "cards", N = 3 }

[functions.other]
folder = "/abs"
handler = "x.y"
"""


def test_functions_and_settings_are_read_relative_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "lab.toml").write_text(_GOOD)
    loaded = load_lab_file(tmp_path / "lab.toml")
    assert loaded.lab == {"port": 9100, "confinement": "none"}
    pay, other = loaded.functions
    assert (pay.name, pay.folder, pay.runtime) == ("pay", tmp_path / "code", "dayfly")
    assert (pay.timeout_s, pay.memory_mb, pay.reserved_concurrency) == (5, 256, 4)
    assert pay.environment == {"TABLE": "cards", "N": "3"}
    assert other.folder == Path("/abs")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no function"),
        ("functions = 3", "has no function"),
        ("[functions]\npay = 3", "not a table"),
        ("x = [", "no valid TOML"),
        ("[oops]", "unknown setting oops"),
        ("[lab]\nhots = 'x'", "unknown setting lab.hots"),
        ("[lab]\nport = 'x'", "lab.port is 'x', not of type int"),
        ("[lab]\nport = true", "lab.port is True"),
        ("[functions.f]\nhandler = 'a.b'", "functions.f has no folder"),
        ("[functions.f]\nfolder = '.'", "functions.f has no handler"),
        ("[functions.f]\nfolder = '.'\nhandler = 'a.b'\nmemroy = 1", "unknown setting functions.f.memroy"),
        ("[functions.f]\nfolder = '.'\nhandler = 'a.b'\ntimeout = 'x'", "not of type int or float"),
        ("[functions.f]\nfolder = '.'\nhandler = 'a.b'\ntimeout = 0", "timeout"),
    ],
)
def test_what_is_not_understood_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "lab.toml").write_text(text)
    with pytest.raises(SettingError, match=message):
        load_lab_file(tmp_path / "lab.toml")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"absent\.toml cannot be read"):
        load_lab_file(tmp_path / "absent.toml")

"""The table `[scan]` is what a team agreed on; a fault in it is named; a function's start never sees it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dayfly.cli.scan_config import KEYS, ScanTable, find_table, parse_fail_on, read_table
from dayfly.core.settings import load_settings
from dayfly.errors import SettingError
from dayfly.scan.model import Severity

WHOLE = """\
isolation = "window"

[scan]
exclude = ["tests/**"]
only = ["event", "weak.hash"]
skip = ["event.log"]
fail_on = "medium"
baseline = "known.json"
handlers = ["app.handler"]
osv_database = "osv.zip"

[scan.severity]
"event.sql" = "critical"
"""


def test_every_key_is_read(tmp_path: Path) -> None:
    path = tmp_path / "dayfly.toml"
    path.write_text(WHOLE)
    assert read_table(path) == ScanTable(
        path=path,
        exclude=("tests/**",),
        only=("event", "weak.hash"),
        skip=("event.log",),
        fail_on="medium",
        baseline=tmp_path / "known.json",
        handlers=("app.handler",),
        osv_database=tmp_path / "osv.zip",
        severity={"event.sql": "critical"},
    )
    assert all(f"\n{key} = " in WHOLE or f"[scan.{key}]" in WHOLE for key in KEYS)


def test_what_it_leaves_out_is_told() -> None:
    table = ScanTable(Path("x/dayfly.toml"), exclude=("a",), skip=("event",), severity={"weak": "low"})
    assert table.describe() == ("x/dayfly.toml excludes a; skips event; sets weak to low",)
    assert ScanTable(Path("x"), fail_on="low").describe() == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("scan = 1", "write it as a table"),
        ("[scan]\nexcludes = []", "unknown setting 'excludes'"),
        ("[scan]\nexclude = 'x'", "write a list of strings"),
        ("[scan]\nskip = ['event.sqll']", "event.sql"),
        ("[scan]\nonly = [1]", "write a list of strings"),
        ("[scan]\nfail_on = 'urgent'", "critical, high, medium, low, informational, never"),
        ("[scan]\nfail_on = 1", "write a string"),
        ("[scan.severity]\n'event.sql' = 'urgent'", "critical"),
        ("[scan.severity]\n'event.sql' = 1", "write it as a table"),
        ("[scan.severity]\n'nope' = 'low'", "unknown check"),
        ("[scan", "is not valid TOML"),
        ("[scan]\nx = " + "[" * 5000, "is not valid TOML"),
    ],
)
def test_a_fault_is_named_with_the_file(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "dayfly.toml"
    path.write_text(text)
    with pytest.raises(SettingError) as caught:
        read_table(path)
    assert said in caught.value.message + caught.value.hint
    assert "dayfly.toml" in caught.value.message


def test_the_scanned_folders_file_goes_before_the_working_directorys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dayfly.toml").write_text("[scan]\nfail_on = 'low'\n")
    inner = tmp_path / "function"
    inner.mkdir()
    monkeypatch.chdir(tmp_path)
    assert find_table([Path("function")], None).fail_on == "low"
    (inner / "dayfly.toml").write_text("isolation = 'window'\n")
    assert find_table([Path("function")], None).fail_on == "low"
    (inner / "dayfly.toml").write_text("[scan]\nfail_on = 'medium'\n")
    assert find_table([Path("function")], None).fail_on == "medium"
    assert find_table([Path("function"), Path(".")], None).fail_on == "low"
    assert find_table([Path(".")], inner / "dayfly.toml").fail_on == "medium"
    with pytest.raises(SettingError, match="is not a file"):
        find_table([Path(".")], tmp_path / "nope.toml")


def test_the_least_severity_that_fails() -> None:
    assert parse_fail_on("never", where="x") > Severity.CRITICAL
    assert parse_fail_on("medium", where="x") == Severity.MEDIUM


@pytest.mark.parametrize("scan", [{"fail_on": "low"}, {"nonsense": 1}, "nonsense"])
def test_a_function_starts_whatever_the_table_says(scan: object) -> None:
    assert load_settings({}, {"isolation": "window", "scan": scan}).isolation == "window"

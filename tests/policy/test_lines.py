"""Keys and elements stand on the lines that an editor shows."""

from __future__ import annotations

import pytest

from dayfly.policy.lines import locate

TEXT = '''# [policy] in a comment
isolation = "window"   # not [a table]
note = """
[policy.read]
allow = ["no"]
"""
[policy]
mode = "block"
rules.sql = "observe"

[policy.network]
allow = [
    "a.example.com:443",  # "x", ]
    'b#c', "c\\"d", # two on a line

    "e",
]
[policy.packages."zope.interface"]
uses = ["read"]
process = { allow = ["git"], init = [1, 2.5, 1979-05-27] }
[[things]]
name = "one"
[[things]]
name = "two"
'''


def test_every_key_and_element_has_its_line() -> None:
    lines = {path: spot.line for path, spot in locate(TEXT).items()}
    rows = TEXT.splitlines()
    assert "isolation" in rows[lines[("isolation",)] - 1]
    assert rows[lines[("policy",)] - 1] == "[policy]"
    assert rows[lines[("policy", "rules", "sql")] - 1] == 'rules.sql = "observe"'
    allow = ("policy", "network", "allow")
    assert [lines[(*allow, number)] for number in range(4)] == [13, 14, 14, 16]
    assert lines[("policy", "packages", "zope.interface", "uses", 0)] == 19
    assert lines[("policy", "packages", "zope.interface", "process", "init", 2)] == 20
    assert lines[("things", 1, "name")] == 24
    assert ("policy", "read") not in lines


def test_values_are_found_to_the_character() -> None:
    spots = locate(TEXT)

    def text_of(*path: str | int) -> str:
        return TEXT[spots[path].start : spots[path].end]

    assert text_of("isolation") == '"window"'
    assert text_of("policy") == "[policy]"
    assert text_of("policy", "network", "allow", 1) == "'b#c'"
    assert text_of("policy", "network", "allow").endswith('"e",\n]')
    process = ("policy", "packages", "zope.interface", "process")
    assert [text_of(*process, "init", number) for number in range(3)] == ["1", "2.5", "1979-05-27"]
    assert text_of(*process, "init") == "[1, 2.5, 1979-05-27]"


def test_line_ends_of_windows_count_once() -> None:
    windows = locate(TEXT.replace("\n", "\r\n"))
    assert {path: spot.line for path, spot in windows.items()} == {
        path: spot.line for path, spot in locate(TEXT).items()
    }


def test_what_is_no_toml_is_refused() -> None:
    with pytest.raises(ValueError, match="Invalid value"):
        locate("a = ")

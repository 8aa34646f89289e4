"""A file is changed where it is asked to be, and nowhere else."""

from __future__ import annotations

import difflib
import tomllib

import pytest

from dayfly.policy.editing import Editor, quote, render_key, render_list
from dayfly.policy.model import PolicyError

TEXT = """# Ours.
isolation = "window"  # for the cache

[policy]  # reviewed by Ada
mode = 'observe' # not yet

[policy.network]
allow = ["a.example.com:443"]   # the shop
[policy.read]
allow = [
    "/etc/hosts",   # names
    "/opt/data/**"  # maps
    # nothing else
]
[policy.write]
allow = []

[fork]
deliver = 1
"""


def changes(before: str, after: str) -> tuple[list[str], list[str]]:
    rows = list(difflib.ndiff(before.splitlines(), after.splitlines()))
    return [row[2:] for row in rows if row[:2] == "- "], [row[2:] for row in rows if row[:2] == "+ "]


@pytest.mark.parametrize(
    ("table", "gone", "new"),
    [
        (
            "network",
            ['allow = ["a.example.com:443"]   # the shop'],
            ['allow = ["a.example.com:443",', '    "b",  # why', "]   # the shop"],
        ),
        ("read", ['    "/opt/data/**"  # maps'], ['    "/opt/data/**",  # maps', '    "b",  # why']),
        ("write", ["allow = []"], ["allow = [", '    "b",  # why', "]"]),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_an_entry_is_added_behind_the_others(
    table: str, gone: list[str], new: list[str], newline: str
) -> None:
    editor = Editor(TEXT.replace("\n", newline))
    editor.add_to_list(("policy", table, "allow"), ["b"], comment="why")
    assert changes(TEXT, editor.text) == (gone, new)
    assert editor.text.count("\n") == editor.text.count(newline)


def test_entries_are_added_again_and_again() -> None:
    editor = Editor(TEXT)
    for number in range(3):
        editor.add_to_list(("policy", "network", "allow"), [f"h{number}", f"i{number}"], comment="x")
    wanted = ["a.example.com:443", "h0", "i0", "h1", "i1", "h2", "i2"]
    assert tomllib.loads(editor.text)["policy"]["network"]["allow"] == wanted


def test_a_key_that_is_not_there_gets_a_line_under_its_header() -> None:
    editor = Editor(TEXT)
    editor.add_to_list(("policy", "network", "init"), ["b"], comment="why")
    assert changes(TEXT, editor.text) == ([], ["init = [", '    "b",  # why', "]"])
    editor.set_value(("policy", "packages", "a.b", "uses"), render_list(["read"]))
    assert editor.text.endswith('deliver = 1\n\n[policy.packages."a.b"]\nuses = ["read"]\n')


def test_a_value_is_replaced_and_its_comment_stays() -> None:
    editor = Editor(TEXT)
    editor.set_value(("policy", "mode"), '"block"')
    editor.set_value(("policy", "quiet_since"), "2026-11-25")
    gone, new = changes(TEXT, editor.text)
    assert gone == ["mode = 'observe' # not yet"]
    assert sorted(new) == ['mode = "block" # not yet', "quiet_since = 2026-11-25"]


def test_a_header_at_the_end_of_a_file_without_a_last_newline_is_followed() -> None:
    editor = Editor("[policy]")
    editor.set_value(("policy", "mode"), '"block"')
    assert editor.text == '[policy]\nmode = "block"\n'


@pytest.mark.parametrize(
    "text",
    [
        'policy = { network = { allow = ["a"] } }\n',
        'policy.network.allow = ["a"]\n[fork]\ndeliver = 1\n',
    ],
)
def test_what_is_written_in_another_way_is_changed_or_refused(text: str) -> None:
    editor = Editor(text)
    editor.add_to_list(("policy", "network", "allow"), ["b"], comment="why")
    assert tomllib.loads(editor.text)["policy"]["network"]["allow"] == ["a", "b"]
    with pytest.raises(PolicyError, match="cannot be changed safely"):
        editor.set_value(("policy", "network", "init"), '["c"]')
    assert tomllib.loads(editor.text)["policy"]["network"]["allow"] == ["a", "b"]


def test_no_toml_is_refused_with_its_line() -> None:
    with pytest.raises(PolicyError, match=r"dayfly\.toml is not valid TOML: .*line 2"):
        Editor("a = 1\nb = \n")


@pytest.mark.parametrize("text", ['a"b\\c', "tab\tnewline\n", "é \U0001f600", "\x7f\x00"])
def test_what_is_quoted_is_read_as_it_was(text: str) -> None:
    assert tomllib.loads(f"{render_key(text)} = {quote(text)}") == {text: text}
    assert "\n" not in quote(text)

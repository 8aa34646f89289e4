"""Source is shown without secrets, without control characters, and not without end."""

from __future__ import annotations

import pytest

from dayfly.scan.model import Finding, Place, Severity, Step
from dayfly.scan.report.excerpts import MAX_LINE, hide, mask, printable, secret_values, take_excerpts
from dayfly.scan.source.masking import MASK


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        ('KEY = "AKIAIOSFODNN7EXAMPLE"', "AKIAIOSFODNN7EXAMPLE"),
        ("password: 'hunter2 with blank'", "hunter2"),
        ("password: hunter2x", "hunter2x"),
        ("PASSWORD=hunter2x", "hunter2x"),
        ("token = 'never closed", "never closed"),
        (r'key = "with \" quote and more"', "quote and more"),
        ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "wJalrXUtnFEMI"),
        ("connect('postgres://u:s3cret@h/d')", "s3cret"),
    ],
)
def test_a_masked_line_keeps_the_name_and_not_the_value(line: str, secret: str) -> None:
    masked = mask(line)
    assert secret not in masked
    assert "•" in masked
    assert masked.split("=")[0].split(":")[0].split("(")[0][:3] == line[:3] or line.startswith("wJ")


def test_a_masks_width_tells_nothing() -> None:
    assert mask('a = "12345678"') == mask('a = "123456789012345678901234567890"')


def test_the_line_of_a_secret_is_masked_for_every_finding_on_it() -> None:
    lines = ['run("AKIAIOSFODNN7EXAMPLE", event)', 'run("fine", event)']
    findings = [
        Finding("secret.key", "m", Place("a.py", 1), Severity.HIGH),
        Finding("event.command", "m", Place("a.py", 2), Severity.HIGH, steps=(Step(Place("a.py", 1), "s"),)),
    ]
    taken = take_excerpts(findings, lambda path: lines)
    assert "AKIA" not in taken["a.py"][1]
    assert taken["a.py"][2] == lines[1]


def test_lines_are_cut_and_places_beyond_the_file_have_none() -> None:
    findings = [Finding("event.command", "m", Place("a.py", number), Severity.HIGH) for number in (1, 2)]
    assert take_excerpts(findings, lambda path: ["x" * 10_000]) == {"a.py": {1: "x" * MAX_LINE}}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\tb", "a\tb"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\u202e", "\\u202e"),
        ("\x00\x07\r", "\\x00\\x07\\x0d"),
        ("\u200b", "\\u200b"),
        ("報告 é", "報告 é"),
        ("\udcff", "\\udcff"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_what_moves_a_cursor_is_spelt_out(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_a_secret_that_was_found_is_hidden_wherever_else_it_stands() -> None:
    lines = ["password = 'corncrake'", "run('login corncrake ' + q)"]
    findings = [
        Finding("secret.password", "m", Place("a.py", 1, 12, 1, 23), Severity.HIGH),
        Finding("event.command", "m", Place("a.py", 2, 1, 2, 10), Severity.HIGH),
    ]
    taken = take_excerpts(findings, lambda path: lines)
    assert not any("corncrake" in line for shown in taken.values() for line in shown.values())
    assert hide("login corncrake", secret_values(findings, lambda path: lines)) == f"login {MASK}"

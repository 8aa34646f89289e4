"""What a guard saw comes out as it went in, and holds nothing but fixed words and names of places."""

from __future__ import annotations

import pytest

from dayfly.core.reports import SUBJECTS, VERDICTS, Report, parse_report


@pytest.mark.parametrize("verdict", VERDICTS)
@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_report_comes_out_as_it_went_in(verdict: str, subject: str) -> None:
    report = Report(
        verdict,
        f"{subject}.rule",
        place="a/app.py:7 <module>",
        path="Records[3].body>json.key#0a1b2c3d",
        digest="0" * 16,
    )
    again = parse_report(report.pack())
    assert again is not None
    assert {name: getattr(again, name) for name in Report.__slots__} == {
        name: getattr(report, name) for name in Report.__slots__
    }
    assert again.subject
    assert again.attack[0].startswith("T")


def test_what_could_leave_its_place_does_not() -> None:
    packed = Report("refused", "sql.a|b\n", place="x|y\nGz", path="\x1b{}|" * 100, digest="").pack()
    assert packed.count("|") == 4
    assert "\n" not in packed
    assert len(packed) < 350


@pytest.mark.parametrize(
    "line", ["", "|||||", "refused|||||", "refused|python.x|" + "g" * 16 + "||", "refused|python.x|0||"]
)
def test_what_is_no_report_is_none(line: str) -> None:
    assert parse_report(line) is None

"""What a guard saw is packed as fixed words and names of places, and nothing leaves its field."""

from __future__ import annotations

from dayfly.core.reports import Report, Use


def test_a_report_is_packed_field_by_field() -> None:
    report = Report(
        "observed",
        "sql.rule",
        place="a/app.py:7 <module>",
        path="Records[3].body>json.key#0a1b2c3d",
        digest="0" * 16,
        change="a.b -> c.d",
    )
    assert report.pack().split("|") == [
        "observed",
        "sql.rule",
        "0" * 16,
        "a/app.py:7 <module>",
        "Records[3].body>json.key#0a1b2c3d",
        "a.b -> c.d",
    ]
    used = Report("used", "capability.read", use=Use("/etc/hosts", ("boto3", "app"), "invoke", "read"))
    assert used.pack().split("|") == [
        *("used", "capability.read", "", "", ""),
        *("/etc/hosts", "boto3,app", "invoke", "read"),
    ]


def test_what_could_leave_its_place_does_not() -> None:
    packed = Report("refused", "sql.a|b\n", place="x|y\nGz", path="\x1b{}|" * 100, digest="").pack()
    assert packed.count("|") == 4
    assert "\n" not in packed
    assert len(packed) < 350

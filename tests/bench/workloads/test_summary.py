"""Tables have a row for everybody, and say what is not in them."""

from __future__ import annotations

from bench.digest import Named
from bench.racing import Course
from bench.sheets import as_markdown
from bench.workloads.summary import by_workload, groups, missing, sheets, together
from tests.bench.made_up import BASE, course, life, run

MEASURED = run(
    {
        "echo": {BASE: course(2.0), "other": course(5.0), "broken": Course([life(1.0)], failed="no [x] | y")},
        "nameless": {BASE: course(2.0), "other": course(4.0), "broken": course(2.0)},
    },
    missing=[Named("absent", "Absent", "", "pip said no")],
    left=["primes"],
)


def test_everybody_has_a_row_of_a_group() -> None:
    everybody, ours = groups(MEASURED)
    assert (everybody.workloads, ours.workloads) == (("echo",), ("echo", "nameless"))
    assert ours.contestants == (BASE, "other", "broken")
    sheet = together(MEASURED, ours)
    assert [row[:2] for row in sheet.rows] == [(BASE, "2 of 2"), ("other", "2 of 2"), ("broken", "1 of 2")]
    assert sheet.rows[0][2] == "–"
    assert sheet.rows[1][2].startswith("×2.24 [")
    assert all(len(row) == len(sheet.columns) for row in sheet.rows)


def test_who_did_not_try_every_workload_is_in_no_mean_over_them() -> None:
    found = run(
        {
            "echo": {BASE: course(2.0), "all": course(3.0), "some": course(3.0)},
            "primes": {BASE: course(2.0), "all": course(3.0)},
            "pyperformance-mako": {BASE: course(2.0), "all": course(3.0)},
        }
    )
    assert [(one.workloads, one.contestants) for one in groups(found)] == [
        (("echo",), (BASE, "all", "some")),
        (("echo", "primes"), (BASE, "all")),
        (("pyperformance-mako",), (BASE, "all")),
    ]


def test_every_workload_has_a_row_and_what_failed_a_dash() -> None:
    sheet = by_workload(MEASURED, "p50", groups(MEASURED)[1])
    assert [row[0] for row in sheet.rows] == ["echo", "nameless"]
    assert sheet.rows[0][1:] == ("own: no work", "2.00", "5.00 (×2.50)", "–")
    assert sheet.rows[1][1] == ""


def test_what_was_not_measured_is_listed() -> None:
    (sheet,) = missing(MEASURED)
    assert [row[:2] for row in sheet.rows] == [
        ("absent", "every workload"),
        ("broken", "echo"),
        ("everybody", "primes"),
    ]
    assert missing(run({"echo": {BASE: course(2.0)}})) == []


def test_it_can_be_written_as_markdown() -> None:
    text = as_markdown(sheets(MEASURED), ["a note"])
    assert "no [x] \\| y" in text
    assert "SeBS and FaaSProfiler: whole invocation, p50, ms" in text

"""The CSV says UTC, holds hashes only, and no cell is a formula."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from dayfly.fleet.blast.model import Affected, Exposure
from dayfly.fleet.blast.table import COLUMNS, csv_lines


def _row(function: str = "checkout", route: str = "GET /cards/{id}") -> Affected:
    return Affected(
        time=datetime(2026, 11, 25, 12, 0, 0, 5000, tzinfo=timezone(timedelta(hours=2))),
        account="111122223333",
        region="eu-west-1",
        function=function,
        version="7",
        environment=0xAB,
        worker=0,
        invocation=3,
        request_id="00000000-0000-0000-0000-000000000000",
        trigger="api",
        route=route,
        source=0,
        principal=255,
        subject=2**64 - 1,
        outcome="success",
        status=0,
        known_by="line",
        isolation="window",
        log_group="/aws/lambda/checkout",
        log_stream="2026/11/25/[7]abc",
        exposure=Exposure.CERTAIN,
        why="the infected worker served it",
        source_request="00000000-0000-0000-0000-000000000007",
    )


def test_rows_are_readable_csv_with_times_in_utc() -> None:
    text = "".join(csv_lines([_row(), _row(route='GET /a,"b"\nc')]))
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert list(rows[0]) == list(COLUMNS)
    assert rows[0]["time_utc"] == "2026-11-25T10:00:00.005Z"
    assert rows[0]["principal"] == "00000000000000ff"
    assert (rows[0]["request_id"], rows[0]["worker"], rows[0]["source"], rows[0]["status"]) == (
        "",
        "",
        "",
        "",
    )
    assert rows[1]["route"] == 'GET /a,"b"\nc'
    assert datetime.fromisoformat(rows[0]["time_utc"]).tzinfo == UTC


def test_no_cell_is_a_formula() -> None:
    for nasty in ("=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "＝1"):
        text = "".join(csv_lines([_row(function=nasty, route=nasty)]))
        row = next(csv.DictReader(io.StringIO(text, newline="")))
        assert row["function"].startswith("'")
        assert row["route"].startswith("'")


def test_every_column_is_documented() -> None:
    page = (Path(__file__).parents[3] / "docs" / "affected.md").read_text("utf-8")
    assert COLUMNS
    for name, meaning in COLUMNS.items():
        assert f"| `{name}` | {meaning} |" in page

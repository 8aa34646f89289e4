"""A new worker's time by cause, from made-up reports of traced invocations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.lab.plan.making import events

from dayfly.lab.plan.masking import Mask
from dayfly.lab.plan.source import Source
from dayfly.lab.plan.split import TRACE_MARK, Line, Report, Traced, find_destinations, read_report, split

APP = """
import boto3

def handler(event, context):
    client = boto3.client("s3", aws_secret_access_key="hunter2")
    client.put_object(Key=event["key"])
"""


def traced(response_ms: float, ms: float, *lines: Line, **overrides: Any) -> Traced:
    values: dict[str, Any] = {
        "import_ms": 0.0,
        "connection_ms": 0.0,
        "destinations": {},
    }
    return Traced(response_ms, Report(ms=ms, lines=lines, **(values | overrides)))


def line(number: int, ms: float, **overrides: Any) -> Line:
    values: dict[str, Any] = {"import_ms": 0.0, "connection_ms": 0.0, "opened": False, "types": {}}
    return Line(where=f"app.py:{number}", ms=ms, **(values | overrides))


@pytest.fixture
def source(tmp_path: Path) -> Source:
    (tmp_path / "app.py").write_text(APP)
    return Source(tmp_path)


def test_what_is_neither_import_nor_connection_is_first_use_and_the_rest_isolation(source: Source) -> None:
    warm = {0: [traced(3.0, 2.0)], 1: [traced(103.0, 102.0)]}
    fresh = {
        0: [traced(55.0, 50.0, import_ms=10.0, connection_ms=5.0)],
        1: [traced(155.0, 150.0, import_ms=10.0, connection_ms=5.0)],
    }
    found = split(warm, fresh, source=source)
    assert found is not None
    assert found.isolation_ms == pytest.approx(4.0)
    assert found.imports_ms == pytest.approx(10.0)
    assert found.connections_ms == pytest.approx(5.0)
    assert found.first_use_ms == pytest.approx(33.0)
    assert found.samples == 2


def test_noise_is_no_negative_cost(source: Source) -> None:
    found = split({0: [traced(3.0, 2.0)]}, {0: [traced(2.0, 1.5)]}, source=source)
    assert found is not None
    assert (found.isolation_ms, found.first_use_ms) == (0.0, 0.0)


def test_without_reports_of_both_sides_there_is_no_split(source: Source) -> None:
    assert split({}, {0: [traced(3.0, 2.0)]}, source=source) is None
    assert split({0: [traced(3.0, 2.0)]}, {}, source=source) is None


def test_a_client_made_in_the_handler_can_move_and_shows_no_argument(source: Source) -> None:
    made = line(5, 40.0, types={"client": "botocore.client.S3"})
    found = split({0: [traced(9.0, 8.0, line(5, 6.0))]}, {0: [traced(60.0, 50.0, made)]}, source=source)
    assert found is not None
    (only,) = found.lines
    assert (only.code, only.inside, only.can_move) == ("client = boto3.client(…)", "handler", True)
    assert (only.ms, only.warm_ms) == (40.0, 6.0)
    assert "hunter2" not in str(found)


def test_a_line_that_connects_stays_where_it_is(source: Source) -> None:
    made = line(5, 40.0, types={"client": "psycopg.Connection"}, opened=True)
    found = split({0: [traced(9.0, 8.0)]}, {0: [traced(60.0, 50.0, made)]}, source=source)
    assert found is not None
    assert [(one.connects, one.can_move) for one in found.lines] == [(True, False)]


def test_what_is_made_from_a_connection_stays_with_it(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        "import psycopg\n\n"
        "def handler(event, context):\n"
        "    connection = psycopg.connect()\n"
        "    cursor = connection.cursor()\n"
        "    form = psycopg.sql.SQL('x')\n"
    )
    kinds = {"connection": "psycopg.Connection", "cursor": "psycopg.Cursor", "form": "psycopg.sql.SQL"}
    lines = [line(4, 20.0, opened=True, types=kinds), *(line(n, 3.0, types=kinds) for n in (5, 6))]
    found = split({0: [traced(9.0, 8.0)]}, {0: [traced(60.0, 50.0, *lines)]}, source=Source(tmp_path))
    assert found is not None
    assert {one.where: one.can_move for one in found.lines} == {
        "app.py:4": False,
        "app.py:5": False,
        "app.py:6": True,
    }


def test_a_line_that_takes_the_same_in_a_warm_process_is_not_listed(source: Source) -> None:
    found = split(
        {0: [traced(90.0, 80.0, line(6, 70.0))]}, {0: [traced(95.0, 85.0, line(6, 70.5))]}, source=source
    )
    assert found is not None
    assert found.lines == ()


def test_destinations_hold_nothing_of_events() -> None:
    given = [
        traced(1.0, 1.0, destinations={"acme-corp.example.com:443": "", "10.0.0.1:6379": "TimeoutError"})
    ]
    found = find_destinations(given, Mask(events({"tenant": "acme-corp"})))
    assert [(one.name, one.fault) for one in found] == [
        ("*.example.com:443", ""),
        ("10.0.0.1:6379", "TimeoutError"),
    ]


def test_a_log_line_that_only_looks_like_a_report_is_none() -> None:
    report = traced(1.0, 1.0, line(3, 2.0)).report
    assert read_report(TRACE_MARK + msgspec.json.encode(report).decode()) == report
    assert read_report(TRACE_MARK + "{}") is None
    assert read_report(TRACE_MARK + "nonsense") is None

"""What a function prints and logs comes out in the same words, order and records as under plain awslambdaric."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.conformance.conftest import StartPair
from tests.runtimes import RuntimeProcess, Seen

CASES = [
    "print",
    "nothing",
    "levels",
    "exception",
    "mixed",
    "multi line",
    "not ascii",
    "long",
    "unfinished",
    "carriage returns",
    "frame look-alike",
    "child",
    "many lines",
    "context log",
]
SETTINGS: list[Mapping[str, str]] = [
    {},
    {"AWS_LAMBDA_LOG_FORMAT": "Text", "AWS_LAMBDA_LOG_LEVEL": "INFO"},
    {"AWS_LAMBDA_LOG_FORMAT": "JSON"},
    {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "DEBUG"},
    {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "ERROR"},
    {"AWS_LAMBDA_LOG_FORMAT": "nonsense", "AWS_LAMBDA_LOG_LEVEL": "nonsense"},
]
every_setting = pytest.mark.parametrize(
    "settings", SETTINGS, ids=lambda settings: "-".join(settings.values()) or "default"
)


def _end_last_line(seen: Seen) -> Seen:
    # Dayfly ends a worker's last line, so that nothing glues to it: some of awslambdaric's own records, and
    # whatever a function leaves unfinished, have no line end.
    complete = seen.output.endswith("\n") or not seen.output
    return dataclasses.replace(seen, output=seen.output if complete else seen.output + "\n")


@every_setting
@pytest.mark.parametrize("case", CASES)
def test_the_log_reads_as_under_plain_awslambdaric(
    start_pair: StartPair, case: str, settings: Mapping[str, str]
) -> None:
    plain, dayfly = start_pair("logs.handler", environment=settings).look({"case": case})
    assert plain.payload == "done"
    assert dayfly == _end_last_line(plain)


@every_setting
@pytest.mark.parametrize("case", CASES)
def test_the_telemetry_records_are_those_of_plain_awslambdaric(
    start_pair: StartPair, case: str, settings: Mapping[str, str]
) -> None:
    plain, dayfly = start_pair("logs.handler", environment=settings, telemetry=True).look({"case": case})
    assert plain.payload == "done"
    assert dayfly == _end_last_line(plain)


@every_setting
def test_the_error_record_of_a_failed_handler_is_the_same(
    start_pair: StartPair, settings: Mapping[str, str]
) -> None:
    plain, dayfly = start_pair("logs.fails", environment=settings, telemetry=True).look({})
    assert plain.kind == "error"
    assert [frame.message for frame in plain.frames if "fell" in frame.message]
    assert dayfly == plain


def test_the_samples_log_what_they_claim(start_pair: StartPair) -> None:
    """Guards the comparison: two silent runtimes would pass it."""
    pair = start_pair("logs.handler")
    assert pair.dayfly.look({"case": "print"}).output == "hello world\n"
    assert pair.dayfly.look({"case": "many lines"}).output.splitlines()[-1] == "line 2999"
    framed = start_pair("logs.handler", environment={"AWS_LAMBDA_LOG_FORMAT": "JSON"}, telemetry=True)
    kinds = {frame.kind for frame in framed.dayfly.look({"case": "levels"}).frames}
    assert len(kinds) == 5


def test_log_lines_carry_the_request_id_of_their_own_invocation(start_pair: StartPair) -> None:
    pair = start_pair("logs.handler")
    for identifier in ("request-one", "request-two"):
        plain, dayfly = pair.look({"case": "levels"}, request_id=identifier)
        assert identifier in dayfly.output
        assert dayfly == plain


def test_what_is_no_record_on_the_telemetry_descriptor_is_dropped_and_a_finding(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        "import os\n"
        "def handler(event, context):\n"
        "    for name in os.listdir('/proc/self/fd'):\n"
        "        path = '/proc/self/fd/' + name\n"
        "        if int(name) > 2 and os.path.lexists(path) and os.readlink(path).startswith('pipe:'):\n"
        "            os.write(int(name), b'no record at all, but text')\n"
    )
    with RuntimeProcess(tmp_path, "app.handler", runtime="dayfly", telemetry=True) as process:
        process.invoke({})
        assert process.telemetry().count('"types":["worker.log-dropped"]') == 1
        assert "no record at all" not in process.telemetry()

"""Uses are read from whatever form a log leaves CloudWatch in, and a broken line costs itself alone."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from tests.policy.making import DAY, NOON, finding

from dayfly.core.findings import GUARD_OBSERVED, GUARD_REFUSED, GUARD_UNKNOWN, KINDS
from dayfly.core.loglines import NOT_OURS
from dayfly.policy.logs import CAPABILITY, SUSPECT, parse_log, read_log
from dayfly.policy.model import PolicyError, Use

USE = Use("network", "evil.example:443", ("requests",), "invoke")
OTHER = Use("read", "/etc/passwd", ("function",), "init")
LINES = [
    "INIT_START Runtime Version: python:3.13",
    finding(OTHER, request="", at=NOON - 10),
    "START RequestId: r-1 Version: $LATEST",
    "hello {not json",
    finding(USE, request="r-1"),
    "START RequestId: r-2 Version: $LATEST",
    "END RequestId: r-2",
]
STAMPS = [f"2025-11-25T12:00:0{number}.000Z" for number in range(len(LINES))]


def cloudwatch(lines: list[str]) -> str:
    events = [{"timestamp": int(NOON * 1000) + n, "message": line + "\n"} for n, line in enumerate(lines)]
    return json.dumps({"events": events, "searchedLogStreams": []}, indent=2)


def insights(lines: list[str]) -> str:
    rows = [
        [{"field": "@timestamp", "value": "2025-11-25 12:00:00.000"}, {"field": "@message", "value": line}]
        for line in lines
    ]
    return json.dumps({"results": rows, "status": "Complete"})


FORMS = {
    "bare": "\n".join(LINES),
    "with times": "\n".join(f"{stamp} {line}" for stamp, line in zip(STAMPS, LINES, strict=True)),
    "with tabs": "\r\n".join(f"{stamp}\t{line}" for stamp, line in zip(STAMPS, LINES, strict=True)),
    "aws logs tail": "\n".join(
        f"2025-11-25T12:00:00.123000+00:00 2025/11/25/[$LATEST]0123456789abcdef {line}" for line in LINES
    ),
    "aws logs filter-log-events": cloudwatch(LINES),
    "get-query-results": insights(LINES),
    "one event a line": "\n".join(
        json.dumps({"timestamp": int(NOON * 1000), "message": line}) if line.startswith("{") else line
        for line in LINES
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_uses_are_found_in_every_form(form: str) -> None:
    log = parse_log(FORMS[form])
    assert [entry.seen.use for entry in log.entries] == [OTHER, USE]
    assert [entry.request_id for entry in log.entries] == ["", "r-1"]
    assert log.entries[1].seen.place == "app.py:3 handler"
    assert log.malformed == 0
    assert (log.begins, log.ends) != (None, None)
    if form not in ("aws logs tail", "one event a line"):
        assert log.requests == ("r-1", "r-2")


def test_the_period_is_that_of_all_lines() -> None:
    log = parse_log("\n".join([finding(USE, at=NOON), finding(USE, at=NOON + DAY)]))
    assert (log.begins, log.ends) == (NOON, NOON + DAY)
    assert log.gather().hours == 24.0


def test_a_broken_line_costs_itself_alone_and_is_counted() -> None:
    good = finding(USE)
    broken = [
        good[:-20],  # cut
        good.replace('"network"', '"teleport"'),
        good.replace('"invoke"', '"later"'),
        good.replace('"target":"evil.example:443"', '"target":7'),
        good.replace("evil.example", "evil\\u0000example"),
        good.replace('["requests"]', '["a\\nb"]'),
        "[" * 100_000,
        "\udcff",
    ]
    log = parse_log("\n".join([*broken, good]))
    assert [entry.seen.use for entry in log.entries] == [USE]
    assert log.malformed == 6
    assert log.lines == len(broken) + 1


def test_what_the_function_prints_is_no_finding() -> None:
    forged = NOT_OURS.decode() + finding(USE).translate(str.maketrans("{}", "()"))
    elsewhere = json.loads(finding(USE))
    elsewhere["metadata"]["product"]["name"] = "Nightfly"
    log = parse_log("\n".join([forged, json.dumps(elsewhere), '{"message": "guard.capability"}']))
    assert log.entries == ()
    assert log.malformed == 0


def test_uses_beside_an_attack_are_not_learned() -> None:
    log = parse_log(
        "\n".join(
            [
                finding(USE, request="bad"),
                finding(None, request="bad", kind=GUARD_OBSERVED, rule="shell.command"),
                finding(USE, request="good"),
                finding(None, request="good", kind=GUARD_UNKNOWN, rule="python.unknown"),
            ]
        )
    )
    assert [entry.is_suspect for entry in log.entries] == [True, False]
    learned = log.gather()
    assert [entry.request_id for entry in log.entries if not entry.is_suspect] == ["good"]
    assert len(learned.seen) == 1
    assert any("1 use of 1 request left out" in note for note in learned.notes)
    assert log.observed == (("shell", NOON),)


def test_an_environment_is_what_tells_of_new_uses() -> None:
    lines = [finding(USE, environment=name, verdict="used") for name in ("e1", "e2", "e1")]
    lines.append(finding(None, kind=GUARD_UNKNOWN, environment="e3"))
    learned = parse_log("\n".join(lines)).gather()
    assert learned.units == ("e1", "e2", "e3")
    assert {seen.unit for seen in learned.seen} == {"e1", "e2"}
    assert learned.notes == ()
    assert "guard_learn was off" in parse_log(finding(USE)).gather().notes[0]


def test_a_refused_use_is_a_use_and_no_attack() -> None:
    log = parse_log(finding(USE, kind=GUARD_REFUSED))
    assert [(entry.verdict, entry.is_suspect) for entry in log.entries] == [("refused", False)]


def test_files_may_be_packed_and_must_be_there(tmp_path: Path) -> None:
    packed = tmp_path / "log.gz"
    packed.write_bytes(gzip.compress("\n".join(LINES).encode()))
    assert len(read_log(packed).entries) == 2
    packed.write_bytes(packed.read_bytes()[:-9])
    with pytest.raises(PolicyError, match="cannot be read"):
        read_log(packed)
    with pytest.raises(PolicyError, match="No such file"):
        read_log(tmp_path / "absent")


def test_what_makes_a_request_suspect_is_found_by_dayfly() -> None:
    assert {kind.uid for kind in KINDS} >= SUSPECT | {CAPABILITY}

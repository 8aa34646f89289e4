"""Findings: what the schema requires, what a log filter needs, and a bound that nothing breaks."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dayfly.core import findings
from dayfly.core.findings import KINDS, FindingKind, Where, finding_line
from dayfly.core.limits import MAX_FINDING_BYTES

WHERE = Where(environment="0123456789abcdef", function="payments", version="$LATEST")


def parse(line: bytes) -> dict[str, object]:
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    record = json.loads(line)
    assert isinstance(record, dict)
    return record


def at(record: object, *path: str) -> object:
    for name in path:
        assert isinstance(record, dict)
        record = record[name]
    return record


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.uid)
def test_every_kind_has_what_class_2004_requires(kind: FindingKind) -> None:
    """https://schema.ocsf.io/1.6.0/classes/detection_finding, attributes marked required."""
    record = parse(finding_line(kind, WHERE, now=1_700_000_000.25, message="m", number=3, request_id="r"))
    assert record["class_uid"] == 2004
    assert record["category_uid"] == 2
    assert record["activity_id"] == 1
    assert record["type_uid"] == 2004 * 100 + 1
    assert record["severity_id"] in range(1, 6)
    assert record["time"] == 1_700_000_000_250
    assert record["timestamp"] == "2023-11-14T22:13:20.250Z"
    assert record["level"] in {"INFO", "WARN", "ERROR"}
    assert at(record, "metadata", "version") == "1.6.0"
    assert at(record, "metadata", "product", "name") == "Dayfly"
    assert at(record, "finding_info", "title") == kind.title
    assert at(record, "finding_info", "uid") == f"0123456789abcdef:3:{kind.uid}"
    assert at(record, "unmapped", "invocation") == 3
    assert at(record, "unmapped", "request_id") == "r"


def test_kinds_are_listed_and_their_ids_differ() -> None:
    assert len(KINDS) > 10
    assert len({kind.uid for kind in KINDS}) == len(KINDS)
    assert all(kind.meaning and kind.title for kind in KINDS)


@pytest.mark.parametrize(
    ("severity", "level"), [(1, "INFO"), (2, "WARN"), (3, "WARN"), (4, "ERROR"), (5, "ERROR")]
)
def test_the_level_lets_a_log_filter_keep_what_is_severe(severity: int, level: str) -> None:
    kind = FindingKind("x.y", "t", severity, None, "m")
    assert parse(finding_line(kind, WHERE, now=0, message="m"))["level"] == level


@given(
    message=st.text(max_size=5000),
    evidence=st.dictionaries(st.text(max_size=100), st.text(max_size=20_000), max_size=4),
    function=st.text(max_size=300),
    request_id=st.text(max_size=3000),
)
def test_no_finding_is_longer_than_the_bound(
    message: str, evidence: dict[str, str], function: str, request_id: str
) -> None:
    where = Where(environment="e", function=function, version="1")
    line = finding_line(
        findings.NOT_FORKABLE, where, now=1.0, message=message, request_id=request_id, evidence=evidence
    )
    assert len(line) <= MAX_FINDING_BYTES
    parse(line)


@pytest.mark.parametrize("char", ["a", "ä", "\U0001f4b3", "\ud800", "\n", "\0", '"'])
def test_a_message_that_is_too_long_is_cut_whatever_its_letters_take(char: str) -> None:
    line = finding_line(findings.NOT_FORKABLE, WHERE, now=1.0, message=char * 50_000, request_id=char * 9000)
    assert len(line) <= MAX_FINDING_BYTES
    record = parse(line)
    assert str(record["message"]).startswith("Dayfly: " + char)
    assert at(record, "unmapped", "evidence") == {"left_out": "too long for one record"}


@given(now=st.floats(0, 4e9, allow_nan=False))
def test_timestamp_and_time_say_the_same_moment(now: float) -> None:
    record = parse(finding_line(findings.WORKER_DIED, WHERE, now=now, message="m"))
    moment = datetime.fromisoformat(str(record["timestamp"]))
    seconds = (moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    assert round(seconds * 1000) == record["time"]


def test_what_ends_a_window_follows_from_what_a_finding_is() -> None:
    """So that a finding that is added later is residue or suspicion without another list."""
    for kind in findings.KINDS:
        assert ("residue" in kind.triggers) is kind.uid.startswith("residue.")
        assert ("suspicion" in kind.triggers) is (kind.attack is not None)
    assert findings.PROCESS_LEFT.triggers == {"residue", "suspicion"}
    assert findings.WORKER_TIMED_OUT.triggers == findings.RENEWED.triggers == frozenset()

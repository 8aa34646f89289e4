"""What is told of an invocation: each thing as often as it is news, and no more of a worker's words than names."""

from __future__ import annotations

from typing import cast

import pytest
from tests.supervisor.test_report import RecordingOutput

from dayfly.core.frames import EarlyReport
from dayfly.core.reports import MANY
from dayfly.core.settings import load_settings
from dayfly.supervisor.report import Reporter
from dayfly.supervisor.sweep import Swept
from dayfly.supervisor.witness import Witness


@pytest.fixture
def output() -> RecordingOutput:
    return RecordingOutput()


@pytest.fixture
def witness(output: RecordingOutput) -> Witness:
    return Witness(Reporter(output, {}), load_settings({}, {}))


def messages(output: RecordingOutput) -> list[str]:
    return [str(line["message"]) for line, _ in output.lines]


def test_a_note_is_told_once_and_its_names_are_made_harmless(
    output: RecordingOutput, witness: Witness
) -> None:
    note = b'Wthread of <module> (app.py:7)\nWevil\x1b[2J{"a":1}\nDspans\nXunknown'
    witness.tell_note(note)
    witness.tell_note(note)
    witness.tell_note(b"")
    discarded, undelivered = messages(output)
    assert discarded.endswith("thread of <module> (app.py:7), evil??2J??a?:1?")
    assert undelivered.endswith("not sent within 0.5 s: spans")


def test_notes_do_not_flood_the_log(output: RecordingOutput, witness: Witness) -> None:
    for number in range(1000):
        witness.tell_note(b"\n".join(b"W%d-%d" % (number, name) + b"x" * 300 for name in range(100)))
    assert len(output.lines) == 16
    evidence = cast("dict[str, dict[str, list[str]]]", output.lines[0][0]["unmapped"])["evidence"]
    assert len(evidence["work"]) == 8
    assert all(len(name) == 100 for name in evidence["work"])


def test_what_a_sweep_ended_is_told_each_time_and_zombies_once(
    output: RecordingOutput, witness: Witness
) -> None:
    swept = Swept()
    witness.tell_swept(swept)
    assert output.lines == []
    swept.killed, swept.zombies = 2, 300
    witness.tell_swept(swept)
    witness.tell_swept(swept)
    assert len([line for line in messages(output) if "2 processes outlived" in line]) == 2
    assert len([line for line in messages(output) if "300 dead processes" in line]) == 1


def kinds(output: RecordingOutput) -> list[str]:
    return [str(cast("dict[str, list[str]]", line["finding_info"])["types"][0]) for line, _ in output.lines]


GUARDED = b"Grefused|python.structure|0123456789abcdef|app.py:7 handler|body>json.code\n"


def test_what_a_guard_refused_is_told_of_each_invocation_with_its_technique(
    output: RecordingOutput, witness: Witness
) -> None:
    for _ in range(2):
        witness.tell_note(GUARDED + b"\nWthread of f (app.py:7)")
    assert kinds(output) == ["guard.refused", "worker.work-discarded", "guard.refused"]
    found = cast("dict[str, dict[str, str]]", output.lines[0][0]["unmapped"])["evidence"]
    assert found == {
        "rule": "python.structure",
        "place": "app.py:7 handler",
        "event_path": "body>json.code",
        "hash": "0123456789abcdef",
    }
    info = cast("dict[str, list[dict[str, dict[str, str]]]]", output.lines[0][0]["finding_info"])
    assert info["attacks"][0]["technique"] == {"uid": "T1059.006", "name": "Python"}


def test_what_is_reported_meanwhile_is_told_once_and_so_much_of_it(
    output: RecordingOutput, witness: Witness
) -> None:
    for _ in range(3):
        witness.tell_report(EarlyReport(GUARDED[:-1], b"", is_current=True))
    assert kinds(output) == ["guard.refused"]
    for number in range(100):
        line = GUARDED[:-1].replace(b"app.py:7", b"app.py:%d" % number)
        witness.tell_report(EarlyReport(line, b"", is_current=True))
    assert len(output.lines) == MANY
    witness.tell_report(EarlyReport(b"Gwhatever\nGrefused|sql.x||||", b"", is_current=True))
    assert len(output.lines) == MANY


def test_a_report_of_an_earlier_event_is_laid_to_no_request(output: RecordingOutput) -> None:
    reporter = Reporter(output, {})
    reporter.request_id = "of-now"
    witness = Witness(reporter, load_settings({}, {}))
    for is_current in (False, True):
        line = GUARDED[:-1] + (b"" if is_current else b"2")
        witness.tell_report(EarlyReport(line, b"", is_current=is_current))
    first, second = (cast("dict[str, object]", line["unmapped"]) for line, _ in output.lines)
    assert "request_id" not in first
    assert second["request_id"] == "of-now"


def test_what_is_unknown_is_told_once_for_each_place(output: RecordingOutput, witness: Witness) -> None:
    for place in (b"a.py:1 f", b"a.py:1 f", b"b.py:2 g"):
        witness.tell_note(b"Gunknown|python.unexplained||" + place + b"|\n\n")
    assert kinds(output) == ["guard.unknown", "guard.unknown"]


USED = b"Gused|capability.network||app.py:1 f||%s|requests|invoke|\n"


def test_new_uses_are_told_once_each_to_who_asked_and_to_nobody_else(output: RecordingOutput) -> None:
    for learns in ("off", "on"):
        witness = Witness(Reporter(output, {}), load_settings({"DAYFLY_GUARD_LEARN": learns}, {}))
        for _ in range(2):
            witness.tell_note(USED % b"a.example" + USED % b"b.example" + b"\n")
        witness.tell_init(USED % b"a.example" + b"\n")
    found = [cast("dict[str, dict[str, object]]", line["unmapped"])["evidence"] for line, _ in output.lines]
    assert [(one["kind"], one["target"], one["packages"], one["phase"], one["verdict"]) for one in found] == [
        ("network", host, ["requests"], "invoke", "used") for host in ("a.example", "b.example")
    ]


def test_a_worker_floods_no_log_with_uses(output: RecordingOutput) -> None:
    witness = Witness(Reporter(output, {}), load_settings({"DAYFLY_GUARD_LEARN": "on"}, {}))
    for first in range(0, 10_000, 40):
        witness.tell_note(b"".join(USED % b"%d.example" % number for number in range(first, first + 40)))
    assert len(output.lines) == 500


def test_a_use_that_the_policy_does_not_allow_is_a_finding_with_its_technique(
    output: RecordingOutput, witness: Witness
) -> None:
    for verdict in (b"observed", b"refused"):
        witness.tell_note(
            USED.replace(b"used", verdict, 1).replace(b"invoke|", b"invoke|policy.network") % b"?:1"
        )
    observed, refused = (line for line, _ in output.lines)
    for line, kind in ((observed, "guard.capability"), (refused, "guard.refused")):
        info = cast("dict[str, list[object]]", line["finding_info"])
        assert info["types"] == [kind]
        assert "T1071" in str(info["attacks"])
        evidence = cast("dict[str, dict[str, object]]", line["unmapped"])["evidence"]
        assert (evidence["policy"], evidence["target"]) == ("policy.network", "?:1")


@pytest.mark.parametrize(
    "said",
    [
        b"G",
        b"Gused|capability.network|||",
        b"Grefused",
        b"Grefused|python.structure|0123456789abcdef|place",
        b"Gallowed|python.structure|||",
        b"Grefused|nothing.known|||",
        b"Grefused|python.4111111111111111|||",
        b"Grefused|python.structure|4111111111111111x|||",
        b"Grefused|python.structure|4111-1111-1111-1|||",
        b"Wrefused|python.structure|||",
    ],
)
def test_a_line_that_is_no_report_is_dropped(said: bytes, output: RecordingOutput, witness: Witness) -> None:
    witness.tell_note(b"Gunknown|python.x||here|\n"[:0] + said + b"\n\n")
    assert [kind for kind in kinds(output) if kind.startswith("guard.")] == []


def test_a_worker_floods_no_log_with_reports_and_plants_nothing_in_them(
    output: RecordingOutput, witness: Witness
) -> None:
    evil = b"Grefused|sql.x||" + b'\x1b[2J"}\r' * 50 + b"|" + b'{"a":1}' * 90 + b"\n"
    witness.tell_note(evil * 30)
    assert len(output.lines) == MANY
    found = cast("dict[str, dict[str, str]]", output.lines[0][0]["unmapped"])["evidence"]
    assert len(found["place"]) == 120
    assert len(found["event_path"]) == 160
    assert not set('{}"\x1b') & set(found["place"] + found["event_path"])

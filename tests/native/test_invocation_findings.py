"""What is told of an invocation: each thing as often as it is news, and no more of a worker's words than names."""

from __future__ import annotations

import json
from typing import cast

import pytest
from tests.native.compared import ended, told_by

from dayfly.core.reports import MANY_OF_RULE, MANY_PLACES

__all__ = ["ended"]
pytestmark = pytest.mark.usefixtures("ended")

Line = dict[str, object]
SUBJECTS = (
    b"python",
    b"code",
    b"global",
    b"template",
    b"import",
    b"shell",
    b"argv",
    b"query",
    b"name",
    b"url",
)


def told(*said: tuple[str, bytes], learns: bool = False) -> list[Line]:
    """The findings that come of what is said: a report, a late one, a note, at init, a sweep's zombies, or another event in between."""
    pieces = [b"500000000", b"%d" % learns]
    for what, text in said:
        pieces += [what.encode(), text]
    *_, written = told_by("witness", pieces)
    assert isinstance(written, bytes)
    return [json.loads(line) for line in written.splitlines()]


def notes(*texts: bytes, learns: bool = False) -> list[Line]:
    return told(*(("note", text) for text in texts), learns=learns)


def messages(lines: list[Line]) -> list[str]:
    return [str(line["message"]) for line in lines]


def kinds(lines: list[Line]) -> list[str]:
    return [cast("dict[str, list[str]]", line["finding_info"])["types"][0] for line in lines]


def evidence_of(line: Line) -> dict[str, object]:
    return cast("dict[str, dict[str, object]]", line["unmapped"])["evidence"]


def techniques_of(line: Line) -> str:
    return str(cast("dict[str, object]", line["finding_info"])["attacks"])


def test_a_note_is_told_once_and_its_names_are_made_harmless() -> None:
    note = b'Wthread of <module> (app.py:7)\nWevil\x1b[2J{"a":1}\nDspans\nXunknown'
    discarded, undelivered = messages(notes(note, note, b""))
    assert discarded.endswith("thread of <module> (app.py:7), evil??2J??a?:1?")
    assert undelivered.endswith("not sent within 0.5 s: spans")


def test_notes_do_not_flood_the_log() -> None:
    lines = notes(
        *(b"\n".join(b"W%d-%d" % (number, name) + b"x" * 300 for name in range(50)) for number in range(1000))
    )
    assert len(lines) == 16
    work = cast("list[str]", evidence_of(lines[0])["work"])
    assert len(work) == 8
    assert all(len(name) == 100 for name in work)


def test_what_a_sweep_ended_is_told_each_time_and_zombies_once() -> None:
    lines = told(("swept", b"255"), ("swept", b"300"), ("swept", b"400"))
    assert kinds(lines) == ["residue.process", "residue.process", "environment.zombies", "residue.process"]
    assert evidence_of(lines[0]) == {"processes": 2}
    assert evidence_of(lines[2]) == {"zombies": 300}
    # All requests together made them.
    unmapped = [cast("dict[str, object]", line["unmapped"]) for line in lines]
    assert [one.get("request_id") for one in unmapped] == ["request", "request", None, "request"]


GUARDED = b"Grefused|python.structure|0123456789abcdef|app.py:7 handler|body>json.code\n"


def test_what_a_guard_refused_is_told_of_each_invocation_with_its_technique() -> None:
    lines = notes(*[GUARDED + b"\nWthread of f (app.py:7)"] * 2)
    assert kinds(lines) == ["guard.refused", "worker.work-discarded", "guard.refused"]
    assert evidence_of(lines[0]) == {
        "rule": "python.structure",
        "place": "app.py:7 handler",
        "event_path": "body>json.code",
        "hash": "0123456789abcdef",
    }
    assert "'uid': 'T1059.006'" in techniques_of(lines[0])
    assert "'name': 'Python'" in techniques_of(lines[0])


def test_what_is_reported_meanwhile_is_told_once_and_so_much_of_it() -> None:
    once = [("report", GUARDED[:-1])] * 3
    assert kinds(told(*once)) == ["guard.refused"]
    many = [("report", GUARDED[:-1].replace(b"body", b"Records.%d." % number)) for number in range(100)]
    assert len(told(*once, *many)) == MANY_OF_RULE
    # A place is told of whatever was found at others, as long as there are few of them.
    places = [("report", GUARDED[:-1].replace(b"app.py:7", b"app.py:%d" % number)) for number in range(100)]
    assert len(told(*many, *places)) == MANY_PLACES
    # Cheap findings of many rules leave room for another one, and none that flood the log do.
    cheap = [
        ("report", b"Gobserved|path.%s||app.py:1 f|%d" % (b"x" * rule, line))
        for rule in range(1, 21)
        for line in range(9)
    ]
    assert len(told(*cheap)) == 48 + 20 - 48 // MANY_OF_RULE
    assert evidence_of(told(*cheap, *once)[-1])["rule"] == "python.structure"
    assert (
        len(
            told(
                *cheap,
                *(("report", b"Gobserved|%s.%s||a|" % (what, b"x" * 9)) for what in SUBJECTS),
                *(
                    ("report", b"Gobserved|sql.%s||a.py:1 f|" % (b"x" * rule + b"y" * other))
                    for rule in range(1, 31)
                    for other in range(1, 5)
                ),
            )
        )
        == 96
    )


def test_what_is_unknown_hides_nothing_that_is_planted_nor_a_trojan_at_init() -> None:
    unknown = b"".join(b"Gunknown|python.unexplained||app.py:%d f|\n" % number for number in range(30))
    cheap = b"".join(
        b"Gobserved|capability.read||lib.py:%d f||t|lib|init|\n" % number for number in range(30)
    )
    planted = b"Gplanted|residue.code||json.dumps|body|\n"
    *_, last = notes(unknown + cheap + planted + b"\n")
    assert kinds([last]) == ["residue.memory"]
    *_, last = told(("init", unknown + cheap + b"Gobserved|capability.process||lib.py:1 f||t|lib|init|\n\n"))
    assert evidence_of(last)["rule"] == "capability.process"


def test_a_report_of_an_earlier_event_is_laid_to_no_request() -> None:
    first, second = (
        cast("dict[str, object]", line["unmapped"])
        for line in told(("late", GUARDED[:-1]), ("report", GUARDED[:-1] + b"2"))
    )
    assert "request_id" not in first
    assert second["request_id"] == "request"


def test_what_is_unknown_is_told_once_for_each_place() -> None:
    places = (b"a.py:1 f", b"a.py:1 f", b"b.py:2 g")
    lines = notes(*(b"Gunknown|python.unexplained||" + place + b"|\n\n" for place in places))
    assert kinds(lines) == ["guard.unknown", "guard.unknown"]


def test_who_names_many_places_keeps_no_later_one_from_being_told() -> None:
    said = [("note", b"W%d" % number) for number in range(20)]
    for number in range(100):
        rule = b"python." + bytes([97 + number % 26, 97 + number // 26])
        said += [
            ("report", b"Gunknown|" + rule + b"||forged.py:%d f|" % number),
            *([("event", b"")] * (number % 9 == 8)),
        ]
    last = told(*said, ("event", b""), ("report", b"Gunknown|python.unexplained||app.py:7 handler|"))[-1]
    assert (kinds([last]), evidence_of(last)["place"]) == (["guard.unknown"], "app.py:7 handler")


USED = b"Gused|capability.network||app.py:1 f||%s|requests|invoke|\n"


def test_new_uses_are_told_once_each_to_who_asked_and_to_nobody_else() -> None:
    said = [("note", USED % b"a.example" + USED % b"b.example" + b"\n")] * 2
    said.append(("init", USED % b"a.example" + b"\n"))
    assert told(*said) == []
    found = [evidence_of(line) for line in told(*said, learns=True)]
    assert [(one["kind"], one["target"], one["packages"], one["phase"], one["verdict"]) for one in found] == [
        ("network", host, ["requests"], "invoke", "used") for host in ("a.example", "b.example")
    ]


def test_a_worker_floods_no_log_with_uses() -> None:
    said = (
        b"".join(USED % b"%d.example" % number for number in range(first, first + 40))
        for first in range(0, 10_000, 40)
    )
    assert len(notes(*said, learns=True)) == 500


SHAPE = b"Gused|capability.shape||app.py:1 f||sql app.py:f<handler 9f3a01c2 %016x|function|invoke|\n"


def test_shapes_are_told_as_uses_are_and_keep_none_from_being_told() -> None:
    said = (
        b"".join(SHAPE % number for number in range(first, first + 40)) + USED % b"%d.example" % first
        for first in range(0, 400, 40)
    )
    found = [evidence_of(line) for line in notes(*said, learns=True)]
    assert sum(one["kind"] == "shape" for one in found) == 128
    assert sum(one["kind"] == "network" for one in found) == 10
    assert found[0]["target"] == "sql app.py:f<handler 9f3a01c2 0000000000000000"


def test_a_use_that_the_policy_does_not_allow_is_a_finding_with_its_technique() -> None:
    said = (
        USED.replace(b"used", verdict, 1).replace(b"invoke|", b"invoke|policy.network") % b"?:1"
        for verdict in (b"observed", b"refused")
    )
    lines = notes(*said)
    assert kinds(lines) == ["guard.capability", "guard.refused"]
    for line in lines:
        assert "T1071" in techniques_of(line)
        assert (evidence_of(line)["policy"], evidence_of(line)["target"]) == ("policy.network", "?:1")


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
def test_a_line_that_is_no_report_is_dropped(said: bytes) -> None:
    assert [kind for kind in kinds(notes(said + b"\n\n")) if kind.startswith("guard.")] == []


def test_a_worker_floods_no_log_with_reports_and_plants_nothing_in_them() -> None:
    evil = b"Grefused|sql.x||" + b'\x1b[2J"}\r' * 50 + b"|" + b'{"a":1}' * 90 + b"\n"
    lines = notes(evil * 20)
    assert len(lines) == MANY_OF_RULE
    found = evidence_of(lines[0])
    assert len(str(found["place"])) == 120
    assert len(str(found["event_path"])) == 160
    assert not set('{}"\x1b') & set(str(found["place"]) + str(found["event_path"]))

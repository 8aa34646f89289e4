"""What becomes of a judgement: raised in the right form, told once, and never lost to who swallows it."""

from __future__ import annotations

import base64
import importlib
import json
import pkgutil
import queue
import sys
import threading
import time
from types import CodeType, FunctionType, MappingProxyType

import pytest
from tests.runtime.guard.guards import serving, told

import dayfly.core.structure
import dayfly.runtime.guard
from dayfly.core import frames
from dayfly.core.reports import MANY, MANY_PLACES
from dayfly.core.structure.judgement import Judgement
from dayfly.core.structure.trusted_literals import OwnText
from dayfly.runtime.guard import reentrancy
from dayfly.runtime.guard.contributed import still_asked
from dayfly.runtime.guard.refusal import ERROR_TYPE, Refused, RefusedRecord
from dayfly.runtime.guard.sinks import about_python

EVIL = "__import__('os').getpid()"
BATCH = {
    "Records": [{"eventSource": "aws:sqs", "body": "a"}, {"eventSource": "aws:sqs", "body": "evil text"}]
}


def refuse(path: str = "") -> Judgement:
    return Judgement("refuse", "python.structure", path)


def test_a_refusal_is_no_exception_that_functions_catch() -> None:
    assert not issubclass(Refused, Exception)
    guard = serving({})
    with pytest.raises(Refused, match=r"python\.structure"):
        guard.act_on(refuse(), "x", None)


@pytest.mark.parametrize("source", ["aws:sqs", "aws:kinesis", "aws:dynamodb"])
def test_one_records_refusal_is_an_exception(source: str) -> None:
    guard = serving({"Records": [{"eventSource": source}]})
    assert guard.provenance
    with pytest.raises(RefusedRecord, match="record 0"):
        guard.act_on(refuse("Records[0].body"), "x", None)
    guard.leave()
    _said, body = guard.end()
    assert body == b"", "how a record fails is the function's to say"


@pytest.mark.parametrize(
    "event", [{"Records": [{"eventSource": "aws:s3"}]}, {"Records": []}, {"records": 1}, [1], None]
)
def test_elsewhere_a_path_into_records_makes_no_batch(event: object) -> None:
    guard = serving(event)
    assert guard.provenance
    with pytest.raises(Refused):
        guard.act_on(refuse("Records[0].body"), "x", None)


def test_in_a_batch_what_no_record_supplied_is_refused_as_a_whole() -> None:
    guard = serving(BATCH)
    assert guard.provenance
    with pytest.raises(Refused):
        guard.act_on(refuse("other"), "x", None)


def test_a_swallowed_refusal_is_the_answer() -> None:
    guard = serving({})
    with pytest.raises(Refused):
        guard.act_on(refuse(), "x", None)
    guard.leave()
    _said, body = guard.end()
    answer = json.loads(body)
    assert answer["errorType"] == ERROR_TYPE
    assert answer["requestId"] == "request"
    guard.begin(b"{}", "next")
    assert guard.end() == (b"", b""), "the next event has nothing to do with it"


def test_one_that_came_out_of_the_handler_is_not_answered_twice() -> None:
    guard = serving({})
    with pytest.raises(Refused) as caught:
        guard.act_on(refuse(), "x", None)
    guard.leave(caught.value)
    assert guard.end()[1] == b""


def test_around_the_handler_it_is_what_awss_loop_catches() -> None:
    guard = serving({})
    guard.leave()
    with pytest.raises(RefusedRecord):
        guard.act_on(refuse(), "x", None)


def test_the_same_thing_is_told_once_and_what_is_unknown_pushes_nothing_out() -> None:
    guard = serving({}, mode="observe")
    for number in range(30):
        guard.tell("unknown", "python.unexplained", place=f"a.py:{number} f")
    for _ in range(3):
        guard.act_on(refuse(), "x", None)
    found = told(guard)
    assert len(found) == MANY + 1
    assert found.count(["observed", "python.structure"]) == 1


def test_findings_of_one_rule_crowd_out_none_of_another() -> None:
    guard = serving({}, mode="observe")
    for number in range(30):
        guard.refuse("path.parent", None, path=f"a[{number}]")
    guard.act_on(refuse(), "x", None)
    found = told(guard)
    assert found.count(["observed", "python.structure"]) == 1
    assert 0 < len(found) < MANY


def test_findings_at_one_place_crowd_out_none_at_another() -> None:
    guard = serving({}, mode="observe")
    for number in range(30):
        guard.tell("observed", "python.structure", place="a.py:1 f", path=f"a[{number}]")
    guard.tell("observed", "python.structure", place="a.py:2 g", path="a[0]")
    for number in range(30):
        guard.tell("observed", "python.structure", place=f"a.py:{number} f")
    assert len(told(guard)) == MANY_PLACES


def test_the_hash_of_a_text_is_keyed() -> None:
    first, second = serving({}), serving({})
    second._key = b"\x22" * 16
    digests = set()
    for guard in (first, second):
        guard.tell("observed", "sql.x", text="4111111111111111")
        guard.leave()
        digests.add(guard.end()[0].split(b"|")[2])
    assert len(digests) == 2
    assert all(len(digest) == 16 for digest in digests)


def test_what_is_unknown_is_told_of_code_alone() -> None:
    guard = serving({})
    for sink in ("sql", "path", "url", "python"):
        guard.act_on(Judgement("unknown", sink + ".unexplained"), "x", None)
    assert told(guard) == [["unknown", "python.unexplained"]]


def test_what_is_unknown_is_refused_where_the_event_was_not_read_as_a_whole() -> None:
    archive = base64.b64encode(b"PK\x03\x04" + bytes(60)).decode()
    guard = serving({"upload": archive})
    assert not guard.provenance.is_complete
    # All that a judge has against it is that: the structure is the function's.
    guard.act_on(Judgement("unknown", "python.incomplete"), "x", None)
    guard.act_on(Judgement("unknown", "sql.unexplained"), "x", None)
    with pytest.raises(Refused):
        guard.act_on(Judgement("unknown", "python.unexplained"), "x", None)
    assert told(guard) == [["refused", "python.incomplete"]]


def test_a_thread_knows_the_events_that_it_may_be_at_work_on() -> None:
    guard = serving({"name": "event 0"})
    guard._lasts = True
    asked: queue.Queue[str] = queue.Queue()
    answers: queue.Queue[list[str]] = queue.Queue()

    def work() -> None:
        for text in iter(asked.get, ""):
            spans = [span.path for span in guard.contributed(text)]
            answers.put([*spans, guard.provenance.holds_bytes(text.encode())])

    def answered(text: str) -> list[str]:
        asked.put(text)
        return answers.get(timeout=5)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    for number in range(1, 7):
        guard.begin(json.dumps({"name": f"event {number}"}).encode(), f"request {number}")
    # The one that it began in, the last three since, and the one that is there.
    assert [number for number in range(7) if answered(f"event {number}") == ["name", "name"]] == [
        0,
        3,
        4,
        5,
        6,
    ]
    assert [number for number in range(7) if guard.contributed(f"event {number}")] == [6]
    reads = guard._read
    asked.put("")
    thread.join(5)
    guard.begin(b"{}", "request 7")
    # A thread that was joined may still be among the interpreter's for a moment; others are the test runner's own.
    until = time.monotonic() + 5
    while thread.ident in guard._earlier and time.monotonic() < until:
        guard.begin(b"{}", "request 7")
    assert thread.ident not in guard._earlier
    # What was read is kept for as long as a thread may ask for it.
    first = next(read for read in reads if b"event 0" in read[0][0])
    assert still_asked(reads, {1: (first[0],)}) == (first,)
    assert still_asked(reads, {}) == ()


def test_a_disarmed_guard_looks_at_nothing() -> None:
    guard = serving({})
    guard.end()
    guard.disarm()
    guard.begin(b"{}", "r")
    assert not guard.is_active


@pytest.mark.parametrize("mode", ["block", "observe"])
@pytest.mark.parametrize("arrives", [True, False])
def test_what_was_tried_is_sent_before_it_goes_on_and_told_once(mode: str, arrives: bool) -> None:
    guard = serving({"code": EVIL}, mode=mode)
    sent: list[tuple[bytes, bytes]] = []

    def report(*, finding: bytes = b"", error: bytes = b"") -> bool:
        sent.append((finding, error))
        return arrives

    guard.report = report
    try:
        about_python(guard, EVIL, sys._getframe())
    except Refused:
        assert b"Dayfly.Refused" in sent[1][1]
    verdict = b"refused" if mode == "block" else b"observed"
    assert sent[0][0].startswith(b"G" + verdict + b"|python.structure|")
    assert len(sent) == (2 if mode == "block" else 1)
    rest = told(guard)
    assert rest == ([] if arrives else [[verdict.decode(), "python.structure"]])
    # The handler has ended: the answer is being made.
    assert sent[-1] == (b"", b"") or mode == "observe"


def test_an_error_of_a_refusal_fits_into_a_report_whatever_its_place_is_called() -> None:
    guard = serving({"code": EVIL})
    sent: list[bytes] = []

    def report(*, error: bytes) -> bool:
        sent.append(frames.pack_report(bytes(16), error=error))
        return True

    guard.report = report
    with pytest.raises(Refused):
        guard._raise("\u65e5" * 5000, "")
    assert len(sent) == 1


def test_a_records_refusal_is_told_and_ends_nothing() -> None:
    body = json.dumps({"code": EVIL})
    guard = serving({"Records": [{"eventSource": "aws:sqs", "body": body}]})
    sent: list[bytes] = []

    def report(*, finding: bytes = b"", error: bytes = b"") -> bool:
        sent.append(error)
        return bool(finding)

    guard.report = report
    with pytest.raises(RefusedRecord):
        about_python(guard, EVIL, sys._getframe())
    assert sent == [b""]


def test_loops_of_arithmetic_are_told_once() -> None:
    formulas = [f"{number} + 1" for number in range(50)]
    guard = serving({"formulas": formulas})
    for formula in formulas:
        about_python(guard, formula, sys._getframe())
    assert told(guard) == [["computed", "python.arithmetic"]]


def test_what_begins_the_guards_own_work_is_where_it_is_looked_for() -> None:
    for module, name in (*reentrancy._BEGINNINGS, reentrancy._TURN):
        found = vars(importlib.import_module(module))
        owners = [
            found,
            *(vars(one) for one in found.values() if isinstance(one, type) and one.__module__ == module),
        ]
        made = (
            constant.co_name
            for one in found.values()
            if isinstance(one, FunctionType)
            for constant in one.__code__.co_consts
            if isinstance(constant, CodeType)
        )
        assert any(name in one for one in owners) or name in made, f"{module}.{name}"


@pytest.mark.parametrize("own", [OwnText(()), None])
def test_a_rehearsal_leaves_nothing_to_tell_even_where_the_judges_fail(own: OwnText | None) -> None:
    guard = serving({}, closed=True)
    assert told(guard) == []
    guard.own = own  # type: ignore[assignment]
    guard.rehearse()
    guard.own = OwnText(())
    guard.begin(b"{}", "request")
    assert told(guard) == []


def test_no_table_of_the_judge_is_such_that_a_change_of_it_goes_unseen() -> None:
    """Dictionaries are watched; lists, sets and arrays of bytes cannot be."""
    names = [f"dayfly.core.{name}" for name in ("event_values", "provenance", "reports", "destinations")]
    for package in (dayfly.core.structure, dayfly.runtime.guard):
        names += [one.name for one in pkgutil.iter_modules(package.__path__, package.__name__ + ".")]
    loaded = {name: importlib.import_module(name) for name in names}
    names += [
        f"dayfly.core.{name}" for name in ("decodings", "plausibility", "substring_matches", "triggers")
    ]
    names += ["dayfly.core.value_index", "dayfly.core.globs", "dayfly.core.frames"]
    changeable, seen = set(), set()
    for name in names:
        todo: list[tuple[str, object]] = [(name, vars(loaded.get(name) or sys.modules[name]))]
        while todo:
            place, value = todo.pop()
            if id(value) in seen:
                continue
            seen.add(id(value))
            if isinstance(value, (list, set, bytearray)):
                changeable.add(place)
            elif isinstance(value, (tuple, frozenset)):
                todo += [(place, one) for one in value]
            elif isinstance(value, (dict, MappingProxyType)):
                named = [(key, one) for key, one in value.items() if not str(key).startswith("__")]
                # The last holds what is no table of the judge's.
                todo += [(f"{place}.{key}", one) for key, one in named if key != "_KEPT"]
            elif isinstance(value, type) and value.__module__ == name:
                todo.append((place, vars(value)))
    assert changeable == set()


@pytest.mark.parametrize(
    ("event", "head", "is_refused"),
    [
        ({"name": "ada\r\nSet-Cookie: admin=1"}, {"headers": {"X-Name": "ada\r\nSet-Cookie: admin=1"}}, True),
        ({"name": "x\nb"}, {"multiValueHeaders": {"Set-Cookie": ["a=1", "name=x\nb; HttpOnly"]}}, True),
        ({"name": "x\nb"}, {"cookies": ["name=x\nb"]}, True),
        ({"next": "//evil.example/a"}, {"headers": {"Location": "//evil.example/a"}}, True),
        ({"next": "/\t/evil.example"}, {"headers": {"location": "/\t/evil.example"}}, True),
        ({"next": "/evil.example"}, {"headers": {"Location": "//evil.example"}}, True),
        ({"next": "\\\\evil.example"}, {"headers": {"Location": "\\\\evil.example"}}, True),
        ({"next": "JavaScript:alert(1)"}, {"headers": {"Location": "JavaScript:alert(1)"}}, True),
        # Values within a line, paths, and addresses as a client registers them.
        ({"name": "ada; x=1"}, {"headers": {"X-Name": "ada; x=1"}}, False),
        *(
            ({"next": f"https://{one}/"}, {"headers": {"Location": f"https://{one}/"}}, True)
            for one in (
                "evil.example\\@app.example",
                "app.example@evil.example",
                "evil.example\\.app.example",
            )
        ),
        (
            {"next": "https://app.example/a@b?c=d\\"},
            {"headers": {"Location": "https://app.example/a@b?c=d\\"}},
            False,
        ),
        ({"next": "/a//b?u=//c"}, {"headers": {"Location": "/a//b?u=//c"}}, False),
        ({"next": "https://app.example/x"}, {"headers": {"Location": "https://app.example/x"}}, False),
        ({"next": "shop://back"}, {"headers": {"Location": "shop://back"}}, False),
        # Lines of the function's own, and in what is no head.
        ({"name": "ada"}, {"headers": {"X-Policy": "a\n b", "Location": "//cdn.example/ada"}}, False),
        ({"name": "x\nb"}, {"headers": {}, "body": '{"headers": {"X": "x\\nb"}}\nx\nb'}, False),
    ],
)
@pytest.mark.parametrize("mode", ["block", "observe"])
def test_the_head_of_an_answer_is_the_functions(
    mode: str, event: dict[str, str], head: dict[str, object], is_refused: bool
) -> None:
    guard = serving(event, mode=mode)
    guard.leave()
    said, instead = guard.end(json.dumps({"statusCode": 302, **head}).encode())
    assert bool(instead) == (is_refused and mode == "block")
    assert (b"url.structure" in said) == is_refused

"""What is written to the log: the native modules make of a worker's words what the Python ones do."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import settings as limits
from hypothesis import strategies as st
from tests.native.compared import EXAMPLES, Native, native, of, say

from dayfly.core import findings, loglines, reports
from dayfly.core.activity import Activity
from dayfly.core.frames import EarlyReport
from dayfly.core.proofs import FleetKey, split_seal
from dayfly.core.settings import load_settings
from dayfly.supervisor.report import Reporter
from dayfly.supervisor.witness import Witness

__all__ = ["native"]

LOG = st.one_of(
    st.binary(max_size=30),
    st.sampled_from(
        [
            b"plain\n",
            b"{}\n",
            b'{"metadata":{"product":{"name":"Dayfly"}}}\n',
            b'{"met\\u0061data":"product","Dayf\\u006cy":1}\n',
            b'{"metadata product D\x00a\x00yfly\n',
            b"START RequestId: x\n",
            b" \x00\xef\xbb\xbfREPORT RequestId: 1\n",
            b'\t{"type":"platform.start","record":{}}\n',
            b'{"t\\u0079pe":"platform.start","record":{}}\n',
            b"dayfly: not active\n",
            b"INIT_START\n",
            b"metadata product Dayfly\n",
            b'{\nmetadata\nproduct\nDayfly}\nEND RequestId\n{"type"',
            b"\n",
            b"\\u00",
            b"\\u0041{",
            b"x" * (256 * 1024),
            b"y" * (256 * 1024 - 1),
            b"z" * 70_000,
        ]
    ),
)


def read_lines(pieces: Sequence[bytes]) -> bytes:
    reader = loglines.LineReader()
    written = b""
    for piece in pieces:
        written += reader.feed(piece) if piece else reader.finish()
    return say(written + reader.finish(), 0)


@of("lines")
@given(pieces=st.lists(LOG, max_size=12))
@EXAMPLES
def test_lines_of_a_log(native: Native, pieces: list[bytes]) -> None:
    assert native.told(pieces) == read_lines(pieces)


def frame(kind: bytes, message: bytes) -> bytes:
    return loglines.telemetry_frame(kind, b"\0\1\2\3\4\5\6\7", message)


FRAME = st.one_of(
    st.builds(
        frame,
        st.sampled_from([b"\xa5\x5a\x00\x03", b"\xa5\x5a\x00\x0e"]),
        st.lists(LOG, max_size=4).map(b"".join).filter(lambda message: len(message) <= 1 << 20),
    ),
    st.builds(frame, st.just(b"\xa5\x5a\x00\x03"), st.just(b"INIT_START\n" * 95_000)),
    st.sampled_from([b"\xa5\x5b\x00\x03" + bytes(12), b"\xa5\x5a\x00\x03\x00\x10\x00\x01" + bytes(8)]),
    st.binary(min_size=1, max_size=20),
)


def read_frames(pieces: Sequence[bytes]) -> bytes:
    reader = loglines.FrameReader()
    written = b"".join(reader.feed(piece) for piece in pieces)
    reader.finish()
    return say(written, reader.dropped_bytes)


@of("frames")
@given(frames=st.lists(FRAME, max_size=5), cut=st.integers(1, 100_000))
@EXAMPLES
def test_frames_of_a_log(native: Native, frames: list[bytes], cut: int) -> None:
    data = b"".join(frames)
    pieces = [data[at : at + cut] for at in range(0, min(len(data), 40 * cut), cut)]
    assert native.told(pieces) == read_frames(pieces)


TEXT = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=40)


KEY = FleetKey(b"0123456789abcdef" * 2)


@pytest.mark.parametrize(
    ("native", "key"), [("finding", None), ("sealed", KEY)], indirect=["native"], ids=["plain", "sealed"]
)
@given(
    number=st.integers(0, len(findings.KINDS) - 1),
    invocation=st.integers(0, 1 << 40),
    request_id=TEXT.filter(lambda text: len(text.encode()) <= 128),
    now_ms=st.integers(0, 1 << 42),
    message=st.one_of(TEXT, TEXT.map(lambda text: text * 700)),
    function=TEXT.filter(lambda text: len(text.encode()) < 256),
    evidence=st.dictionaries(
        st.text("abcdefghijklmnop_", min_size=1, max_size=6),
        st.one_of(TEXT, st.integers(-(1 << 50), 1 << 50), st.booleans()),
        max_size=5,
    ),
    listed=st.one_of(st.none(), TEXT),
    counted=st.one_of(st.none(), TEXT),
    share=st.one_of(st.none(), st.integers(-5000, 5000)),
)
@EXAMPLES
def test_findings(
    native: Native,
    key: FleetKey | None,
    number: int,
    invocation: int,
    request_id: str,
    now_ms: int,
    message: str,
    function: str,
    evidence: dict[str, object],
    listed: str | None,
    counted: str | None,
    share: int | None,
) -> None:
    fields = [(name, *field(value)) for name, value in evidence.items()]
    if share is not None:
        evidence["zshare"] = share / 1000
        fields.append(("zshare", 2, str(share)))
    if listed is not None:
        evidence["zz"] = [listed]
        fields.append(("zz", 4, listed))
    if counted is not None:
        evidence["zzz"] = {counted: 1}
        fields.append(("zzz", 5, counted))
    pieces = [str(number), str(invocation), request_id, str(now_ms), message, function]
    for name, kind, value in fields:
        pieces += [name, str(kind), value]
    line = findings.finding_line(
        findings.KINDS[number],
        findings.Where(environment="0123456789abcdef", function=function, version="1"),
        now=now_ms / 1000,
        message=message,
        number=invocation,
        request_id=request_id,
        evidence=evidence,
        sequence=7,
        key=key,
    )
    # What Python makes of a float in between may be a millisecond less.
    told = native.told([piece.encode() for piece in pieces]).partition(b":")[2]
    if key is not None:
        check_proof(told.strip())
        told, line = (split_seal(one.strip())[0] for one in (told, line))
    assert without_time(told) == without_time(line)


def check_proof(line: bytes) -> None:
    body, proof = split_seal(line)
    assert KEY.prove(body) == proof


HASH = st.one_of(st.just(0), st.integers(1, 2**64 - 1))
NUMBER = st.one_of(st.integers(0, 10**7), st.integers(2**32 - 2, 2**40))


@of("invocation")
@given(
    outcome=st.sampled_from(["success", "error", "crash"]),
    worker=st.integers(0, 2**31),
    numbers=st.lists(NUMBER, min_size=5, max_size=5),
    hashes=st.lists(HASH, min_size=7, max_size=7),
    status=st.integers(0, 599),
    route=st.sampled_from(["", "GET /orders/{id}", "$default"]),
)
@EXAMPLES
def test_records_of_invocations(
    native: Native, outcome: str, worker: int, numbers: list[int], hashes: list[int], status: int, route: str
) -> None:
    activity = Activity()
    activity.trigger, activity.route, activity.status = "rest-api", route, status
    times = ("duration_us", "cpu_us", "overhead_us", "bytes_in", "bytes_out")
    names = ("code", "source", "principal", "shape", "pattern", "subject", "residue")
    for name, number in zip(times + names, numbers + hashes, strict=True):
        setattr(activity, name, number)
    spelled = [f"{number:016x}" if number else "" for number in hashes]
    pieces = [
        outcome,
        str(worker),
        *map(str, numbers),
        spelled[0],
        "rest-api",
        route,
        *spelled[1:],
        str(status),
    ]
    told = native.told([piece.encode() for piece in pieces]).partition(b":")[2].strip()
    line = findings.invocation_line(
        findings.Where(environment="0123456789abcdef", function="f", version="1"),
        now=0.0,
        number=3,
        worker=worker,
        age_ms=0,
        outcome=outcome,
        request_id="request",
        sequence=9,
        activity=activity,
        key=KEY,
    )
    check_proof(told)
    ours, theirs = json.loads(told), json.loads(line)
    assert list(ours) == list(theirs)
    for name in ("time", "timestamp", "age_ms", "proof"):
        del ours[name], theirs[name]
    assert ours == theirs


def field(value: object) -> tuple[int, str]:
    """Return kind and text of one item of evidence."""
    if isinstance(value, bool):
        return 3, str(int(value))
    return (1, str(value)) if isinstance(value, int) else (0, str(value))


def without_time(line: bytes) -> dict[str, object]:
    """Return a finding without its time; its bytes must be its canonical form."""
    record = json.loads(line)
    assert json.dumps(record, sort_keys=True, separators=(",", ":")).encode() == line.strip()
    del record["time"], record["timestamp"]
    assert isinstance(record, dict)
    return record


class Log:
    """An output that keeps lines."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []

    def emit(self, line: bytes, *, warning: bool = True) -> None:
        self.lines.append(line)


REPORT_FIELD = st.one_of(
    st.sampled_from(["", "app.py:7", "a<b>\x01", "0123456789abcdef", "0" * 16, "x" * 300]),
    st.text("ab|.\u00e9", max_size=5),
)
RULE = st.builds(
    lambda subject, rest: subject + rest,
    st.sampled_from([*reports.SUBJECTS, "other"]),
    st.sampled_from(
        ["", ".x", ".process", ".network", ".threads", ".data", ".hook", ".environment", ".A", "." + "x" * 50]
    ),
)
GUARDED = st.one_of(
    st.builds(
        lambda verdict, rule, more: "G" + "|".join([verdict, rule, *more]),
        st.sampled_from([*reports.VERDICTS, "odd"]),
        RULE,
        st.lists(REPORT_FIELD, min_size=2, max_size=8),
    ),
    st.builds(
        lambda verdict, rule, digest, place, more: "G" + "|".join([verdict, rule, digest, place, *more]),
        st.sampled_from(reports.VERDICTS),
        RULE,
        st.sampled_from(["", "0123456789abcdef"]),
        REPORT_FIELD.filter(lambda text: "|" not in text),
        st.one_of(
            st.just(["path"]),
            st.just(["path", "changed"]),
            st.just(["path", "example.com:443", "a,b?,,c", "init", "policy.network"]),
            st.just(["path", "/etc/passwd", "", "invoke", ""]),
        ),
    ),
    st.sampled_from(["", "x", "Wthread a", "Dspans", "Dsp\u00e9ns/x", "W" + "n" * 200]),
)
NOTE = st.lists(GUARDED, max_size=10).map("\n".join)
SAID = st.lists(
    st.tuples(st.sampled_from(["report", "late", "note", "init", "event"]), st.one_of(NOTE, GUARDED)),
    max_size=8,
)


@of("witness")
@example(said=[("note", "\n".join(f"Grefused|sql.x||app.py:{line}|" for line in range(12)))], learns=False)
@example(
    said=[("init", "\n".join(f"Gused|capability.read||a|b|/{use}|c|init|" for use in range(300)))],
    learns=True,
)
@example(said=[("report", f"Grefused|sql.x||app.py:{line}|") for line in range(12)], learns=False)
@example(said=[("note", f"Wthread {number}") for number in range(20)], learns=False)
@given(said=SAID, learns=st.booleans())
@limits(EXAMPLES, max_examples=300)
def test_what_workers_say_of_themselves(native: Native, said: list[tuple[str, str]], learns: bool) -> None:
    pieces = [b"500000000", b"%d" % learns]
    log = Log()
    environ = {"AWS_LAMBDA_FUNCTION_NAME": "f", "AWS_LAMBDA_FUNCTION_VERSION": "1"}
    reporter = Reporter(log, environ)  # type: ignore[arg-type]  # what it calls is there
    reporter.request_id = "request"
    found = load_settings({"DAYFLY_GUARD_LEARN": "on" if learns else "off"}, {})
    witness = Witness(reporter, found)
    told = b""
    for what, text in said:
        data = text.encode()
        pieces += [what.encode(), data]
        if what == "note":
            told += say(int(witness.tell_note(data)))
        elif what == "init":
            witness.tell_init(data)
        elif what == "event":
            reporter.number += 1
        else:
            witness.tell_report(EarlyReport(data, b"", is_current=what == "report"))
    triggers = sum(bit for bit, name in ((1, "residue"), (2, "suspicion")) if name in reporter.triggers)
    told += say(triggers)
    native_told = native.told(pieces)
    assert native_told.startswith(told)
    lines = native_told[len(told) :].partition(b":")[2].splitlines()
    assert [without_place(line) for line in lines if line.strip()] == [
        without_place(line) for line in log.lines
    ]


def without_place(line: bytes) -> dict[str, object]:
    """Return a finding without its time and its environment."""
    record = without_time(line)
    for part, name in (("finding_info", "uid"), ("unmapped", "environment")):
        inner = record[part]
        assert isinstance(inner, dict)
        del inner[name]
    return record

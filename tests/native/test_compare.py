"""The native modules do with any bytes what the Python ones do: same input, same output."""

from __future__ import annotations

import base64
import json
import os
import struct
import subprocess
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st
from native.build import NATIVE
from tests.native.compiled import SANITIZER_OPTIONS, compile_program

from dayfly.core import findings, loglines, reports, scope
from dayfly.core.frames import ERROR, RESULT, Answer
from dayfly.core.http1 import HttpError, Reply, ReplyReader
from dayfly.core.invocation import find_defect, parse_deadline_ms, select_headers
from dayfly.core.requests import RequestError, RequestReader
from dayfly.core.settings import SETTINGS, load_settings
from dayfly.errors import SettingError
from dayfly.supervisor import answers
from dayfly.supervisor.report import Reporter
from dayfly.supervisor.witness import Witness

_LIMIT_S = 120
_NONE = -(1 << 63)
_SOURCES = (
    "announce.c",
    "answers.c",
    "event.c",
    "http.c",
    "json.c",
    "output.c",
    "report.c",
    "scope.c",
    "settings.c",
    "upstream.c",
    "witness.c",
)
EXAMPLES = limits(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


class Native:
    """The native modules behind a pipe."""

    def __init__(self, kind: str) -> None:
        program = compile_program(
            [NATIVE / "tests" / "compare.c", *(NATIVE / "supervisor" / name for name in _SOURCES)]
        )
        self._process = subprocess.Popen(
            [program, kind],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={
                **os.environ,
                **SANITIZER_OPTIONS,
                "AWS_LAMBDA_FUNCTION_NAME": "f",
                "AWS_LAMBDA_FUNCTION_VERSION": "1",
            },
        )

    def told(self, pieces: Sequence[bytes]) -> bytes:
        """Return what came of a case."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        packed = b"".join(struct.pack("<I", len(piece)) + piece for piece in pieces)
        self._process.stdin.write(struct.pack("<I", len(pieces)) + packed)
        self._process.stdin.flush()
        head = self._process.stdout.read(4)
        assert len(head) == 4, f"it ended with {self._process.wait(_LIMIT_S)}"
        return self._process.stdout.read(struct.unpack("<I", head)[0])

    def close(self) -> None:
        """End it; a fault of its memory shows in how it ends."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        assert self._process.wait(_LIMIT_S) == 0
        self._process.stdout.close()


@pytest.fixture(scope="module")
def native(request: pytest.FixtureRequest) -> Iterator[Native]:
    """The native modules that a test names by its parameter."""
    started = Native(str(request.param))
    yield started
    started.close()


def of(kind: str) -> pytest.MarkDecorator:
    """Mark a test with what it compares."""
    return pytest.mark.parametrize("native", [kind], indirect=True)


def say(*values: object) -> bytes:
    """Return values as the native side tells them."""
    told = b""
    for value in values:
        if isinstance(value, int):
            told += b"%d " % value
        else:
            data = value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogateescape")
            told += b"%d:%s " % (len(data), data)
    return told


def tell_reply(reply: Reply) -> bytes:
    told = say(reply.status, int(reply.closes), reply.defect)
    for name in (
        *EVENT_HEADERS,
        "content-length",
        "transfer-encoding",
        "connection",
        "lambda-extension-identifier",
    ):
        told += say(reply.headers[name]) if name in reply.headers else b"- "
    return told + say(reply.body)


def tell_event(reply: Reply) -> bytes:
    selected = select_headers(reply)
    deadline = parse_deadline_ms(reply.headers)
    order = list(select_headers(Reply(200, dict.fromkeys(EVENT_HEADERS, "1"), b"", closes=False)))
    block = "".join(f"{name}\n{selected[name]}\n" for name in order if name in selected)
    echo = answers.echoed(selected).get("lambda-runtime-invocation-id", "")
    return say(find_defect(reply), block, echo, _NONE if deadline is None else deadline)


EVENT_HEADERS = (
    "lambda-runtime-aws-request-id",
    "lambda-runtime-trace-id",
    "lambda-runtime-client-context",
    "lambda-runtime-cognito-identity",
    "lambda-runtime-invoked-function-arn",
    "lambda-runtime-deadline-ms",
    "lambda-runtime-aws-tenant-id",
    "lambda-runtime-invocation-id",
    "content-type",
)


def read_replies(pieces: Sequence[bytes], *, as_event: bool) -> bytes:
    reader = ReplyReader()
    told = b""
    for piece in pieces:
        fault = None
        try:
            reader.feed(piece) if piece else reader.finish()
        except HttpError as broken:
            fault = broken
            told += b"fault " + say(str(broken), reader.interim)
            if not broken.status:
                return told
            reader.give_up(broken)
        while True:
            interim = reader.interim
            reply = reader.take()
            if reply is None:
                break
            told += say(interim)
            told += tell_event(reply) if as_event else tell_reply(reply)
            told += say(int(reader.has_started))
        if fault is not None:
            return told
    return told + say(reader.interim)


STATUS = st.sampled_from(
    [
        b"HTTP/1.1 200 OK",
        b"HTTP/1.1 202",
        b"HTTP/1.0 200 OK",
        b"HTTP/1.1 100 Continue",
        b"HTTP/1.1 103 Early",
        b"HTTP/1.1 204 No",
        b"HTTP/1.1 304 x y",
        b"HTTP/1.1 99 a",
        b"HTTP/1.1 2000",
        b"HTTP/1.1  200",
        b"HTTP/2 200 OK",
        b"HTTP/1.1 413 \xff\xfe",
        b"",
        b"\0HTTP/1.1 200 OK",
    ]
)
NAME = st.sampled_from(
    [
        *(name.encode() for name in EVENT_HEADERS),
        b"Content-Length",
        b"Transfer-Encoding",
        b"Connection",
        b" Content-Length ",
        b"\x0bcontent-type",
        b"X-Other",
        b"",
    ]
)
VALUE = st.one_of(
    st.sampled_from(
        [
            b"0",
            b"5",
            b"12",
            b"chunked",
            b"Chunked",
            b"close",
            b"keep-alive",
            b"",
            b"+5",
            b"-7",
            b"1e3",
            b"9" * 19,
            b"\t3 ",
            b"99999999999",
        ]
    ),
    st.binary(max_size=12).filter(lambda value: b"\n" not in value),
)
LINE = st.one_of(
    st.builds(lambda name, value: name + b":" + value, NAME, VALUE), st.sampled_from([b"no colon", b"a:b\0c"])
)
END = st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\n"])
CHUNK = st.sampled_from(
    [
        b"5\r\nhello\r\n",
        b"0\r\n\r\n",
        b"0\r\nA: b\r\n\r\n",
        b"1;x=y\r\nz\r\n",
        b" A \r\n0123456789\r\n",
        b"g\r\n",
        b"3\r\nabcd\r\n",
        b"fffffffffffffffff\r\nx",
    ]
)


@st.composite
def replies(draw: st.DrawFn) -> list[bytes]:
    """Bytes of a connection, nearly well formed, in pieces; an empty piece is its end."""
    data = b""
    for _ in range(draw(st.integers(1, 3))):
        end = draw(END)
        lines = [draw(STATUS), *draw(st.lists(LINE, max_size=4))]
        data += end.join(lines) + end + draw(END)
        data += draw(st.one_of(st.binary(max_size=12), st.lists(CHUNK, max_size=4).map(b"".join)))
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=5)))
    pieces = [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    return [piece for piece in pieces if piece] + [b""] * draw(st.integers(0, 1))


@of("reply")
@given(pieces=replies())
@EXAMPLES
def test_replies(native: Native, pieces: list[bytes]) -> None:
    assert native.told(pieces) == read_replies(pieces, as_event=False)


@of("event")
@given(pieces=replies())
@EXAMPLES
def test_events(native: Native, pieces: list[bytes]) -> None:
    assert native.told(pieces) == read_replies(pieces, as_event=True)


@of("reply")
@pytest.mark.parametrize("filler", [b"x" * 300_000 + b"\n", b"A: b\r\n" * 60_000, b"y" * 3_000_000])
def test_a_head_that_is_too_long(native: Native, filler: bytes) -> None:
    head = b"HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: 1\r\n"
    data = head + filler * (1 + 3_000_000 // len(filler))
    assert native.told([data]) == read_replies([data], as_event=False)
    pieces = [data[at : at + 70_001] for at in range(0, len(data), 70_001)]
    assert native.told(pieces) == read_replies(pieces, as_event=False)


@of("reply")
@pytest.mark.parametrize("size", [1, 6 << 20, 64 << 20, (64 << 20) + 1])
def test_bodies_up_to_the_limit_and_beyond(native: Native, size: int) -> None:
    body = bytes(range(256)) * (size // 256 + 1)
    whole = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + body[:size]
    open_ended = b"HTTP/1.1 200 OK\r\n\r\n" + body[:size]
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    for start in range(0, size, 1 << 20):
        part = body[start : min(size, start + (1 << 20))]
        chunked += b"%x\r\n%s\r\n" % (len(part), part)
    chunked += b"0\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
    for data in (whole, open_ended, chunked):
        pieces = [data[at : at + 100_000] for at in range(0, len(data), 100_000)]
        assert native.told([*pieces, b""]) == read_replies([*pieces, b""], as_event=False)


REQUEST_LINE = st.one_of(
    st.sampled_from(
        [
            b"GET /2020-01-01/extension/event/next HTTP/1.1",
            b"POST /a/b HTTP/1.0",
            b"GET /a/../b HTTP/1.1",
            b"GET //a HTTP/1.1",
            b"GET /a?b HTTP/1.1",
            b"GET  /a HTTP/1.1",
            b"\xc0\xd7 /a HTTP/1.1",
            b"\xe9 /a HTTP/1.1",
            b"GET /a HTTP/1.1 ",
            b"GET /a\tHTTP/1.1",
            b" /a HTTP/1.1",
            b"",
        ]
    ),
    st.binary(max_size=20),
)
REQUEST_HEADER = st.one_of(
    st.sampled_from(
        [
            b"Content-Length: 3",
            b"content-length:\t3\t",
            b"Content-Length: 65536",
            b"Content-Length: 65537",
            b"Content-Length: 0000003",
            b"Content-Length: ",
            b"Content-Length: -1",
            b"Transfer-Encoding: chunked",
            b"Lambda-Extension-Name: a",
            b"lambda-extension-name: b",
            b"A:b",
            b"A_1: \xff",
            b"A b: c",
            b": x",
            b"no colon",
            b"B: x\ry",
        ]
    ),
    st.binary(max_size=8),
)


@st.composite
def requests(draw: st.DrawFn) -> list[bytes]:
    """Requests, nearly well formed, in pieces."""
    data = b""
    for _ in range(draw(st.integers(1, 3))):
        lines = [draw(REQUEST_LINE), *draw(st.lists(REQUEST_HEADER, max_size=4))]
        data += (
            b"\r\n".join(lines) + b"\r\n\r\n" + draw(st.sampled_from([b"", b"abc", b"abcd", b"z" * 65536]))
        )
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=5)))
    pieces = [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    return [part[at : at + 60_000] for part in pieces for at in range(0, len(part), 60_000)]


def read_requests(pieces: Sequence[bytes]) -> bytes:
    reader = RequestReader()
    told = b""
    for piece in pieces:
        try:
            reader.feed(piece)
        except RequestError:
            return told + b"fault"
        request = reader.take()
        if request is not None:
            told += say(request.method.encode("latin-1"), request.path.encode("latin-1"))
            for name, value in request.headers.items():
                told += say(name.encode("latin-1"), value.encode("latin-1"))
            told += b"| " + say(request.body)
    return told


@of("request")
@given(pieces=requests())
@EXAMPLES
def test_requests(native: Native, pieces: list[bytes]) -> None:
    assert native.told(pieces).lower() == read_requests(pieces).lower()


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
            b"dayfly: not in force\n",
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


@of("json")
@given(text=st.one_of(st.text(), st.binary().map(lambda data: data.decode("utf-8", "surrogateescape"))))
@EXAMPLES
def test_strings(native: Native, text: str) -> None:
    data = text.encode("utf-8", "surrogateescape")
    text = data.decode("utf-8", "surrogateescape")
    told = native.told([data])
    assert told.startswith(say(json.dumps(text), base64.b64encode(data)))


JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)),
    max_leaves=8,
)


@of("json")
@given(event=st.dictionaries(st.text(), JSON, max_size=5), space=st.sampled_from(["", " ", "\n\t"]))
@EXAMPLES
def test_first_keys(native: Native, event: dict[str, object], space: str) -> None:
    text = json.dumps(event, ensure_ascii=False, separators=("," + space, ":" + space))
    data = text.encode("utf-8", "surrogatepass")
    told = native.told([data]).split(b" ", 1)
    keys = b"".join(
        say(json.dumps(name, ensure_ascii=False)[1:-1].encode("utf-8", "surrogatepass"))
        + say(
            json.dumps(value, ensure_ascii=False, separators=("," + space, ":" + space)).encode(
                "utf-8", "surrogatepass"
            )
        )
        for name, value in event.items()
    )
    assert told
    assert native.told([data]).endswith(b"0 " + keys)


HTTP_EVENTS = (
    {"resource": "/{proxy+}", "path": "/a", "httpMethod": "GET"},
    {"version": "2.0", "routeKey": "$default", "rawPath": "/"},
    {"version": "1.0", "resource": "/", "path": "/"},
    {"requestContext": {"elb": {"targetGroupArn": "arn"}}, "httpMethod": "GET"},
)
OTHER_EVENTS = (
    {},
    {"Records": []},
    {"version": "0", "id": "1"},
    {"version": "2.0", "id": "1"},
    {"path": "/", "resource": "/"},
    {"requestContext": {"stage": "elb"}, "httpMethod": "GET"},
    {"resource": "/"},
    ["resource", "path"],
    {"resource": "/" + "x" * 70_000, "path": "/"},
)


@of("json")
def test_an_event_of_an_http_service_is_known_by_its_first_keys(native: Native) -> None:
    for event, expected in [*((event, 1) for event in HTTP_EVENTS), *((event, 0) for event in OTHER_EVENTS)]:
        data = json.dumps(event).encode()
        before = say(json.dumps(data.decode()), base64.b64encode(data))
        assert native.told([data])[len(before) :].startswith(b"%d " % expected), event


@of("answers")
@given(
    status=st.one_of(st.just(-1), st.integers(0, 0xFFFF)),
    text=st.one_of(
        st.text(alphabet="aZ9-_.~:@+=,;/ \n\x7f\u00e9", max_size=300),
        st.binary(max_size=20).map(lambda data: data.decode("utf-8", "surrogateescape")),
    ),
    timeout_ms=st.integers(0, 900_000).map(lambda value: value * 1000),
)
@EXAMPLES
def test_answers(native: Native, status: int, text: str, timeout_ms: int) -> None:
    data = text.encode("utf-8", "surrogateescape")
    known = None if status < 0 else status
    expected = say(
        answers.exit_reason(known),
        int(answers.is_request_id(text)),
        int(answers.is_acceptable(Answer(ERROR, data, b"", 0))),
        int(answers.is_acceptable(Answer(RESULT, data, b"", 0))),
        answers.Failure("Runtime.Some", text).body,
        answers.exit_failure("id", known).body,
        answers.timeout_failure("id", timeout_ms / 1000).body,
    )
    assert native.told([b"%d" % status, data, b"%d" % (timeout_ms * 1_000_000)]) == expected


VALUES = st.sampled_from(
    [
        "",
        "on",
        "OFF",
        "yes",
        "1",
        "auto",
        "off",
        "invocation",
        "WINDOW ",
        "process",
        "90",
        "15m",
        "2h",
        "0.5s",
        "1_0s",
        "1e2",
        ".5",
        "5.",
        "-1",
        "-0",
        "nan",
        "inf",
        "31d",
        "30.1",
        "721h",
        "720h",
        "m",
        "5 m",
        "5ms",
        "+3",
        "\n    10%",
        "0.9",
        "0.91",
        "95%",
        "%",
        "1",
        "007",
        "10000000001",
        "1000000000",
        "residue,error",
        "residue:suspicion",
        "bogus",
        "suspicion, Error",
        "environment",
        "descendants",
        "\n    /tmp/a/**:/tmp/b",
        "relative",
        "/tmp/../x",
        "/mnt/work/",
        "/mnt/work:/",
        "/usr/lib",
        "/mnt//x",
        "events/*.json",
        "/abs",
        "a/../b",
        "app:warm",
        "a.b:C.d",
        "app",
        "app:",
        ":f",
        "1a:b",
        "\n    shared",
        "none",
        "none-where-allowed",
        "keep",
        "scrub",
        "it's",
        "a\"b'c",
        "a\\b",
        "answer",
        "platform",
        "run",
        "open",
        "closed",
        "block",
        "observe",
        "native",
        "python",
        "refuse",
        "restart",
    ]
)
VARIABLES = st.sampled_from([setting.variable for setting in SETTINGS if setting.kind != "tenant"])
OTHERS = st.sampled_from(
    ["DAYFLY_X", "DAYFLY_RECYCLED", "DAYFLY_FLEET_KEY", "DAYFLY_LEARN", "OTHER", "DAYFLY_"]
)
CHOICES = {setting.name: setting.choices for setting in SETTINGS}


def nanoseconds(seconds: float) -> int:
    return int(seconds * 1e9 + 0.5)


def read_variables(environ: dict[str, str]) -> bytes:
    try:
        found = load_settings(environ, {})
    except SettingError as fault:
        return b"fault " + say(fault.message, fault.hint)
    retire_on = sum(
        bit for bit, name in ((1, "residue"), (2, "suspicion"), (4, "error")) if name in found.retire_on
    )
    told = say(
        CHOICES["isolation"].index(found.isolation),
        nanoseconds(found.max_age),
        found.max_invocations,
        nanoseconds(found.jitter),
        retire_on,
        nanoseconds(found.environment_max_age),
        int(found.on_timeout == "answer"),
        nanoseconds(found.timeout_margin),
        CHOICES["scope"].index(found.scope),
        CHOICES["api_lock"].index(found.api_lock),
        int(found.tmp == "scrub"),
        int(found.changed_code == "run"),
        int(found.close_memory == "auto"),
        int(found.reseed),
        int(found.log_invocations),
        int(found.huge_pages == "auto"),
        int(found.immortal == "auto"),
        int(found.confine == "auto"),
        CHOICES["network"].index(found.network),
        nanoseconds(found.zygote_max_age),
        nanoseconds(found.fork_deliver),
        int(found.fork_threads == "restart"),
        CHOICES["guard"].index(found.guard),
        int(found.guard_on_fault == "closed"),
        int(found.guard_learn),
    )
    told += say(found.tenant, found.zygote_prime, found.zygote_events, found.fork_before, found.fork_after)
    told += say(*found.keep) + b"| " + say(*found.scrub) + b"| "
    return told + say(*found.unknown_variables[:10])


@of("settings")
@given(environ=st.dictionaries(st.one_of(VARIABLES, OTHERS), VALUES, max_size=4))
@limits(EXAMPLES, max_examples=500)
def test_settings(native: Native, environ: dict[str, str]) -> None:
    environ.pop("DAYFLY_SUPERVISOR", None)
    pieces = [f"{name}={value}".encode() for name, value in environ.items()]
    assert native.told(pieces) == read_variables(environ)


@of("settings")
@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_each_setting_takes_its_own_values(native: Native, setting: object) -> None:
    assert isinstance(setting, type(SETTINGS[0]))
    for value in (*setting.choices, setting.default, "bogus value"):
        environ = {setting.variable: value}
        if setting.kind == "tenant" and value:
            continue
        assert native.told([f"{setting.variable}={value}".encode()]) == read_variables(environ)


TEXT = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=40)


@of("finding")
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
    )
    # What Python makes of a float in between may be a millisecond less.
    told = native.told([piece.encode() for piece in pieces])
    assert without_time(told.partition(b":")[2]) == without_time(line)


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
            witness.tell_report(Said(data, is_current=what == "report"))
    triggers = sum(bit for bit, name in ((1, "residue"), (2, "suspicion")) if name in reporter.triggers)
    told += say(triggers)
    native_told = native.told(pieces)
    assert native_told.startswith(told)
    lines = native_told[len(told) :].partition(b":")[2].splitlines()
    assert [without_place(line) for line in lines if line.strip()] == [
        without_place(line) for line in log.lines
    ]


class Said:
    """What a worker reported."""

    def __init__(self, finding: bytes, *, is_current: bool) -> None:
        self.finding = finding
        self.error = b""
        self.is_current = is_current


def without_place(line: bytes) -> dict[str, object]:
    """Return a finding without its time and its environment."""
    record = without_time(line)
    for part, name in (("finding_info", "uid"), ("unmapped", "environment")):
        inner = record[part]
        assert isinstance(inner, dict)
        del inner[name]
    return record


COMMAND = st.sampled_from(
    [
        "",
        "/var/rapid/init",
        "/usr/local/bin/aws-lambda-rie",
        "aws-lambda-rie",
        "/bin/sh",
        "x/aws-lambda-rie-2",
        "/var/rapid",
    ]
)
NAMESPACE = st.sampled_from(["", scope.INITIAL_PID_NAMESPACE, "pid:[4026532000]"])


@of("scope")
@given(
    setting=st.integers(0, 2),
    lock=st.integers(0, 2),
    namespace=NAMESPACE,
    init=COMMAND,
    parent=COMMAND,
    pid=st.sampled_from([1, 7]),
    own=st.booleans(),
)
@EXAMPLES
def test_scope(
    native: Native, setting: int, lock: int, namespace: str, init: str, parent: str, pid: int, own: bool
) -> None:
    facts = scope.HostFacts(
        pid_namespace=namespace,
        init_command=init,
        parent_command=parent,
        parent_pid=pid,
        tmp_is_own_mount=own,
    )
    decision = scope.decide_scope(CHOICES["scope"][setting], facts)
    locks = scope.decide_api_lock(CHOICES["api_lock"][lock], decision.platform)
    pieces = [str(setting), str(lock), namespace, init, parent, str(pid), str(int(own))]
    expected = say(decision.scope, decision.platform, decision.reason, decision.not_promised, int(locks))
    assert native.told([piece.encode() for piece in pieces]) == expected

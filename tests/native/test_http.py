"""HTTP, events and answers: the native readers make of any bytes what the Python ones do."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.native.compared import EXAMPLES, Native, native, of, say

from dayfly.core.frames import ERROR, RESULT, Answer
from dayfly.core.http1 import HttpError, Reply, ReplyReader
from dayfly.core.invocation import find_defect, parse_deadline_ms, select_headers
from dayfly.core.requests import RequestError, RequestReader
from dayfly.supervisor import answers

__all__ = ["native"]

_NONE = -(1 << 63)


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
    single = [bytes((byte,)) for byte in b"".join(pieces)]
    for split in (pieces, single):
        assert native.told(split) == read_replies(split, as_event=False)


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
@pytest.mark.parametrize(
    "size",
    [1, 6 << 20, *(pytest.param(size, marks=pytest.mark.slow) for size in (64 << 20, (64 << 20) + 1))],
)
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
OTHER_EVENTS: tuple[object, ...] = (
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

"""HTTP and JSON: every form in every split, and what is malformed is given up or refused."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.native.compared import EXAMPLES, Native, cut, ended, native, of, say, told_by

# As native/supervisor/http.h and routes.h have them.
MAX_EVENT_BYTES, MAX_HEAD_BYTES, MAX_REQUEST_BYTES = 64 << 20, 2 << 20, 1 << 16

__all__ = ["ended", "native"]
pytestmark = pytest.mark.usefixtures("ended")

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


NAMED = (
    *EVENT_HEADERS,
    "content-length",
    "transfer-encoding",
    "connection",
    "lambda-extension-identifier",
)


class Reply(NamedTuple):
    """What was made of a reply; `interim` are the interim ones before it."""

    interim: int
    status: int
    closes: bool
    defect: bytes
    headers: dict[str, bytes]
    body: bytes


def replies_in(
    pieces: Sequence[bytes],
) -> tuple[list[Reply], bytes, int]:
    """The replies on a connection (an empty piece is its end), why it is given up, "" if not, and interim ones at its end."""
    told = told_by("reply", pieces)
    found: list[Reply] = []
    fault = b""
    while len(told) > 1:
        if told[0] == b"fault":
            fault = told[1] if isinstance(told[1], bytes) else b""
            told = told[3:]
            continue
        interim, status, closes, defect, *rest = told[: 5 + len(NAMED)]
        headers = {name: value for name, value in zip(NAMED, rest, strict=False) if isinstance(value, bytes)}
        *_, body = rest
        assert isinstance(interim, int)
        assert isinstance(status, int)
        assert isinstance(defect, bytes)
        assert isinstance(body, bytes)
        found.append(Reply(interim, status, bool(closes), defect, headers, body))
        told = told[6 + len(NAMED) :]
    left = told[0] if told and isinstance(told[0], int) else 0
    return found, fault, left


def chunked(body: bytes, sizes: Sequence[int] = (), trailers: bytes = b"") -> bytes:
    parts, at = [], 0
    for size in sizes:
        part = body[at : at + size]
        at += size
        if part:
            parts.append(b"%X;ext=1\r\n%s\r\n" % (len(part), part))
    if body[at:]:
        parts.append(b"%x\r\n%s\r\n" % (len(body) - at, body[at:]))
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nLambda-Runtime-Aws-Request-Id: 1\r\n\r\n"
    return head + b"".join(parts) + b"0\r\n" + trailers + b"\r\n"


CUTS = st.lists(st.integers(0, 400), max_size=20)
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


@given(body=st.binary(max_size=200), cuts=CUTS, interim=st.integers(0, 2))
@EXAMPLES
def test_a_body_with_a_length_survives_every_split(body: bytes, cuts: list[int], interim: int) -> None:
    head = b"HTTP/1.1 202 Accepted\r\nContent-Length: %d\r\nContent-Type:  b c \r\n\r\n" % len(body)
    replies, fault, left = replies_in(cut(CONTINUE * interim + head + body, cuts))
    assert (fault, left) == (b"", 0)
    (reply,) = replies
    assert (reply.interim, reply.status, reply.closes, reply.defect) == (interim, 202, False, b"")
    assert (reply.body, reply.headers["content-type"]) == (body, b"b c")


@given(
    body=st.binary(max_size=200),
    sizes=st.lists(st.integers(0, 50), max_size=6),
    trailers=st.sampled_from([b"", b"A: b\r\n", b"A: b\r\nC: d\r\n"]),
    cuts=CUTS,
)
@EXAMPLES
def test_a_chunked_body_survives_every_split(
    body: bytes, sizes: list[int], trailers: bytes, cuts: list[int]
) -> None:
    (reply,), fault, _ = replies_in(cut(chunked(body, sizes, trailers), cuts))
    assert (reply.body, fault) == (body, b"")
    assert reply.headers["lambda-runtime-aws-request-id"] == b"1"


@given(body=st.binary(max_size=100), cuts=CUTS)
@EXAMPLES
def test_a_body_without_a_length_ends_with_the_connection(body: bytes, cuts: list[int]) -> None:
    pieces = cut(b"HTTP/1.1 200 OK\r\n\r\n" + body, cuts)
    assert replies_in(pieces)[0] == []
    (reply,), _, _ = replies_in([*pieces, b""])
    assert (reply.body, reply.closes) == (body, True)


def test_a_connection_that_breaks_off_in_a_reply_is_an_error() -> None:
    whole = chunked(b"hello", [2])
    for end in range(1, len(whole)):
        assert b"middle of a reply" in replies_in([whole[:end], b""])[1]
    assert replies_in([whole, b""])[1] == b""


@pytest.mark.parametrize("value", ["close", "Close"])
def test_a_reply_says_that_the_connection_closes(value: str) -> None:
    head = f"HTTP/1.1 413 Too Large\r\nConnection: {value}\r\nContent-Length: 1\r\n\r\nx".encode()
    (reply,), _, _ = replies_in([head])
    assert (reply.status, reply.closes) == (413, True)


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_is_whole_at_its_head(status: int) -> None:
    assert [one.status for one in replies_in([f"HTTP/1.1 {status} No\r\n\r\n".encode()])[0]] == [status]


def test_what_follows_a_reply_is_no_part_of_it() -> None:
    one = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n"
    assert [reply.body for reply in replies_in([one + b"a" + one, b"b"])[0]] == [b"a", b"b"]


MALFORMED = {
    "no HTTP": b"SSH-2.0-OpenSSH\r\n\r\n",
    "HTTP/2": b"HTTP/2 200\r\n\r\n",
    "no status": b"HTTP/1.1\r\n\r\n",
    "status of letters": b"HTTP/1.1 OK OK\r\n\r\n",
    "status of another script": "HTTP/1.1 ²00 OK\r\n\r\n".encode(),
    "status of Arabic digits": "HTTP/1.1 ٢٠٠ OK\r\n\r\n".encode(),
    "negative status": b"HTTP/1.1 -20 OK\r\n\r\n",
    "long status": b"HTTP/1.1 " + b"2" * 5000 + b" OK\r\n\r\n",
    "header without colon": b"HTTP/1.1 200 OK\r\nnonsense\r\n\r\n",
    "NUL in a header": b"HTTP/1.1 200 OK\r\nA: b\0\r\nContent-Length: 0\r\n\r\n",
    "length of letters": b"HTTP/1.1 200 OK\r\nContent-Length: ten\r\n\r\n",
    "negative length": b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    "superscript length": "HTTP/1.1 200 OK\r\nContent-Length: ²\r\n\r\n".encode(),
    "long length": b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
    "too long a body": b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (MAX_EVENT_BYTES + 1),
    "chunk size of letters": chunked(b"").replace(b"0\r\n\r\n", b"xyz\r\n"),
    "negative chunk size": chunked(b"").replace(b"0\r\n\r\n", b"-5\r\n"),
    "chunk size with a sign": chunked(b"").replace(b"0\r\n\r\n", b"+5\r\n"),
    "chunk size as Python writes it": chunked(b"").replace(b"0\r\n\r\n", b"0x5\r\n"),
    "chunk size with an underscore": chunked(b"").replace(b"0\r\n\r\n", b"1_0\r\n"),
    "empty chunk size": chunked(b"").replace(b"0\r\n\r\n", b"\r\n"),
    "too short a chunk": chunked(b"").replace(b"0\r\n\r\n", b"2\r\nabc\r\n0\r\n\r\n"),
    "endless chunk line": chunked(b"").replace(b"0\r\n\r\n", b"0" * (MAX_HEAD_BYTES + 2)),
    "endless head": b"HTTP/1.1 200 OK\r\nA: " + b"b" * MAX_HEAD_BYTES,
    "endless lines": b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * (MAX_HEAD_BYTES // 6 + 1),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_reply_is_given_up(case: str) -> None:
    data = MALFORMED[case]
    for pieces in ([data], cut(data, range(0, len(data), 70_001))):
        replies, fault, _ = replies_in(pieces)
        assert fault
        # What is answered under its id says why; nobody serves it.
        assert all(reply.defect == fault and reply.closes for reply in replies)


@pytest.mark.parametrize(
    "case",
    ["header without colon", "NUL in a header", "negative length", "too short a chunk", "endless head"],
)
def test_what_was_read_before_a_fault_can_be_had(case: str) -> None:
    data = MALFORMED[case].replace(b"OK\r\n", b"OK\r\nLambda-Runtime-Trace-Id: 1\r\n", 1)
    (reply,), fault, _ = replies_in([data])
    assert (reply.status, reply.closes, reply.defect) == (200, True, fault)
    assert reply.headers["lambda-runtime-trace-id"] == b"1"


def test_lines_may_end_in_a_line_feed_and_values_hold_any_other_byte_but_nul() -> None:
    head = b"HTTP/1.1 200 O\x7fK\nContent-Type: b\x01\rc\x7f\nConnection:\td \r\ncontent-type: e\nContent-Length: 0\n\r\n"
    (reply,), _, _ = replies_in([head])
    assert reply.headers == {"content-type": b"b\x01\rc\x7f", "connection": b"d", "content-length": b"0"}


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


@given(pieces=replies())
@EXAMPLES
def test_any_bytes_mean_the_same_however_they_are_cut(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    ways = ([piece for piece in pieces if piece], [data] if data else [], [bytes((byte,)) for byte in data])
    found = []
    for way in ways:
        whole, fault, _ = replies_in([*way, b""])
        # What is wrong behind a whole reply is found with the next bytes, or at the end, which words it otherwise.
        told = [(one.interim, one.status, one.headers, one.body, bool(one.defect)) for one in whole]
        found.append((told, bool(fault)))
    assert found[0] == found[1] == found[2]
    assert sum(len(one[3]) for one in found[0][0]) <= len(data)


@pytest.mark.parametrize(
    "size",
    [1, 6 << 20, *(pytest.param(size, marks=pytest.mark.slow) for size in (64 << 20, (64 << 20) + 1))],
)
def test_bodies_up_to_the_limit_and_none_beyond(size: int) -> None:
    body = bytes(range(256)) * (size // 256 + 1)
    whole = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + body[:size]
    open_ended = b"HTTP/1.1 200 OK\r\n\r\n" + body[:size]
    in_chunks = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    for start in range(0, size, 1 << 20):
        part = body[start : min(size, start + (1 << 20))]
        in_chunks += b"%x\r\n%s\r\n" % (len(part), part)
    in_chunks += b"0\r\n\r\n"
    for data in (whole, open_ended, in_chunks):
        found, fault, _ = replies_in([*cut(data, range(0, len(data), 100_000)), b""])
        if size <= MAX_EVENT_BYTES:
            assert fault == b""
            assert [reply.body == body[:size] for reply in found] == [True]
        else:
            assert b"longer than" in fault


# ---- events ----------------------------------------------------------------------------------------


def event_in(*headers: str | bytes, body: bytes = b"{}") -> tuple[bytes, bytes, bytes, int | None]:
    """An event's defect, what a worker gets of its headers, what its answer echoes, and its deadline."""
    lines = [one if isinstance(one, bytes) else one.encode("utf-8", "surrogateescape") for one in headers]
    head = b"\r\n".join([b"HTTP/1.1 200 OK", *lines, b"Content-Length: %d" % len(body)])
    told = told_by("event", [head + b"\r\n\r\n" + body])
    _, defect, block, echo, deadline, *_ = told
    assert isinstance(defect, bytes)
    assert isinstance(block, bytes)
    assert isinstance(echo, bytes)
    assert isinstance(deadline, int)
    return defect, block, echo, None if deadline == -(1 << 63) else deadline


JSON_TYPE = "Content-Type: application/json"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1790000000000", 1790000000000),
        ("-5", -5),
        ("+5", 5),
        ("1e9", 1),
        ("12 34", 12),
        ("", None),
        ("-", None),
        ("²", None),
        ("١", None),
        ("9" * 20, None),
        ("9" * 5000, None),
    ],
)
def test_a_deadline_is_a_sign_and_digits(text: str, number: int | None) -> None:
    assert event_in(f"Lambda-Runtime-Deadline-Ms: {text}")[3] == number


def test_a_worker_receives_the_headers_of_events_that_say_something() -> None:
    told = event_in(JSON_TYPE, "Lambda-Runtime-Trace-Id: ", "Lambda-Runtime-Client-Context: {}", "Date: now")
    assert told[:2] == (b"", b"lambda-runtime-client-context\n{}\ncontent-type\napplication/json\n")


def test_an_answer_echoes_an_id_that_a_server_accepts() -> None:
    assert event_in(JSON_TYPE, "Lambda-Runtime-Invocation-Id: 7-x")[2] == b"7-x"
    assert event_in(JSON_TYPE, b"Lambda-Runtime-Invocation-Id: 7\x7fx")[2] == b""


@pytest.mark.parametrize(
    "header",
    ["X-A: 1", "Lambda-Runtime-Deadline-Ms: -1", "Lambda-Runtime-Trace-Id: \x7f\x01ä", b"X: \xff"],
)
def test_an_event_that_awslambdaric_serves_has_no_defect(header: str | bytes) -> None:
    assert event_in(JSON_TYPE, header)[0] == b""


@pytest.mark.parametrize(
    ("headers", "defect"),
    [
        ((JSON_TYPE, "no colon"), b"without a colon"),
        (("Content-Type: ",), b"content-type is missing"),
        ((JSON_TYPE, b"Lambda-Runtime-Trace-Id: \xff"), b"lambda-runtime-trace-id is not valid UTF-8"),
        ((JSON_TYPE, "Lambda-Runtime-Deadline-Ms: "), b"not a number above 0"),
        ((JSON_TYPE, "Lambda-Runtime-Deadline-Ms: 0"), b"not a number above 0"),
    ],
)
def test_what_awslambdaric_ends_on_is_a_defect(headers: tuple[str | bytes, ...], defect: bytes) -> None:
    lines = [one if isinstance(one, bytes) else one.encode() for one in headers]
    head = b"\r\n".join([b"HTTP/1.1 200 OK", *lines, b"Content-Length: 0"])
    assert any(isinstance(one, bytes) and defect in one for one in told_by("event", [head + b"\r\n\r\n"]))


# ---- requests of the function's process ------------------------------------------------------------


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


@given(pieces=requests())
@EXAMPLES
def test_any_requests_mean_the_same_however_they_are_cut(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    assert _until_fault(told_by("request", pieces)) == _until_fault(
        told_by("request", cut(data, range(0, len(data), 999)))
    )


def _until_fault(told: list[bytes | int | None]) -> tuple[list[bytes | int | None], bool]:
    """What was read, which ends with a fault or not."""
    is_broken = told[-1:] == [b"fault"]
    return told[: len(told) - is_broken], is_broken


REGISTER = (
    b"POST /2020-01-01/extension/register HTTP/1.1\r\nHost: 127.0.0.1\r\nLambda-Extension-Name:  a b \r\n"
    b'Content-Length: 21\r\n\r\n{"events":["INVOKE"]}'
)


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_requests_are_whole_with_their_bodies_and_follow_each_other(size: int) -> None:
    data = REGISTER + REGISTER
    told = told_by("request", cut(data, [*range(0, len(data), size), len(REGISTER)]))
    one = [
        *(b"POST", b"/2020-01-01/extension/register"),
        *(b"host", b"127.0.0.1", b"lambda-extension-name", b"a b", b"content-length", b"21"),
        *(b"|", b'{"events":["INVOKE"]}'),
    ]
    found = [word.lower() if isinstance(word, bytes) else word for word in told]
    assert found == [word.lower() for word in one + one]


def get(line: bytes = b"GET /a HTTP/1.1", *headers: bytes) -> bytes:
    return b"\r\n".join([line, *headers]) + b"\r\n\r\n"


REFUSED = {
    "a line feed in a value": get(b"GET /a HTTP/1.1", b"Lambda-Extension-X: a\nTransfer-Encoding: chunked"),
    "a second request behind a line feed": get(b"GET /a HTTP/1.1", b"A: b\n\nGET /next HTTP/1.1"),
    "a carriage return in a value": get(b"GET /a HTTP/1.1", b"A: b\rC: d"),
    "a line feed in the path": get(b"GET /a\nX HTTP/1.1"),
    "an escape in the path": get(b"GET /a/%2e%2e/next HTTP/1.1"),
    "a step up in the path": get(b"GET /a/../next HTTP/1.1"),
    "a query": get(b"GET /a?b HTTP/1.1"),
    "another server's path": get(b"GET http://x/a HTTP/1.1"),
    "four words": get(b"GET /a b HTTP/1.1"),
    "no version": get(b"GET /a"),
    "a name twice": get(b"GET /a HTTP/1.1", b"Content-Length: 0", b"content-length: 5"),
    "a blank before the colon": get(b"GET /a HTTP/1.1", b"Content-Length : 5"),
    "a folded line": get(b"GET /a HTTP/1.1", b"A: b", b" c: d"),
    "chunks": get(b"POST /a HTTP/1.1", b"Transfer-Encoding: chunked"),
    "a length of thousands of digits": get(b"POST /a HTTP/1.1", b"Content-Length: " + b"9" * 5000),
    "a length in another script": get(b"POST /a HTTP/1.1", "Content-Length: ²".encode()),
    "a negative length": get(b"POST /a HTTP/1.1", b"Content-Length: -1"),
    "too long a body": get(b"POST /a HTTP/1.1", b"Content-Length: %d" % (MAX_REQUEST_BYTES + 1)),
    "a head without an end": b"GET /" + b"a" * (MAX_REQUEST_BYTES + 1),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_breaks_a_rule_is_refused_and_nothing_is_taken_after_it(case: str) -> None:
    data = REFUSED[case]
    assert told_by("request", [*cut(data, range(0, len(data), 60_000)), REGISTER]) == [b"fault"]


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
    assert native.told([data]).endswith(keys)

"""Replies of the Runtime API: every form in every split, and malformed ones only as HttpError."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dayfly.core.http1 import HttpError, Reply, ReplyReader
from dayfly.core.limits import MAX_EVENT_BYTES, MAX_HEAD_BYTES

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


def feed_split(reader: ReplyReader, data: bytes, cuts: list[int]) -> None:
    at = 0
    for cut in sorted({min(cut, len(data)) for cut in cuts}):
        reader.feed(data[at:cut])
        at = cut
    reader.feed(data[at:])


def chunked(body: bytes, sizes: list[int], trailers: bytes = b"") -> bytes:
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


@given(body=st.binary(max_size=200), cuts=CUTS, interim=st.integers(0, 2))
def test_a_body_with_a_length_survives_every_split(body: bytes, cuts: list[int], interim: int) -> None:
    reader = ReplyReader()
    head = b"HTTP/1.1 202 Accepted\r\nContent-Length: %d\r\nX-A:  b c \r\n\r\n" % len(body)
    feed_split(reader, CONTINUE * interim + head + body, cuts)
    assert reader.is_whole
    assert reader.interim == interim
    reply = reader.take()
    assert reply is not None
    assert (reply.status, reply.body, reply.headers["x-a"], reply.closes) == (202, body, "b c", False)
    assert reader.take() is None
    assert not reader.has_started
    assert reader.interim == 0


@given(
    body=st.binary(max_size=200),
    sizes=st.lists(st.integers(0, 50), max_size=6),
    trailers=st.sampled_from([b"", b"A: b\r\n", b"A: b\r\nC: d\r\n"]),
    cuts=CUTS,
)
def test_a_chunked_body_survives_every_split(
    body: bytes, sizes: list[int], trailers: bytes, cuts: list[int]
) -> None:
    reader = ReplyReader()
    feed_split(reader, chunked(body, sizes, trailers), cuts)
    reply = reader.take()
    assert reply is not None
    assert reply.body == body
    assert reply.headers["lambda-runtime-aws-request-id"] == "1"
    assert not reader.has_started


@given(body=st.binary(max_size=100), cuts=CUTS)
def test_a_body_without_a_length_ends_with_the_connection(body: bytes, cuts: list[int]) -> None:
    reader = ReplyReader()
    feed_split(reader, b"HTTP/1.1 200 OK\r\n\r\n" + body, cuts)
    assert not reader.is_whole
    reader.finish()
    reply = reader.take()
    assert reply is not None
    assert (reply.body, reply.closes) == (body, True)


@given(cut=st.integers(1, len(chunked(b"hello", [2])) - 1))
def test_a_connection_that_breaks_off_in_a_reply_is_an_error(cut: int) -> None:
    reader = ReplyReader()
    reader.feed(chunked(b"hello", [2])[:cut])
    with pytest.raises(HttpError, match="middle of a reply"):
        reader.finish()


def test_a_connection_that_ends_between_replies_is_none() -> None:
    reader = ReplyReader()
    reader.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    assert reader.take() is not None
    reader.finish()
    assert reader.take() is None


@pytest.mark.parametrize("value", ["close", "Close"])
def test_a_reply_says_that_the_connection_closes(value: str) -> None:
    reader = ReplyReader()
    reader.feed(f"HTTP/1.1 413 Too Large\r\nConnection: {value}\r\nContent-Length: 1\r\n\r\nx".encode())
    reply = reader.take()
    assert reply is not None
    assert (reply.status, reply.closes) == (413, True)


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_is_whole_at_its_head(status: int) -> None:
    reader = ReplyReader()
    reader.feed(f"HTTP/1.1 {status} Nothing\r\n\r\n".encode())
    assert reader.is_whole


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
    "chunk size of letters": chunked(b"", []).replace(b"0\r\n\r\n", b"xyz\r\n"),
    "negative chunk size": chunked(b"", []).replace(b"0\r\n\r\n", b"-5\r\n"),
    "chunk size with a sign": chunked(b"", []).replace(b"0\r\n\r\n", b"+5\r\n"),
    "chunk size as Python writes it": chunked(b"", []).replace(b"0\r\n\r\n", b"0x5\r\n"),
    "chunk size with an underscore": chunked(b"", []).replace(b"0\r\n\r\n", b"1_0\r\n"),
    "empty chunk size": chunked(b"", []).replace(b"0\r\n\r\n", b"\r\n"),
    "too short a chunk": chunked(b"", []).replace(b"0\r\n\r\n", b"2\r\nabc\r\n0\r\n\r\n"),
    "endless chunk line": chunked(b"", []).replace(b"0\r\n\r\n", b"0" * (MAX_HEAD_BYTES + 2)),
    "endless head": b"HTTP/1.1 200 OK\r\nA: " + b"b" * MAX_HEAD_BYTES,
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_reply_is_an_http_error(case: str) -> None:
    with pytest.raises(HttpError):
        ReplyReader().feed(MALFORMED[case])


def test_lines_may_end_in_a_line_feed_and_values_hold_any_other_byte_but_nul() -> None:
    reader = ReplyReader()
    reader.feed(b"HTTP/1.1 200 O\x7fK\nA: b\x01\rc\x7f\nB:\td \r\na: e\nContent-Length: 0\n\r\n")
    reply = reader.take()
    assert reply is not None
    assert reply.headers == {"a": "b\x01\rc\x7f", "b": "d", "content-length": "0"}


@pytest.mark.parametrize(
    "case",
    ["header without colon", "NUL in a header", "negative length", "too short a chunk", "endless head"],
)
def test_what_was_read_before_a_fault_can_be_had(case: str) -> None:
    reader = ReplyReader()
    data = MALFORMED[case].replace(b"OK\r\n", b"OK\r\nX-First: 1\r\n", 1)
    with pytest.raises(HttpError) as raised:
        reader.feed(data)
    reader.give_up(raised.value)
    reply = reader.take()
    assert reply is not None
    assert (reply.status, reply.headers["x-first"], reply.closes) == (200, "1", True)
    assert reply.defect == str(raised.value)


@given(data=st.binary(max_size=300), cuts=CUTS)
def test_any_bytes_end_in_a_reply_or_an_http_error(data: bytes, cuts: list[int]) -> None:
    _expect_reply_or_error(data, cuts)


@given(
    status=st.binary(max_size=6),
    lines=st.lists(
        st.sampled_from([b"Content-Length: ", b"Transfer-Encoding: chunked", b"Connection: close", b": "])
        | st.binary(max_size=10),
        max_size=4,
    ),
    tail=st.binary(max_size=60),
    cuts=CUTS,
)
def test_bytes_that_look_like_a_reply_end_in_one_or_an_http_error(
    status: bytes, lines: list[bytes], tail: bytes, cuts: list[int]
) -> None:
    _expect_reply_or_error(b"\r\n".join([b"HTTP/1.1 " + status, *lines]) + b"\r\n\r\n" + tail, cuts)


def _expect_reply_or_error(data: bytes, cuts: list[int]) -> None:
    reader = ReplyReader()
    replies: list[Reply] = []
    try:
        feed_split(reader, data, cuts)
        reader.finish()
    except HttpError:
        return
    while (reply := reader.take()) is not None:
        replies.append(reply)
    assert sum(len(reply.body) for reply in replies) <= len(data)


def test_a_chunked_body_is_bounded_though_no_length_was_announced() -> None:
    reader = ReplyReader()
    reader.feed(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    megabyte = b"100000\r\n" + b"x" * (1 << 20) + b"\r\n"
    for _ in range(MAX_EVENT_BYTES >> 20):
        reader.feed(megabyte)
    with pytest.raises(HttpError, match="longer than"):
        reader.feed(megabyte)


def test_six_megabytes_in_small_chunks_and_pieces_take_linear_time() -> None:
    body = b"x" * 6_000_000
    stream = chunked(body, [512] * (len(body) // 512))
    reader = ReplyReader()
    began = time.process_time()
    for at in range(0, len(stream), 200):
        reader.feed(stream[at : at + 200])
    assert time.process_time() - began < 30
    reply = reader.take()
    assert reply is not None
    assert reply.body == body


def test_six_megabytes_with_a_length_in_small_pieces_take_linear_time() -> None:
    body = b"x" * 6_000_000
    reader = ReplyReader()
    began = time.process_time()
    reader.feed(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body))
    for at in range(0, len(body), 200):
        reader.feed(body[at : at + 200])
    assert time.process_time() - began < 30
    reply = reader.take()
    assert reply is not None
    assert reply.body == body


def test_what_follows_a_reply_is_no_part_of_it() -> None:
    one = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n"
    reader = ReplyReader()
    reader.feed(one + b"a" + one)
    first = reader.take()
    assert first is not None
    assert first.body == b"a"
    assert reader.has_started
    reader.feed(b"b")
    second = reader.take()
    assert second is not None
    assert second.body == b"b"

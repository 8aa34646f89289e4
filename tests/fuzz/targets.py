"""What must hold for any bytes that a worker, the zygote, function code or the platform sends.

Each target takes a stream and sizes of pieces, and fails by any exception but the documented one, by a result
that depends on the pieces, or by keeping more than it may. hypothesis and the coverage-guided fuzzer share them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from tests.fuzz.pieces import same_however_cut
from tests.fuzz.small import limit

from dayfly._sys import proc
from dayfly.core import frames, http1, loglines
from dayfly.core import requests as core_requests
from dayfly.core.activity import Activity
from dayfly.core.frames import AnswerReader, ControlReader, FrameError
from dayfly.core.handshake import Ready
from dayfly.core.http1 import HttpError, ReplyReader
from dayfly.core.loglines import FrameReader, LineReader
from dayfly.core.proofs import FleetKey
from dayfly.core.requests import RequestError, RequestReader
from dayfly.core.settings import load_settings
from dayfly.core.tenants import MAX_KEY_CHARACTERS, find_tenant, parse_source
from dayfly.errors import SettingError
from dayfly.supervisor.answers import exit_reason, is_acceptable, is_request_id

NONCE = bytes(range(16))
Target = Callable[[bytes, Sequence[int]], object]


def answers(stream: bytes, sizes: Sequence[int] = ()) -> object:
    """An answer comes out whole and in bounds, or nothing does; a FrameError is final."""

    def see(pieces: Sequence[bytes]) -> object:
        reader = AnswerReader(NONCE)
        left = 0
        for at, piece in enumerate(pieces):
            try:
                left += reader.feed(piece)
            except FrameError as fault:
                _assert_final(lambda: reader.feed(b"\0" * 64), FrameError)
                assert reader.answer is None
                return str(fault)
            assert len(reader._head) <= 29 + limit(frames, "MAX_META_BYTES")
            assert len(reader._keep) <= limit(frames, "MAX_ANSWER_BYTES") + 1
            assert len(reader.reports) <= limit(frames, "MAX_REPORTS")
            for report in reader.reports:
                assert max(len(report.finding), len(report.error)) <= limit(frames, "MAX_REPORT_BYTES")
            assert left == 0 or reader.answer is not None, f"piece {at} was not wanted, and nothing was"
        if reader.answer is None:
            return None, left
        answer = reader.answer
        assert answer.kind in (frames.RESULT, frames.ERROR)
        assert answer.is_too_long == (
            len(answer.body) < answer.body_bytes or len(answer.body) > limit(frames, "MAX_ANSWER_BYTES")
        )
        if is_acceptable(answer):
            assert not set(answer.meta) & {*range(32), *range(127, 256)}
        return answer.kind, answer.meta, answer.body, answer.body_bytes, answer.note, left

    return same_however_cut(stream, sizes, see)


def control_frames(stream: bytes, sizes: Sequence[int] = ()) -> object:
    """Control frames come out as they went in, up to the first that announces too much."""

    def see(pieces: Sequence[bytes]) -> object:
        reader = ControlReader()
        found: list[tuple[int, bytes]] = []
        for piece in pieces:
            try:
                found += reader.feed(piece)
            except FrameError as fault:
                _assert_final(lambda: reader.feed(b"\0" * 8), FrameError)
                return str(fault)
            assert len(reader._buffer) <= frames.CONTROL_HEAD_BYTES + limit(frames, "MAX_CONTROL_BYTES")
        packed = b"".join(frames.pack_control(kind, payload) for kind, payload in found)
        assert packed + bytes(reader._buffer) == b"".join(pieces)
        return found

    return same_however_cut(stream, sizes, see)


def replies(stream: bytes, sizes: Sequence[int] = ()) -> object:
    """Replies of the platform: each whole and in bounds, then an HttpError or the end."""

    def see(pieces: Sequence[bytes]) -> object:
        reader = ReplyReader()
        found: list[object] = []
        interim = 0

        def take() -> None:
            nonlocal interim
            while True:
                interim = max(interim, reader.interim)
                reply = reader.take()
                if reply is None:
                    return
                assert 200 <= reply.status <= 999
                assert len(reply.body) <= limit(http1, "MAX_EVENT_BYTES")
                assert not any(
                    "\n" in text or "\0" in text for pair in reply.headers.items() for text in pair
                )
                found.append((reply.status, reply.headers, reply.body, reply.closes, interim))
                interim = 0
                # What follows a reply is looked at with the next call only.
                reader.feed(b"")

        try:
            for piece in pieces:
                reader.feed(piece)
                take()
            reader.finish()
            take()
        except HttpError:
            _assert_final(
                lambda: reader.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), HttpError, unless=reader
            )
            return found, "error"
        return found, interim

    return same_however_cut(stream, sizes, see)


def requests(stream: bytes, sizes: Sequence[int] = ()) -> object:
    """Requests of function code: nothing that a second reader could see as another request passes."""

    def see(pieces: Sequence[bytes]) -> object:
        reader = RequestReader()
        found: list[object] = []
        try:
            for piece in pieces:
                reader.feed(piece)
                while (request := reader.take()) is not None:
                    text = (request.method, request.path, *request.headers, *request.headers.values())
                    assert not any(char < " " and char != "\t" for part in text for char in part)
                    assert " " not in request.path
                    assert not set(request.path) & set("%?#\\;:@")
                    assert "/." not in request.path
                    found.append((request.method, request.path, request.headers, request.body))
                reader.feed(b"")
                assert len(reader._buffer) <= limit(core_requests, "MAX_REQUEST_BYTES") + 3 + len(piece)
        except RequestError as fault:
            _assert_final(lambda: reader.feed(b"GET / HTTP/1.1\r\n\r\n"), RequestError)
            return found, type(fault)
        return found

    return same_however_cut(stream, sizes, see)


def log_lines(stream: bytes, sizes: Sequence[int] = ()) -> object:
    """Every line ends, is bounded, and is no finding; without an imitation the text is what was written."""

    def see(pieces: Sequence[bytes]) -> bytes:
        reader = LineReader()
        written = b""
        for piece in pieces:
            written += reader.feed(piece)
            assert len(reader._rest) <= limit(loglines, "MAX_LOG_LINE_BYTES")
        return written + reader.finish()

    written = same_however_cut(stream, sizes, see)
    assert not written or written.endswith(b"\n")
    lines = written.split(b"\n")[:-1]
    assert all(len(line) <= limit(loglines, "MAX_LOG_LINE_BYTES") + len(loglines.NOT_OURS) for line in lines)
    for line in lines:
        assert not _is_record_of_ours(line)
    if b"{" not in stream and len(stream) <= limit(loglines, "MAX_LOG_LINE_BYTES"):
        assert written == (stream if not stream or stream.endswith(b"\n") else stream + b"\n")
    return written


def telemetry(stream: bytes, sizes: Sequence[int] = ()) -> object:
    """What goes to the platform is whole frames of its own form; everything else is counted."""

    def see(pieces: Sequence[bytes]) -> object:
        reader = FrameReader()
        written = b""
        for piece in pieces:
            written += reader.feed(piece)
            assert len(reader._buffer) <= loglines.TELEMETRY_HEAD_BYTES + 4 * limit(
                loglines, "MAX_LOG_LINE_BYTES"
            )
        reader.finish()
        return written, reader.dropped_bytes

    result = same_however_cut(stream, sizes, see)
    assert isinstance(result, tuple)
    written, dropped = result
    at = count = 0
    while at < len(written):
        assert written[at : at + 3] == b"\xa5\x5a\x00"
        length = int.from_bytes(written[at + 4 : at + 8], "big")
        message = written[at + loglines.TELEMETRY_HEAD_BYTES : at + loglines.TELEMETRY_HEAD_BYTES + length]
        assert len(message) == length
        assert not _is_record_of_ours(message)
        count += message.count(loglines.NOT_OURS)
        at += loglines.TELEMETRY_HEAD_BYTES + length
    assert at == len(written)
    assert len(written) + dropped <= len(stream) + count * len(loglines.NOT_OURS)
    return result


def ready(stream: bytes, sizes: Sequence[int] = ()) -> object:
    """What a zygote says of itself is text and a time, whatever it says."""
    said = Ready.unpack(stream)
    assert 0 <= said.expires_at < 1e12
    again = Ready.unpack(said.pack())
    assert (again.reasons, again.notes, again.expires_at) == (said.reasons, said.notes, said.expires_at)
    return said.reasons, said.notes, said.expires_at


def process_records(stream: bytes, sizes: Sequence[int] = ()) -> object:
    """A command of any bytes changes no other field of a stat record."""
    command = stream.replace(b"\0", b"")[:15]
    record = b"77 (" + command + b") S 5 77 77 0 -1 4194624 1 2 3 4 5 6 7 8 20 0 1 0 4242 99 1 2\n"
    stat = proc.parse_stat(77, record)
    assert stat is not None
    assert (stat.parent, stat.state, stat.flags, stat.started) == (5, "S", 4194624, 4242)
    return None


def settings(stream: bytes, sizes: Sequence[int] = ()) -> object:
    """Any value of any setting is in bounds or a SettingError."""
    from dayfly.core.handshake import ZygoteOptions
    from dayfly.core.settings import SETTINGS

    name, _, value = stream.partition(b"=")
    index = (name[0] if name else 0) % len(SETTINGS)
    text = value.decode("utf-8", "surrogateescape").replace("\0", "")
    try:
        loaded = load_settings({SETTINGS[index].variable: text}, {})
    except SettingError as fault:
        return _told(fault)
    assert 1 <= loaded.max_invocations <= 10**9
    for seconds in (loaded.max_age, loaded.zygote_max_age, loaded.fork_deliver):
        assert 0 <= seconds <= 30 * 86400
    hooks = (loaded.zygote_prime, loaded.zygote_events, loaded.fork_before, loaded.fork_after)
    options = ZygoteOptions(
        prime=hooks[0], events=hooks[1], before=hooks[2], after=hooks[3], temporary=("/tmp",)
    )
    again = ZygoteOptions.unpack(options.pack())
    assert (again.prime, again.events, again.before, again.after) == hooks
    assert again.temporary == ("/tmp",)
    return None


def answer_fields(stream: bytes, sizes: Sequence[int] = ()) -> object:
    """What stands in a path or in words of the platform is what it may be."""
    text = stream.decode("utf-8", "surrogateescape")
    if is_request_id(text):
        assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~:@+=,;")
        assert set(text) != {"."}
        assert len(text) <= 128
    status = int.from_bytes(stream[:3], "big")
    assert exit_reason(status).startswith("Runtime exited with")
    return None


def tenants(stream: bytes, sizes: Sequence[int] = ()) -> object:
    """An event's tenant is a text of its authorizer's, in bounds, or nobody's; two readers never disagree."""
    found = find_tenant(parse_source("requestContext.authorizer.claims.sub"), {}, stream)
    assert len(found) <= MAX_KEY_CHARACTERS
    found.encode()
    if found:
        event = json.loads(stream)
        assert event["requestContext"]["authorizer"]["claims"]["sub"] == found
    text = stream.decode("utf-8", "surrogateescape")
    for source in ("lambda", "cognito"):
        headers = {"lambda-runtime-aws-tenant-id": text, "lambda-runtime-cognito-identity": text}
        find_tenant(parse_source(source), headers, b"{}").encode()
    return found


def activities(stream: bytes, sizes: Sequence[int] = ()) -> object:
    """Whatever an event and an answer hold, an invocation's line is short ASCII, the same each time, and says nothing of theirs."""
    told = []
    for _ in range(2):
        activity = Activity()
        activity.read_event({}, stream, FleetKey(bytes(32)))
        activity.read_answer(stream, length=len(stream), is_result=True)
        told.append(activity.facts())
    assert told[0] == told[1]
    line = json.dumps(told[0])
    assert line.isascii()
    assert len(line) < 1024
    return told[0]


TARGETS: dict[str, Target] = {
    target.__name__: target
    for target in (
        activities,
        answers,
        control_frames,
        replies,
        requests,
        log_lines,
        telemetry,
        ready,
        process_records,
        settings,
        answer_fields,
        tenants,
    )
}


def _assert_final(
    again: Callable[[], object], error: type[Exception], *, unless: ReplyReader | None = None
) -> None:
    """An error is final: a reader that lost its place never finds one again."""
    if unless is not None and unless._mode != "broken":
        return  # the connection closed in the middle of a reply: nothing more can come
    try:
        again()
    except error:
        return
    raise AssertionError(f"a reader went on after its {error.__name__}")


def _is_record_of_ours(line: bytes) -> bool:
    """Say whether a reader of JSON lines takes `line` for a finding."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return False
    metadata = record.get("metadata") if isinstance(record, dict) else None
    product = metadata.get("product") if isinstance(metadata, dict) else None
    return isinstance(product, dict) and product.get("name") == loglines.PRODUCT


def _told(fault: SettingError) -> bytes:
    """Return what the user is told; a message that cannot be written would hide what is wrong."""
    assert fault.message
    assert fault.hint
    return f"{fault.message} {fault.hint}".encode()

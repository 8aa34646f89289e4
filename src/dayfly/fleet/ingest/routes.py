"""The ingestion sources over HTTP: Firehose, Telemetry API extensions, the lab, and lines from `dayfly fleet import`.

Every answer is what makes its sender do the right thing. Firehose takes 200 for delivered, tries anything else again,
and drops a batch for ever on 413, without even its error bucket
(https://docs.aws.amazon.com/firehose/latest/dev/httpdeliveryrequestresponse.html): it never gets 413 from here.
"""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING

import msgspec
from litestar import Request, Response, Router, post
from litestar.datastructures import State
from litestar.exceptions import ClientException

from dayfly.errors import DayflyError
from dayfly.fleet.ingest.envelopes import (
    MAX_BODY_BYTES,
    EnvelopeError,
    Kind,
    Whose,
    check,
    read_firehose,
    unpack,
    whose_arn,
)
from dayfly.fleet.ingest.senders import is_allowed
from dayfly.fleet.ingest.spool import Full

if TYPE_CHECKING:
    from concurrent.futures import Future

    from dayfly.fleet.ingest.collector import Collector, Receipt
    from dayfly.fleet.ingest.senders import FindSender, Sender
    from dayfly.fleet.records.rows import Road

# Bodies in memory at once, over all connections: beyond, senders wait their turn outside.
_MAX_MEMORY = 192 << 20
# Firehose gives up after three minutes; an answer that comes later is a delivery twice.
_SECONDS = 150.0
_Request = Request[object, object, State]
# What is looked over in the event loop itself: a thread costs more than that.
_SMALL = 128 << 10
_SMALL_PACKED = 8 << 10
_JSON = "application/json"
# Firehose sends at most so many bytes of a key.
_MAX_KEY = 4096


class Refusal(DayflyError):
    """A request is refused with `status`."""

    def __init__(self, status: int, message: str, *, retry_after: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class _Memory:
    """Counts the bytes of bodies that are being received."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._used = 0

    def take(self, size: int) -> None:
        with self._lock:
            if self._used and self._used + size > _MAX_MEMORY:
                raise Refusal(429, "too many large batches at once", retry_after=2)
            self._used += size

    def give(self, size: int) -> None:
        with self._lock:
            self._used -= size


class _Roads:
    def __init__(self, collector: Collector, find: FindSender) -> None:
        self._collector = collector
        self._find = find
        self._memory = _Memory()
        # Each may unpack to 64 MiB while it is looked over.
        self._large = asyncio.Semaphore(2)

    def sender(self, request: _Request) -> Sender:
        """Who sends; raises Refusal for a key that is nobody's. Before the body is read."""
        key = request.headers.get("x-amz-firehose-access-key", "")
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        if not key and scheme.lower() == "bearer":
            key = bearer.strip()
        sender = self._find(key) if 0 < len(key) <= _MAX_KEY else None
        if sender is None:
            raise Refusal(401, "missing or unknown ingest key")
        return sender

    async def take(
        self,
        request: _Request,
        road: Road,
        kind: Kind,
        sender: Sender,
        *,
        whose: Whose | None = None,
        token: str = "",
    ) -> Receipt:
        """Receive, look over and spool one body."""
        held: list[int] = []
        try:
            body = await self._receive(request, held)
            firehose_id = token if kind == "firehose" else ""

            def submit() -> Future[Receipt]:
                _look_over(kind, body, firehose_id)
                return self._collector.submit(
                    road,
                    body,
                    token=token,
                    sender=sender.name,
                    kind=kind,
                    whose=whose,
                    functions=sender.functions,
                )

            if len(body) <= (_SMALL_PACKED if body[:2] == b"\x1f\x8b" else _SMALL):
                done = submit()
            else:
                async with self._large:
                    done = await asyncio.to_thread(submit)
            return await asyncio.wait_for(asyncio.wrap_future(done), _SECONDS)
        except TimeoutError as error:
            raise Refusal(503, "disk too slow", retry_after=30) from error
        finally:
            self._memory.give(sum(held))

    async def _receive(self, request: _Request, held: list[int]) -> bytes:
        encoding = request.headers.get("content-encoding", "").strip().lower()
        if encoding not in ("", "identity", "gzip"):
            raise Refusal(400, f"unsupported Content-Encoding {encoding[:40]!r}")
        parts: list[bytes] = []
        size = 0
        async for chunk in request.stream():
            size += len(chunk)
            if size > MAX_BODY_BYTES:
                raise Refusal(413, f"the body is larger than {MAX_BODY_BYTES:,} bytes")
            self._memory.take(len(chunk))
            held.append(len(chunk))
            parts.append(chunk)
        body = b"".join(parts)
        if encoding == "gzip" and body[:2] != b"\x1f\x8b":
            raise Refusal(400, "the body is not gzip, but Content-Encoding is gzip")
        return body


def _look_over(kind: Kind, body: bytes, firehose_id: str) -> None:
    """See that a body is of its road; raises EnvelopeError."""
    plain = unpack(body) if body[:2] == b"\x1f\x8b" else body
    if kind == "firehose":
        found = read_firehose(plain).requestId
        if found != firehose_id:
            raise EnvelopeError("X-Amz-Firehose-Request-Id is not the body's requestId")
    else:
        check(kind, plain)


def routes(collector: Collector, find: FindSender) -> Router:
    """The router at `/ingest`: POST `firehose`, `telemetry`, `lab`, `lines`, `trail`, each with an access key.

    The key comes in X-Amz-Firehose-Access-Key or as `Authorization: Bearer KEY`. Answers are JSON.
    """
    roads = _Roads(collector, find)

    @post("/firehose", request_max_body_size=None)
    async def firehose(request: _Request) -> Response[bytes]:
        token = request.headers.get("x-amz-firehose-request-id", "")
        try:
            sender = roads.sender(request)
            if not token or len(token) > 256 or not token.isprintable():
                raise Refusal(400, "X-Amz-Firehose-Request-Id is missing")
            whose = _common(request, whose_arn(request.headers.get("x-amz-firehose-source-arn", "")))
            await roads.take(request, "firehose", "firehose", sender, whose=whose, token=token)
        except (DayflyError, ClientException) as error:
            status, after = _status(error)
            return _firehose_answer(token, 400 if status == 413 else status, _words(error), after)
        return _firehose_answer(token, 200, "", 0)

    @post(["/telemetry", "/telemetry/{function:str}"], request_max_body_size=None)
    async def telemetry(request: _Request) -> Response[bytes]:
        with _answering() as answer:
            sender = roads.sender(request)
            whose = _from_headers(request, str(request.path_params.get("function", "")))
            if not whose.function:
                raise Refusal(400, "missing function: use /ingest/telemetry/NAME or X-Dayfly-Function-Arn")
            if not is_allowed(whose.function, sender.functions):
                raise Refusal(403, "this ingest key is not valid for this function")
            answer.receipt = await roads.take(
                request, "telemetry", "telemetry", sender, whose=whose, token=_token(request)
            )
        return answer.response

    @post("/lab", request_max_body_size=None)
    async def lab(request: _Request) -> Response[bytes]:
        with _answering() as answer:
            sender = roads.sender(request)
            answer.receipt = await roads.take(
                request, "lab", "records", sender, whose=_from_headers(request), token=_token(request)
            )
        return answer.response

    @post("/lines", request_max_body_size=None)
    async def lines(request: _Request) -> Response[bytes]:
        with _answering() as answer:
            sender = roads.sender(request)
            road: Road = "pull" if request.headers.get("x-dayfly-road") == "pull" else "import"
            answer.receipt = await roads.take(
                request, road, "lines", sender, whose=_from_headers(request), token=_token(request)
            )
        return answer.response

    @post("/trail", request_max_body_size=None)
    async def trail(request: _Request) -> Response[bytes]:
        with _answering() as answer:
            sender = roads.sender(request)
            if sender.functions:
                raise Refusal(
                    403,
                    "this access key is limited to some functions, but CloudTrail files contain all of them",
                )
            answer.receipt = await roads.take(request, "import", "trail", sender, token=_token(request))
        return answer.response

    return Router("/ingest", route_handlers=[firehose, telemetry, lab, lines, trail])


class _Answer:
    """What a road but Firehose's answers."""

    def __init__(self) -> None:
        self.receipt: Receipt | None = None
        self.refusal: DayflyError | ClientException | None = None

    def __enter__(self) -> _Answer:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: object) -> bool:
        if isinstance(fault, DayflyError | ClientException):
            self.refusal = fault
            return True
        return False

    @property
    def response(self) -> Response[bytes]:
        if self.refusal is not None:
            status, after = _status(self.refusal)
            return _json({"error": _words(self.refusal)}, status, after)
        is_duplicate = self.receipt is not None and self.receipt.is_duplicate
        return _json({"accepted": True, "duplicate": is_duplicate}, 200, 0)


def _answering() -> _Answer:
    return _Answer()


def _status(error: DayflyError | ClientException) -> tuple[int, int]:
    if isinstance(error, Full | Refusal):
        return error.status, error.retry_after
    if isinstance(error, ClientException):
        return error.status_code, 0
    return 400, 0


def _words(error: DayflyError | ClientException) -> str:
    return error.message if isinstance(error, DayflyError) else error.detail


def _firehose_answer(token: str, status: int, message: str, retry_after: int) -> Response[bytes]:
    answer: dict[str, object] = {"requestId": token, "timestamp": int(time.time() * 1000)}
    if message:
        answer["errorMessage"] = message[:8000]
    return _json(answer, status, retry_after)


def _json(answer: dict[str, object], status: int, retry_after: int) -> Response[bytes]:
    headers = {"Retry-After": str(retry_after)} if retry_after else {}
    return Response(msgspec.json.encode(answer), status_code=status, media_type=_JSON, headers=headers)


def _token(request: _Request) -> str:
    token = request.headers.get("x-dayfly-batch", "")
    if len(token) > 256 or not token.isprintable():
        raise Refusal(400, "X-Dayfly-Batch is not valid: use at most 256 printable characters")
    return token


class _Attributes(msgspec.Struct):
    commonAttributes: dict[str, str] = {}


def _common(request: _Request, whose: Whose) -> Whose:
    """What the Firehose stream's HTTP endpoint parameters say: `account` and `region` where the stream's own differ."""
    text = request.headers.get("x-amz-firehose-common-attributes", "")
    if not text:
        return whose
    try:
        found = msgspec.json.decode(text, type=_Attributes).commonAttributes
    except msgspec.DecodeError as error:
        raise Refusal(400, "X-Amz-Firehose-Common-Attributes is not JSON") from error
    return Whose(found.get("account", whose.account)[:64], found.get("region", whose.region)[:64])


def _from_headers(request: _Request, function: str = "") -> Whose:
    """Who the lines are from, as a sender says it whose lines do not."""
    named = whose_arn(request.headers.get("x-dayfly-function-arn", ""))

    def header(name: str, otherwise: str) -> str:
        return request.headers.get(f"x-dayfly-{name}", otherwise)[:512]

    return Whose(
        header("account", named.account),
        header("region", named.region),
        function or header("function", named.function),
        header("version", named.version),
        header("log-group", ""),
        header("log-stream", ""),
    )

"""The Runtime API of one environment on its own loopback port, behaving as AWS's emulator does.

Routes and refusals: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html; what that page does
not say (re-delivery, the held response, exact errors) was measured on the emulator and is compared with
it in tests/lab/differential.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import functools
import re
import socket
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from dayfly.lab import payloads
from dayfly.lab.extensions import JSON_HEADERS, Extensions, json_body, refuse
from dayfly.lab.http1 import Body, Connection, Exchange, Handler
from dayfly.lab.model import VERSION
from dayfly.lab.states import RuntimeState, TransitionRefusedError, check_transition
from dayfly.lab.streaming.stream import ResponseStream
from dayfly.lab.telemetry.times import InvocationTimes

_BASE = "/2018-06-01"
_ANSWER = re.compile(_BASE + r"/runtime/invocation/([^/]*)/(response|error)")
_ERROR_TYPE = re.compile(r"(Runtime|Function)\.[A-Z][a-zA-Z]+")
# Those that the emulator's router knows: what else is asked for is no route's.
_METHODS = frozenset({"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"})
# The kernel queues what has not been accepted; several hundred children of one function may connect.
_BACKLOG = 128


@dataclass(frozen=True, slots=True)
class InvocationEvent:
    """One event on its way to the runtime."""

    request_id: str
    payload: bytes
    arn: str
    deadline_ms: int
    trace_id: str = ""
    client_context: str = ""
    cognito_identity: str = ""
    tenant_id: str = ""

    def headers(self) -> list[tuple[str, str]]:
        """Headers of GET /next; the empty ones are left out, as the emulator does."""
        pairs = [
            ("Content-Type", "application/json"),
            ("Lambda-Runtime-Aws-Request-Id", self.request_id),
            ("Lambda-Runtime-Trace-Id", self.trace_id),
            ("Lambda-Runtime-Client-Context", self.client_context),
            ("Lambda-Runtime-Cognito-Identity", self.cognito_identity),
            ("Lambda-Runtime-Deadline-Ms", str(self.deadline_ms)),
            ("Lambda-Runtime-Invoked-Function-Arn", self.arn),
            ("Lambda-Runtime-Aws-Tenant-Id", self.tenant_id),
        ]
        return [pair for pair in pairs if pair[1]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the runtime answered. `is_error` becomes `X-Amz-Function-Error: Unhandled`."""

    payload: bytes
    is_error: bool
    kind: Literal["response", "error", "too_large", "bad_mode"]


def _too_large(limit: int = payloads.MAX_RESPONSE_BYTES) -> Outcome:
    return Outcome(payloads.response_too_large(limit), True, "too_large")


class RuntimeApi:
    """State and routes of one environment's Runtime API.

    Used by one environment: `new_life` before each start of a runtime, `deliver` one event at a time
    when `settled` is set. `init_error` and `outcome` are futures the environment waits on.
    """

    def __init__(self, function_name: str, handler: str, version: str = VERSION) -> None:
        self.extensions = Extensions(function_name, version, handler, self._update)
        self.state: RuntimeState = "Started"
        # Set while the runtime and every extension wait for their next event (or for a restore): the moment to freeze.
        self.settled = asyncio.Event()
        self.init_error: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.init_error_type = ""
        self.outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self.address = ""
        # Of the event delivered last.
        self.times = InvocationTimes()
        # Called when the runtime polls, having initialised or answered.
        self.on_ready: Callable[[], None] = lambda: None
        self._current: InvocationEvent | None = None
        self._stream: ResponseStream | None = None
        self._pollers: list[asyncio.Future[InvocationEvent]] = []
        # Of earlier lives.
        self._survivors: list[asyncio.Future[InvocationEvent]] = []
        # The emulator serialises /response and /error whole, validation included: while one is held
        # open every other waits and is judged only afterwards.
        self._answering = asyncio.Lock()
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        # Serves a request in the handler's place, by calling it: faults are injected there.
        self.intercept: Callable[[Handler, Exchange], Awaitable[None]] | None = None
        # Set when every external extension has registered: the runtime starts only then.
        self.registered = asyncio.Event()
        # What other parts of an environment serve at the same address: handlers by path and method;
        # "*" stands for every method, and for every path below as well.
        self.routes: dict[str, dict[str, Handler]] = {}

    async def start(self) -> None:
        """Listen on a free port of 127.0.0.1."""
        self._server = await asyncio.start_server(
            self._accept, "127.0.0.1", 0, backlog=_BACKLOG, family=socket.AF_INET
        )
        host, port = self._server.sockets[0].getsockname()
        self.address = f"{host}:{port}"

    async def close(self) -> None:
        """Stop listening and cut every connection."""
        if self._server is not None:
            self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def new_life(self, expected_extensions: frozenset[str] = frozenset()) -> None:
        """A runtime is about to start. Polls that survivors of an earlier life have open stay open:
        they get the next event as well, which is what the emulator does."""
        loop = asyncio.get_running_loop()
        self.state = "Started"
        self._survivors += self._pollers
        self._pollers = []
        self._current = None
        self._answering = asyncio.Lock()
        self.init_error = loop.create_future()
        self.outcome = loop.create_future()
        self.extensions.new_life(expected_extensions)
        self._update()

    def deliver(self, event: InvocationEvent, stream: ResponseStream | None = None) -> None:
        """Hand `event` to who has polled longest, others wait on, as in the emulator; a response that the runtime streams goes to `stream`.

        Precondition: `settled` is set.
        """
        self._current = event
        self.times = InvocationTimes()
        self._stream = stream
        self.outcome = asyncio.get_running_loop().create_future()
        self.state = check_transition(self.state, "Running")
        first = next((poller for poller in self._pollers if not poller.done()), None)
        for poller in (*self._survivors, *((first,) if first is not None else ())):
            if not poller.done():
                poller.set_result(event)
        self._survivors = []
        self._pollers = [poller for poller in self._pollers if not poller.done()]
        self.extensions.send(
            "INVOKE",
            {
                "eventType": "INVOKE",
                "deadlineMs": event.deadline_ms,
                "requestId": event.request_id,
                "invokedFunctionArn": event.arn,
                "tracing": {"type": "X-Amzn-Trace-Id", "value": event.trace_id},
            },
        )
        self._update()

    def _update(self) -> None:
        for event, is_true in (
            (self.settled, self.state in ("Ready", "RestoreReady") and self.extensions.is_settled),
            (self.registered, self.extensions.all_registered),
        ):
            if is_true:
                event.set()
            else:
                event.clear()

    def move(self, after: RuntimeState) -> None:
        """Change the state; raises TransitionRefusedError where that is not allowed."""
        self.state = check_transition(self.state, after)
        self._update()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            serve = (
                self._handle if self.intercept is None else functools.partial(self.intercept, self._handle)
            )
            await Connection(reader, writer).serve(serve)
        except asyncio.CancelledError:
            writer.close()  # `close` cancels; asyncio would log a cancelled connection as an error
        finally:
            self._connections.discard(task)

    async def _handle(self, exchange: Exchange) -> None:
        answer = _ANSWER.fullmatch(exchange.path)
        if answer is not None:
            routes: Mapping[str, Handler] = {
                "POST": self._response if answer[2] == "response" else self._error
            }
        else:
            known: dict[str, Mapping[str, Handler]] = {
                f"{_BASE}/ping": {"GET": _ping},
                f"{_BASE}/runtime/invocation/next": {"GET": self._next},
                f"{_BASE}/runtime/init/error": {"POST": self.report_init_error},
                "/2020-01-01/extension/register": {"POST": self.extensions.register},
                "/2020-01-01/extension/event/next": {"GET": self.extensions.next_event},
                "/2020-01-01/extension/init/error": {"POST": self.extensions.init_error},
                "/2020-01-01/extension/exit/error": {"POST": self.extensions.exit_error},
                **self.routes,
            }
            below = (found for path, found in self.routes.items() if exchange.path.startswith(f"{path}/"))
            routes = known.get(exchange.path) or next((found for found in below if "*" in found), {})
            if "*" in routes:
                routes = {exchange.method: routes["*"]}
        if exchange.method not in _METHODS:
            await exchange.answer(405, b"")
        elif not routes:
            headers = (("Content-Type", "text/plain; charset=utf-8"), ("X-Content-Type-Options", "nosniff"))
            await exchange.answer(404, b"404 page not found\n", headers)
        elif exchange.method not in routes:
            await exchange.answer(405, b"", (("Allow", ", ".join(routes)),))
        else:
            try:
                await routes[exchange.method](exchange)
            except TransitionRefusedError as refusal:
                await refuse(exchange, 403, "InvalidStateTransition", refusal.message)

    async def _next(self, exchange: Exchange) -> None:
        self.extensions.is_open = False
        if self.state == "Running" and self._current is not None:
            event = self._current
        else:
            is_new = self.state != "Ready"
            self.move("Ready")
            if is_new:
                self.times.ready = time.monotonic()
                self.on_ready()
            poller: asyncio.Future[InvocationEvent] = asyncio.get_running_loop().create_future()
            self._pollers.append(poller)
            event = await poller
        await exchange.answer(200, event.payload, event.headers())

    async def _is_current(self, exchange: Exchange) -> bool:
        match = _ANSWER.fullmatch(exchange.path)
        if match and self._current is not None and match[1] == self._current.request_id:
            return True
        await refuse(exchange, 400, "InvalidRequestID", "Invalid request ID")
        return False

    async def _response(self, exchange: Exchange) -> None:
        async with self._answering:
            if not await self._is_current(exchange):
                return
            self.move("InvocationResponse")
            self.times.responding = time.monotonic()
            outcome = self.outcome
            mode = exchange.header("lambda-runtime-function-response-mode")
            if mode not in (None, "", "streaming"):
                # The emulator leaves the state here as well: only a reset gets the runtime out.
                _settle(outcome, Outcome(payloads.invalid_response_mode(), True, "bad_mode"))
                message = "Invalid function response mode"
                await refuse(exchange, 400, "InvalidFunctionResponseMode", message)
                return
            stream, limit = self._stream, payloads.MAX_RESPONSE_BYTES
            if mode == "streaming" and stream is not None:
                limit = stream.limits.most_bytes
                stream.begin(exchange.header("content-type"))
                body = await exchange.stream_body(limit, stream.write)
            else:
                body = await exchange.read_body(limit)
            if body.is_truncated:
                # Likewise: the emulator stays locked until the runtime ends or time is up.
                return
            await self._finish(exchange, outcome, _outcome_of_response(exchange, body, limit), limit)

    async def _error(self, exchange: Exchange) -> None:
        async with self._answering:
            if not await self._is_current(exchange):
                return
            self.move("InvocationErrorResponse")
            self.times.responding = time.monotonic()
            outcome = self.outcome
            # One that its sender cut short is an error without anything in it.
            body = await exchange.read_body(payloads.MAX_RESPONSE_BYTES)
            is_cause = exchange.header("content-type") == payloads.ERROR_CAUSE_TYPE
            sent = b"" if body.is_truncated else body.data
            data = payloads.error_of_cause(sent) if is_cause else sent
            is_large = body.is_too_large
            await self._finish(exchange, outcome, _too_large() if is_large else Outcome(data, True, "error"))

    async def _finish(
        self,
        exchange: Exchange,
        future: asyncio.Future[Outcome],
        outcome: Outcome,
        limit: int = payloads.MAX_RESPONSE_BYTES,
    ) -> None:
        if future is self.outcome:  # else a reset came in between and this answer is nobody's
            self.move("RuntimeResponseSentState")
            self.times.responded = time.monotonic()
            self.times.produced_bytes = len(outcome.payload)
        _settle(future, outcome)
        if outcome.kind == "too_large":
            message = f"Exceeded maximum allowed payload size ({limit} bytes)."
            await refuse(exchange, 413, "RequestEntityTooLarge", message)
        else:
            await exchange.answer(202, json_body({"status": "OK"}), JSON_HEADERS)

    async def report_init_error(self, exchange: Exchange) -> None:
        """POST /init/error: the runtime says why it could not be initialised."""
        self.move("InitError")
        body = await exchange.read_body(payloads.MAX_RESPONSE_BYTES)
        self.init_error_type = error_type(exchange.header("lambda-runtime-function-error-type") or "")
        if not self.init_error.done():
            self.init_error.set_result(body.data)
        await exchange.answer(202, json_body({"status": "OK"}), JSON_HEADERS)


def error_type(header: str) -> str:
    """What the platform makes of a runtime's error type: its own names stay, all others become one."""
    if _ERROR_TYPE.search(header):
        return header
    return "Function.Unknown" if header.startswith("Function.") else "Runtime.Unknown"


def _settle(future: asyncio.Future[Outcome], outcome: Outcome) -> None:
    if not future.done():
        future.set_result(outcome)


def _outcome_of_response(exchange: Exchange, body: Body, limit: int) -> Outcome:
    if body.is_too_large:
        return _too_large(limit)
    error_type = body.trailer("lambda-runtime-function-error-type")
    if error_type is None:
        is_error = exchange.header("lambda-runtime-function-error-type") is not None
        return Outcome(body.data, is_error, "response")
    try:
        decoded = base64.b64decode(body.trailer("lambda-runtime-function-error-body") or "", validate=True)
    except binascii.Error:
        decoded = b""
    return Outcome(decoded or body.data, True, "error")


async def _ping(exchange: Exchange) -> None:
    await exchange.answer(200, b"pong", (("Content-Type", "text/plain; charset=utf-8"),))

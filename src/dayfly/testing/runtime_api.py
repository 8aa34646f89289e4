"""A Runtime API to drive a runtime from a test: sends any event with any header, records what comes back."""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal

from dayfly.testing.http_wire import Head, Headers, Request, Wire, WireError, header

VERSION = "/2018-06-01"
NEXT = f"{VERSION}/runtime/invocation/next"
INIT_ERROR = f"{VERSION}/runtime/init/error"
RESTORE_NEXT = f"{VERSION}/runtime/restore/next"
RESTORE_ERROR = f"{VERSION}/runtime/restore/error"
# 6 MiB and 100 bytes, as AWS's emulator and service say it.
MAX_PAYLOAD_BYTES = 6_291_556
ARN = "arn:aws:lambda:eu-central-1:123456789012:function:function"
# What AWS's emulator calls the states that the two routes lead to.
STATES = {"response": "InvocationResponse", "error": "InvocationErrorResponse"}
STATE_NAMES = {
    "started": "Started",
    "ready": "Ready",
    "running": "Running",
    "held": "InvocationResponse",
    "sent": "RuntimeResponseSentState",
}
# How long a wait may go on before the peer's death is noticed; says nothing about how fast an event is sent.
POLL_S = 0.05


@dataclass(frozen=True)
class Times:
    """Moments of one invocation, `time.perf_counter_ns`; zero for what has not happened."""

    sent: int = 0
    answer_begun: int = 0
    answered: int = 0
    next_asked: int = 0


@dataclass(frozen=True)
class Outcome:
    """What an invoker would have got, however the runtime chose to send it.

    `kind` is "lost" if every connection of the runtime was closed before it answered. Errors sent as
    trailers under a held response count as errors.
    """

    kind: Literal["response", "error", "lost"]
    status: int
    request: Request | None

    @property
    def body(self) -> bytes:
        """The answer's bytes: the error's, if there is one in the trailers."""
        if self.request is None:
            return b""
        trailed = header(self.request.trailers, "Lambda-Runtime-Function-Error-Body")
        return base64.b64decode(trailed) if trailed else self.request.body

    @property
    def payload(self) -> object:
        """The body as JSON; raises ValueError where it is none."""
        return json.loads(self.body)


@dataclass
class Invocation:
    """One event on its way; `wait` blocks until it is answered or lost."""

    body: bytes
    headers: Headers
    request_id: str
    chunk_sizes: Sequence[int] = ()
    raw: bytes | None = None
    deliveries: int = 0
    times: Times = Times()
    _outcome: Outcome | None = None
    _done: threading.Event = field(default_factory=threading.Event)
    _asked: threading.Event = field(default_factory=threading.Event)

    def wait(self, deadline_s: float = 60.0) -> Outcome:
        """The outcome; raises TimeoutError if none has come by then."""
        if not self._done.wait(deadline_s) or self._outcome is None:
            raise TimeoutError(f"no answer to {self.request_id} in {deadline_s} s")
        return self._outcome

    def wait_next(self, deadline_s: float = 60.0) -> Times:
        """All times, once the runtime has asked for the next event; raises TimeoutError."""
        if not self._asked.wait(deadline_s):
            raise TimeoutError(f"the runtime did not ask for another event in {deadline_s} s")
        return self.times


class FakeRuntimeApi:
    """A loopback Runtime API with Lambda's state machine, for one runtime at a time.

    Without `notices_death` an event is given to a request whose sender is gone, as AWS's emulator does. With
    `snapshots` it has SnapStart's routes: a runtime that asks for the restore waits until `restore`. Without `continues`
    it leaves `Expect: 100-continue` unanswered.

    Between `__enter__` and `__exit__`, `address` is what belongs into AWS_LAMBDA_RUNTIME_API. Refusals have
    the status and wording of AWS's emulator. `requests` records every request, `faults` what was not HTTP.
    """

    def __init__(
        self,
        *,
        max_payload_bytes: int = MAX_PAYLOAD_BYTES,
        timeout_s: float = 30.0,
        snapshots: bool = False,
        notices_death: bool = True,
        continues: bool = True,
    ) -> None:
        self.requests: list[Request] = []
        self.faults: list[str] = []
        self.init_errors: list[Request] = []
        self.restore_errors: list[Request] = []
        self.restores_asked = 0
        self.first_next_at = 0
        self.address = ""
        self.max_payload_bytes = max_payload_bytes
        self._timeout_s = timeout_s
        self._snapshots = snapshots
        self._notices_death = notices_death
        self.continues = continues
        self._is_restored = False
        self._changed = threading.Condition()
        self._waiting: deque[Invocation] = deque()
        self._current: Invocation | None = None
        self._state: Literal["started", "ready", "running", "held", "sent"] = "started"
        self._peers: set[socket.socket] = set()
        self._closing = False
        self._polls = 0

    def __enter__(self) -> FakeRuntimeApi:
        self._server = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.address = f"127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._closing = True
            peers = list(self._peers)
            self._changed.notify_all()
        # shutdown, not close: it also wakes the threads that are blocked in accept and recv.
        for one in [self._server, *peers]:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def send(
        self,
        event: object = None,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        request_id: str = "",
        chunk_sizes: Sequence[int] = (),
        raw: bytes | None = None,
    ) -> Invocation:
        """Queue an event and return at once.

        `event` is sent as JSON unless `body` gives the bytes. `headers` are added to, or with an empty
        value taken from, those that Lambda sends. `chunk_sizes` sends the body in such chunks and then the
        rest; `raw` replaces the whole HTTP response to /next.
        """
        identifier = request_id or str(uuid.uuid4())
        complete = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": identifier,
            "Lambda-Runtime-Deadline-Ms": str(int((time.time() + self._timeout_s) * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": ARN,
            "Lambda-Runtime-Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1",
            **(headers or {}),
        }
        pairs = tuple((name, value) for name, value in complete.items() if value)
        payload = json.dumps(event).encode() if body is None else body
        invocation = Invocation(payload, pairs, identifier, tuple(chunk_sizes), raw)
        with self._changed:
            self._waiting.append(invocation)
            self._changed.notify_all()
        return invocation

    def invoke(self, event: object = None, *, deadline_s: float = 60.0, **options: str) -> Outcome:
        """Send and wait for the answer. `options` are headers, with _ for -."""
        named = {name.replace("_", "-"): value for name, value in options.items()}
        return self.send(event, headers=named).wait(deadline_s)

    def wait_until_ready(self, deadline_s: float = 60.0) -> None:
        """Return once the runtime has asked for an event; raises TimeoutError."""
        self._wait(lambda: self._polls > 0, deadline_s, "the runtime never asked for an event")

    def wait_until_snapshot(self, deadline_s: float = 60.0) -> None:
        """Return once the runtime is ready to be snapshot; raises TimeoutError."""
        self._wait(lambda: self.restores_asked > 0, deadline_s, "the runtime never asked for its restore")

    def restore(self) -> None:
        """Let a runtime that waits for its restore go on."""
        with self._changed:
            self._is_restored = True
            self._changed.notify_all()

    def wait_init_error(self, deadline_s: float = 60.0) -> Request:
        """The first POST /init/error; raises TimeoutError."""
        self._wait(lambda: bool(self.init_errors), deadline_s, "the runtime reported no init error")
        return self.init_errors[0]

    def _wait(self, condition: Callable[[], bool], deadline_s: float, complaint: str) -> None:
        with self._changed:
            if not self._changed.wait_for(condition, deadline_s):
                raise TimeoutError(f"{complaint} in {deadline_s} s; not HTTP: {self.faults}")

    def _accept(self) -> None:
        while not self._closing:
            try:
                peer, _ = self._server.accept()
            except OSError:
                return
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._changed:
                self._peers.add(peer)
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer: socket.socket) -> None:
        wire = Wire(peer)
        try:
            while not self._closing and (head := wire.read_head()):
                wire.send(self._answer(wire, head))
        except WireError as fault:
            self.faults.append(str(fault))
        except OSError:
            pass  # the runtime is gone, which is for the test to judge
        finally:
            peer.close()
            with self._changed:
                self._peers.discard(peer)
                self._lose_if_nobody_is_left()
                self._changed.notify_all()

    def _answer(self, wire: Wire, head: Head) -> bytes:
        now = time.perf_counter_ns()
        if (head.method, head.target) == ("GET", NEXT):
            self.requests.append(wire.read_body(head))
            return self._next(wire, now)
        if (head.method, head.target) == ("POST", INIT_ERROR):
            return self._init_error(wire.read_body(head))
        if self._snapshots and (head.method, head.target) == ("GET", RESTORE_NEXT):
            self.requests.append(wire.read_body(head))
            return self._restore_next(wire)
        if self._snapshots and (head.method, head.target) == ("POST", RESTORE_ERROR):
            self.restore_errors.append(wire.read_body(head))
            return _respond(202, b'{"status":"OK"}\n')
        prefix = f"{VERSION}/runtime/invocation/"
        if head.method == "POST" and head.target.startswith(prefix):
            identifier, _, action = head.target[len(prefix) :].partition("/")
            if action in {"response", "error"}:
                return self._finish(wire, head, identifier, "response" if action == "response" else "error")
        self.requests.append(wire.read_body(head))
        return _refuse(404, "NotFound", f"no route {head.method} {head.target}")

    def _restore_next(self, wire: Wire) -> bytes:
        with self._changed:
            self.restores_asked += 1
            self._changed.notify_all()
            if self.restores_asked > 1:
                return _refuse_transition("Ready", "RestoreReady")
            while not self._is_restored:
                self._changed.wait(POLL_S)
                if self._closing or wire.peer_is_gone():
                    raise ConnectionAbortedError("nobody waits for the restore any more")
        return _respond(200, b"")

    def _next(self, wire: Wire, now: int) -> bytes:
        with self._changed:
            self._polls += 1
            self.first_next_at = self.first_next_at or now
            if self._state == "held":
                return _refuse_transition("held response", "Ready")
            if self._state == "running" and self._current is not None:
                # Lambda sends the same event again to whoever asks before it is answered.
                self._current.deliveries += 1
                return _event(self._current)
            if self._current is not None:
                times = self._current.times
                self._current.times = Times(times.sent, times.answer_begun, times.answered, now)
                self._current._asked.set()
            self._state = "ready"
            self._changed.notify_all()
            # Of several that wait, one is given the event, and the others wait on.
            while not self._waiting or self._state != "ready":
                self._changed.wait(POLL_S)
                if self._closing or (self._notices_death and wire.peer_is_gone()):
                    raise ConnectionAbortedError("nobody waits for the event any more")
            self._current = self._waiting.popleft()
            self._current.deliveries += 1
            self._state = "running"
            message = _event(self._current)
            self._current.times = Times(time.perf_counter_ns())
        return message

    def _finish(self, wire: Wire, head: Head, identifier: str, kind: Literal["response", "error"]) -> bytes:
        with self._changed:
            current = self._current
            if current is None or identifier != current.request_id or self._state == "ready":
                refusal = _refuse(400, "InvalidRequestID", "Invalid request ID")
            elif self._state != "running":
                refusal = _refuse_transition("RuntimeResponseSentState", STATES[kind])
            else:
                refusal = b""
                self._state = "held"
                sent = current.times.sent
                begun = time.perf_counter_ns()
        request = wire.read_body(head, continues=self.continues)
        answered = time.perf_counter_ns()
        self.requests.append(request)
        if refusal or current is None:
            return refusal
        too_big = len(request.body) > self.max_payload_bytes
        if header(request.trailers, "Lambda-Runtime-Function-Error-Type"):
            kind = "error"
        with self._changed:
            self._state = "sent"
            current.times = Times(sent, begun, answered)
            current._outcome = Outcome("error" if too_big else kind, 413 if too_big else 202, request)
            current._done.set()
        if too_big:
            text = f"Exceeded maximum allowed payload size ({self.max_payload_bytes} bytes)."
            return _refuse(413, "RequestEntityTooLarge", text)
        return _respond(202, b'{"status":"OK"}\n')

    def _init_error(self, request: Request) -> bytes:
        with self._changed:
            self.requests.append(request)
            if self._state != "started":
                return _refuse_transition(STATE_NAMES[self._state], "InitError")
            self.init_errors.append(request)
            self._changed.notify_all()
        return _respond(202, b'{"status":"OK"}\n')

    def _lose_if_nobody_is_left(self) -> None:
        current = self._current
        if self._peers or current is None or current._done.is_set():
            return
        current._outcome = Outcome("lost", 0, None)
        current._done.set()
        self._state = "started"


def _event(invocation: Invocation) -> bytes:
    if invocation.raw is not None:
        return invocation.raw
    if not invocation.chunk_sizes:
        return _respond(200, invocation.body, headers=invocation.headers)
    rest, pieces = invocation.body, []
    for size in invocation.chunk_sizes:
        pieces.append(rest[:size])
        rest = rest[size:]
    framed = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in [*pieces, rest] if piece)
    return _respond(
        200, framed + b"0\r\n\r\n", headers=(*invocation.headers, ("Transfer-Encoding", "chunked"))
    )


def _respond(
    status: int, body: bytes, *, headers: Headers = (("Content-Type", "application/json"),)
) -> bytes:
    reason = {200: "OK", 202: "Accepted", 400: "Bad Request", 403: "Forbidden"}.get(status, "Other")
    lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in headers)]
    if not header(headers, "Transfer-Encoding"):
        lines.append(f"Content-Length: {len(body)}")
    # Latin-1 would refuse what a hostile header may hold; the wire carries whatever bytes it is given.
    return "\r\n".join([*lines, "", ""]).encode() + body


def _refuse(status: int, error_type: str, message: str) -> bytes:
    return _respond(status, json.dumps({"errorMessage": message, "errorType": error_type}).encode() + b"\n")


def _refuse_transition(state: str, wanted: str) -> bytes:
    message = f"State transition from {state} to {wanted} failed for runtime. Error: State transition is not allowed"
    return _refuse(403, "InvalidStateTransition", message)

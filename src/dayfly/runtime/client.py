"""The client that AWS's own loop talks to instead of the Runtime API.

In the zygote `wait_next_invocation` is the fork point; in a worker it returns the worker's event.
Everything else of the loop (handler, context, logging, error JSON) is AWS's code, unmodified.
"""

from __future__ import annotations

import contextlib
import os
from _thread import RLock

from awslambdaric.lambda_runtime_client import (
    InvocationRequest,
    LambdaRuntimeClient,
    LambdaRuntimeClientError,
)
from awslambdaric.lambda_runtime_marshaller import to_json

from dayfly._sys import fds, processors
from dayfly.core import frames
from dayfly.core.limits import MAX_META_BYTES, MAX_NOTE_BYTES
from dayfly.runtime.rehearsal import IN_ZYGOTE, rehearse
from dayfly.runtime.seal import open_descriptors
from dayfly.runtime.sealing import Sealing
from dayfly.runtime.words import LastWords
from dayfly.runtime.zygote import Work, call_platform, wait_for_work

TYPE_CHECKING = False
if TYPE_CHECKING:
    import _socket
    from collections.abc import Iterator

    from dayfly._sys.channel import Channel
    from dayfly.runtime.guard import Guard

_ACCEPTED = 202
# How long a report waits for another one's few bytes.
_LOCK_LIMIT_S = 1.0
_OK = 200


class DayflyRuntimeClient(LambdaRuntimeClient):  # type: ignore[misc]
    """awslambdaric's client with the supervisor in the platform's place."""

    def __init__(
        self, channel: Channel, handler: str, guard: Guard | None = None, *, unguarded: str = ""
    ) -> None:
        """`unguarded` says why there is no guard where one was asked for."""
        super().__init__("")
        self._channel = channel
        self._guard = guard
        self._unguarded = unguarded
        self._handler = handler
        # The handler is loaded after this: what it opens is not among them.
        self._inherited = open_descriptors()
        self._work: Work | None = None
        self._words = LastWords(channel.options)
        self._nonce = b""
        self._is_done = False
        # Whether an event is at hand whose answer has not begun, and in which process it is answered.
        self._is_open = False
        self._pid = 0
        # Reports come from any thread, a signal's handler and a finaliser in the middle of one among them.
        self._sending = RLock()
        if guard is not None:
            guard.report = self._report

    def wait_next_invocation(self) -> InvocationRequest:
        """Return the next event; in the zygote, only ever in a process forked for it."""
        if self._is_done:
            # The answer is out and nothing of this process may meet another event. It is killed in any
            # case; going at once spares the supervisor the wait for the signal to arrive.
            processors.use(processors.for_others(processors.allowed()))
            os._exit(0)
        if self._work is None:
            self._words.prepare()
            self._work = wait_for_work(
                self._channel,
                inherited=self._inherited,
                handler=self._handler,
                guard=self._guard,
                unguarded=self._unguarded,
                rehearse=lambda: rehearse(self, times=IN_ZYGOTE),
            )
            # Not while its caller waits: the first of an environment's, and where processors are short.
            if self._work.is_forked and not fds.has_data(self._work.socket):
                rehearse(self)
                prefaulting = self._work.sealing.prefaulting
                if prefaulting is not None:
                    prefaulting.prefault(self._work.socket.fileno())
        return self.receive()

    def receive(self) -> InvocationRequest:
        """Wait for the event that the supervisor sends to this worker; ends the process where there is none."""
        work = self._work
        assert work is not None
        socket = work.socket
        try:
            nonce, block_bytes, body_bytes = frames.unpack_event_head(
                fds.receive_exactly(socket, frames.EVENT_HEAD_BYTES)
            )
            headers = frames.parse_event_headers(fds.receive_exactly(socket, block_bytes))
            body = fds.receive_exactly(socket, body_bytes)
        except (EOFError, OSError):
            # The supervisor is gone, and with it every reason to be.
            os._exit(0)
        self._nonce = nonce
        self._pid = os.getpid()
        self._is_open = True
        if work.lesson is not None:
            work.lesson.begin()
        work.restore_signals()
        work.sealing.begin()
        deadline_ms = int(headers.get("lambda-runtime-deadline-ms", "0"))
        window = headers.get(frames.WINDOW_HEADER, "")
        events_left, seconds_left = frames.unpack_window(window)
        self._words.begin(deadline_ms / 1000, events_left=events_left, seconds_left=seconds_left)
        if self._guard is not None:
            self._guard.begin(
                body,
                headers.get("lambda-runtime-aws-request-id", ""),
                headers.get("lambda-runtime-client-context", ""),
                # Of a window alone: what a worker leaves that serves one event ends with it, and to look all over
                # costs each caller 2 ms; a process that is never forked has no last event.
                is_last=bool(window) and events_left == 1,
                reports_to=(socket.fileno(), nonce),
            )
        return InvocationRequest(
            invoke_id=headers.get("lambda-runtime-aws-request-id"),
            x_amzn_trace_id=headers.get("lambda-runtime-trace-id"),
            invoked_function_arn=headers.get("lambda-runtime-invoked-function-arn", ""),
            deadline_time_in_ms=deadline_ms,
            client_context=headers.get("lambda-runtime-client-context"),
            cognito_identity=headers.get("lambda-runtime-cognito-identity"),
            tenant_id=headers.get("lambda-runtime-aws-tenant-id"),
            content_type=headers.get("content-type"),
            event_body=body,
            invocation_id=headers.get("lambda-runtime-invocation-id"),
        )

    def post_invocation_result(
        self,
        invoke_id: str,
        result_data: str | bytes,
        content_type: str = "application/json",
        *_invocation_id: object,
    ) -> None:
        """Send the result to the supervisor."""
        self.send_result(result_data, content_type)

    def post_invocation_error(
        self, invoke_id: str, error_response_data: str, xray_fault: str, *_invocation_id: object
    ) -> None:
        """Send the error and its X-Ray cause to the supervisor."""
        cause = _ascii_json(xray_fault).encode("ascii")
        if len(cause) > MAX_META_BYTES:
            cause = b""
        self._answer(frames.ERROR, cause, error_response_data.encode("utf-8", "surrogatepass"))

    def send_result(self, result: str | bytes, content_type: str) -> None:
        """As `post_invocation_result`, which libraries replace by methods of their own."""
        body = result if isinstance(result, bytes) else result.encode("utf-8")
        self._answer(frames.RESULT, content_type.encode("utf-8"), body)

    @contextlib.contextmanager
    def rehearsing(self, socket: _socket.socket) -> Iterator[Guard | None]:
        """Take events from `socket`, and leave no trace of them afterwards; gives the guard that judges them."""
        work = self._work
        # In the zygote there is none.
        signals = work.rehearse_signals if work is not None else lambda: None
        # No sealer's acts and deliveries: what libraries hold back is sent for real invocations alone.
        sealing = Sealing(is_window=self._channel.options.isolation == "window")
        self._work = Work(socket, signals, signals, sealing, is_forked=True)
        try:
            yield self._guard
        finally:
            self._work = work
            self._nonce = b""
            self._is_done = self._is_open = False
            if self._guard is not None:
                self._guard.has_rehearsed()

    def _report(self, *, finding: bytes = b"", error: bytes = b"") -> bool:
        """Send a report, from any thread or forked process, and return once it has left this one; say whether it has."""
        if self._work is None:
            return False
        frame = frames.pack_report(self._nonce, finding=finding, error=error)
        is_own = os.getpid() == self._pid
        # A thread that held the lock does not exist in a process that was forked meanwhile. One message of so few bytes
        # is never mixed with another's.
        if is_own and not self._sending.acquire(timeout=_LOCK_LIMIT_S):
            return False
        try:
            if not self._is_open:
                return False
            self._work.socket.sendall(frame)
        except OSError:
            return False
        finally:
            if is_own:
                self._sending.release()
        return True

    def _answer(self, kind: int, meta: bytes, body: bytes) -> None:
        work = self._work
        assert work is not None
        if work.lesson is not None:
            work.lesson.tell()
        note = said = b""
        if work.is_forked:
            note = self._last_words(work, is_error=kind == frames.ERROR)
        if self._guard is not None:
            said, instead = self._guard.end(body if kind == frames.RESULT else b"")
            if instead:
                # A refusal that the function swallowed.
                kind, meta, body = frames.ERROR, b"", instead
        if said:
            note = (said + note)[:MAX_NOTE_BYTES]
        self._is_done = work.serves_once
        with self._sending:
            # What is reported from here on would stand in the middle of the answer.
            self._is_open = False
        for piece in frames.pack_answer(self._nonce, kind, meta, body, note):
            work.socket.sendall(piece)

    def _last_words(self, work: Work, *, is_error: bool) -> bytes:
        try:
            return self._words.say(work.sealing, serves_once=work.serves_once, is_error=is_error)
        except Exception:
            # Trust boundary: libraries' code. What was refused to it becomes the answer.
            if self._guard is None or not self._guard.has_refused:
                raise
            return b""

    def post_init_error(
        self, error_response_data: dict[str, object], error_type_override: str | None = None
    ) -> None:
        """Report a failed init; raises LambdaRuntimeClientError when the platform refuses the report."""
        self._tell_findings()
        kind = error_type_override or str(error_response_data["errorType"])
        self._call("POST", "/init/error", _ACCEPTED, kind, to_json(error_response_data))

    def _tell_findings(self) -> None:
        """Have said what the guard saw at init, which belongs to no invocation."""
        if self._guard is not None and (said := self._guard.said(of_init=True)):
            call_platform(self._channel, "TELL", "/findings", "", said)

    def restore_next(self) -> None:
        """Wait until a snapshot is restored (SnapStart); no worker exists before."""
        self._call("GET", "/restore/next", _OK, "", "")

    def report_restore_error(self, restore_error_data: dict[str, object]) -> None:
        """Report that a hook failed after a restore."""
        self._call(
            "POST", "/restore/error", _ACCEPTED, "Runtime.AfterRestoreError", to_json(restore_error_data)
        )

    def _call(self, method: str, path: str, expected: int, error_type: str, body: str) -> None:
        status, reply = call_platform(
            self._channel, method, path, error_type, body.encode("utf-8", "surrogatepass")
        )
        if status != expected:
            raise LambdaRuntimeClientError("/2018-06-01/runtime" + path, status, reply)


# Libraries wrap these where AWS defines them, as Sentry's integration does to send what it holds back before each
# answer: there the wrapper is met, and here it would not be.
for _name in ("post_invocation_result", "post_invocation_error", "post_init_error"):
    setattr(LambdaRuntimeClient, _name, vars(DayflyRuntimeClient)[_name])
    delattr(DayflyRuntimeClient, _name)


def _ascii_json(text: str) -> str:
    """Return JSON text with DEL and every character beyond ASCII escaped, so that it may stand in a header."""
    text = text.replace("\x7f", "\\u007f")
    if text.isascii():
        return text
    escaped: list[str] = []
    for char in text:
        code = ord(char)
        if code < 128:
            escaped.append(char)
        elif code < 0x10000:
            escaped.append(f"\\u{code:04x}")
        else:
            code -= 0x10000
            escaped.append(f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}")
    return "".join(escaped)

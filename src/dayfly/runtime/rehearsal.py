"""Walks a fresh worker through an invocation of nothing, before its event comes.

The first write to a page that worker and zygote share copies it: 2 µs a page, some hundred pages per
invocation. What the rehearsal touches costs the caller no time, so it takes the event's whole way: socket,
frames, signals, AWS's loop, the guard, the work before the answer, and the answer itself. The zygote walks the same way
once, some times over: the interpreter writes to code until it has been adapted to what it is used for, and adapted code
is copied by no worker.
"""

from __future__ import annotations

import contextlib
import os
import sys

from awslambdaric import bootstrap

from dayfly._sys import fds
from dayfly.core import frames

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FunctionType

    from dayfly.runtime.client import DayflyRuntimeClient
    from dayfly.runtime.guard import Guard

# What the first run frees, allocators hand out elsewhere in the second, and from then on alike.
_IN_WORKER = 2
# Enough for the interpreter to adapt what is not called in a loop: Python/specialize.c.
IN_ZYGOTE = 4 if sys.version_info >= (3, 12) else 10
_EVENT = b'{"rehearsal":["text",1,2.5,null,true,{"a":"b"}]}'
_REQUEST_ID, _TRACE = "_GLOBAL_AWS_REQUEST_ID", "_X_AMZN_TRACE_ID"
# As long as Lambda's own values are. The guard searches the heap for some numbers: not for this one.
_HEADERS = {
    "lambda-runtime-aws-request-id": "1" * 36,
    "lambda-runtime-deadline-ms": "1700000000000",
    "lambda-runtime-invoked-function-arn": "arn:aws:lambda:eu-central-1:000000000000:function:rehearsal",
    "lambda-runtime-trace-id": "Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0",
    "content-type": "application/json",
}


class _Stage:
    """The client without what libraries have put around its methods: they would count an invocation."""

    def __init__(self, client: DayflyRuntimeClient) -> None:
        self.marshaller = client.marshaller
        self._client = client

    def post_invocation_result(
        self, _invoke_id: str, result: str | bytes, content_type: str = "application/json", *_rest: object
    ) -> None:
        self._client.send_result(result, content_type)

    def post_invocation_error(self, *_arguments: object) -> None:
        return


def loop_of_aws() -> FunctionType:
    """Return what serves one event in AWS's client, without what the guard has put around it."""
    handle: FunctionType = bootstrap.handle_event_request
    return getattr(handle, "unguarded", handle)


def _handle(event: object, _context: object) -> object:
    return event


def _handler(guard: Guard | None) -> Callable[[object, object], object]:
    """Return a handler that asks nothing: what a sink touches is 2 ms of CPU in each worker, and most handlers reach few."""
    if guard is None:
        return _handle
    # Loaded when the guard was armed.
    from dayfly.runtime.guard.bootstrap import guarded

    return guarded(_handle, guard)


@contextlib.contextmanager
def _restored() -> Iterator[None]:
    """Put back what `bootstrap.run` writes down for each event."""
    trace, request_id = os.environ.get(_TRACE), getattr(bootstrap, _REQUEST_ID, None)
    try:
        yield
    finally:
        setattr(bootstrap, _REQUEST_ID, request_id)
        if trace is None:
            os.environ.pop(_TRACE, None)
        else:
            os.environ[_TRACE] = trace


def rehearse(client: DayflyRuntimeClient, *, times: int = _IN_WORKER) -> None:
    """Serve an event that returns itself, over a socket of its own; nothing of it is seen, logged or kept.

    Skipped where another tool has replaced AWS's code: its wrapper would count an invocation.
    """
    handle = loop_of_aws()
    if getattr(handle, "__module__", "") != bootstrap.__name__:
        return
    count = handle.__code__.co_argcount
    handle = getattr(bootstrap.handle_event_request, "guarded", handle)
    if getattr(bootstrap.create_lambda_context, "__module__", "") != bootstrap.__name__:
        return
    try:
        near, far = fds.socket_pair()
    except OSError:
        return
    try:
        with client.rehearsing(far) as guard, _restored():
            for _ in range(times):
                near.sendall(frames.pack_event(b"\0" * frames.NONCE_BYTES, _HEADERS, _EVENT))
                _serve(client, handle, _handler(guard), count)
    except Exception:
        # Trust boundary: AWS's code of a version we do not know; a rehearsal that fails costs nothing.
        return
    finally:
        near.close()
        far.close()


def _serve(
    client: DayflyRuntimeClient, handle: FunctionType, handler: Callable[..., object], count: int
) -> None:
    """Do what `bootstrap.run` does for each event; `count` are the arguments that its function takes."""
    request = client.receive()
    setattr(bootstrap, _REQUEST_ID, request.invoke_id)
    set_trace = getattr(bootstrap, "update_xray_env_variable", None)
    if set_trace is not None:
        set_trace(request.x_amzn_trace_id)
    # The parameters after log_sink differ between versions; those before do not since 1.2.
    arguments = (
        _Stage(client),
        handler,
        request.invoke_id,
        request.event_body,
        request.content_type,
        request.client_context,
        request.cognito_identity,
        request.invoked_function_arn,
        request.deadline_time_in_ms,
        None,
        None,
        None,
    )
    handle(*arguments[:count])

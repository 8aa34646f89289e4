"""Walks a fresh worker through an invocation of nothing, before its event comes.

The first write to a page that worker and zygote share copies it, 2 µs a page and some hundred pages per
invocation. Touched here they cost the caller no time.
"""

from __future__ import annotations

from awslambdaric import bootstrap
from awslambdaric.lambda_runtime_client import InvocationRequest
from awslambdaric.lambda_runtime_marshaller import LambdaMarshaller

from dayfly.core import frames

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FunctionType

    from dayfly.runtime.guard import Guard

_TIMES = 1
_EVENT = b'{"rehearsal":["text",1,2.5,null,true,{"a":"b"}]}'


class _Stage:
    """Stands in for the client: it knows how to marshal and takes the answer nowhere."""

    def __init__(self, guard: Guard | None) -> None:
        self.marshaller = LambdaMarshaller()
        self._guard = guard

    def post_invocation_result(
        self, _invoke_id: str, result: str | bytes, _content_type: str, *_rest: object
    ) -> None:
        body = result if isinstance(result, bytes) else result.encode("utf-8")
        if self._guard is not None:
            self._guard.end()
        frames.pack_answer_head(b"\0" * frames.NONCE_BYTES, frames.RESULT, b"application/json", len(body))

    def post_invocation_error(self, *_arguments: object) -> None:
        return


def loop_of_aws() -> FunctionType:
    """Return what serves one event in AWS's client, without what the guard has put around it."""
    handle: FunctionType = bootstrap.handle_event_request
    return getattr(handle, "unguarded", handle)


def rehearse(guard: Guard | None = None) -> None:
    """Run AWS's own code around a handler that returns its event, and the guard's; nothing of it is seen or logged.

    Skipped where another tool has replaced that code: its wrapper would count an invocation.
    """
    handle = loop_of_aws()
    if getattr(handle, "__module__", "") != bootstrap.__name__:
        return
    if getattr(bootstrap.create_lambda_context, "__module__", "") != bootstrap.__name__:
        return
    headers = {
        # No number that the guard samples: it would search the heap in each worker.
        "lambda-runtime-aws-request-id": "1" * 36,
        "lambda-runtime-deadline-ms": "0",
        "lambda-runtime-invoked-function-arn": "arn:aws:lambda:",
        "content-type": "application/json",
    }
    packed = frames.pack_event(b"\0" * frames.NONCE_BYTES, headers, _EVENT)
    stage = _Stage(guard)

    def handler(event: object, _context: object) -> object:
        if guard is not None:
            guard.rehearse()
        return event

    # The parameters after log_sink differ between versions; those before do not since 1.2.
    count = handle.__code__.co_argcount
    try:
        for _ in range(_TIMES):
            _nonce, block_bytes, _body_bytes = frames.unpack_event_head(packed[: frames.EVENT_HEAD_BYTES])
            block = packed[frames.EVENT_HEAD_BYTES : frames.EVENT_HEAD_BYTES + block_bytes]
            parsed = frames.parse_event_headers(block)
            request = InvocationRequest(invoke_id=parsed["lambda-runtime-aws-request-id"], event_body=_EVENT)
            if guard is not None:
                guard.begin(_EVENT, request.invoke_id)
            arguments = (
                stage,
                handler,
                request.invoke_id,
                request.event_body,
                parsed["content-type"],
                None,
                None,
                parsed["lambda-runtime-invoked-function-arn"],
                0,
                None,
                None,
                None,
            )
            handle(*arguments[:count])
    except Exception:
        # Trust boundary: AWS's code of a version we do not know; a rehearsal that fails costs nothing.
        return
    finally:
        if guard is not None:
            guard.has_rehearsed()

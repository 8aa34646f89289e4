"""Runs the function's own hooks: what warms the zygote, and what surrounds a fork.

Loaded only where a setting asks for it. All of it is the function's code; a fault of it is printed to the
function's log and named by type in what is returned.
"""

from __future__ import annotations

import glob
import os
import sys
import time
import traceback

from awslambdaric import bootstrap
from awslambdaric.lambda_runtime_marshaller import LambdaMarshaller

from dayfly.runtime.rehearsal import loop_of_aws

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# A folder of a thousand recordings is a test suite, not a warm-up, and init has ten seconds.
MAX_EVENTS = 20
# Lambda's limit of an event, 6 MB: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_MAX_EVENT_BYTES = 6_291_456
# What the context of a recorded event says is left, as for a function with a timeout of a minute.
_REMAINING_S = 60
_TRACE = "_X_AMZN_TRACE_ID"


def warm(prime: str, events: str, handler: str) -> list[str]:
    """Call `prime` (module:function) and the handler on recorded events; return what must be said of it.

    `events` is a glob relative to the package, `handler` as in _HANDLER. A fault of the function's code
    does not end init: the function would have run without being warmed.
    """
    notes: list[str] = []
    if prime and (fault := run_hook(prime)):
        notes.append(f"warm-up failed: {prime} raised {fault}")
    if events:
        notes.append(_replay(events, handler))
    return notes


def run_hook(entry: str) -> str:
    """Call the function that `entry` (module:function) names; return the type of what it raised, or ""."""
    try:
        _resolve(entry)()
    except Exception as fault:
        # Trust boundary: the function's own code.
        traceback.print_exc()
        return type(fault).__name__
    return ""


def _resolve(entry: str) -> Callable[[], object]:
    module, _, path = entry.partition(":")
    __import__(module)
    target: object = sys.modules[module]
    for name in path.split("."):
        target = getattr(target, name)
    if not callable(target):
        raise TypeError(f"{entry} is not a function")
    return target


class _Stage:
    """Stands in for the client: it knows how to marshal, counts errors and takes answers nowhere."""

    def __init__(self) -> None:
        self.marshaller = LambdaMarshaller()
        self.errors = 0

    def post_invocation_result(self, *_arguments: object) -> None:
        return

    def post_invocation_error(self, *_arguments: object) -> None:
        self.errors += 1


def _replay(pattern: str, handler: str) -> str:
    """Run the handler on every recorded event through AWS's own code; return one sentence about it."""
    root = os.environ.get("LAMBDA_TASK_ROOT") or os.getcwd()
    files = sorted(glob.glob(os.path.join(glob.escape(root), pattern), recursive=True))
    module, _, name = handler.rpartition(".")
    request_handler = getattr(sys.modules[module.replace("/", ".")], name)
    stage = _Stage()
    ran = 0
    trace = os.environ.get(_TRACE)
    log_sink = bootstrap.create_log_sink()
    try:
        for path in files[:MAX_EVENTS]:
            with open(path, "rb") as file:
                body = file.read(_MAX_EVENT_BYTES + 1)
            if len(body) > _MAX_EVENT_BYTES:
                stage.errors += 1
                continue
            ran += 1
            _handle(stage, request_handler, body, log_sink)
    finally:
        bootstrap._GLOBAL_AWS_REQUEST_ID = None
        if trace is None:
            os.environ.pop(_TRACE, None)
        else:
            os.environ[_TRACE] = trace
    said = f"recorded events: the handler ran on {ran} before the first worker, with all its side effects"
    if not files:
        return f"recorded events: no file matches {pattern!r} in the package"
    if stage.errors:
        said += f"; {stage.errors} failed"
    return said


def _handle(stage: _Stage, request_handler: Callable[..., object], body: bytes, log_sink: object) -> None:
    request_id = "00000000-0000-4000-8000-" + os.urandom(6).hex()
    bootstrap._GLOBAL_AWS_REQUEST_ID = request_id
    arn = (
        f"arn:aws:lambda:{os.environ.get('AWS_REGION', 'us-east-1')}:000000000000:function:"
        f"{os.environ.get('AWS_LAMBDA_FUNCTION_NAME', 'function')}"
    )
    deadline_ms = int((time.time() + _REMAINING_S) * 1000)
    arguments = {
        "lambda_runtime_client": stage,
        "request_handler": request_handler,
        "invoke_id": request_id,
        "event_body": body,
        "content_type": "application/json",
        "client_context_json": None,
        "cognito_identity_json": None,
        "invoked_function_arn": arn,
        "epoch_deadline_time_in_ms": deadline_ms,
        "tenant_id": None,
        "log_sink": log_sink,
    }
    # Not through the guard: what was recorded is the deployer's.
    handle = loop_of_aws()
    code = handle.__code__
    # By name: parameters were added in the middle and at the end between versions.
    named = code.co_varnames[: code.co_argcount]
    handle(**{name: value for name, value in arguments.items() if name in named})

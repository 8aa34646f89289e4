"""A runtime of AWS's own client that forks a child for every event, with nothing of Dayfly: the physical floor.

`python bare_child.py app.handler`. The child waits ahead of its event, as Dayfly's do, answers through a pipe and ends.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
from collections.abc import Callable

from awslambdaric.lambda_runtime_client import LambdaRuntimeClient

_PIECE = 1 << 16
Handler = Callable[[object, object], object]


def serve(handler: Handler, client: LambdaRuntimeClient) -> None:
    """Take events and have children answer them, for ever."""
    gc.freeze()
    child = _fork(handler)
    while True:
        event = client.wait_next_invocation()
        pid, events, answers = child
        os.write(events, event.event_body)
        os.close(events)
        client.post_invocation_result(event.invoke_id, _read(answers).decode())
        os.waitpid(pid, 0)
        child = _fork(handler)


def _fork(handler: Handler) -> tuple[int, int, int]:
    events, send = os.pipe()
    answers, answer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(send)
        os.close(answers)
        os.write(answer, json.dumps(handler(json.loads(_read(events)), None)).encode())
        os._exit(0)
    os.close(events)
    os.close(answer)
    return pid, send, answers


def _read(descriptor: int) -> bytes:
    data = b""
    while piece := os.read(descriptor, _PIECE):
        data += piece
    os.close(descriptor)
    return data


if __name__ == "__main__":
    module, _, name = sys.argv[1].rpartition(".")
    sys.path.insert(0, os.getcwd())
    serve(
        getattr(importlib.import_module(module), name),
        LambdaRuntimeClient(os.environ["AWS_LAMBDA_RUNTIME_API"]),
    )

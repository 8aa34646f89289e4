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


def serve(handler: Handler, client: LambdaRuntimeClient, *, learns: bool = False) -> None:
    """Take events and have children answer them, for ever; `learns` to import what a child has imported."""
    gc.freeze()
    child = _fork(handler)
    while True:
        event = client.wait_next_invocation()
        pid, events, answers = child
        os.write(events, event.event_body)
        os.close(events)
        answer, imported = json.loads(_read(answers))
        client.post_invocation_result(event.invoke_id, json.dumps(answer))
        os.waitpid(pid, 0)
        if learns:
            for name in imported:
                importlib.import_module(name)
            gc.freeze()
        child = _fork(handler)


def warm() -> None:
    """Prepare libraries as Dayfly's zygote does."""
    from dayfly.runtime.sealing import Sealing, seal_known

    seal_known(Sealing(warms=True))


def _fork(handler: Handler) -> tuple[int, int, int]:
    events, send = os.pipe()
    answers, answer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(send)
        os.close(answers)
        known = set(sys.modules)
        said = handler(json.loads(_read(events)), None)
        imported = [name for name in sys.modules if name not in known]
        os.write(answer, json.dumps([said, imported]).encode())
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
    handler = getattr(importlib.import_module(module), name)
    if "WARM" in os.environ:
        warm()
    serve(
        handler,
        LambdaRuntimeClient(os.environ["AWS_LAMBDA_RUNTIME_API"]),
        learns="WARM" in os.environ,
    )

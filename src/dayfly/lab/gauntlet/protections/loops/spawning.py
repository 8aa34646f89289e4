"""A fresh interpreter per invocation: it imports the function, serves one event and ends.

The parent imports no function code. Not done: what the interpreter started lives on, /tmp is kept, and the Runtime
API is open to it.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys

from awslambdaric import bootstrap
from awslambdaric.lambda_runtime_client import InvocationRequest, LambdaRuntimeClient

_DIED = '{"errorMessage": "the process ended without an answer", "errorType": "Runtime.ExitError"}'


class OneEventClient(LambdaRuntimeClient):  # type: ignore[misc]
    """awslambdaric's client with the one event that its process was started for."""

    request: InvocationRequest | None = None

    def wait_next_invocation(self) -> InvocationRequest:
        """The event, once; then the process ends."""
        if self.request is None:
            os._exit(0)
        request, self.request = self.request, None
        return request


def serve(api: str) -> None:
    """Read an event from standard input, as `poll` wrote it, and serve it."""
    head = json.loads(sys.stdin.buffer.readline())
    body = sys.stdin.buffer.read()
    client = OneEventClient(api)
    client.request = InvocationRequest(event_body=body, **head)
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    bootstrap.run(os.environ["_HANDLER"], client)


def poll(api: str) -> None:
    """Give every event to an interpreter of its own."""
    client = LambdaRuntimeClient(api)
    log = os.environ.get("_LAMBDA_TELEMETRY_LOG_FD")
    kept = () if log is None else (int(log),)
    while True:
        request = client.wait_next_invocation()
        head = {name: value for name, value in vars(request).items() if name != "event_body"}
        body = request.event_body.encode() if isinstance(request.event_body, str) else request.event_body
        process = subprocess.run(
            [sys.executable, __file__, "serve"],
            input=json.dumps(head).encode() + b"\n" + body,
            check=False,
            pass_fds=kept,
        )
        if process.returncode != 0:
            # It may have answered before it died; the platform refuses a second answer.
            with contextlib.suppress(RuntimeError):
                client.post_invocation_error(request.invoke_id, _DIED, "", request.invocation_id)


if __name__ == "__main__":
    (serve if sys.argv[1:] == ["serve"] else poll)(os.environ["AWS_LAMBDA_RUNTIME_API"])

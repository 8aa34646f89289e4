"""A fork per invocation: the parent polls, the child serves one event and answers it itself.

Not done: whatever the child started lives on, /tmp is kept, the child holds the parent's sockets and may poll the
Runtime API, and its parent's memory can be written where the kernel allows it.
"""

from __future__ import annotations

import contextlib
import os
import sys

from awslambdaric import bootstrap
from awslambdaric.lambda_runtime_client import InvocationRequest, LambdaRuntimeClient

_DIED = '{"errorMessage": "the child ended without an answer", "errorType": "Runtime.ExitError"}'


class ForkingClient(LambdaRuntimeClient):  # type: ignore[misc]
    """awslambdaric's client; its loop goes on in a child for each event."""

    _is_child = False

    def wait_next_invocation(self) -> InvocationRequest:
        """The one event of a child. Never returns in the parent."""
        if self._is_child:
            os._exit(0)
        while True:
            request = super().wait_next_invocation()
            child = os.fork()
            if child == 0:
                self._is_child = True
                return request
            _, status = os.waitpid(child, 0)
            if status != 0:
                # It may have answered before it died; the platform refuses a second answer.
                with contextlib.suppress(RuntimeError):
                    self.post_invocation_error(request.invoke_id, _DIED, "", request.invocation_id)


def main() -> None:
    """Serve until the platform ends the environment."""
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    bootstrap.run(os.environ["_HANDLER"], ForkingClient(os.environ["AWS_LAMBDA_RUNTIME_API"]))


if __name__ == "__main__":
    main()

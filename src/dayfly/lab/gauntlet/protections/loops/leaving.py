"""One invocation per life: the runtime leaves by os._exit once its answer is posted, and the platform starts it anew.

Not done: what the invocation started lives on where the platform's reset does not reach it, /tmp is kept, and the
Runtime API is open to it. What AWS makes of an exit after the answer (retries, metrics) was not tried on an account.
"""

from __future__ import annotations

import os
import sys

from awslambdaric import bootstrap
from awslambdaric.lambda_runtime_client import InvocationRequest, LambdaRuntimeClient


class LeavingClient(LambdaRuntimeClient):  # type: ignore[misc]
    """awslambdaric's client that polls once."""

    _has_served = False

    def wait_next_invocation(self) -> InvocationRequest:
        """The first event; asked again, the process ends."""
        if self._has_served:
            os._exit(0)
        self._has_served = True
        return super().wait_next_invocation()


def main() -> None:
    """Serve one event."""
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    bootstrap.run(os.environ["_HANDLER"], LeavingClient(os.environ["AWS_LAMBDA_RUNTIME_API"]))


if __name__ == "__main__":
    main()

"""The restore phase of one environment: its routes of the Runtime API, its limit, its lines in the log.

Routes, states and refusals are those of AWS's emulator, which mounts them with init caching only; phase, hooks and
limit: https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html
"""

from __future__ import annotations

import asyncio
import time

from dayfly.lab import payloads
from dayfly.lab.extensions import JSON_HEADERS, json_body
from dayfly.lab.http1 import Exchange
from dayfly.lab.life import Life
from dayfly.lab.model import InvokeRefusedError
from dayfly.lab.runtime_api import RuntimeApi, error_type
from dayfly.lab.states import TransitionRefusedError

# From the same page: for loading the runtime and all hooks that run after a restore.
RESTORE_LIMIT_S = 10.0
_BASE = "/2018-06-01/runtime"
_TIMED_OUT = InvokeRefusedError(
    408, "SnapStartTimeoutException", "Lambda couldn't restore the snapshot within the timeout limit."
)
_HOOK_FAILED = InvokeRefusedError(
    400,
    "SnapStartException",
    "The afterRestore() runtime hook encountered an error. For more information, check the Amazon CloudWatch logs.",
)
_BROKEN = "error\tError Type: Runtime.ExitError"


class RestoreFailedError(Exception):
    """An environment could not be restored; `refusal` is what its caller is told, `status` what the log says."""

    def __init__(self, refusal: InvokeRefusedError, status: str) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal
        self.status = status


class Restoration:
    """Serves /restore/next and /restore/error of one environment, and restores it.

    A runtime that never asks for /restore/next and polls for events instead has no hooks: nothing is left to do for it.
    """

    def __init__(self, api: RuntimeApi) -> None:
        self._api = api
        self._poller: asyncio.Future[None] | None = None
        self._error: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        api.routes |= {
            f"{_BASE}/restore/next": {"GET": self._next},
            f"{_BASE}/restore/error": {"POST": self._restore_error},
            f"{_BASE}/init/error": {"POST": self._init_error},
        }

    async def run(self, life: Life, deadline: float | None = None) -> None:
        """Answer the runtime that waits for its restore, and wait until it polls for events.

        Without a deadline Lambda's limit on restores is it. Raises RestoreFailedError. Precondition: the life polls, and its processes are not stopped.
        """
        if deadline is None:
            deadline = time.monotonic() + RESTORE_LIMIT_S
        self._error = asyncio.get_running_loop().create_future()
        if self._api.state == "Ready":
            return
        if self._api.state == "RestoreReady":
            self.release()
        if await life.wait_for(self._api.settled, deadline, self._error):
            return
        if self._error.done():
            raise RestoreFailedError(_HOOK_FAILED, f"error\tError Type: {self._error.result()}")
        if life.exit_code is not None:
            raise RestoreFailedError(_HOOK_FAILED, _BROKEN)
        raise RestoreFailedError(_TIMED_OUT, "timeout")

    def release(self) -> None:
        """Answer the runtime that waits for its restore. Precondition: the state is RestoreReady."""
        self._api.move("Restoring")
        if self._poller is not None and not self._poller.done():
            self._poller.set_result(None)

    async def _next(self, exchange: Exchange) -> None:
        before = self._api.state
        # The runtime needs no more registrations: from here on the snapshot may be made.
        self._api.extensions.is_open = False
        try:
            self._api.move("RestoreReady")
        except TransitionRefusedError:
            # The emulator's refusal names the state it would be in at last.
            raise TransitionRefusedError(before, "Ready") from None
        self._poller = asyncio.get_running_loop().create_future()
        await self._poller
        await exchange.answer(200, b"")

    async def _restore_error(self, exchange: Exchange) -> None:
        self._api.move("RuntimeRestoreErrorState")
        await exchange.read_body(payloads.MAX_RESPONSE_BYTES)
        kind = error_type(exchange.header("lambda-runtime-function-error-type") or "")
        if not self._error.done():
            self._error.set_result(kind)
        await exchange.answer(202, json_body({"status": "OK"}), JSON_HEADERS)

    async def _init_error(self, exchange: Exchange) -> None:
        """A runtime that reports its failed restore as a failed init means the same."""
        if self._api.state == "Restoring":
            await self._restore_error(exchange)
        else:
            await self._api.report_init_error(exchange)

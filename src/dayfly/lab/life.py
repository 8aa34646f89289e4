"""One life of an environment: the extensions and the runtime, from their start to their end.

Order and budgets: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
import time
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from dayfly.lab.extensions import MAX_EXTENSIONS
from dayfly.lab.init import RUNTIME_KEY
from dayfly.lab.launch import Launch
from dayfly.lab.payloads import describe_exit
from dayfly.lab.process_tree import ProcessTree
from dayfly.lab.runtime_api import RuntimeApi

ShutdownReason = Literal["spindown", "timeout", "failure"]

_BUDGET_INTERNAL_S = 0.5
_BUDGET_EXTERNAL_S = 2.0
# The runtime's share of the budget between SIGTERM and SIGKILL, as in AWS's emulator.
_RUNTIME_SHARE = 0.3
_KILL_PATIENCE_S = 2.0
# The key of the runtime among an environment's programs.
RUNTIME = RUNTIME_KEY


class Life:
    """Starts the programs of one life, waits with an eye on their exits, and stops them.

    A reset ends a life, not its environment: `/tmp`, the namespaces and whatever left the runtime's
    process group stay, as in AWS's emulator.
    """

    def __init__(
        self, api: RuntimeApi, tree: ProcessTree, *, runtime: Launch, extensions: Mapping[str, Launch]
    ) -> None:
        self._api = api
        self._tree = tree
        self._runtime = runtime
        self._extensions = extensions
        self._exits: dict[str, asyncio.Future[int]] = {}

    @property
    def exit_code(self) -> int | None:
        """Of the first program that has ended; None while all run. Negative codes are signals."""
        return next((future.result() for future in self._exits.values() if future.done()), None)

    @property
    def has_runtime(self) -> bool:
        """Did it come to starting the runtime?"""
        return RUNTIME in self._exits

    def extension_fault(self) -> tuple[str, str] | None:
        """Error type and words for an extension that ended this life; None when none did."""
        if len(self._extensions) > MAX_EXTENSIONS:
            return "Extension.LaunchError", "ErrTooManyExtensions"
        name = next((key for key, future in self._exits.items() if future.done()), RUNTIME)
        if name == RUNTIME:
            return None
        if name in self._tree.refused:
            text = os.strerror(self._tree.refused[name][1]).lower()
            return "Extension.LaunchError", f"fork/exec {self._extensions[name].argv[0]}: {text}"
        code = self._exits[name].result()
        how = describe_exit(code).removeprefix("Runtime exited with error: ") if code else "exit code 0"
        return self._api.extensions.fatal_error or "Extension.Crash", how

    @property
    def refused(self) -> tuple[str, int] | None:
        """Why the runtime could not be executed, as a step (`chdir`, `exec`) and its errno."""
        return self._tree.refused.get(RUNTIME)

    @property
    def pid(self) -> int | None:
        """The runtime's, as this host numbers it; None when it does not run."""
        return self._tree.host_pid(RUNTIME)

    async def start(self, deadline: float) -> bool:
        """Start everything; True when the runtime and every extension poll before `deadline`.

        The runtime starts when every external extension has registered.
        """
        self._api.new_life(frozenset(self._extensions))
        if len(self._extensions) > MAX_EXTENSIONS:
            return False
        for name, launch in self._extensions.items():
            self._exits[name] = await self._tree.run(name, launch.argv, launch.environment)
        if not await self.wait_for(self._api.registered, deadline):
            for name, (_, number) in self._tree.refused.items():
                self._api.extensions.fail_launch(name, is_denied=number in (errno.EACCES, errno.EPERM))
            return False
        self._exits[RUNTIME] = await self._tree.run(
            RUNTIME, self._runtime.argv, self._runtime.environment, folder=self._runtime.folder
        )
        return await self.wait_for(self._api.settled, deadline, self._api.init_error)

    async def wait_for(self, event: asyncio.Event, deadline: float, *others: asyncio.Future[Any]) -> bool:
        """True when `event` is set before one of `others` is done, a program ends or time is up."""
        waiting = asyncio.ensure_future(event.wait())
        try:
            await self.wait([waiting, *others], deadline)
        finally:
            # Also where the wait itself is cancelled: nobody else would end it.
            waiting.cancel()
        return event.is_set()

    async def wait(self, wanted: Sequence[asyncio.Future[Any]], deadline: float) -> None:
        """Return when one of `wanted` is done, a program of this life has ended, or time is up."""
        # Any: futures of every result type are waited for together, and nobody reads them here.
        timeout = max(0.0, deadline - time.monotonic())
        await asyncio.wait(
            [*wanted, *self._exits.values()], timeout=timeout, return_when=asyncio.FIRST_COMPLETED
        )

    async def stop(self, reason: ShutdownReason) -> None:
        """End runtime and extensions within Lambda's budgets; SIGKILL at once without extensions.

        An extension that did not subscribe to SHUTDOWN is killed as soon as the runtime is gone.
        """
        extensions = self._api.extensions
        budget = 0.0
        if extensions.has_any:
            budget = _BUDGET_EXTERNAL_S if extensions.has_external else _BUDGET_INTERNAL_S
        deadline = time.monotonic() + budget
        if budget:
            await self._signal(RUNTIME, signal.SIGTERM)
            await self._gone([RUNTIME], budget * _RUNTIME_SHARE)
        await self._signal(RUNTIME, signal.SIGKILL)
        if budget:
            # What the runtime took of the budget is gone.
            ends_at = time.time() + deadline - time.monotonic()
            event = {"eventType": "SHUTDOWN", "deadlineMs": int(ends_at * 1000)}
            extensions.send("SHUTDOWN", event | {"shutdownReason": reason})
            for name in self._extensions:
                if not extensions.awaits_shutdown(name):
                    await self._signal(name, signal.SIGKILL)
            await self._gone(list(self._extensions), max(0.0, deadline - time.monotonic()))
        for name in self._extensions:
            await self._signal(name, signal.SIGKILL)
        if not await self._gone(list(self._exits), _KILL_PATIENCE_S):
            await self._tree.freezer.kill()

    async def _signal(self, key: str, number: signal.Signals) -> None:
        with contextlib.suppress(KeyError):  # this life did not get as far as starting it
            await self._tree.signal(key, number)

    async def _gone(self, keys: Sequence[str], patience_s: float) -> bool:
        futures = [self._exits[key] for key in keys if key in self._exits]
        waiting = [future for future in futures if not future.done()]
        if waiting:
            await asyncio.wait(waiting, timeout=patience_s)
        return all(future.done() for future in futures)

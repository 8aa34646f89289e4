"""Starts environments: in their place, a few at a time, within the bound on how many there may be; and ends them."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import dayfly
from dayfly.lab import payloads
from dayfly.lab.code import Code, CodeStore
from dayfly.lab.confinement import CHECK_SLOT, Confinement, Place, place_inside
from dayfly.lab.environment import Environment, new_environment_id
from dayfly.lab.freezer import FreezerFactory
from dayfly.lab.interpreter import Interpreter, check_start
from dayfly.lab.life import ShutdownReason
from dayfly.lab.managed import LANG, LIBRARY_PATH, binds, layer_binds
from dayfly.lab.model import FunctionConfig, InitializationType, LabEvent, LogLine

# A cold start keeps a core busy for some 0.15 s; many at once would trip Lambda's limit on init.
_COLD_STARTS_PER_CORE = 2
_SHUTDOWNS_AT_ONCE = 16


class Launcher:
    """Starts and ends the environments of one lab; `starting` are those that are not ready yet.

    `make_room` ends an idle environment, by way of `vacate`, when there may be no more; it says whether there was one.
    """

    def __init__(
        self,
        *,
        codes: CodeStore,
        confinement: Confinement,
        freezers: FreezerFactory,
        folder: Path,
        max_environments: int,
        make_room: Callable[[], bool],
        emit: Callable[[LabEvent], None],
        log: Callable[[LogLine], None],
    ) -> None:
        self._codes = codes
        self._confinement = confinement
        self._freezers = freezers
        self._folder = folder
        self._max_environments = max_environments
        self._make_room = make_room
        self._emit = emit
        self._log = log
        self._slots: set[int] = set()
        self._numbers = itertools.count()
        self._cold_starts = asyncio.Semaphore(_COLD_STARTS_PER_CORE * (os.cpu_count() or 1))
        self.starting: set[Environment] = set()
        # Interpreters that were seen to start in the confinement.
        self._startable: set[Interpreter] = set()

    async def start(
        self,
        config: FunctionConfig,
        tenant_id: str | None = None,
        *,
        initialization: InitializationType = "on-demand",
    ) -> tuple[Environment, float]:
        """An environment and its initialisation in milliseconds; one that nobody asked for yet waits frozen.

        Raises InvokeRefusedError (429) where no room can be made.
        """
        slot = self._take_slot()
        environment: Environment | None = None
        try:
            async with self._cold_starts:
                environment = self._make(config, slot, initialization)
                environment.tenant_id = tenant_id
                self.starting.add(environment)
                init_ms = await environment.start()
                if initialization != "on-demand":
                    await environment.freeze()
                self.starting.discard(environment)
                return environment, init_ms
        except BaseException:
            if environment is None:
                self._slots.discard(slot)
            else:
                await self.end(environment, "failure")
            raise

    def vacate(self, environment: Environment) -> None:
        """Give the room of an environment that is about to end to another, now."""
        self._slots.discard(environment.slot)
        environment.slot = -1

    async def end(self, environment: Environment, reason: ShutdownReason) -> None:
        try:
            await environment.shut_down(reason)
        finally:
            self.starting.discard(environment)
            self._slots.discard(environment.slot)

    async def end_all(self, environments: Sequence[Environment]) -> None:
        gate = asyncio.Semaphore(_SHUTDOWNS_AT_ONCE)

        async def end(environment: Environment) -> None:
            async with gate:
                await self.end(environment, "spindown")

        await asyncio.gather(*(end(environment) for environment in environments), return_exceptions=True)

    def _take_slot(self) -> int:
        """Reserve room for one environment, ending an idle one if that is what it takes."""
        if len(self._slots) >= self._max_environments and not self._make_room():
            raise payloads.throttled("ConcurrentInvocationLimitExceeded")
        # Never one that was in use: kernel keys of an environment's user outlive it.
        slot = next(self._numbers)
        self._slots.add(slot)
        return slot

    def _make(self, config: FunctionConfig, slot: int, initialization: InitializationType) -> Environment:
        environment_id = new_environment_id()
        code = self._codes.get(config)
        image = layer_binds(config)
        if config.is_managed:
            image += self._binds(code.interpreter)
        place = self._place(
            code,
            image,
            slot=slot,
            environment_id=environment_id,
            channel=config.channel,
            tmp_mb=config.ephemeral_mb,
        )
        return Environment(
            environment_id,
            config,
            code.interpreter,
            place,
            self._freezers.make(environment_id),
            emit=self._emit,
            log=self._log,
            slot=slot,
            initialization=initialization,
        )

    def _place(
        self,
        code: Code,
        image: Sequence[str],
        *,
        slot: int,
        environment_id: str,
        channel: Path | None = None,
        tmp_mb: int = 512,
    ) -> Place:
        interpreter = code.interpreter
        own_package = Path(dayfly.__file__).resolve().parent
        dayfly_folder = interpreter.dayfly_folder or own_package
        return self._confinement.place(
            slot,
            environment_id=environment_id,
            folder=code.folder,
            read_only=[*interpreter.folders, interpreter.client_folder.parent, dayfly_folder.parent],
            dayfly_folder=own_package,
            image=image,
            private_folder=self._folder / environment_id,
            channel=channel,
            tmp_mb=tmp_mb,
        )

    def _binds(self, interpreter: Interpreter) -> list[str]:
        return binds(interpreter, inside=place_inside(interpreter.path))

    def check(self, code: Code) -> None:
        """Raise LabError when the code's interpreter cannot start in the confinement; asked once of each. Blocking."""
        interpreter = code.interpreter
        if not self._confinement.is_confined or interpreter in self._startable:
            return
        place = self._place(
            code, self._binds(interpreter), slot=CHECK_SLOT, environment_id=new_environment_id()
        )
        name = f"python{interpreter.version[0]}.{interpreter.version[1]}"
        check_start(interpreter, place, LANG / "bin" / name, {"LD_LIBRARY_PATH": LIBRARY_PATH})
        self._startable.add(interpreter)

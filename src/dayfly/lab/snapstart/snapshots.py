"""The snapshots of a lab's versions: environments initialised ahead, held at their restore, and replaced as they are used.

Lambda copies one initialised machine as often as it must. Here each environment is initialised by itself and stopped at
the same point: init code runs once per environment rather than once per version, and what it draws at random differs
between environments that on Lambda would have it in common (docs/lab-reference.md says so).
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field

from dayfly.lab.environment import Environment
from dayfly.lab.launcher import Launcher
from dayfly.lab.model import FunctionConfig, InvokeRefusedError, LabError
from dayfly.lab.snapstart.restoring import RestoreFailedError

Key = tuple[str, str]


@dataclass(slots=True)
class _Snapshot:
    """One version's: what is held for it, and whether the next one is being made."""

    config: FunctionConfig
    held: list[Environment] = field(default_factory=list)
    is_refilling: bool = False


class Snapshots:
    """Makes, restores and forgets the snapshots of one lab; `spawn` runs a task."""

    def __init__(self, launcher: Launcher, spawn: Callable[[Coroutine[None, None, None]], None]) -> None:
        self._launcher = launcher
        self._spawn = spawn
        self._by_version: dict[Key, _Snapshot] = {}

    def environments(self, name: str = "") -> list[Environment]:
        """What is held, of one function or of all."""
        chosen = (s for key, s in self._by_version.items() if not name or key[0] == name)
        return [environment for snapshot in chosen for environment in snapshot.held]

    def begin(self, config: FunctionConfig, done: Callable[[str], None]) -> None:
        """Have a version initialised and held; `done` is told why that failed, or nothing."""

        async def work() -> None:
            try:
                failure = await self.create(config)
            except (InvokeRefusedError, LabError) as error:
                failure = error.message
            done(failure)

        self._spawn(work())

    async def create(self, config: FunctionConfig) -> str:
        """Initialise a version and hold it; returns why that failed, empty when it did not.

        Raises InvokeRefusedError (429) without room, LabError when its environment does not come up.
        """
        snapshot = self._of(config)
        environment, _ = await self._launcher.start(config, initialization="snap-start")
        if self._by_version.get((config.name, config.version)) is not snapshot:
            await self._launcher.end(environment, "spindown")
            return "The version was deleted."
        if not environment.is_ready:
            await self._launcher.end(environment, "failure")
            return "The function's init code or a hook before the snapshot failed."
        snapshot.held.append(environment)
        return ""

    async def restore(self, config: FunctionConfig) -> tuple[Environment, float]:
        """An environment restored from the version's snapshot, and the milliseconds that took.

        Raises InvokeRefusedError: 429 without room, 400 and 408 when the restore fails.
        """
        snapshot = self._of(config)
        if not snapshot.held:
            failure = await self.create(config)
            if failure:
                raise InvokeRefusedError(400, "SnapStartException", failure)
        environment = snapshot.held.pop(0)
        self._refill(snapshot)
        # It is in nobody's hands until it is restored, and must end with the lab all the same.
        self._launcher.starting.add(environment)
        try:
            return environment, await environment.restore()
        except RestoreFailedError as error:
            await self._launcher.end(environment, "failure")
            raise error.refusal from error
        except BaseException:
            await self._launcher.end(environment, "failure")
            raise
        finally:
            self._launcher.starting.discard(environment)

    def forget(self, name: str, version: str) -> None:
        """The version is gone; what is held for it ends."""
        snapshot = self._by_version.pop((name, version), None)
        for environment in snapshot.held if snapshot is not None else ():
            self._spawn(self._launcher.end(environment, "spindown"))

    def give_up(self) -> Environment | None:
        """Take one held environment out, for want of room; the next restore makes another."""
        for snapshot in self._by_version.values():
            if snapshot.held:
                return snapshot.held.pop()
        return None

    def _of(self, config: FunctionConfig) -> _Snapshot:
        return self._by_version.setdefault((config.name, config.version), _Snapshot(config))

    def _refill(self, snapshot: _Snapshot) -> None:
        """Have the next one made while nobody waits for it."""
        if snapshot.held or snapshot.is_refilling:
            return
        snapshot.is_refilling = True
        self._spawn(self._make_next(snapshot))

    async def _make_next(self, snapshot: _Snapshot) -> None:
        try:
            if self._by_version.get((snapshot.config.name, snapshot.config.version)) is snapshot:
                await self.create(snapshot.config)
        except (InvokeRefusedError, LabError):
            # No room: a restore that finds nothing held makes its own.
            return
        finally:
            snapshot.is_refilling = False

"""A Lambda emulator without Docker: functions, their pools of environments, and Invoke."""

from __future__ import annotations

import shutil
import time
import uuid
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import ParamSpec, TypeVar

from dayfly.lab import payloads
from dayfly.lab.code import CodeStore, Package
from dayfly.lab.confinement import Confinement
from dayfly.lab.environment import Environment
from dayfly.lab.events.destinations import Destinations
from dayfly.lab.events.queue import Clock, EventQueue
from dayfly.lab.freezer import FreezerFactory
from dayfly.lab.invocation import Invocation
from dayfly.lab.launcher import Launcher
from dayfly.lab.machine import make_folder, raise_file_limit
from dayfly.lab.model import (
    VERSION,
    ConfinementChoice,
    ConfinementReport,
    EnvironmentView,
    EventKind,
    FunctionConfig,
    InvocationType,
    InvokeResult,
    LabError,
    LabEvent,
    LogLine,
    LogType,
)
from dayfly.lab.pool import Pool, Reservation
from dayfly.lab.provisioning import Provisioning
from dayfly.lab.services import Services
from dayfly.lab.serving import Serving
from dayfly.lab.snapstart.snapshots import Snapshots
from dayfly.lab.streaming.limits import StreamLimits
from dayfly.lab.streaming.stream import ResponseStream
from dayfly.lab.tasks import Tasks
from dayfly.lab.tenancy import check_tenant
from dayfly.lab.throttling import ACCOUNT_CONCURRENCY

_P = ParamSpec("_P")
_R = TypeVar("_R")


class Lab:
    """The emulator. Use as an async context manager: leaving it ends every process it started,
    also after an exception or a cancellation.

    `log` gets every line the functions and the platform write. `max_environments` bounds the
    environments of all functions together; at the bound an idle one makes room, else Invoke is
    throttled. `services` is the URL of moto's server or LocalStack, for what the lab asks of other
    services than Lambda; the clock by which events are retried and grow old runs `async_speed` times as
    fast as the machine's.
    `stream_limits` are Lambda's for a streamed response, if no others are given; with `keeps_rates` requests are
    throttled by Lambda's rates, too.
    With `refuses_calls` confined environments lack the system calls that Lambda's lack. Raises LabError when
    `confinement="bubblewrap"` cannot be had.
    """

    def __init__(
        self,
        *,
        confinement: ConfinementChoice = "auto",
        max_environments: int = 256,
        log: Callable[[LogLine], None] | None = None,
        async_speed: float = 1.0,
        services: str | None = None,
        refuses_calls: bool = False,
        stream_limits: StreamLimits | None = None,
        keeps_rates: bool = False,
    ) -> None:
        self.keeps_rates = keeps_rates
        self.stream_limits = stream_limits or StreamLimits()
        self.services = Services(services) if services is not None else None
        self._freezers = FreezerFactory()
        try:
            self._confinement = Confinement(
                confinement, freezing=self._freezers.description, refuses_calls=refuses_calls
            )
        except LabError:
            self._freezers.close()
            raise
        self.confinement: ConfinementReport = self._confinement.report
        self._log = log or (lambda line: None)
        self._subscribers: list[Callable[[LabEvent], None]] = []
        self._line_subscribers: list[Callable[[LogLine], None]] = []
        # By function and version.
        self._pools: dict[str, dict[str, Pool]] = {}
        self._reservations: dict[str, Reservation] = {}
        self._leaving: list[Pool] = []
        self._provisioning: dict[tuple[str, str], Provisioning] = {}
        self.counters: Counter[str] = Counter()
        self._tasks = Tasks(self.counters)
        self._root = make_folder()
        self._codes = CodeStore(self._root, switches_user=self._confinement.switches_user)
        self._launcher = Launcher(
            codes=self._codes,
            confinement=self._confinement,
            freezers=self._freezers,
            folder=self._root,
            max_environments=max_environments,
            make_room=self._make_room,
            emit=self._emit,
            log=self._log_line,
        )
        self.snapshots = Snapshots(self._launcher, self._tasks.spawn)
        self._is_closed = False
        # Where a qualifier leads; whoever knows aliases knows better.
        self.route: Callable[[str, str | None], tuple[str, str]] = _route
        self._serving = Serving(
            self._launcher, self.counters, spawn=self._tasks.spawn, is_closed=lambda: self._is_closed
        )
        self.events = EventQueue(
            self,
            clock=Clock(async_speed),
            destinations=Destinations(self.services, self._invoke_destination),
            counters=self.counters,
            spawn=self._tasks.spawn,
            emit=self._emit,
        )
        raise_file_limit(max_environments)

    async def __aenter__(self) -> Lab:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End every environment; afterwards Invoke is refused. Safe to call twice."""
        if self._is_closed:
            return
        self._is_closed = True
        try:
            await self._tasks.end()
            await self._launcher.end_all(
                [
                    *self._launcher.starting,
                    *self.snapshots.environments(),
                    *(e for p in [*self._all_pools(), *self._leaving] for e in p.environments()),
                ]
            )
        finally:
            self._codes.close()
            if self.services is not None:
                self.services.close()
            self._freezers.close()
            shutil.rmtree(self._root, ignore_errors=True)

    def subscribe(self, callback: Callable[[LabEvent], None]) -> None:
        """Call `callback` on the event loop for everything that happens from now on."""
        self._subscribers.append(callback)

    def subscribe_lines(self, callback: Callable[[LogLine], None]) -> None:
        """Call `callback` on the event loop for every line that is written from now on."""
        self._line_subscribers.append(callback)

    def functions(self) -> tuple[FunctionConfig, ...]:
        """Every function as its `$LATEST` is configured."""
        return tuple(versions[VERSION].config for versions in self._pools.values())

    def function(self, name: str, version: str = VERSION) -> FunctionConfig:
        """Raises InvokeRefusedError (404) for a name or version that was not added."""
        return self._pool(name, version).config

    def runtime_name(self, name: str) -> str:
        """The function's runtime as AWS names it: python3.13."""
        version = self._codes.get(self.function(name)).interpreter.version
        return f"python{version[0]}.{version[1]}"

    @property
    def folder(self) -> Path:
        """Where the lab keeps what lasts as long as it: nobody else may read it."""
        return self._root

    async def aside(self, work: Callable[_P, _R], *arguments: _P.args, **options: _P.kwargs) -> _R:
        """Do something that takes its time in a thread of the lab's own, so that invocations go on."""
        return await self._codes.aside(work, *arguments, **options)

    async def measure_code(self, config: FunctionConfig) -> Package:
        """Size and hash of the code that `config` names. Precondition: loaded."""
        return await self._codes.measure(config)

    def environments(self, name: str) -> tuple[EnvironmentView, ...]:
        """The environments of a function's versions as they are now, oldest first."""
        views = [environment.view() for pool in self._versions(name) for environment in pool.environments()]
        others = (*self._launcher.starting, *self.snapshots.environments(name))
        views += [e.view() for e in others if e.config.name == name]
        return tuple(sorted(views, key=lambda view: view.created_at))

    def processes(self, name: str) -> dict[str, list[int]]:
        """Host pids of every environment's processes, by environment."""
        environments = (e for pool in self._versions(name) for e in pool.environments())
        return {environment.id: environment.pids() for environment in environments}

    def reservation(self, name: str) -> Reservation:
        """How many invocations of the function may run at once; its limit may be set at any time."""
        self._pool(name)
        return self._reservations[name]

    def _pool(self, name: str, version: str = VERSION) -> Pool:
        try:
            return self._pools[name][version]
        except KeyError:
            raise payloads.not_found(name, version) from None

    def _versions(self, name: str) -> list[Pool]:
        self._pool(name)
        return list(self._pools[name].values())

    def _all_pools(self) -> list[Pool]:
        return [pool for versions in self._pools.values() for pool in versions.values()]

    async def add_function(self, config: FunctionConfig, package: Package | None = None) -> None:
        """Make a function invocable. Raises LabError when its folder or interpreter cannot be used.

        `package` is what its folder was unpacked from, if somebody sent it.
        """
        await self.load_code(config, package)
        if config.name in self._pools:
            raise LabError(f"function {config.name} already exists", hint="choose another name")
        self._reservations[config.name] = Reservation(
            config.reserved_concurrency, unreserved=self._unreserved if self.keeps_rates else None
        )
        self._pools[config.name] = {config.version: self._make_pool(config)}

    def _unreserved(self) -> int:
        return ACCOUNT_CONCURRENCY - sum(r.limit or 0 for r in self._reservations.values())

    async def load_code(self, config: FunctionConfig, package: Package | None = None) -> None:
        """Check the code that `config` names, so that a function may be given it; raises LabError as `add_function`."""
        code = await self._codes.load(config, package)
        await self.aside(self._launcher.check, code)

    async def check_interpreter(self, python: Path) -> None:
        """Raise LabError when `python` cannot run functions here, whatever their code."""
        await self.aside(self._launcher.check, await self._codes.load_interpreter(python))

    def add_version(self, config: FunctionConfig) -> None:
        """Make another version of a function invocable, with environments of its own.

        Precondition: it has the code of a version that is there.
        """
        self._pool(config.name)
        self._pools[config.name][config.version] = self._make_pool(config)

    def remove_version(self, name: str, version: str) -> None:
        """Forget a version; its environments end, busy ones after their invocation."""
        pool = self._pool(name, version)
        self._provisioning.pop((name, version)).want(0)
        self.snapshots.forget(name, version)
        del self._pools[name][version]
        self.events.forget(name, version)
        self._leave(pool)

    def remove_function(self, name: str) -> None:
        """Forget a function and all its versions; environments end, busy ones after their invocation."""
        pools = self._versions(name)
        for version in self._pools.pop(name):
            self._provisioning.pop((name, version)).want(0)
            self.snapshots.forget(name, version)
        for pool in pools:
            self._leave(pool)
        del self._reservations[name]
        self.events.forget(name)

    def _leave(self, pool: Pool) -> None:
        pool.close()
        # Whoever is still served by it is ended with the lab, at the latest.
        self._leaving = [left for left in self._leaving if left.running or left.environments()] + [pool]

    def _make_pool(self, config: FunctionConfig) -> Pool:
        name = config.name

        def end(environment: Environment, kind: EventKind) -> None:
            pool.forget(environment)
            self._emit(LabEvent(time.time(), name, environment.id, kind, None, {}))
            self._tasks.spawn(self._launcher.end(environment, "spindown"))

        async def start(tenant_id: str | None) -> tuple[Environment, float]:
            if pool.config.is_snapshotted:
                return await self.snapshots.restore(pool.config)
            return await self._launcher.start(pool.config, tenant_id)

        async def start_ahead() -> Environment:
            if self._is_closed:
                raise LabError("the lab is closed")
            environment, _ = await self._launcher.start(pool.config, initialization="provisioned-concurrency")
            return environment

        pool = Pool(
            config,
            start=start,
            expire=lambda environment: end(environment, "expired"),
            replace=lambda environment: end(environment, "replaced"),
            reservation=self._reservations[name],
        )
        self._provisioning[(name, config.version)] = Provisioning(
            pool,
            start=start_ahead,
            end=lambda environment: end(environment, "replaced"),
            spawn=self._tasks.spawn,
        )
        return pool

    def provisioning(self, name: str, version: str) -> Provisioning:
        """The environments of a version that are started ahead."""
        self._pool(name, version)
        return self._provisioning[(name, version)]

    def reconfigure(self, config: FunctionConfig) -> None:
        """Give a version of a function another configuration, from its next environment on.

        Idle environments end now and busy ones after their invocation, as on Lambda once an update is done.
        """
        self._pool(config.name, config.version).reconfigure(config)

    def _make_room(self) -> bool:
        for pool in self._all_pools():
            victim = pool.oldest_idle()
            if victim is not None:
                pool.forget(victim)
                self._tasks.spawn(self._launcher.end(victim, "spindown"))
                self._launcher.vacate(victim)
                return True
        held = self.snapshots.give_up()
        if held is not None:
            self._tasks.spawn(self._launcher.end(held, "spindown"))
            self._launcher.vacate(held)
        return held is not None

    async def invoke(
        self,
        name: str,
        payload: bytes,
        *,
        version: str = VERSION,
        arn: str = "",
        invocation_type: InvocationType = "RequestResponse",
        log_type: LogType = "None",
        client_context: str | None = None,
        tenant_id: str | None = None,
        trace_id: str | None = None,
        request_id: str | None = None,
        stream: ResponseStream | None = None,
    ) -> InvokeResult:
        """Invoke a function as Lambda would.

        `client_context` is the decoded JSON; `arn` is the function's as the caller named it; `request_id` is made up if it is not given. With a
        `stream` the caller reads what the runtime streams while it does; the result's payload is then an error's. A function that fails is a result with `function_error`;
        InvokeRefusedError is what Lambda's front end refuses: unknown name (404), payload that is too
        large (413) or no JSON (400), throttling (429).
        """
        if self._is_closed:
            raise LabError("the lab is closed")
        pool = self._pool(name, version)
        payloads.check_request(payload, is_async=invocation_type == "Event")
        check_tenant(pool.config, tenant_id)
        invocation = Invocation(
            request_id=request_id or str(uuid.uuid4()),
            payload=payload or b"{}",
            wants_tail=log_type == "Tail",
            # "Lambda passes the ClientContext object to your function for synchronous invocations only":
            # https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
            client_context="" if invocation_type == "Event" else client_context or "",
            tenant_id=tenant_id or "",
            trace_id=trace_id or "",
            arn=arn,
            stream=stream,
        )
        if invocation_type == "DryRun":
            return InvokeResult.accepted(204, invocation.request_id, version)
        if invocation_type == "Event":
            self.events.accept(name, version, invocation)
            return InvokeResult.accepted(202, invocation.request_id, version)
        return await self.invoke_at_once(name, version, invocation)

    async def _invoke_destination(self, name: str, qualifier: str | None, payload: bytes) -> None:
        version, arn = self.route(name, qualifier)
        await self.invoke(name, payload, version=version, arn=arn, invocation_type="Event")

    async def invoke_at_once(self, name: str, version: str, invocation: Invocation) -> InvokeResult:
        """Serve one invocation that was checked; raises InvokeRefusedError (404, 429) as `invoke`."""
        return await self._serving.serve(self._pool(name, version), invocation)

    async def recycle(self, name: str) -> int:
        """Shut down every environment of a function, busy ones included; returns how many."""
        counts = [await self._end_pool(pool) for pool in self._versions(name)]
        return sum(counts)

    async def _end_pool(self, pool: Pool) -> int:
        environments = pool.environments()
        for environment in environments:
            pool.forget(environment)
        await self._launcher.end_all(environments)
        return len(environments)

    def _emit(self, event: LabEvent) -> None:
        for callback in self._subscribers:
            callback(event)

    def _log_line(self, line: LogLine) -> None:
        self._log(line)
        for callback in self._line_subscribers:
            callback(line)


def _route(name: str, qualifier: str | None) -> tuple[str, str]:
    return qualifier or VERSION, ""

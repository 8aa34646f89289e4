"""Brings a fault plan to one environment: counts its moments and does what is due."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

from dayfly.lab.faults import disk, processes, wire
from dayfly.lab.faults.limits import Groups, find_mounts, rlimits
from dayfly.lab.faults.plan import Fault, FaultPlan, Moment, Route, route_of
from dayfly.lab.http1 import Exchange, Handler
from dayfly.lab.life import RUNTIME
from dayfly.lab.model import LabError
from dayfly.lab.process_tree import ProcessTree
from dayfly.lab.runtime_api import RuntimeApi


def inject(
    plan: FaultPlan | None, api: RuntimeApi, tree: ProcessTree, *, tell: Callable[[Fault, str], None]
) -> Injection | None:
    """Have an environment meet the faults of its plan; None without one."""
    if plan is None:
        return None
    injection = Injection(plan, tree, tell=tell)
    api.intercept = injection.handle
    tree.limits = rlimits(plan.limits, tree.limits)
    return injection


def describe(fault: Fault) -> dict[str, str]:
    """Return what the log of a lab says of a fault."""
    whose = {"process": fault.process} if fault.do in ("kill", "stop", "terminate") else {}
    return {"route": fault.route, "moment": fault.at, "do": fault.do, **whose}


class Injection:
    """The faults of one environment. `tell` is called with each that happened, and with why one could not.

    Its moments are counted over all lives of the environment. `handle` takes the place of the Runtime API's handler.
    """

    def __init__(self, plan: FaultPlan, tree: ProcessTree, *, tell: Callable[[Fault, str], None]) -> None:
        self._plan = plan
        self._tree = tree
        self._tell = tell
        self._counts: Counter[int] = Counter()
        self._later: set[asyncio.Task[None]] = set()
        self._groups: Groups | None = None

    def confine(self, name: str, init: int) -> None:
        """Limit the environment whose first process is `init`. Raises LabError where that cannot be done."""
        self._groups = Groups(self._plan.limits, name, find_mounts())
        self._groups.take(init)

    def close(self) -> None:
        """Forget what was postponed. Precondition: every process of the environment is dead."""
        for task in self._later:
            task.cancel()
        if self._groups is not None:
            self._groups.close()
            self._groups = None

    async def handle(self, serve: Handler, exchange: Exchange) -> None:
        """Serve one request with whatever faults are due at its moments."""
        route = route_of(exchange.method, exchange.path)
        if route is None:
            await serve(exchange)
            return
        await self._before(route, "request", exchange)
        if exchange.is_answered:
            return
        connection = exchange.connection
        transmit = connection.transmit

        async def send(data: bytes) -> None:
            at: Moment = "continue" if data.startswith(b"HTTP/1.1 1") else "reply"
            rest: bytes | None = data
            for fault in self._due(route, at):
                await self._act(fault, exchange)
                if rest is not None:
                    rest = await wire.send(fault, connection, rest, transmit)
            if rest is not None:
                await transmit(rest)

        connection.transmit = send
        try:
            await serve(exchange)
        finally:
            connection.transmit = transmit
        await self._before(route, "sent", exchange)

    async def _before(self, route: Route, at: Moment, exchange: Exchange) -> None:
        for fault in self._due(route, at):
            await self._act(fault, exchange)
            if fault.do == "status" and not exchange.is_answered:
                headers = (("Content-Type", "application/json"),)
                await exchange.answer(fault.status, wire.error_body(fault.status), headers)

    def _due(self, route: Route, at: Moment) -> list[Fault]:
        due: list[Fault] = []
        for number, fault in enumerate(self._plan.faults):
            if fault.matches(route, at):
                self._counts[number] += 1
                if fault.is_due(self._counts[number]):
                    due.append(fault)
        return due

    async def _act(self, fault: Fault, exchange: Exchange) -> None:
        """Do what does not change the bytes of a reply. Raises ConnectionError where the connection ends."""
        if fault.do in ("kill", "stop", "terminate", "fill", "free"):
            if fault.delay:
                task = asyncio.create_task(self._act_later(fault))
                self._later.add(task)
                task.add_done_callback(self._later.discard)
            else:
                self._act_outside(fault)
            return
        self._tell(fault, "")
        if fault.do == "stall":
            await asyncio.sleep(fault.seconds)
        elif fault.do == "reset":
            wire.reset(exchange.connection)
        elif fault.do == "close":
            await wire.close(exchange.connection)

    async def _act_later(self, fault: Fault) -> None:
        await asyncio.sleep(fault.delay)
        self._act_outside(fault)

    def _act_outside(self, fault: Fault) -> None:
        pids = self._tree.freezer.pids()
        runtime = self._tree.host_pid(RUNTIME)
        try:
            if fault.do in ("fill", "free"):
                if not pids:
                    raise LabError("the environment has no process")
                disk.fill(pids[0]) if fault.do == "fill" else disk.free(pids[0])
            else:
                targets = processes.find(fault.process, runtime, pids)
                if not targets:
                    raise LabError(f"no process has the role {fault.process} now")
                processes.send(fault.do, targets)
        except LabError as error:
            self._tell(fault, error.message)
            return
        self._tell(fault, "")

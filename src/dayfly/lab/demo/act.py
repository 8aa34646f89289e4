"""Run one act: the burst of attacks, the silence, the customers, and the pings throughout."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from dayfly.lab.demo.facts import ActFacts, ActName, Call, Plan, Role
from dayfly.lab.demo.sink import Report, Sink
from dayfly.lab.demo.traffic import Customer, attack_event, payment_event, ping_event
from dayfly.lab.lab import Lab
from dayfly.lab.model import FunctionConfig, InvokeRefusedError, LabError, LabEvent, LogLine

if TYPE_CHECKING:
    from random import Random

    from dayfly.lab.demo.database import Database
    from dayfly.lab.model import ConfinementChoice, ConfinementReport

Phase = Literal["waiting", "attack", "quiet", "customers", "closing", "done"]

FUNCTION = "payments"
_FOLDER = Path(__file__).with_name("functions") / "payments"
_TIMEOUT_S = 20.0
# Above what a boto3 function needs, so that memory never decides anything here.
_MEMORY_MB = 512
# How long somebody whose request was throttled waits before the next try, and in all.
_RETRY_S = (0.1, 0.4)
_GIVE_UP_S = 90.0
_OK = 200
_TOO_MANY_REQUESTS = 429
_MAX_FAILURE = 160
# How long the line about a served request may take; what is missing then is not counted.
_LINES_LIMIT_S = 3.0
_ROLES: tuple[Role, ...] = ("attacker", "ping", "customer")
# The events lifelines are drawn from; the rest would only fill memory.
_LIFE = frozenset({"cold_start", "init_done", "reset", "crashed", "timed_out", "expired", "shutdown"})


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An act as it stands, for somebody who watches; `confinement` is None until the lab is up."""

    name: ActName
    phase: Phase
    elapsed_s: float
    attacks: int
    customers: int
    pings: int
    environments: tuple[str, ...]
    ready: frozenset[str]
    infected: frozenset[str]
    stolen: int
    confinement: ConfinementReport | None


class Act:
    """One act on a lab of its own, which ends when the act does.

    `run` may be called once; `snapshot` at any time.
    """

    def __init__(
        self,
        name: ActName,
        *,
        plan: Plan,
        customers: tuple[Customer, ...],
        database: Database,
        confinement: ConfinementChoice,
        random: Random,
    ) -> None:
        self._name = name
        self._plan = plan
        self._customers = customers
        self._database = database
        self._confinement: ConfinementChoice = confinement
        self._report: ConfinementReport | None = None
        self._random = random
        self._sink = Sink(on_report=self._on_report)
        self._phase: Phase = "waiting"
        self._calls: list[Call] = []
        self._throttled = 0
        self._events: list[LabEvent] = []
        self._environments: dict[str, bool] = {}
        self._workers: dict[str, int] = {}
        self._environment_of: dict[str, str] = {}
        self._survivors: set[str] = set()
        self._cards = frozenset(customer.card for customer in customers)
        self._stolen: set[str] = set()
        self._started = 0.0
        self._ended = 0.0
        # Pings and customers take turns, so that the latencies measured are the customers' own.
        self._turn = asyncio.Lock()

    async def run(self) -> ActFacts:
        """Play the act and return what was seen; every process it started has ended by then."""
        table = f"{FUNCTION}-{self._name}"
        variables = self._database.add_table(table)
        self._started = time.time()
        async with self._sink:
            async with Lab(confinement=self._confinement, log=self._on_log) as lab:
                self._report = confinement = lab.confinement
                lab.subscribe(self._on_event)
                await lab.add_function(self._function(variables))
                keep_warm = asyncio.create_task(self._keep_warm(lab))
                try:
                    await self._attack(lab)
                    self._phase = "quiet"
                    await asyncio.sleep(self._plan.quiet_s)
                    await self._serve_customers(lab)
                except ExceptionGroup as failures:
                    raise _first_of(failures) from failures
                finally:
                    keep_warm.cancel()
                    await asyncio.wait({keep_warm})
                if not keep_warm.cancelled() and keep_warm.exception() is not None:
                    raise LabError(
                        "the keep-warm pings failed", hint="this is a fault in the demo"
                    ) from keep_warm.exception()
                self._phase = "closing"
                await self._sink.settle()
                await self._settle_workers()
            await self._sink.settle()
            self._phase = "done"
            self._ended = time.time()
            return self._facts(confinement, self._database.customers(table))

    async def _settle_workers(self) -> None:
        """Wait for the last workers' lines: each is written after its answer, and ends with the lab."""
        if self._name != "dayfly":
            return
        until = time.monotonic() + _LINES_LIMIT_S
        while time.monotonic() < until:
            if all(call.request_id in self._workers for call in self._calls if call.is_served):
                return
            await asyncio.sleep(0.01)

    def snapshot(self) -> Snapshot:
        """Return the act as it stands."""
        count = {role: sum(c.role == role and c.is_served for c in self._calls) for role in _ROLES}
        return Snapshot(
            name=self._name,
            phase=self._phase,
            elapsed_s=(self._ended or time.time()) - self._started if self._started else 0.0,
            attacks=count["attacker"],
            customers=count["customer"],
            pings=count["ping"],
            environments=tuple(self._environments),
            ready=frozenset(name for name, is_ready in self._environments.items() if is_ready),
            infected=frozenset(
                self._environment_of[request]
                for request in self._survivors
                if request in self._environment_of
            ),
            stolen=len(self._stolen),
            confinement=self._report,
        )

    def _function(self, variables: dict[str, str]) -> FunctionConfig:
        own = {}
        if self._name == "dayfly":
            # The guard stays off: what the act shows is ephemerality alone. The line per invocation
            # is how the demo knows which worker served whom.
            own = {"DAYFLY_GUARD": "off", "DAYFLY_LOG_INVOCATIONS": "on"}
        return FunctionConfig(
            name=FUNCTION,
            folder=_FOLDER,
            handler="app.handler",
            runtime="dayfly" if self._name == "dayfly" else "plain",
            timeout_s=_TIMEOUT_S,
            memory_mb=_MEMORY_MB,
            environment={**variables, **own},
            reserved_concurrency=self._plan.environments,
            idle_expiry_s=self._plan.idle_expiry_s,
        )

    async def _attack(self, lab: Lab) -> None:
        self._phase = "attack"
        event = attack_event(sink_host=self._sink.host, sink_port=self._sink.port)
        async with asyncio.TaskGroup() as burst:
            for _ in range(self._plan.attackers):
                burst.create_task(self._call(lab, "attacker", event))

    async def _serve_customers(self, lab: Lab) -> None:
        """Let customers come a few together, at random intervals, each once."""
        self._phase = "customers"
        at_once = min(self._plan.customers_at_once, self._plan.environments)
        waiting = list(self._customers)
        while waiting:
            size = self._random.randint(1, at_once)
            group, waiting = waiting[:size], waiting[size:]
            next_group = time.monotonic() + self._random.uniform(0.5, 1.5) * self._plan.pace_s * len(group)
            async with self._turn, asyncio.TaskGroup() as calls:
                for customer in group:
                    calls.create_task(self._call(lab, "customer", payment_event(customer), customer=customer))
            await asyncio.sleep(max(0.0, next_group - time.monotonic()))

    async def _keep_warm(self, lab: Lab) -> None:
        """Ping every environment at once, again and again, and never more than there are.

        As many pings as environments are under way together, so each has to take one.
        """
        while True:
            await asyncio.sleep(self._plan.ping_every_s)
            async with self._turn, asyncio.TaskGroup() as group:
                for view in lab.environments(FUNCTION):
                    if view.state == "idle":
                        group.create_task(self._call(lab, "ping", ping_event(), gives_up=True))

    async def _call(
        self, lab: Lab, role: Role, event: bytes, *, customer: Customer | None = None, gives_up: bool = False
    ) -> None:
        """Make one request and note its answer; throttled ones try again unless `gives_up`."""
        begin = time.perf_counter()
        while True:
            started = time.time()
            try:
                answer = await lab.invoke(FUNCTION, event)
                break
            except InvokeRefusedError as refusal:
                self._throttled += 1
                if gives_up:
                    return
                if refusal.status_code != _TOO_MANY_REQUESTS or time.perf_counter() - begin > _GIVE_UP_S:
                    raise LabError(
                        f"the lab refused a request of the demo: {refusal.message}",
                        hint="try fewer --environments or --attackers; this machine may be too busy",
                    ) from refusal
            await asyncio.sleep(self._random.uniform(*_RETRY_S))
        latency_ms = (time.perf_counter() - begin) * 1000
        self._environment_of[answer.request_id] = answer.environment_id
        self._calls.append(
            Call(
                role=role,
                customer=customer,
                request_id=answer.request_id,
                environment_id=answer.environment_id,
                started=started,
                ended=time.time(),
                latency_ms=latency_ms,
                failure=find_failure(answer.payload, function_error=answer.function_error),
            )
        )

    def _on_report(self, report: Report) -> None:
        if report.has_survived:
            self._survivors.add(report.request_id)
        if report.card in self._cards:
            self._stolen.add(report.card)

    def _on_event(self, event: LabEvent) -> None:
        if event.kind in _LIFE:
            self._events.append(event)
        if event.kind == "cold_start":
            self._environments.setdefault(event.environment_id, False)
        elif event.kind == "init_done":
            self._environments[event.environment_id] = True

    def _on_log(self, line: LogLine) -> None:
        found = read_worker(line.text)
        if found is not None:
            request, worker = found
            self._workers[request] = worker

    def _facts(self, confinement: ConfinementReport, stored: tuple[str, ...]) -> ActFacts:
        return ActFacts(
            name=self._name,
            plan=self._plan,
            calls=tuple(self._calls),
            throttled=self._throttled,
            reports=self._sink.reports,
            events=tuple(self._events),
            stored=stored,
            workers=dict(self._workers),
            confinement=confinement,
            started=self._started,
            ended=self._ended,
        )


def _first_of(failures: ExceptionGroup[Exception]) -> Exception:
    """Return the error to tell of, of requests that failed together."""
    first = failures.exceptions[0]
    return _first_of(first) if isinstance(first, ExceptionGroup) else first


def read_worker(text: str) -> tuple[str, int] | None:
    """Return the request and the number of the worker that served it, from Dayfly's line per invocation."""
    if '"Dayfly: invocation"' not in text:
        return None
    try:
        record = json.loads(text)
        return str(record["request_id"]), int(record["worker"])
    except (ValueError, KeyError, TypeError):
        return None


def find_failure(payload: bytes, *, function_error: str | None) -> str:
    """Return what an answer says went wrong, in few words; "" for the proxy answer of a request served."""
    try:
        reply = json.loads(payload)
    except ValueError:
        return "an answer that is not valid JSON"
    if not isinstance(reply, dict):
        return "an answer that is not a JSON object"
    if function_error is not None:
        return f"{reply.get('errorType')}: {reply.get('errorMessage')}"[:_MAX_FAILURE]
    status = reply.get("statusCode")
    return "" if status == _OK else f"status {status}"

"""One execution environment: cold start, invocations one at a time, freeze, reset, shutdown.

Life cycle: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
import uuid
from collections.abc import Callable
from typing import Literal

from dayfly.lab import custom, payloads, phases
from dayfly.lab.confinement import Place
from dayfly.lab.faults.injection import describe, inject
from dayfly.lab.faults.plan import Fault
from dayfly.lab.freezer import Freezer
from dayfly.lab.interpreter import Interpreter
from dayfly.lab.invocation import Invocation, Reply
from dayfly.lab.launch import Launch
from dayfly.lab.life import Life, ShutdownReason
from dayfly.lab.model import (
    EnvironmentState,
    EnvironmentView,
    EventKind,
    FunctionConfig,
    InitializationType,
    InvokeResult,
    LabError,
    LabEvent,
    LogLine,
)
from dayfly.lab.process_tree import ProcessTree
from dayfly.lab.programs import plan_programs
from dayfly.lab.runtime_api import InvocationEvent, RuntimeApi
from dayfly.lab.snapstart.credentials import CredentialsEndpoint
from dayfly.lab.snapstart.restoring import Restoration, RestoreFailedError
from dayfly.lab.telemetry import metadata
from dayfly.lab.telemetry.events import InvocationFacts
from dayfly.lab.telemetry.reporter import Reporter


class Environment:
    """One environment. `start` once, then `serve` one invocation at a time, then `shut_down`.

    `emit` and `log` are called on the event loop as things happen.
    """

    def __init__(
        self,
        environment_id: str,
        config: FunctionConfig,
        interpreter: Interpreter,
        place: Place,
        freezer: Freezer,
        *,
        emit: Callable[[LabEvent], None],
        log: Callable[[LogLine], None],
        slot: int,
        initialization: InitializationType = "on-demand",
    ) -> None:
        self.id = environment_id
        self.slot = slot
        self.config = config
        self.state: EnvironmentState = "starting"
        self.tenant_id: str | None = None
        # Between its answer and its next poll: about to be idle.
        self.is_finishing = False
        self._interpreter = interpreter
        self._place = place
        self._emit = emit
        self._initialization = initialization
        self._created_at = time.time()
        day = time.strftime("%Y/%m/%d", time.gmtime(self._created_at))
        self.log_stream = f"{day}/[{config.version}]{self.id}"
        self._invocations = 0
        self._lives = 0
        self._is_ready = False
        # Did the init phase go well, so that the first REPORT has its duration?
        self._is_reported = True
        self._max_used_mb = 0
        self._api = RuntimeApi(config.name, config.handler, config.version)
        self._restoration: Restoration | None = None
        self._credentials: CredentialsEndpoint | None = None
        if initialization == "snap-start":
            self._restoration = Restoration(self._api)
            self._credentials = CredentialsEndpoint(self._api)
        self._metadata = metadata.Metadata(metadata.zone_of(slot))
        self._api.routes[metadata.PATH] = {"*": self._metadata.answer}
        self._reporter = Reporter(
            config,
            self._api,
            environment_id=self.id,
            instance_id=f"{day}/{config.name}[{config.version}]{self.id}",
            log_stream=self.log_stream,
            initialization=initialization,
            runtime_version=custom.runtime_version(config, interpreter.runtime_version),
            host=place.loopback,
            log=log,
        )
        pipes = (self._reporter.output, self._reporter.telemetry, self._reporter.extensions)
        self._tree = ProcessTree(place, freezer, *pipes)
        self._life: Life | None = None
        self._launch = Launch((), {})
        self._pid: int | None = None
        self._faults = inject(config.faults, self._api, self._tree, tell=self._tell_fault)

    @property
    def is_ready(self) -> bool:
        """Is it initialised, so that the next invocation begins at once?"""
        return self._is_ready

    def view(self) -> EnvironmentView:
        return EnvironmentView(
            id=self.id,
            state=self.state,
            pid=self._pid,
            created_at=self._created_at,
            invocations=self._invocations,
            lives=self._lives,
            tenant_id=self.tenant_id,
            version=self.config.version,
            runtime_api=self._api.address,
        )

    def pids(self) -> list[int]:
        """Every process of the environment but its init, as this host numbers them."""
        return self._tree.freezer.pids()

    async def start(self) -> float:
        """Cold start: init and the runtime's initialisation. Returns its milliseconds.

        A failed initialisation is no error here: as on Lambda the first invocation repeats it and
        reports it. Raises LabError, with what was said, when not even init comes up.
        """
        self._emit_event("cold_start")
        self._reporter.begin_init("init")
        began = time.monotonic()
        await self._api.start()
        try:
            await self._tree.start(self._place.inside(self._interpreter.path))
        except LabError as error:
            said = self._reporter.first_words()
            raise LabError(f"{error.message}; its output: {said}", hint=error.hint) from error
        if self._faults is not None:
            self._faults.confine(self.id, self._tree.find_init())
        limit_s = phases.init_limit_s(self._initialization, self.config.timeout_s)
        failure = await self._initialise("init", began + limit_s)
        elapsed_ms = (time.monotonic() - began) * 1000
        self._is_reported = failure is None
        if failure is None:
            self._emit_event("init_done", duration_ms=round(elapsed_ms, 3), pid=self._pid or 0)
        else:
            await self._reset("crashed" if failure.fault != "timed_out" else "timed_out")
        self.state = "idle" if self._restoration is None else "snapshot"
        return elapsed_ms

    async def restore(self) -> float:
        """Continue from the snapshot that the environment is held at. Returns the milliseconds it took.

        Raises RestoreFailedError; the environment is then of no more use. Precondition: started for SnapStart, once.
        """
        assert self._restoration is not None
        assert self._life is not None
        self._reporter.begin_restore()
        self._thaw()
        began = time.monotonic()
        status = ""
        try:
            await self._restoration.run(self._life)
        except RestoreFailedError as error:
            status = error.status
            raise
        finally:
            elapsed_ms = (time.monotonic() - began) * 1000
            self._reporter.end_restore(status, elapsed_ms)
        self.state = "idle"
        self._emit_event("restored", duration_ms=round(elapsed_ms, 3), pid=self._pid or 0)
        return elapsed_ms

    def _new_life(self) -> Life:
        programs = plan_programs(
            self.config,
            self._interpreter,
            self._place,
            api_address=self._api.address,
            log_stream=self.log_stream,
            initialization=self._initialization,
            credentials=self._credentials,
            metadata_token=self._metadata.token,
        )
        self._launch = programs.runtime
        return Life(self._api, self._tree, runtime=programs.runtime, extensions=programs.extensions)

    async def _initialise(self, phase: phases.Phase, deadline: float) -> Reply | None:
        """Begin a life and wait until its programs poll; None when that went well, else INIT_REPORT says why not."""
        self._life = self._new_life()
        self._lives += 1
        self._is_ready = await self._life.start(deadline)
        self._pid = self._life.pid
        if self._is_ready and phase == "invoke" and self._restoration is not None:
            # After a reset there is no snapshot to go back to: this life was made anew, and its hooks run now.
            with contextlib.suppress(RestoreFailedError):
                await self._restoration.run(self._life, deadline)
            self._is_ready = self._api.settled.is_set()
        failure: Reply | None = None
        if not self._is_ready:
            failure = self._failure()
            if self._api.init_error.done():
                status = f"error\tError Type: {self._api.init_error_type}"
                failure = Reply(self._api.init_error.result(), True, "crashed", status)
        self._reporter.end_init(
            failure.status if failure is not None else "", has_runtime=self._life.has_runtime
        )
        return failure

    def _failure(self) -> Reply:
        """Why waiting ended without what was waited for: an exit, else time was up."""
        request_id = self._reporter.request_id or ""
        code = self._life.exit_code if self._life is not None else None
        fault = self._life.extension_fault() if self._life is not None else None
        if fault is not None:
            return Reply(
                payloads.platform_error(request_id, *fault), True, "crashed", f"error\tError Type: {fault[0]}"
            )
        refused = self._life.refused if self._life is not None else None
        if refused is not None and self.config.is_custom:
            kind, text = custom.describe_refusal(self.config, self._launch, *refused)
            payload = payloads.platform_error(request_id, kind, text)
            return Reply(payload, True, "crashed", f"error\tError Type: {kind}")
        if code is not None:
            payload = payloads.exit_error(request_id, code)
            return Reply(payload, True, "crashed", "error\tError Type: Runtime.ExitError")
        payload = payloads.timed_out(request_id, self.config.timeout_s)
        return Reply(payload, True, "timed_out", "timeout")

    async def serve(
        self, invocation: Invocation, answer: asyncio.Future[InvokeResult], *, init_ms: float | None
    ) -> None:
        """Serve one invocation: `answer` is resolved when the response is complete, this returns when
        the environment is frozen again or was reset.

        Precondition: started, not serving. With a tail asked for, the answer waits for the report.
        """
        trace_id = invocation.trace_id or _new_trace_id(self.config)
        arn = invocation.arn or self.config.arn
        self._reporter.begin_invocation(
            InvocationFacts(invocation.request_id, arn, invocation.tenant_id, trace_id, os.urandom(8).hex())
        )
        self.state = "busy"
        self._invocations += 1
        began = time.monotonic()
        deadline = began + self.config.timeout_s
        self._thaw()
        self._emit_event("invoke_start", cold=int(init_ms is not None))
        reply = await self._run(invocation, deadline, trace_id)
        answered_ms = (time.monotonic() - began) * 1000

        def resolve(tail: bytes | None) -> None:
            if answer.done():
                return
            answer.set_result(
                InvokeResult(
                    status_code=200,
                    payload=reply.payload,
                    function_error="Unhandled" if reply.is_error else None,
                    log_tail=tail,
                    executed_version=self.config.version,
                    request_id=invocation.request_id,
                    environment_id=self.id,
                    cold_start=init_ms is not None,
                    duration_ms=answered_ms,
                    trace_id=trace_id,
                )
            )

        self.is_finishing = True
        if not invocation.wants_tail:
            resolve(None)
        late = Reply(b"", False) if reply.fault else await self._settle(deadline)
        fault = reply.fault or late.fault
        status = reply.status or late.status
        duration_ms = (time.monotonic() - began) * 1000
        if status == "timeout":
            # What it took to notice is not the function's: REPORT's duration is the time-out itself.
            duration_ms = min(duration_ms, self.config.timeout_s * 1000)
        self._reporter.end_invocation(
            duration_ms=duration_ms,
            used_mb=self._used_mb,
            init_ms=init_ms if self._is_reported else None,
            status=status,
        )
        if invocation.wants_tail:
            resolve(self._reporter.tail())
        self._emit_event("invoke_end", duration_ms=round(duration_ms, 3), error=int(reply.is_error))
        if fault and not self._is_ended():
            await self._reset(fault)
        if not self._is_ended():
            await self.freeze()
        self._reporter.request_id = None
        self.is_finishing = False
        if not self._is_ended():
            self.state = "idle" if self._is_ready else "reset"

    def _is_ended(self) -> bool:
        """Another task may have shut the environment down while this one waited."""
        return self.state == "ended"

    def _used_mb(self) -> int:
        self._max_used_mb = max(self._max_used_mb, self._tree.used_mb())
        return self._max_used_mb

    async def _run(self, invocation: Invocation, deadline: float, trace_id: str) -> Reply:
        """Deliver the event and wait for the answer; a runtime that is not there is started first."""
        if self._is_ready and self._life is not None and self._life.exit_code is not None:
            # Between invocations: what is left of that life must not get this event.
            await self._reset("crashed")
        if self._life is None or not self._is_ready:
            self._reporter.begin_init("invoke")
            failure = await self._initialise("invoke", deadline)
            self._reporter.start()
            if failure is not None:
                return failure
        else:
            self._reporter.start()
        assert self._life is not None
        self._api.deliver(
            InvocationEvent(
                request_id=invocation.request_id,
                payload=invocation.payload,
                arn=invocation.arn or self.config.arn,
                deadline_ms=int((time.time() + deadline - time.monotonic()) * 1000),
                trace_id=trace_id,
                client_context=invocation.client_context,
                tenant_id=invocation.tenant_id,
            ),
            invocation.stream,
        )
        outcome = self._api.outcome
        await self._life.wait([outcome], deadline)
        if not outcome.done():
            return self._failure()
        result = outcome.result()
        return Reply(result.payload, result.is_error)

    async def _settle(self, deadline: float) -> Reply:
        """After the answer: wait until runtime and extensions poll again."""
        if self._api.settled.is_set() or self._life is None:
            return Reply(b"", False)
        is_settled = await self._life.wait_for(self._api.settled, deadline)
        return Reply(b"", False) if is_settled else self._failure()

    async def _reset(self, fault: Literal["crashed", "timed_out"]) -> None:
        """End this life; the next invocation begins another in the same environment."""
        assert self._life is not None
        self._emit_event(fault, exit_code=self._life.exit_code or 0)
        self._reporter.hurry()
        await self._life.stop("timeout" if fault == "timed_out" else "failure")
        self._is_ready = False
        self._pid = None
        self._emit_event("reset", lives=self._lives)

    async def freeze(self) -> None:
        """Stop every process until the next invocation; `serve` does this itself at its end."""
        self._reporter.freeze()
        is_frozen = await self._tree.freezer.freeze()
        self._emit_event("frozen", complete=int(is_frozen))

    def _thaw(self) -> None:
        self._tree.freezer.thaw()
        self._reporter.thaw()
        self._emit_event("thawed")

    async def shut_down(self, reason: ShutdownReason = "spindown") -> None:
        """End every process of the environment and free what it held; safe to call twice."""
        if self.state == "ended":
            return
        self.state = "ended"
        try:
            self._tree.freezer.thaw()
            self._reporter.thaw()
            self._reporter.hurry()
            if self._is_ready and self._life is not None:
                await self._life.stop(reason)
        finally:
            # Also when cancelled in the budget above: ending is not optional.
            is_dead = await self._tree.end()
            await self._api.close()
            if self._faults is not None:
                self._faults.close()
            await self._reporter.close()
            self._pid = None
            self._emit_event("shutdown", complete=int(is_dead), reason=reason)

    def _tell_fault(self, fault: Fault, failure: str) -> None:
        self._emit_event("fault", **describe(fault), **({"failure": failure} if failure else {}))

    def _emit_event(self, kind: EventKind, **detail: str | int | float) -> None:
        self._emit(LabEvent(time.time(), self.config.name, self.id, kind, self._reporter.request_id, detail))


def new_environment_id() -> str:
    return uuid.uuid4().hex


def _new_trace_id(config: FunctionConfig) -> str:
    """An X-Ray header: https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader"""
    sampled = int(config.declared.tracing_mode == "Active")
    root = f"1-{int(time.time()):08x}-{os.urandom(12).hex()}"
    return f"Root={root};Parent={os.urandom(8).hex()};Sampled={sampled}"

"""Tells the log, the tail and the subscribers of one environment what happens to it, in the platform's order."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal

from dayfly.lab import payloads
from dayfly.lab.logs import Frames, Lines, PipeReader
from dayfly.lab.model import FunctionConfig, InitializationType, LogLine
from dayfly.lab.phases import Phase
from dayfly.lab.platform_log import PlatformLog
from dayfly.lab.runtime_api import RuntimeApi
from dayfly.lab.telemetry.events import SUCCESS, Ending, Event, EventMaker, InvocationFacts
from dayfly.lab.telemetry.service import TelemetryService
from dayfly.lab.telemetry.times import InvocationTimes

Source = Literal["platform", "output", "telemetry", "extension"]

# Lines kept from before the first invocation, to explain a start that failed.
_FIRST_WORDS = 5


def ending_of(status: str) -> Ending:
    """From the status of a reply: empty, `timeout`, or `error\\tError Type: …`."""
    word, _, error_type = status.partition("\tError Type: ")
    match word:
        case "":
            return SUCCESS
        case "timeout":
            return Ending("timeout")
        case _:
            return Ending("error", error_type)


class Reporter:
    """One environment's. `output`, `telemetry` and `extensions` are the pipes that its programs write to.

    Calls come in the order of the life cycle: `begin_init`, `end_init`; for an invocation `begin_invocation`, `start`,
    `end_invocation`, between them the runtime's polls by way of the Runtime API.
    """

    def __init__(
        self,
        config: FunctionConfig,
        api: RuntimeApi,
        *,
        environment_id: str,
        instance_id: str,
        log_stream: str,
        initialization: InitializationType,
        runtime_version: str,
        host: str,
        log: Callable[[LogLine], None],
    ) -> None:
        self._config = config
        self._api = api
        self._environment_id = environment_id
        self._log_stream = log_stream
        self._runtime_version = runtime_version
        self._log = log
        self._events = EventMaker(config, instance_id=instance_id, initialization=initialization)
        self._platform_log = PlatformLog(config)
        self._service = TelemetryService(
            name_of=api.extensions.name_of,
            host=host,
            report=self._publish,
            log=self._write,
            has_json_logs=config.log_format == "JSON",
        )
        api.routes |= self._service.routes()
        api.on_ready = self._runtime_polled
        self.output = PipeReader(Lines(), lambda text: self._receive("output", text))
        self.telemetry = PipeReader(Frames(), lambda text: self._receive("telemetry", text))
        self.extensions = PipeReader(Lines(), lambda text: self._receive("extension", text))
        self.request_id: str | None = None
        self._facts = InvocationFacts("")
        self._phase: Phase | None = None
        self._init_began = 0.0
        self._is_runtime_told = True
        self._tail: list[str] = []
        self._first_words: list[str] = []
        self._has_served = False

    def begin_init(self, phase: Phase) -> None:
        """An initialisation begins: subscriptions are taken from now on."""
        self._phase = phase
        self._init_began = time.monotonic()
        self._is_runtime_told = False
        self._service.new_life()
        self._publish(self._events.init_start(phase, self._runtime_version))

    def end_init(self, status: str, *, has_runtime: bool = True) -> None:
        """The initialisation is over; `status` as `ending_of` reads it. From now on subscriptions are refused.

        Without a runtime, which an extension's failure kept from being started, none is told to be done.
        """
        assert self._phase is not None
        phase, ending = self._phase, ending_of(status)
        self.flush()
        if not self._is_runtime_told:
            self._is_runtime_told = True
            if has_runtime:
                self._publish(self._events.init_runtime_done(phase, ending))
        for extension in self._api.extensions.states():
            self._publish(self._events.extension(extension))
        duration_ms = (time.monotonic() - self._init_began) * 1000
        self._publish(self._events.init_report(phase, ending, duration_ms))
        self._service.close_subscriptions()
        self._phase = None

    def begin_restore(self) -> None:
        self._publish(self._events.restore_start(self._runtime_version))

    def end_restore(self, status: str, duration_ms: float) -> None:
        """`status` as `ending_of` reads it."""
        self.flush()
        ending = ending_of(status)
        self._publish(self._events.restore_runtime_done(ending))
        self._publish(self._events.restore_report(ending, duration_ms))

    def begin_invocation(self, facts: InvocationFacts) -> None:
        """Lines belong to this invocation from now on."""
        self.request_id = facts.request_id
        self._facts = facts
        self._api.times = InvocationTimes()
        self._tail = []
        self._has_served = True

    def start(self) -> None:
        """The runtime is there to serve the invocation, or could not be initialised for it."""
        assert self.request_id is not None
        self._is_runtime_told = False
        self._publish(self._events.start(self._facts))

    def end_invocation(
        self, *, duration_ms: float, used_mb: Callable[[], int], init_ms: float | None, status: str
    ) -> None:
        """Runtime and extensions are done, or are given up for `status`; `used_mb` is asked when all is read."""
        assert self.request_id is not None
        self.flush()
        ending = ending_of(status)
        if not self._is_runtime_told:
            self._tell_runtime_done(ending)
        overhead = None
        if self._api.extensions.has_any and self._api.times.ready is not None:
            overhead = (self._api.times.ready, time.monotonic())
        if ending is not SUCCESS:
            self._publish(self._events.fault(self.request_id, ending))
        self._publish(self._events.end(self.request_id))
        self._publish(
            self._events.report(
                self._facts,
                ending,
                duration_ms=duration_ms,
                used_mb=used_mb(),
                init_ms=init_ms,
                extension_overhead=overhead,
            )
        )

    def tail(self) -> bytes:
        """The last of what this invocation wrote, as callers get it."""
        tail = "".join(line + "\n" for line in self._tail).encode()
        return tail[-payloads.LOG_TAIL_BYTES :]

    def first_words(self) -> str:
        """What was written before the first invocation, to explain why there is none."""
        self.flush()
        return " ".join(self._first_words) or "nothing"

    def flush(self) -> None:
        """Read what the programs have written, an unfinished line included."""
        for reader in (self.output, self.telemetry, self.extensions):
            reader.flush()

    def freeze(self) -> None:
        """Nothing is delivered to an environment that is stopped."""
        self._service.freeze()

    def thaw(self) -> None:
        self._service.thaw()

    def hurry(self) -> None:
        """The programs are about to be ended: subscribers get what there is at once."""
        self._service.hurry()

    async def close(self) -> None:
        await self._service.close()
        for reader in (self.output, self.telemetry, self.extensions):
            reader.close()

    def _runtime_polled(self) -> None:
        """The runtime asks for its next event: it is initialised, or done with one.

        Told at once, not when the extensions are done as well: extensions wait for it.
        """
        if self._is_runtime_told:
            return
        for reader in (self.output, self.telemetry):
            reader.drain()
        if self._phase is not None:
            self._is_runtime_told = True
            self._publish(self._events.init_runtime_done(self._phase, SUCCESS))
        elif self.request_id is not None:
            self._tell_runtime_done(SUCCESS)

    def _tell_runtime_done(self, ending: Ending) -> None:
        assert self.request_id is not None
        self._is_runtime_told = True
        self._publish(self._events.runtime_done(self._facts, ending, self._api.times))

    def _publish(self, event: Event) -> None:
        self._write(event)
        self._service.publish(event)

    def _write(self, event: Event) -> None:
        for line in self._platform_log.render(event):
            if self.request_id is not None:
                self._tail.append(line)
            self._log_line("platform", line)

    def _receive(self, source: Source, text: str) -> None:
        if self.request_id is not None:
            self._tail.append(text)
        elif not self._has_served and len(self._first_words) < _FIRST_WORDS:
            self._first_words.append(text)
        self._log_line(source, text)
        kind = "extension" if source == "extension" else "function"
        self._service.publish(Event(kind, text + "\n"))

    def _log_line(self, source: Source, text: str) -> None:
        self._log(
            LogLine(
                time.time(),
                self._config.name,
                self._environment_id,
                self.request_id,
                source,
                text,
                self._log_stream,
                self._config.log_group,
            )
        )

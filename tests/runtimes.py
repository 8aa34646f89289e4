"""A runtime process driven through the fake Runtime API, alone or as a pair: plain awslambdaric and Dayfly."""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

from tests.confined import AS_RAPID, TASK_ROOT, Confinement
from tests.processes import descendants, end_processes
from tests.rie import MODULES, ROOT, Runtime

from dayfly.testing.runtime_api import FakeRuntimeApi, Invocation, Outcome

EXIT_DEADLINE_S = 60.0
# PID 1 of a confined environment: it starts the runtime, buries orphans, and ends as the runtime ended.
PLATFORM = '"$@" & wait $!'
# What is different on purpose, or by the hour: the same text stands for it on both sides.
VOLATILE = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?"), "<time>"),
    (re.compile(r"0x[0-9a-f]{6,16}"), "<address>"),
)


@dataclass(frozen=True)
class Frame:
    """One record on the telemetry descriptor: the four type bytes in hexadecimal, and the message."""

    kind: str
    message: str


@dataclass(frozen=True)
class Seen:
    """What one invocation looked like from outside, with times and addresses made equal."""

    kind: str
    payload: object
    content_type: str
    output: str
    frames: tuple[Frame, ...]
    xray: object


class RuntimeProcess:
    """One runtime with a function in `folder`, between `__enter__` and `__exit__`.

    With `telemetry` the process gets a pipe as _LAMBDA_TELEMETRY_LOG_FD. With `confinement` it runs where Lambda would have
    it: under its refusals and a PID 1 of its name, with the folder as /var/task and `binds` to read. `command` is what starts
    it where that is not the interpreter. Nothing is left running at the end.
    """

    def __init__(
        self,
        folder: Path,
        handler: str,
        *,
        runtime: Runtime,
        interpreter: Path = Path(sys.executable),
        environment: Mapping[str, str] | None = None,
        telemetry: bool = False,
        timeout_s: float = 30.0,
        snapshots: bool = False,
        command: Sequence[str] | None = None,
        confinement: Confinement | None = None,
        binds: Sequence[Path] = (),
    ) -> None:
        self.api = FakeRuntimeApi(timeout_s=timeout_s, snapshots=snapshots)
        self.runtime: Runtime = runtime
        self._folder = folder
        self._handler = handler
        self._command = command or [str(interpreter), "-m", MODULES[runtime], handler]
        self._extra = environment or {}
        self._is_confined = confinement is not None and confinement.kind != "none"
        if confinement is not None:
            confined = replace(confinement, starter=(*AS_RAPID, "sh", "-c", PLATFORM, "platform"))
            self._command = confined.wrap(self._command, task=folder, binds=[ROOT, *binds], refusals=True)
            self._extra = {"LAMBDA_TASK_ROOT": TASK_ROOT, **self._extra}
        self._telemetry = telemetry
        self._frames = b""
        self._output_read = 0
        self._frames_read = 0
        self._reading = threading.Lock()
        self._ended = threading.Event()

    def __enter__(self) -> RuntimeProcess:
        self.api.__enter__()
        descriptor, name = tempfile.mkstemp(prefix="runtime-", suffix=".log")
        self._log = Path(name)
        reader, writer = os.pipe()
        environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "TZ": ":UTC",
            "AWS_LAMBDA_RUNTIME_API": self.api.address,
            "AWS_LAMBDA_FUNCTION_NAME": "function",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/function",
            "AWS_LAMBDA_LOG_STREAM_NAME": "2026/01/01/[$LATEST]0123456789abcdef",
            "_HANDLER": self._handler,
            **self._extra,
        }
        if self._telemetry:
            environment["_LAMBDA_TELEMETRY_LOG_FD"] = str(writer)
        self.started_at = time.perf_counter_ns()
        self.process = subprocess.Popen(
            self._command,
            cwd=self._folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            pass_fds=[writer] if self._telemetry else [],
            start_new_session=True,
        )
        os.close(descriptor)
        os.close(writer)
        os.set_blocking(reader, False)
        self._reader = reader
        self._drain = threading.Thread(target=self._collect, daemon=True)
        self._drain.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        family = descendants(self.process.pid)
        if self._is_confined:
            # PID 1 of the namespace takes all others with it, and what confines it, still alive, buries it.
            end_processes(family[:1])
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        end_processes(family)
        self.api.__exit__(None, None, None)
        self._ended.set()
        self._drain.join(60)
        os.close(self._reader)
        self._log.unlink()

    @property
    def pid(self) -> int:
        """The process that was started: the supervisor, or plain awslambdaric."""
        return self.process.pid

    def tree(self) -> list[int]:
        """Pids of the process and everything under it now."""
        return [self.pid, *descendants(self.pid)]

    def invoke(self, event: object = None, *, deadline_s: float = 60.0, **headers: str) -> Outcome:
        """Send an event; returns once it is answered and the runtime is ready again or has ended."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.settle(self.api.send(event, headers=named), deadline_s=deadline_s)

    def settle(self, invocation: Invocation, *, deadline_s: float = 60.0) -> Outcome:
        """The outcome, once the runtime asks for the next event or has ended: its output is then complete."""
        outcome = invocation.wait(deadline_s)
        end = time.monotonic() + deadline_s
        while self.process.poll() is None and time.monotonic() < end:
            with contextlib.suppress(TimeoutError):
                invocation.wait_next(0.02)
                break
        return outcome

    def look(self, event: object = None, *, body: bytes | None = None, **headers: str) -> Seen:
        """Invoke and describe everything that was visible from outside."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = self.api.send(event, body=body, headers=named, request_id=named.pop("request-id", ""))
        outcome = self.settle(sent)
        output, frames = self.new_output(), self.new_frames()
        head = outcome.request.head if outcome.request else None
        return Seen(
            kind=outcome.kind,
            payload=_parsed(outcome.body),
            content_type=head.get("content-type") if head else "",
            output=output,
            frames=frames,
            xray=_cause(head.get("lambda-runtime-function-xray-error-cause")) if head else None,
        )

    def output(self) -> str:
        """Everything printed so far, by the function and the runtime, as it is."""
        return self._log.read_text(errors="replace")

    def new_output(self) -> str:
        """What was printed since the last call, levelled, without Dayfly's own findings."""
        text = self._log.read_bytes()[self._output_read :]
        self._output_read += len(text)
        lines = text.decode(errors="replace").splitlines(keepends=True)
        return level("".join(line for line in lines if not is_ours(line)))

    def new_frames(self) -> tuple[Frame, ...]:
        """The telemetry records since the last call, levelled, without Dayfly's own findings."""
        self._read_frames()
        found: list[Frame] = []
        while len(self._frames) - self._frames_read >= 16:
            at = self._frames_read
            size = int.from_bytes(self._frames[at + 4 : at + 8], "big")
            message = self._frames[at + 16 : at + 16 + size].decode(errors="replace")
            if not is_ours(message):
                found.append(Frame(self._frames[at : at + 4].hex(), level(message)))
            self._frames_read += 16 + size
        return tuple(found)

    def telemetry(self) -> str:
        """Everything on the telemetry descriptor so far, as it is."""
        self._read_frames()
        return self._frames.decode(errors="replace")

    def wait_exit(self, deadline_s: float = EXIT_DEADLINE_S) -> int:
        """The exit status once the process has ended by itself; negative for a signal."""
        return self.process.wait(deadline_s)

    def _collect(self) -> None:
        # A full pipe would block the function, so somebody has to read while nobody looks.
        while not self._ended.is_set():
            if select.select([self._reader], [], [], 0.05)[0] and not self._read_frames():
                return

    def _read_frames(self) -> bool:
        """Take what is in the pipe; False once nobody can write to it any more."""
        with self._reading:
            while True:
                try:
                    data = os.read(self._reader, 1 << 16)
                except BlockingIOError:
                    return True
                if not data:
                    return False
                self._frames += data


class Pair:
    """The same function under plain awslambdaric and under Dayfly."""

    def __init__(self, plain: RuntimeProcess, dayfly: RuntimeProcess) -> None:
        self.plain = plain
        self.dayfly = dayfly

    def look(self, event: object = None, *, body: bytes | None = None, **headers: str) -> tuple[Seen, Seen]:
        """Send both the same event with the same request id and headers; plain's view comes first."""
        common = {
            "request_id": str(uuid.uuid4()),
            "Lambda_Runtime_Deadline_Ms": str(int(time.time() * 1000) + 30_000),
            **headers,
        }
        return self.plain.look(event, body=body, **common), self.dayfly.look(event, body=body, **common)


def level(text: str) -> str:
    """The text with times and addresses replaced by names."""
    for pattern, name in VOLATILE:
        text = pattern.sub(name, text)
    return text


def is_ours(line: str) -> bool:
    """Whether a log line is one of Dayfly's own: a finding, or the first line, which is for people."""
    return (
        is_finding(line)
        or re.match(r'(\{"timestamp":"[^"]*","level":"INFO","message":")?Dayfly \d', line) is not None
    )


def is_finding(line: str) -> bool:
    """Whether a log line is one of Dayfly's own."""
    if not line.startswith("{"):
        return False
    with contextlib.suppress(ValueError):
        record = json.loads(line)
        return isinstance(record, dict) and "finding_info" in record
    return False


def _cause(value: str) -> object:
    # Headers are read as Latin-1; awslambdaric writes UTF-8 and lists the paths in the order of a set.
    if not value:
        return None
    cause = json.loads(level(value.encode("latin-1").decode()))
    return {**cause, "paths": sorted(cause["paths"])}


def _parsed(body: bytes) -> object:
    try:
        # NaN is not equal to itself; its text is.
        return json.loads(body, parse_constant=str)
    except ValueError:
        return body

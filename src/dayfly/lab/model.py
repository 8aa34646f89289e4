"""The lab's words: what a function is, what an invocation gives back, what happened and when."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from dayfly.errors import DayflyError, SettingError
from dayfly.lab.declared import Declared
from dayfly.lab.faults.plan import FaultPlan
from dayfly.lab.front import Front

# The third family is a program of the function's own that speaks the Runtime API: `bootstrap`, or an image's entry point.
RuntimeKind = Literal["plain", "dayfly", "provided.al2", "provided.al2023"]
LogFormat = Literal["Text", "JSON"]
InvocationType = Literal["RequestResponse", "Event", "DryRun"]
LogType = Literal["None", "Tail"]
InitializationType = Literal["on-demand", "provisioned-concurrency", "snap-start"]
SnapStart = Literal["None", "PublishedVersions"]
Tenancy = Literal["", "PER_TENANT"]
ConfinementChoice = Literal["auto", "bubblewrap", "none"]
# `snapshot`: initialised, and held until somebody needs an environment.
EnvironmentState = Literal["starting", "snapshot", "idle", "busy", "reset", "ended"]
EventKind = Literal[
    "cold_start",
    "init_done",
    "restored",
    "invoke_start",
    "invoke_end",
    "frozen",
    "thawed",
    "reset",
    "crashed",
    "timed_out",
    "expired",
    "replaced",
    "shutdown",
    "event_dropped",
    "record_delivered",
    "record_undelivered",
    "fault",
]

REGION = "us-east-1"
ACCOUNT = "000000000000"
VERSION = "$LATEST"
# Lambda's own ranges, so that a configuration that works here is one AWS accepts.
MAX_TIMEOUT_S = 900.0
MEMORY_MB = range(128, 10241)
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-ephemeral-storage.html
EPHEMERAL_MB = range(512, 10241)
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_VARIABLE = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_RUNTIMES = ("plain", "dayfly", "provided.al2", "provided.al2023")


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer version that a function uses, as the API tells it."""

    arn: str
    code_size: int
    unpacked_bytes: int = 0


@dataclass(frozen=True, slots=True)
class ImageConfig:
    """How a container image starts its function: `entry_point` with `command` behind it, in `working_directory`.

    Empty: the runtime's own entry point, the handler as its command, the task root.
    https://docs.aws.amazon.com/lambda/latest/api/API_ImageConfig.html. Raises SettingError for words with a NUL and for a
    working directory that is not absolute.
    """

    entry_point: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    working_directory: str = ""

    def __post_init__(self) -> None:
        if any("\0" in word for word in (*self.entry_point, *self.command, self.working_directory)):
            raise SettingError("an image's entry point, command and working directory must not contain NUL")
        if self.working_directory and not self.working_directory.startswith("/"):
            raise SettingError(
                f"working directory {self.working_directory!r} is not absolute", hint="start it with /"
            )


@dataclass(frozen=True, slots=True)
class FunctionConfig:
    """One version of a function: its code, its handler and what Lambda would be told about it.

    `channel` is a FIFO of this machine that its processes may write to. `opt` is the folder that appears as /opt: the
    contents of `layers`, merged. `snap_start` has versions restored from what was initialised when they were published,
    `tenancy` keeps tenants' environments apart, `image` starts the function as a container image does. `ephemeral_mb` is
    the size of its /tmp, `log_group` the one its lines go to, empty for Lambda's own choice. `faults`
    are what its environments meet that no honest platform does.

    Raises SettingError for values AWS would refuse; whether the folder and handler exist is
    checked by `Lab.add_function`, which touches the disk.
    """

    name: str
    folder: Path
    handler: str
    runtime: RuntimeKind = "plain"
    timeout_s: float = 3.0
    memory_mb: int = 128
    environment: Mapping[str, str] = field(default_factory=dict)
    python: Path = field(default_factory=lambda: Path(sys.executable))
    reserved_concurrency: int | None = None
    idle_expiry_s: float = 600.0
    log_format: LogFormat = "Text"
    log_level: str = "INFO"
    extensions: Path | None = None
    channel: Path | None = None
    description: str | None = None
    version: str = VERSION
    layers: tuple[Layer, ...] = ()
    opt: Path | None = None
    snap_start: SnapStart = "None"
    tenancy: Tenancy = ""
    image: ImageConfig | None = None
    ephemeral_mb: int = 512
    log_group: str = ""
    declared: Declared = field(default_factory=Declared)
    front: Front = field(default_factory=Front)
    faults: FaultPlan | None = None

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise SettingError(
                f"function name {self.name!r} is not valid", hint="use 1 to 64 letters, digits, - and _"
            )
        if self.runtime not in _RUNTIMES:
            raise SettingError(
                f"unknown runtime {self.runtime!r}",
                hint=f"use one of {', '.join(_RUNTIMES)}; `python` sets the interpreter",
            )
        if self.snap_start not in ("None", "PublishedVersions"):
            raise SettingError(
                f"unknown snap_start {self.snap_start!r}", hint="use None or PublishedVersions"
            )
        if self.tenancy not in ("", "PER_TENANT"):
            raise SettingError(f"unknown tenancy {self.tenancy!r}", hint="use PER_TENANT, or omit it")
        if not 0 < self.timeout_s <= MAX_TIMEOUT_S:
            raise SettingError(f"timeout {self.timeout_s} s is out of range", hint="use 1 to 900 seconds")
        if self.memory_mb not in MEMORY_MB:
            raise SettingError(f"memory {self.memory_mb} MB is out of range", hint="use 128 to 10240 MB")
        if self.tenancy and self.snap_start != "None":
            raise SettingError(
                "SnapStart is not supported for functions with tenant isolation mode PER_TENANT.",
                hint="omit snap_start or tenancy",
            )
        if self.ephemeral_mb not in EPHEMERAL_MB:
            raise SettingError(
                f"ephemeral storage {self.ephemeral_mb} MB is out of range", hint="use 512 to 10240 MB"
            )
        if self.idle_expiry_s <= 0:
            raise SettingError(
                "idle expiry must be positive", hint="use a number of seconds above 0; Lambda's is about 600"
            )
        if self.reserved_concurrency is not None and self.reserved_concurrency < 0:
            raise SettingError("reserved concurrency cannot be negative")
        if self.log_format not in ("Text", "JSON"):
            raise SettingError(f"unknown log format {self.log_format!r}", hint="use Text or JSON")
        for key, value in self.environment.items():
            if not _VARIABLE.fullmatch(key) or "\0" in value:
                raise SettingError(
                    f"environment variable {key!r} is not valid",
                    hint="names start with a letter and contain letters, digits and _; values must not contain NUL",
                )

    @property
    def is_custom(self) -> bool:
        """Is its runtime a program of its own, rather than awslambdaric or Dayfly?"""
        return self.runtime.startswith("provided.") or (
            self.image is not None and bool(self.image.entry_point)
        )

    @property
    def is_snapshotted(self) -> bool:
        """Are its environments restored from a snapshot? `$LATEST` never is."""
        return self.snap_start == "PublishedVersions" and self.version != VERSION

    @property
    def is_managed(self) -> bool:
        """Is it started as a managed runtime starts functions: through /var/runtime/bootstrap, wrapper and layers included?"""
        return not self.is_custom and self.runtime == "plain" and self.image is None

    @property
    def extensions_folder(self) -> Path | None:
        """Where its external extensions lie on this machine: a folder of their own, else in its layers."""
        if self.extensions is not None or self.opt is None:
            return self.extensions
        folder = self.opt / "extensions"
        return folder if folder.is_dir() and not folder.is_symlink() else None

    @property
    def log_group_name(self) -> str:
        """The CloudWatch log group of its lines."""
        return self.log_group or default_log_group(self.name)

    @property
    def arn(self) -> str:
        """The function's, without a version."""
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self.name}"


def default_log_group(name: str) -> str:
    """Where the lines of a function go that has no log group of its own choice."""
    return f"/aws/lambda/{name}"


@dataclass(frozen=True, slots=True)
class InvokeResult:
    """What the caller of Invoke gets, and which environment served it."""

    status_code: int
    payload: bytes
    function_error: str | None
    log_tail: bytes | None
    executed_version: str
    request_id: str
    environment_id: str
    cold_start: bool
    duration_ms: float
    # As the function was told it.
    trace_id: str = ""

    @classmethod
    def accepted(cls, status_code: int, request_id: str, version: str) -> InvokeResult:
        """Return the record of an invocation that nobody has served yet, or will."""
        return cls(
            status_code=status_code,
            payload=b"",
            function_error=None,
            log_tail=None,
            executed_version=version,
            request_id=request_id,
            environment_id="",
            cold_start=False,
            duration_ms=0.0,
        )


@dataclass(frozen=True, slots=True)
class LabEvent:
    """One thing that happened; `at` is seconds since the epoch, `environment_id` empty for what happened to an event."""

    at: float
    function: str
    environment_id: str
    kind: EventKind
    request_id: str | None
    detail: Mapping[str, str | int | float]


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a function's log, without its newline; `source` says who wrote it.

    `log_stream` is the environment's, named as Lambda names it; `log_group` is empty where the function has none of
    its own choice.
    """

    at: float
    function: str
    environment_id: str
    request_id: str | None
    source: Literal["platform", "output", "telemetry", "extension"]
    text: str
    log_stream: str = ""
    log_group: str = ""

    @property
    def log_group_name(self) -> str:
        """The CloudWatch log group that it belongs to."""
        return self.log_group or default_log_group(self.function)


@dataclass(frozen=True, slots=True)
class EnvironmentView:
    """One environment as it is now; `pid` is the runtime's on this host, None when none runs.

    `runtime_api` is HOST:PORT of the platform's Runtime API for it.
    """

    id: str
    state: EnvironmentState
    pid: int | None
    created_at: float
    invocations: int
    lives: int
    tenant_id: str | None
    version: str = VERSION
    runtime_api: str = ""


@dataclass(frozen=True, slots=True)
class ConfinementReport:
    """What keeps an environment apart from this machine, and what does not, with the reasons."""

    kind: Literal["bubblewrap", "none"]
    reason: str
    active: tuple[str, ...]
    absent: tuple[str, ...]

    def __str__(self) -> str:
        lines = [f"confinement: {self.kind} ({self.reason})"]
        lines += [f"  active: {item}" for item in self.active]
        lines += [f"  missing: {item}" for item in self.absent]
        return "\n".join(lines)


class LabError(DayflyError):
    """The lab cannot do what was asked: a folder, handler, interpreter or port is not usable."""


class InvokeRefusedError(DayflyError):
    """Lambda's front end refuses the call; no function code ran.

    Carries what the Invoke API answers: HTTP status, `x-amzn-ErrorType`, message and reason. Most bodies say besides
    whose fault it was; those of some refusals do not (`is_typed`).
    """

    def __init__(
        self,
        status_code: int,
        error_type: str,
        message: str,
        *,
        reason: str | None = None,
        is_typed: bool = True,
    ) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.error_type = error_type
        self.reason = reason
        self.is_typed = is_typed

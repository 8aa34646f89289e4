"""AWS's Runtime Interface Emulator: fetched once, started with a function, invoked, and ended without remains."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import http.client
import json
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Literal

from tests.confined import AS_RAPID, RAPID, Confinement, confinement_here
from tests.processes import descendants, end_processes

Runtime = Literal["plain", "dayfly"]

MODULES: Mapping[Runtime, str] = {"plain": "awslambdaric", "dayfly": "dayfly.runtime"}
ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache" / "rie"
INVOKE_PATH = "/2015-03-31/functions/function/invocations"
START_DEADLINE_S = 60.0
# Two free ports are found by binding and letting go; another test may take one before RIE does.
PORT_ATTEMPTS = 5


class RieUnavailableError(RuntimeError):
    """RIE could not be fetched or did not start; the message carries what it printed."""


def rie_binary() -> Path:
    """The path of AWS's emulator for this machine, fetched into the cache on first use.

    It ships inside the aws-sam-cli wheel. Safe to call from many processes at once: one downloads, the
    others wait. Raises RieUnavailableError where the wheel cannot be had.
    """
    architecture = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}[platform.machine()]
    binary = CACHE / f"aws-lambda-rie-{architecture}"
    if binary.exists():
        return binary
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not binary.exists():
            _fetch(binary)
    return binary


def _fetch(binary: Path) -> None:
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        with contextlib.suppress(OSError, subprocess.CalledProcessError):
            _download_with_pip(Path(folder))
        wheels = list(Path(folder).glob("*.whl"))
        if not wheels:
            raise RieUnavailableError(
                "pip could not download aws-sam-cli, the wheel that carries AWS's emulator"
            )
        part = Path(folder) / binary.name
        with (
            zipfile.ZipFile(wheels[0]) as wheel,
            wheel.open(f"samcli/local/rapid/{binary.name}") as source,
            part.open("wb") as target,
        ):
            shutil.copyfileobj(source, target)
        part.chmod(0o755)
        # Renamed last, so that a reader without the lock never sees half a binary.
        part.rename(binary)


def _download_with_pip(folder: Path) -> None:
    # The environment uv makes has no pip of its own; uv brings one for the moment.
    command = [str(ROOT / "scripts" / "uv"), "run", "--no-project", "--with", "pip", "python", "-m", "pip"]
    download = [
        "download",
        "--quiet",
        "--no-deps",
        "--only-binary=:all:",
        "--dest",
        str(folder),
        "aws-sam-cli",
    ]
    subprocess.run([*command, *download], check=True, capture_output=True, timeout=500, cwd=folder)


@dataclass(frozen=True)
class Answer:
    """What the invoker got."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def payload(self) -> object:
        """The body as JSON; raises ValueError where it is none."""
        return json.loads(self.body)

    @property
    def error_type(self) -> str:
        """`errorType` of an error payload, empty for anything else."""
        try:
            payload = self.payload
        except ValueError:
            return ""
        return str(payload.get("errorType", "")) if isinstance(payload, dict) else ""


@dataclass(frozen=True)
class _Ports:
    invoke: int
    runtime: int


class Rie:
    """One RIE with one function, alive between `__enter__` and `__exit__`.

    `function` is the folder that holds the code and becomes the working directory. `confined` puts RIE as
    PID 1 into a PID namespace and a mount namespace of its own, with an empty private /tmp and the function in
    /var/task, and runs it as an unprivileged user; `confinement` tells what came of it, and a warning
    announces what this machine does not allow. `refusals` takes from it what Lambda lacks: prctl, ptrace, seccomp,
    namespaces and mounts, /dev/shm and /dev/mqueue. With `is_lambda` it has the name of Lambda's own
    PID 1 and another user than the function. RIE starts the runtime at the first invocation. With `stays_connected`
    one connection carries all invocations, so that none begins where the runtime could see it: as on Lambda.
    """

    def __init__(
        self,
        function: Path,
        handler: str = "app.handler",
        *,
        runtime: Runtime = "dayfly",
        interpreter: Path = Path(sys.executable),
        environment: Mapping[str, str] | None = None,
        timeout_s: int = 20,
        memory_mb: int = 512,
        confined: bool = False,
        refusals: bool = False,
        binds: Sequence[Path] = (),
        command: Sequence[str] | None = None,
        is_lambda: bool = False,
        stays_connected: bool = False,
    ) -> None:
        self.function = function.resolve()
        self.handler = handler
        self.runtime: Runtime = runtime
        self.interpreter = interpreter
        self.timeout_s = timeout_s
        self.confinement: Confinement = (
            confinement_here() if confined else Confinement("none", "not asked for")
        )
        if confined and self.confinement.kind == "none":
            warnings.warn(f"RIE runs unconfined: {self.confinement.reason}", stacklevel=2)
        self._refusals = refusals
        self._is_lambda = is_lambda and self.confinement.kind != "none"
        self._command = command or [str(interpreter), "-m", MODULES[runtime], handler]
        self._binds = [ROOT, *binds]
        self._environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "TZ": ":UTC",
            "AWS_LAMBDA_FUNCTION_NAME": "function",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_TIMEOUT": str(timeout_s),
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory_mb),
            "AWS_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "ASIAEXAMPLEEXAMPLE00",
            "AWS_SECRET_ACCESS_KEY": "not-a-real-key",
            "AWS_SESSION_TOKEN": "not-a-real-token",
            **(environment or {}),
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        self._log: Path | None = None
        self._last_log = ""
        self._copy: tempfile.TemporaryDirectory[str] | None = None
        self._ports = _Ports(0, 0)
        self._stays_connected = stays_connected
        self._connection: http.client.HTTPConnection | None = None

    def __enter__(self) -> Rie:
        for attempt in range(PORT_ATTEMPTS):
            if self._started():
                return self
            printed = self.logs()
            self.stop()
            if "address already in use" not in printed or attempt == PORT_ATTEMPTS - 1:
                raise RieUnavailableError(f"RIE did not start:\n{printed}")
        raise AssertionError("the loop returns or raises")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The process this machine sees: RIE, or the program that confines it."""
        assert self._process is not None, "RIE is not running"
        return self._process.pid

    @property
    def runtime_api(self) -> str:
        """HOST:PORT of the Runtime API, for tests that call it themselves."""
        return f"127.0.0.1:{self._ports.runtime}"

    def tree(self) -> list[int]:
        """Pids, as this machine numbers them, of RIE and everything under it now."""
        return [self.pid, *descendants(self.pid)]

    def runtime_pids(self) -> list[int]:
        """Pids of the runtime and everything under it now: the tree without RIE and what confines it."""
        return [pid for pid in self.tree() if not _is_scaffold(pid)]

    def logs(self) -> str:
        """Everything that RIE and the function have printed, also after the end."""
        return self._log.read_text(errors="replace") if self._log else self._last_log

    def wait_for_log(self, text: str, *, deadline_s: float = 60.0) -> str:
        """The log, as soon as it holds `text`; raises TimeoutError with the log if it never does."""
        end = time.monotonic() + deadline_s
        while text not in (log := self.logs()):
            if time.monotonic() > end:
                raise TimeoutError(f"{text!r} is not in the log:\n{log}")
            time.sleep(0.01)
        return log

    def invoke(
        self,
        payload: object = None,
        *,
        raw: bytes | None = None,
        client_context: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Invoke with `payload` as JSON, or with `raw` bytes as they are, and wait for the answer."""
        body = json.dumps(payload).encode() if raw is None else raw
        sent = {"Content-Type": "application/json", **(headers or {})}
        if client_context is not None:
            encoded = base64.b64encode(json.dumps(client_context).encode()).decode()
            sent["X-Amz-Client-Context"] = encoded
        connection = self._connection or http.client.HTTPConnection(
            "127.0.0.1", self._ports.invoke, timeout=self.timeout_s + 30
        )
        self._connection = connection if self._stays_connected else None
        with contextlib.nullcontext() if self._stays_connected else contextlib.closing(connection):
            connection.request("POST", INVOKE_PATH, body, sent)
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())

    def stop(self) -> None:
        """End RIE and everything it started, also what detached itself. Safe to call twice."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        process, self._process = self._process, None
        if process is None:
            return
        if self._guard is not None:
            self._guard.kill()
            self._guard.communicate()
        # The tree is read before RIE dies: afterwards its orphans belong to somebody else.
        family = descendants(process.pid)
        if self.confinement.kind != "none":
            # Pid 1 of the namespace takes all others with it, and bwrap, still alive, buries it.
            end_processes(family[:1])
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        end_processes(family)
        self._last_log, log, self._log = self.logs(), self._log, None
        if log is not None:
            log.unlink()
        if self._copy is not None:
            self._copy.cleanup()
            self._copy = None

    def _started(self) -> bool:
        self._ports = _free_ports()
        address = f"127.0.0.1:{self._ports.invoke}"
        rie = [str(rie_binary()), "--runtime-api-address", self.runtime_api]
        rie += ["--runtime-interface-emulator-address", address]
        task = self.function if self.confinement.kind == "none" else self._readable_copy()
        starter, command = (
            ((*AS_RAPID, *rie), self._command) if self._is_lambda else ((), [*rie, *self._command])
        )
        confinement = replace(self.confinement, starter=starter)
        command = confinement.wrap(command, task=task, binds=self._binds, refusals=self._refusals)
        if self._log is None:
            descriptor, name = tempfile.mkstemp(prefix="rie-", suffix=".log")
            os.close(descriptor)
            self._log = Path(name)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self.function,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        # The emulator begins to listen at its Runtime API beside this, and perhaps later.
        listens = all(_listens(self._process, port) for port in (self._ports.invoke, self._ports.runtime))
        below = descendants(self._process.pid) if self.confinement.kind != "none" else []
        self._guard = _guard(below[0] if below else self._process.pid)
        return listens

    def _readable_copy(self) -> Path:
        # Folders that pytest makes are their owner's alone, and the function runs as somebody else.
        self._copy = self._copy or tempfile.TemporaryDirectory(prefix="rie-task-")
        target = Path(self._copy.name)
        shutil.copytree(self.function, target, dirs_exist_ok=True, symlinks=True)
        for path in [target, *target.rglob("*")]:
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
        return target


def _guard(pid: int) -> subprocess.Popen[bytes]:
    # A test run that is killed cannot stop anything: the guard notices by the end of its input. bwrap's own
    # --die-with-parent does not do: the kernel drops that signal when setpriv changes the user, and the
    # monitor has not the right to send it across users.
    act = 'cat >/dev/null; readlink "/proc/$0/exe" | grep -q aws-lambda-rie && kill -9 "$0"'
    return subprocess.Popen(["/bin/sh", "-c", act, str(pid)], stdin=subprocess.PIPE, start_new_session=True)


def _free_ports() -> _Ports:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        return _Ports(one.getsockname()[1], two.getsockname()[1])


def _listens(process: subprocess.Popen[bytes], port: int) -> bool:
    end = time.monotonic() + START_DEADLINE_S
    while process.poll() is None and time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
        time.sleep(0.01)
    return False


def _is_scaffold(pid: int) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return True
    is_named = command[0].rsplit(b"/", 1)[-1].startswith((b"aws-lambda-rie", b"bwrap"))
    return is_named or command[0] == RAPID.encode()


@contextlib.contextmanager
def both_runtimes(
    function: Path, handler: str = "app.handler", *, environment: Mapping[str, str] | None = None
) -> Iterator[tuple[Rie, Rie]]:
    """The same function twice, under plain awslambdaric and under Dayfly."""
    with (
        Rie(function, handler, runtime="plain", environment=environment) as plain,
        Rie(function, handler, runtime="dayfly", environment=environment) as dayfly,
    ):
        yield plain, dayfly

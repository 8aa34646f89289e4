"""The process tree of one environment, seen from the lab: init and what it starts."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from dayfly.lab.confinement import LIMITS, Place
from dayfly.lab.freezer import Freezer, SignalFreezer
from dayfly.lab.init import MAX_MESSAGE
from dayfly.lab.logs import PipeReader
from dayfly.lab.model import LabError

_HELLO_BUDGET_S = 30.0
_END_BUDGET_S = 5.0


class ProcessTree:
    """Starts init in its place, then programs by key, and reports their exits as futures."""

    def __init__(
        self,
        place: Place,
        freezer: Freezer,
        output: PipeReader,
        telemetry: PipeReader,
        extensions: PipeReader,
    ) -> None:
        self._place = place
        self.freezer = freezer
        self._output = output
        self._telemetry = telemetry
        self._extensions = extensions
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._listener: asyncio.Task[None] | None = None
        self._hello: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._exits: dict[str, asyncio.Future[int]] = {}
        self._pids: dict[str, int] = {}
        # What its programs are started with; who injects faults lowers them.
        self.limits: tuple[tuple[int, int, int], ...] = LIMITS if place.prefix else ()
        # Programs that could not be executed: the step that failed and its errno.
        self.refused: dict[str, tuple[str, int]] = {}

    async def start(self, python: Path) -> None:
        """Start init. Raises LabError when it does not report within its budget."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, MAX_MESSAGE * 2)
        self._control = ours
        join, thaw = self.freezer.descriptors()
        numbers = [theirs.fileno(), join, thaw, self._telemetry.write_end, self._extensions.write_end]
        call_filter = _as_file(self._place.call_filter)
        command = [
            *self._place.prefix,
            *(("--seccomp", str(call_filter)) if call_filter >= 0 else ()),
            *(str(python), "-I", "-S", "-X", "utf8", self._place.init_path),
            *(str(number) for number in numbers),
        ]
        try:
            # Popen blocks until the child has executed: some 2 ms, and no thread or watcher is needed.
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=self._output.write_end,
                stderr=self._output.write_end,
                pass_fds=[number for number in (*numbers, call_filter) if number >= 0],
                start_new_session=True,
                env={},
                cwd="/",
            )
        except OSError as error:
            raise LabError(f"cannot start an environment: {error}") from error
        finally:
            theirs.close()
            if call_filter >= 0:
                os.close(call_filter)
        self._output.close_write_end()
        self._telemetry.close_write_end()
        self._extensions.close_write_end()
        self._listener = asyncio.create_task(self._listen(ours))
        try:
            async with asyncio.timeout(_HELLO_BUDGET_S):
                await asyncio.shield(self._hello)
        except (TimeoutError, ConnectionError) as error:
            await self.end()
            raise LabError(
                "an environment's first process did not start",
                hint="try --confinement none to check whether the confinement is the cause",
            ) from error
        if isinstance(self.freezer, SignalFreezer):
            self.freezer.init_pid = self.find_init()

    def find_init(self) -> int:
        """The pid of init as this host numbers it, 0 where it is not to be found. Precondition: started."""
        assert self._process is not None
        if not self._place.prefix:
            return self._process.pid
        pid = self._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return int(children[0]) if children else 0

    async def _listen(self, control: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                message = await loop.sock_recv(control, MAX_MESSAGE)
            except ConnectionError:
                message = b""
            if not message:
                break
            kind, *fields = message.decode().split("\0")
            if kind == "hello":
                self._hello.set_result(int(fields[0]))
            elif kind == "started":
                self._pids[fields[0]] = int(fields[1])
            elif kind == "refused":
                self.refused[fields[0]] = (fields[1], int(fields[2]))
            elif kind == "exit" and not self._exits[fields[0]].done():
                self._pids.pop(fields[0], None)
                self._exits[fields[0]].set_result(int(fields[1]))
        if not self._hello.done():
            self._hello.set_exception(ConnectionError("init ended"))
            # Whoever started it has the message; asyncio need not repeat it at the end.
            self._hello.exception()
        for future in self._exits.values():
            if not future.done():
                future.set_result(-9)

    async def run(
        self, key: str, argv: Sequence[str], environment: Mapping[str, str], *, folder: str = ""
    ) -> asyncio.Future[int]:
        """Start one program in `folder` (the task root); the future is its exit code, negative for a signal."""
        self.refused.pop(key, None)
        assert self._control is not None
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._exits[key] = future
        fields = [
            "start",
            key,
            str(self._place.uid),
            str(self._place.uid),
            folder or self._place.task_root,
            ",".join(":".join(str(n) for n in limit) for limit in self.limits),
            str(len(argv)),
            *argv,
            *(f"{name}={value}" for name, value in environment.items()),
        ]
        message = "\0".join(fields).encode()
        if len(message) > MAX_MESSAGE:
            raise LabError("the function's environment variables are too large", hint="Lambda allows 4 KB")
        await asyncio.get_running_loop().sock_sendall(self._control, message)
        return future

    async def signal(self, key: str, number: int) -> None:
        """Signal the process group of a program; one that has ended is left alone."""
        if self._control is not None and not self._exits[key].done():
            message = "\0".join(("signal", key, str(int(number)))).encode()
            with contextlib.suppress(ConnectionError):
                await asyncio.get_running_loop().sock_sendall(self._control, message)

    def host_pid(self, key: str) -> int | None:
        """The pid of a running program as this host numbers it."""
        inner = self._pids.get(key)
        if inner is None or not self._place.prefix:
            return inner
        for pid in self.freezer.pids():
            try:
                status = Path(f"/proc/{pid}/status").read_text()
            except OSError:
                continue
            line = next((line for line in status.splitlines() if line.startswith("NSpid:")), "")
            if line.split()[-1:] == [str(inner)]:
                return pid
        return None

    def used_mb(self) -> int:
        """Resident memory of the whole tree, in MiB."""
        pages = 0
        for pid in self.freezer.pids():
            with contextlib.suppress(OSError, IndexError):
                pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") // (1024 * 1024)

    async def end(self) -> bool:
        """Kill everything, init last; False when something could not be seen dead in time."""
        is_dead = await self.freezer.kill()
        if self._control is not None:
            self._control.shutdown(socket.SHUT_RDWR)
        if self._process is not None:
            if self._place.prefix and self._process.poll() is None:
                # PID 1's death takes the whole namespace with it. Killing the monitor alone is not enough:
                # bubblewrap's child asks to die with it only after its set-up, and would wait for ever.
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._process.pid, signal.SIGKILL)
            deadline = asyncio.get_running_loop().time() + _END_BUDGET_S
            while self._process.poll() is None:
                if asyncio.get_running_loop().time() > deadline:
                    self._process.kill()
                    is_dead = False
                    break
                await asyncio.sleep(0.002)
        if self._listener is not None:
            self._listener.cancel()
            await asyncio.gather(self._listener, return_exceptions=True)
        if self._control is not None:
            self._control.close()
            self._control = None
        self.freezer.close()
        for future in self._exits.values():
            if not future.done():
                future.set_result(-9)
        return is_dead


def _as_file(call_filter: bytes) -> int:
    """A descriptor from which bubblewrap reads the filter, -1 for none."""
    if not call_filter:
        return -1
    descriptor = os.memfd_create("filter")
    os.write(descriptor, call_filter)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor

"""Two Runtime APIs that a test can play the runtime to: AWS's emulator and the lab's."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import os
import signal
import socket
import subprocess
import threading
import time
import uuid
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

from tests.real.daemons import free_port
from tests.rie import rie_binary

from dayfly.lab.runtime_api import InvocationEvent, Outcome, RuntimeApi
from dayfly.lab.snapstart.credentials import CredentialsEndpoint
from dayfly.lab.snapstart.restoring import Restoration
from dayfly.lab.telemetry.metadata import PATH, Metadata


class Platform(Protocol):
    """One side: a Runtime API to which the test's client plays the runtime."""

    address: str

    def invoke(self, payload: bytes) -> Future[bytes]:
        """Start an invocation; resolves to the payload its caller gets."""


class Emulator:
    """AWS's emulator. Its own child sleeps: the runtime is the test's client.

    `extensions` is a folder that it sees as /opt/extensions, by way of bubblewrap; with `snapshots` it has the restore phase.
    """

    def __init__(self, log: Path, *, extensions: Path | None = None, snapshots: bool = False) -> None:
        runtime, front = free_port(), free_port()
        self.address = f"127.0.0.1:{runtime}"
        self._front = front
        self._log = log
        self._has_extensions = extensions is not None
        self._pool = ThreadPoolExecutor(4)
        with log.open("wb") as sink:
            self._process = subprocess.Popen(
                [
                    *(() if extensions is None else _showing(extensions)),
                    *(str(rie_binary()), "--log-level", "error"),
                    *(("--enable-init-caching",) if snapshots else ()),
                    *("--runtime-api-address", self.address),
                    *("--runtime-interface-emulator-address", f"127.0.0.1:{front}"),
                    *("/bin/sleep", "300"),
                ],
                stdout=sink,
                stderr=subprocess.STDOUT,
                env={
                    "PATH": "/usr/bin:/bin",
                    "AWS_LAMBDA_FUNCTION_TIMEOUT": "120",
                    "AWS_LAMBDA_FUNCTION_NAME": "function",
                },
                start_new_session=True,
            )
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", front), timeout=1).close()
                socket.create_connection(("127.0.0.1", runtime), timeout=1).close()
                return
            assert time.monotonic() < deadline, log.read_text()
            threading.Event().wait(0.02)

    def invoke(self, payload: bytes) -> Future[bytes]:
        def post() -> bytes:
            connection = http.client.HTTPConnection("127.0.0.1", self._front, timeout=60)
            with contextlib.closing(connection):
                connection.request("POST", "/2015-03-31/functions/function/invocations", payload)
                return connection.getresponse().read()

        future = self._pool.submit(post)
        # It starts its runtime with the first event, and drops whoever polls before that. With extensions it does so only
        # after they registered, which is for the test to do.
        deadline = time.monotonic() + 60
        while b"START RequestId" not in self._log.read_bytes():
            assert time.monotonic() < deadline, self._log.read_text()
            threading.Event().wait(0.01)
        if not self._has_extensions:
            self.child()
        return future

    def child(self) -> int:
        """The pid of the program that it started as runtime; there once an event was sent."""
        deadline = time.monotonic() + 60
        while not (found := _sleepers(self._process.pid)):
            assert time.monotonic() < deadline, self._log.read_text()
            threading.Event().wait(0.01)
        return found[0]

    def close(self) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        # The emulator gave its child a process group of its own.
        for pid in _children_that_sleep(self._process.pid):
            os.kill(pid, signal.SIGKILL)
        self._pool.shutdown(wait=False, cancel_futures=True)


def _showing(extensions: Path) -> list[str]:
    """bubblewrap's words for a machine whose /opt has only these extensions."""
    root = ["bwrap", "--dev-bind", "/", "/", "--tmpfs", "/opt"]
    return [*root, "--ro-bind", str(extensions), "/opt/extensions", "--"]


def _sleepers(session: int) -> list[int]:
    commands = {pid: Path(f"/proc/{pid}/cmdline") for pid in _children_that_sleep(session)}
    return [pid for pid, path in commands.items() if path.read_bytes().startswith(b"/bin/sleep\0")]


def _children_that_sleep(session: int) -> list[int]:
    """Processes of the emulator's session that outlived it."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = entry.read_text().rpartition(") ")[2].split()
            if int(fields[3]) == session and fields[0] != "Z":
                found.append(int(entry.parent.name))
    return found


class Lab:
    """The lab's Runtime API on an event loop of its own; `extensions` are the external ones it waits for.

    With `snapshots` an invocation restores the runtime that waits for it, as the emulator's do.
    """

    def __init__(self, *, extensions: frozenset[str] = frozenset(), snapshots: bool = False) -> None:
        self._snapshots = snapshots
        self._restoration: Restoration | None = None
        self._extensions = extensions
        self.metadata = Metadata("use1-az1")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._api = self._run(self._start())
        self.address = self._api.address
        self._previous: asyncio.Task[None] | None = None

    def _run(self, work: object) -> RuntimeApi:
        assert asyncio.iscoroutine(work)
        result = asyncio.run_coroutine_threadsafe(work, self._loop).result(60)
        return result if isinstance(result, RuntimeApi) else self._api

    async def _start(self) -> RuntimeApi:
        api = RuntimeApi("function", "app.handler")
        await api.start()
        api.routes[PATH] = {"*": self.metadata.answer}
        if self._snapshots:
            self._restoration = Restoration(api)
            CredentialsEndpoint(api)
        api.new_life(self._extensions)
        return api

    def invoke(self, payload: bytes) -> Future[bytes]:
        async def serve() -> bytes:
            return (await self._serve(payload)).payload

        return asyncio.run_coroutine_threadsafe(serve(), self._loop)

    def invoke_outcome(self, payload: bytes) -> Future[Outcome]:
        return asyncio.run_coroutine_threadsafe(self._serve(payload), self._loop)

    async def _serve(self, payload: bytes) -> Outcome:
        await self._api.settled.wait()
        if self._restoration is not None and self._api.state == "RestoreReady":
            self._restoration.release()
            await self._api.settled.wait()
        deadline_ms = int(time.time() * 1000) + 60000
        self._api.deliver(InvocationEvent(str(uuid.uuid4()), payload, "arn:aws:lambda:x", deadline_ms))
        return await self._api.outcome

    def close(self) -> None:
        self._run(self._api.close())

        async def cancel_rest() -> None:
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()

        self._run(cancel_rest())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

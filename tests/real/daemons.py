"""Starts server programs as an unprivileged user, and ends them with the session or with its process."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.rie import ROOT
from tests.unprivileged import UID

START_DEADLINE_S = 60.0
STOP_DEADLINE_S = 60.0
POLL_S = 0.02
# Debian keeps servers where only root's PATH leads, PostgreSQL's by version.
_PLACES = ("/usr/sbin", "/usr/lib/postgresql/*/bin", "/usr/local/bin", "/usr/bin")


class ServerUnavailableError(RuntimeError):
    """A server program is not installed and cannot be; the message says which and why."""


def find_program(name: str, *, package: str) -> str:
    """The path of a server program, its Debian package installed if need be.

    Raises ServerUnavailableError where it is not there and cannot be installed.
    """
    found = _look_for(name)
    if found is None:
        installed = subprocess.run(
            [str(ROOT / "scripts" / "debian-packages"), f"{name}={package}"],
            capture_output=True,
            text=True,
            timeout=500,
        )
        found = _look_for(name)
        if found is None:
            raise ServerUnavailableError(
                f"{name} is missing and Debian's {package} was not installed: {installed.stderr.strip()}"
            )
    return found


def _look_for(name: str) -> str | None:
    for place in _PLACES:
        root = Path("/")
        for path in sorted(root.glob(f"{place[1:]}/{name}"), reverse=True):
            if os.access(path, os.X_OK):
                return str(path)
    return shutil.which(name)


def unprivileged(command: Sequence[str], *, uid: int = UID) -> list[str]:
    """The command line that runs `command` as `uid` where this is root, and ends it when its parent ends."""
    become = [f"--reuid={uid}", f"--regid={uid}", "--clear-groups"] if os.geteuid() == 0 else []
    return ["setpriv", *become, "--pdeathsig", "KILL", *command]


def free_port() -> int:
    """A loopback port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(
    command: Sequence[str],
    *,
    folder: Path,
    is_ready: Callable[[], bool],
    uid: int = UID,
    stop: signal.Signals = signal.SIGTERM,
) -> Iterator[Path]:
    """A server program in `folder`, ready to serve; yields its log.

    Raises ServerUnavailableError with the log's end if it does not start.
    """
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            unprivileged(command, uid=uid),
            cwd=folder,
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        end = time.monotonic() + START_DEADLINE_S
        while not is_ready():
            if process.poll() is not None or time.monotonic() > end:
                text = log.read_text(errors="replace")[-2000:]
                raise RuntimeError(f"{command[0]} did not start (exit {process.poll()}):\n{text}")
            time.sleep(POLL_S)
        yield log
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(stop)
        try:
            process.wait(STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

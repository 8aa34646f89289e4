"""One environment as on AWS that outlives its runtimes: a platform that starts the runtime anew whenever it ends."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import TypedDict

from tests.confined import AS_RAPID, confinement_here
from tests.processes import descendants, descriptors, end_processes, parent_of, state_of
from tests.rie import ROOT

FUNCTIONS = Path(__file__).parent / "functions"
# PID 1 of the environment, like Lambda's: it starts the runtime, buries orphans, and keeps /tmp and what still
# runs for the next life.
PLATFORM = 'while :; do "$@" & echo "runtime $!"; wait $!; done'


class _Finding(TypedDict):
    timestamp: str
    message: str
    metadata: dict[str, dict[str, str]]
    finding_info: dict[str, list[str]]


@dataclass(frozen=True)
class Footprint:
    """What an environment holds between two invocations; memory in kB, -1 for what cannot be read.

    `life` changes with the supervisor, `zygote_life` with the zygote.
    """

    life: int
    zygote_life: int
    supervisor_kb: int
    zygote_kb: int
    supervisor_descriptors: int
    zygote_descriptors: int
    processes: int
    zombies: int


class Environment:
    """A confined environment under Dayfly, between `__enter__` and `__exit__`; `api` is its Runtime API."""

    def __init__(self, api: str, settings: Mapping[str, str]) -> None:
        self._variables = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "AWS_LAMBDA_RUNTIME_API": api,
            "AWS_LAMBDA_FUNCTION_NAME": "soak",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/soak",
            "AWS_LAMBDA_LOG_STREAM_NAME": "soak",
            "_HANDLER": "app.handler",
            **settings,
        }
        self.findings: Counter[str] = Counter()
        self._runtime = ""
        self.tail: deque[str] = deque(maxlen=60)

    def __enter__(self) -> Environment:
        here = confinement_here()
        assert here.kind != "none", here.reason
        confinement = replace(here, starter=(*AS_RAPID, "sh", "-c", PLATFORM, "platform"))
        command = [sys.executable, "-m", "dayfly.runtime", "app.handler"]
        self._process = subprocess.Popen(
            confinement.wrap(command, task=FUNCTIONS, binds=[ROOT], refusals=True),
            env=self._variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        family = descendants(self._process.pid)
        end_processes(family[:1])
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        end_processes(family)
        self._reader.join(60)

    def reset(self, *, everything: bool) -> None:
        """End the runtime as the platform does when an invocation times out; its orphans only with `everything`."""
        tree = descendants(self._process.pid)
        supervisor = self._supervisor(tree)
        for pid in tree[1:] if everything else [supervisor]:
            if pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def look(self) -> Footprint:
        """What the environment holds now."""
        tree = descendants(self._process.pid)
        supervisor = self._supervisor(tree)
        zygote = next(
            (pid for pid in tree if supervisor and parent_of(pid) == supervisor and _is_alive(pid)), 0
        )
        dead = sum(not _is_alive(pid) for pid in tree)
        return Footprint(
            life=supervisor,
            zygote_life=zygote,
            supervisor_kb=anonymous_kb(supervisor),
            zygote_kb=anonymous_kb(zygote),
            supervisor_descriptors=len(descriptors(supervisor)) or -1,
            zygote_descriptors=len(descriptors(zygote)) or -1,
            processes=len(tree) - dead,
            zombies=dead,
        )

    def _supervisor(self, tree: list[int]) -> int:
        """The runtime's process as this machine numbers it, 0 between two lives."""
        return next((pid for pid in tree if _number_inside(pid) == self._runtime and _is_alive(pid)), 0)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            text = line.decode(errors="replace").rstrip("\n")
            if text.startswith("runtime "):
                self._runtime = text.removeprefix("runtime ")
                continue
            record = _finding(text)
            if record is not None:
                self.findings.update(record["finding_info"]["types"])
                text = f"{record['timestamp']} {record['message']}"
            if not text.startswith(("line of", "no end", "[not written")):
                self.tail.append(text[:300])


def anonymous_kb(pid: int) -> int:
    """The process's own memory, files and shared pages left out; -1 if it is gone."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1])
    return -1


def _number_inside(pid: int) -> str:
    """The process's number in its own namespace, empty if it is gone."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("NSpid:"):
                return line.split()[-1]
    return ""


def _is_alive(pid: int) -> bool:
    return state_of(pid) not in {"", "Z", "X"}


def _finding(text: str) -> _Finding | None:
    """Return one of Dayfly's own lines, None for any other."""
    if '"finding_info"' not in text or not text.startswith("{"):
        return None
    record: _Finding = json.loads(text)
    assert record["metadata"]["product"]["name"] == "Dayfly"
    return record

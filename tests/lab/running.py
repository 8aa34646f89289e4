"""A running lab for tests, what it reported, and how to wait for something without sleeping."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import awslambdaric
import pytest

from dayfly.lab import pool
from dayfly.lab.lab import Lab
from dayfly.lab.model import ConfinementChoice, FunctionConfig, InvokeResult, LabEvent, LogLine
from dayfly.lab.streaming.limits import StreamLimits

FUNCTIONS = Path(__file__).parent / "functions"
DEADLINE_S = 60.0

needs_bubblewrap = pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
both_confinements = pytest.mark.parametrize(
    "confinement", [pytest.param("bubblewrap", marks=needs_bubblewrap), "none"]
)


@dataclass(slots=True)
class Running:
    """A lab with one function called `f`, and everything it said so far."""

    lab: Lab
    events: list[LabEvent] = field(default_factory=list)
    lines: list[LogLine] = field(default_factory=list)

    async def call(self, value: object = None, **options: Any) -> InvokeResult:
        return await self.lab.invoke("f", json.dumps(value or {}).encode(), **options)

    async def ask(self, do: str, **rest: object) -> Any:
        """Invoke and decode; fails the test when the function failed."""
        result = await self.call({"do": do, **rest})
        assert result.function_error is None, result.payload
        return json.loads(result.payload)

    def release(self, name: str = "f") -> None:
        """Have the one invocation that was asked to `wait` go on."""
        (pid,) = (view.pid for view in self.lab.environments(name) if view.state == "busy")
        assert pid is not None
        os.kill(pid, signal.SIGUSR1)

    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]


def hidden_python(folder: Path, name: str = "python3") -> Path:
    """A Python of ours that starts on this machine and not in the sandbox: its program lies where that shows nothing."""
    hidden = folder / "home" / "python"
    hidden.parent.mkdir(parents=True)
    hidden.symlink_to(Path(sys.executable).resolve())
    python = folder / "venv" / "bin" / name
    python.parent.mkdir(parents=True)
    python.symlink_to(hidden)
    (folder / "venv" / "pyvenv.cfg").write_text(f"home = {hidden.resolve().parent}\n")
    packages = folder / "venv" / "lib" / "python{}.{}".format(*sys.version_info) / "site-packages"
    packages.mkdir(parents=True)
    (packages / "client.pth").write_text(f"{Path(awslambdaric.__file__).parents[1]}\n")
    return python


def basic(**overrides: Any) -> FunctionConfig:
    values: dict[str, Any] = {
        "name": "f",
        "folder": FUNCTIONS / "basic",
        "handler": "app.handler",
        "python": Path(sys.executable),
        "timeout_s": 20.0,
    }
    return FunctionConfig(**(values | overrides))


@contextlib.asynccontextmanager
async def running_lab(
    confinement: ConfinementChoice = "auto",
    *,
    config: FunctionConfig | None = None,
    max_environments: int = 16,
    async_speed: float = 6000.0,
    services: str | None = None,
    stream_limits: StreamLimits | None = None,
) -> AsyncIterator[Running]:
    events: list[LabEvent] = []
    lines: list[LogLine] = []
    lab = Lab(
        confinement=confinement,
        max_environments=max_environments,
        log=lines.append,
        async_speed=async_speed,
        services=services,
        stream_limits=stream_limits,
    )
    # One call after another meets one environment, however long a busy machine takes between its answer and its next poll.
    with mock.patch.object(pool, "FINISHING_PATIENCE_S", DEADLINE_S):
        async with lab:
            lab.subscribe(events.append)
            await lab.add_function(config or basic())
            yield Running(lab, events, lines)


async def until(is_true: Callable[[], object], *, deadline_s: float = DEADLINE_S) -> None:
    """Poll until something holds; fails the test when it never does."""
    end = time.monotonic() + deadline_s
    while not is_true():
        assert time.monotonic() < end, "waited in vain"
        await asyncio.sleep(0.005)


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


def is_alive(pid: int) -> bool:
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(") ")[2][:1] not in "ZX"
    except OSError:
        return False

"""Functions to learn from, and what it takes to run them."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from dayfly.lab.lab import Lab
from dayfly.lab.model import FunctionConfig, InvokeResult
from dayfly.lab.plan.model import Event, Trial

FUNCTIONS = Path(__file__).parent / "functions"
SHOP: list[dict[str, Any]] = [
    {"do": "price", "count": 3},
    {"do": "receipt", "order": "o-1"},
    {"do": "ship", "order": "o-1"},
    {"do": "version"},
]


def copy(name: str, folder: Path) -> Path:
    """A function's package of the test's own."""
    target = folder / name
    shutil.copytree(FUNCTIONS / name, target, ignore=shutil.ignore_patterns("__pycache__"))
    return target


def events(*values: object) -> tuple[Event, ...]:
    return tuple(Event(f"{number}.json", json.dumps(value).encode()) for number, value in enumerate(values))


def request(folder: Path, values: list[dict[str, Any]], **overrides: Any) -> Trial:
    wanted: dict[str, Any] = {
        "folder": folder,
        "handler": "app.handler",
        "events": events(*values),
        "environment": {},
        "timeout_s": 20.0,
        "memory_mb": 512,
        "python": Path(sys.executable),
        "confinement": "auto",
    }
    return Trial(**(wanted | overrides))


async def run_lab(
    folder: Path,
    values: list[dict[str, Any]],
    environment: dict[str, str],
    *,
    handler: str = "app.handler",
) -> tuple[list[InvokeResult], list[str]]:
    """Run a function under Dayfly and return its answers and its log's lines."""
    lines: list[str] = []
    answers: list[InvokeResult] = []
    async with Lab(log=lambda line: lines.append(line.text)) as lab:
        await lab.add_function(
            FunctionConfig(
                name="f",
                folder=folder,
                handler=handler,
                runtime="dayfly",
                timeout_s=20.0,
                environment=environment,
                python=Path(sys.executable),
            )
        )
        for value in values:
            answers.append(await lab.invoke("f", json.dumps(value).encode()))
    return answers, lines


async def serve(
    folder: Path,
    values: list[dict[str, Any]],
    environment: dict[str, str],
    *,
    handler: str = "app.handler",
) -> tuple[list[InvokeResult], list[dict[str, Any]]]:
    """Run a function under `guard = block` and return its answers and what the guard found."""
    answers, lines = await run_lab(folder, values, {**environment, "DAYFLY_GUARD": "block"}, handler=handler)
    found = [json.loads(line) for line in lines if '"types":["guard.' in line]
    # An init that was refused is told of by the refusal alone.
    assert found or any('"guard":"block"' in line for line in lines), "the guard is not armed"
    return answers, found

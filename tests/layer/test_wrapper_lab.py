"""A function runs through the layer in the lab, as docs/layer.md says, before anybody publishes it."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path

from tests.interpreters import CACHE
from tests.lab.running import needs_bubblewrap
from tests.layer.managed import unpacked_layer

from dayfly.lab.lab import Lab
from dayfly.lab.model import ConfinementChoice, FunctionConfig, LogLine

EXAMPLES = Path(__file__).parents[2] / "docs" / "container"


def _folder() -> tempfile.TemporaryDirectory[str]:
    # Not in /tmp, where code could be changed by any invocation and is therefore not forked.
    CACHE.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(prefix="layer-", dir=CACHE)


def test_a_function_runs_through_the_layer_in_the_lab() -> None:
    with _folder() as name:
        layer = unpacked_layer(Path(name) / "layer", [f"{sys.version_info[0]}.{sys.version_info[1]}"])
        answers, lines = asyncio.run(_invoke_thrice(layer / "dayfly"))
    assert answers == [{"calls": 1}] * 3
    assert any("a fresh worker per invocation" in line.text for line in lines)


@needs_bubblewrap
def test_a_function_with_the_layer_as_opt_runs_in_workers_as_on_a_managed_runtime() -> None:
    with _folder() as name:
        layer = unpacked_layer(Path(name) / "layer", [f"{sys.version_info[0]}.{sys.version_info[1]}"])
        answers, lines = asyncio.run(_invoke_thrice(Path("/opt/dayfly"), confinement="bubblewrap", opt=layer))
    assert answers == [{"calls": 1}] * 3
    assert any("a fresh worker per invocation; guard" in line.text for line in lines)
    assert not any("not active" in line.text for line in lines)


async def _invoke_thrice(
    wrapper: Path, *, confinement: ConfinementChoice = "none", opt: Path | None = None
) -> tuple[list[object], list[LogLine]]:
    lines: list[LogLine] = []
    function = FunctionConfig(
        name="f",
        folder=EXAMPLES,
        handler="app.handler",
        timeout_s=20.0,
        environment={"AWS_LAMBDA_EXEC_WRAPPER": str(wrapper)},
        opt=opt,
    )
    async with Lab(confinement=confinement, log=lines.append) as lab:
        await lab.add_function(function)
        results = [await lab.invoke("f", b"{}") for _ in range(3)]
    return [json.loads(result.payload) for result in results], lines

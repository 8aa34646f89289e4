"""What is seen of real functions that run unchanged on plain awslambdaric, and what they see of the probe."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path

import pytest
from tests.lab.plan.making import AMOUNTS, FUNCTIONS, request, run_name, sightings
from tests.lab.plan.serving import http_service
from tests.lab.running import both_confinements

from dayfly.lab.lab import Lab
from dayfly.lab.model import ConfinementChoice, FunctionConfig
from dayfly.lab.plan.losses import find_losses
from dayfly.lab.plan.masking import Mask
from dayfly.lab.plan.model import Loss, PlanError, Request
from dayfly.lab.plan.observe import longest_life, observe
from dayfly.lab.plan.source import Source


def losses_of(asked: Request) -> list[Loss]:
    seen = asyncio.run(observe(asked, progress=lambda done, total: None))
    assert [one.number for one in seen] == list(range(13))
    assert sum(one.faults for one in seen) == 0
    found = find_losses(seen, cycle=len(asked.events), mask=Mask(asked.events), source=Source(asked.folder))
    return list(found)


@both_confinements
def test_everything_a_function_keeps_is_named_with_its_place(confinement: ConfinementChoice) -> None:
    name = run_name()
    with http_service() as address:
        try:
            found = losses_of(
                request("warm", environment={"SERVICE": address, "RUN": name}, confinement=confinement)
            )
        finally:
            shutil.rmtree(Path(f"/tmp/prices-{name}"), ignore_errors=True)
    by_name = {loss.what: loss for loss in found}
    lines = (FUNCTIONS / "warm" / "app.py").read_text().splitlines()

    def line_of(text: str) -> str:
        (number,) = [n for n, line in enumerate(lines, 1) if line.strip().startswith(text)]
        return f"app.py:{number}"

    assert by_name[address].where == line_of('connection().request("GET"')
    assert by_name[address].uses == 11
    assert by_name["app.square (lru_cache)"].uses == 10
    assert by_name["app.square (lru_cache)"].where == line_of("@functools.lru_cache")
    assert by_name["app.PRICES (dict)"].where == line_of("PRICES = {}")
    assert "emptied" in by_name["app.BATCH (list)"].consequence
    assert by_name["app.COLD"].kind == "cold-start-flag"
    assert by_name["app.SERVED (int)"].uses == 12
    assert by_name["app._model (xml.dom.minidom.Document)"].prime == ("app.model",)
    assert by_name["import colorsys"].where == line_of("import colorsys")
    assert by_name["import xml.dom.minidom"].where == line_of("import xml.dom.minidom")
    late = by_name["thread 'reporter'"]
    assert (late.kind, late.uses) == ("late-work", 12)
    assert late.where == line_of("threading.Thread(target=report")
    (scratch,) = [loss for loss in found if loss.kind == "tmp"]
    assert scratch.where == line_of("prices = json.loads(path")
    assert scratch.uses == 10


def test_a_function_that_keeps_nothing_has_nothing_to_lose() -> None:
    assert losses_of(request("pure")) == []


@both_confinements
def test_the_function_answers_as_without_the_probe(confinement: ConfinementChoice) -> None:
    """It finds no trace in its environment, and its answers are plain awslambdaric's."""
    answers: list[list[object]] = []

    async def plain(asked: Request) -> None:
        async with Lab(confinement=confinement) as lab:
            config = FunctionConfig(
                name="f",
                folder=asked.folder,
                handler=asked.handler,
                environment=asked.environment,
                timeout_s=20,
            )
            await lab.add_function(config)
            answers.append([level((await lab.invoke("f", e.payload)).payload) for e in AMOUNTS])

    seen: list[bytes] = []
    original = Lab.invoke

    class Recording(Lab):
        async def invoke(self, *arguments: object, **options: object) -> object:  # type: ignore[override]
            result = await original(self, *arguments, **options)  # type: ignore[arg-type]  # passed on as they are
            seen.append(result.payload)
            return result

    import dayfly.lab.plan.observe as module

    name = run_name()
    with http_service() as address, pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "Lab", Recording)
        asked = request("warm", environment={"SERVICE": address, "RUN": name}, confinement=confinement)
        try:
            asyncio.run(observe(asked, progress=lambda done, total: None))
            shutil.rmtree(Path(f"/tmp/prices-{name}"), ignore_errors=True)
            asyncio.run(plain(asked))
        finally:
            shutil.rmtree(Path(f"/tmp/prices-{name}"), ignore_errors=True)
    assert [level(payload) for payload in seen[:2]] == answers[0]


def level(payload: bytes) -> object:
    answer = json.loads(payload)
    assert answer["probe"] == []
    return {**answer, "at": None}


@pytest.mark.parametrize(
    ("function", "words"), [("broken", "ValueError"), ("failing", "fails on every test event")]
)
def test_a_function_that_cannot_serve_is_refused_with_its_error(function: str, words: str) -> None:
    with pytest.raises(PlanError, match=words) as caught:
        losses_of(request(function))
    assert "dayfly lab serve" in caught.value.hint


def test_errors_that_hold_an_events_data_are_not_shown() -> None:
    with pytest.raises(PlanError) as caught:
        losses_of(request("failing"))
    assert "1" not in caught.value.message


def test_the_life_that_served_most_counts() -> None:
    first, second = sightings({}, {}), sightings({}, {}, {})
    assert longest_life([*first, *second]) == tuple(second)
    assert longest_life([*second, *first]) == tuple(second)


def test_work_beside_the_handler_is_seen() -> None:
    name = f"/tmp/beside-{run_name()}"
    with http_service() as address:
        try:
            found = losses_of(request("beside", environment={"SERVICE": address, "SCRATCH": name}))
        finally:
            shutil.rmtree(name, ignore_errors=True)
    by_name = {loss.what: loss for loss in found}
    native = by_name[address]
    assert (native.kind, native.where, native.uses) == ("connection", "", 11)
    assert by_name["child processes"].uses == 12
    assert by_name["child processes"].where.startswith("app.py:")
    task = by_name["asyncio task flush"]
    assert (task.kind, task.uses) == ("late-work", 12)
    (scratch,) = [loss for loss in found if loss.kind == "tmp"]
    assert scratch.uses == 11, "the renamed file is read; what the forked child wrote is not the function's"

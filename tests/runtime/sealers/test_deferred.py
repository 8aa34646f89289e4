"""What pydantic and Powertools put off is done ahead of later forks, if a worker has used it, and nothing else is."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import Any

import pydantic
import pytest
from pydantic_core import core_schema
from tests.real.environment import real_python
from tests.rie import ROOT
from tests.unprivileged import forked

from dayfly.runtime import heap
from dayfly.runtime.sealers import deferred
from dayfly.runtime.sealers.deferred import Deferred
from dayfly.runtime.sealing import Sealing


class Waiting(pydantic.BaseModel, defer_build=True):
    """As models of large clients are: built when they are first used."""

    name: str
    count: int = 1


class Unused(Waiting):
    """Nobody needs it."""


class Broken(pydantic.BaseModel, defer_build=True):
    """Names what its module does not have."""

    other: Nothing  # type: ignore[name-defined]  # noqa: F821


LIMITS = {"most": 1}


class Limited(pydantic.BaseModel, defer_build=True):
    """Is built as a handler has set by then."""

    count: int

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        return core_schema.no_info_after_validator_function(cls.check(LIMITS["most"]), handler(source))

    @staticmethod
    def check(most: int) -> Callable[[Any], Any]:
        def check(made: Any) -> Any:
            assert made.count <= most
            return made

        return check


def sealed(*, warms: bool = True) -> Sealing:
    sealing = Sealing(warms=warms)
    deferred.seal(heap.find(()), sealing)
    return sealing


def made_of(sealing: Sealing) -> Deferred:
    (learner,) = sealing.learners
    assert isinstance(learner, Deferred)
    return learner


def said_by_a_worker(learner: Deferred, act: Callable[[], object]) -> list[str]:
    def work() -> list[str]:
        act()
        said = learner.told()
        assert learner.told() == []
        return said

    return forked(work)


def learn(learner: Deferred, lines: list[str]) -> None:
    learner.hear(lines)
    for _ in lines:
        learner.spend_a_moment()


def is_complete(*models: type[pydantic.BaseModel]) -> list[bool]:
    return [bool(model.__dict__["__pydantic_complete__"]) for model in models]


def test_a_model_that_a_worker_used_is_built_and_no_other() -> None:
    def act() -> tuple[list[bool], int, list[bool]]:
        learner = made_of(sealed())
        before = is_complete(Waiting, Unused, Broken)
        said = said_by_a_worker(learner, lambda: Waiting(name="x"))
        learn(learner, said)
        return before, len(said), is_complete(Waiting, Unused, Broken)

    assert forked(act) == ([False, False, False], 1, [True, False, False])


def test_a_model_that_cannot_be_built_stays_for_the_worker() -> None:
    def act() -> list[bool]:
        learner = made_of(sealed())
        learn(learner, [str(number) for number in range(len(learner._steps))])
        return is_complete(Unused, Broken)

    assert forked(act) == [True, False]


def test_what_an_event_names_resolves_no_annotation() -> None:
    """A model that only the names of a handler would complete is not completed by the zygote's."""

    def act() -> list[bool]:
        learner = made_of(sealed())
        numbers = [
            str(number) for number, (kind, _, _) in enumerate(learner._steps) if kind.__name__ == "Broken"
        ]
        Nothing = int  # noqa: F841
        learn(learner, numbers)
        return is_complete(Broken)

    assert forked(act) == [False]


def test_a_model_with_code_of_its_own_for_that_is_built_when_it_is_used() -> None:
    def act() -> tuple[list[bool], int]:
        learner = made_of(sealed())
        learn(learner, [str(number) for number in range(len(learner._steps))])
        before = is_complete(Limited, Waiting)
        LIMITS["most"] = 100
        return before, Limited(count=50).count

    assert forked(act) == ([False, True], 50)


@pytest.mark.parametrize("line", ["", "x", "-1", "99999", "\u0661", "1.0", "1 ", "4999"])
def test_a_line_that_no_worker_of_ours_writes_does_nothing(line: str) -> None:
    def act() -> int:
        learner = made_of(sealed())
        learner.hear([line])
        return len(learner._waiting)

    assert forked(act) == 0


def test_a_number_counts_once() -> None:
    def act() -> int:
        learner = made_of(sealed())
        learner.hear(["0", "0", "0"])
        learner.hear(["0"])
        return len(learner._waiting)

    assert forked(act) == 1


def test_without_warm_up_nothing_is_listed() -> None:
    assert sealed(warms=False).learners == []


ROUTES = """
import os
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from dayfly.runtime import heap
from dayfly.runtime.sealers import deferred
from dayfly.runtime.sealing import Sealing

app = APIGatewayRestResolver(enable_validation=True)

@app.get("/orders/<number>")
def read(number: int) -> dict[str, int]:
    return {"number": number}

@app.get("/other")
def other() -> dict[str, int]:
    raise AssertionError("nobody asked for it")

sealing = Sealing(warms=True)
deferred.seal(heap.find(deferred.kinds()), sealing)
(learner,) = sealing.learners
event = {"path": "/orders/7", "httpMethod": "GET", "requestContext": {}, "headers": {}, "body": None}
routes = [*app._static_routes, *app._dynamic_routes]
ends, end = os.pipe()
if os.fork() == 0:
    assert app.resolve(event, None)["statusCode"] == 200
    os.write(end, "\\n".join(learner.told()).encode())
    os._exit(0)
os.wait()
said = os.read(ends, 999).decode().split("\\n")
assert [route.func for route in routes if route._dependant] == [], "nothing is done at init"
learner.hear(said)
for _ in said:
    learner.spend_a_moment()
assert [route.func for route in routes if route._dependant] == [read]
assert app.resolve(event, None)["body"] == '{"number":7}', app.resolve(event, None)
"""


def test_a_route_that_a_worker_validated_is_prepared_and_no_other() -> None:
    environment: dict[str, Any] = {"PYTHONPATH": str(ROOT / "src"), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [str(real_python(ROOT / "tests" / "honest" / "requirements.txt")), "-c", ROUTES],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr

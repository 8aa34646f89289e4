"""The sets name every function of their folders, and each is served under every setting of its set."""

from __future__ import annotations

import ast
import contextlib
import json
from collections.abc import Iterator

import pytest
from bench.contestants import CHILD, FUNCTIONS, PLAIN, WARM_CHILD, Function
from bench.racing import Pace
from bench.sets import BYTES, CALLERS, DATABASES, HANDLERS, LAZY, SETS, SINKS, main
from tests.attacks.shop import needs_confinement

TINY = Pace(lives=1, warm_up=1, invocations=5)


@pytest.fixture
def stack() -> Iterator[contextlib.ExitStack]:
    with contextlib.ExitStack() as stack:
        yield stack


def test_every_handler_of_the_folders_is_measured() -> None:
    guarded = {
        f"{path.stem}.{node.name}"
        for path in (FUNCTIONS / "guard").glob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef)
    }
    assert guarded == {*HANDLERS, *SINKS}
    assert {path.stem for path in FUNCTIONS.glob("lazy_*.py")} == {*LAZY}
    # The guard's call has words of the event's in it.
    assert {path.stem for path in (FUNCTIONS / "connections").glob("*.py")} == {
        *CALLERS,
        *DATABASES,
        "dynamodb_put",
    }


def test_plain_stands_first_in_every_set_and_a_bare_child_beside_it_where_it_can_serve() -> None:
    assert SETS
    assert all(one.ways[0] == PLAIN for one in SETS.values())
    assert [name for name, one in SETS.items() if CHILD not in one.ways and WARM_CHILD not in one.ways] == [
        "libraries"
    ]


@pytest.mark.parametrize(("name", "size"), BYTES.items())
def test_events_have_their_size_and_no_two_are_alike(
    name: str, size: int, stack: contextlib.ExitStack
) -> None:
    made = SETS["guard"].make(stack, lambda _: True)
    (function,) = [one for one in made if one.name == f"sinks.asked, {name}"]
    assert isinstance(function, Function)
    first, second = (json.dumps(function.event(number)) for number in range(2))
    assert size <= len(first) <= size * 1.3 + 300
    assert first != second


@pytest.mark.slow
@needs_confinement()
@pytest.mark.parametrize(
    ("name", "functions"),
    [
        ("guard", ("one boto3 call", "sinks.asked, 1 kB")),
        pytest.param("lazy", ("lazy_client", "lazy_client, primed"), marks=pytest.mark.nightly),
        pytest.param("connections", ("urllib3_pool",), marks=pytest.mark.nightly),
        pytest.param("libraries", ("requests", "thread-pool-executor"), marks=pytest.mark.nightly),
        ("records", ("boto3",)),
    ],
)
def test_every_setting_of_a_set_serves(
    name: str, functions: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    only = [word for function in functions for word in ("--only", function)]
    assert main([name, "--json", *only], pace=TINY) == 0
    tables = json.loads(capsys.readouterr().out)["tables"]
    figures = tables[next(title for title in tables if title != "Budgets")]
    served = {(one["function"], one["contestant"]) for one in figures}
    assert served == {(function, way.name) for function in functions for way in SETS[name].ways}


def test_running_out_of_time_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["records", "--json", "--seconds", "0"], pace=TINY) == 2
    assert "not done after 0 s" in capsys.readouterr().out

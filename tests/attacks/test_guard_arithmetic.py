"""Arithmetic that an event brings is computed, and only told of; all else that it brings is refused as ever (L1)."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from tests.attacks.shop import OWN_FUNCTIONS
from tests.rie import Rie

WAYS = ("eval", "bytes", "compiled", "tree", "exec", "part")
FORMULAS = {"1+1": 2, "49.90 * 2": 99.8, "(100 - 15) / 2 if 3 > 2 else 0": 42.5, "2 ** 10 % 7": 2}
NAMED = [
    "__import__('os').getpid()",
    "().__class__.__base__.__subclasses__()",
    "[1 for _ in range(9)]",
    "of_eval",
    "1 if exit() else 2",
    "{**{}, 'a': open('/etc/passwd')}",
    "f'{open}'",
]
ATTACKS = [
    *NAMED,
    "9**9**9",
    "'a'*10**10",
    "[0]*10**9",
    "1<<10**9",
    "'%1000000000d' % 1",
    "# coding: utf-7\n1",
]


@pytest.fixture(scope="module", params=["block", "observe"])
def function(request: pytest.FixtureRequest) -> Iterator[Rie]:
    settings = {"DAYFLY_GUARD": request.param}
    with Rie(OWN_FUNCTIONS, "computing.handler", environment=settings) as rie:
        rie.invoke({})
        yield rie


def findings(rie: Rie) -> list[tuple[str, int, str]]:
    """Kind, severity and rule of what the guard found so far."""
    rie.invoke({})
    found = []
    for line in rie.logs().split("\n"):
        if line.startswith("{") and '"types":["guard.' in line:
            record = json.loads(line)
            rule = record["unmapped"]["evidence"]["rule"]
            found.append((record["finding_info"]["types"][0], record["severity_id"], rule))
    return found


def is_block(rie: Rie) -> bool:
    return "guard block" in rie.logs()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("formula", FORMULAS)
def test_arithmetic_is_computed_and_told_as_information(way: str, formula: str, function: Rie) -> None:
    before = len(findings(function))
    answer = function.invoke({"of": way, "formula": formula})
    assert answer.payload == {"found": FORMULAS[formula]}
    found = findings(function)[before:]
    assert set(found) == {("guard.computed", 1, "python.arithmetic")}
    assert len(found) <= 2


def test_a_literal_that_is_only_parsed_is_not_told_at_all(function: Rie) -> None:
    before = findings(function)
    assert function.invoke({"of": "literal", "formula": "[1, -2]"}).payload == {"found": [1, -2]}
    assert findings(function) == before


@pytest.fixture(scope="module")
def blocking() -> Iterator[Rie]:
    """Alone: where it is only observed it would happen."""
    with Rie(OWN_FUNCTIONS, "computing.handler", environment={"DAYFLY_GUARD": "block"}) as rie:
        rie.invoke({})
        yield rie


# Of a tree without names the guard does not know whose it is: `9 ** 9 ** 9`, as a tree reads, is not in the event.
REFUSED = [(way, attack) for way in WAYS for attack in ATTACKS if way != "tree" or attack in NAMED]


@pytest.mark.parametrize(("way", "attack"), REFUSED)
def test_what_does_more_or_may_never_end_is_refused(way: str, attack: str, blocking: Rie) -> None:
    before = len(findings(blocking))
    answer = blocking.invoke({"of": way, "formula": attack})
    assert answer.error_type == "Dayfly.Refused", answer.body
    assert [kind for kind, _, _ in findings(blocking)[before:]] == ["guard.refused"]


def test_a_statement_is_no_arithmetic(function: Rie) -> None:
    before = len(findings(function))
    answer = function.invoke({"of": "statement", "formula": "1; import os"})
    assert [severity for _, severity, _ in findings(function)[before:]] == [4]
    assert (answer.error_type == "Dayfly.Refused") == is_block(function)

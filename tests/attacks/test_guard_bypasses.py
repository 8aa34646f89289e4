"""Known ways past guards that live in the interpreter, each by code that runs in the worker already, a trojaned library's say.

What follows is the event's code, which the guard refuses where nothing is done against it. Closed: refused all the same.
Found: it runs, and the answer does not go out. Open: it runs, and nobody says so; docs/how-it-works.md names it. What
native code does (the interpreter's list of hooks nulled through ctypes, python-audit_hook_head_finder) is L3: the fork ends
it, and `test_techniques_guarded.py` shows what is found of it.
"""

from __future__ import annotations

import json

import pytest
from tests.attacks.shop import Shop, needs_confinement

pytestmark = needs_confinement()

CODE = "__import__('os').getpid()"
CLOSED = ("nothing", "hook_in_heap", "switch", "second_hook", "recursion", "fork_exec", "type_confusion")
FOUND = {
    "frames": "the guard",
    "table": "dayfly.runtime.guard.acts.ACTS",
    "judges": "dayfly.runtime.guard.asking.judge_python",
    "provenance": "dayfly.core.provenance.Provenance.spans",
    "report": "dayfly.runtime.guard.guarding.Guard.act_on",
}
OPEN = ("restored",)


def attacked(name: str, isolation: str) -> tuple[str, object, list[tuple[str, str, str]]]:
    """The answer's error type and payload, and kind, rule and place of every finding."""
    settings = {"DAYFLY_GUARD": "block", "DAYFLY_ISOLATION": isolation}
    with Shop("dayfly", handler="bypasses.handler", environment=settings) as shop:
        assert shop.rie.invoke({"of": "nothing", "code": "1"}).payload == {"code": 1}
        answer = shop.rie.invoke({"of": name, "code": CODE, "program": "/bin/sh"})
        shop.rie.invoke({"of": "nothing", "code": "1"})
        found = []
        for line in shop.rie.logs().split("\n"):
            if line.startswith("{") and '"finding_info"' in line:
                record = json.loads(line)
                evidence = record["unmapped"]["evidence"]
                told = (
                    record["finding_info"]["types"][0],
                    evidence.get("rule", ""),
                    evidence.get("place", ""),
                )
                found += [told] if record["severity_id"] > 1 else []
    return answer.error_type, answer.payload, found


@pytest.mark.parametrize("isolation", ["invocation", "process"])
@pytest.mark.parametrize("name", CLOSED)
def test_a_way_that_is_closed_changes_nothing(name: str, isolation: str) -> None:
    error, _, found = attacked(name, isolation)
    assert error == "Dayfly.Refused"
    assert "guard.refused" in [kind for kind, _, _ in found]


@pytest.mark.parametrize("isolation", ["invocation", "process"])
@pytest.mark.parametrize("name", FOUND)
def test_who_takes_the_guard_apart_is_found_and_his_answer_does_not_go_out(name: str, isolation: str) -> None:
    error, _, found = attacked(name, isolation)
    assert error == "Dayfly.Refused"
    assert [place for _, rule, place in found if rule == "runtime.patched" and place.startswith(FOUND[name])]


def test_who_replaces_what_the_guard_calls_gets_no_answer_out() -> None:
    error, _, found = attacked("builtins", "invocation")
    assert error in ("Runtime.ExitError", "Dayfly.Refused")
    assert found


@pytest.mark.parametrize("name", OPEN)
def test_who_puts_everything_back_is_not_found(name: str) -> None:
    error, payload, found = attacked(name, "invocation")
    assert error == ""
    assert isinstance(payload, dict)
    assert payload["code"] > 1
    assert found == []

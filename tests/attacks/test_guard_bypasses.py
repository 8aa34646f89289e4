"""Known ways past guards that live in the interpreter, each by code that runs in the worker already, a trojaned library's say.

What follows is the event's code, which the guard refuses where nothing is done against it. Closed: refused all the same.
Found: the change of the guard itself is told, and the answer does not go out. docs/security.md names what is open. What
native code does (the interpreter's list of hooks nulled through ctypes, python-audit_hook_head_finder) is L3: the fork ends
it, and `test_techniques_guarded.py` shows what is found of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from tests.attacks.shop import Shop, needs_confinement

pytestmark = needs_confinement()

CODE = "__import__('os').getpid()"
# Also tried where one process serves all events.
CLOSED = ("nothing", "hook_in_heap", "switch", "second_hook", "recursion", "fork_exec", "type_confusion")
FOUND = {
    "frames": "dayfly.runtime.guard.guarding.Guard.switch",
    "table": "dayfly.runtime.guard.audit_events.ACTS",
    "judges": "dayfly.runtime.guard.sinks.judge_python",
    "provenance": "dayfly.core.provenance.Provenance.spans",
    "report": "dayfly.runtime.guard.guarding.Guard.act_on",
}
CLOSED_TOO = ("refusals_frames", "tracing", "equality", "budget", "memory", "thread", "cells")
FOUND_TOO = {
    "restored": "dayfly.runtime.guard.guarding.Guard.switch",
    "restored_judge": "dayfly.runtime.guard.sinks.judge_python",
    "restored_class": "dayfly.runtime.guard.guarding.Guard.act_on",
    "restored_table": "dayfly.runtime.guard.audit_events.ACTS",
    "restored_matcher": "dayfly.core.substring_matches.Search",
    "restored_entry": "dayfly.core.",
    "restored_objects": "dayfly.runtime.guard.owncode._KEPT",
    "restored_code": "dayfly.runtime.guard",
    "restored_builtins": "dayfly.runtime.guard.builtin._OWN",
    "provenance_value": "dayfly.runtime.guard.guarding.Guard",
    "another_event": "dayfly.runtime.guard.guarding.Guard.begin",
    # It goes on for threads that outlive the answer.
    "end": "dayfly.runtime.guard.guarding.Guard.begin",
    "rehearsal": "dayfly.runtime.guard.guarding.Guard.end",
}
# What the guard loads for this event alone is refused for, or the event is, where somebody else's stands there.
LATE = {
    "late": ("shell.", ""),
    "late_module": ("runtime.patched", "dayfly.runtime.guard.commands"),
    "late_dependency": ("runtime.patched", "dayfly.core.structure.shell"),
    "late_table": ("shell.", ""),
    "late_finder": ("shell.", ""),
    "late_folder": ("shell.", ""),
    "late_statement": ("sql.", ""),
    "late_patterns": ("sql.", ""),
    "late_cache": ("sql.", ""),
    "late_standard": ("sql.", ""),
    "late_parser": ("runtime.patched", "re._compiler.compile"),
    "late_attribute": ("runtime.patched", "dayfly.core.structure.arithmetic"),
    "late_change": ("runtime.patched", "dayfly.runtime.guard.commands.judge_shell"),
}
Attacked = tuple[str, object, list[tuple[str, str, str]]]


def shop(isolation: str, mode: str = "block") -> Shop:
    return Shop(
        "dayfly",
        handler="bypasses.handler",
        environment={"DAYFLY_GUARD": mode, "DAYFLY_ISOLATION": isolation},
    )


def attack(opened: Shop, name: str) -> Attacked:
    """The answer's error type and payload, and kind, rule and place of every finding."""
    assert opened.rie.invoke({"of": "nothing", "code": "1"}).payload == {"code": 1}
    before = len(opened.rie.logs())
    answer = opened.rie.invoke(
        {"of": name, "code": CODE, "program": "/bin/sh", "line": "a; true", "number": "5 OR 1=1"}
    )
    opened.rie.invoke({"of": "nothing", "code": "1"})
    found = []
    for line in opened.rie.logs()[before:].split("\n"):
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


def attacked(name: str, isolation: str) -> Attacked:
    """One attack on an environment of its own, which is not the same afterwards."""
    with shop(isolation) as opened:
        return attack(opened, name)


@pytest.fixture(scope="module")
def forking() -> Iterator[Shop]:
    """An environment in which every attack meets a worker of its own."""
    with shop("invocation") as opened:
        yield opened


@pytest.mark.parametrize("name", CLOSED)
def test_a_way_that_is_closed_changes_nothing_in_a_process_that_serves_all_events(name: str) -> None:
    error, _, found = attacked(name, "process")
    assert error == "Dayfly.Refused"
    assert "guard.refused" in [kind for kind, _, _ in found]


@pytest.mark.parametrize("name", [*CLOSED, *CLOSED_TOO])
def test_a_way_that_is_closed_changes_nothing(name: str, forking: Shop) -> None:
    error, _, found = attack(forking, name)
    assert error == "Dayfly.Refused"
    assert "guard.refused" in [kind for kind, _, _ in found]


@pytest.mark.parametrize("name", FOUND)
def test_who_takes_the_guard_of_all_events_apart_is_found(name: str) -> None:
    error, _, found = attacked(name, "process")
    assert error == "Dayfly.Refused"
    assert [place for _, rule, place in found if rule == "runtime.patched" and place.startswith(FOUND[name])]


@pytest.mark.parametrize(("name", "place"), [*FOUND.items(), *FOUND_TOO.items()])
def test_who_takes_the_guard_apart_is_found_though_he_puts_it_together_again(
    name: str, place: str, forking: Shop
) -> None:
    """And his answer does not go out."""
    error, _, found = attack(forking, name)
    assert error == "Dayfly.Refused"
    assert [where for _, rule, where in found if rule == "runtime.patched" and where.startswith(place)]


@pytest.mark.parametrize("name", LATE)
def test_who_is_in_the_worker_before_the_guard_has_loaded_what_judges_it_is_refused(name: str) -> None:
    error, _, found = attacked(name, "invocation")
    assert error == "Dayfly.Refused"
    rule, place = LATE[name]
    assert [one for one in found if one[1].startswith(rule) and one[2].startswith(place)]


def test_a_library_that_loads_all_modules_in_its_own_way_does_not_load_the_guards() -> None:
    error, payload, found = attacked("traced", "invocation")
    assert (error, payload) == ("", {"code": 0})
    assert not [rule for _, rule, _ in found if rule == "runtime.patched"]


def test_what_judges_commands_is_loaded_ahead_once_a_worker_has_needed_it() -> None:
    with shop("invocation") as opened:
        answers = [opened.rie.invoke({"of": "look", "code": ""}).payload for _ in range(12)]
    assert answers[0] == {"code": False}
    assert answers[-1] == {"code": True}


def test_what_cannot_be_judged_because_nothing_can_be_opened_is_refused() -> None:
    error, payload, _ = attacked("late_descriptors", "invocation")
    assert error == "Dayfly.Refused"
    assert "guard.fault" in str(payload)


def test_who_is_in_the_worker_before_that_is_found_where_nothing_is_refused() -> None:
    with shop("invocation", "observe") as opened:
        _, _, found = attack(opened, "late_dependency")
    assert [place for _, rule, place in found if rule == "runtime.patched" and place.endswith(".shell")]


def test_who_replaces_what_the_guard_calls_gets_no_answer_out() -> None:
    error, _, found = attacked("builtins", "invocation")
    assert error in ("Runtime.ExitError", "Dayfly.Refused")
    assert found


def test_where_nothing_is_refused_a_change_of_the_guard_that_was_undone_is_told_all_the_same() -> None:
    with shop("invocation", "observe") as opened:
        error, payload, found = attack(opened, "restored_judge")
    assert error == ""
    assert isinstance(payload, dict)
    assert ("guard.observed", "runtime.patched", "dayfly.runtime.guard.sinks.judge_python") in found

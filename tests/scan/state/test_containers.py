"""What methods of kept containers put in, take out and empty."""

from __future__ import annotations

import pytest
from tests.scan.state.following import found

START = """
import collections, queue
KEPT = {made}
def handler(event, context):
    before = list(KEPT)
    KEPT.{call}
    return before
"""
PUT_IN = [
    ("[]", "append(event['user'])"),
    ("[]", "extend(event['users'])"),
    ("[]", "insert(0, event['user'])"),
    ("{}", "update({'last': event['user']})"),
    ("{}", "update(last=event['user'])"),
    ("{}", "setdefault('last', event['user'])"),
    ("{}", "__setitem__('last', event['user'])"),
    ("set()", "add(event['user'])"),
    ("collections.deque()", "appendleft(event['user'])"),
    ("collections.OrderedDict()", "update({'last': event['user']})"),
]


@pytest.mark.parametrize(("made", "call"), PUT_IN)
def test_what_is_put_in_stays_for_the_next_event(made: str, call: str) -> None:
    findings = found(START.format(made=made, call=call))
    assert [one.check for one in findings] == ["state.container"]
    assert "the next customer's answer contains" in findings[0].harm


TAKEN_OUT = [("{}", "pop('last', None)"), ("[]", "clear()"), ("{}", "get('last')"), ("[]", "copy()")]


@pytest.mark.parametrize(("made", "call"), TAKEN_OUT)
def test_what_only_looks_or_takes_out_keeps_nothing(made: str, call: str) -> None:
    assert not found(START.format(made=made, call=call))


@pytest.mark.parametrize("call", ["append(event['user'])", "extend(event['users'])"])
def test_a_container_that_is_emptied_first_holds_this_event_alone(call: str) -> None:
    code = "KEPT = []\ndef handler(event, context):\n    KEPT.clear()\n    KEPT.{}\n    return list(KEPT)\n"
    assert not [one for one in found(code.format(call)) if "next customer's answer" in one.harm]


def test_keys_of_an_update_are_told_apart() -> None:
    code = "KEPT = {{}}\ndef handler(event, context):\n    KEPT.update({{'a': event['user']}})\n    return KEPT['{}']\n"
    assert not [one for one in found(code.format("a")) if "next customer's answer" in one.harm]


def test_methods_of_a_class_of_the_project_are_its_own() -> None:
    code = "class Box:\n    def append(self, what):\n        return what\nKEPT = Box()\ndef handler(event, context):\n    return KEPT.append(event['user'])\n"
    assert not found(code)

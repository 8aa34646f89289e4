"""A warm environment is invoked again: what one invocation leaves in modules decides what the next one does."""

from __future__ import annotations

import textwrap

import pytest
from tests.scan.taint.snippets import checks

COMMAND = "event.command"

# Lines before the handler, a body that reaches the command in the second invocation, and one that never does.
TWINS: dict[str, tuple[str, str, str]] = {
    "flag": (
        "ON = False",
        "global ON\nif ON: os.system(event['q'])\nON = True",
        "global ON\nif ON: os.system(event['q'])\nON = False",
    ),
    "flag in a dict": (
        "S = {'on': False}",
        "if S['on']: os.system(event['q'])\nS['on'] = True",
        "S['on'] = False\nif S['on']: os.system(event['q'])\nS['on'] = True",
    ),
    "flag of a class": (
        "class C: on = False",
        "if C.on: os.system(event['q'])\nC.on = True",
        "C.on = False\nif C.on: os.system(event['q'])\nC.on = True",
    ),
    "counter": (
        "N = 0",
        "global N\nN += 1\nif N > 1: os.system(event['q'])",
        "N = 0\nN += 1\nif N > 1: os.system(event['q'])",
    ),
    "kept text": (
        "Q = 'ls'",
        "global Q\nos.system(Q)\nQ = event['q']",
        "global Q\nQ = 'ls'\nos.system(Q)\nQ = event['q']",
    ),
    "kept list": (
        "Q = []",
        "if Q: os.system(Q[0])\nQ.append(event['q'])",
        "Q.clear()\nif Q: os.system(Q[0])\nQ.append(event['q'])",
    ),
    "kept object": (
        "class C:\n def __init__(self): self.x = 'ls'\nLAST = None",
        "global LAST\nif LAST is not None: os.system(LAST.x)\nLAST = C()\nLAST.x = event['q']",
        "global LAST\nif LAST is not None: os.system(LAST.x)\nLAST = C()",
    ),
    "under another key": (
        "S = {'a': 'ls', 'b': 'ls'}",
        "os.system(S['a'])\nS['a'] = event['q']",
        "os.system(S['a'])\nS['b'] = event['q']",
    ),
    "allow-list that grows": (
        "OK = ['ls']",
        "if event['q'] in OK: os.system(event['q'])\nOK.append(event['q'])",
        "if event['q'] in OK: os.system(event['q'])\nOK.append('id')",
    ),
}


def _source(before: str, body: str) -> str:
    return f"import os\n{before}\ndef handler(event, context):\n{textwrap.indent(body, '    ')}\n"


@pytest.mark.parametrize("name", TWINS)
def test_what_is_left_is_found_by_the_next_invocation(name: str) -> None:
    before, unsafe, _ = TWINS[name]
    assert COMMAND in checks(_source(before, unsafe))


@pytest.mark.parametrize("name", TWINS)
def test_what_is_not_left_is_not(name: str) -> None:
    before, _, safe = TWINS[name]
    assert COMMAND not in checks(_source(before, safe))

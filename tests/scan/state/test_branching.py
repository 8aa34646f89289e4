"""What is surely done on every way through a handler, and what only on some."""

from __future__ import annotations

import pytest
from tests.scan.state.following import found

from dayfly.scan.model import Finding, Severity

START = "LAST = ''\ndef handler(event, context):\n    global LAST\n"
SURE = {
    "before": "    LAST = event['user']\n    return LAST\n",
    "in both branches": "    if event['a']:\n        LAST = event['user']\n    else:\n        LAST = ''\n    return LAST\n",
    "where the other branch leaves": "    if 'user' not in event:\n        return 'none'\n    LAST = event['user']\n    return LAST\n",
    "in the end of a try": "    try:\n        work(event)\n    finally:\n        LAST = event['user']\n    return LAST\n",
    "in every case": "    match event['a']:\n        case 'x':\n            LAST = event['user']\n        case _:\n            LAST = ''\n    return LAST\n",
}
UNSURE = {
    "after": "    before = LAST\n    LAST = event['user']\n    return before\n",
    "in one branch": "    if event['a']:\n        LAST = event['user']\n    return LAST\n",
    "in a loop that may not run": "    for one in event['users']:\n        LAST = one\n    return LAST\n",
    "in a try that may end before": "    try:\n        work(event)\n        LAST = event['user']\n    except ValueError:\n        pass\n    return LAST\n",
    "in the end of a try that was left": "    try:\n        return LAST\n    finally:\n        LAST = event['user']\n",
    "in one case": "    match event['a']:\n        case 'x':\n            LAST = event['user']\n    return LAST\n",
}


def grave(text: str) -> list[Finding]:
    return [one for one in found("from work import work\n" + START + text) if one.severity >= Severity.HIGH]


@pytest.mark.parametrize("name", UNSURE)
def test_what_may_be_left_of_the_event_before_is_found(name: str) -> None:
    assert grave(UNSURE[name])


@pytest.mark.parametrize("name", SURE)
def test_what_every_way_overwrites_is_this_event_s(name: str) -> None:
    assert not grave(SURE[name])


def test_a_branch_that_a_constant_decides_is_dead() -> None:
    code = "IS_LOCAL = False\n" + START
    dead = "    if IS_LOCAL:\n        return LAST\n    LAST = event['user']\n"
    assert not [one for one in found(code + dead) if one.severity >= Severity.HIGH]
    alive = code.replace("False", "True") + dead.replace("        return LAST\n", "        print('local')\n")
    assert found(alive + "    return 'ok'\n")

"""What assigning changes: a local name, an object of this event, or something that stays."""

from __future__ import annotations

import pytest
from tests.scan.state.following import found

STAYS = {
    "a global": "LAST = ''\ndef handler(event, context):\n    global LAST\n    before, LAST = LAST, event['user']\n    return before\n",
    "an element": "KEPT = {}\ndef handler(event, context):\n    before = KEPT.get('a')\n    KEPT['a'] = event['user']\n    return before\n",
    "an element of an element": "KEPT = {'a': {}}\ndef handler(event, context):\n    before = dict(KEPT['a'])\n    KEPT['a']['b'] = event['user']\n    return before\n",
    "under another name": "KEPT = {}\ndef handler(event, context):\n    mine = KEPT\n    before = mine.get('a')\n    mine['a'] = event['user']\n    return before\n",
    "an attribute of a kept object": "class Box:\n    def __init__(self):\n        self.user = ''\nbox = Box()\ndef handler(event, context):\n    before = box.user\n    box.user = event['user']\n    return before\n",
    "an attribute of a class": "class Box:\n    user = ''\ndef handler(event, context):\n    before = Box.user\n    Box.user = event['user']\n    return before\n",
    "by adding": "KEPT = []\ndef handler(event, context):\n    global KEPT\n    KEPT += [event['user']]\n    return KEPT\n",
    "by adding what may be a list": "KEPT = {'a': []}\ndef handler(event, context):\n    mine = KEPT['a']\n    mine += event['user']\n    return KEPT\n",
    "of all objects of a model": "from typing import ClassVar\nfrom pydantic import BaseModel\nclass Base(BaseModel):\n    pass\nclass Box(Base):\n    kept: ClassVar[list] = []\ndef handler(event, context):\n    box = Box()\n    box.kept.append(event['user'])\n    return box.kept\n",
    "of all objects of a class below a data class": "from dataclasses import dataclass\n@dataclass\nclass Base:\n    name: str = ''\nclass Box(Base):\n    kept = []\ndef handler(event, context):\n    box = Box()\n    box.kept.append(event['user'])\n    return box.kept\n",
    "a default": "def handler(event, context, kept=[]):\n    kept.append(event['user'])\n    return kept\n",
}
GOES = {
    "a local of the same name": "LAST = ''\ndef handler(event, context):\n    LAST = event['user']\n    return LAST\n",
    "an element of a local": "def handler(event, context):\n    kept = {}\n    kept['a'] = event['user']\n    return kept\n",
    "an element of a copy": "KEPT = {}\ndef handler(event, context):\n    mine = dict(KEPT)\n    mine['a'] = event['user']\n    return mine\n",
    "an attribute of this event's object": "class Box:\n    user = ''\ndef handler(event, context):\n    box = Box()\n    box.user = event['user']\n    return box.user\n",
    "text that is added to text": "TEXTS = {'a': 'Hello '}\ndef handler(event, context):\n    mine = TEXTS.get('a')\n    mine += '\\n' + event['user']\n    mine += f\"{event['name']}\"\n    mine += '%s!' % event['name']\n    return mine\n",
    "a default of a model": "from pydantic import BaseModel\nclass Base(BaseModel):\n    pass\nclass Page(Base):\n    skip: int = 0\nclass Box(Base):\n    page: Page = Page()\n    def fill(self, value):\n        self.page.skip = value\n        return self\ndef handler(event, context):\n    return Box().fill(event['user']).page.skip\n",
    "a constant": "STARTED = False\ndef handler(event, context):\n    global STARTED\n    STARTED = True\n    return 'ok'\n",
}


@pytest.mark.parametrize("name", STAYS)
def test_what_stays_is_found_with_who_reads_it(name: str) -> None:
    assert any("the next customer's answer contains" in one.harm for one in found(STAYS[name]))


@pytest.mark.parametrize("name", GOES)
def test_what_goes_with_the_event_is_left_alone(name: str) -> None:
    assert not found(GOES[name])


def test_what_is_deleted_again_is_gone() -> None:
    code = "KEPT = {}\ndef handler(event, context):\n    KEPT['a'] = event['user']\n    answer = KEPT['a']\n    del KEPT['a']\n    return answer\n"
    assert not [one for one in found(code) if "the next customer's answer contains" in one.harm]

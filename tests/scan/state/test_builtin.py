"""Python's own functions reach what is kept as the syntax they stand for does."""

from __future__ import annotations

import pytest
from tests.scan.state.following import found

CALLS = {
    "setattr": "class Box:\n    pass\nbox = Box()\ndef handler(event, context):\n    last = getattr(box, 'user', '')\n    setattr(box, 'user', event['user'])\n    return last\n",
    "globals": "LAST = ''\ndef handler(event, context):\n    before = globals()['LAST']\n    globals()['LAST'] = event['user']\n    return before\n",
    "partial": "import functools\nKEPT = []\ndef keep(what):\n    KEPT.append(what)\ndef handler(event, context):\n    functools.partial(keep)(event['user'])\n    return KEPT\n",
    "heappush": "import heapq\nKEPT = []\ndef handler(event, context):\n    heapq.heappush(KEPT, event['user'])\n    return KEPT\n",
    "putenv": "import os\ndef handler(event, context):\n    before = os.getenv('USER_ID')\n    os.putenv('USER_ID', event['user'])\n    return before\n",
    "super": "KEPT = []\nclass Base:\n    def keep(self, what):\n        KEPT.append(what)\nclass Shop(Base):\n    def keep(self, what):\n        super().keep(what)\ndef handler(event, context):\n    Shop().keep(event['user'])\n    return KEPT\n",
    "a method whose name the event ends": "KEPT = []\nclass Shop:\n    def do_keep(self, what):\n        KEPT.append(what)\ndef handler(event, context):\n    getattr(Shop(), 'do_' + event['action'])(event['user'])\n    return KEPT\n",
}


@pytest.mark.parametrize("name", CALLS)
def test_what_such_a_call_keeps_is_found(name: str) -> None:
    assert found(CALLS[name])


HONEST = {
    "setattr": "class Box:\n    pass\ndef handler(event, context):\n    box = Box()\n    setattr(box, 'user', event['user'])\n    return getattr(box, 'user', '')\n",
    "partial": "import functools\ndef add(one, other):\n    return one + other\ndef handler(event, context):\n    return functools.partial(add, 1)(event['n'])\n",
    "heappush": "import heapq\ndef handler(event, context):\n    kept = []\n    heapq.heappush(kept, event['user'])\n    return kept\n",
    "getenv": "import os\ndef handler(event, context):\n    return os.getenv('STAGE')\n",
    "a method whose name does not begin so": "KEPT = []\nclass Shop:\n    def keep(self, what):\n        KEPT.append(what)\n    def do_greet(self, what):\n        return what\ndef handler(event, context):\n    return getattr(Shop(), 'do_' + event['action'])(event['user'])\n",
}


@pytest.mark.parametrize("name", HONEST)
def test_what_such_a_call_does_within_one_event_is_left_alone(name: str) -> None:
    assert not found(HONEST[name])

"""Code and constants become immortal, a slice at a time; what holds a resource never does."""

from __future__ import annotations

import gc
import json
import sys
import weakref

import pytest
from tests.unprivileged import forked

from dayfly._sys import immortal
from dayfly.runtime.immortals import Immortaliser

pytestmark = pytest.mark.skipif(
    not immortal.is_supported(), reason="this interpreter's layout is not known to Dayfly"
)


class Holder:
    """A class of the function's, with a resource in each instance."""

    def use(self) -> str:
        return "used"


def is_immortal(item: object) -> bool:
    return sys.getrefcount(item) >= 2**31


def run_to_the_end() -> int:
    chores = Immortaliser()
    slices = 0
    while not chores.is_done:
        chores.spend_a_moment()
        slices += 1
    return slices


def test_code_and_constants_become_immortal_and_instances_do_not() -> None:
    def act() -> dict[str, bool]:
        holder, pair, text = Holder(), (Holder(), "x"), str(gc.get_threshold())
        slices = run_to_the_end()
        return {
            "sliced": slices > 3,
            "function": is_immortal(json.dumps),
            "code": is_immortal(json.dumps.__code__),
            "constants": is_immortal(json.dumps.__code__.co_consts),
            "class": is_immortal(Holder),
            "method": is_immortal(Holder.use.__code__),
            "module": is_immortal(json),
            "instance": is_immortal(holder),
            "tuple with an instance": is_immortal(pair),
            "dict": is_immortal(json.__dict__),
            "text of nobody's code": is_immortal(text),
            "works": json.loads(json.dumps({"a": [1, 2.5, None]})) == {"a": [1, 2.5, None]},
        }

    found = forked(act)
    mortal = {"instance", "tuple with an instance", "dict", "text of nobody's code"}
    assert {name for name, value in found.items() if not value} == mortal


def test_what_a_worker_drops_is_finalised_as_ever() -> None:
    def act() -> tuple[bool, bool]:
        dropped: list[str] = []
        holder = Holder()
        weakref.finalize(holder, dropped.append, "gone")
        run_to_the_end()
        alive = not dropped
        del holder
        gc.collect()
        return alive, dropped == ["gone"]

    assert forked(act) == (True, True)

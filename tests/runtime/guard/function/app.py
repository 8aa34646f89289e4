"""What a function's own module may look like: tables, lazy globals, classes, and two doors for code."""

from __future__ import annotations

import functools
import hmac
import json
import logging
import platform  # noqa: F401
from collections.abc import Callable
from typing import Any

CONFIG: dict[str, Any] = {"rebate": 0, "limits": {"daily": 10}}
CACHE: dict[str, Any] = {}
LAZY: Any = None
SESSION: Any = None
COUNT = 0
ADMINS: list[str] = ["root"]
HOOKS: list[Callable[..., Any]] = []
LOGGER = logging.getLogger("app")
TEMPLATE = "def generated(value):\n    return value + {number}\n"


def price(amount: float) -> float:
    return amount * 2


def other_price(amount: float = 1.0) -> float:
    return amount * 3


def discount(amount: float, *, rate: float = 0.5) -> float:
    return amount * rate


def make_counter() -> Callable[[], int]:
    count = 0

    def counter() -> int:
        nonlocal count
        count += 1
        return count

    return counter


COUNTER = make_counter()


SAME = hmac.compare_digest


class Cart:
    rate = 1.0
    allowed = {"root"}  # noqa: RUF012

    def total(self) -> float:
        return self.rate

    def merge(self, values: dict[str, Any], into: Any = None) -> None:
        """Every field of an event onto an object, as many functions do."""
        into = self if into is None else into
        for key, value in values.items():
            inner = into.get(key) if isinstance(into, dict) else getattr(into, key, None)
            if isinstance(value, dict) and inner is not None:
                self.merge(value, inner)
            elif isinstance(into, dict):
                into[key] = value
            else:
                setattr(into, key, value)


CART = Cart()


def evaluate(formula: str) -> Any:
    return eval(formula)


def run(code: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(code, names)
    return names


def run_decoded(code: str) -> dict[str, Any]:
    """The same, of text that no longer looks like the event's."""
    return run("".join(chr(ord(char) ^ 1) for char in code))


def generate(number: int) -> Callable[[int], int]:
    names: dict[str, Any] = {}
    exec(TEMPLATE.format(number=number), names)
    found: Callable[[int], int] = names["generated"]
    return found


def dumps(value: object) -> str:
    return repr(value)


@functools.lru_cache
def looked_up(key: str) -> str:
    return json.dumps(key)

"""Has the zygote prepare what libraries put off until it is used, once a worker has used it: routes that validate, pydantic's models.

All of it is derived from the function's own classes and annotations, and no event is needed for it. At init it would cost the first
caller all routes and models; a worker says which it used, and who owns a worker can choose among them and no more.
"""

from __future__ import annotations

import sys
import time

from dayfly.runtime import heap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from dayfly.runtime.sealing import Sealing

    # What is put off, whether it is done, and what does it.
    Step = tuple[Any, Callable[[Any], bool], Callable[[Any], object]]

_ROUTES = ("aws_lambda_powertools.event_handler.api_gateway", "ApiGatewayResolver")
# A client of a large API has 2,000 models.
_MANY_STEPS = 5000
# Of processor time: a model takes 1 to 10 ms.
_MOST_S = 0.6
# What building a model calls of its class.
_HOOKS = ("__get_pydantic_core_schema__", "__pydantic_on_complete__", "model_rebuild")


def kinds() -> tuple[type, ...]:
    """Return the class of Powertools' applications."""
    return heap.classes(_ROUTES)


def seal(found: heap.Found, sealing: Sealing) -> None:
    """List what is put off, for workers to say what they used of it."""
    if sealing.warms and not sealing.is_window:
        steps = [*_routes(found), *_models()][:_MANY_STEPS]
        sealing.learners += [Deferred(steps)] if steps else []


def _routes(found: heap.Found) -> Iterator[Step]:
    apps: list[Any] = found.of(*kinds())
    for app in apps:
        for name in ("_static_routes", "_dynamic_routes"):
            for route in getattr(app, name, ()):
                if getattr(route, "_dependant", ...) is None:
                    yield route, lambda route: route._dependant is not None, lambda route: route.body_field


def _models() -> Iterator[Step]:
    model = getattr(sys.modules.get("pydantic.main"), "BaseModel", None)
    left = [model] if isinstance(model, type) else []
    known = set(left)
    while left:
        kind: type
        for kind in type.__subclasses__(left.pop()):
            if kind not in known:
                known.add(kind)
                left.append(kind)
                if kind.__dict__.get("__pydantic_complete__") is False:
                    yield kind, lambda kind: kind.__dict__.get("__pydantic_complete__") is True, _complete


def _complete(model: Any) -> None:
    # A class with code of its own for this may look at what a handler has set by then.
    base = sys.modules["pydantic.main"].BaseModel
    for name in _HOOKS:
        own, plain = getattr(model, name, None), getattr(base, name, None)
        if getattr(own, "__func__", own) is not getattr(plain, "__func__", plain):
            return
    # By the names of its own module alone: what else the first use sees is an event's.
    model.model_rebuild(raise_errors=False, _types_namespace={})


class Deferred:
    """The steps that are left, in the zygote and in its workers."""

    MARK = "#"
    # To look for what is put off takes a worker 3 ms with 650 models.
    MANY = 25
    __slots__ = ("_left", "_left_s", "_steps", "_waiting")

    def __init__(self, steps: list[Step]) -> None:
        self._steps = steps
        self._left = set(range(len(steps)))
        self._left_s = _MOST_S
        self._waiting: list[int] = []

    def told(self) -> list[str]:
        """In a worker: the numbers of the steps that were done since."""
        done = sorted(number for number in self._left if self._steps[number][1](self._steps[number][0]))
        self._left.difference_update(done)
        return [str(number) for number in done]

    def hear(self, lines: list[str]) -> None:
        """In the zygote: take the numbers that a worker says."""
        for line in lines:
            if line.isdecimal() and line.isascii() and len(line) < 5 and int(line) in self._left:
                self._left.remove(int(line))
                self._waiting.append(int(line))

    def waits_alone(self) -> bool:
        """In the zygote: there is something to do, and what builds a field's type may read a worker's file."""
        return bool(self._waiting) and self._left_s > 0

    def spend_a_moment(self) -> None:
        """In the zygote: do one of them."""
        if not self.waits_alone():
            return
        item, _, act = self._steps[self._waiting.pop(0)]
        began = time.process_time()
        try:
            act(item)
        except Exception:
            # Trust boundary: a library of a version nobody tried, or a class of the function's that cannot be completed.
            return
        finally:
            self._left_s -= time.process_time() - began

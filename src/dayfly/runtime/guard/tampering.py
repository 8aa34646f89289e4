"""Notices that functions of AWS's loop or of Dayfly's were replaced while an event was served."""

from __future__ import annotations

import sys
from _operator import is_
from types import FunctionType

from dayfly.runtime.guard import owncode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from dayfly.runtime.guard.places import Places

# Of these, code of the deployment may replace functions.
LOOPS = tuple(
    "awslambdaric.bootstrap awslambdaric.lambda_runtime_marshaller awslambdaric.lambda_runtime_client "
    "dayfly.runtime.client".split()
)
_MODULES = (
    *LOOPS,
    *("dayfly.runtime.words", "dayfly.core.frames"),
    *map(owncode.GUARD.__add__, "bootstrap guarding audit_events hooks owncode reentrancy".split()),
)
_GUARDS = tuple(
    "dayfly.runtime.guard. dayfly.core.policy dayfly.core.globs dayfly.core.destinations "
    "dayfly.core.reports".split()
)


def guards_own() -> Unchanged:
    """Return the guard's own functions as they are now, which nobody has to replace."""
    names = tuple(name for name in sys.modules if name.startswith(_GUARDS))
    return Unchanged(names, is_strict=True)


class Unchanged:
    """Functions of modules and classes as they were at the end of init.

    Code of the deployment may replace them, as Sentry's does; code that came later may not. What they run is watched by
    the hook: an exchange of `__code__` is an event, and so is every look at it, which would cost ten times as much.
    `is_strict`: of these `modules` nobody has to replace anything.
    """

    __slots__ = ("_is_strict", "_known")

    def __init__(self, modules: tuple[str, ...] = _MODULES, *, is_strict: bool = False) -> None:
        self._is_strict = is_strict
        self._known: list[tuple[Mapping[str, object], list[str], list[object]]] = []
        for name in modules:
            module = sys.modules.get(name)
            if module is None:
                continue
            owners: list[Mapping[str, object]] = [vars(module)]
            owners += [
                vars(value)
                for value in vars(module).values()
                if isinstance(value, type) and value.__module__ == name
            ]
            for owner in owners:
                keys = [key for key, value in owner.items() if isinstance(value, FunctionType)]
                if keys:
                    self._known.append((owner, keys, [owner[key] for key in keys]))

    def found(self, places: Places) -> str:
        """Return the name of a function that foreign code stands for now, "" where there is none."""
        for owner, keys, values in self._known:
            # Not `==`, which is what a stand-in says of itself.
            if all(map(is_, map(owner.get, keys), values)):
                continue
            for key, value in zip(keys, values, strict=True):
                now = owner.get(key)
                code = getattr(now, "__code__", None)
                is_deployed = code is not None and (
                    owncode.is_own(code) or places.is_deployed(code.co_filename)
                )
                if now is not value and (self._is_strict or not is_deployed):
                    return f"{owner.get('__name__') or owner.get('__module__')}.{key}"
        return ""

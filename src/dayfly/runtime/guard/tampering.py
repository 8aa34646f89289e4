"""Notices that functions of AWS's loop or of Dayfly's were replaced while an event was served."""

from __future__ import annotations

import sys
from types import FunctionType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dayfly.runtime.guard.places import Places

_MODULES = (
    "awslambdaric.bootstrap",
    "awslambdaric.lambda_runtime_marshaller",
    "awslambdaric.lambda_runtime_client",
    "dayfly.runtime.client",
    "dayfly.runtime.words",
    "dayfly.runtime.guard.bootstrap",
    "dayfly.runtime.guard.guarding",
    "dayfly.runtime.guard.hooks",
    "dayfly.core.frames",
)


class Unchanged:
    """Functions of modules and classes as they were at the end of init, and the code that they run.

    Code of the deployment may replace them, as Sentry's does; code that came later may not.
    """

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: list[tuple[dict[str, object], str, object, object]] = []
        for name in _MODULES:
            module = sys.modules.get(name)
            if module is None:
                continue
            owners: list[dict[str, object]] = [vars(module)]
            owners += [
                vars(value)  # type: ignore[misc]
                for value in vars(module).values()
                if isinstance(value, type) and value.__module__ == name
            ]
            for owner in owners:
                for key, value in list(owner.items()):
                    if isinstance(value, FunctionType):
                        self._known.append((owner, key, value, value.__code__))

    def found(self, places: Places) -> str:
        """Return the name of a function that foreign code stands for now, "" where there is none."""
        for owner, key, value, code in self._known:
            now = owner.get(key)
            if now is value and value.__code__ is code:  # type: ignore[attr-defined]
                continue
            its_code = getattr(now, "__code__", None)
            if its_code is None or not places.is_deployed(its_code.co_filename):
                return f"{owner.get('__name__') or owner.get('__module__')}.{key}"
        return ""

"""Knows whether code of the function's runs at every fork: such code may read what an attacker has just written."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_hooks: list[str] = []


def watch() -> None:
    """Take note of who registers a hook for forks, from now on."""
    real = os.register_at_fork

    def register_at_fork(**hooks: Callable[[], object]) -> None:
        real(**hooks)
        for hook in hooks.values():
            module = getattr(hook, "__module__", None) or ""
            # Those of the standard library make locks anew; they read nothing.
            if module.partition(".")[0] not in sys.stdlib_module_names:
                _hooks.append(module)

    register_at_fork.__doc__ = real.__doc__
    os.register_at_fork = register_at_fork  # type: ignore[assignment]  # typeshed spells the names out


def has_hooks() -> bool:
    """Say whether anybody but the standard library has registered one."""
    return bool(_hooks)

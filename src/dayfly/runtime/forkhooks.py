"""Knows whether code of the function's runs at every fork: such code may read what an attacker has just written."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_hooks: list[object] = []


def watch() -> None:
    """Take note of who registers a hook for forks, from now on."""
    real = os.register_at_fork

    def register_at_fork(**hooks: Callable[[], object]) -> None:
        real(**hooks)
        _hooks.extend(hook for hook in hooks.values() if not _is_known(hook))

    register_at_fork.__doc__ = real.__doc__
    os.register_at_fork = register_at_fork  # type: ignore[assignment]  # typeshed spells the names out


def _is_known(hook: object) -> bool:
    """Say whether a hook is the standard library's: those make locks and seeds anew; they read nothing."""
    owner = getattr(hook, "__self__", None)
    module = getattr(hook, "__module__", None)
    if module is None:
        # A method in C: a lock's, as concurrent.futures has it, which boto3 loads. A file's would read.
        return type(owner).__module__ == "_thread"
    return module.partition(".")[0] in sys.stdlib_module_names


def has_hooks() -> bool:
    """Say whether anybody but the standard library has registered one."""
    return bool(_hooks)

"""Knows whether code of the function's runs at every fork: such code may read what an attacker has just written."""

from __future__ import annotations

import contextlib
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_count = 0
_are_skipped = False


def watch() -> None:
    """Take note of who registers a hook for forks, from now on."""
    real = os.register_at_fork

    def register_at_fork(**hooks: Callable[[], object]) -> None:
        global _count
        functions = {moment: hook for moment, hook in hooks.items() if callable(hook) and not _is_known(hook)}
        real(**hooks | {moment: _skippable(hook) for moment, hook in functions.items()})
        _count += len(functions)

    register_at_fork.__doc__ = real.__doc__
    os.register_at_fork = register_at_fork  # type: ignore[assignment]  # typeshed spells the names out


def _skippable(hook: Callable[[], object]) -> Callable[[], object]:
    def run() -> None:
        if not _are_skipped:
            hook()

    return run


@contextlib.contextmanager
def skipped() -> Iterator[None]:
    """Have forks run no hooks of the function's, in either process."""
    global _are_skipped
    _are_skipped = True
    try:
        yield
    finally:
        _are_skipped = False


def _is_known(hook: object) -> bool:
    """Say whether a hook is the standard library's: those make locks and seeds anew; they read nothing."""
    owner = getattr(hook, "__self__", None)
    module = getattr(hook, "__module__", None)
    if module is None:
        # A method in C: a lock's, as concurrent.futures has it, which boto3 loads. A file's would read.
        return type(owner).__module__ == "_thread"
    return module.partition(".")[0] in sys.stdlib_module_names


def count() -> int:
    """Return how many anybody but the standard library has registered."""
    return _count

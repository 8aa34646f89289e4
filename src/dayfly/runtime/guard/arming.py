"""Arms the guard in the zygote, before the function's code is loaded."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dayfly.core.handshake import ZygoteOptions
    from dayfly.runtime.guard.guarding import Guard


class Unarmed:
    """There is no guard though one was asked for; `fault` says why."""

    __slots__ = ("fault",)

    def __init__(self, fault: str) -> None:
        self.fault = fault


def arm(options: ZygoteOptions) -> Guard | Unarmed:
    """Install the hook and wrap what the guard stands between; says why where that cannot be done."""
    try:
        from dayfly.runtime.guard.builtin import OwnBuiltins

        with OwnBuiltins():
            # Residue, too: after init somebody else's built-ins may be in their place.
            from dayfly.runtime.guard import bootstrap, drivers, hooks, residue  # noqa: F401
            from dayfly.runtime.guard.guarding import Guard

        guard = Guard(options, os.environ.get("LAMBDA_TASK_ROOT") or os.getcwd())
        drivers.watch(guard)
        bootstrap.stand_between(guard)
        hooks.arm(guard)
        if not hooks.is_heard(guard):
            return Unarmed("the interpreter tells of no event")
        return guard
    except Exception as fault:
        # Trust boundary: AWS's client or an interpreter of a version nobody tried. `guard_on_fault` says whether it starts.
        return Unarmed(f"{type(fault).__name__}: {fault}"[:200])

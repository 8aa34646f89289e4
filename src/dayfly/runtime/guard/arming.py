"""Arms the guard in the zygote, before the function's code is loaded."""

from __future__ import annotations

import os

from dayfly.core.handshake import LEARN_VARIABLE

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
            from dayfly.runtime.guard import bootstrap, drivers, hooks, owncode, residue  # noqa: F401
            from dayfly.runtime.guard.guarding import Guard

            guard = Guard(options, os.environ.get("LAMBDA_TASK_ROOT") or os.getcwd())
            owncode.take_stack()
            if options.policy or options.guard_learns or LEARN_VARIABLE in os.environ:
                watch_uses(guard, options)
        drivers.watch(guard)
        bootstrap.stand_between(guard)
        guard.is_starting = guard.capabilities is not None
        if limit := hooks.arm(guard):
            guard.note(f"the hook is Python's and can be switched off by code in the worker: {limit}")
        if not guard.switch.hears():
            return Unarmed("the interpreter raises no audit event")
        guard.is_armed = True
        return guard
    except Exception as fault:
        # Trust boundary: AWS's client or an interpreter of a version nobody tried. `guard_on_fault` says whether it starts.
        return Unarmed(f"{type(fault).__name__}: {fault}"[:200])


def watch_uses(guard: Guard, options: ZygoteOptions) -> None:
    """Have the policy asked about what code uses, from here on."""
    # All of it first: what is there when origins are made is believed, and Dayfly's own is known by what is there.
    from dayfly.core import destinations, globs  # noqa: F401
    from dayfly.core.policy import Policy
    from dayfly.runtime.guard import environment, owncode, owntext, patched_builtins, shapes, tampering
    from dayfly.runtime.guard.capabilities import Capabilities
    from dayfly.runtime.guard.origins import Origins

    owncode.take()
    policy = Policy.unpack(options.policy) if options.policy else Policy()
    policy.bind(guard.places.task, guard.places.temporary)
    origins = Origins(guard.places, owntext.libraries_in(guard.places.task))
    learns, path = options.guard_learns, os.environ.get(LEARN_VARIABLE, "")
    guard.capabilities = Capabilities(guard, origins, policy, learns=learns, path=path)
    if policy.shapes or learns or path:
        guard.shapes = shapes.LearnedShapes(origins, policy, learns=learns, path=path)
    if not {"environment", "credentials"}.isdisjoint(guard.capabilities.kinds):
        environment.watch(guard.capabilities)
    patched_builtins.watch(guard.capabilities)
    guard.capabilities.own = tampering.guards_own()

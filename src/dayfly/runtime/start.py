"""Starts AWS's own loop in the zygote, with Dayfly's client."""

from __future__ import annotations

import gc
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

    from dayfly._sys.channel import Channel
    from dayfly.core.handshake import ZygoteOptions
    from dayfly.runtime.guard import Guard


def start(handler: str, channel: Channel) -> None:
    """Load `handler` by awslambdaric and serve; ends the process as awslambdaric would."""
    # Nothing of what follows is garbage, and a tenth of the guard's loading went into looking for some.
    was_collecting = gc.isenabled()
    gc.disable()
    leave_out_native_client()
    _watch_grpc()
    from dayfly.runtime import forkhooks

    forkhooks.watch()
    from awslambdaric import bootstrap

    from dayfly.runtime import heap
    from dayfly.runtime.client import DayflyRuntimeClient

    guard, unguarded = _arm(channel.options)
    heap.set_aside()
    if was_collecting:
        gc.enable()
    if bootstrap.run.__code__.co_argcount == 3:
        # awslambdaric up to 2.x makes its client itself: run(app_root, handler, address). A class, since libraries
        # wrap its methods.
        class Client(DayflyRuntimeClient):
            def __init__(self, *_arguments: object) -> None:
                super().__init__(channel, handler, guard, unguarded=unguarded)

        bootstrap.LambdaRuntimeClient = Client
        import os

        bootstrap.run(os.environ.get("LAMBDA_TASK_ROOT", os.getcwd()), handler, "")
        return
    bootstrap.run(handler, DayflyRuntimeClient(channel, handler, guard, unguarded=unguarded))


def _arm(options: ZygoteOptions) -> tuple[Guard | None, str]:
    """Arm the guard that is asked for, or return why there is none."""
    if options.guard == "off":
        return None, ""
    # The weight of it is for those who asked.
    import dayfly
    from dayfly.runtime.unpacking import unpack

    try:
        unpack(dayfly.__path__[0].rpartition("/")[0])
        from dayfly.runtime.guard import Unarmed, arm
    except ImportError:
        version = ".".join(map(str, sys.version_info[:2]))
        return (
            None,
            f"this layer has no guard for Python {version}: rebuild it with this version of Dayfly",
        )

    armed = arm(options)
    return (None, armed.fault) if isinstance(armed, Unarmed) else (armed, "")


def show_loop(module: ModuleType) -> None:
    """Give `module` the name of AWS's loop that its main program has: Sentry, for one, finds it there or does nothing."""
    leave_out_native_client()
    from awslambdaric import bootstrap

    setattr(module, "bootstrap", bootstrap)  # noqa: B010


def leave_out_native_client() -> None:
    """Keep awslambdaric from loading its C++ client: only the supervisor speaks HTTP.

    Older versions import it without a fallback, so a module stands in for it.
    """
    if "runtime_client" not in sys.modules:
        from types import ModuleType

        stand_in = ModuleType("runtime_client")
        stand_in.initialize_client = lambda *_arguments: None  # type: ignore[attr-defined]
        sys.modules["runtime_client"] = stand_in


def _watch_grpc() -> None:
    """Have gRPC's channels recorded: a worker makes one again only where it was seen how it was made.

    A module more for functions that carry gRPC, 20 µs for the others.
    """
    import os

    roots = (os.environ.get("LAMBDA_TASK_ROOT", ""), *sys.path)
    if any(os.path.isdir(os.path.join(root, "grpc", "_cython")) for root in roots):
        from dayfly.runtime import recorded

        recorded.watch()

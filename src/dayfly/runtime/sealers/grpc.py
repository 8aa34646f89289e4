"""Ends gRPC's channels before the fork; in each worker the first use of one makes it again, with its stubs.

gRPC's core has threads, descriptors and locks of its own, which all go when its last channel is gone.
"""

from __future__ import annotations

import sys
import threading
import time

from dayfly.runtime import heap, natives, recorded
from dayfly.runtime.sealers import lazy_objects

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, Protocol

    from dayfly.runtime.sealing import Sealing

    class State(Protocol):
        """What is used of a channel's two state objects."""

        callbacks_and_connectivities: list[object]
        channel: object
        managed_calls: int
        polling: bool

    class Channel(Protocol):
        """What is used of grpc.Channel's implementation."""

        _call_state: State
        _channel: object
        _connectivity_state: State

    class Method(Protocol):
        """What is used of a stub's method."""

        _channel: object
        _method: bytes
        _registered_call_handle: int | None


_FIX = "finish it at init, or make the channel in the handler"
# A call that has returned is counted down by another thread; one that watches connectivity looks every
# 0.2 s whether it is still wanted.
_SETTLE_S = 0.5
# Its threads end in some milliseconds; up to 1.76 only when a timer of its resolver has run out, after 1 s.
_END_S = 1.5


def kinds() -> tuple[type, ...]:
    """Return the classes of channels and of stubs' methods."""
    return tuple(kind for name in _MODULES for kind in _kinds_of(name))


def seal(found: heap.Found, sealing: Sealing) -> None:
    """Put every channel to sleep with the methods of its stubs; refuse those in use."""
    core = sys.modules.get("grpc._cython.cygrpc")
    if core is None:
        return
    was_sealed = False
    for name, seal_channel in _MODULES.items():
        by_name = {kind.__name__: kind for kind in _kinds_of(name)}
        channel_kind = by_name.pop("Channel", None)
        if channel_kind is None:
            continue
        methods: list[Method] = _all(found, *by_name.values())
        channels: list[Channel] = _all(found, channel_kind)
        for channel in channels:
            if not lazy_objects.is_asleep(channel):
                native = getattr(channel, "_channel", None)
                own = [method for method in methods if getattr(method, "_channel", None) is native]
                del native
                was_sealed |= seal_channel(core, channel, own, sealing)
    if was_sealed:
        natives.count("gRPC", settle_s=_END_S)


def _kinds_of(module_name: str) -> list[type]:
    module = sys.modules.get(module_name)
    return (
        [
            item
            for name, item in vars(module).items()
            if isinstance(item, type)
            and item.__module__ == module_name
            and (name == "Channel" or name.endswith("MultiCallable"))
        ]
        if module is not None
        else []
    )


def _all(found: heap.Found, *kinds: type) -> Any:
    """Return what `found` has of classes that only the library's module names, so that nothing can check them."""
    return found.of(*kinds)


def _is_open(channel: Channel) -> bool:
    try:
        channel._channel.check_connectivity_state(False)  # type: ignore[attr-defined]
    except (ValueError, AttributeError):
        return False
    return True


def _seal_channel(core: ModuleType, channel: Channel, methods: list[Method], sealing: Sealing) -> bool:
    if not _is_open(channel):
        return False
    native = channel._channel
    where = native.target().decode("utf-8", "replace").removeprefix("dns:///")  # type: ignore[attr-defined]
    arguments = recorded.arguments_of(native)
    if arguments is None:
        sealing.refuse(
            f"the gRPC channel to {where} was created before Dayfly could record its arguments: create it "
            "in the handler"
        )
        return False
    calls, watch = channel._call_state, channel._connectivity_state
    if not _is_idle(calls, watch):
        what = "is being watched" if watch.callbacks_and_connectivities else "has a call in progress"
        sealing.refuse(f"the gRPC channel to {where} created at init {what}: {_FIX}")
        return False
    forks = getattr(core, "is_fork_support_enabled", None)
    is_registered = bool(forks and forks())
    kind = type(native)

    def connect(new: object) -> None:
        channel._channel = calls.channel = watch.channel = new
        _connect_methods(methods, new)

    def rouse() -> None:
        connect(kind(*arguments))
        if is_registered:
            core.fork_register_channel(channel)

    if is_registered:
        # gRPC's own handler would close the channel in each worker, for good.
        core.fork_unregister_channel(channel)
    connect(None)
    native.close(core.StatusCode.cancelled, "Channel closed!")  # type: ignore[attr-defined]
    del native
    if not lazy_objects.lay([channel, *methods], rouse):
        rouse()
        return False
    return True


def _is_idle(calls: State, watch: State) -> bool:
    until = time.monotonic() + _SETTLE_S
    while calls.managed_calls or watch.polling or watch.callbacks_and_connectivities:
        if time.monotonic() > until or watch.callbacks_and_connectivities:
            return False
        time.sleep(0.001)
    return True


def _seal_asynchronous(core: ModuleType, channel: Channel, methods: list[Method], sealing: Sealing) -> bool:
    native = channel._channel
    if native.closed():  # type: ignore[attr-defined]
        return False
    arguments = recorded.arguments_of(native)
    if arguments is None:
        sealing.refuse(
            "a grpc.aio channel was created before Dayfly could record its arguments: create it in the "
            "handler"
        )
        return False
    target = arguments[0]
    where = target.decode("utf-8", "replace") if isinstance(target, bytes) else ""
    if _has_call_in_progress():
        sealing.refuse(f"the grpc.aio channel to {where} created at init has a call in progress: {_FIX}")
        return False
    kind = type(native)

    def connect(new: object) -> None:
        channel._channel = new
        _connect_methods(methods, new)

    connect(None)
    native.close()  # type: ignore[attr-defined]
    del native

    def rouse() -> None:
        before = set(threading.enumerate())
        connect(kind(*arguments))
        # It polls for as long as there is a channel, and is no work that the invocation left.
        sealing.threads |= set(threading.enumerate()) - before

    if not lazy_objects.lay([channel, *methods], rouse):
        rouse()
        return False
    return True


def _has_call_in_progress() -> bool:
    """Say whether any call of grpc.aio is not done: which channel it uses only some versions tell."""
    base = getattr(sys.modules.get("grpc.aio._call"), "Call", None)
    if not isinstance(base, type):
        return True
    calls = _all(heap.find([base]), base)
    return any(not call.done() for call in calls)


def _connect_methods(methods: list[Method], new: object) -> None:
    for method in methods:
        method._channel = new
        if new is not None and getattr(method, "_registered_call_handle", None):
            # A number that the old channel gave out.
            method._registered_call_handle = new.get_registered_call_handle(  # type: ignore[attr-defined]
                method._method
            )


_MODULES = {"grpc._channel": _seal_channel, "grpc.aio._channel": _seal_asynchronous}

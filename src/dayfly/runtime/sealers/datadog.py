"""Stops Datadog's threads once, and not around every fork; workers start theirs by the libraries' own hooks.

Both libraries stop their threads before a fork and start them again in both processes afterwards. In the
zygote they stay stopped: it traces nothing, and each fork would wait for them. The tracer's native runtime
alone has hooks below Python's; that they leave a child nothing to share is tried once, with a child.
"""

from __future__ import annotations

import os
import sys
import threading

from dayfly.runtime import natives
from dayfly.runtime import seal as seals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from dayfly.runtime.heap import Found
    from dayfly.runtime.sealing import Sealing

_WAITING = ("eventpoll", "eventfd")
_RUNTIME = "a Rust library (Tokio)"
_REGISTRIES = ("_registry_before_fork", "_registry_after_parent")
_HOOKS = ("ddtrace_before_fork", "ddtrace_after_in_parent")
_CLIENT = ("pre_fork", "post_fork_child", "post_fork_parent", "flush")


def seal(found: Found, sealing: Sealing) -> None:
    """Stop the tracer's threads and those of statsd clients."""
    forksafe = sys.modules.get("ddtrace.internal.forksafe")
    if forksafe is not None and all(hasattr(forksafe, name) for name in (*_REGISTRIES, *_HOOKS)):
        _stop_tracer(forksafe, sealing)
    statsd = sys.modules.get("datadog.dogstatsd.base")
    if statsd is not None and getattr(statsd, "SUPPORTS_FORKING", False):
        for client in list(getattr(statsd, "_instances", ())):
            if all(hasattr(client, name) for name in _CLIENT):
                _stop_client(client, statsd, sealing)


def _stop_tracer(forksafe: ModuleType, sealing: Sealing) -> None:
    if seals.count_tasks() == 1:
        return
    forksafe.ddtrace_before_fork()
    _try_native_runtime(sealing)
    registries: list[list[object]] = [getattr(forksafe, name) for name in _REGISTRIES]
    hooks = [list(registry) for registry in registries]
    for registry in registries:
        registry.clear()
    zygote = os.getpid()

    def wake() -> None:
        # For processes that the function itself forks.
        for registry, saved in zip(registries, hooks, strict=True):
            registry[:] = saved
        if os.getpid() == zygote:
            forksafe.ddtrace_after_in_parent()

    sealing.in_worker(wake)


def _try_native_runtime(sealing: Sealing) -> None:
    """Allow the native runtime's threads and descriptors that a forked child turns out not to have."""
    if not natives.count(_RUNTIME):
        return
    polled = _polled() - sealing.own
    reader, writer = os.pipe()
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        try:
            left = polled & _polled()
            os.write(writer, b"-1" if natives.count(_RUNTIME) else b"%d" % len(left))
        finally:
            os._exit(0)
    os.close(writer)
    with open(reader, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(pid, 0)
    if answer == b"0":
        sealing.runtimes.add(_RUNTIME)
        sealing.descriptors |= polled


def _polled() -> set[int]:
    """Return the descriptors that an event loop of native code waits with."""
    return {number for number in seals.open_descriptors() if seals.kind_of(number) in _WAITING}


def _stop_client(client: object, module: ModuleType, sealing: Sealing) -> None:
    state = vars(client)
    if not any(state.get(name) is not None for name in ("_flush_thread", "_active_sender", "_sender_thread")):
        return
    before, in_child, in_parent, flush = (getattr(client, name) for name in _CLIENT)
    thread, stop = state.get("_flush_thread"), state.get("_flush_thread_stop")
    if isinstance(thread, threading.Thread) and isinstance(stop, threading.Event):
        # It sleeps through its interval whatever it is told: the library would wait for its end here, and
        # at every fork. It holds nothing while it sleeps, and goes when it wakes.
        _send(client, flush)
        stop.set()
        state["_flush_thread"] = None
        sealing.threads.add(thread)
    before()
    # Off the list that the library's own hooks go through.
    module._instances.discard(client)
    zygote = os.getpid()

    def wake() -> None:
        module._instances.add(client)
        is_worker = os.getpid() != zygote
        if isinstance(thread, threading.Thread) and isinstance(stop, threading.Event):
            if not is_worker:
                thread.join()
            stop.clear()
        (in_child if is_worker else in_parent)()

    sealing.in_worker(wake)
    sealing.before_answer(
        "metrics of Datadog's statsd client", is_pending=_pending(state), send=_sender(client, flush)
    )


def _pending(state: dict[str, object]) -> Callable[[], bool]:
    def is_pending() -> bool:
        if state.get("_buffer"):
            return True
        aggregator = getattr(state.get("aggregator"), "__dict__", {})
        maps = [
            *aggregator.get("metrics_map", {}).values(),
            *aggregator.get("max_sample_metric_map", {}).values(),
        ]
        return any(maps)

    return is_pending


def _sender(client: object, flush: Callable[[], object]) -> Callable[[float], object]:
    def send(seconds: float) -> object:
        _send(client, flush)
        wait = getattr(client, "wait_for_pending", None)
        return None if wait is None else wait()

    return send


def _send(client: object, flush: Callable[[], object]) -> None:
    """Send what is counted together, where the version does that, and then what is buffered."""
    aggregated = getattr(client, "flush_aggregated_metrics", None)
    if aggregated is not None:
        aggregated()
    flush()

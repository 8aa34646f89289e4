"""Stops Sentry's threads, which it starts again by itself in a process that needs them.

What init recorded is sent before the first fork, what a worker recorded before its answer, also without Sentry's
integration for Lambda, which does so at every answer by wrapping methods of AWS's client.
"""

from __future__ import annotations

import threading

from dayfly.runtime import heap
from dayfly.runtime.sealers.executors import PATIENCE_S, join
from dayfly.runtime.sealers.queues import unfinished

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dayfly.runtime.sealing import Sealing

_BATCHERS = ("log_batcher", "metrics_batcher", "span_batcher", "metrics_aggregator")


def kinds() -> tuple[type, ...]:
    """Return the class of clients that have a transport."""
    return heap.classes(("sentry_sdk.client", "_Client"))


def seal(found: heap.Found, sealing: Sealing) -> None:
    """Send what init recorded and stop the threads of each client."""
    clients: list[object] = found.of(*kinds())
    for client in clients:
        state = vars(client)
        queue = getattr(getattr(state.get("transport"), "_worker", None), "_queue", None)
        if not hasattr(queue, "unfinished_tasks"):
            # No transport, or one that sends at once, or an event loop's.
            continue
        if _is_pending(state, queue):
            client.flush(timeout=PATIENCE_S)  # type: ignore[attr-defined]
        threads = _end_threads(state)
        if not join(threads, seconds=PATIENCE_S):
            sealing.refuse(
                "Sentry is still sending what init recorded: sentry_sdk.flush() at the end of init, or "
                "check why its server does not answer"
            )
        _let_start(state)
        _deliver(client, queue, sealing)


def _deliver(client: object, queue: object, sealing: Sealing) -> None:
    def is_pending() -> bool:
        return _is_pending(vars(client), queue)

    def send(seconds: float) -> bool:
        client.flush(timeout=seconds)  # type: ignore[attr-defined]
        return unfinished(queue) == 0

    sealing.before_answer("events of Sentry", is_pending=is_pending, send=send)


def _is_pending(client: dict[str, object], queue: object) -> bool:
    if unfinished(queue) > 0:
        return True
    for name in _BATCHERS:
        batcher = client.get(name)
        if getattr(batcher, "_buffer", None) or getattr(batcher, "buckets", None):
            return True
    sessions = client.get("session_flusher")
    return bool(getattr(sessions, "pending_sessions", None) or getattr(sessions, "pending_aggregates", None))


def _end_threads(client: dict[str, object]) -> list[threading.Thread]:
    """Tell the threads to go, in the way each has; return them.

    The monitor's is left: it sleeps for ten seconds at a time, and minds the process it was started in.
    """
    found: list[object] = []
    worker = getattr(client["transport"], "_worker", None)
    if worker is not None:
        found.append(getattr(worker, "_thread", None))
        worker.kill()
    for name in _BATCHERS:
        batcher = client.get(name)
        flusher = getattr(batcher, "_flusher", None)
        if batcher is not None and isinstance(flusher, threading.Thread):
            found.append(flusher)
            batcher.kill()  # type: ignore[attr-defined]
    sessions = client.get("session_flusher")
    asked = getattr(sessions, "_SessionFlusher__shutdown_requested", None)
    if isinstance(asked, threading.Event):
        found.append(getattr(sessions, "_thread", None))
        asked.set()
    return [thread for thread in found if isinstance(thread, threading.Thread)]


def _let_start(client: dict[str, object]) -> None:
    """Undo what told the threads to go, so that a process that needs one starts it."""
    for name in _BATCHERS:
        batcher = client.get(name)
        if batcher is not None and "_flusher_pid" in vars(batcher):
            vars(batcher).update(_running=True, _flusher=None, _flusher_pid=None)
            vars(batcher)["_flush_event"].clear()
    sessions = client.get("session_flusher")
    asked = getattr(sessions, "_SessionFlusher__shutdown_requested", None)
    if isinstance(asked, threading.Event):
        vars(sessions).update(_thread=None, _thread_for_pid=None)
        asked.clear()

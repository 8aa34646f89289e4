"""Stops the threads that write queued log records, and starts them in every worker.

What init logged is written before the first fork, and once; what a worker logs is written before its
last answer, since nobody would write it afterwards. `logging.config`'s queue handlers have such a listener too.
"""

from __future__ import annotations

import sys
import threading
import time

from dayfly.runtime.sealers.executors import PATIENCE_S, join

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from logging.handlers import QueueListener

    from dayfly.runtime.heap import Found
    from dayfly.runtime.sealing import Sealing


def kinds() -> tuple[type, ...]:
    """Return the listener's class."""
    return (sys.modules["logging.handlers"].QueueListener,)


def seal(found: Found, sealing: Sealing) -> None:
    """Stop each listener that runs, once its queue is empty."""
    for listener in found.of(sys.modules["logging.handlers"].QueueListener):
        thread = getattr(listener, "_thread", None)
        if not isinstance(thread, threading.Thread) or not thread.is_alive():
            continue
        listener.enqueue_sentinel()
        if not join([thread], seconds=PATIENCE_S):
            sealing.refuse(
                "a logging QueueListener started at init does not finish its records: start it in the "
                "handler, or log without a queue"
            )
            continue
        listener._thread = None
        sealing.in_worker(listener.start)
        is_pending, send = _watch(listener, is_window=sealing.is_window)
        sealing.before_answer("log records", is_pending=is_pending, send=send)


def wait_for_tasks(queue: object, *, but: int, seconds: float) -> bool:
    """Wait until a `queue.Queue` has at most `but` unfinished tasks; False if it takes too long."""
    done = getattr(queue, "all_tasks_done", None)
    if not isinstance(done, threading.Condition):
        return False
    until = time.monotonic() + seconds
    with done:
        while unfinished(queue) > but:
            remaining = until - time.monotonic()
            if remaining <= 0 or not done.wait(remaining):
                return unfinished(queue) <= but
    return True


def unfinished(queue: object) -> int:
    """Return how many tasks of a `queue.Queue` are not done; 0 for one that does not count them."""
    count = getattr(queue, "unfinished_tasks", 0)
    return count if isinstance(count, int) else 0


def _watch(
    listener: QueueListener, *, is_window: bool
) -> tuple[Callable[[], bool], Callable[[float], object]]:
    queue = listener.queue
    if hasattr(queue, "unfinished_tasks") and hasattr(queue, "all_tasks_done"):
        # A listener that does not say what it has done leaves a number that means nothing more.
        rest = unfinished(queue)
        return lambda: unfinished(queue) > rest, lambda seconds: wait_for_tasks(
            queue, but=rest, seconds=seconds
        )

    # Whether an end is in the queue that the listener has not come to.
    is_asked = False
    # A delivery that was late may go on beside the next.
    turn = threading.Lock()

    def end(thread: threading.Thread, until: float) -> bool:
        nonlocal is_asked
        if not is_asked:
            listener.enqueue_sentinel()
        thread.join(max(0.0, until - time.monotonic()))
        is_asked = thread.is_alive()
        if not is_asked:
            listener._thread = None
        return not is_asked

    def stop(seconds: float) -> bool:
        until = time.monotonic() + seconds
        if not turn.acquire(timeout=seconds):
            return False
        try:
            # An end that an earlier delivery asked for, and did not see, comes before what was logged since.
            for _ in range(1 + is_asked):
                if (thread := listener._thread) is None:
                    return True
                if not end(thread, until):
                    return False
                if is_window:
                    listener.start()
            return True
        finally:
            turn.release()

    # A record that was taken and is being written is in no queue: only the listener's end proves it.
    return lambda: listener._thread is not None, stop

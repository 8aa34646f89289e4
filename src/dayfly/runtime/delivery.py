"""Delivers what libraries have recorded and not sent, before a worker that will be killed gives its answer.

On plain Lambda a batch that waits when the handler returns is sent in a later invocation, or lost with the
environment. A worker of one invocation has no later one: it would always be lost.
"""

from __future__ import annotations

import threading
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Delivery:
    """One library's batch: whether something waits in it, and how to send that within some seconds.

    `is_pending` is asked at the end of every invocation and must take about a microsecond. `send` runs in
    a thread of its own and may outlast its time: nobody waits for it then.
    """

    __slots__ = ("is_pending", "name", "send")

    def __init__(self, name: str, *, is_pending: Callable[[], bool], send: Callable[[float], object]) -> None:
        self.name = name
        self.is_pending = is_pending
        self.send = send


def deliver(deliveries: Sequence[Delivery], *, seconds: float) -> list[str]:
    """Send what is pending, all at once, for at most `seconds`; return the names of what was not sent."""
    pending = [delivery for delivery in deliveries if _is_pending(delivery)]
    if not pending:
        return []
    until = time.monotonic() + seconds
    failed: list[str] = []

    def send(delivery: Delivery) -> None:
        try:
            if delivery.send(seconds) is False:
                failed.append(delivery.name)
        except Exception:
            # Trust boundary: a library of a version nobody tried. What it recorded is reported as lost.
            failed.append(delivery.name)

    # Each in a thread: libraries promise a time limit and do not keep it, and the caller waits.
    threads = [threading.Thread(target=send, args=(delivery,), daemon=True) for delivery in pending]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    late = [delivery.name for delivery, thread in zip(pending, threads, strict=True) if thread.is_alive()]
    return sorted({*late, *failed})


def _is_pending(delivery: Delivery) -> bool:
    try:
        return delivery.is_pending()
    except Exception:
        # Trust boundary: as above. Sending nothing is quick; losing something is not noticed.
        return True

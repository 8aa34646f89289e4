"""Gives every worker descriptors of its own for the event loops that init made.

The loop object stays, with its tasks, timers and callbacks, which go on where the handler runs it again,
as they would after a freeze. Its epoll set and self-pipe are closed in the zygote and made anew in each
worker; where it waits for more than that, the sealers of pairs and polls replace them with the rest, as they do
for the loops of uvloop and gevent. A loop that runs in a thread of its own is held between two callbacks, for ever in the zygote, and
runs on in a new thread of each worker, on the same Thread object.
"""

from __future__ import annotations

import _thread
import os
import signal
import sys
import threading

from dayfly.runtime import heap
from dayfly.runtime.sealers import transports

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio

    from dayfly.runtime.sealing import Sealing

# How long a callback of a running loop may take until the loop is held; a coroutine that blocks longer
# could be in the middle of anything.
PATIENCE_S = 1.0
_NEEDED = ("_close_self_pipe", "_csock", "_make_self_pipe", "_selector", "_ssock")


def kinds() -> tuple[type, ...]:
    """Return asyncio's loops, and what has connections on them."""
    return (*heap.classes(("asyncio", "BaseEventLoop")), *transports.kinds())


def seal(found: heap.Found, sealing: Sealing) -> None:
    """Hold running loops, close idle connections, then take the loops' descriptors out of the zygote."""
    _turn_green()
    base: type[asyncio.BaseEventLoop] | None = getattr(sys.modules.get("asyncio"), "BaseEventLoop", None)
    sealed: list[_Sealed] = []
    for loop in [] if base is None else found.of(base):
        if not loop.is_closed() and all(hasattr(loop, name) for name in _NEEDED):
            sealed.append(_Sealed(loop))
    for item in sealed:
        item.hold(sealing)
    transports.seal(found, sealing)
    for item in sealed:
        item.close(sealing)
        # Also where it was refused: the process that serves alone lets it run on.
        sealing.in_worker(item.reopen)


def _turn_green() -> None:
    """Have gevent's loop go on behind its wait.

    libev looks for a fork at the beginning of each turn, and makes its eventfd anew there. Where a worker went on before the wait, it
    would wait with the old one first, and what a thread then writes to that could be lost with it.
    """
    module = sys.modules.get("gevent._hub_local")
    # False where it has never run.
    if module is not None and module.get_hub_if_exists():
        # A timer, whose callbacks come after the wait; what else is due runs, too.
        sys.modules["gevent"].sleep(0.001)


class _Sealed:
    """One open loop, between its being held and its going on."""

    __slots__ = ("_gate", "_has_epoll", "_has_wakeup", "_is_closed", "_is_held", "_loop", "_pid", "_thread")

    def __init__(self, loop: asyncio.BaseEventLoop) -> None:
        self._loop = loop
        self._pid = os.getpid()
        self._thread: threading.Thread | None = None
        self._gate = _thread.allocate_lock()
        self._has_epoll = False
        self._has_wakeup = False
        self._is_closed = False
        self._is_held = not loop.is_running()

    def hold(self, sealing: Sealing) -> None:
        """Stop a running loop between two callbacks; nothing of its thread runs in the zygote any more.

        Stopping it by `stop()` would run what its thread does afterwards (closing the loop, say).
        """
        loop = self._loop
        if self._is_held:
            return
        ident = getattr(loop, "_thread_id", None)
        thread = next((item for item in threading.enumerate() if item.ident == ident), None)
        if thread is None or thread is threading.main_thread() or not hasattr(thread, "run"):
            sealing.refuse("an event loop runs in a thread Python did not start: use threading.Thread")
            return
        if sealing.thread_policy == "refuse":
            sealing.threads.add(thread)
            sealing.refuse(
                f"the event loop of thread {thread.name!r} would not run in a worker: start it in the handler, "
                'or set `threads = "auto"`'
            )
            return
        arrived = _thread.allocate_lock()
        arrived.acquire()
        self._gate.acquire()

        def wait() -> None:
            arrived.release()
            self._gate.acquire()

        loop.call_soon_threadsafe(wait)
        sealing.threads.add(thread)
        self._thread = thread
        self._is_held = arrived.acquire(timeout=PATIENCE_S)
        if not self._is_held:
            sealing.refuse(
                f"the event loop of thread {thread.name!r} was still busy {PATIENCE_S:g} s after init: "
                "let init wait for what it started"
            )

    def close(self, sealing: Sealing) -> None:
        """Close epoll set and self-pipe, unless something of the loop's waits for a descriptor."""
        loop = self._loop
        selector = getattr(loop, "_selector", None)
        inner = getattr(selector, "_selector", None)
        self._has_epoll = type(inner) is getattr(sys.modules.get("select"), "epoll", None)
        own: int = loop._ssock.fileno()  # type: ignore[attr-defined]
        if not self._is_held:
            # Named once: these have no other fix.
            sealing.descriptors.update({own, loop._csock.fileno()})  # type: ignore[attr-defined]
            if self._has_epoll:
                sealing.descriptors.add(inner.fileno())  # type: ignore[union-attr]
            return
        if any(number != own for number in selector.get_map()):  # type: ignore[union-attr]
            return
        self._is_closed = True
        wakeup = signal.set_wakeup_fd(-1)
        self._has_wakeup = wakeup == loop._csock.fileno()  # type: ignore[attr-defined]
        if not self._has_wakeup and wakeup >= 0:
            signal.set_wakeup_fd(wakeup)
        loop._close_self_pipe()  # type: ignore[attr-defined]
        if self._has_epoll:
            inner.close()  # type: ignore[union-attr]

    def reopen(self) -> None:
        """In a worker: make the loop's descriptors, and let it run where it ran."""
        loop = self._loop
        if self._is_closed:
            if self._has_epoll:
                selector = loop._selector  # type: ignore[attr-defined]
                selector._selector = sys.modules["select"].epoll()
            loop._make_self_pipe()  # type: ignore[attr-defined]
            if self._has_wakeup:
                signal.set_wakeup_fd(loop._csock.fileno())  # type: ignore[attr-defined]
        if self._thread is not None:
            self._run_on(self._thread)

    def _run_on(self, thread: threading.Thread) -> None:
        if os.getpid() == self._pid:
            # Not forked: the thread is there and waits.
            self._gate.release()
            return
        self._loop._thread_id = None  # type: ignore[attr-defined]
        threading.Thread.__init__(thread, name=thread.name, daemon=thread.daemon)
        # Not what it ran from its beginning: that may make another loop, while the function goes on
        # handing work to this one. A subclass's own run() is covered in the same way.
        thread.run = self._loop.run_forever  # type: ignore[method-assign]
        thread.start()

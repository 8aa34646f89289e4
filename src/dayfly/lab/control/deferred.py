"""What the control plane does a moment after it has answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Deferred:
    """Calls functions later on the event loop; what `close` finds waiting is given up."""

    def __init__(self) -> None:
        self._handles: set[asyncio.TimerHandle] = set()

    def after(self, delay_s: float, act: Callable[[], None]) -> None:
        def run() -> None:
            self._handles.discard(handle)
            act()

        handle = asyncio.get_running_loop().call_later(delay_s, run)
        self._handles.add(handle)

    def close(self) -> None:
        for handle in self._handles:
            handle.cancel()
        self._handles.clear()

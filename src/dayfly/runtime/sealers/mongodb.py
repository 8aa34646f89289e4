"""Cuts every worker off from the connections of init's MongoDB clients, which then connect again.

PyMongo watches for forks itself: in a child it makes its pools, its sessions and its view of the servers anew, and never uses
what it inherited. But those connections would still be open there.
"""

from __future__ import annotations

import warnings

from dayfly._sys import sockets
from dayfly.runtime import heap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dayfly.runtime.sealing import Sealing

# The first since 4.9, the second before.
_MODULES = ("pymongo.synchronous.pool", "pymongo.pool")


def kinds() -> tuple[type, ...]:
    """Return the class of a connection."""
    return heap.classes(*((name, "Connection") for name in _MODULES))[:1]


def seal(found: heap.Found, sealing: Sealing) -> None:
    """Have every worker cut off the connections that are open."""
    connections: list[object] = found.of(*kinds())
    for connection in connections:
        below = getattr(connection, "conn", None)
        number = -1 if below is None or getattr(connection, "closed", True) else below.fileno()
        if number >= 0 and number not in sealing.descriptors:
            sealing.descriptors.add(number)
            sealing.private(sockets.Severed(number).make)
    if connections:
        sealing.in_worker(_silence)


def _silence() -> None:
    # Of locks that other threads may have held at the fork: they waited.
    warnings.filterwarnings("ignore", message="MongoClient opened before fork", category=UserWarning)

"""What a zygote holds of its supervisor, whichever of the two kinds that is."""

from __future__ import annotations

import _socket
import os

from dayfly.core.handshake import MARKER, ZygoteOptions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class Channel:
    """What a zygote holds of its supervisor: a socket, its options, and an end of a pair of sockets that tells its death.

    `limits` are what it found out of its start for the first log record, where it was asked to.
    """

    __slots__ = ("lifeline", "limits", "options", "socket")

    def __init__(self, socket: _socket.socket, options: ZygoteOptions, lifeline: int = -1) -> None:
        self.socket = socket
        self.options = options
        self.lifeline = lifeline
        self.limits: list[str] = []

    def leave(self) -> None:
        """In a worker: let go of what only the zygote may hold."""
        self.socket.close()
        if self.lifeline >= 0:
            os.close(self.lifeline)
            self.lifeline = -1


def channel_from_environment(environ: Mapping[str, str]) -> Channel | None:
    """Return the channel an executed zygote was given, None in any other process."""
    text = environ.get(MARKER)
    if text is None:
        return None
    numbers, _, options = text.partition(",")
    number, lifeline = map(int, numbers.split(":"))
    sock = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM, 0, number)
    for descriptor in (number, lifeline):
        os.set_inheritable(descriptor, False)
    return Channel(sock, ZygoteOptions.unpack(options), lifeline)

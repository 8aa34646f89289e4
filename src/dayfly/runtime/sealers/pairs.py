"""Gives every worker socket pairs of its own, with what init left in them: both ends, or the one that is left."""

from __future__ import annotations

import _socket
import os
import stat

from dayfly._sys import descriptions, socketpairs, sockets
from dayfly.runtime import seal as seals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dayfly.runtime.heap import Found
    from dayfly.runtime.sealing import Sealing

_NOBODY = ("", b"")


def seal(found: Found, sealing: Sealing) -> None:
    """Have every worker make the pairs of init; `seal.reasons_not_to_fork` names an end whose other end is elsewhere."""
    ends: dict[int, list[int]] = {}
    for number in sorted(seals.open_descriptors() - sealing.own - sealing.descriptors):
        if number > 2 and is_end(number):
            ends.setdefault(os.fstat(number).st_ino, []).append(number)
    if not ends or descriptions.has_children():
        return
    for pair in socketpairs.find(ends, may_ask=seals.count_tasks() == 1):
        numbers = [ends[inode] for inode in pair]
        made = socketpairs.describe(numbers)
        if made is None:
            continue
        for of_end in numbers:
            sealing.descriptors.update(of_end)
        sealing.private(made.make)


def is_end(number: int) -> bool:
    """Say whether a descriptor is a connected Unix socket, neither it nor its peer having a name."""
    try:
        if not stat.S_ISSOCK(os.fstat(number).st_mode):
            return False
        sock = sockets.duplicate(number)
    except OSError:
        return False
    try:
        return (
            sock.family == _socket.AF_UNIX and sock.getsockname() in _NOBODY and sock.getpeername() in _NOBODY
        )
    except OSError:
        return False
    finally:
        sock.close()

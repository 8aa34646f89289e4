"""Socket pairs of a process's own in place of those it was forked with, under the same numbers.

`find` says which Unix sockets of this process are ends of one pair, `describe` what a pair is and holds; `Pair.make`
replaces it in a worker, as the classes of `reopen` do.
"""

from __future__ import annotations

import _socket
import os
import select
import struct

from dayfly._sys import descriptions, reopen, sockets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# What one end may have for its reader, in all: the kernel's own default of a send buffer, net.core.wmem_default.
MAX_QUEUED_BYTES = 212_992
_MAX_PASSED = 253  # SCM_MAX_FD
# include/uapi/linux/sock_diag.h, unix_diag.h, netlink.h.
_NETLINK_SOCK_DIAG, _SOCK_DIAG_BY_FAMILY = 4, 20
_NLM_F_REQUEST, _UDIAG_SHOW_PEER, _UNIX_DIAG_PEER = 1, 4, 2
_HEADER_BYTES, _MESSAGE_BYTES = 16, 16
_ANSWER_BYTES = 8192


class Pair:
    """Two sockets that are connected to each other, and what each has for its reader."""

    __slots__ = ("_blocks", "_contents", "_ends", "_is_shut", "_kind", "_options")

    def __init__(self, ends: list[list[int]], contents: list[list[bytes]], is_shut: list[bool]) -> None:
        """`ends` has the numbers of each end; `is_shut` says that nothing more can come to its reader."""
        self._ends = [reopen.Names(numbers) for numbers in ends]
        self._contents = contents
        self._is_shut = is_shut
        self._blocks = [os.get_blocking(numbers[0]) for numbers in ends]
        self._options: list[list[tuple[int, int, bytes | int]]] = []
        for numbers in ends:
            sock = sockets.duplicate(numbers[0])
            self._kind = sock.type
            self._options.append(sockets.options_set(sock))
            sock.close()

    def make(self) -> None:
        """Replace the ends; one that the function has closed is closed again."""
        try:
            made = _socket.socketpair(_socket.AF_UNIX, self._kind | _socket.SOCK_CLOEXEC, 0)
            for sock, options in zip(made, self._options, strict=False):
                for option in options:
                    sock.setsockopt(*option)
            for sock, content in zip(reversed(made), self._contents, strict=False):
                for message in content:
                    if sock.send(message, _socket.MSG_DONTWAIT) != len(message):
                        raise BlockingIOError("what init left does not fit")
        except OSError:
            for names in self._ends:
                names.put_out_of_use()
            raise
        for sock, is_shut in zip(made, self._is_shut, strict=False):
            if is_shut:
                sock.shutdown(_socket.SHUT_RD)
        for sock, names, blocks in zip(made, self._ends, self._blocks, strict=False):
            os.set_blocking(sock.fileno(), blocks)
            names.take(sock.detach())
        for sock in made:
            # Of the end that the function has closed.
            sock.close()


def find(ends: Mapping[int, list[int]], *, may_ask: bool) -> list[tuple[int, ...]]:
    """Return the pairs among unnamed Unix sockets, inodes to numbers, as inodes; a closed end is left out of its pair.

    Where the kernel does not tell, and `may_ask`, a byte is sent for a moment, if no other end could have been given away.
    """
    found: list[tuple[int, ...]] = []
    left = dict(ends)
    for inode, numbers in ends.items():
        if inode not in left:
            continue
        others = {other: of_other for other, of_other in left.items() if other != inode}
        if _is_alone(numbers[0]):
            found.append((inode,))
            del left[inode]
            continue
        peer = _peer_of(inode)
        if peer is None and may_ask:
            peer = _ask(numbers[0], others)
        if peer in others:
            del left[inode], left[peer]
            found.append((inode, peer))
    return found


def describe(ends: list[list[int]]) -> Pair | None:
    """Return a pair; None where it has descriptors or too much on its way, or what cannot be read and written back."""
    contents: list[list[bytes]] = []
    is_shut: list[bool] = []
    for end, numbers in enumerate(ends):
        shut = bool(_state(numbers[0]) & select.POLLRDHUP)
        if descriptions.queued_bytes(numbers[0]) == 0:
            content: list[bytes] | None = []
        elif shut or len(ends) == 1:
            content = None
        else:
            content = _content_of(numbers[0], ends[1 - end][0])
        if content is None:
            return None
        contents.append(content)
        is_shut.append(shut and len(ends) == 2)
    return Pair(ends, contents, is_shut)


def _content_of(number: int, peer: int) -> list[bytes] | None:
    """Return what an end has for its reader, message by message, and have it sent again."""
    reader, writer = sockets.duplicate(number), sockets.duplicate(peer)
    messages: list[bytes] = []
    passed: list[list[tuple[int, int, bytes]]] = []
    size = 0
    try:
        while size <= MAX_QUEUED_BYTES:
            try:
                data, ancillary, _flags, _address = reader.recvmsg(
                    MAX_QUEUED_BYTES,
                    _socket.CMSG_SPACE(4 * _MAX_PASSED),
                    _socket.MSG_DONTWAIT | _socket.MSG_CMSG_CLOEXEC,
                )
            except BlockingIOError:
                break
            size += max(1, len(data))
            messages.append(data)
            passed.append(ancillary)
        for data, ancillary in zip(messages, passed, strict=True):
            writer.sendmsg([data], ancillary, _socket.MSG_DONTWAIT)
    finally:
        reader.close()
        writer.close()
        numbers = [
            number
            for ancillary in passed
            for _level, kind, payload in ancillary
            if kind == _socket.SCM_RIGHTS
            for number in struct.unpack(f"{len(payload) // 4}i", payload)
        ]
        for number in numbers:
            os.close(number)
    return None if numbers or size > MAX_QUEUED_BYTES else messages


def _state(number: int) -> int:
    poll = select.poll()
    poll.register(number, select.POLLRDHUP)
    return sum(events for _, events in poll.poll(0))


def _is_alone(number: int) -> bool:
    """Say whether the other end is closed everywhere."""
    return bool(_state(number) & select.POLLHUP)


def _peer_of(inode: int) -> int | None:
    """Return the inode of the socket that one is connected to, 0 where that is closed; None where the kernel does not tell."""
    request = struct.pack(
        "=IHHIIBBHIIIII",
        40,
        _SOCK_DIAG_BY_FAMILY,
        _NLM_F_REQUEST,
        1,
        0,
        _socket.AF_UNIX,
        0,
        0,
        0xFFFFFFFF,
        inode,
        _UDIAG_SHOW_PEER,
        0xFFFFFFFF,
        0xFFFFFFFF,
    )
    try:
        sock = _socket.socket(_socket.AF_NETLINK, _socket.SOCK_RAW | _socket.SOCK_CLOEXEC, _NETLINK_SOCK_DIAG)
    except OSError:
        return None
    try:
        sock.send(request)
        answer = sock.recv(_ANSWER_BYTES, _socket.MSG_DONTWAIT)
    except OSError:
        return None
    finally:
        sock.close()
    if len(answer) < _HEADER_BYTES or struct.unpack_from("=H", answer, 4)[0] != _SOCK_DIAG_BY_FAMILY:
        return None
    at = _HEADER_BYTES + _MESSAGE_BYTES
    while at + 8 <= len(answer):
        length, kind = struct.unpack_from("=HH", answer, at)
        if kind == _UNIX_DIAG_PEER:
            return int(struct.unpack_from("=I", answer, at + 4)[0])
        at += max(4, (length + 3) & ~3)
    return None


def _ask(number: int, others: Mapping[int, list[int]]) -> int | None:
    """Return which of other sockets a byte arrives at that one sends, and take it back.

    Only where nothing else waits there: what came after it could not be distinguished from it.
    """
    sender = sockets.duplicate(number)
    try:
        # struct ucred: who made the pair.
        maker = struct.unpack("=iII", sender.getsockopt(_socket.SOL_SOCKET, _socket.SO_PEERCRED, 12))[0]
        candidates = {
            inode: numbers[0]
            for inode, numbers in others.items()
            if not descriptions.queued_bytes(numbers[0])
        }
        if maker != os.getpid() or not candidates or descriptions.unread_bytes(number):
            return None
        if sender.send(b"?", _socket.MSG_DONTWAIT) != 1:
            return None
        for inode, candidate in candidates.items():
            if descriptions.queued_bytes(candidate):
                receiver = sockets.duplicate(candidate)
                receiver.recv(1)
                receiver.close()
                return inode
    except OSError:
        return None
    finally:
        sender.close()
    return None

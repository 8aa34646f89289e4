"""Descriptors: pipes, socket pairs and their passage between processes."""

from __future__ import annotations

import _socket
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    pass

# What one control message may carry; a worker gets four at most.
MAX_PASSED = 8
_INT_BYTES = 4


def socket_pair() -> tuple[_socket.socket, _socket.socket]:
    """Return a connected pair of stream sockets, neither inherited over an exec."""
    left, right = _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_STREAM | _socket.SOCK_CLOEXEC, 0)
    return left, right


def receive_with_descriptors(sock: _socket.socket, size: int) -> tuple[bytes, list[int]]:
    """Return up to `size` bytes and the descriptors that came with them, none inheritable."""
    space = _socket.CMSG_SPACE(MAX_PASSED * _INT_BYTES)
    data, ancillary, _flags, _address = sock.recvmsg(size, space, _socket.MSG_CMSG_CLOEXEC)
    descriptors: list[int] = []
    for level, kind, payload in ancillary:
        if level == _socket.SOL_SOCKET and kind == _socket.SCM_RIGHTS:
            descriptors += [
                int.from_bytes(payload[at : at + _INT_BYTES], "little")
                for at in range(0, len(payload) - len(payload) % _INT_BYTES, _INT_BYTES)
            ]
    return data, descriptors


def receive_exactly(sock: _socket.socket, size: int) -> bytes:
    """Return exactly `size` bytes from a blocking socket; raises EOFError when the peer ends first."""
    parts = bytearray(size)
    view = memoryview(parts)
    got = 0
    while got < size:
        count = sock.recv_into(view[got:], size - got, _socket.MSG_WAITALL)
        if not count:
            raise EOFError("the peer closed its end")
        got += count
    return bytes(parts)


def has_data(sock: _socket.socket) -> bool:
    """Say whether a socket could be read from without waiting."""
    try:
        return bool(sock.recv(1, _socket.MSG_PEEK | _socket.MSG_DONTWAIT))
    except BlockingIOError:
        return False


def replace(target: int, source: int) -> None:
    """Make `target` another name of `source`, inherited over an exec."""
    os.dup2(source, target, inheritable=True)

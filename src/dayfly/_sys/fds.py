"""Descriptors: pipes, socket pairs and their passage between processes."""

from __future__ import annotations

import _socket
import errno
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# What one control message may carry; a worker gets four at most.
MAX_PASSED = 8
_INT_BYTES = 4
_BUFFER_BYTES = 262_144
_buffer: memoryview | None = None


def socket_pair() -> tuple[_socket.socket, _socket.socket]:
    """Return a connected pair of stream sockets, neither inherited over an exec."""
    left, right = _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_STREAM | _socket.SOCK_CLOEXEC, 0)
    return left, right


def output_pipe() -> tuple[int, int]:
    """Return a pipe whose read end never blocks and whose write end does."""
    read_end, write_end = os.pipe2(os.O_CLOEXEC)
    os.set_blocking(read_end, False)
    return read_end, write_end


def send_with_descriptors(sock: _socket.socket, data: bytes, descriptors: Iterable[int]) -> None:
    """Send `data` (short: it goes out in one piece) with `descriptors` attached. Raises OSError."""
    packed = b"".join(number.to_bytes(_INT_BYTES, "little") for number in descriptors)
    sent = sock.sendmsg([data], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, packed)])
    if sent < len(data):
        sock.sendall(data[sent:])


def receive(sock: _socket.socket) -> bytes:
    """Return what has come, up to 256 KiB; empty at the end. Raises OSError.

    By a buffer that stays: one made for each call is mapped, touched, cut and unmapped, which takes 20 µs.
    """
    global _buffer
    if _buffer is None:
        _buffer = memoryview(bytearray(_BUFFER_BYTES))
    return bytes(_buffer[: sock.recv_into(_buffer)])


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


def drain(descriptor: int, *, limit: int) -> tuple[bytes, bool]:
    """Return what a non-blocking pipe holds, at most about `limit` bytes, and whether it has ended."""
    parts: list[bytes] = []
    total = 0
    while total < limit:
        try:
            data = os.read(descriptor, 65536)
        except BlockingIOError:
            return b"".join(parts), False
        except OSError:
            return b"".join(parts), True
        if not data:
            return b"".join(parts), True
        parts.append(data)
        total += len(data)
        if len(data) < 4096:
            # A short read emptied the pipe; asking again costs a call and says nothing new.
            break
    return b"".join(parts), False


def write_all(descriptor: int, data: bytes, *, relieve: Callable[[], bool] = lambda: False) -> None:
    """Write everything, waiting where somebody made the shared description non-blocking.

    Where a log is a file, a worker of our user may lower our limit of its size (RLIMIT_FSIZE): `relieve` raises it
    and says whether it could; what cannot be written for a limit that is there for good is dropped.
    """
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(descriptor, view) :]
        except BlockingIOError:
            import select

            select.select([], [descriptor], [], 1.0)
        except OSError as fault:
            if fault.errno != errno.EFBIG:
                raise
            if not relieve():
                return


def replace(target: int, source: int) -> None:
    """Make `target` another name of `source`, inherited over an exec."""
    os.dup2(source, target, inheritable=True)

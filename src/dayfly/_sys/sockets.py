"""Sockets of a process's own in place of those it was forked with, and what the kernel tells of them; see `reopen`."""

from __future__ import annotations

import _socket
import os

from dayfly._sys.reopen import Names

# Where the platform's own range cannot be read; its default.
_EPHEMERAL = (32768, 60999)
# Options of a socket that a sender may have set; those that differ from a new socket's are set again.
_OPTIONS = tuple(
    (getattr(_socket, level), getattr(_socket, name))
    for level, names in (
        (
            "SOL_SOCKET",
            "SO_BROADCAST SO_DONTROUTE SO_KEEPALIVE SO_LINGER SO_MARK SO_PASSCRED SO_PRIORITY SO_RCVTIMEO SO_REUSEADDR SO_REUSEPORT SO_SNDTIMEO",
        ),
        ("IPPROTO_IP", "IP_TOS IP_TTL IP_MULTICAST_TTL IP_MULTICAST_LOOP IP_MULTICAST_IF"),
        (
            "IPPROTO_IPV6",
            "IPV6_V6ONLY IPV6_UNICAST_HOPS IPV6_MULTICAST_HOPS IPV6_MULTICAST_IF IPV6_MULTICAST_LOOP IPV6_TCLASS",
        ),
        ("IPPROTO_TCP", "TCP_NODELAY TCP_KEEPIDLE TCP_KEEPINTVL TCP_KEEPCNT TCP_USER_TIMEOUT TCP_SYNCNT"),
    )
    for name in names.split()
    if hasattr(_socket, level) and hasattr(_socket, name)
)
# The kernel doubles what it is told and tells the double.
_SIZES = (_socket.SO_SNDBUF, _socket.SO_RCVBUF)


class Sender:
    """A socket that has no peer that knows it: datagrams leave by it, or it was never connected."""

    __slots__ = ("_blocks", "_kind", "_local", "_names", "_options", "_peer")

    def __init__(self, number: int, sock: _socket.socket, peer: object, local: object) -> None:
        self._names = Names([number])
        self._kind = sock.family, sock.type, sock.proto
        self._peer = peer
        self._local = local
        self._blocks = os.get_blocking(number)
        self._options = options_set(sock)

    def make(self) -> None:
        """Replace the descriptor by a new socket, of the same options, connected where the old one was."""
        try:
            sock = _socket.socket(*self._kind)
        except OSError:
            self._names.put_out_of_use()
            raise
        # A peer that is gone, an option that only init was allowed: the function finds out when it sends,
        # as it would after a freeze.
        for level, name, value in self._options:
            _try(sock.setsockopt, level, name, value)
        if self._local is not None:
            _try(sock.bind, self._local)
        if self._peer is not None:
            _try(sock.connect, self._peer)
        os.set_blocking(sock.fileno(), self._blocks)
        self._names.take(sock.detach())


class Severed:
    """A connection that workers must not share, whose owner connects again: it becomes one that its peer has closed."""

    __slots__ = ("_names",)

    def __init__(self, number: int) -> None:
        self._names = Names([number])

    def make(self) -> None:
        """Replace the descriptor by a socket at its end."""
        try:
            end, other = _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_STREAM | _socket.SOCK_CLOEXEC, 0)
        except OSError:
            self._names.put_out_of_use()
            raise
        other.close()
        self._names.take(end.detach())


def duplicate(number: int) -> _socket.socket:
    """Return a socket object for another name of a descriptor. Raises OSError where it is no socket."""
    copy = os.dup(number)
    try:
        return _socket.socket(-1, -1, -1, copy)
    except OSError:
        os.close(copy)
        raise


def ephemeral_ports() -> tuple[int, int]:
    """Return the first and the last port the kernel gives out by itself."""
    try:
        with open("/proc/sys/net/ipv4/ip_local_port_range", "rb") as file:
            first, last = file.read().split()
    except (OSError, ValueError):
        return _EPHEMERAL
    return int(first), int(last)


def disconnect(descriptor: int) -> bool:
    """Take a datagram socket's peer from it, and its port where the kernel chose that.

    A port that was asked for stays (`__udp_disconnect`, net/ipv4/udp.c): that tells a receiver from a
    socket that only sent. The standard library cannot name the family this takes.
    """
    # 1.7 ms, and only where a socket without a peer has a port.
    import ctypes

    # struct sockaddr of AF_UNSPEC.
    return bool(ctypes.CDLL(None).connect(descriptor, ctypes.create_string_buffer(16), 16) == 0)


def options_set(sock: _socket.socket) -> list[tuple[int, int, bytes | int]]:
    """Return the options of a socket that differ from a new one's, as setsockopt() takes them."""
    found: list[tuple[int, int, bytes | int]] = []
    plain = _socket.socket(sock.family, sock.type, sock.proto)
    try:
        for level, name in _OPTIONS:
            try:
                value = sock.getsockopt(level, name, 16)
                if value != plain.getsockopt(level, name, 16):
                    found.append((level, name, value))
            except OSError:
                continue
        for name in _SIZES:
            size = sock.getsockopt(_socket.SOL_SOCKET, name)
            if size != plain.getsockopt(_socket.SOL_SOCKET, name):
                found.append((_socket.SOL_SOCKET, name, size // 2))
    finally:
        plain.close()
    return found


def _try(call: object, *arguments: object) -> None:
    try:
        call(*arguments)  # type: ignore[operator]
    except OSError:
        return

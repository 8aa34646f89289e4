"""Gives every worker sockets of its own for those that only send: statsd, X-Ray's daemon, syslog.

A new socket, connected to the same peer, takes the old one's number in each worker, so that objects and
C libraries that hold the number go on. Sockets that were never connected are replaced in the same way.
Whoever receives or listens is named, since only one of many processes could.
"""

from __future__ import annotations

import _socket
import os
import stat

from dayfly._sys import sockets
from dayfly.runtime import heap
from dayfly.runtime import seal as seals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dayfly.runtime.sealing import Sealing

_NOBODY = (None, "", b"")
_INTERNET = (_socket.AF_INET, _socket.AF_INET6)


def kinds() -> tuple[type, ...]:
    """Return the standard handlers that keep a stream open and connect again by themselves."""
    return heap.classes(("logging.handlers", "SocketHandler", "SysLogHandler"))


def seal(found: heap.Found, sealing: Sealing) -> None:
    """Close the streams of log handlers; have every worker make the sockets that are left, or name them."""
    handlers: list[object] = found.of(*kinds())
    for handler in handlers:
        _close_stream(handler)
    for number in sorted(seals.open_descriptors() - sealing.own - sealing.descriptors):
        try:
            if number <= 2 or not stat.S_ISSOCK(os.fstat(number).st_mode):
                continue
            sock = sockets.duplicate(number)
        except OSError:
            continue
        try:
            sender = _seal_socket(number, sock, sealing)
        finally:
            sock.close()
        if sender is not None:
            sealing.descriptors.add(number)
            sealing.private(sender.make)


def _close_stream(handler: object) -> None:
    # SysLogHandler calls it `socket`, SocketHandler `sock`; each makes it anew when it is None.
    for name in ("sock", "socket"):
        sock = getattr(handler, name, None)
        if sock is not None and getattr(sock, "type", None) == _socket.SOCK_STREAM:
            setattr(handler, name, None)
            sock.close()


def _seal_socket(number: int, sock: _socket.socket, sealing: Sealing) -> sockets.Sender | None:
    """Return how a worker makes the socket; None where that cannot be, named here or by whoever looks later."""
    if sock.type == _socket.SOCK_STREAM:
        if sock.getsockopt(_socket.SOL_SOCKET, _socket.SO_ACCEPTCONN):
            sealing.descriptors.add(number)
            sealing.refuse(
                f"a socket that listens on {_tell(sock.getsockname())} since init would be shared by workers: "
                "listen in the handler"
            )
            return None
        if _peer_of(sock) is None and _is_unbound(sock):
            return sockets.Sender(number, sock, None, None)
        return None
    if sock.type == _socket.SOCK_DGRAM and sock.family in _INTERNET:
        return _seal_internet(number, sock, sealing)
    if sock.type == _socket.SOCK_DGRAM and sock.family == _socket.AF_UNIX:
        if sock.getsockname() not in _NOBODY:
            _refuse_receiver(number, sock, sealing)
            return None
        peer = _peer_of(sock)
        # A pair's other end has no name; a relative one depends on where its owner was.
        if peer is None or (peer not in _NOBODY and peer[:1] in ("/", b"\0")):  # type: ignore[index]
            return sockets.Sender(number, sock, peer, None)
        return None
    if sock.family == getattr(_socket, "AF_NETLINK", None) and sock.getsockname()[1] == 0:
        return sockets.Sender(number, sock, None, None)
    return None


def _seal_internet(number: int, sock: _socket.socket, sealing: Sealing) -> sockets.Sender | None:
    peer = _peer_of(sock)
    host, port, *_rest = sock.getsockname()
    local = None
    if port:
        first, last = sockets.ephemeral_ports()
        is_chosen_by_kernel = first <= port <= last
        if is_chosen_by_kernel and peer is None:
            # It sent, and got its port by that, or it was bound to this very port.
            is_chosen_by_kernel = sockets.disconnect(number) and sock.getsockname()[1] == 0
            host = sock.getsockname()[0]
            if is_chosen_by_kernel and host not in ("0.0.0.0", "::"):
                local = (host, 0)
        if not is_chosen_by_kernel:
            _refuse_receiver(number, sock, sealing)
            return None
    return sockets.Sender(number, sock, peer, local)


def _refuse_receiver(number: int, sock: _socket.socket, sealing: Sealing) -> None:
    sealing.descriptors.add(number)
    sealing.refuse(
        f"a socket bound at init to receive on {_tell(sock.getsockname())} would be shared by workers: "
        "bind it in the handler"
    )


def _peer_of(sock: _socket.socket) -> object:
    try:
        peer: object = sock.getpeername()
    except OSError:
        return None
    return peer


def _is_unbound(sock: _socket.socket) -> bool:
    name: object = sock.getsockname()
    if sock.family in _INTERNET:
        return isinstance(name, tuple) and name[1] == 0
    return sock.family == _socket.AF_UNIX and name in _NOBODY


def _tell(name: object) -> str:
    if isinstance(name, tuple) and len(name) > 1:
        return f"{name[0]}:{name[1]}"
    return name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)

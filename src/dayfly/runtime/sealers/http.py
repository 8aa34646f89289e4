"""Closes idle HTTP connections that init left open, so that each worker makes its own at first use.

`http.client` and what is built on it (urllib3, requests, botocore, xmlrpc), and httpcore's and httpcore2's
synchronous pools (httpx, httpx2). A connection object stays where it is and connects again by itself; its pool, its session
and its client notice nothing. Asynchronous pools live on an event loop: see `loops`.
"""

from __future__ import annotations

import sys

from dayfly.runtime import heap

TYPE_CHECKING = False
if TYPE_CHECKING:
    import http.client
    import socket
    from types import ModuleType
    from typing import Any

    from dayfly.runtime.sealing import Sealing

_READ_IT = "read the response completely or close it"
_IDLE = "Idle"
# httpx and, since 2026, httpx2, which the SDKs of OpenAI and Anthropic use, are built on one each.
HTTPCORES = ("httpcore", "httpcore2")


def kinds() -> tuple[type, ...]:
    """Return the classes of connections, responses and synchronous pools of the loaded libraries."""
    return (*heap.classes(("http.client", "HTTPConnection", "HTTPResponse")), *_pool_classes())


def seal(found: heap.Found, sealing: Sealing) -> None:
    """Close what is idle; name what is in the middle of a response, or would not connect again."""
    if client := sys.modules.get("http.client"):
        _seal_http_client(client, found, sealing)
    pools: list[object] = found.of(*_pool_classes())
    for item in pools:
        _seal_pool(item, sealing)


def _pool_classes() -> tuple[type, ...]:
    return heap.classes(*((name, "ConnectionPool") for name in HTTPCORES))


def _seal_http_client(client: ModuleType, found: heap.Found, sealing: Sealing) -> None:
    connections: list[http.client.HTTPConnection] = found.of(client.HTTPConnection)
    names = {
        id(response): f"{connection.host}:{connection.port}"
        for connection in connections
        if (response := _response_of(connection)) is not None
    }
    unread: set[int] = set()
    responses: list[http.client.HTTPResponse] = found.of(client.HTTPResponse)
    for response in responses:
        sock = _socket_of(response)
        if sock is None:
            continue
        if response.length == 0 and not getattr(response, "chunked", False):
            # Nothing is left to read; http.client closes such a response when it is asked for no bytes.
            response.close()
            continue
        unread.add(id(response))
        _refuse(
            sealing,
            sock,
            f"a response of {names.get(id(response)) or tell_peer(sock)} was left unread",
            _READ_IT,
        )
    for connection in connections:
        opened = connection.sock
        if opened is None:
            continue
        where = f"{connection.host}:{connection.port}"
        if id(_response_of(connection)) in unread:
            continue
        if _state_of(connection) != _IDLE:
            _refuse(sealing, opened, f"a request to {where} is in progress", "finish it at init")
        elif not _connects_again(client, connection, opened):
            _refuse(
                sealing,
                opened,
                f"the connection to {where} was set up manually and cannot reconnect",
                "open it in the handler",
            )
        else:
            connection.close()


def _connects_again(client: ModuleType, connection: http.client.HTTPConnection, sock: socket.socket) -> bool:
    kind = type(connection)
    if any("urllib3" in base.__module__.split(".") for base in kind.__mro__):
        # Its pools replace a closed connection that will not open itself (behind a proxy, before 2.0).
        return True
    if not connection.auto_open:
        return False
    if kind.connect is client.HTTPConnection.connect:
        # Somebody may have put a Unix or a TLS socket there, which connect() would not make.
        sockets = sys.modules["socket"]
        return type(sock) is sockets.socket and sock.family in (sockets.AF_INET, sockets.AF_INET6)
    return True


def _response_of(connection: http.client.HTTPConnection) -> object:
    return getattr(connection, "_HTTPConnection__response", None)


def _state_of(connection: http.client.HTTPConnection) -> object:
    return getattr(connection, "_HTTPConnection__state", None)


def _socket_of(response: http.client.HTTPResponse) -> socket.socket | None:
    """Return the open socket that a response still reads from."""
    sock = getattr(getattr(getattr(response, "fp", None), "raw", None), "_sock", None)
    if sock is None or sock.fileno() < 0:
        return None
    return sock  # type: ignore[no-any-return]


def _refuse(sealing: Sealing, sock: socket.socket, what: str, fix: str) -> None:
    # Named once: what looks at descriptors later has nothing to add.
    sealing.descriptors.add(sock.fileno())
    sealing.refuse(f"{what} at init and would be shared by workers: {fix}")


def _seal_pool(pool: object, sealing: Sealing) -> None:
    connections = connections_of(pool)
    for connection in list(connections):
        if connection.is_closed():
            connections.remove(connection)
        elif connection.is_idle():
            connections.remove(connection)
            connection.close()
        else:
            sealing.refuse(
                f"a response of {origin_of(connection)} was left unread at init and would be shared by workers: "
                f"{_READ_IT}"
            )


def tell_peer(sock: object) -> str:
    """Return whom a socket is connected to."""
    try:
        peer = sock.getpeername()  # type: ignore[attr-defined]
    except OSError:
        return "a server"
    return f"{peer[0]}:{peer[1]}" if isinstance(peer, tuple) else str(peer) or "a server"


def connections_of(pool: object) -> list[Any]:
    """Return httpcore's own list of a pool's connections."""
    # `_pool` before httpcore 0.18.
    named = getattr(pool, "_connections", None)
    connections = getattr(pool, "_pool", None) if named is None else named
    return connections if isinstance(connections, list) else []


def origin_of(connection: object) -> str:
    """Return host and port of an httpcore connection."""
    origin = getattr(connection, "_origin", None) or getattr(connection, "_remote_origin", None)
    host = getattr(origin, "host", b"")
    port = getattr(origin, "port", None)
    if not isinstance(host, bytes) or not host:
        return "a server"
    name = host.decode("ascii", "replace")
    return f"{name}:{port}" if port else name

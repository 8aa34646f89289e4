"""Closes idle connections of asyncio clients that init used: aiohttp, httpx, httpx2, redis.

A transport is dropped without running its loop: the socket is closed at once, and the protocol hears of
it when the loop runs next, in the worker. Before that its pool has forgotten it.
"""

from __future__ import annotations

from dayfly.runtime import heap
from dayfly.runtime.sealers import pairs
from dayfly.runtime.sealers.http import HTTPCORES, connections_of, origin_of, tell_peer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dayfly.runtime.sealing import Sealing

_POOLS = (
    ("aiohttp.connector", "BaseConnector"),
    ("redis.asyncio.connection", "ConnectionPool"),
    ("valkey.asyncio.connection", "ConnectionPool"),
    *((name, "AsyncConnectionPool") for name in HTTPCORES),
)
_TRANSPORT = ("asyncio.selector_events", "_SelectorTransport")
# Wrappers within wrappers: a tunnel's connection within a proxy's, TLS within TLS.
_DEPTH = 8


def kinds() -> tuple[type, ...]:
    """Return the classes of asynchronous pools that init loaded, and of asyncio's transports."""
    return heap.classes(*_POOLS, _TRANSPORT)


def seal(found: heap.Found, sealing: Sealing) -> None:
    """Close idle connections and make their pools forget them; name every transport that is left open."""
    for module, name in _POOLS:
        for pool in found.named(module, name):
            _SEALS[module.partition(".")[0]](pool, sealing)
    for transport in found.named(*_TRANSPORT):
        sock = getattr(transport, "_sock", None)
        if sock is None or sock.fileno() < 0 or sock.fileno() in sealing.descriptors:
            continue
        if _is_closing(transport):
            drop(transport)
            continue
        if pairs.is_end(sock.fileno()):
            continue
        sealing.descriptors.add(sock.fileno())
        sealing.refuse(
            f"an asyncio connection to {tell_peer(sock)} opened at init would be shared by workers: "
            "open it in the handler"
        )


def drop(transport: object) -> bool:
    """Close an asyncio transport's socket now; False where it is none of asyncio's own and stays open."""
    below = transport
    for _ in range(_DEPTH):
        protocol = getattr(below, "_ssl_protocol", None)
        if protocol is None:
            break
        below = getattr(protocol, "_transport", None)
    if not isinstance(below, heap.classes(_TRANSPORT)):
        return below is None
    try:
        transport.abort()  # type: ignore[attr-defined]
    except RuntimeError:
        # The loop is closed (asyncio.run() made it), or in debug mode and another thread's: the protocol
        # never hears of it, as it never would have.
        pass
    sock = getattr(below, "_sock", None)
    if sock is not None:
        sock.close()
    return True


def _is_closing(transport: object) -> bool:
    """Say whether the function closed a transport whose loop has not got round to it; TLS waits for its peer."""
    if getattr(transport, "_closing", False) and not getattr(transport, "_buffer", None):
        return True
    protocol = getattr(transport, "_protocol", None)
    if not isinstance(protocol, heap.classes(("asyncio.sslproto", "SSLProtocol"))):
        return False
    return bool(getattr(getattr(protocol, "_app_transport", None), "_closed", False))


def _seal_aiohttp(connector: object, sealing: Sealing) -> None:
    pools = getattr(connector, "_conns", None)
    if not isinstance(pools, dict):
        return
    for key, connections in list(pools.items()):
        for entry in list(connections):
            if drop(getattr(entry[0], "transport", None)):
                connections.remove(entry)
        if not connections:
            del pools[key]
    closing = getattr(connector, "_cleanup_closed_transports", None)
    if isinstance(closing, list):
        closing[:] = [transport for transport in closing if transport is not None and not drop(transport)]
    for protocol in getattr(connector, "_acquired", None) or ():
        transport = getattr(protocol, "transport", None)
        if transport is not None:
            _refuse_unread(sealing, transport.get_extra_info("socket"), "")


def _seal_httpcore(pool: object, sealing: Sealing) -> None:
    connections = connections_of(pool)
    for connection in list(connections):
        if connection.is_closed() or (connection.is_idle() and _drop_stream(connection)):
            connections.remove(connection)
        elif not connection.is_idle():
            _refuse_unread(sealing, _socket_of(connection), origin_of(connection))


def _seal_redis(pool: object, sealing: Sealing) -> None:
    idle: Iterable[object] = getattr(pool, "_available_connections", None) or ()
    for connection in idle:
        writer = getattr(connection, "_writer", None)
        if writer is None or not drop(getattr(writer, "transport", None)):
            continue
        parser = getattr(connection, "_parser", None)
        if parser is not None:
            parser.on_disconnect()
        # What its own disconnect() leaves behind; it connects again when it is used.
        connection._reader = connection._writer = None  # type: ignore[attr-defined]


def _refuse_unread(sealing: Sealing, sock: object, where: str) -> None:
    if sock is not None and (number := sock.fileno()) >= 0:  # type: ignore[attr-defined]
        sealing.descriptors.add(number)
        where = where or tell_peer(sock)
    sealing.refuse(
        f"a response of {where or 'a server'} was left unread at init and would be shared by workers: read "
        "it completely or close it"
    )


def _drop_stream(connection: object) -> bool:
    stream = _stream_of(connection)
    transport = getattr(stream, "_transport", None)
    if transport is not None:
        return drop(transport)
    # trio's loop ends with trio.run(): no task waits for the socket any more.
    sock = getattr(getattr(stream, "socket", None), "_sock", None)
    if sock is None:
        return False
    sock.close()
    return True


def _socket_of(connection: object) -> object:
    stream = _stream_of(connection)
    transport = getattr(stream, "_transport", None)
    if transport is not None:
        return transport.get_extra_info("socket")
    return getattr(getattr(stream, "socket", None), "_sock", None)


def _stream_of(connection: object) -> object:
    """Return anyio's or trio's stream under an httpcore connection."""
    below = _innermost(connection, "_connection")
    return _innermost(getattr(getattr(below, "_network_stream", None), "_stream", None), "transport_stream")


def _innermost(owner: object, name: str) -> object:
    """Follow an attribute, a wrapper's, to what has none."""
    for _ in range(_DEPTH):
        inner = getattr(owner, name, None)
        if inner is None:
            break
        owner = inner
    return owner


_SEALS: dict[str, Callable[[object, Sealing], None]] = {
    "aiohttp": _seal_aiohttp,
    "redis": _seal_redis,
    "valkey": _seal_redis,
    **dict.fromkeys(HTTPCORES, _seal_httpcore),
}

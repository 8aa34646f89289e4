"""Cuts every worker off from the connections of init's Kafka producers, which then connect again.

The threads of librdkafka are copied into each worker. They find their connections closed, as after a freeze, and make
others. What the zygote's threads open later, because a broker closed or came, is cut off in the same way.
"""

from __future__ import annotations

import _socket
import functools
import os
import stat
import sys
import time

from dayfly._sys import descriptions, reopen, sockets
from dayfly._sys.librdkafka import Client, Look
from dayfly.runtime import heap
from dayfly.runtime import seal as seals
from dayfly.runtime.sealers.executors import PATIENCE_S

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dayfly.runtime.heap import Found
    from dayfly.runtime.sealing import Sealing

# Levels of syslog, as librdkafka has them; the default is 6, at which it logs that a connection was closed.
_NOTICE, _INFO = 5, "6"
_NOWHERE = -1
_INTERNET = (_socket.AF_INET, _socket.AF_INET6)


def seal(_found: Found, sealing: Sealing) -> None:
    """Take the producers' connections out of workers; refuse what two workers must not both be."""
    if sealing.thread_policy != "auto":
        # Without its threads a client is of no use.
        return
    module = sys.modules["confluent_kafka.cimpl"]
    # By its class, since all objects are looked at.
    kind_of: dict[type, str] = dict.fromkeys(_with_subclasses(_socket.socket), "socket")
    for name in ("Producer", "_AdminClientImpl", "Consumer", "ShareConsumer"):
        kind_of |= dict.fromkeys(_with_subclasses(getattr(module, name, None)), name)
    ports: set[int] = set()
    of_python: set[int] = set()
    item: Any
    for item in heap.everything():
        kind = kind_of.get(type(item))
        if kind == "socket":
            of_python.add(item.fileno())
        if kind is None or kind == "socket" or (client := _client_of(item)) is None:
            continue
        look = _settled(client)
        if reason := _reason_against(kind, client, look):
            sealing.refuse(reason)
            return
        ports |= look.ports
        if look.connects:
            ports.add(_NOWHERE)
        if client.setting("log_level") == _INFO:
            # Each worker's would say so at once.
            sealing.private(functools.partial(client.log, _NOTICE))
        if kind == "Producer":
            sealing.before_answer("messages to Kafka", is_pending=item.__len__, send=item.flush)
    if not ports:
        return
    opened = seals.open_descriptors() - sealing.own - sealing.descriptors - of_python
    cut = _Cut({number for number in opened if _port_of(number) in ports})
    sealing.descriptors |= cut.connections
    sealing.before_fork(cut.remember)
    sealing.private(cut.make, is_vital=True)


def _with_subclasses(kind: object) -> list[type]:
    found = [kind] if isinstance(kind, type) else []
    for one in found:
        found += type.__subclasses__(one)
    return found


def _client_of(item: object) -> Client | None:
    try:
        return Client(item)
    except OSError:
        return None


def _reason_against(kind: str, client: Client, look: Look) -> str:
    if "Consumer" in kind:
        return f"a {kind} of Kafka made at init is one member of its group in all workers: create it in the handler"
    if client.setting("transactional.id") or client.setting("enable.idempotence") != "false":
        return (
            "an idempotent or transactional producer of Kafka made at init has an identity and sequence numbers, under which a "
            "broker takes the messages of one worker for those of another: create it in the handler, or without enable.idempotence"
        )
    if look.has_messages or (kind != "Producer" and look.has_requests):
        return (
            f"a {kind} of Kafka made at init still had messages or requests on their way, which every worker would send: "
            "call flush() at init"
        )
    return ""


def _settled(client: Client) -> Look:
    """Return what the client has once nothing is on its way, or in the end."""
    until = time.monotonic() + PATIENCE_S
    while True:
        look = client.look()
        if time.monotonic() > until or not (look.connects or look.has_messages or look.has_requests):
            return look
        time.sleep(0.001)


def _internet_socket(number: int) -> _socket.socket | None:
    """Return an object for a socket over the internet's protocols that does not listen; None for all else."""
    try:
        if not stat.S_ISSOCK(os.fstat(number).st_mode):
            return None
        sock = sockets.duplicate(number)
    except OSError:
        return None
    if sock.family in _INTERNET and not sock.getsockopt(_socket.SOL_SOCKET, _socket.SO_ACCEPTCONN):
        return sock
    sock.close()
    return None


def _port_of(number: int) -> int:
    """Return the port that a stream leads to, _NOWHERE where it is not connected, 0 for all else."""
    sock = _internet_socket(number)
    if sock is None:
        return 0
    try:
        return int(sock.getpeername()[1]) if sock.type == _socket.SOCK_STREAM else 0
    except OSError:
        return _NOWHERE
    finally:
        sock.close()


class _Cut:
    """What a worker is cut off from: connections and pipes of librdkafka's that were not there before the first fork."""

    __slots__ = ("_known", "connections")

    def __init__(self, connections: set[int]) -> None:
        self.connections = connections
        self._known: set[tuple[int, object]] = set()

    def remember(self) -> None:
        """In the zygote, before a fork: know what all sealers have left; in the first one alone."""
        if not self._known:
            self._known = {
                (number, reopen.identify(number)) for number in seals.open_descriptors() - self.connections
            }

    def make(self) -> None:
        """In a worker: close the connections, and make the pipes anew both ends of which are here."""
        pipes: dict[object, list[int]] = {}
        for number in sorted(seals.open_descriptors()):
            identity = reopen.identify(number)
            if (number, identity) in self._known:
                continue
            sock = _internet_socket(number)
            if sock is not None:
                # Also one of the resolver's.
                sock.close()
                sockets.Severed(number).make()
            elif stat.S_ISFIFO(os.fstat(number).st_mode):
                pipes.setdefault(identity, []).append(number)
        for numbers in pipes.values():
            ends: dict[int, list[int]] = {os.O_RDONLY: [], os.O_WRONLY: []}
            for number in numbers:
                ends[reopen.flags_of(number) & os.O_ACCMODE].append(number)
            if all(ends.values()):
                descriptions.Pipe(ends[os.O_RDONLY], ends[os.O_WRONLY], b"").make()

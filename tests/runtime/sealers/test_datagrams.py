"""Sockets that only send: each worker has its own under the old number; receivers are named."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.runtime.sealers.serving import run

PEERS = """
import os, socket, logging.handlers
PEER = os.environ["PEER"]
TO = PEER if PEER.startswith("/") else ("127.0.0.1", int(PEER))
"""


@contextmanager
def sink(family: int, name: object) -> Iterator[socket.socket]:
    """A peer that takes datagrams; none is lost, since the kernel keeps them until they are read."""
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.bind(name)  # type: ignore[arg-type]
        sock.setblocking(False)
        yield sock


def received(sock: socket.socket) -> list[tuple[str, object]]:
    """Everything that has arrived, with its sender."""
    got: list[tuple[str, object]] = []
    while True:
        try:
            data, sender = sock.recvfrom(4096)
        except BlockingIOError:
            return got
        got.append((data.decode(), sender))


SENDERS = {
    "unconnected, as X-Ray's emitter": (
        "sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); sock.setblocking(0)",
        "sock.sendto(text, TO)",
    ),
    "unconnected, used at init": (
        "sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); sock.sendto(b'init', TO)",
        "sock.sendto(text, TO)",
    ),
    "connected, as statsd's": (
        "sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); sock.settimeout(1); sock.connect(TO)",
        "sock.send(text)",
    ),
    "bound to an address alone": (
        "sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); sock.bind(('127.0.0.1', 0))",
        "sock.sendto(text, TO)",
    ),
    "logging's": (
        "handler_ = logging.handlers.DatagramHandler(*TO); handler_.send(b'init'); sock = handler_.sock",
        "handler_.send(text)",
    ),
    "under two names": (
        "first = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); first.connect(TO); sock = first.dup()",
        "sock.send(text)",
    ),
}


@pytest.mark.parametrize("case", SENDERS)
def test_every_worker_sends_by_a_socket_of_its_own(case: str) -> None:
    init, send = SENDERS[case]
    with sink(socket.AF_INET, ("127.0.0.1", 0)) as peer:
        seen = run(
            PEERS
            + f"""
WORKERS = 100
{init}
was = sock.gettimeout(), os.fstat(sock.fileno()).st_ino, sock.fileno()
def handler(number):
    text = b"%d" % number
    {send}
    return [sock.gettimeout() == was[0], os.fstat(sock.fileno()).st_ino != was[1], sock.fileno() == was[2]]
""",
            environment={"PEER": str(peer.getsockname()[1])},
        )
        got = [(text, sender) for text, sender in received(peer) if text != "init"]
    assert seen.reasons == seen.faults == []
    assert seen.answers == [[True, True, True]] * 100
    assert [text for text, _sender in got] == [str(number) for number in range(100)]


def test_what_is_sent_to_one_worker_reaches_no_other() -> None:
    with sink(socket.AF_INET, ("127.0.0.1", 0)) as peer:
        seen = run(
            PEERS
            + """
import select
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.sendto(b"init", TO)
def handler(number):
    waiting = bool(select.select([sock], [], [], 0)[0])
    sock.sendto(b"x", TO)
    # Left unread, as an answer that came too late would be.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.sendto(b"for customer %d" % number, ("127.0.0.1", sock.getsockname()[1]))
    return [waiting, bool(select.select([sock], [], [], 60)[0])]
""",
            environment={"PEER": str(peer.getsockname()[1])},
        )
    assert seen.answers == [[False, True]] * 3


def test_unix_datagrams_reach_a_path_from_every_worker(tmp_path: Path) -> None:
    path = str(tmp_path / "log")
    with sink(socket.AF_UNIX, path) as peer:
        seen = run(
            PEERS
            + """
log = logging.handlers.SysLogHandler(address=PEER)
def handler(number):
    log.emit(logging.makeLogRecord({"msg": "worker %d" % number}))
    return os.fstat(log.socket.fileno()).st_ino
""",
            environment={"PEER": path},
        )
        got = [text for text, _sender in received(peer)]
    assert seen.reasons == []
    assert len(set(seen.answers)) == 3
    assert ["worker" in text for text in got] == [True, True, True]


@pytest.mark.parametrize("family", ["AF_INET", "AF_UNIX"])
def test_a_log_stream_is_closed_and_connected_anew_by_each_worker(family: str, tmp_path: Path) -> None:
    path = str(tmp_path / "log")
    server = socket.socket(getattr(socket, family), socket.SOCK_STREAM)
    with server:
        server.bind(("127.0.0.1", 0) if family == "AF_INET" else path)
        server.listen(16)
        name = server.getsockname()
        seen = run(
            PEERS
            + """
kind = {} if PEER.startswith("/") else {"socktype": socket.SOCK_STREAM}
log = logging.handlers.SysLogHandler(address=TO, **kind)
log.emit(logging.makeLogRecord({"msg": "init"}))
def handler(number):
    log.emit(logging.makeLogRecord({"msg": "worker %d" % number}))
""",
            environment={"PEER": path if family == "AF_UNIX" else str(name[1])},
        )
        assert seen.reasons == []
        server.settimeout(60)
        texts = []
        for _ in range(4):
            connection, _address = server.accept()
            with connection:
                texts.append(connection.recv(4096, socket.MSG_WAITALL))
    assert [text.split(b">")[1].rstrip(b"\0") for text in texts] == [
        b"init",
        b"worker 0",
        b"worker 1",
        b"worker 2",
    ]


def test_options_that_init_set_are_set_again() -> None:
    seen = run(
        """
import os, socket
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 7)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 40000)
os.set_inheritable(sock.fileno(), True)
names = (socket.SOL_SOCKET, socket.SO_BROADCAST), (socket.IPPROTO_IP, socket.IP_MULTICAST_TTL), (socket.SOL_SOCKET, socket.SO_SNDBUF)
was = [sock.getsockopt(*name) for name in names]
def handler(number):
    return [[sock.getsockopt(*name) for name in names] == was, os.get_inheritable(sock.fileno())]
"""
    )
    assert seen.answers == [[True, True]] * 3


def test_a_stream_that_was_never_connected_connects_in_every_worker() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        seen = run(
            PEERS
            + """
sock = socket.socket()
sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
def handler(number):
    sock.connect(TO)
    return sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
""",
            environment={"PEER": str(server.getsockname()[1])},
        )
    assert seen.reasons == []
    assert seen.answers == [True] * 3


CULPRITS = {
    "a receiver": ("sock.bind(('127.0.0.1', 0)); port = sock.getsockname()[1]; sock.close(); sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); sock.bind(('127.0.0.1', port))", "to receive on 127.0.0.1:"),
    "a low port": ("sock.bind(('127.0.0.1', 8125))", "to receive on 127.0.0.1:8125"),
    "a listener": ("sock = socket.create_server(('127.0.0.1', 0))", "a socket that listens on 127.0.0.1:"),
    "a Unix receiver": (
        "sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); sock.bind(os.environ['FILE'])",
        "to receive on /",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CULPRITS)
def test_receivers_and_listeners_are_named(case: str, tmp_path: Path) -> None:
    init, text = CULPRITS[case]
    seen = run(
        f"""
import os, socket
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
{init}
def handler(number):
    return "served"
""",
        environment={"FILE": str(tmp_path / "socket")},
    )
    assert text in "\n".join(seen.reasons)
    assert "handler" in "\n".join(seen.reasons)
    assert seen.answers == ["served"]


def test_a_peer_that_is_not_there_harms_no_one() -> None:
    seen = run(
        """
import socket
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
    taken.bind(("127.0.0.1", 0))
    nobody = taken.getsockname()
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.connect(nobody)
def handler(number):
    sock.send(b"lost")
    return True
"""
    )
    assert seen.reasons == []
    assert seen.answers == [True] * 3


def test_a_sender_of_a_function_that_is_not_forked_goes_on() -> None:
    with sink(socket.AF_INET, ("127.0.0.1", 0)) as peer:
        seen = run(
            PEERS
            + """
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.connect(TO)
listener = socket.create_server(("127.0.0.1", 0))
def handler(number):
    sock.send(b"sent")
""",
            environment={"PEER": str(peer.getsockname()[1])},
        )
        assert [text for text, _sender in received(peer)] == ["sent"]
    assert len(seen.reasons) == 1

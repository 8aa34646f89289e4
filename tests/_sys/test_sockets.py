"""The kernel's table of connections, by both ways, with real sockets of this process."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest

from dayfly._sys import sockets
from dayfly._sys.sockets import Connection, SocketTable

LOOPBACK = bytes((127, 0, 0, 1))
# From a kernel's own /proc/net/tcp and tcp6, shortened; numbers as on a little-endian machine.
TABLE = b"""  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0164FEA9:2329 00000000:0000 0A 00000000:00000000 00:00000000 00000000   990        0 1 1 0 100 0 0 10 0
   1: 0264FEA9:B2C4 0164FEA9:2329 01 00000000:00000007 00:00000000 00000000   993        0 77 1 0 20 4 30 10 -1
   2: 0264FEA9:2330 0164FEA9:0050 01 00000000:00002329 00:00002329 00000000   993        0 78 1 0 20 4 30 10 -1
"""
TABLE_6 = b"""  sl  local_address                         remote_address                        st tx_queue rx_queue
   0: 0000000000000000FFFF00000264FEA9:B2C6 0000000000000000FFFF00000164FEA9:2329 08 00000000:00000001 00:00000000 00000000   993        0 79 1 0
"""


@pytest.fixture(params=["netlink", "proc"])
def table(request: pytest.FixtureRequest) -> Iterator[SocketTable]:
    made = SocketTable()
    made.way = request.param
    yield made
    assert made.way == request.param, "the way under test was refused"
    made.close()


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


def port_of(server: socket.socket) -> int:
    port = server.getsockname()[1]
    assert isinstance(port, int)
    return port


def rows(table: SocketTable, port: int) -> list[Connection]:
    found = table.connections(port)
    assert found is not None
    return found


def test_both_ends_of_a_connection_and_its_listener_are_seen(
    table: SocketTable, server: socket.socket
) -> None:
    port = port_of(server)
    with socket.create_connection(("127.0.0.1", port)) as client:
        found = rows(table, port)
        ours = [row for row in found if row.inode == os.fstat(client.fileno()).st_ino]
        assert [(row.local, row.remote, row.state, row.uid) for row in ours] == [
            ((LOOPBACK, client.getsockname()[1]), (LOOPBACK, port), sockets.ESTABLISHED, os.getuid())
        ]
        assert {row.state for row in found if row.local == (LOOPBACK, port)} == {
            sockets.LISTEN,
            sockets.ESTABLISHED,
        }


def test_a_connection_by_an_ipv6_socket_reads_like_any_other(
    table: SocketTable, server: socket.socket
) -> None:
    port = port_of(server)
    with socket.socket(socket.AF_INET6) as client:
        try:
            client.connect(("::ffff:127.0.0.1", port))
        except OSError:
            pytest.skip("no IPv6 here")
        inode = os.fstat(client.fileno()).st_ino
        assert [row.remote for row in rows(table, port) if row.inode == inode] == [(LOOPBACK, port)]


def test_connections_to_other_ports_are_not_among_them(table: SocketTable, server: socket.socket) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as other,
        socket.create_connection(("127.0.0.1", port_of(other))) as client,
    ):
        inode = os.fstat(client.fileno()).st_ino
        assert inode in {row.inode for row in rows(table, port_of(other))}
        assert inode not in {row.inode for row in rows(table, port_of(server))}


def test_what_a_closed_client_sent_and_nobody_read_is_half_closed(
    table: SocketTable, server: socket.socket
) -> None:
    port = port_of(server)
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"unread")
        end = client.getsockname()[1]
    found = {row.local[1]: row for row in rows(table, port) if end in (row.local[1], row.remote[1])}
    assert found[port].state == sockets.CLOSE_WAIT
    assert found[port].unread >= len("unread")
    assert found[end].inode == 0


def test_many_connections_are_all_seen(table: SocketTable, server: socket.socket) -> None:
    port = port_of(server)
    server.listen(300)
    with ExitStack() as stack:
        made = {
            os.fstat(stack.enter_context(socket.create_connection(("127.0.0.1", port))).fileno()).st_ino
            for _ in range(300)
        }
        assert made <= {row.inode for row in rows(table, port)}


def test_a_table_of_the_kernel_is_read_as_it_is_written() -> None:
    if os.uname().machine not in ("x86_64", "aarch64"):
        pytest.skip("the table is a little-endian machine's")
    found = sockets.parse(TABLE, 9001) + sockets.parse(TABLE_6, 9001)
    assert [(row.local, row.remote, row.state, row.unread, row.uid, row.inode) for row in found] == [
        ((bytes((169, 254, 100, 1)), 9001), (bytes(4), 0), 10, 0, 990, 1),
        ((bytes((169, 254, 100, 2)), 45764), (bytes((169, 254, 100, 1)), 9001), 1, 7, 993, 77),
        ((bytes((169, 254, 100, 2)), 45766), (bytes((169, 254, 100, 1)), 9001), 8, 1, 993, 79),
    ]


def test_half_a_table_gives_the_whole_rows() -> None:
    for length in range(len(TABLE)):
        assert len(sockets.parse(TABLE[:length], 9001)) <= 2


def test_where_neither_way_works_there_is_no_table() -> None:
    table = SocketTable()
    table.way = ""
    assert table.connections(1) is None


def test_connections_that_were_begun_are_counted_whatever_became_of_them(server: socket.socket) -> None:
    table = SocketTable()
    before = table.count_begun()
    assert before >= 0
    for _ in range(20):
        socket.create_connection(server.getsockname()).close()
    with socket.socket(socket.AF_INET6) as refused, suppress(OSError):
        refused.connect(("::1", 1))
    assert table.count_begun() >= before + 20


def test_where_the_kernel_does_not_count_connections_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for text in (b"", b"Ip: a\nIp: 1\n", b"Ip: a\nTcp: b ActiveOpens", b"x\nTcp: ActiveOpens\nTcp: many\n"):
        monkeypatch.setattr(os, "pread", lambda *_, text=text: text)
        assert SocketTable().count_begun() == -1


def test_who_holds_a_socket_is_seen_by_his_descriptors(server: socket.socket) -> None:
    inode = os.fstat(server.fileno()).st_ino
    with subprocess.Popen(["/bin/sleep", "60"], pass_fds=[server.fileno()]) as child:
        try:
            end = time.monotonic() + 60
            while sockets.holds(child.pid, {inode}) != {inode}:
                assert time.monotonic() < end
            assert sockets.holds(child.pid, {1}) == set()
        finally:
            child.kill()
    assert sockets.holds(child.pid, {inode}) == set()

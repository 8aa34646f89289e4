"""Whose connection it is that leads to the Runtime API: real processes and sockets, an invented sweeper."""

from __future__ import annotations

import os
import select
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from dayfly._sys import sockets
from dayfly.supervisor.apiwatch import ApiWatch, memory_of
from dayfly.supervisor.sweep import Sweeper
from dayfly.supervisor.upstream import Upstream
from dayfly.testing.runtime_api import NEXT, FakeRuntimeApi

# A process of somebody's: connects where it is told to, says so, and stays until its input ends.
CONNECT = """
import socket, sys
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
made = socket.socket(family)
if sys.argv[3:]: made.bind((sys.argv[3], int(sys.argv[4])))
made.connect((sys.argv[1], int(sys.argv[2])))
print("up", flush=True)
sys.stdin.read()
"""


class Known(Sweeper):
    """Knows whose processes are whose because the test says so."""

    def __init__(self, foreign: list[int], bystanders: list[int]) -> None:
        super().__init__()
        self._foreign = foreign
        self._bystanders = bystanders

    def foreign(self) -> list[int]:
        return self._foreign

    def bystanders(self) -> list[int]:
        return self._bystanders


@pytest.fixture
def api() -> Iterator[FakeRuntimeApi]:
    with FakeRuntimeApi(notices_death=False) as made:
        yield made


@pytest.fixture
def upstream(api: FakeRuntimeApi) -> Upstream:
    """A supervisor's connection that has had an event."""
    made = Upstream(api.address)
    api.send("event")
    made.next()
    return made


@contextmanager
def connected(
    api: FakeRuntimeApi, *, host: str = "127.0.0.1", source: tuple[str, int] | None = None
) -> Iterator[int]:
    """The pid of a process that is connected to the API."""
    port = api.address.split(":")[1]
    bound = [source[0], str(source[1])] if source else []
    command = [sys.executable, "-S", "-c", CONNECT, host, port, *bound]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            assert select.select([process.stdout], [], [], 60)[0]
            if process.stdout.readline() != b"up\n":
                pytest.skip(f"no connection from {source} to {host} here")
            yield process.pid
        finally:
            process.kill()


def watch(
    upstream: Upstream,
    *,
    foreign: list[int] | None = None,
    bystanders: list[int] | None = None,
    own_namespace: bool,
) -> ApiWatch:
    made = ApiWatch(upstream, Known(foreign or [], bystanders or []), own_namespace=own_namespace)
    made.begin(0, time.monotonic() + 60, is_on=True)
    return made


@pytest.mark.parametrize("own_namespace", [True, False])
def test_nobody_is_accused_where_only_the_supervisor_is_connected(
    upstream: Upstream, own_namespace: bool
) -> None:
    assert watch(upstream, own_namespace=own_namespace).look() is None


@pytest.mark.parametrize("host", ["127.0.0.1", "::ffff:127.0.0.1"])
def test_a_worker_that_is_connected_is_seen_by_its_descriptors(
    api: FakeRuntimeApi, upstream: Upstream, host: str
) -> None:
    with connected(api, host=host) as pid:
        sighting = watch(upstream, foreign=[pid], own_namespace=False).look()
    assert sighting is not None
    assert sighting.seen == "connection"


def test_a_worker_that_connects_from_the_supervisors_own_port_is_seen(
    api: FakeRuntimeApi, upstream: Upstream
) -> None:
    """Another address of the loopback, the same port: only both together name a connection's end."""
    ((_, port),) = upstream.own_ends
    with connected(api, source=("127.0.0.2", port)) as pid:
        assert watch(upstream, foreign=[pid], own_namespace=False).look() is not None


def test_what_is_nobody_elses_is_the_workers_where_everybody_is_visible(
    api: FakeRuntimeApi, upstream: Upstream
) -> None:
    """So it is where the worker's descriptors cannot be read: here it is not even among the processes."""
    with connected(api):
        assert watch(upstream, own_namespace=True).look() is not None


def test_an_unknown_process_is_not_accused_where_not_everybody_is_visible(
    api: FakeRuntimeApi, upstream: Upstream
) -> None:
    with connected(api), connected(api):
        assert watch(upstream, own_namespace=False).look() is None


@pytest.mark.parametrize("own_namespace", [True, False])
def test_an_extensions_connection_is_its_own_whenever_it_was_made(
    api: FakeRuntimeApi, upstream: Upstream, own_namespace: bool
) -> None:
    with connected(api) as extension:
        made = watch(upstream, bystanders=[extension], own_namespace=own_namespace)
        for _ in range(3):
            assert made.look() is None


def test_beside_an_extension_a_worker_is_seen_all_the_same(api: FakeRuntimeApi, upstream: Upstream) -> None:
    with connected(api) as extension:
        made = watch(upstream, bystanders=[extension], own_namespace=True)
        assert made.look() is None
        with connected(api):
            assert made.look() is not None


def test_an_extension_whose_descriptors_cannot_be_read_keeps_everybody_from_being_accused(
    api: FakeRuntimeApi, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(pid: int, inodes: set[int]) -> set[int] | None:
        return (
            inodes & {os.fstat(number).st_ino for number in _open_numbers()} if pid == os.getpid() else None
        )

    monkeypatch.setattr(sockets, "holds", unreadable)
    with connected(api) as extension:
        assert watch(upstream, bystanders=[extension], own_namespace=True).look() is None


def _open_numbers() -> list[int]:
    numbers = [int(name) for name in os.listdir("/proc/self/fd")]
    return [number for number in numbers if os.path.exists(f"/proc/self/fd/{number}")]


def test_connections_of_the_supervisors_other_parts_are_its_own(
    api: FakeRuntimeApi, upstream: Upstream
) -> None:
    host, port = api.address.split(":")
    with socket.create_connection((host, int(port))):
        assert watch(upstream, own_namespace=True).look() is None


def test_a_service_at_the_same_port_of_another_address_is_none_of_the_apis(upstream: Upstream) -> None:
    assert upstream.peer is not None
    port = upstream.peer[1]
    with socket.socket() as other:
        try:
            other.bind(("127.0.0.3", port))
        except OSError:
            pytest.skip("only one address of the loopback here")
        other.listen()
        command = [sys.executable, "-S", "-c", CONNECT, "127.0.0.3", str(port)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"up\n"
            seen = watch(upstream, foreign=[process.pid], own_namespace=True).look()
            process.kill()
    assert seen is None


def test_an_api_that_listens_everywhere_is_found_at_every_address() -> None:
    with socket.socket() as server:
        server.bind(("0.0.0.0", 0))
        server.listen()
        port = server.getsockname()[1]
        upstream = Upstream(f"127.0.0.1:{port}")
        upstream._send(b"")
        command = [sys.executable, "-S", "-c", CONNECT, "127.0.0.9", str(port)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"up\n"
            seen = watch(upstream, foreign=[process.pid], own_namespace=False).look()
            process.kill()
    assert seen is not None


# ---- when it looks ----------------------------------------------------------------------------------


def until(found: Callable[[], object]) -> object:
    end = time.monotonic() + 60
    while not (seen := found()):
        assert time.monotonic() < end, "it was not seen in time"
    return seen


def test_it_looks_by_itself_while_a_worker_has_its_event(api: FakeRuntimeApi, upstream: Upstream) -> None:
    made = watch(upstream, own_namespace=True)
    for _ in range(20):
        bound = made.bound(None)
        assert bound is not None
        assert bound <= 20
        made.look_if_due()
    with connected(api):
        until(made.look_if_due)


def test_where_the_platform_is_locked_it_does_not_look(api: FakeRuntimeApi, upstream: Upstream) -> None:
    made = watch(upstream, own_namespace=True)
    made.begin(0, time.monotonic() - 60, is_on=False)
    with connected(api):
        assert made.bound(None) is None
        assert made.bound(5.0) == 5.0
        assert made.look_if_due() is None


def test_a_worker_that_still_runs_when_its_time_is_long_over_was_answered_by_somebody(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The platform ends an environment whose event is not answered in time."""
    made = watch(upstream, own_namespace=False)
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    made.begin(0, now + 3, is_on=True)
    monkeypatch.setattr(time, "monotonic", lambda: now + 4)
    assert made.look_if_due() is None
    monkeypatch.setattr(time, "monotonic", lambda: now + 60)
    sighting = made.look_if_due()
    assert sighting is not None
    assert sighting.seen == "overdue"


def test_an_event_whose_time_is_over_when_it_comes_tells_nothing(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = watch(upstream, own_namespace=False)
    now = time.monotonic()
    made.begin(0, now - 1, is_on=True)
    monkeypatch.setattr(time, "monotonic", lambda: now + 600)
    assert made.look_if_due() is None


def test_a_host_without_a_table_is_said_to_have_none(upstream: Upstream) -> None:
    table = sockets.SocketTable()
    table.way = ""
    made = ApiWatch(upstream, Known([], []), own_namespace=True, table=table)
    assert "cannot be listed" in made.what_it_misses()
    made.begin(0, time.monotonic() + 60, is_on=True)
    assert made.bound(None) is None
    assert made.look_if_due() is None


# ---- what the dead have left ------------------------------------------------------------------------


def test_where_nobody_was_nothing_is_waited_for(upstream: Upstream) -> None:
    assert watch(upstream, own_namespace=True).settle()


def test_a_request_that_a_dead_process_left_is_noticed(api: FakeRuntimeApi, upstream: Upstream) -> None:
    upstream.respond("none", b"", "text/plain", {})
    upstream.reply()
    made = watch(upstream, own_namespace=True)
    with connected(api):
        pass
    # The fake reads and closes it at once or a moment later; either way somebody had been there or was not seen.
    made.settle()
    with connected(api):
        assert not made.settle(), (
            "a living connection that is nobody's is the worker's, whose end is waited for"
        )


# The kernel sends the rest of it when whoever wrote it is dead: 4000 bytes at so many a second come first.
SEND_LATE = """
import socket, struct, sys, time
made = socket.create_connection((sys.argv[1], int(sys.argv[2])))
made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
made.setsockopt(socket.SOL_SOCKET, 47, struct.pack("Q", int(4000 / float(sys.argv[3]))))
for byte in b"GET /none HTTP/1.1\\r\\nX: 0123456789": made.send(bytes([byte]))
made.send(b"a" * 4000)
time.sleep(0.001)
made.send(b"\\r\\n\\r\\n")
"""


def look_at_late_words(
    api: FakeRuntimeApi, made: ApiWatch, notice: str = "settle", sender: str = SEND_LATE
) -> object:
    """Look with `notice` while words of somebody dead are still on their way; return what it returns.

    A busy machine may take longer to tell of his death than his words do: slower ones are sent then.
    """
    for seconds in ("0.5", "2", "10"):
        host, port = api.address.split(":")
        subprocess.run([sys.executable, "-S", "-c", sender, host, port, seconds], check=True, timeout=60)
        returned: object = getattr(made, notice)()
        if any(row.state == sockets.FIN_WAIT1 for row in made._rows() or []):
            return returned
        until(lambda: not made.has_remains())
    raise AssertionError("no words were on their way")


def test_what_comes_late_is_waited_for_once_and_told_until_it_is_there(
    api: FakeRuntimeApi, upstream: Upstream
) -> None:
    made = watch(upstream, own_namespace=True)
    assert not made.has_remains()
    assert not look_at_late_words(api, made)
    assert made.has_remains()
    looks = 0
    rows = made._rows

    def counted() -> list[sockets.Connection] | None:
        nonlocal looks
        looks += 1
        return rows()

    made._rows = counted  # type: ignore[method-assign]
    assert made.settle(), "it is no visit of the worker that has died now"
    assert looks == 1, "nobody waits for it"
    assert made.has_remains()
    until(lambda: not made.has_remains())
    assert made.settle()


def test_beside_an_extension_it_is_told_too(api: FakeRuntimeApi, upstream: Upstream) -> None:
    with connected(api) as extension:
        for notice in ("settle", "look_at_end"):
            made = watch(upstream, bystanders=[extension], own_namespace=True)
            look_at_late_words(api, made, notice)
            assert made.has_remains()
            assert made.has_remains()
            until(lambda made=made: not made.has_remains())  # type: ignore[misc]


def test_beside_an_extension_one_that_came_and_waits_for_an_event_is_told_of_as_long_as_it_waits(
    api: FakeRuntimeApi, upstream: Upstream
) -> None:
    # Given again, since it is not answered.
    event = upstream.next()
    upstream.respond(event.headers["lambda-runtime-aws-request-id"], b"1", "application/json", {})
    upstream.reply()
    with connected(api) as extension:
        made = watch(upstream, bystanders=[extension], own_namespace=True)
        read = sum(NEXT in str(request) for request in api.requests)
        look_at_late_words(api, made, sender=SEND_LATE.replace("/none", NEXT))
        until(lambda: sum(NEXT in str(request) for request in api.requests) > read)
        until(lambda: all(row.state != sockets.FIN_WAIT1 for row in made._rows() or []))
        for _ in range(3):
            assert made.has_remains()


def test_beside_a_worker_that_stays_it_is_told_too(api: FakeRuntimeApi, upstream: Upstream) -> None:
    made = watch(upstream, own_namespace=True)
    assert look_at_late_words(api, made, "look_at_end") is None
    assert made.has_remains()


def test_a_request_whose_connection_was_reset_is_not_seen(api: FakeRuntimeApi, upstream: Upstream) -> None:
    """A limit that docs/security-evidence.md states: it may still be read, and then the next event goes to nobody."""
    host, _, port = api.address.rpartition(":")
    with socket.create_connection((host, int(port))) as made:
        made.sendall(b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n")
        made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert watch(upstream, own_namespace=True).settle()


def test_an_extensions_half_closed_connection_is_not_waited_for(
    api: FakeRuntimeApi, upstream: Upstream
) -> None:
    with connected(api) as extension:
        made = watch(upstream, bystanders=[extension], own_namespace=True)
        with connected(api):
            pass
        assert made.settle()


@pytest.mark.parametrize(
    ("text", "expected"), [("512", 512), ("", 0), ("many", 0), ("-1", 0), ("²", 0), ("9" * 30, 0)]
)
def test_the_functions_memory_is_a_number_or_unknown(text: str, expected: int) -> None:
    assert memory_of({"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": text}) == expected
    assert memory_of({}) == 0

"""Whether an initialised function may be forked: each culprit is named, and nothing innocent is."""

from __future__ import annotations

import _socket
import asyncio
import ctypes
import mmap
import os
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from tests.unprivileged import forked

from dayfly.runtime import heap
from dayfly.runtime.seal import open_descriptors, reasons_not_to_fork
from dayfly.runtime.sealers import datagrams, files
from dayfly.runtime.sealing import Sealing

KEPT: list[object] = []


def reasons_after(init: Callable[[], object], *, temporary: tuple[str, ...] = ()) -> list[str]:
    """Return what is said of a process with nothing but `init` behind it."""

    def run() -> list[str]:
        # pytest and its plugins have descriptors of their own; they are as little meant as Dayfly's.
        own = open_descriptors()
        KEPT.append(init())
        sealing = Sealing(own=own)
        files.seal(heap.find(()), sealing)
        return reasons_not_to_fork(sealing, temporary=temporary)

    return forked(run)


def test_a_plain_function_may_be_forked() -> None:
    assert reasons_after(lambda: None) == []


def start_thread(name: str) -> threading.Thread:
    thread = threading.Thread(target=threading.Event().wait, name=name, daemon=True)
    thread.start()
    return thread


def connected_tcp() -> object:
    server = socket.create_server(("127.0.0.1", 0))
    return server, socket.create_connection(server.getsockname())


def stdin_of_a_child() -> object:
    return subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE)


def map_memory_file() -> object:
    """Map for reading what mprotect() could make writable, since the descriptor was."""
    memory = os.memfd_create("made")
    os.truncate(memory, 4096)
    mapped = mmap.mmap(memory, 4096, prot=mmap.PROT_READ)
    os.close(memory)
    return mapped


def open_message_queue() -> int:
    number = int(ctypes.CDLL("librt.so.1").mq_open(b"/dayfly-%d" % os.getpid(), 0o102, 0o600, None))
    ctypes.CDLL("librt.so.1").mq_unlink(b"/dayfly-%d" % os.getpid())
    assert number >= 0
    return number


CULPRITS: dict[str, tuple[Callable[[], object], tuple[str, ...]]] = {
    "thread": (lambda: start_thread("metrics"), ("thread 'metrics'", "start threads in the handler")),
    "TCP connection": (connected_tcp, ("IPv4 stream socket to 127.0.0.1:", "open it in the handler")),
    "TCP socket": (lambda: socket.create_server(("127.0.0.1", 0)), ("IPv4 stream socket",)),
    "UDP socket": (lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM), ("IPv4 datagram socket",)),
    "Unix sockets": (socket.socketpair, ("Unix stream socket",)),
    "epoll": (select.epoll, ("eventpoll descriptor", "create the event loop in the handler")),
    "event loop": (asyncio.new_event_loop, ("eventpoll", "Unix stream socket")),
    "eventfd": (lambda: os.eventfd(0), ("eventfd descriptor",)),
    "terminal": (os.openpty, ("the device /dev/", "open it in the handler")),
    "pidfd": (lambda: os.pidfd_open(os.getpid()), ("pidfd",)),
    "a pipe's write end alone": (stdin_of_a_child, ("a pipe created at init",)),
    "shared memory": (lambda: mmap.mmap(-1, 8192), ("shared memory", "MAP_PRIVATE")),
    "shared memory that is read-only for now": (lambda: map_memory_file(), ("shared memory", "MAP_PRIVATE")),
    "POSIX message queue": (lambda: open_message_queue(), ("message queue",)),
}


@pytest.mark.parametrize("case", CULPRITS)
def test_each_culprit_is_named_with_its_fix(case: str) -> None:
    init, texts = CULPRITS[case]
    said = reasons_after(init)
    assert said
    for text in texts:
        assert any(text in reason for reason in said), said


def test_several_culprits_are_all_named() -> None:
    def init() -> object:
        return start_thread("a"), start_thread("b"), select.epoll(), mmap.mmap(-1, 4096)

    said = " | ".join(reasons_after(init))
    for text in ("thread 'a'", "thread 'b'", "eventpoll", "shared memory"):
        assert text in said


INNOCENT: dict[str, Callable[[], object]] = {
    "a regular file": lambda: os.open("/etc/hostname", os.O_RDONLY),
    "private memory": lambda: mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE),
    "shared memory that is read-only": lambda: mmap.mmap(
        os.open(sys.executable, os.O_RDONLY), 4096, prot=mmap.PROT_READ
    ),
    "a copy of standard output": lambda: os.dup(1),
    "a finished thread": lambda: start_and_join(),
    "/dev/null": lambda: os.open("/dev/null", os.O_RDWR),
}


def start_and_join() -> None:
    """Join threads whose kernel part, as the last thing of init, is often still there."""
    threads = [threading.Thread(target=int) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("case", INNOCENT)
def test_what_a_fork_does_not_harm_is_no_reason(case: str) -> None:
    assert reasons_after(INNOCENT[case]) == []


def test_shared_memory_is_found_behind_many_other_mappings() -> None:
    """The list of mappings is longer than the page in which the kernel hands it out."""

    def init() -> object:
        private = [mmap.mmap(-1, 4096 * (1 + at % 2), flags=mmap.MAP_PRIVATE) for at in range(300)]
        return private, mmap.mmap(-1, 4096)

    assert any("shared memory" in reason for reason in reasons_after(init))


def test_the_platforms_pipes_are_no_reason_where_they_are_named() -> None:
    read_end, write_end = os.pipe()

    def run() -> list[str]:
        own = open_descriptors() - {read_end}
        return reasons_not_to_fork(Sealing(own=own), temporary=())

    assert any("a pipe" in reason for reason in forked(run))
    os.close(read_end)
    assert forked(run) == []
    os.close(write_end)


def test_a_module_from_a_temporary_directory_is_named(tmp_path: Path) -> None:
    def init() -> None:
        module = ModuleType("unpacked")
        module.__file__ = str(tmp_path / "unpacked.py")
        sys.modules["unpacked"] = module

    (reason,) = reasons_after(init, temporary=(str(tmp_path),))
    assert "module 'unpacked'" in reason
    assert reasons_after(init, temporary=(str(tmp_path) + "-other",)) == []


@pytest.mark.parametrize("below", ["", "/site-packages"])
def test_a_temporary_directory_on_the_path_is_named(tmp_path: Path, below: str) -> None:
    def init() -> None:
        sys.path.append(str(tmp_path) + below)

    (reason,) = reasons_after(init, temporary=(str(tmp_path),))
    assert "sys.path" in reason


def test_a_module_whose_file_is_no_text_is_passed_over(tmp_path: Path) -> None:
    def init() -> None:
        module = ModuleType("odd")
        module.__file__ = _socket  # type: ignore[assignment]
        sys.modules["odd"] = module

    assert reasons_after(init, temporary=(str(tmp_path),)) == []


def test_native_code_from_a_temporary_directory_is_named(tmp_path: Path) -> None:
    library = next(
        path
        for line in Path("/proc/self/maps").read_text().splitlines()
        if (path := line.split(None, 5)[-1]).startswith("/") and ".so" in path and "x" in line.split()[1]
    )
    copy = tmp_path / "unpacked.so"
    copy.write_bytes(Path(library).read_bytes())

    def init() -> object:
        size = copy.stat().st_size
        with copy.open("rb") as file:
            return mmap.mmap(
                file.fileno(), size, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_EXEC
            )

    (reason,) = reasons_after(init, temporary=(str(tmp_path),))
    assert "native code" in reason


def test_a_file_that_no_sealer_made_safe_is_named(tmp_path: Path) -> None:
    """The sealer of files may fail; what it did not handle must not be shared in silence."""
    (tmp_path / "data").write_text("x")

    def run() -> list[str]:
        own = open_descriptors()
        KEPT.append((tmp_path / "data").open())
        return reasons_not_to_fork(Sealing(own=own), temporary=())

    (reason,) = forked(run)
    assert str(tmp_path / "data") in reason
    assert "open it in the handler" in reason


def test_what_a_thread_closes_while_it_is_looked_at_fails_no_init(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").write_text("x")

    def run() -> list[str]:
        own = open_descriptors()
        numbers = [os.open(tmp_path / "data", os.O_RDONLY), *os.pipe(), socket.socket().detach()]
        look = os.fstat

        def look_and_close(number: int) -> os.stat_result:
            status = look(number)
            if number in numbers:
                os.close(number)
            return status

        monkeypatch.setattr(os, "fstat", look_and_close)
        return reasons_not_to_fork(Sealing(own=own), temporary=())

    named, *pipes, sock = forked(run)
    assert str(tmp_path / "data") in named
    assert all("a pipe created at init" in one for one in pipes)
    assert "socket opened at init" in sock


@pytest.mark.parametrize("sealer", [files, datagrams])
def test_what_a_thread_has_closed_by_the_time_it_is_looked_at_is_passed_over(
    sealer: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    os.close(writer)
    monkeypatch.setattr(sealer.seals, "open_descriptors", lambda: frozenset([reader, writer]))
    sealing = Sealing(own=frozenset())
    sealer.seal(heap.find(getattr(sealer, "kinds", tuple)()), sealing)
    assert not sealing.descriptors
    assert not sealing.refusals


class ChainOfThreads(Sealing):
    """Each look meets another link of a chain, as a busy machine does; after `links` looks none is left."""

    def __init__(self, own: frozenset[int], links: int) -> None:
        super().__init__(own=own)
        self._links = links
        self._last: tuple[threading.Thread, threading.Event] | None = None

    def prepare_fork(self) -> None:
        super().prepare_fork()
        if self._last is not None:
            thread, is_over = self._last
            is_over.set()
            thread.join()
            self._last = None
        if self._links:
            self._links -= 1
            is_over = threading.Event()
            thread = threading.Thread(target=is_over.wait, daemon=True)
            thread.start()
            self._last = thread, is_over


def test_a_chain_of_threads_is_waited_for_however_slow_the_machine_is() -> None:
    # Sixty looks take far longer than a thread that was joined takes to leave.
    assert (
        forked(lambda: reasons_not_to_fork(ChainOfThreads(open_descriptors(), links=60), temporary=())) == []
    )


def test_a_thread_that_stays_is_named_at_once() -> None:
    def reasons() -> tuple[list[str], int]:
        looks: list[int] = []

        class Counted(Sealing):
            def prepare_fork(self) -> None:
                looks.append(1)

        stays = threading.Event()
        threading.Thread(target=stays.wait, name="stays", daemon=True).start()
        found = reasons_not_to_fork(Counted(own=open_descriptors()), temporary=())
        return found, len(looks)

    found, looks = forked(reasons)
    assert "thread 'stays'" in found[0]
    assert looks < 100


@pytest.mark.parametrize(("name", "is_named"), [(b"jemalloc_bg_thd", False), (b"polars-0", True)])
def test_a_native_thread_is_named_unless_its_library_does_without_it(name: bytes, is_named: bool) -> None:
    def start() -> object:
        libc = ctypes.CDLL(None)
        started, gate = ctypes.c_ulong(), ctypes.create_string_buffer(64)
        libc.sem_init(gate, 0, 0)
        wait = ctypes.cast(libc.sem_wait, ctypes.c_void_p)
        assert libc.pthread_create(ctypes.byref(started), None, wait, gate) == 0
        libc.pthread_setname_np(started, name)
        return gate

    assert ["native" in reason or "Polars" in reason for reason in reasons_after(start)] == [True] * is_named

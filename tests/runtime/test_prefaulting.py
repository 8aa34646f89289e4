"""Pages that one forked process has copied are found without a look into it, and copied by the next before it needs them."""

from __future__ import annotations

import ctypes
import mmap
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dayfly._sys import audit, proc
from dayfly.runtime import prefaulting, seal
from dayfly.runtime.prefaulting import Prefaulting

PAGE = 4096
PAGES = 3000


class Memory:
    """Private memory of which every page is there, and shared with whoever is forked."""

    def __init__(self) -> None:
        self.map = mmap.mmap(-1, PAGES * PAGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        for page in range(PAGES):
            self.map[page * PAGE] = 1
        self.address = ctypes.addressof(ctypes.c_char.from_buffer(self.map))

    def write(self, pages: Iterator[int] | range) -> None:
        for page in pages:
            self.map[page * PAGE + 100] = page % 251


@pytest.fixture
def memory() -> Memory:
    return Memory()


def in_child(act: Callable[[], str]) -> str:
    """Run `act` in a forked process, and return what it returns there."""
    mine, theirs = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(theirs, act().encode())
        finally:
            os._exit(0)
    os.close(theirs)
    _, status = os.waitpid(pid, 0)
    with os.fdopen(mine, "rb") as file:
        said = file.read().decode()
    assert status == 0
    return said


def learning(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> Prefaulting:
    """As in a zygote whose workers copy much: it has nothing to look at but this memory."""
    monkeypatch.setattr(proc, "spare_mb", lambda: 1000)
    monkeypatch.setattr(prefaulting, "_FEW", 0)
    monkeypatch.setattr(prefaulting, "_LIMIT_NS", 10**10)
    monkeypatch.setattr(
        prefaulting,
        "_slices",
        lambda: {memory.address + at * PAGE: min(1024, PAGES - at) for at in range(0, PAGES, 1024)},
    )
    made = Prefaulting()
    for _ in range(10):
        made.spend_a_moment()
    assert serve(made, lambda: None) == ["more"]
    made.hear(["more"])
    made.spend_a_moment()
    return made


def serve(made: Prefaulting, act: Callable[[], object]) -> list[str]:
    """What a worker says that serves by `act`."""

    def work() -> str:
        assert made.told() == []
        with Path("/dev/null").open() as file:
            made.prefault(file.fileno())
        act()
        return "\n".join(made.told())

    return in_child(work).splitlines()


def faults(act: Callable[[], object]) -> int:
    count = audit.functions()["count_faults"]
    before = count()
    act()
    return int(count() - before)


@pytest.mark.parametrize("tasks", [1, 2])
def test_what_a_worker_wrote_to_a_later_one_copies_before_its_event(
    tasks: int, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seal, "count_tasks", lambda: tasks)
    made = learning(memory, monkeypatch)
    written = range(0, PAGES, 3)
    made.hear(serve(made, lambda: memory.write(written)))
    near, far = socket.socketpair()

    def later() -> str:
        made.prefault(near.fileno())
        return f"{faults(lambda: memory.write(written))} {faults(lambda: memory.write(range(1, PAGES, 3)))}"

    known, others = map(int, in_child(later).split())
    assert known < 20
    assert others >= len(range(1, PAGES, 3))
    # Nothing of it has changed.
    assert memory.map[: PAGES * PAGE : PAGE] == b"\1" * PAGES
    assert memory.map[100 : PAGES * PAGE : PAGE] == bytes(PAGES)
    near.close()
    far.close()


def test_it_stops_when_there_is_an_event(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    made = learning(memory, monkeypatch)
    made.hear(serve(made, lambda: memory.write(range(PAGES))))
    near, far = socket.socketpair()
    far.send(b"an event")

    def later() -> str:
        made.prefault(near.fileno())
        return str(faults(lambda: memory.write(range(PAGES))))

    assert int(in_child(later)) >= PAGES
    near.close()
    far.close()


def test_a_worker_whose_time_is_over_leaves_the_rest_to_others(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = learning(memory, monkeypatch)
    monkeypatch.setattr(prefaulting, "_LIMIT_NS", 300_000)
    rounds = 0
    while made._left and rounds < 1000:
        made.hear(serve(made, lambda: memory.write(range(0, PAGES, 2))))
        made.spend_a_moment()
        rounds += 1
    assert rounds > 1
    assert made._known == {memory.address + at * PAGE for at in range(0, PAGES, 2)}


def test_it_is_learned_anew(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    made = learning(memory, monkeypatch)
    made.hear(serve(made, lambda: memory.write(range(PAGES))))
    made.start_over()
    assert serve(made, lambda: None) == ["more"]
    made.hear(["more"])
    made.spend_a_moment()
    made.hear(serve(made, lambda: memory.write(range(3))))
    assert made._known == {memory.address + at * PAGE for at in range(3)}


@pytest.mark.parametrize("tasks", [1, 2])
def test_memory_that_has_gone_or_may_not_be_written_harms_nobody(
    tasks: int, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seal, "count_tasks", lambda: tasks)
    made = learning(memory, monkeypatch)
    made.hear(serve(made, lambda: memory.write(range(PAGES))))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mprotect.argtypes = libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    assert libc.mprotect(memory.address, 500 * PAGE, mmap.PROT_READ) == 0
    near, far = socket.socketpair()

    def later() -> str:
        assert libc.munmap(memory.address + 600 * PAGE, 500 * PAGE) == 0
        made.prefault(near.fileno())
        return str(faults(lambda: memory.write(range(500, 600))))

    assert int(in_child(later)) < 20
    # And a worker whose function has given memory back looks at what is left.
    again = learning(memory, monkeypatch)

    def serving() -> None:
        assert libc.munmap(memory.address + 600 * PAGE, 500 * PAGE) == 0
        memory.write(range(500, 600))

    again.hear(serve(again, serving))
    assert again._known <= {memory.address + at * PAGE for at in range(500, PAGES)}
    assert libc.mprotect(memory.address, 500 * PAGE, mmap.PROT_READ | mmap.PROT_WRITE) == 0
    near.close()
    far.close()


def test_a_worker_that_copied_little_says_nothing(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    made = learning(memory, monkeypatch)
    monkeypatch.setattr(prefaulting, "_FEW", 10**9)
    assert serve(made, lambda: memory.write(range(PAGES))) == []


@pytest.mark.parametrize(
    "line",
    [
        "",
        "nonsense",
        "1 2",
        "1 2 3 4",
        "0 1 3",
        "{address:x} 0 1",
        "{address:x} 400 1",
        "{address:x} 401 {many:x}",
        "{address:x} -1 1",
        "-{address:x} 1 3",
        "{inside:x} 1 3",
        "{address:x} 1 {many:x}",
        "{address:x} 1 -3",
        f"{{address:x}} {'9' * 20000} 3",
        f"{{address:x}} 1 {'f' * 20000}",
    ],
)
def test_what_an_attacker_says_is_ignored(line: str, memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    made = learning(memory, monkeypatch)
    before = dict(made._left)
    made.hear([line.format(address=memory.address, inside=memory.address + PAGE, many=1 << 1025)])
    assert (made._left, made._known, made._packed) == (before, set(), b"")


def test_an_attacker_can_have_so_many_pages_copied_and_no_more(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = learning(memory, monkeypatch)
    # A sixth of what is left.
    monkeypatch.setattr(proc, "spare_mb", lambda: 36)
    made.hear([f"{address:x} {pages:x} {(2 << pages) - 1:x}" for address, pages in made._left.items()])
    assert len(made._known) == 1536
    assert len(made._packed) == 1536 * 8
    assert serve(made, lambda: memory.write(range(PAGES))) == []

"""Shared memory of init: each worker and its children have their own, with init's content."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.runtime.sealers.serving import run

MADE = {
    "anonymous": "area = mmap.mmap(-1, 8192)",
    "a memory file": "number = os.memfd_create('made'); os.truncate(number, 8192); area = mmap.mmap(number, 8192)",
    "a memory file without a descriptor": (
        "number = os.memfd_create('made'); os.truncate(number, 8192); area = mmap.mmap(number, 8192, trackfd=False)"
        " if sys.version_info >= (3, 13) else mmap.mmap(number, 8192); os.close(number)"
    ),
    "a deleted file": "file = tempfile.TemporaryFile(); file.truncate(8192); area = mmap.mmap(file.fileno(), 8192)",
    "a file with a name": (
        "file = open(os.environ['FILE'], 'w+b'); file.truncate(8192); area = mmap.mmap(file.fileno(), 8192)"
    ),
    "a part of a file": (
        "file = tempfile.TemporaryFile(); file.truncate(65536); file.write(b'head'); file.flush(); "
        "area = mmap.mmap(file.fileno(), 8192, offset=16384)"
    ),
}


@pytest.mark.parametrize("case", MADE)
def test_shared_memory_is_each_workers_own_and_its_childrens(case: str, tmp_path: Path) -> None:
    seen = run(
        f"""
import ctypes, mmap, os, sys, tempfile
WORKERS = 20
{MADE[case]}
area[:4] = b"init"
view = ctypes.addressof(ctypes.c_char.from_buffer(area))
def handler(number):
    found = ctypes.string_at(view, 4).decode()
    pid = os.fork()
    if not pid:
        area[4:8] = b"%04d" % number
        os._exit(0)
    os.waitpid(pid, 0)
    area[:4] = b"card"
    return [found, ctypes.string_at(view, 8).decode() == f"card{{number:04d}}", bytes(area[8:12]).decode()]
""",
        environment={"FILE": str(tmp_path / "mapped")},
    )
    assert seen.reasons == seen.faults == []
    assert seen.answers == [["init", True, "\0" * 4]] * 20
    assert [note for note in seen.notes if "does not reach the file" in note] == (
        seen.notes if case == "a file with a name" else []
    )


def test_a_large_area_costs_what_was_written_to_it() -> None:
    seen = run(
        """
import mmap
area = mmap.mmap(-1, 1 << 33, flags=mmap.MAP_SHARED | getattr(mmap, "MAP_NORESERVE", 0x4000))
area[5 << 30] = 7
area[-1] = 8
handler = lambda number: [area[5 << 30], area[-1], area[0]]
"""
    )
    assert seen.reasons == []
    assert seen.answers == [[7, 8, 0]] * 3


def test_more_than_the_limit_is_named_with_its_fix() -> None:
    seen = run(
        """
import mmap
area = mmap.mmap(-1, 17 << 20)
area[:] = b"x" * len(area)
handler = lambda number: area[5]
"""
    )
    (reason,) = seen.reasons
    assert "(17 MB, limit 16 MB): map it with MAP_PRIVATE" in reason
    assert seen.answers == [ord("x")]


def test_memory_that_a_process_of_inits_uses_is_not_taken_from_it() -> None:
    seen = run(
        """
import mmap, os, signal
area = mmap.mmap(-1, 4096)
pid = os.fork()
if not pid:
    signal.pause()
def handler(number):
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    return "served"
"""
    )
    assert "shared memory" in "\n".join(seen.reasons)
    assert seen.answers == ["served"]


def test_one_memory_at_two_addresses_stays_one() -> None:
    seen = run(
        """
import mmap, os
number = os.memfd_create("twice")
os.truncate(number, 8192)
one, two = mmap.mmap(number, 8192), mmap.mmap(number, 4096, offset=4096)
again = os.dup(number)
second = os.open(f"/proc/self/fd/{number}", os.O_RDONLY)
two[:4] = b"init"
os.lseek(again, 4096, os.SEEK_SET)
def handler(number_of_worker):
    found = [one[4096:4100].decode(), os.read(number, 4).decode(), os.read(second, 1).decode()]
    one[4096:4100] = b"card"
    return found + [two[:4].decode(), os.pread(again, 4, 4096).decode(), os.lseek(again, 0, os.SEEK_CUR), os.pread(second, 4, 4096).decode()]
"""
    )
    assert seen.reasons == seen.faults == []
    assert seen.answers == [["init", "init", "\0", "card", "card", 4100, "card"]] * 3


@pytest.mark.parametrize("case", ["anonymous", "a memory file", "a deleted file"])
def test_what_the_zygote_has_unmapped_since_is_not_mapped_again(case: str) -> None:
    """Something else may have come to the same addresses and numbers meanwhile: a garbage collection frees such memory."""
    seen = run(
        f"""
import mmap, os, tempfile
{MADE[case]}
kept = mmap.mmap(-1, 4096)
kept[:4] = b"init"
area[:4] = b"gone"
def BEFORE():
    global area, other, file
    if area is not None:
        area.close()
        area = None
        if "number" in globals():
            os.close(number)
        if "file" in globals():
            file.close()
        other = mmap.mmap(-1, 8192, flags=mmap.MAP_PRIVATE)
        other[:5] = b"other"
        file = open("/proc/self/status")
def handler(number):
    found = [other[:5].decode(), kept[:4].decode(), os.pread(file.fileno(), 5, 0).decode()]
    kept[:4] = b"card"
    return found
"""
    )
    assert seen.reasons == seen.faults == []
    assert seen.answers == [["other", "init", "Name:"]] * 3


def test_a_file_that_is_only_read_cannot_be_written_through_its_mapping(tmp_path: Path) -> None:
    path = tmp_path / "table"
    path.write_bytes(b"table" + bytes(8192))
    seen = run(
        f"""
import ctypes, mmap
file = open({str(path)!r}, "r+b")
area = mmap.mmap(file.fileno(), 8192, prot=mmap.PROT_READ)
file.close()
address = next(int(line.partition("-")[0], 16) for line in open("/proc/self/maps") if {str(path)!r} in line)
def handler(number):
    refused = ctypes.CDLL(None).mprotect(ctypes.c_void_p(address), ctypes.c_size_t(8192), 3)
    return [area[:5].decode(), refused]
"""
    )
    assert seen.reasons == []
    assert seen.answers == [["table", -1]] * 3


MULTIPROCESSING = {
    "a value": (
        "made = mp.Value('i', 42, lock=False)",
        "[made.value, add(lambda: setattr(made, 'value', 7)), made.value]",
        [42, 0, 7],
    ),
    "an array": (
        "made = mp.Array('i', [1, 2, 3], lock=False)",
        "[made[:], add(lambda: made.__setitem__(0, 9)), made[:]]",
        [[1, 2, 3], 0, [9, 2, 3]],
    ),
    "a value with its lock": (
        "made = mp.Value('d', 1.5)",
        "[made.value, add(lambda: setattr(made, 'value', 2.5)), made.value, made.get_lock().acquire(timeout=60)]",
        [1.5, 0, 2.5, True],
    ),
    "a semaphore": (
        "made = mp.Semaphore(2)",
        "[made.get_value(), add(made.acquire), made.get_value(), made.acquire(timeout=60), made.acquire(block=False)]",
        [2, 0, 1, True, False],
    ),
    "a lock that init holds": (
        "made = mp.Lock(); made.acquire()",
        "[made.acquire(block=False), made.release(), made.acquire(block=False)]",
        [False, None, True],
    ),
    "an event": ("made = mp.Event()", "[made.is_set(), add(made.set), made.is_set()]", [False, 0, True]),
    "a simple queue": (
        "made = mp.SimpleQueue(); made.put('init')",
        "[made.get(), add(lambda: made.put('child')), made.get(), made.empty()]",
        ["init", 0, "child", True],
    ),
}


@pytest.mark.parametrize("case", MULTIPROCESSING)
def test_objects_of_multiprocessing_are_each_workers_own_and_its_childrens(case: str) -> None:
    init, act, expected = MULTIPROCESSING[case]
    if case not in ("a value", "an array"):
        pytest.importorskip("_multiprocessing").SemLock  # noqa: B018
        if not Path("/dev/shm").is_dir():
            pytest.skip("this host has no /dev/shm, and so no semaphores")
    seen = run(
        f"""
import multiprocessing
WORKERS = 20
mp = multiprocessing.get_context("fork")
def add(act):
    child = mp.Process(target=act)
    child.start()
    child.join()
    return child.exitcode
{init}
handler = lambda number: {act}
"""
    )
    assert seen.reasons == seen.faults == []
    assert seen.answers == [expected] * 20


def test_a_database_of_sqlite_with_a_write_ahead_log_works_in_every_worker(tmp_path: Path) -> None:
    path = tmp_path / "prices.db"
    seen = run(
        f"""
import sqlite3
WORKERS = 20
db = sqlite3.connect({str(path)!r})
assert db.execute("pragma journal_mode=wal").fetchone() == ("wal",)
db.execute("create table prices (name text, price int)")
db.executemany("insert into prices values (?, ?)", [(f"n{{n}}", n) for n in range(1000)])
db.commit()
def handler(number):
    other = sqlite3.connect({str(path)!r})
    return [db.execute("select count(*), sum(price) from prices").fetchone(), other.execute("select count(*) from prices").fetchone(),
            db.execute("pragma integrity_check").fetchone()]
"""
    )
    assert seen.reasons == seen.faults == []
    assert seen.answers == [[[1000, 499500], [1000], ["ok"]]] * 20

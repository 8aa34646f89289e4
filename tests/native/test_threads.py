"""threads.so, called as the zygote calls it: from an interpreter with threads of native code beside it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from native.build import BINARIES, LANGUAGE, NATIVE
from tests.native.compiled import find_gcc

PLACE = BINARIES.parent
PROGRAM = """
import ctypes, os, select, sys, threading, time
from dayfly._sys.threadfork import ThreadFork, Unsupported

def answer_of(copier, work):
    '''What a child says, or "" where it is silent.'''
    reader, writer = os.pipe()
    end = time.monotonic() + 60
    while True:
        try:
            pid = copier.fork()
        except OSError as busy:
            # As the zygote does, which has more time than one attempt takes.
            if time.monotonic() > end:
                return str(busy)
            continue
        break
    if pid == 0:
        copier.release()
        os.write(writer, repr((work(), copier.await_threads(60))).encode())
        os._exit(0)
    os.close(writer)
    said = os.read(reader, 999) if select.select([reader], [], [], 120)[0] else b""
    os.close(reader)
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    return said.decode()
"""


def run(source: str, *arguments: object, timeout_s: float = 600.0) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM + source, *map(str, arguments)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(PLACE.parent)},
        capture_output=True,
        text=True,
        timeout=timeout_s,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_it_is_compiled_by_another_compiler(tmp_path: Path) -> None:
    sources = [str(path) for path in sorted((NATIVE / "threads").glob("*.c"))]
    flags = [
        *LANGUAGE,
        "-Wconversion",
        "-O2",
        "-shared",
        "-fPIC",
        "-nostdlib",
        "-fvisibility=hidden",
        "-Wl,-z,defs",
    ]
    subprocess.run([find_gcc(), *flags, *sources, "-o", str(tmp_path / "threads.so")], check=True)


def test_a_thread_that_takes_no_signal_is_named_and_all_others_go_on() -> None:
    said = run(
        """
import signal
libc = ctypes.CDLL(None, use_errno=True)
number = {"x86_64": 14, "aarch64": 135}[os.uname().machine]
is_deaf, ends = threading.Event(), threading.Event()
def be_deaf():
    # Past the C library, which leaves its own signals out.
    every = ctypes.c_uint64(2**64 - 1)
    assert libc.syscall(number, signal.SIG_SETMASK, ctypes.byref(every), None, 8) == 0
    is_deaf.set()
    ends.wait()
thread = threading.Thread(target=be_deaf)
thread.start()
is_deaf.wait()
copier = ThreadFork(sys.argv[1], limit_s=0.05)
try:
    copier.fork()
except Unsupported as refused:
    print(refused.strerror)
ends.set()
thread.join()
print(answer_of(ThreadFork(sys.argv[1], limit_s=60), os.getppid) != "")
""",
        PLACE,
    )
    reason, goes_on = said.splitlines()
    assert "could not be stopped within 0.05 s" in reason
    assert goes_on == "True"


def test_a_thread_of_native_code_that_runs_python_code_is_not_copied() -> None:
    said = run(
        """
import _thread
gate = _thread.allocate_lock()
gate.acquire()
_thread.start_new_thread(gate.acquire, ())
try:
    ThreadFork(sys.argv[1], limit_s=60).fork()
except Unsupported as refused:
    print(refused.strerror)
""",
        PLACE,
    )
    assert "runs Python code" in said


def test_without_its_library_nothing_is_forked(tmp_path: Path) -> None:
    said = run(
        """
try:
    ThreadFork(sys.argv[1], limit_s=1)
except Unsupported as refused:
    print(refused.strerror)
""",
        tmp_path,
    )
    assert "threads.so cannot be loaded" in said


@pytest.fixture
def busy(tmp_path: Path) -> Path:
    """Return the library of threads that never rest."""
    library = tmp_path / "busy.so"
    source = NATIVE / "tests" / "busy_threads.c"
    flags = [*LANGUAGE, "-O1", "-shared", "-fPIC", "-pthread"]
    subprocess.run([find_gcc(), *flags, str(source), "-o", str(library)], check=True)
    return library


def test_a_thread_s_number_in_memory_that_is_no_lock_stays_as_it_is(busy: Path) -> None:
    """In a new process namespace the numbers are small: a key of a map, a count, a size."""
    said = run(
        """
import array
busy = ctypes.CDLL(sys.argv[2])
assert busy.busy_start() == 0
numbers = [int(name) for name in os.listdir("/proc/self/task")]
memory = array.array("i")
for number in numbers:
    # As a normal mutex and one with something else behind it, as a lock for readers that nobody writes to, and alone.
    memory.extend([2, 0, number, 1, 0, 0, 0, 0, 0, 0] + [1, 1, number, 1, 1, 0, 7, 0, 0, 0])
    # With a robust one's bits that no thread has told the kernel of, with bits that exclude each other, and as long integers.
    memory.extend([number, 1, number, 1, 0x10, 0, 8, 8, 8, 8] + [number, 0, number, 67, 1008, 0, 8, 8, 8, 8])
    memory.extend([number, 0, number, 1, 0x20, 0, 0, 0, 0, 0])
    memory.extend([3, 5, 9, 9, 0, 0, number, 0, 0, 0, 0, 0, 0, 0] + [3, 1, 3, 3, 0, 0, number, 4, 0, 0, 0, 0, 0, 0])
    memory.extend([number] * 50)
# Not a copy, in which the same would change.
before = hash(memory.tobytes())
copier = ThreadFork(sys.argv[1], limit_s=60)
print(answer_of(copier, lambda: hash(memory.tobytes()) == before))
""",
        PLACE,
        busy,
    )
    assert said == "(True, 0)\n"


@pytest.fixture
def teams(tmp_path: Path) -> Path:
    """Return the library of OpenMP's teams."""
    library = tmp_path / "teams.so"
    source = NATIVE / "tests" / "teams.c"
    flags = [*LANGUAGE, "-O1", "-shared", "-fPIC", "-pthread", "-fopenmp"]
    subprocess.run([find_gcc(), *flags, str(source), "-o", str(library)], check=True)
    return library


@pytest.mark.slow  # two thousand forks
@pytest.mark.parametrize("policy", ["passive", "active"])
def test_teams_of_openmp_go_on_in_every_child_whoever_leads_them(teams: Path, policy: str) -> None:
    """One is led by the main thread, one by a native thread that never rests, one by a thread of Python's, which a child has not."""
    said = run(
        """
os.environ["OMP_WAIT_POLICY"] = sys.argv[4]
teams = ctypes.CDLL(sys.argv[2])
def in_a_thread(then):
    sums, done = [], threading.Event()
    def lead():
        sums.append(teams.teams_sum())
        done.set()
        then()
    threading.Thread(target=lead, daemon=True).start()
    done.wait()
    return sums
assert [teams.teams_sum(), *in_a_thread(threading.Event().wait)] == [2016, 2016]
assert teams.teams_start() == 0
def work():
    return teams.teams_sum(), in_a_thread(bool), teams.teams_stuck(60000)
copier = ThreadFork(sys.argv[1], limit_s=60)
for number in range(int(sys.argv[3])):
    said = answer_of(copier, work)
    if said != "((2016, [2016], 0), 0)":
        print(number, said)
print(copier.copied, teams.teams_sum(), teams.teams_stuck(60000))
""",
        PLACE,
        teams,
        1000,
        policy,
    )
    assert said == "7 2016 0\n"


@pytest.mark.slow  # forks among busy threads, five hundred times
@pytest.mark.timeout(900)
def test_threads_that_never_rest_go_on_in_every_child_and_here(busy: Path) -> None:
    said = run(
        """
busy = ctypes.CDLL(sys.argv[2])
assert busy.busy_start() == 0
copier = ThreadFork(sys.argv[1], limit_s=60)
for number in range(int(sys.argv[3])):
    said = answer_of(copier, lambda: busy.busy_stuck(60000))
    if said != "(0, 0)":
        print(number, said)
print(copier.copied, busy.busy_stuck(60000))
""",
        PLACE,
        busy,
        500,
        timeout_s=800,
    )
    assert said == "12 0\n"

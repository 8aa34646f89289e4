"""What /proc says about real processes: whose they are, whether they are dead, and all of it, not the first page."""

from __future__ import annotations

import mmap
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.processes import state_of
from tests.unprivileged import UID, as_user, folder_of_user

from dayfly._sys import proc

ME = os.getpid


def wait_for(condition: Callable[[], bool], *, deadline_s: float = 60.0) -> None:
    end = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.001)


@contextmanager
def python(code: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run `code`, which prints a line when it is ready; killed and reaped at the end."""
    with subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, stdin=subprocess.PIPE
    ) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            yield process
        finally:
            process.kill()


WAIT = "print(flush=True); input()"


def test_a_file_of_many_records_is_read_to_its_end() -> None:
    """The kernel hands out such files a page at a time, each but the last somewhat shorter than a page."""
    maps = [mmap.mmap(-1, 4096) for _ in range(400)]
    assert proc.read_file("/proc/self/maps", limit=1 << 24).count(b"/dev/zero") >= len(maps)
    assert len(proc.read_file("/proc/self/maps", limit=5000)) == 5000


def test_a_file_that_is_not_there_raises() -> None:
    with pytest.raises(FileNotFoundError):
        proc.read_file("/proc/self/no-such-file")


def test_every_child_is_listed_also_beyond_the_first_page() -> None:
    code = "import os, sys\nfor _ in range(900):\n  if not os.fork(): os._exit(0)\n" + WAIT
    with python(code) as process:
        children = proc.children(process.pid)
        assert children is not None
        assert len(children) == len(set(children)) == 900


def test_children_of_every_thread_are_listed() -> None:
    code = """
import subprocess, threading
child = []
def start():
    child.append(subprocess.Popen(["/bin/sleep", "60"]))
    print(child[0].pid, flush=True)
    input()
    child[0].kill()
threading.Thread(target=start).start()
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        grandchild = int(process.stdout.readline())
        assert proc.children(process.pid) == [grandchild]
        assert grandchild in proc.list_pids()
        assert proc.parents()[grandchild] == process.pid
        assert proc.ancestors(grandchild)[:2] == [process.pid, os.getpid()]
        process.communicate("\n")
    assert proc.children(process.pid) == []


def test_a_name_with_brackets_and_blanks_is_read_past() -> None:
    code = "open('/proc/self/comm', 'w').write('a) R 1 (b')\n" + WAIT
    with python(code) as process:
        stat = proc.read_stat(process.pid)
        assert stat is not None
        assert (stat.pid, stat.parent) == (process.pid, os.getpid())
        wait_for(lambda: (seen := proc.read_stat(process.pid)) is not None and seen.state == "S")


def test_a_process_that_is_gone_is_dead_and_nobodys() -> None:
    with python(WAIT) as process:
        assert proc.belongs_to(process.pid, os.getuid())
        assert not proc.is_dead(process.pid)
        pid = process.pid
    assert proc.is_dead(pid)
    assert not proc.is_zombie(pid)
    assert proc.read_stat(pid) is None
    assert proc.read_uids(pid) == ()
    assert not proc.belongs_to(pid, os.getuid())
    assert proc.command_line(pid) == []
    assert proc.initial_environment(pid) == b""
    assert proc.has_open_file(pid) == set()
    assert proc.children(pid) == []


def test_a_zombie_is_dead_before_anybody_waits() -> None:
    with python(WAIT) as process:
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert proc.is_dead(process.pid)
        assert proc.is_zombie(process.pid)


def test_a_killed_process_is_dead_long_before_its_memory_is_torn_down() -> None:
    code = "held = bytearray(300_000_000)\n" + WAIT
    with python(code) as process:
        process.kill()
        wait_for(lambda: proc.is_dead(process.pid))
        assert proc.read_stat(process.pid) is not None


def test_a_zombie_leader_whose_thread_goes_on_is_not_dead() -> None:
    """Red-team 2.2: a scanner that skips state Z misses it."""
    code = """
import ctypes, sys, threading, time
def go_on():
    while True: time.sleep(0.01)
threading.Thread(target=go_on, daemon=True).start()
print(flush=True)
ctypes.CDLL(None).syscall({"x86_64": 60, "aarch64": 93}[__import__("os").uname().machine], 0)
"""
    with python(code) as process:
        wait_for(lambda: (stat := proc.read_stat(process.pid)) is not None and stat.state == "Z")
        assert not proc.is_dead(process.pid)
        assert not proc.is_zombie(process.pid)
        process.kill()
        wait_for(lambda: proc.is_dead(process.pid))


def test_a_stopped_process_is_not_dead() -> None:
    with python(WAIT) as process:
        process.send_signal(signal.SIGSTOP)
        wait_for(lambda: (stat := proc.read_stat(process.pid)) is not None and stat.state == "T")
        assert not proc.is_dead(process.pid)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a program that this user may not read")
def test_a_process_that_hid_its_owner_by_an_unreadable_program_is_still_the_users() -> None:
    """Most of its /proc/PID belongs to root then."""
    with folder_of_user(mode=0o755) as folder:
        program = folder / "hidden"
        program.write_bytes(Path("/bin/sleep").read_bytes())
        os.chown(program, 0, 0)
        program.chmod(0o111)
        with subprocess.Popen([program, "60"], user=UID, group=UID, extra_groups=[]) as process:
            try:
                wait_for(lambda: os.stat(f"/proc/{process.pid}/fd").st_uid == 0)
                assert proc.belongs_to(process.pid, UID)
                assert not proc.belongs_to(process.pid, UID + 1)
                assert as_user(lambda: proc.belongs_to(process.pid, UID))
            finally:
                process.kill()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start another user's process")
def test_a_process_with_the_user_among_its_ids_is_the_users() -> None:
    for uids in ((UID, 0, 0), (UID, UID + 1, UID + 1), (UID + 1, UID + 1, UID)):
        with python(f"import os\nos.setresuid{uids}\n" + WAIT) as process:
            assert proc.belongs_to(process.pid, UID)
            assert proc.read_uids(process.pid)[:3] == uids


def test_the_last_pid_moves_with_every_process_even_one_that_is_gone() -> None:
    before = proc.last_pid()
    assert before > 0
    subprocess.run(["/bin/true"], check=True)
    assert proc.last_pid() != before


def test_arguments_and_first_environment_are_read() -> None:
    with subprocess.Popen(["/bin/sleep", "60", "61"], env={"MARK": "m=1", "B": ""}) as process:
        try:
            wait_for(lambda: proc.command_line(process.pid)[:1] == ["/bin/sleep"])
            assert proc.command_line(process.pid) == ["/bin/sleep", "60", "61"]
            assert b"MARK=m=1\0" in proc.initial_environment(process.pid)
        finally:
            process.kill()


def test_an_environment_of_many_pages_is_read_whole() -> None:
    environment = {f"V{number}": "x" * 1000 for number in range(200)} | {"ZMARK": "here"}
    with subprocess.Popen(["/bin/sleep", "60"], env=environment) as process:
        try:
            wait_for(lambda: proc.command_line(process.pid)[:1] == ["/bin/sleep"])
            assert b"\0ZMARK=here\0" in b"\0" + proc.initial_environment(process.pid)
        finally:
            process.kill()


def test_open_files_are_known_by_device_and_inode(tmp_path: Path) -> None:
    (tmp_path / "held").touch()
    status = (tmp_path / "held").stat()
    code = f"file = open({str(tmp_path / 'held')!r})\n" + WAIT
    with python(code) as process:
        assert (status.st_dev, status.st_ino) in proc.has_open_file(process.pid)


def test_threads_of_this_process_leave_it_alive() -> None:
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    assert not proc.is_dead(ME())
    done.set()
    thread.join()


def test_the_machines_own_tmp_is_not_taken_for_a_containers() -> None:
    """Here PID 1 is old, or /tmp is a plain directory: either way it is not the namespace's own."""
    if proc.read_file("/proc/1/cmdline").startswith(b"pytest"):
        pytest.skip("the tests are PID 1 of a container of their own")
    before = os.path.getctime("/proc/1") - 1
    is_old = any(entry.stat(follow_symlinks=False).st_ctime < before for entry in os.scandir("/tmp"))
    is_mount = os.path.ismount("/tmp")
    root_is_overlay = b" / / " in proc.read_file("/proc/self/mountinfo") and not is_mount
    if is_old and not root_is_overlay:
        assert not proc.tmp_is_own_mount()
    assert not proc.tmp_is_own_mount("/usr")


def test_namespace_is_named() -> None:
    assert proc.pid_namespace().startswith("pid:[")


def test_a_process_is_stopped_when_each_of_its_threads_is() -> None:
    code = (
        "import threading, time\n"
        "for _ in range(3): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
        "print(flush=True); time.sleep(60)"
    )
    with python(code) as process:
        assert not proc.is_stopped(process.pid)
        process.send_signal(signal.SIGSTOP)
        wait_for(lambda: proc.is_stopped(process.pid))
        process.send_signal(signal.SIGCONT)
        wait_for(lambda: not proc.is_stopped(process.pid))
    assert proc.is_stopped(process.pid), "what is gone does nothing"


def test_who_is_dead_stays_dead_while_its_threads_go() -> None:
    """They leave the list one by one: that is no sign of life."""
    code = (
        "import threading, time\n"
        "for _ in range(9): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
        "held = bytearray(os.urandom(1 << 20)) * 200\n"
        "print(flush=True); time.sleep(60)"
    )
    for _ in range(6):
        with python("import os\n" + code) as process:
            process.kill()
            wait_for(lambda: proc.is_dead(process.pid))
            # Its memory takes some time to go, and the thread that it goes with.
            end = time.monotonic() + 0.1
            while time.monotonic() < end:
                assert proc.is_dead(process.pid)


@pytest.mark.parametrize("threads", [0, 3])
def test_who_was_killed_is_dying_though_he_cannot_run(threads: int, tmp_path: Path) -> None:
    """A kill that has not been taken yet is seen as well as an end."""
    code = (
        f"import threading, time\nfor _ in range({threads}): threading.Thread(target=time.sleep, args=(60,)).start()\n"
        + WAIT
    )
    with python(code) as process:
        assert not proc.is_dying(process.pid)
        process.kill()
        assert proc.is_dying(process.pid)
        process.wait()
        assert proc.is_dying(process.pid), "what is gone is dying"


def test_a_leader_that_has_ended_before_its_threads_is_not_dying() -> None:
    code = "import _thread, ctypes, time\n_thread.start_new_thread(time.sleep, (60,))\nprint(flush=True)\nctypes.CDLL(None).syscall({}, 0)"
    with python(code.format(60 if os.uname().machine == "x86_64" else 93)) as process:
        wait_for(lambda: state_of(process.pid) == "Z")
        assert not proc.is_dying(process.pid)
        process.kill()
        assert proc.is_dying(process.pid)


def test_memory_in_use_and_memory_left_are_numbers_of_bytes() -> None:
    held = bytearray(os.urandom(1 << 20)) * 40
    assert proc.resident_bytes(os.getpid()) > len(held)
    assert proc.available_bytes() > 1 << 20
    process = subprocess.Popen(["/bin/true"])
    process.wait()
    assert proc.resident_bytes(process.pid) == 0

"""Reads /proc: which processes there are, whose they are, whether they are dead."""

from __future__ import annotations

import errno
import os
import time

# task_struct flag PF_EXITING (include/linux/sched.h): set before a thread's teardown begins, and from
# then on it runs no user code. It comes 25 µs after SIGKILL, the teardown of a large process
# milliseconds later, so this, and not waitpid, says when a process is dead.
PF_EXITING = 0x4
# On every Linux. The signal module costs 3.4 ms where nothing else has loaded it: at the first start of all.
SIGKILL = 9
SIGCONT = 18
SIGSTOP = 19
# The threads of a large process that is dead go one by one.
_MANY_LOOKS = 64
_FEW_LOOKS = 16
# The place of `signal` in /proc/PID/stat, behind the command; 31 in proc_pid_stat(5).
_PENDING = 28
_CAP_SYS_PTRACE = 19


# Between a start in ticks since boot and a file's time: the tick, and how well the two clocks agree.
_CLOCKS_DIFFER_S = 1.0


class ProcessStat:
    """The fields of /proc/PID/stat that Dayfly needs; `started` in clock ticks since boot."""

    __slots__ = ("flags", "is_killed", "parent", "pid", "started", "state")

    def __init__(
        self, pid: int, parent: int, state: str, flags: int, started: int, *, is_killed: bool = False
    ) -> None:
        self.pid = pid
        self.parent = parent
        self.state = state
        self.flags = flags
        self.started = started
        # SIGKILL waits for this thread to get a processor.
        self.is_killed = is_killed


def read_file(path: str, *, limit: int = 1 << 20) -> bytes:
    """Return the first `limit` bytes of a /proc file; raises OSError.

    Reads until the file ends: the kernel gives whole records, as many as fit into one page, so a short
    read of a list (mappings, children, System V objects) says nothing about what follows.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        parts: list[bytes] = []
        left = limit
        while left > 0:
            data = os.read(descriptor, min(left, 65536))
            if not data:
                break
            parts.append(data)
            left -= len(data)
        return b"".join(parts)
    finally:
        os.close(descriptor)


def mapped_files() -> list[str]:
    """Return the paths of the files that are mapped into this process, sorted; raises OSError."""
    text = read_file("/proc/self/maps", limit=1 << 24).decode("utf-8", "surrogateescape")
    fields = (line.split(None, 5) for line in text.splitlines())
    return sorted({parts[5] for parts in fields if len(parts) > 5 and parts[5].startswith("/")})


def _read_record(path: str) -> bytes:
    """Return a /proc file that is one record, as `stat` and `status` are, in one read; raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(descriptor, 65536)
    finally:
        os.close(descriptor)


def _raise_if_exhausted(fault: OSError) -> None:
    """Raise `fault` if it says that we cannot look, and not that there is nothing to see.

    Any process of our user may lower our limit of descriptors (prlimit), for just as long as we look at
    it: taken for gone, it would be left alive.
    """
    if fault.errno in (errno.EMFILE, errno.ENFILE, errno.ENOMEM):
        raise fault


def list_pids() -> list[int]:
    """Return the processes visible in this PID namespace, ascending."""
    return sorted(int(name) for name in os.listdir("/proc") if name.isdigit())


def read_stat(pid: int) -> ProcessStat | None:
    """Return the process's stat, None once it is gone; raises OSError where we cannot look."""
    return _read_stat(f"/proc/{pid}/stat", pid)


def _read_stat(path: str, pid: int) -> ProcessStat | None:
    try:
        text = _read_record(path)
    except OSError as fault:
        _raise_if_exhausted(fault)
        return None
    return parse_stat(pid, text)


def parse_stat(pid: int, text: bytes) -> ProcessStat | None:
    """Return what a stat record says, None for a part of one.

    The command may hold anything, spaces, parentheses and line feeds too: the fields begin after the last
    parenthesis.
    """
    fields = text[text.rfind(b")") + 2 :].split()
    if len(fields) < 20:
        return None
    is_killed = len(fields) > _PENDING and bool(int(fields[_PENDING]) & 1 << (SIGKILL - 1))
    return ProcessStat(
        pid, int(fields[1]), fields[0].decode(), int(fields[6]), int(fields[19]), is_killed=is_killed
    )


def read_uids(pid: int) -> tuple[int, ...]:
    """Return real, effective, saved and file-system uid, empty once the process is gone.

    From /proc/PID/status, since the owner of /proc/PID is the effective one alone.
    """
    try:
        text = _read_record(f"/proc/{pid}/status")
    except OSError as fault:
        _raise_if_exhausted(fault)
        return ()
    at = text.find(b"\nUid:")
    if at < 0:
        return ()
    return tuple(int(part) for part in text[at + 5 : text.find(b"\n", at + 1)].split())


def belongs_to(pid: int, uid: int) -> bool:
    """Say whether a process of user `uid` could have become `pid`.

    The cheap look at the owner of /proc/PID, the effective user even of an undumpable process
    (task_dump_owner in the kernel's fs/proc/base.c), decides the ordinary cases.
    """
    try:
        owner = os.stat(f"/proc/{pid}").st_uid
    except OSError:
        return False
    return owner == uid or uid in read_uids(pid)


def is_dead(pid: int) -> bool:
    """Say whether no thread of the process can run user code any more.

    A leader that ended while a thread goes on shows state Z, so every thread is looked at. A thread that
    executes a program takes the leader's number, and its own is gone: whoever saw the leader dead and
    then no thread has seen nothing of it, and looks again. Raises OSError where we cannot look.
    """
    for _ in range(_MANY_LOOKS):
        threads = _read_threads(pid)
        if any(_may_run(stat) for stat in threads.values() if stat is not None):
            return False
        if None not in threads.values():
            return True
    return False


def is_stopped(pid: int) -> bool:
    """Say whether every thread of the process is stopped by a signal, or has ended.

    Sending SIGSTOP says nothing: each thread stops when it next looks, and a SIGCONT in between takes it back.
    """
    return not threads_by_stop(pid)[1]


def threads_by_stop(pid: int) -> tuple[set[str], set[str]]:
    """Return the threads of a process that a signal has stopped, and those that may run; the ended are neither."""
    alive = {
        thread: stat for thread, stat in _read_threads(pid).items() if stat is not None and _may_run(stat)
    }
    stopped = {thread for thread, stat in alive.items() if stat.state == "T"}
    return stopped, alive.keys() - stopped


def _read_threads(pid: int) -> dict[str, ProcessStat | None]:
    """Return the stat of every thread, None of one that ended meanwhile; nothing of a process that is gone."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError as fault:
        _raise_if_exhausted(fault)
        return {}
    return {thread: _read_stat(f"/proc/{pid}/task/{thread}/stat", pid) for thread in threads}


def _may_run(stat: ProcessStat) -> bool:
    """Say whether a thread has not begun to end."""
    return not stat.flags & PF_EXITING and stat.state not in "ZX"


def times_run(pid: int) -> dict[str, bytes]:
    """Return how often each thread of a process has given up the processor, by thread.

    Whoever has run has given it up since, or is not stopped. Raises OSError where we cannot look.
    """
    found: dict[str, bytes] = {}
    for thread in os.listdir(f"/proc/{pid}/task"):
        text = _read_record(f"/proc/{pid}/task/{thread}/status")
        # The last two lines: voluntary_ctxt_switches and nonvoluntary_ctxt_switches.
        found[thread] = text[text.rfind(b"\nvoluntary_") :]
    return found


def count_threads(pid: int) -> int:
    """Return how many threads a process has, 0 once it is gone."""
    try:
        return len(os.listdir(f"/proc/{pid}/task"))
    except OSError as fault:
        _raise_if_exhausted(fault)
        return 0


def is_dying(pid: int) -> bool:
    """Say whether a process was killed or has ended: it runs no more user code once it has a processor, if at all.

    A SIGKILL is pending for each thread (complete_signal in kernel/signal.c), and wakes it. Between taking it and beginning
    to exit a thread only looks as if it ran, so one that runs is looked at again. Raises OSError where we cannot look.
    """
    for _ in range(_FEW_LOOKS):
        alive = [stat for stat in _read_threads(pid).values() if stat is not None and _may_run(stat)]
        alive = [stat for stat in alive if not stat.is_killed]
        if all(stat.state != "R" for stat in alive):
            return not alive
        os.sched_yield()
    return False


def has_pending_stop(pid: int) -> bool:
    """Say whether SIGSTOP waits for the first thread of the process to get a processor."""
    try:
        text = _read_record(f"/proc/{pid}/status")
    except OSError as fault:
        _raise_if_exhausted(fault)
        return False
    at = text.find(b"\nShdPnd:")
    return at >= 0 and bool(int(text[at + 8 : text.find(b"\n", at + 1)], 16) & 1 << (SIGSTOP - 1))


def is_zombie(pid: int) -> bool:
    """Say whether the process is dead and nobody has waited for it."""
    stat = read_stat(pid)
    return stat is not None and stat.state == "Z" and is_dead(pid)


def last_pid() -> int:
    """Return the pid this namespace gave out last, -1 where /proc does not tell."""
    try:
        return int(_read_record("/proc/loadavg").split()[4])
    except (OSError, ValueError, IndexError):
        return -1


def count_runnable() -> int:
    """Return how many threads of the machine want a processor now, 0 where /proc does not tell."""
    try:
        return int(_read_record("/proc/loadavg").split()[3].partition(b"/")[0])
    except (OSError, ValueError, IndexError):
        return 0


def ancestors(pid: int) -> list[int]:
    """Return the parents of `pid` up to the top of the namespace, nearest first."""
    found: list[int] = []
    stat = read_stat(pid)
    while stat is not None and stat.parent > 0 and stat.parent not in found:
        found.append(stat.parent)
        stat = read_stat(stat.parent)
    return found


def has_buried(pid: int) -> bool:
    """Say whether a process has ever waited for a child; True where /proc does not tell.

    The kernel adds the page faults of every child that was waited for to its parent's account (field
    cminflt, kernel/exit.c), and no process can run without one. Nobody can take them back.
    """
    try:
        text = _read_record(f"/proc/{pid}/stat")
    except OSError:
        return True
    fields = text[text.rfind(b")") + 2 :].split()
    return len(fields) < 9 or fields[8] != b"0"


def group(pid: int) -> int:
    """Return the process group of a process, -1 once it is gone."""
    try:
        return os.getpgid(pid)
    except OSError:
        return -1


def session(pid: int) -> int:
    """Return the session of a process, -1 once it is gone."""
    try:
        return os.getsid(pid)
    except OSError:
        return -1


def started_at(pid: int) -> float:
    """Return when a process was started, in seconds since the epoch as files are stamped; 0.0 if unknown."""
    stat = read_stat(pid)
    if stat is None:
        return 0.0
    # Not the times of /proc/1: an inode there begins when somebody first looks, in a later life perhaps.
    booted = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    return booted + stat.started / os.sysconf("SC_CLK_TCK")


def children(pid: int, *, has_one_thread: bool = False) -> list[int] | None:
    """Return the children of every thread of `pid`; None where the kernel does not list them.

    With `has_one_thread` only the first thread is asked: right for Dayfly's own processes alone.
    """
    found: list[int] = []
    try:
        threads = [str(pid)] if has_one_thread else os.listdir(f"/proc/{pid}/task")
    except OSError as fault:
        _raise_if_exhausted(fault)
        return []
    for thread in threads:
        try:
            found += [int(part) for part in read_file(f"/proc/{pid}/task/{thread}/children").split()]
        except FileNotFoundError:
            if os.path.isdir(f"/proc/{pid}/task/{thread}"):
                return None
        except OSError as fault:
            _raise_if_exhausted(fault)
    return found


def parents() -> dict[int, int]:
    """Return the parent of every visible process, in one pass."""
    table: dict[int, int] = {}
    for pid in list_pids():
        stat = read_stat(pid)
        if stat is not None:
            table[pid] = stat.parent
    return table


def command_line(pid: int) -> list[str]:
    """Return the arguments of a process, empty when unreadable."""
    try:
        return read_file(f"/proc/{pid}/cmdline").decode("utf-8", "replace").split("\0")[:-1]
    except OSError:
        return []


def initial_environment(pid: int) -> bytes:
    """Return the environment a process was executed with, empty when unreadable."""
    try:
        return read_file(f"/proc/{pid}/environ")
    except OSError:
        return b""


def opens_memory(process: int | str) -> bool:
    """Say whether the memory of a process can be opened for writing, by trying; nothing is read or written.

    `process` is a number, or "self".
    """
    try:
        os.close(os.open(f"/proc/{process}/mem", os.O_RDWR | os.O_CLOEXEC))
    except OSError as fault:
        # Whoever has no descriptor left has not been refused.
        return fault.errno not in (errno.EACCES, errno.EPERM, errno.ENOENT, errno.ESRCH)
    return True


def may_trace_all() -> bool:
    """Say whether this process, and so every other of its kind, has the right to open any process's memory."""
    text = _read_record("/proc/self/status")
    at = text.find(b"\nCapEff:")
    return at >= 0 and bool(int(text[at + 8 : text.find(b"\n", at + 1)], 16) >> _CAP_SYS_PTRACE & 1)


def bears_mark(pid: int, mark: bytes) -> bool:
    """Say whether `mark` stands in the environment a process was executed with, or in its command line.

    What was only forked has its parent's command line, and the kernel shows that of a process that is not
    dumpable, whose environment it hides.
    """
    if mark in initial_environment(pid):
        return True
    try:
        return mark in read_file(f"/proc/{pid}/cmdline")
    except OSError:
        return False


def has_open_file(pid: int) -> set[tuple[int, int]]:
    """Return (device, inode) of every file the process holds open, empty when unreadable."""
    found: set[tuple[int, int]] = set()
    try:
        names = os.listdir(f"/proc/{pid}/fd")
    except OSError:
        return found
    for name in names:
        try:
            status = os.stat(f"/proc/{pid}/fd/{name}")
        except OSError:
            continue
        found.add((status.st_dev, status.st_ino))
    return found


def pid_namespace() -> str:
    """Return our PID namespace as `pid:[inode]`, empty when unreadable."""
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""


def ipc_namespace() -> str:
    """Return our namespace of System V objects as `ipc:[inode]`, empty when unreadable."""
    try:
        return os.readlink("/proc/self/ns/ipc")
    except OSError:
        return ""


def tmp_is_own_mount(path: str = "/tmp") -> bool:
    """Say whether `path` began with this PID namespace: a mount of its own, or a container's root.

    A bind mount of the host's directory cannot always be told from a fresh one, so in a mount nothing
    may be older than PID 1.
    """
    init_started = started_at(1)
    try:
        lines = read_file("/proc/self/mountinfo").decode("utf-8", "replace").splitlines()
    except OSError:
        return False
    if not init_started:
        return False
    best: tuple[str, str, str] = ("", "", "")
    for line in lines:
        left, _, right = line.partition(" - ")
        fields = left.split(" ")
        if len(fields) < 5 or not right:
            continue
        root, point, kind = fields[3], fields[4], right.split(" ")[0]
        inside = path == point or path.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best[1]):
            best = (root, point, kind)
    root, point, kind = best
    if kind == "overlay" and point == "/":
        return True
    if point != path and not (kind == "tmpfs" and point == "/"):
        return False
    if point == path and root not in ("/", ""):
        return False
    try:
        with os.scandir(path) as entries:
            # lost+found is made with the file system itself.
            return all(
                entry.name == "lost+found"
                or entry.stat(follow_symlinks=False).st_ctime >= init_started - _CLOCKS_DIFFER_S
                for entry in entries
            )
    except OSError:
        return False


def resident_bytes(pid: int) -> int:
    """Return how much memory a process has in use, shared pages too; 0 for one that is gone."""
    try:
        fields = _read_record(f"/proc/{pid}/statm").split()
    except OSError:
        return 0
    return int(fields[1]) * os.sysconf("SC_PAGESIZE") if len(fields) > 1 else 0


def cpu_time(pid: int) -> float:
    """Return the seconds of processor time that a process's threads used, dead ones too; 0 where the kernel does not say.

    Its children's are not in it. The number of a process's CPU clock is made of its pid, include/linux/posix-timers_types.h.
    """
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return 0.0


def available_bytes() -> int:
    """Return how much memory can still be used without swapping, by the kernel's estimate; -1 where it gives none."""
    try:
        lines = read_file("/proc/meminfo").split(b"\n")
    except OSError:
        return -1
    for line in lines:
        fields = line.split()
        if len(fields) > 1 and fields[0] == b"MemAvailable:":
            return int(fields[1]) * 1024
    return -1

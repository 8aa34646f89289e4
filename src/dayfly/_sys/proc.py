"""Reads /proc: what is seen of a process, and of where it runs."""

from __future__ import annotations

import errno
import os
import time

_CAP_SYS_PTRACE = 19


# Between a start in ticks since boot and a file's time: the tick, and how well the two clocks agree.
_CLOCKS_DIFFER_S = 1.0


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


def resident_mb() -> int:
    """Return the memory of this process that is present, that of files included."""
    with open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20


def function_mb() -> int:
    """Return the function's memory, 256 where nobody says how much that is."""
    size = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "")
    return int(size) if size.isdecimal() and len(size) < 9 else 256


def spare_mb() -> int:
    """Return how much of seven eighths of the function's memory neither this process needs nor a child of it that has ended has needed."""
    # Loaded once there is something to learn.
    import resource

    needed = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10
    return function_mb() * 7 // 8 - max(resident_mb(), needed)


def started_ticks(pid: int) -> int:
    """Return when a process was started, in clock ticks since boot, -1 once it is gone.

    Its command may hold anything, spaces, parentheses and line feeds too: the fields begin after the last parenthesis.
    """
    try:
        text = _read_record(f"/proc/{pid}/stat")
    except OSError:
        return -1
    fields = text[text.rfind(b")") + 2 :].split()
    return int(fields[19]) if len(fields) > 19 else -1


def started_at(pid: int) -> float:
    """Return when a process was started, in seconds since the epoch as files are stamped; 0.0 if unknown."""
    ticks = started_ticks(pid)
    if ticks < 0:
        return 0.0
    # Not the times of /proc/1: an inode there begins when somebody first looks, in a later life perhaps.
    booted = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    return booted + ticks / os.sysconf("SC_CLK_TCK")


def command_line(pid: int) -> list[str]:
    """Return the arguments of a process, empty when unreadable."""
    try:
        return read_file(f"/proc/{pid}/cmdline").decode("utf-8", "replace").split("\0")[:-1]
    except OSError:
        return []


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


def pid_namespace() -> str:
    """Return our PID namespace as `pid:[inode]`, empty when unreadable."""
    try:
        return os.readlink("/proc/self/ns/pid")
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

"""Looks whether the initialised function may be forked, and names what forbids it."""

from __future__ import annotations

import os
import stat
import sys
import threading
import time

from dayfly._sys import proc

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Set

    from dayfly.runtime.sealing import Sealing

# join() returns when a thread has let go of the interpreter, a moment before the kernel lets go of it.
_JOINED_S = 0.02
# How long a chain of threads, each of which starts the next, may take to be met at rest.
_CHAIN_S = 1.0
# The C library's own, mapped in nearly every process, opened for reading.
_GCONV = "/gconv/gconv-modules.cache"
_SOCKET_FAMILIES = {1: "Unix", 2: "IPv4", 10: "IPv6", 16: "netlink"}


def reasons_not_to_fork(sealing: Sealing, *, temporary: tuple[str, ...]) -> list[str]:
    """Return one sentence per culprit, each with its fix; empty when a fork is safe.

    `temporary` are the directories any invocation may write to. What `sealing` has made safe is no
    culprit. Names come from the function's init, never from an event.
    """
    return [
        *sealing.refusals,
        *lost_threads(sealing),
        *_descriptors(sealing.own | sealing.descriptors),
        *_mappings(temporary, but=sealing.areas),
        *_modules(temporary),
    ]


def open_descriptors() -> frozenset[int]:
    """Return what is open now: before init, Dayfly's own and what the platform handed down."""
    try:
        numbers = {int(name) for name in os.listdir("/proc/self/fd")}
    except OSError:
        return frozenset()
    # The one that listed them is closed again, and its number free for the function.
    return frozenset(number for number in numbers if os.path.islink(f"/proc/self/fd/{number}"))


def kind_of(number: int) -> str:
    """Return what a descriptor is of what the kernel makes without a name (`eventpoll`); "" for all else."""
    try:
        target = os.readlink(f"/proc/self/fd/{number}")
    except OSError:
        return ""
    return target[len("anon_inode:") :].strip("[]") if target.startswith("anon_inode:") else ""


def count_tasks() -> int:
    """Return how many threads this process has, native ones included; 2 where that cannot be told."""
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return 2


def count_others() -> int:
    """Return how many threads there are beside the main one, without those that their library does without in a child."""
    others = count_tasks() - 1
    if others:
        from dayfly.runtime import natives

        others -= sum(map(natives.count, natives.FORK_SAFE))
    return others


def has_threads() -> bool:
    """Say whether there may be threads beside the main one: gevent's greenlets, which pass for such, the kernel does not count."""
    return count_tasks() > 1 or len(threading.enumerate()) > 1 or "gevent.monkey" in sys.modules


def has_shared_memory() -> bool:
    """Say whether anything is mapped shared beside what the C library maps in nearly every process; True too often is harmless."""
    try:
        text = proc.read_file("/proc/self/maps", limit=1 << 24)
    except OSError:
        return False
    # Not line by line: every function pays for it.
    return text.count(b"-s ") + text.count(b"xs ") > text.count(_GCONV.encode())


def lost_threads(sealing: Sealing, *, why: str = "") -> list[str]:
    """Return a sentence that names the threads a worker would not have and may need, and the fix; none where it has all.

    `why` says why the native ones cannot be copied into it.
    """
    if sealing.thread_policy == "drop":
        return []
    began = time.monotonic()
    before: tuple[list[threading.Thread], int] | None = None
    while True:
        # A thread that is known may have started the next one of its kind meanwhile: a timer, say.
        sealing.prepare_fork()
        named, native = _unknown_threads(sealing)
        if not named and (native <= 0 or sealing.copies_threads):
            return []
        waited = time.monotonic() - began
        # Others each time are a chain that a busy machine meets between two links; the same ones stay.
        if waited > _CHAIN_S or (waited > _JOINED_S and (named, native) == before):
            break
        before = named, native
        time.sleep(0.001)
    parts = [f"thread {thread.name!r}" for thread in named[:8]]
    fix = "start threads in the handler"
    if native > 0 and not sealing.copies_threads:
        from dayfly.runtime import natives

        safe = sealing.runtimes | natives.FORK_SAFE
        parts += natives.describe(but=safe)
        fix = ", or ".join(([fix] if named else []) + natives.describe_fixes(but=safe)) or fix
    cannot = f" and cannot be copied into it ({why})" if why else ""
    return [f"{', '.join(parts)} started at init would not exist in a worker{cannot}: {fix}"]


def has_native_threads(sealing: Sealing) -> bool:
    """Say whether there are threads that Python knows nothing of, and that nobody made safe."""
    return count_tasks() > 1 and _unknown_threads(sealing)[1] > 0


def _unknown_threads(sealing: Sealing) -> tuple[list[threading.Thread], int]:
    """Return the threads that nobody made safe, and how many there are that Python knows nothing of."""
    others = [thread for thread in threading.enumerate() if thread is not threading.main_thread()]
    named = [thread for thread in others if thread not in sealing.threads]
    try:
        native = len(os.listdir("/proc/self/task")) - 1 - len(others)
    except OSError:
        native = 0
    if native > 0:
        # Late: few functions have such a library.
        from dayfly.runtime import natives

        native -= sum(natives.count(library) for library in sealing.runtimes | natives.FORK_SAFE)
    return named, native


def _descriptors(safe: frozenset[int] | set[int]) -> list[str]:
    found: list[str] = []
    try:
        numbers = sorted(int(name) for name in os.listdir("/proc/self/fd"))
    except OSError:
        return ["file descriptors cannot be listed on this host, so Dayfly cannot check that a fork is safe"]
    for number in numbers:
        if number in safe or number <= 2:
            continue
        try:
            target = os.readlink(f"/proc/self/fd/{number}")
            status = os.fstat(number)
        except OSError:
            continue
        mode = status.st_mode
        if stat.S_ISSOCK(mode):
            found.append(
                f"{_describe_socket(number)} opened at init would be shared by workers: open it in the handler"
            )
        elif target.startswith("anon_inode:"):
            kind = target[len("anon_inode:") :].strip("[]")
            fix = "use asyncio's own loop, or " if kind == "io_uring" else ""
            found.append(
                f"{kind} descriptor created at init would be shared by workers: {fix}create the event loop in "
                "the handler"
            )
        elif stat.S_ISFIFO(mode) and not _is_output(status):
            found.append("a pipe created at init would be shared by workers: create it in the handler")
        elif (stat.S_ISREG(mode) or stat.S_ISDIR(mode)) and not _is_output(status):
            # Each worker has its own of what the files sealer handled; this is what it did not.
            found.append(f"{target} opened at init would be shared by workers: open it in the handler")
        elif (stat.S_ISCHR(mode) or stat.S_ISBLK(mode)) and not _is_output(status):
            # A terminal, say: it keeps what is written to it, and its settings.
            found.append(
                f"the device {target} opened at init would be shared by workers: open it in the handler"
            )
    return found


def _is_output(status: os.stat_result) -> bool:
    """Say whether a descriptor is one of our own outputs under another number."""
    for output in (1, 2):
        other = os.fstat(output)
        if (status.st_dev, status.st_ino) == (other.st_dev, other.st_ino):
            return True
    return False


def _describe_socket(number: int) -> str:
    import _socket

    from dayfly._sys import sockets

    try:
        sock = sockets.duplicate(number)
    except OSError:
        # A thread has closed it meanwhile.
        return "a socket"
    try:
        family = _SOCKET_FAMILIES.get(sock.family, "other")
        kind = "datagram" if sock.type == _socket.SOCK_DGRAM else "stream"
        try:
            peer = sock.getpeername()
        except OSError:
            peer = None
        where = f" to {peer[0]}:{peer[1]}" if isinstance(peer, tuple) and len(peer) > 1 else ""
        return f"{family} {kind} socket{where}"
    finally:
        sock.close()


def _mappings(temporary: tuple[str, ...], *, but: Set[str]) -> list[str]:
    found: list[str] = []
    for area, permissions, path in _maps():
        if area in but:
            continue
        if path == "anon_inode:[io_uring]":
            # Its descriptor is named.
            continue
        if "s" in permissions and ("w" in permissions or _may_be_written(area, permissions, path)):
            found.append(
                f"shared memory {path or 'without a name'} mapped at init is writable by every worker: map "
                "it with MAP_PRIVATE or in the handler"
            )
        elif "x" in permissions and any(path.startswith(root + "/") for root in temporary):
            found.append(
                "every invocation can change native code in a temporary directory: ship it in the package"
            )
    return sorted(set(found))


def _may_be_written(area: str, permissions: str, path: str) -> bool:
    """Say whether mprotect() could make a shared mapping writable: its file was opened for writing."""
    if path.endswith(_GCONV):
        return False
    # Late: few functions map anything else shared.
    from dayfly._sys import native

    start, _, end = area.partition("-")
    if not permissions.startswith("r--"):
        return True
    return native.may_become_writable(int(start, 16), int(end, 16) - int(start, 16))


def _maps() -> list[tuple[str, str, str]]:
    try:
        text = proc.read_file("/proc/self/maps", limit=1 << 24).decode("utf-8", "replace")
    except OSError:
        return []
    parsed: list[tuple[str, str, str]] = []
    for line in text.splitlines():
        fields = line.split(None, 5)
        if len(fields) >= 5:
            parsed.append((fields[0], fields[1], fields[5] if len(fields) > 5 else ""))
    return parsed


def _modules(temporary: tuple[str, ...]) -> list[str]:
    prefixes = tuple(root + "/" for root in temporary)
    for name, module in list(sys.modules.items()):
        origin = getattr(module, "__file__", None)
        if isinstance(origin, str) and origin.startswith(prefixes):
            return [
                (
                    f"module {name!r} was imported from a temporary directory, where every invocation can "
                    "change it: ship it in the package"
                )
            ]
    for entry in sys.path:
        if isinstance(entry, str) and (entry in temporary or entry.startswith(prefixes)):
            return [
                (
                    "sys.path contains a temporary directory, where every invocation can add modules: remove "
                    "it after init"
                )
            ]
    return []

"""Dayfly doctor: a Lambda handler that tells, by trying, what the platform allows.

Made by `dayfly doctor --lambda`; read its answers with `dayfly doctor --read`. It needs nothing but
Python 3.11 to 3.14 and is one file so that it can be pasted into a console: that is why it is long.

The event chooses the probe, {"probe": NAME}:

survey (default)      everything that disturbs nobody: system calls, processes, limits, orphans, clocks. Run
                      it twice in a row: the second tells what became of what the first one left.
api_lock              opens the response with `Expect: 100-continue`, keeps it open and tries whether others
                      are refused meanwhile: first GET /next, then POST /response.
held_error            reports an error by trailers of such an open response. Only who invoked it sees whether
                      that counts as a FunctionError, so keep what `aws lambda invoke` prints.
exit_after_response   answers by itself and ends the process before the next event is asked for. A survey
                      after it tells what the reset left.
clean                 ends the orphans and removes the marker folder.

What it does to its environment: two orphans that sleep (two minutes of running time at most) and the folder
`dayfly-doctor` in /tmp are left for the next invocation on purpose. System calls are tried in children that
end. Memory of other processes is opened and closed, never read or written. Every step is bounded in time.

What is in an answer: no value of an environment variable, no credential, no ARN, no host name, no request id.
Names and users of visible processes are (the platform's own, and extensions'), and the command of PID 1.

One thing can go wrong: if the platform neither refuses nor answers the GET /next of api_lock, it may hand the
next event to that connection, which is closed by then. That invocation times out; the one after it works.

How the probes that talk to the Runtime API get past awslambdaric: its loop posts what the handler returns.
They answer over a connection of their own and let that one post do nothing; then the loop goes on as ever.
"""

from __future__ import annotations

import base64
import contextlib
import ctypes
import errno
import fcntl
import hashlib
import json
import mmap
import os
import platform
import resource
import select
import shutil
import signal
import socket
import struct
import sys
import tempfile
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    Facts = dict[str, object]

    class Context(Protocol):
        """What the probes use of Lambda's context."""

        aws_request_id: str

        def get_remaining_time_in_millis(self) -> int: ...


SCHEMA = "dayfly-doctor/1"
CHILD_LIMIT_S = 3.0
WIRE_LIMIT_S = 2.0
# How long a request that should be refused at once is given while the response is held.
REFUSAL_LIMIT_S = 1.0
REAPED_WITHIN_S = 1.0
NEEDED_S = 10.0
BEAT_S = 0.2
# Beats come while the environment runs, not while it is frozen: two minutes of running time.
MAX_BEATS = 600
# One orphan in a session of its own, one that stays in the runtime's process group.
ORPHANS = ("session", "group")
MAX_PROCESSES = 64
MAX_REPLY_BYTES = 65536

# Which memory this copy of the module has: the next invocation tells whether it is the same.
_memory: Facts = {"nonce": os.urandom(8).hex()}
# What a probe has started; each probe runs in a child and so has a list of its own.
_children: list[int] = []

_NUMBERS = {
    "x86_64": {"add_key": 248, "keyctl": 250, "seccomp": 317, "io_uring_setup": 425, "close_range": 436},
    "aarch64": {"add_key": 217, "keyctl": 219, "seccomp": 277, "io_uring_setup": 425, "close_range": 436},
}
_GETPRIORITY = {"x86_64": 140, "aarch64": 141}
# The smallest program that ends with status 42; no loader and no library has a part in it.
_EXIT_42 = {
    "x86_64": (62, bytes.fromhex("bf2a000000b83c0000000f05")),
    "aarch64": (183, struct.pack("<III", 0xD2800540, 0xD2800BA8, 0xD4000001)),
}
_STATUS = 42
_CLONE_NEWNS = 0x00020000
_CLONE_NEWIPC = 0x08000000
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWPID = 0x20000000
_CLONE_NEWNET = 0x40000000


# --- trying things where nothing sticks ------------------------------------------------------------------


def yes(**more: object) -> Facts:
    return {"works": True, "why": "", **more}


def no(why: str, **more: object) -> Facts:
    return {"works": False, "why": why, **more}


def unknown(why: str) -> Facts:
    return {"works": None, "why": why}


def error_name(fault: OSError) -> str:
    return errno.errorcode.get(fault.errno or 0, "error")


def in_child(act: Callable[[], Facts], *, limit_s: float = CHILD_LIMIT_S) -> Facts:
    """What `act` returns in a child that ends, with its process group, after `limit_s` at the latest."""
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(read_end)
            os.setpgid(0, 0)
            try:
                outcome = act()
            except OSError as fault:
                outcome = no(error_name(fault))
            except Exception as fault:
                outcome = unknown(type(fault).__name__)
            end_children()
            os.write(write_end, json.dumps(outcome).encode() + b"\n")
        finally:
            os._exit(0)
    os.close(write_end)
    with contextlib.suppress(OSError):
        os.setpgid(pid, pid)
    text = read_line(read_end, limit_s=limit_s)
    os.close(read_end)
    status = None if text else poll_exit(pid, limit_s=0.1)
    with contextlib.suppress(OSError):
        os.killpg(pid, signal.SIGKILL)
    if status is None:
        os.waitpid(pid, 0)
    if text:
        outcome = json.loads(text)
        assert isinstance(outcome, dict)
        return outcome
    if status is not None and os.WIFSIGNALED(status):
        return no("killed by " + signal.Signals(os.WTERMSIG(status)).name)
    return unknown(f"no answer in {limit_s:g} s")


def read_line(descriptor: int, *, limit_s: float) -> bytes:
    """A line without its end; empty if none comes in time."""
    end = time.monotonic() + limit_s
    data = b""
    while not data.endswith(b"\n"):
        ready, _, _ = select.select([descriptor], [], [], max(0.0, end - time.monotonic()))
        part = os.read(descriptor, 65536) if ready else b""
        if not part:
            return b""
        data += part
    return data[:-1]


def poll_exit(pid: int, *, limit_s: float) -> int | None:
    """The wait status of a child, None if it does not end in time."""
    end = time.monotonic() + limit_s
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return status
        if time.monotonic() > end:
            return None
        time.sleep(0.002)


def fork_child(act: Callable[[], None]) -> int:
    """Fork a child that does `act` and ends with it; the process group of the probe takes it along."""
    pid = os.fork()
    if pid == 0:
        _children.clear()
        try:
            act()
        finally:
            os._exit(0)
    _children.append(pid)
    return pid


def end_children() -> None:
    """Kill and reap what a probe started: PID 1 may never reap."""
    for pid in _children:
        with contextlib.suppress(OSError):
            # Raises for one that was reaped already: its number may be somebody else's.
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        for _ in range(MAX_PROCESSES):
            os.waitpid(-1, 0)


def linger() -> None:
    """Exist until killed, but not for ever."""
    time.sleep(CHILD_LIMIT_S * 2)


def libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def checked(result: int) -> int:
    """`result` of a C function; raises OSError where it is -1."""
    if result == -1:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def system_call(name: str, *arguments: object) -> int:
    """A system call by name; raises OSError, ENOSYS also where its number is not known here."""
    number = _NUMBERS.get(platform.machine(), {}).get(name)
    if number is None:
        raise OSError(errno.ENOSYS, "the system call is unknown on this CPU architecture")
    words = [ctypes.c_long(item) if isinstance(item, int) else item for item in arguments]
    return checked(libc().syscall(ctypes.c_long(number), *words))


def prctl(option: int, *arguments: object) -> int:
    words = [ctypes.c_ulong(item) if isinstance(item, int) else item for item in arguments]
    words += [ctypes.c_ulong(0)] * (4 - len(words))
    return checked(libc().prctl(option, *words))


def can_open_memory(pid: int) -> bool:
    """Say whether another process's memory can be opened for writing; nothing is read or written."""
    try:
        os.close(os.open(f"/proc/{pid}/mem", os.O_RDWR))
    except OSError:
        return False
    return True


def ask_child(act: Callable[[int], bool]) -> bool:
    """Fork a child and return what it finds out about its parent, whose pid it is told."""
    parent = os.getpid()
    read_end, write_end = os.pipe()

    def tell() -> None:
        os.write(write_end, b"y\n" if act(parent) else b"n\n")

    pid = fork_child(tell)
    os.close(write_end)
    found = read_line(read_end, limit_s=1.0)
    os.close(read_end)
    os.waitpid(pid, 0)
    return found == b"y"


# --- prctl ------------------------------------------------------------------------------------------------


def prctl_set_name() -> Facts:
    prctl(15, b"dayfly-doctor")
    return yes() if read("/proc/self/comm").strip() == "dayfly-doctor" else no("the name did not change")


def prctl_set_pdeathsig() -> Facts:
    prctl(1, signal.SIGKILL)
    seen = ctypes.c_int(0)
    prctl(2, ctypes.byref(seen))
    return yes() if seen.value == signal.SIGKILL else no("the signal is not set")


def prctl_set_no_new_privs() -> Facts:
    prctl(38, 1)
    return yes() if prctl(39) == 1 else no("the flag is not set")


def prctl_set_child_subreaper() -> Facts:
    prctl(36, 1)
    found = make_orphan()
    if found is None:
        return unknown("no orphan process was found")
    return yes() if found[1] == os.getpid() else no("orphans went elsewhere")


def prctl_set_dumpable() -> Facts:
    """Its effect is what counts: whether a child of the same user can still open the memory."""
    prctl(4, 0)
    if prctl(3) != 0:
        return no("the flag is not set", closes_memory=False)
    return yes(closes_memory=not ask_child(can_open_memory))


def prctl_set_ptracer() -> Facts:
    prctl(0x59616D61, ctypes.c_ulong(2**64 - 1))
    return yes()


# --- memory of others, tracing ----------------------------------------------------------------------------


def proc_mem() -> Facts:
    """Open /proc/PID/mem for writing: of a child, and, as a worker would, of the parent."""
    by_child = ask_child(can_open_memory)
    child = fork_child(linger)
    of_child = can_open_memory(child)
    facts: Facts = {"of_child": of_child, "of_parent": by_child}
    return yes(**facts) if of_child or by_child else no("refused", **facts)


def process_vm_readv() -> Facts:
    """Read eight bytes of a child, and, as a worker would, of the parent."""
    buffer = ctypes.create_string_buffer(b"doctor-p", 8)
    address = ctypes.addressof(buffer)
    read_end, write_end = os.pipe()

    def read_parent(parent: int) -> bool:
        return read_memory(parent, address) == b"doctor-p"

    def be_read() -> None:
        ctypes.memmove(address, b"doctor-c", 8)
        os.write(write_end, b"\n")
        linger()

    why = ""
    try:
        child = fork_child(be_read)
        read_line(read_end, limit_s=1.0)
        of_child = read_memory(child, address) == b"doctor-c"
    except OSError as fault:
        of_child, why = False, error_name(fault)
    of_parent = ask_child(lambda parent: quietly(lambda: read_parent(parent)))
    facts: Facts = {"of_child": of_child, "of_parent": of_parent}
    return yes(**facts) if of_child or of_parent else no(why or "refused", **facts)


def quietly(act: Callable[[], bool]) -> bool:
    try:
        return act()
    except OSError:
        return False


def read_memory(pid: int, address: int) -> bytes:
    class Vector(ctypes.Structure):
        _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]

    target = ctypes.create_string_buffer(8)
    local, remote = Vector(ctypes.addressof(target), 8), Vector(address, 8)
    one, none = ctypes.c_ulong(1), ctypes.c_ulong(0)
    checked(libc().process_vm_readv(pid, ctypes.byref(local), one, ctypes.byref(remote), one, none))
    return target.raw


def ptrace_traceme() -> Facts:
    call_ptrace(0, 0)
    return yes()


def ptrace_seize() -> Facts:
    """Attach to a child; it is not stopped, and let go when this process ends."""
    call_ptrace(0x4206, fork_child(linger))
    return yes()


def call_ptrace(request: int, pid: int) -> None:
    function = libc().ptrace
    function.restype = ctypes.c_long
    zero = ctypes.c_void_p(0)
    checked(function(ctypes.c_long(request), ctypes.c_long(pid), zero, zero))


# --- memory files -----------------------------------------------------------------------------------------


def memfd_create() -> Facts:
    descriptor = os.memfd_create("dayfly-doctor", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.write(descriptor, b"x")
    sealed, why = seal(descriptor)
    return yes(seals=sealed, seals_why=why)


def seal(descriptor: int) -> tuple[bool, str]:
    """Seal against every change; the word for why not, and whether a write is then refused."""
    add_seals, seal_all = 1033, 0x1 | 0x2 | 0x4 | 0x8
    try:
        fcntl.fcntl(descriptor, add_seals, seal_all)
    except OSError as fault:
        return False, error_name(fault)
    try:
        os.write(descriptor, b"x")
    except OSError:
        return True, ""
    return False, "a write still succeeded"


def memfd_exec() -> Facts:
    """Execute a program of 100 bytes from a memory file."""
    program = tiny_program()
    if program is None:
        return unknown("no test program for this CPU architecture")
    descriptor = os.memfd_create("dayfly-doctor", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.write(descriptor, program)
    return run_tiny(descriptor)


def memfd_exec_0111() -> Facts:
    """Execute a sealed memory file that nobody may read: the kernel then closes the process's memory.

    `closes_memory` is tried with a copy of the interpreter, which lives long enough to be looked at.
    """
    program = tiny_program()
    if program is None:
        return unknown("no test program for this CPU architecture")
    descriptor = os.memfd_create("dayfly-doctor", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.write(descriptor, program)
    os.fchmod(descriptor, 0o111)
    seal(descriptor)
    ran = run_tiny(descriptor)
    if ran["works"] is not True:
        return ran
    closes, why = interpreter_is_closed()
    return yes(closes_memory=closes, closes_memory_why=why)


def tiny_program() -> bytes | None:
    entry = _EXIT_42.get(platform.machine())
    if entry is None:
        return None
    machine, code = entry
    base, size = 0x400000, 64 + 56 + len(code)
    ident = b"\x7fELF" + bytes([2, 1, 1]) + bytes(9)
    head = struct.pack("<HHIQQQIHHHHHH", 2, machine, 1, base + 120, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, base, base, size, size, 0x1000)
    return ident + head + segment + code


def run_tiny(descriptor: int) -> Facts:
    read_end, write_end = os.pipe()

    def execute() -> None:
        try:
            os.execve(descriptor, ["doctor"], {})
        except OSError as fault:
            os.write(write_end, error_name(fault).encode() + b"\n")

    pid = fork_child(execute)
    os.close(write_end)
    why = read_line(read_end, limit_s=1.0).decode()
    os.close(read_end)
    status = poll_exit(pid, limit_s=1.0)
    if status is not None and os.WIFEXITED(status) and os.WEXITSTATUS(status) == _STATUS:
        return yes()
    return no(why or f"ended with wait status {status}")


def interpreter_is_closed() -> tuple[bool | None, str]:
    descriptor = os.memfd_create("dayfly-doctor", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    with open("/proc/self/exe", "rb") as source, open(os.dup(descriptor), "wb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
    os.fchmod(descriptor, 0o111)
    seal(descriptor)
    read_end, write_end = os.pipe()
    code = "import os, time; os.write(1, b'up\\n'); time.sleep(5)"
    # Only what the loader and the interpreter need to find their parts.
    needed = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "PYTHONHOME") if name in os.environ}

    def execute() -> None:
        os.dup2(write_end, 1)
        os.execve(descriptor, [sys.executable, "-I", "-S", "-c", code], needed)

    pid = fork_child(execute)
    os.close(write_end)
    is_up = read_line(read_end, limit_s=CHILD_LIMIT_S) == b"up"
    os.close(read_end)
    if not is_up:
        return None, "the interpreter did not start from a memory file"
    return not can_open_memory(pid), ""


# --- signals, processes, limits ---------------------------------------------------------------------------


def pidfd_open() -> Facts:
    os.close(os.pidfd_open(fork_child(linger)))
    return yes()


def pidfd_send_signal() -> Facts:
    pid = fork_child(linger)
    signal.pidfd_send_signal(os.pidfd_open(pid), signal.SIGKILL)
    return yes() if poll_exit(pid, limit_s=1.0) == signal.SIGKILL else no("the process did not end")


def kill_on_hangup() -> Facts:
    """Let the kernel kill a process when a socket's other end closes (O_ASYNC, F_SETSIG, F_SETOWN)."""
    pid = fork_child(linger)
    ours, other = socket.socketpair()
    fcntl.fcntl(ours, fcntl.F_SETOWN, pid)
    fcntl.fcntl(ours, 10, int(signal.SIGKILL))
    fcntl.fcntl(ours, fcntl.F_SETFL, fcntl.fcntl(ours, fcntl.F_GETFL) | os.O_ASYNC)
    # The child holds a copy of both ends: only shutting the connection down tells.
    other.shutdown(socket.SHUT_RDWR)
    return yes() if poll_exit(pid, limit_s=1.0) == signal.SIGKILL else no("the process did not end")


def process_limit() -> Facts:
    """Forbid more processes by RLIMIT_NPROC; the kernel never binds root by it."""
    resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
    try:
        pid = os.fork()
    except BlockingIOError:
        return yes()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return no("another process could be made")


def affinity() -> Facts:
    one = {min(os.sched_getaffinity(0))}
    os.sched_setaffinity(0, one)
    return yes() if os.sched_getaffinity(0) == one else no("the CPU affinity did not change")


def batch_scheduling() -> Facts:
    os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    return yes() if os.sched_getscheduler(0) == os.SCHED_BATCH else no("the policy did not change")


def close_range() -> Facts:
    descriptor = os.open("/dev/null", os.O_RDONLY)
    system_call("close_range", descriptor, descriptor, 0)
    try:
        os.fstat(descriptor)
    except OSError:
        return yes()
    return no("the descriptor is still open")


def make_orphan() -> tuple[int, int] | None:
    """Fork twice and let the middle one end: pid and new parent of the orphan, which ends at once."""
    read_end, write_end = os.pipe()

    def be_orphan(middle: int) -> None:
        os.setsid()
        end = time.monotonic() + 1.0
        while os.getppid() == middle and time.monotonic() < end:
            time.sleep(0.002)
        os.write(write_end, b"%d %d\n" % (os.getpid(), os.getppid()))

    def be_middle() -> None:
        middle = os.getpid()
        fork_child(lambda: be_orphan(middle))

    middle = fork_child(be_middle)
    os.waitpid(middle, 0)
    os.close(write_end)
    words = read_line(read_end, limit_s=2.0).split()
    os.close(read_end)
    return (int(words[0]), int(words[1])) if len(words) == 2 else None


def orphan() -> Facts:
    """Who becomes parent of an orphan, and whether that one reaps it when it ends."""
    found = make_orphan()
    if found is None:
        return unknown("no orphan process was found")
    pid, parent = found
    end = time.monotonic() + REAPED_WITHIN_S
    while state_of(pid) and time.monotonic() < end:
        time.sleep(0.005)
    left = state_of(pid)
    reaped = {"": True, "Z": False}.get(left)
    return yes(pid=pid, parent=parent, parent_name=name_of(parent), reaped=reaped)


# --- namespaces and filters -------------------------------------------------------------------------------


def seccomp_filter() -> Facts:
    """Install a filter that refuses getpriority, and see it refused."""
    number = _GETPRIORITY.get(platform.machine())
    if number is None:
        return unknown("the getpriority system call is unknown on this CPU architecture")

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]

    allow, refuse = 0x7FFF0000, 0x00050000 | errno.EPERM
    rules = [(0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, refuse), (0x06, 0, 0, allow)]
    text = ctypes.create_string_buffer(b"".join(struct.pack("<HBBI", *rule) for rule in rules))
    program = Program(len(rules), ctypes.addressof(text))
    why = []
    # Root may install one without it, and Lambda refuses it.
    with contextlib.suppress(OSError):
        prctl(38, 1)
    for through in ("prctl", "seccomp"):
        try:
            if through == "prctl":
                prctl(22, 2, ctypes.byref(program))
            else:
                system_call("seccomp", 1, 0, ctypes.byref(program))
        except OSError as fault:
            why.append(f"{through}: {error_name(fault)}")
            continue
        try:
            os.getpriority(os.PRIO_PROCESS, 0)
        except PermissionError:
            return yes(through=through)
        return no("the filter was installed but refuses nothing")
    return no(", ".join(why))


def user_namespace() -> Facts:
    uid, gid = os.getuid(), os.getgid()
    checked(libc().unshare(_CLONE_NEWUSER))
    try:
        map_user(uid, gid)
    except OSError as fault:
        return no(f"uid_map: {error_name(fault)}", made=True)
    return yes(made=True)


def map_user(uid: int, gid: int) -> None:
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def enter(kind: int) -> str:
    """Enter a new namespace, by privilege or within a user namespace; which of the two it was."""
    uid, gid = os.getuid(), os.getgid()
    if libc().unshare(kind) == 0:
        return "privilege"
    checked(libc().unshare(_CLONE_NEWUSER | kind))
    map_user(uid, gid)
    return "user namespace"


def private_tmp() -> Facts:
    before = os.stat("/tmp").st_dev
    through = enter(_CLONE_NEWNS)
    private, recursive = 1 << 18, 1 << 14
    none = ctypes.c_void_p(0)
    checked(libc().mount(b"none", b"/", none, ctypes.c_ulong(private | recursive), none))
    checked(libc().mount(b"tmpfs", b"/tmp", b"tmpfs", ctypes.c_ulong(0), b"size=64k"))
    with open("/tmp/dayfly-doctor-mount", "w") as file:
        file.write("x")
    return yes(through=through) if os.stat("/tmp").st_dev != before else no("/tmp is the same as before")


def own_ipc() -> Facts:
    before = os.readlink("/proc/self/ns/ipc")
    through = enter(_CLONE_NEWIPC)
    if os.readlink("/proc/self/ns/ipc") != before:
        return yes(through=through)
    return no("the namespace is the same as before")


def own_network() -> Facts:
    before = os.readlink("/proc/self/ns/net")
    through = enter(_CLONE_NEWNET)
    if os.readlink("/proc/self/ns/net") != before:
        return yes(through=through)
    return no("the namespace is the same as before")


def connection_table() -> Facts:
    """Find a connection of this process's own in the kernel's table, by netlink and by /proc."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        found = {}
        for way, list_ports in (("netlink", ports_by_netlink), ("proc", ports_by_proc)):
            try:
                found[way] = "" if server.getsockname()[1] in list_ports() else "it is not listed"
            except OSError as fault:
                found[way] = error_name(fault)
    if "" in found.values():
        return yes(**found)
    return no(", ".join(f"{way}: {why}" for way, why in found.items()))


def ports_by_netlink() -> set[int]:
    """Local ports of TCP sockets, by the request that needs no module but inet_diag."""
    ports: set[int] = set()
    with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, 4) as asked:
        asked.settimeout(1.0)
        asked.send(
            struct.pack("=IHHII", 72, 18, 0x301, 1, 0) + struct.pack("=BBBB48xI", 2, 0, 0, 0, 0xFFFFFFFF)
        )
        while True:
            data, at = asked.recv(65536), 0
            while at + 16 <= len(data):
                size, kind = struct.unpack_from("=IH", data, at)
                if kind == 3:
                    return ports
                if kind == 2 or size < 22:
                    raise OSError(errno.EPERM, "refused")
                ports.add(struct.unpack_from("!H", data, at + 20)[0])
                at += (size + 3) & ~3


def ports_by_proc() -> set[int]:
    with open("/proc/net/tcp") as table:
        return {int(line.split()[1].rpartition(":")[2], 16) for line in table.readlines()[1:]}


def own_pids() -> Facts:
    through = enter(_CLONE_NEWPID)
    pid = os.fork()
    if pid == 0:
        os._exit(_STATUS if os.getpid() == 1 else 1)
    status = poll_exit(pid, limit_s=1.0)
    if status is not None and os.WIFEXITED(status) and os.WEXITSTATUS(status) == _STATUS:
        return yes(through=through)
    return no("the child was not PID 1")


# --- shared memory, keys, pages ---------------------------------------------------------------------------


def semaphore() -> Facts:
    """A multiprocessing lock: what Lambda's missing /dev/shm forbids."""
    import multiprocessing

    with multiprocessing.get_context("fork").Lock():
        return yes()


def shared_memory_folder() -> Facts:
    if not os.path.isdir("/dev/shm"):
        return no("no /dev/shm")
    return yes() if os.access("/dev/shm", os.W_OK) else no("/dev/shm is not writable")


def system_v_ipc() -> Facts:
    create_private, remove = 0o1600, 0
    identifier = checked(libc().shmget(0, ctypes.c_size_t(4096), create_private))
    checked(libc().shmctl(identifier, remove, None))
    return yes()


def keyring() -> Facts:
    """Put a key into a session keyring of this process alone, and clear it."""
    join, clear, session = 1, 7, -3
    system_call("keyctl", join, ctypes.c_void_p(0))
    system_call("add_key", b"user", b"dayfly-doctor", b"x", 1, session)
    system_call("keyctl", clear, session)
    return yes()


def io_uring() -> Facts:
    os.close(system_call("io_uring_setup", 1, ctypes.create_string_buffer(120)))
    return yes()


def huge_pages() -> Facts:
    return madvise(14)


def huge_pages_collapse() -> Facts:
    return madvise(25)


def madvise(advice: int) -> Facts:
    with mmap.mmap(-1, 8 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
        for at in range(0, len(memory), 4096):
            memory[at] = 1
        memory.madvise(advice)
    return yes()


CALLS: tuple[Callable[[], Facts], ...] = (
    prctl_set_name,
    prctl_set_pdeathsig,
    prctl_set_no_new_privs,
    prctl_set_child_subreaper,
    prctl_set_dumpable,
    prctl_set_ptracer,
    proc_mem,
    process_vm_readv,
    ptrace_traceme,
    ptrace_seize,
    memfd_create,
    memfd_exec,
    memfd_exec_0111,
    pidfd_open,
    pidfd_send_signal,
    kill_on_hangup,
    process_limit,
    affinity,
    batch_scheduling,
    close_range,
    orphan,
    seccomp_filter,
    user_namespace,
    private_tmp,
    own_ipc,
    own_pids,
    own_network,
    connection_table,
    semaphore,
    shared_memory_folder,
    system_v_ipc,
    keyring,
    io_uring,
    huge_pages,
    huge_pages_collapse,
)


def try_calls() -> Facts:
    """Try every call in a child of its own."""
    limits = {"memfd_exec_0111": CHILD_LIMIT_S * 2}
    return {call.__name__: in_child(call, limit_s=limits.get(call.__name__, CHILD_LIMIT_S)) for call in CALLS}


# --- looking around ---------------------------------------------------------------------------------------


def read(path: str) -> str:
    """The beginning of a file, empty when unreadable."""
    try:
        with open(path, "rb") as file:
            return file.read(MAX_REPLY_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""


def stat_fields(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the state on; empty once it is gone."""
    return read(f"/proc/{pid}/stat").rpartition(")")[2].split()


def state_of(pid: int) -> str:
    return (stat_fields(pid) or [""])[0]


def started(pid: int) -> int:
    """When a process began, in ticks since boot; 0 once it is gone."""
    fields = stat_fields(pid)
    return int(fields[19]) if len(fields) > 19 else 0


def name_of(pid: int) -> str:
    return printable(read(f"/proc/{pid}/comm").strip(), 15)


def printable(text: str, length: int) -> str:
    return "".join(char for char in text[:length] if " " <= char <= "~")


def status_value(pid: int, key: str) -> str:
    for line in read(f"/proc/{pid}/status").splitlines():
        if line.startswith(key + ":"):
            return line.partition(":")[2].strip()
    return ""


def namespace(kind: str) -> str:
    try:
        return os.readlink(f"/proc/self/ns/{kind}")
    except OSError:
        return ""


def first_argument(pid: int) -> str:
    return printable(read(f"/proc/{pid}/cmdline").partition("\0")[0], 80)


def host_facts() -> Facts:
    """What can be seen without trying anything."""
    limits: Facts = {}
    for name in dir(resource):
        if name.startswith("RLIMIT_"):
            with contextlib.suppress(OSError, ValueError):
                limits[name[7:].lower()] = list(resource.getrlimit(getattr(resource, name)))
    client = sys.modules.get("awslambdaric")
    uname = os.uname()
    memory = read("/proc/meminfo").split()
    return {
        "python": platform.python_version(),
        "awslambdaric": printable(str(getattr(client, "__version__", "")), 20),
        "kernel": printable(uname.release, 60),
        "machine": uname.machine,
        "uid": os.getuid(),
        "pid": os.getpid(),
        "parent_pid": os.getppid(),
        "parent_command": first_argument(os.getppid()),
        "init_command": first_argument(1),
        "init_uid": status_value(1, "Uid").split("\t")[0],
        "init_environment_readable": bool(read("/proc/1/environ")),
        "pid_namespace": namespace("pid"),
        "ipc_namespace": namespace("ipc"),
        "tmp_is_mount": os.path.ismount("/tmp"),
        "extensions": count_files("/opt/extensions"),
        "processes_of_others": count_others(),
        "cpus": os.cpu_count(),
        "cpus_allowed": len(os.sched_getaffinity(0)),
        "cpu_quota": printable(read("/sys/fs/cgroup/cpu.max").strip(), 40),
        "memory_mb": int(memory[1]) // 1024 if len(memory) > 1 and memory[1].isdigit() else None,
        "limits": limits,
        "seccomp_mode": status_value(os.getpid(), "Seccomp"),
        "no_new_privs": status_value(os.getpid(), "NoNewPrivs"),
        "capabilities": status_value(os.getpid(), "CapEff"),
        "huge_pages": printable(read("/sys/kernel/mm/transparent_hugepage/enabled").strip(), 60),
        "yama": printable(read("/proc/sys/kernel/yama/ptrace_scope").strip(), 4),
    }


def count_others() -> int:
    """How many processes of other users /proc shows."""
    count = 0
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError):
                count += os.stat(f"/proc/{name}").st_uid != os.getuid()
    return count


def count_files(folder: str) -> int:
    try:
        return len(os.listdir(folder))
    except OSError:
        return 0


def visible_processes() -> Facts:
    """Every process that /proc shows, and whether its memory could be written by this one."""
    pids = sorted(int(name) for name in os.listdir("/proc") if name.isdigit())
    ours = {number(left.get("pid")) for left in listed(load("state"), "orphans")}
    seen: list[Facts] = []
    for pid in pids[:MAX_PROCESSES]:
        fields = stat_fields(pid)
        if len(fields) < 2:
            continue
        uid = status_value(pid, "Uid").split("\t")[0]
        seen.append(
            {
                "pid": pid,
                "parent": int(fields[1]),
                "state": fields[0],
                "uid": int(uid) if uid.isdigit() else None,
                "name": name_of(pid),
                "is_self": pid == os.getpid(),
                "is_doctors": pid in ours,
                "memory_opens": pid != os.getpid() and can_open_memory(pid),
            }
        )
    return {"total": len(pids), "shown": seen}


def clocks() -> dict[str, float]:
    """Every clock that may behave in its own way over a freeze."""
    return {
        "wall": time.time(),
        "monotonic": time.monotonic(),
        "monotonic_raw": time.clock_gettime(time.CLOCK_MONOTONIC_RAW),
        "boottime": time.clock_gettime(time.CLOCK_BOOTTIME),
        "process_cpu": time.process_time(),
    }


# --- what one invocation leaves for the next --------------------------------------------------------------


def folder() -> str:
    return os.path.join(tempfile.gettempdir(), "dayfly-doctor")


def load(name: str) -> Facts:
    try:
        found = json.loads(read(os.path.join(folder(), name)) or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def save(name: str, facts: Facts) -> None:
    """Write a marker whole or not at all; a folder that is not ours alone is not written to."""
    with contextlib.suppress(OSError):
        os.makedirs(folder(), mode=0o700, exist_ok=True)
        status = os.lstat(folder())
        if status.st_uid != os.getuid() or not os.path.isdir(folder()) or os.path.islink(folder()):
            return
        part = os.path.join(folder(), f"{name}.{os.getpid()}")
        with open(part, "w") as file:
            json.dump(facts, file)
        os.replace(part, os.path.join(folder(), name))


def boot() -> str:
    """Which boot of which machine this is, without telling it."""
    return hashlib.sha256(read("/proc/sys/kernel/random/boot_id").encode()).hexdigest()[:16]


def leave_orphans() -> list[Facts]:
    return [found for kind in ORPHANS if (found := leave_orphan(kind))]


def leave_orphan(kind: str) -> Facts:
    read_end, write_end = os.pipe()

    def live() -> None:
        if kind == "session":
            os.setsid()
        os.write(write_end, b"%d\n" % os.getpid())
        null = os.open("/dev/null", os.O_RDWR)
        for number in range(3):
            os.dup2(null, number)
        # The platform's connections and log descriptors are nothing for a process that stays.
        os.closerange(3, 1024)
        beat(kind)

    def be_middle() -> None:
        fork_child(live)

    middle = fork_child(be_middle)
    os.waitpid(middle, 0)
    os.close(write_end)
    text = read_line(read_end, limit_s=1.0)
    os.close(read_end)
    if not text.isdigit():
        return {}
    return {"kind": kind, "pid": int(text), "started": started(int(text))}


def beat(kind: str) -> None:
    """Note time after time that this process runs; ends when the marker folder is gone."""
    longest, last, first_wall = 0.0, time.monotonic(), time.time()
    for count in range(MAX_BEATS):
        if not os.path.isdir(folder()):
            return
        now = time.monotonic()
        longest, last = max(longest, now - last), now
        save(
            f"beats-{kind}",
            {"beats": count + 1, "longest_gap_s": round(longest, 3), "from": first_wall, "to": time.time()},
        )
        time.sleep(BEAT_S)


def look_back() -> Facts:
    """What the last invocation left in this environment and what became of it."""
    before = load("state")
    if not before:
        return {"seen": False}
    then, now = before.get("clocks"), clocks()
    elapsed = (
        {name: round(now[name] - then[name], 4) for name in now if isinstance(then.get(name), float)}
        if isinstance(then, dict)
        else {}
    )
    nonce = before.get("nonce") == _memory["nonce"]
    orphans = []
    beats_then = before.get("beats")
    for left in listed(before, "orphans"):
        pid, kind = number(left.get("pid")), str(left.get("kind"))
        alive = started(pid) == left.get("started") and state_of(pid) not in ("", "Z", "X")
        beats = load(f"beats-{kind}")
        orphans.append(
            {
                "kind": kind,
                "alive": alive,
                "state": state_of(pid) if started(pid) == left.get("started") else "",
                "parent": number((stat_fields(pid) or ["", "0"])[1]) if alive else None,
                "beats": beats.get("beats"),
                "beats_since": number(beats.get("beats"))
                - (number(beats_then.get(kind)) if isinstance(beats_then, dict) else 0),
                "longest_gap_s": beats.get("longest_gap_s"),
                "ended_by_itself": number(beats.get("beats")) >= MAX_BEATS,
            }
        )
    zombie = before.get("zombie")
    return {
        "seen": True,
        "probe": before.get("probe"),
        "exited": before.get("exited") is True,
        "same_boot": before.get("boot") == boot(),
        "same_init": before.get("init_started") == started(1),
        "same_process": before.get("pid") == os.getpid()
        and before.get("pid_started") == started(os.getpid()),
        "same_memory": nonce,
        "elapsed": elapsed,
        "orphans": orphans,
        "zombie_still_there": state_of(number(zombie)) == "Z" if zombie else None,
        "later": before.get("later") or {},
    }


def listed(facts: Facts, name: str) -> list[Facts]:
    found = facts.get(name)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def number(value: object) -> int:
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and value.isdigit() else 0


def leave_marks(
    probe: str, *, zombie: int | None = None, exited: bool = False, later: Facts | None = None
) -> None:
    """Tell the next invocation about this one; orphans that live are kept, others are made anew."""
    before = load("state")
    if zombie is None:
        zombie = number(before.get("zombie"))
    orphans = [left for left in listed(before, "orphans") if is_alive(left)]
    save("state", {"clocks": dict(clocks())})
    if probe == "survey" and not orphans:
        orphans = leave_orphans()
    save(
        "state",
        {
            "probe": probe,
            "exited": exited,
            "nonce": _memory["nonce"],
            "boot": boot(),
            "init_started": started(1),
            "pid": os.getpid(),
            "pid_started": started(os.getpid()),
            "orphans": orphans,
            "beats": {kind: number(load(f"beats-{kind}").get("beats")) for kind in ORPHANS},
            "zombie": zombie,
            "later": later or {},
            "clocks": dict(clocks()),
        },
    )


def is_alive(left: Facts) -> bool:
    pid = number(left.get("pid"))
    return pid > 1 and started(pid) == left.get("started") and state_of(pid) not in ("Z", "X")


def clean() -> Facts:
    """End the orphans and remove the markers."""
    ended = 0
    for left in listed(load("state"), "orphans"):
        if is_alive(left):
            with contextlib.suppress(OSError):
                os.kill(number(left.get("pid")), signal.SIGKILL)
                ended += 1
    with contextlib.suppress(OSError):
        if os.lstat(folder()).st_uid == os.getuid() and not os.path.islink(folder()):
            shutil.rmtree(folder(), ignore_errors=True)
    return {"orphans_ended": ended, "markers_removed": not os.path.exists(folder())}


# --- the Runtime API --------------------------------------------------------------------------------------


class Runtime:
    """awslambdaric's client object, found in the frame that called the handler, and this request."""

    def __init__(self, context: Context) -> None:
        self.request = context.aws_request_id
        self.client: object = None
        self.echo = ""
        self.address = os.environ.get("AWS_LAMBDA_RUNTIME_API", "")
        frame = sys._getframe()
        while frame is not None:
            client = frame.f_locals.get("lambda_runtime_client")
            if client is not None:
                self.client = client
                echo = frame.f_locals.get("invocation_id")
                self.echo = f"Lambda-Runtime-Invocation-Id: {echo}\r\n" if echo else ""
                return
            if frame.f_back is None:
                return
            frame = frame.f_back

    @property
    def kind(self) -> str:
        return type(self.client).__module__.partition(".")[0]

    def obstacle(self) -> str:
        """Why the probes that answer by themselves cannot run; empty if they can."""
        if not self.address:
            return "AWS_LAMBDA_RUNTIME_API is not set"
        if self.client is None:
            return "awslambdaric's client was not found"
        return ""

    def skip_post(self) -> None:
        """Let the loop's post of what the handler returns do nothing, once.

        Only for an event the platform has taken an answer to: else the loop would be given it again.
        """
        if self.kind != "awslambdaric":
            return
        client = self.client

        def post(*_arguments: object, **_options: object) -> None:
            del client.post_invocation_result  # type: ignore[attr-defined]

        client.post_invocation_result = post  # type: ignore[attr-defined]

    def answer(self, probe: str, facts: Facts) -> bytes:
        """A document to send without the loop's help."""
        return json.dumps(answer(probe, {**facts, "runtime": self.kind})).encode()

    def path(self, leaf: str) -> str:
        return f"/2018-06-01/runtime/invocation/{self.request}/{leaf}"


class Wire:
    """One raw connection to the Runtime API, each step bounded in time."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self._host = address
        where = (host, int(port)) if host and port.isdigit() else (address, 80)
        self._socket = socket.create_connection(where, timeout=WIRE_LIMIT_S)
        self._data = b""

    def begin(self, method: str, path: str, headers: str) -> None:
        head = f"{method} {path} HTTP/1.1\r\nHost: {self._host}\r\nUser-Agent: dayfly-doctor\r\n{headers}\r\n"
        self._socket.sendall(head.encode())

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def status(self, *, limit_s: float) -> int | None:
        """The next status; None if none comes in time, -1 if the connection ends first."""
        end = time.monotonic() + limit_s
        while b"\r\n\r\n" not in self._data:
            ready, _, _ = select.select([self._socket], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                return None
            try:
                part = self._socket.recv(MAX_REPLY_BYTES)
            except OSError:
                return -1
            if not part or len(self._data) > MAX_REPLY_BYTES:
                return -1
            self._data += part
        head, _, self._data = self._data.partition(b"\r\n\r\n")
        words = head.split(None, 2)
        return int(words[1]) if len(words) > 1 and words[1].isdigit() else -1

    def close(self) -> None:
        self._socket.close()


def hold(runtime: Runtime) -> tuple[Wire | None, Facts]:
    """Open the response and wait for 100 Continue: the wire, if this process now has to finish it."""
    wire = Wire(runtime.address)
    began = time.monotonic()
    wire.begin(
        "POST",
        runtime.path("response"),
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n"
        "Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n" + runtime.echo,
    )
    status = wire.status(limit_s=WIRE_LIMIT_S)
    facts: Facts = {
        "status": status,
        "held": status == 100,
        "took_ms": round(1e3 * (time.monotonic() - began), 3),
    }
    if status == 100 or status is None:
        # No word in time: the request is begun and must be finished, or the platform sees a broken one.
        return wire, facts
    wire.close()
    return None, facts


def finish(wire: Wire, body: bytes, trailers: str) -> int | None:
    """Send the held response's body and end; the platform's status."""
    wire.send(b"%x\r\n%s\r\n0\r\n%s\r\n" % (len(body), body, trailers.encode()))
    status = wire.status(limit_s=WIRE_LIMIT_S)
    wire.close()
    return status


def others_are_refused(runtime: Runtime) -> tuple[Facts, Wire]:
    """While the response is held, ask for an event on another connection, and answer on a third.

    The third comes back open: where it has to wait, its fate is known only when the response is finished.
    """
    asking = Wire(runtime.address)
    asking.begin("GET", "/2018-06-01/runtime/invocation/next", "")
    next_status = asking.status(limit_s=REFUSAL_LIMIT_S)
    asking.close()
    second = Wire(runtime.address)
    facts: Facts = {"next_status": next_status}
    body = runtime.answer("api_lock", {**facts, "held": True, "answered_by": "another"})
    second.begin(
        "POST",
        runtime.path("response"),
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" + runtime.echo,
    )
    second.send(body)
    return {**facts, "response_status": second.status(limit_s=REFUSAL_LIMIT_S)}, second


def probe_api_lock(runtime: Runtime) -> Facts:
    wire, facts = hold(runtime)
    if wire is None:
        return facts
    second = None
    if facts["held"]:
        found, second = others_are_refused(runtime)
        facts = {**facts, **found}
    finished = finish(wire, runtime.answer("api_lock", {**facts, "answered_by": "the holder"}), "")
    later: Facts = {"finished": finished}
    if second is not None:
        if facts.get("response_status") is None:
            later["response_status"] = second.status(limit_s=WIRE_LIMIT_S)
        second.close()
    leave_marks("api_lock", later=later)
    if finished == 202:
        runtime.skip_post()
    return {**facts, "finished": finished, "answered_by": "return"}


def probe_held_error(runtime: Runtime) -> Facts:
    wire, facts = hold(runtime)
    if wire is None:
        return facts

    def error(way: str) -> bytes:
        told = runtime.answer("held_error", {**facts, "delivered_by": way}).decode()
        return json.dumps({"errorType": "Function.DoctorHeldError", "errorMessage": told}).encode()

    trailers = (
        "Lambda-Runtime-Function-Error-Type: Function.DoctorHeldError\r\n"
        f"Lambda-Runtime-Function-Error-Body: {base64.b64encode(error('trailer')).decode()}\r\n"
    )
    finished = finish(wire, error("body"), trailers)
    leave_marks("held_error", later={"finished": finished})
    if finished == 202:
        runtime.skip_post()
    return {**facts, "finished": finished, "delivered_by": "return"}


def probe_exit_after_response(runtime: Runtime) -> Facts:
    # Dayfly's worker would end anyway: what this asks is what awslambdaric's end does.
    is_possible = runtime.kind == "awslambdaric"
    body = runtime.answer("exit_after_response", {"status": 202, "exited": is_possible})
    wire = Wire(runtime.address)
    leave_marks("exit_after_response", exited=is_possible)
    wire.begin(
        "POST",
        runtime.path("response"),
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" + runtime.echo,
    )
    wire.send(body)
    status = wire.status(limit_s=WIRE_LIMIT_S)
    wire.close()
    if status == 202 and is_possible:
        # No exit handlers: this is about the platform.
        os._exit(0)
    leave_marks("exit_after_response")
    return {"status": status, "exited": False}


# --- the handler ------------------------------------------------------------------------------------------


def answer(probe: str, facts: Facts) -> Facts:
    """One document; `init` lets a reader tell Lambda from an emulator whatever the probe."""
    init = first_argument(1)
    return {"schema": SCHEMA, "probe": probe, "at": int(time.time()), "init": init, "facts": facts}


def survey(*, shows_processes: bool) -> Facts:
    """Everything that can be found out without the Runtime API."""
    found: Facts = {"host": host_facts(), "calls": try_calls()}
    if shows_processes:
        found["processes"] = visible_processes()
    return found


def handler(event: object, context: Context) -> Facts:
    """Lambda's entry point; see the top of the file."""
    probe = str(event.get("probe", "survey")) if isinstance(event, dict) else "survey"
    if context.get_remaining_time_in_millis() < NEEDED_S * 1e3:
        raise TimeoutError("set this function's timeout to 60 seconds: the probes need up to ten")
    if probe == "survey":
        before = look_back()
        found = {**survey(shows_processes=True), "runtime": Runtime(context).kind}
        calls = found["calls"]
        assert isinstance(calls, dict)
        orphan_facts = calls["orphan"]
        is_left = orphan_facts.get("reaped") is False
        leave_marks("survey", zombie=number(orphan_facts.get("pid")) if is_left else 0)
        return answer("survey", {**found, "before": before})
    if probe == "clean":
        return answer("clean", clean())
    probes = {
        "api_lock": probe_api_lock,
        "held_error": probe_held_error,
        "exit_after_response": probe_exit_after_response,
    }
    if probe not in probes:
        raise ValueError(f"unknown probe {probe[:40]!r}; use one of: survey, clean, " + ", ".join(probes))
    runtime = Runtime(context)
    obstacle = runtime.obstacle()
    if obstacle:
        return answer(probe, {"obstacle": obstacle})
    try:
        return answer(probe, {**probes[probe](runtime), "runtime": runtime.kind})
    except OSError as fault:
        return answer(probe, {"obstacle": f"the Runtime API cannot be reached: {error_name(fault)}"})


if __name__ == "__main__":
    # Without Lambda: one survey of this machine that leaves nothing and names no process.
    sys.stdout.write(json.dumps(answer("survey", survey(shows_processes=False))) + "\n")

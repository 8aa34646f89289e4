"""PID 1 of an environment: starts the runtime, outlives it, reaps its orphans, ends with the lab.

Run by path as `python -I -S init.py CONTROL JOIN THAW TELEMETRY EXTENSIONS` with the standard library alone: it shares
the environment's namespaces, so that `/tmp`, the PID namespace and orphans survive a reset of the runtime as
they do on Lambda. On a host where the lab is root it keeps that uid, so function code can neither
signal it nor read it, like the platform's own PID 1. It takes orders from its control socket only.

Messages are packets of NUL-separated fields. Orders: `start KEY UID GID CWD LIMITS ARGC ARGV… ENV…`,
`signal KEY NUMBER`. What is started as RUNTIME_KEY writes where init does, everything else to EXTENSIONS. Reports:
`hello PID`, `started KEY PID`, `refused KEY STEP ERRNO` for a program that could not be executed (STEP is `setup`,
`chdir` or `exec`), `exit KEY CODE` (negative: a signal).
"""

from __future__ import annotations

import os
import resource
import select
import signal
import sys

MAX_MESSAGE = 1 << 18
# The descriptor of the log pipe on current Lambda images; awslambdaric reads its number from a variable.
TELEMETRY_FD = 62
RUNTIME_KEY = "runtime"
# By init itself: it ends with the lab, and by nobody's signal.
IGNORED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_CANNOT_EXECUTE = 127


def start(fields: list[bytes], join: int, telemetry: int, output: int) -> tuple[int, list[bytes]]:
    """Fork and execute one program in a process group of its own; returns its pid, and step and errno if it could not be.

    `output` takes what it writes; negative: what this process writes to.
    """
    uid, gid, cwd, limits, count = int(fields[0]), int(fields[1]), fields[2], fields[3], int(fields[4])
    argv, environment = fields[5 : 5 + count], dict(f.split(b"=", 1) for f in fields[5 + count :])
    # Closed by the program's execution, so that the end of it says that all went well.
    fault_read, fault_write = os.pipe()
    pid = os.fork()
    if pid:
        os.close(fault_write)
        # Here as well as in the child: an order to signal or end its group may come before the child has run.
        try:
            os.setpgid(pid, pid)
        except (PermissionError, ProcessLookupError):
            pass  # it has executed its program, and so has done it; or it is dead
        fault = os.read(fault_read, 64)
        os.close(fault_read)
        return pid, fault.split(b" ") if fault else []
    step = b"setup"
    try:
        os.setpgid(0, 0)
        if join >= 0:
            os.write(join, b"0")
        if output >= 0:
            os.dup2(output, 1)
            os.dup2(output, 2)
        os.dup2(telemetry, TELEMETRY_FD, inheritable=True)
        # In a lab of some ten environments the pipe's own number is 62; dup2 onto itself changes nothing.
        os.set_inheritable(TELEMETRY_FD, True)
        for limit in limits.split(b","):
            if limit:
                number, soft, hard = (int(part) for part in limit.split(b":"))
                resource.setrlimit(number, (soft, hard))
        if uid >= 0:
            os.setgroups([])
            os.setresgid(gid, gid, gid)
            os.setresuid(uid, uid, uid)
        step = b"chdir"
        os.chdir(cwd)
        step = b"exec"
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        # What is ignored here (by init and by its interpreter) would be ignored by the program and by all it starts.
        for number in (*IGNORED, signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        os.execve(argv[0], argv, environment)
    except OSError as error:
        os.write(2, b"cannot start %s: %s\n" % (argv[0], str(error).encode()))
        os.write(fault_write, b"%s %d" % (step, error.errno or 0))
    finally:
        os._exit(_CANNOT_EXECUTE)


def reap(children: dict[bytes, int], control: int) -> None:
    """Collect every dead child, adopted orphans included, and report the ones that have a key."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        for key, known in list(children.items()):
            if known == pid:
                del children[key]
                code = os.waitstatus_to_exitcode(status)
                os.write(control, b"\0".join((b"exit", key, b"%d" % code)))


def end(children: dict[bytes, int], thaw: int) -> None:
    """The lab is gone: nothing of this environment may stay, frozen or not."""
    if thaw >= 0:
        # Version 1 of the kernel's freezer keeps killed processes until they are thawed.
        os.write(thaw, b"THAWED")
    if os.getpid() == 1:
        os._exit(0)  # the kernel kills whatever is left in the PID namespace
    for pid in children.values():
        try:
            os.killpg(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    os._exit(0)


def serve(control: int, join: int, thaw: int, telemetry: int, extensions: int) -> None:
    for descriptor in (control, join, thaw, telemetry, extensions):
        if descriptor >= 0:
            os.set_inheritable(descriptor, False)
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_read, False)
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    for number in IGNORED:
        signal.signal(number, signal.SIG_IGN)
    children: dict[bytes, int] = {}
    # Not select(): descriptors keep the lab's numbers, which pass 1023 at some 150 environments.
    poll = select.poll()
    for descriptor in (control, wake_read):
        poll.register(descriptor, select.POLLIN)
    os.write(control, b"hello\0%d" % os.getpid())
    while True:
        readable = {descriptor for descriptor, _ in poll.poll()}
        if wake_read in readable:
            os.read(wake_read, 4096)
            reap(children, control)
        if control not in readable:
            continue
        message = os.read(control, MAX_MESSAGE)
        if not message:
            end(children, thaw)
        order, key, *fields = message.split(b"\0")
        if order == b"start":
            output = -1 if key == RUNTIME_KEY.encode() else extensions
            children[key], fault = start(fields, join, telemetry, output)
            os.write(control, b"\0".join((b"started", key, b"%d" % children[key])))
            if fault:
                os.write(control, b"\0".join((b"refused", key, *fault)))
        elif order == b"signal" and key in children:
            try:
                os.killpg(children[key], int(fields[0]))
            except ProcessLookupError:
                continue


if __name__ == "__main__":
    try:
        serve(*(int(argument) for argument in sys.argv[1:6]))
    except (BrokenPipeError, ConnectionResetError):
        os._exit(0)  # the lab went away in the middle of a report

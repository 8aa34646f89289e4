"""Executes the running interpreter anew from a sealed memory file that nobody may read, which closes its memory.

A program whose file its user may not read is not dumpable (would_dump in the kernel's fs/exec.c): no other process
of that user opens its memory, variables or descriptors, and what it forks is closed as well. It takes no
prctl, which Lambda refuses. The owner of the file can give himself the right to read it again, through /proc/self/exe, and
an interpreter that is executed from it then would be open: so each execution has a file of its own.

Everything that can fail before the execution is a return value.
"""

from __future__ import annotations

import os
import sys

from dayfly._sys import proc

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import MutableMapping, Sequence
    from typing import NoReturn

# Why memory is left open.
SWITCHED_OFF = "switched off by close_memory"
MAY_TRACE = "the function has the right to trace any process (CAP_SYS_PTRACE)"
# Tells the program that is executed here that it is; nobody else's, since it holds the process's number and start.
_VARIABLE = "_DAYFLY_EXECUTED"
_SEPARATOR = "\x1f"
_LIBRARIES = "LD_LIBRARY_PATH"
# Linux 6.3, where vm.memfd_noexec can make files without it unexecutable; an error before.
_MFD_EXEC = 0x10
# Seals against sealing, shrinking, growing and writing; include/uapi/linux/fcntl.h.
_F_ADD_SEALS = 1033
_ALL_SEALS = 0x1 | 0x2 | 0x4 | 0x8
_UNREADABLE = 0o111
# Whoever starts the runtime with standard input closed does not want to find this there.
_FIRST_NUMBER = 3
# Where a loader looks without being told.
_SYSTEM = ("/lib/", "/lib64/", "/usr/lib/", "/usr/lib64/")


class Arrival:
    """How this process was executed from here: `failure` says why it is readable (empty: it is not).

    `message` is what the program before it sent, `interpreter` a descriptor of the interpreter's file, -1
    without one: its own file, /proc/self/exe, is none that it could read.
    """

    __slots__ = ("failure", "interpreter", "message")

    def __init__(self, failure: str, message: str, interpreter: int) -> None:
        self.failure = failure
        self.message = message
        self.interpreter = interpreter


def execute(
    options: Sequence[str],
    environ: MutableMapping[str, str],
    *,
    interpreter: int = -1,
    message: str = "",
    hands_on: bool = False,
) -> str:
    """Start this process's command line once more, unreadable, with more `options` of the interpreter.

    Returns only if that cannot be, with why. `interpreter` is a descriptor of its file, -1 where this
    process may read its own; with `hands_on` the new program has it, too. Nothing else of our user may
    run meanwhile that could do anything to this process, since until then it is readable.
    """
    # Not at the top: a start needs it once, and most processes that load this module never.
    from dayfly._sys.elf import Program

    source = memory = -1
    try:
        source = _open_interpreter(interpreter)
        program = Program(source)
        name = os.path.basename(sys.executable) or "python"
        memory = _unreadable_copy(source, program.loaded_bytes, name)
        found = _own_libraries() if program.seeks_beside_itself else []
        path = environ.get(_LIBRARIES)
        if hands_on:
            os.set_inheritable(source, True)
        passed = {
            **environ,
            _VARIABLE: _pack("", len(options), source if hands_on else -1, found, message, path),
        }
        if program.seeks_beside_itself:
            # It would look beside the memory file.
            passed[_LIBRARIES] = _with_folders(path or "", found)
            if not _starts(memory, passed):
                return "its libraries cannot be found when it runs from a memory file"
        _become(memory, [sys.orig_argv[0], *options, *sys.orig_argv[1:]], passed)
    except OSError as fault:
        return f"{fault.strerror} ({_step(source, memory)})"
    finally:
        for descriptor in (source, memory):
            if descriptor >= 0:
                os.close(descriptor)


def execute_readable(
    options: Sequence[str], environ: MutableMapping[str, str], failure: str, *, message: str = ""
) -> NoReturn:
    """Start this process's command line once more from the interpreter's own file; raises OSError.

    `failure` says why not unreadable, `message` is for the new program.
    """
    passed = {**environ, _VARIABLE: _pack(failure, len(options), -1, [], message, environ.get(_LIBRARIES))}
    os.execve(sys.executable, [sys.orig_argv[0], *options, *sys.orig_argv[1:]], passed)


def arrive(environ: MutableMapping[str, str]) -> Arrival | None:
    """Return how `execute` started this program, None if it did not; gives variables and command line back.

    Must come before code of the function's. Where libraries were found that are not those of the
    readable interpreter, that one is executed again, and this does not return.
    """
    text = environ.pop(_VARIABLE, None)
    if text is None:
        return None
    identity, failure, options, interpreter, libraries, message, path = text.split(_SEPARATOR, 6)
    if identity != _identity():
        # A child of the process that it was meant for.
        return None
    if path:
        environ[_LIBRARIES] = path[1:]
    else:
        environ.pop(_LIBRARIES, None)
    count = int(options)
    expected = {library for library in libraries.split(":") if _is_python(library)}
    if expected and not expected <= set(proc.mapped_files()):
        failure = "it finds different libraries when it runs from a memory file"
        again = _pack(failure, count, int(interpreter), [], message, environ.get(_LIBRARIES))
        os.execve(sys.executable, sys.orig_argv, {**environ, _VARIABLE: again})
    for option in sys.orig_argv[1 : 1 + count]:
        sys._xoptions.pop(option.partition("=")[0], None)
    del sys.orig_argv[1 : 1 + count]
    if int(interpreter) >= 0:
        os.set_inheritable(int(interpreter), False)
    return Arrival(failure, message, int(interpreter))


def close(failure: str) -> str:
    """Close this process's memory to others of its user, if it is not; return why it stays open, "" if closed.

    `failure` says why it was not executed unreadable. Must come before the function's code, and finds out by trying.
    """
    if failure == SWITCHED_OFF:
        return SWITCHED_OFF
    if not is_open():
        return ""
    if proc.may_trace_all():
        return MAY_TRACE
    # 1.7 ms: ctypes. Not on Lambda, where prctl is refused.
    from dayfly._sys import native

    # Root without that right may read the memory file all the same; what is set here undoes that.
    if native.set_dumpable(False) and not is_open():
        return ""
    return failure or "the kernel permits other processes of the same user to open it"


def is_open() -> bool:
    """Say whether another process of our user could open the memory of this one, by trying."""
    if not proc.opens_memory("self"):
        return False
    # A process may open its own memory where no other may (Yama; root without rights, whose the file is
    # in any case): a child is another, and may do what a worker may.
    try:
        pid = os.fork()
    except OSError:
        return True
    if pid == 0:
        os._exit(proc.opens_memory(os.getppid()))
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != 0


def _pack(
    failure: str, options: int, interpreter: int, libraries: list[str], message: str, path: str | None
) -> str:
    given = "" if path is None else f"={path}"
    fields = (_identity(), failure, str(options), str(interpreter), ":".join(libraries), message, given)
    return _SEPARATOR.join(fields)


def _identity() -> str:
    """Return what an execution does not change, and no other process has."""
    stat = proc.read_stat(os.getpid())
    return f"{os.getpid()},{-1 if stat is None else stat.started}"


def _open_interpreter(known: int) -> int:
    """Return a descriptor of the interpreter's file, out of the way of standard input, output and error."""
    import fcntl

    opened = known if known >= 0 else os.open("/proc/self/exe", os.O_RDONLY | os.O_CLOEXEC)
    try:
        return fcntl.fcntl(opened, fcntl.F_DUPFD_CLOEXEC, _FIRST_NUMBER)
    finally:
        if opened != known:
            os.close(opened)


def _unreadable_copy(source: int, size: int, name: str) -> int:
    """Return a sealed memory file with the first `size` bytes of `source` that may be executed, not read."""
    import fcntl

    flags = os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING
    try:
        memory = os.memfd_create(name, flags | _MFD_EXEC)
    except OSError:
        memory = os.memfd_create(name, flags)
    try:
        done = 0
        while done < size:
            count = os.sendfile(memory, source, done, size - done)
            if not count:
                raise OSError(5, "the interpreter's file is truncated")
            done += count
        os.fchmod(memory, _UNREADABLE)
        fcntl.fcntl(memory, _F_ADD_SEALS, _ALL_SEALS)
    except OSError:
        os.close(memory)
        raise
    return memory


def _become(memory: int, arguments: list[str], environ: MutableMapping[str, str]) -> NoReturn:
    try:
        os.execve(memory, arguments, environ)
    except OSError:
        # execveat refused by a seccomp filter, which the C library takes for the last word; or /proc/self/fd,
        # which it falls back to on kernels without the call.
        os.execve(f"/proc/self/fd/{memory}", arguments, environ)


def _starts(memory: int, environ: MutableMapping[str, str]) -> bool:
    """Say whether the program comes as far as its first line: a loader that finds no libpython ends it before."""
    pid = os.fork()
    if pid == 0:
        try:
            null = os.open(os.devnull, os.O_RDWR)
            for target in (0, 1, 2):
                os.dup2(null, target)
            _become(memory, [sys.orig_argv[0], "-V"], environ)
        finally:
            os._exit(127)
    return os.waitpid(pid, 0)[1] == 0


def _own_libraries() -> list[str]:
    """Return the mapped libraries that do not lie where every loader looks."""
    return [
        path
        for path in proc.mapped_files()
        if os.path.basename(path).startswith("lib") and not path.startswith(_SYSTEM)
    ]


def _is_python(library: str) -> bool:
    return os.path.basename(library).startswith("libpython")


def _with_folders(path: str, libraries: list[str]) -> str:
    folders = dict.fromkeys(os.path.dirname(library) for library in libraries)
    # Last: what else is loaded by name is looked for where it was before.
    return ":".join([*([path] if path else []), *folders])


def _step(source: int, memory: int) -> str:
    if source < 0:
        return "reading the interpreter's file"
    return "creating a memory file" if memory < 0 else "executing a memory file"

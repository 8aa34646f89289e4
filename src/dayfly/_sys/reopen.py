"""Descriptors of a process's own in place of those it was forked with, under the same numbers.

Each class describes one open descriptor (`look` in the process that opened it) and `make` replaces it in
a forked one: whoever holds the number, a Python object or a C library, goes on with it. Where the new one cannot
be had the number is put out of use rather than left shared, and OSError is raised. A number that was closed
meanwhile, and perhaps given to something else, is left alone.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat

# os.close may be gevent's, which closes when its loop runs next.
from posix import close

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

# What open() takes again of what F_GETFL tells; creating and truncating were done once.
KEPT_FLAGS = os.O_ACCMODE | os.O_APPEND | os.O_NONBLOCK | os.O_DSYNC | os.O_SYNC | os.O_DIRECT | os.O_NOATIME

# To take attributes away, which others that do the same may get in the way of.
_MANY_TRIES = 5


class Names:
    """The numbers of one open description, and whether each is inherited over an exec."""

    __slots__ = ("_identity", "_inherited")

    def __init__(self, numbers: list[int]) -> None:
        self._identity = identify(numbers[0])
        self._inherited = {number: os.get_inheritable(number) for number in numbers}

    def still(self) -> list[int]:
        """Return the numbers that stand for what they stood for; an object's end may have closed one."""
        return [number for number in self._inherited if identify(number) == self._identity]

    def take(self, source: int) -> None:
        """Make the numbers other names of `source`, and close that."""
        for number in self.still():
            os.dup2(source, number, self._inherited[number])
        close(source)

    def put_out_of_use(self) -> None:
        """Make the numbers stand for nothing; called where they cannot be replaced."""
        # Not closed: the number would be given to the next thing opened, and two would hold it.
        try:
            null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            for number in self.still():
                os.close(number)
            return
        self.take(null)


class OpenFile:
    """A regular file or directory: opened again through /proc, with its flags and the offset it had."""

    __slots__ = ("_flags", "_names", "_offset")

    def __init__(self, numbers: list[int], flags: int, offset: int) -> None:
        self._names = Names(numbers)
        self._flags = (flags & KEPT_FLAGS) | os.O_CLOEXEC
        self._offset = offset

    def make(self) -> None:
        """Replace the descriptors; numbers that shared an offset share the new one."""
        still = self._names.still()
        if not still:
            return
        try:
            again = self._open(still[0])
        except OSError:
            self._names.put_out_of_use()
            raise
        if self._offset:
            os.lseek(again, self._offset, os.SEEK_SET)
        self._names.take(again)

    def try_once(self) -> None:
        """Raise OSError where `make` would; changes nothing."""
        os.close(self._open(self._names.still()[0]))

    def _open(self, number: int) -> int:
        # Not by its name: that may lead elsewhere by now, or nowhere.
        return os.open(f"/proc/self/fd/{number}", self._flags)


class Stamps:
    """Mode, times and attributes of a file of this user's that zygote and workers share, and of which each could change these alone.

    A memory file that is sealed, as what this process executes: named by a descriptor or a path.
    """

    __slots__ = ("_name", "_status")

    def __init__(self, name: int | str) -> None:
        self._name = name
        self._status = os.stat(name)

    def restore(self) -> None:
        """Put back what a worker has changed; raises OSError."""
        name, before = self._name, self._status
        try:
            now = os.stat(name)
        except OSError:
            # Closed.
            return
        if now.st_ctime_ns == before.st_ctime_ns or not os.path.samestat(now, before):
            return
        # Another worker may do the same meanwhile, and a third one look: what is right is left alone.
        mode = stat.S_IMODE(before.st_mode)
        for _ in range(_MANY_TRIES):
            left = [one for one in os.listxattr(name) if one.startswith(("user.", "system.posix_acl_"))]
            if not left:
                break
            # Attributes are taken only from what may be written. Never read: it may be what this process executes.
            os.chmod(name, mode | stat.S_IWUSR)
            for attribute in left:
                with contextlib.suppress(OSError):
                    os.removexattr(name, attribute)
        else:
            os.chmod(name, mode)
            raise OSError(errno.EBUSY, "attributes come back as they are taken away")
        if stat.S_IMODE(os.stat(name).st_mode) != mode:
            os.chmod(name, mode)
        if (now.st_atime_ns, now.st_mtime_ns) != (before.st_atime_ns, before.st_mtime_ns):
            os.utime(name, ns=(before.st_atime_ns, before.st_mtime_ns))


class Nothing:
    """A descriptor that workers must not share and cannot have anew: it becomes /dev/null."""

    __slots__ = ("_names",)

    def __init__(self, number: int) -> None:
        self._names = Names([number])

    def make(self) -> None:
        """Put the descriptor out of use."""
        self._names.put_out_of_use()


def inherited(numbers: Iterable[int]) -> list[OpenFile | Nothing]:
    """Return what replaces descriptors that were handed down to this process: each worker has its own.

    The flags, the owner and the offset of one description are a place where one worker can leave something
    for the next, even those of /dev/null. What cannot be opened again becomes /dev/null.
    """
    found: list[OpenFile | Nothing] = []
    for number in numbers:
        try:
            status = os.fstat(number)
            if stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode):
                found.append(OpenFile([number], flags_of(number), os.lseek(number, 0, os.SEEK_CUR)))
            elif is_memory_device(status):
                found.append(OpenFile([number], flags_of(number), 0))
            else:
                found.append(Nothing(number))
        except OSError:
            continue
    return found


def is_memory_device(status: os.stat_result) -> bool:
    """Say whether this is /dev/null, zero, random or one of their kind: nothing that is written there stays."""
    # Documentation/admin-guide/devices.txt in the kernel: 3 null, 5 zero, 7 full, 8 random, 9 urandom.
    return (
        stat.S_ISCHR(status.st_mode)
        and os.major(status.st_rdev) == 1
        and os.minor(status.st_rdev) in (3, 5, 7, 8, 9)
    )


def identify(number: int) -> tuple[int, int] | None:
    """Return what tells an open file from another; None where the number is free."""
    try:
        status = os.fstat(number)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def flags_of(number: int) -> int:
    """Return the flags a descriptor's description was opened with."""
    # 0.2 ms, and only where the function has descriptors of its own.
    import fcntl

    return fcntl.fcntl(number, fcntl.F_GETFL)

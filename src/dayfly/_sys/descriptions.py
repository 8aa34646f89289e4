"""Pipes, memory files and outputs of a process's own in place of those it was forked with, and what distinguishes descriptors; see `reopen`."""

from __future__ import annotations

import os
import sys

from dayfly._sys.reopen import Names, flags_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_O_DIRECT_PIPE = os.O_DIRECT
_PIPE_BYTES = 65536
# include/uapi/linux/magic.h has no name for it; ipc/mqueue.c does.
_MQUEUE_MAGIC = 0x19800202


class NamelessFile:
    """A file that can be reached by this descriptor alone: each process gets a copy of its content."""

    __slots__ = ("_content", "_flags", "_names", "_offset")

    def __init__(self, numbers: list[int], flags: int, offset: int, content: bytes) -> None:
        self._names = Names(numbers)
        self._flags = flags
        self._offset = offset
        self._content = content

    def make(self) -> None:
        """Replace the descriptors by a memory file."""
        try:
            again = nameless()
            os.pwrite(again, self._content, 0)
            os.lseek(again, self._offset, os.SEEK_SET)
            if self._flags & (os.O_APPEND | os.O_NONBLOCK):
                _set_flags(again, self._flags)
        except OSError:
            self._names.put_out_of_use()
            raise
        self._names.take(again)


class Pipe:
    """A pipe both of whose ends are here, and what was in it."""

    __slots__ = ("_blocking", "_content", "_names")

    def __init__(self, readers: list[int], writers: list[int], content: bytes) -> None:
        self._names = Names(readers), Names(writers)
        self._content = content
        self._blocking = os.get_blocking(readers[0]), os.get_blocking(writers[0])

    def make(self) -> None:
        """Replace both ends by those of a new pipe with the same content."""
        try:
            ends = os.pipe2(os.O_CLOEXEC)
        except OSError:
            for names in self._names:
                names.put_out_of_use()
            raise
        if self._content:
            os.write(ends[1], self._content)
        for end, blocks, names in zip(ends, self._blocking, self._names, strict=True):
            if not blocks:
                os.set_blocking(end, False)
            names.take(end)


class Output:
    """Another name of our standard output or error."""

    __slots__ = ("_names", "_output")

    def __init__(self, number: int, output: int) -> None:
        self._names = Names([number])
        self._output = output

    def make(self) -> None:
        """Make it another name of what is the output now."""
        self._names.take(os.dup(self._output))


def nameless() -> int:
    """Return a descriptor of an empty file without a name, in memory where the host allows that. Raises OSError."""
    try:
        return os.memfd_create("copy", os.MFD_CLOEXEC)
    except OSError:
        # O_EXCL: nobody can give it a name.
        return os.open("/tmp", os.O_TMPFILE | os.O_RDWR | os.O_EXCL | os.O_CLOEXEC, 0o600)


def is_message_queue(number: int) -> bool:
    """Say whether a descriptor that looks like a file's is a POSIX message queue's.

    The kernel gives it a name as of a file in the root directory, which leads nowhere or to something else.
    """
    try:
        status, named = os.fstat(number), os.stat(os.readlink(f"/proc/self/fd/{number}"))
        if (status.st_dev, status.st_ino) == (named.st_dev, named.st_ino):
            return False
    except OSError:
        pass
    # 1.7 ms, and only where a file's name does not lead to it.
    import ctypes

    # The type is the first field of struct statfs, one long; the whole has 120 bytes.
    answer = ctypes.create_string_buffer(256)
    if ctypes.CDLL(None).fstatfs(number, answer) != 0:
        return False
    return ctypes.c_long.from_buffer(answer).value == _MQUEUE_MAGIC


def have_one_offset(first: int, second: int) -> bool:
    """Say whether two descriptors of one file are names of one open description, by moving it for a moment."""
    offset = os.lseek(first, 0, os.SEEK_CUR)
    if os.lseek(second, 0, os.SEEK_CUR) != offset:
        return False
    os.lseek(first, offset + 1, os.SEEK_SET)
    moved = os.lseek(second, 0, os.SEEK_CUR)
    os.lseek(first, offset, os.SEEK_SET)
    return moved == offset + 1


def are_one_description(first: int, second: int) -> bool:
    """Say whether two descriptors without an offset are names of one open description, by changing a flag for a moment.

    O_APPEND, which means nothing to what is no file.
    """
    import fcntl

    flags, before = flags_of(first), flags_of(second)
    fcntl.fcntl(first, fcntl.F_SETFL, flags ^ os.O_APPEND)
    after = flags_of(second)
    fcntl.fcntl(first, fcntl.F_SETFL, flags)
    return after != before


def group(
    numbers: Iterable[int], *, is_same: Callable[[int, int], bool] = have_one_offset
) -> Iterator[list[int]]:
    """Split descriptors of one file into those that are names of one open description."""
    left = list(numbers)
    while left:
        first, *others = left
        left = [number for number in others if not is_same(first, number)]
        yield [first, *(number for number in others if number not in left)]


def is_sealed(number: int) -> bool:
    """Say whether nobody can change a memory file any more."""
    import fcntl

    wanted = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK
    try:
        return fcntl.fcntl(number, fcntl.F_GET_SEALS) & wanted == wanted
    except OSError:
        return False


def replace_by_sealed(numbers: list[int], content: Iterable[bytes], offset: int) -> None:
    """Put a memory file that nobody can change in place of descriptors that only read. Raises OSError."""
    import fcntl

    sealed = os.memfd_create("copy", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        for part in content:
            view = memoryview(part)
            while view:
                view = view[os.write(sealed, view) :]
        fcntl.fcntl(
            sealed,
            fcntl.F_ADD_SEALS,
            fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL,
        )
        reading = os.open(f"/proc/self/fd/{sealed}", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        os.close(sealed)
    os.lseek(reading, offset, os.SEEK_SET)
    Names(numbers).take(reading)


def content_of(reader: int, writer: int) -> bytes | None:
    """Return what a pipe holds, which stays there; None where it holds packets or more than a new pipe takes."""
    size = queued_bytes(reader)
    if flags_of(reader) & _O_DIRECT_PIPE or size > _PIPE_BYTES:
        return None
    content = os.read(reader, size) if size else b""
    if content:
        os.write(writer, content)
    return content


def queued_bytes(number: int) -> int:
    """Return how many bytes a pipe or a stream socket has for its reader, of datagrams the first one's."""
    return _count(number, "FIONREAD")


def unread_bytes(number: int) -> int:
    """Return how much of what a socket sent its reader has not taken, as the kernel accounts it."""
    return _count(number, "TIOCOUTQ")


def _count(number: int, request: str) -> int:
    # 0.3 ms, and only where init made a pipe or a pair.
    import fcntl
    import termios

    return int.from_bytes(fcntl.ioctl(number, getattr(termios, request), bytes(4)), sys.byteorder)


def has_children() -> bool:
    """Say whether processes of ours may be alive, which may hold what we hold."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    except OSError:
        return True
    return True


def _set_flags(number: int, flags: int) -> None:
    import fcntl

    fcntl.fcntl(number, fcntl.F_SETFL, flags & (os.O_APPEND | os.O_NONBLOCK))

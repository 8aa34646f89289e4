"""Descriptors of a process's own in place of those it was forked with, under the same numbers.

Each class describes one open descriptor (`look` in the process that opened it) and `make` replaces it in
a forked one: whoever holds the number, a Python object or a C library, goes on with it. Where the new one cannot
be had the number is put out of use rather than left shared, and OSError is raised. A number that was closed
meanwhile, and perhaps given to something else, is left alone.
"""

from __future__ import annotations

import _socket
import os
import stat
import sys

# os.close may be gevent's, which closes when its loop runs next.
from posix import close

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

# What open() takes again of what F_GETFL tells; creating and truncating were done once.
KEPT_FLAGS = os.O_ACCMODE | os.O_APPEND | os.O_NONBLOCK | os.O_DSYNC | os.O_SYNC | os.O_DIRECT | os.O_NOATIME
_O_DIRECT_PIPE = os.O_DIRECT
_PIPE_BYTES = 65536
# include/uapi/linux/magic.h has no name for it; ipc/mqueue.c does.
_MQUEUE_MAGIC = 0x19800202
# Where the platform's own range cannot be read; its default.
_EPHEMERAL = (32768, 60999)
# Options of a socket that a sender may have set; those that differ from a new socket's are set again.
_OPTIONS = tuple(
    (getattr(_socket, level), getattr(_socket, name))
    for level, names in (
        (
            "SOL_SOCKET",
            "SO_BROADCAST SO_DONTROUTE SO_KEEPALIVE SO_LINGER SO_MARK SO_PASSCRED SO_PRIORITY SO_RCVTIMEO SO_REUSEADDR SO_REUSEPORT SO_SNDTIMEO",
        ),
        ("IPPROTO_IP", "IP_TOS IP_TTL IP_MULTICAST_TTL IP_MULTICAST_LOOP IP_MULTICAST_IF"),
        (
            "IPPROTO_IPV6",
            "IPV6_V6ONLY IPV6_UNICAST_HOPS IPV6_MULTICAST_HOPS IPV6_MULTICAST_IF IPV6_MULTICAST_LOOP IPV6_TCLASS",
        ),
        ("IPPROTO_TCP", "TCP_NODELAY TCP_KEEPIDLE TCP_KEEPINTVL TCP_KEEPCNT TCP_USER_TIMEOUT TCP_SYNCNT"),
    )
    for name in names.split()
    if hasattr(_socket, level) and hasattr(_socket, name)
)
# The kernel doubles what it is told and tells the double.
_SIZES = (_socket.SO_SNDBUF, _socket.SO_RCVBUF)


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


class Sender:
    """A socket that has no peer that knows it: datagrams leave by it, or it was never connected."""

    __slots__ = ("_blocks", "_kind", "_local", "_names", "_options", "_peer")

    def __init__(self, number: int, sock: _socket.socket, peer: object, local: object) -> None:
        self._names = Names([number])
        self._kind = sock.family, sock.type, sock.proto
        self._peer = peer
        self._local = local
        self._blocks = os.get_blocking(number)
        self._options = options_set(sock)

    def make(self) -> None:
        """Replace the descriptor by a new socket, of the same options, connected where the old one was."""
        try:
            sock = _socket.socket(*self._kind)
        except OSError:
            self._names.put_out_of_use()
            raise
        # A peer that is gone, an option that only init was allowed: the function finds out when it sends,
        # as it would after a freeze.
        for level, name, value in self._options:
            _try(sock.setsockopt, level, name, value)
        if self._local is not None:
            _try(sock.bind, self._local)
        if self._peer is not None:
            _try(sock.connect, self._peer)
        os.set_blocking(sock.fileno(), self._blocks)
        self._names.take(sock.detach())


class Nothing:
    """A descriptor that workers must not share and cannot have anew: it becomes /dev/null."""

    __slots__ = ("_names",)

    def __init__(self, number: int) -> None:
        self._names = Names([number])

    def make(self) -> None:
        """Put the descriptor out of use."""
        self._names.put_out_of_use()


class Severed:
    """A connection that workers must not share, whose owner connects again: it becomes one that its peer has closed."""

    __slots__ = ("_names",)

    def __init__(self, number: int) -> None:
        self._names = Names([number])

    def make(self) -> None:
        """Replace the descriptor by a socket at its end."""
        try:
            end, other = _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_STREAM | _socket.SOCK_CLOEXEC, 0)
        except OSError:
            self._names.put_out_of_use()
            raise
        other.close()
        self._names.take(end.detach())


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


def identify(number: int) -> tuple[int, int] | None:
    """Return what tells an open file from another; None where the number is free."""
    try:
        status = os.fstat(number)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def duplicate(number: int) -> _socket.socket:
    """Return a socket object for another name of a descriptor. Raises OSError where it is no socket."""
    copy = os.dup(number)
    try:
        return _socket.socket(-1, -1, -1, copy)
    except OSError:
        os.close(copy)
        raise


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


def flags_of(number: int) -> int:
    """Return the flags a descriptor's description was opened with."""
    # 0.2 ms, and only where the function has descriptors of its own.
    import fcntl

    return fcntl.fcntl(number, fcntl.F_GETFL)


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


def ephemeral_ports() -> tuple[int, int]:
    """Return the first and the last port the kernel gives out by itself."""
    try:
        with open("/proc/sys/net/ipv4/ip_local_port_range", "rb") as file:
            first, last = file.read().split()
    except (OSError, ValueError):
        return _EPHEMERAL
    return int(first), int(last)


def disconnect(descriptor: int) -> bool:
    """Take a datagram socket's peer from it, and its port where the kernel chose that.

    A port that was asked for stays (`__udp_disconnect`, net/ipv4/udp.c): that tells a receiver from a
    socket that only sent. The standard library cannot name the family this takes.
    """
    # 1.7 ms, and only where a socket without a peer has a port.
    import ctypes

    # struct sockaddr of AF_UNSPEC.
    return bool(ctypes.CDLL(None).connect(descriptor, ctypes.create_string_buffer(16), 16) == 0)


def has_children() -> bool:
    """Say whether processes of ours may be alive, which may hold what we hold."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    except OSError:
        return True
    return True


def options_set(sock: _socket.socket) -> list[tuple[int, int, bytes | int]]:
    """Return the options of a socket that differ from a new one's, as setsockopt() takes them."""
    found: list[tuple[int, int, bytes | int]] = []
    plain = _socket.socket(sock.family, sock.type, sock.proto)
    try:
        for level, name in _OPTIONS:
            try:
                value = sock.getsockopt(level, name, 16)
                if value != plain.getsockopt(level, name, 16):
                    found.append((level, name, value))
            except OSError:
                continue
        for name in _SIZES:
            size = sock.getsockopt(_socket.SOL_SOCKET, name)
            if size != plain.getsockopt(_socket.SOL_SOCKET, name):
                found.append((_socket.SOL_SOCKET, name, size // 2))
    finally:
        plain.close()
    return found


def _set_flags(number: int, flags: int) -> None:
    import fcntl

    fcntl.fcntl(number, fcntl.F_SETFL, flags & (os.O_APPEND | os.O_NONBLOCK))


def _try(call: object, *arguments: object) -> None:
    try:
        call(*arguments)  # type: ignore[operator]
    except OSError:
        return

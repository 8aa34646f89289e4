"""Shared memory of a process's own in place of what it was forked with, at the same addresses.

A mapping with MAP_SHARED is one memory for the zygote and all workers. `read_areas` finds those that somebody may write
to, and `Memory.make` replaces them in a worker, with the descriptors that lead to the same memory: the worker and
its own children share the new one, which begins with init's content.
"""

from __future__ import annotations

import os

from dayfly._sys import native, proc
from dayfly._sys.descriptions import nameless
from dayfly._sys.reopen import KEPT_FLAGS, Names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_DELETED = " (deleted)"
# In these every page that was ever written is in memory, unless it was swapped out.
_IN_MEMORY = ("/dev/zero (deleted)", "/memfd:", "/dev/shm/")
_PROT = (("r", 1), ("w", 2), ("x", 4))
_MAP_SHARED, _MAP_FIXED = 1, 16
# VmFlags in Documentation/filesystems/proc.rst: not copied on fork; may be written; device memory, huge pages.
_NOT_COPIED, _MAY_WRITE = "dc", "mw"
_UNUSABLE = frozenset(("io", "pf", "ht"))


class Area:
    """One shared mapping: its addresses, and what part of which file it shows."""

    __slots__ = ("end", "flags", "identity", "is_swapped", "name", "offset", "path", "permissions", "start")

    def __init__(self, name: str, permissions: str, offset: str, device: str, inode: str, path: str) -> None:
        self.name = name
        start, _, end = name.partition("-")
        self.start = int(start, 16)
        self.end = int(end, 16)
        self.permissions = permissions
        self.offset = int(offset, 16)
        self.identity = device, int(inode)
        self.path = path
        self.flags: frozenset[str] = frozenset()
        self.is_swapped = False

    @property
    def protection(self) -> int:
        """What mprotect() calls its permissions."""
        return sum(bit for letter, bit in _PROT if letter in self.permissions)

    @property
    def is_known(self) -> bool:
        """Whether it is ordinary memory or an ordinary file: no device's, no System V object."""
        is_special = self.path.startswith(("/dev/", "/SYSV", "anon_inode:", "socket:", "["))
        return self.path.startswith(_IN_MEMORY) or (not is_special and not self.flags & _UNUSABLE)


def read_areas() -> list[Area]:
    """Return the shared mappings that this process, or a child of its, may write to; raises OSError."""
    found: list[Area] = []
    shared = [area for areas in read_shared().values() for area in areas]
    # Thousands of lines, and init waits: only those of shared mappings are looked at.
    text = b"\n" + proc.read_file("/proc/self/smaps", limit=1 << 26) if shared else b""
    for area in shared:
        _, _, rest = text.partition(f"\n{area.name} ".encode())
        fields, _, rest = rest.partition(b"\nVmFlags:")
        area.flags = frozenset(rest.partition(b"\n")[0].decode().split())
        area.is_swapped = fields.partition(b"\nSwap:")[2].split()[:1] not in ([], [b"0"])
        if _MAY_WRITE in area.flags and _NOT_COPIED not in area.flags:
            found.append(area)
    return found


def read_shared() -> dict[tuple[str, int], list[Area]]:
    """Return all shared mappings by the files that they show; raises OSError."""
    found: dict[tuple[str, int], list[Area]] = {}
    for line in (
        proc.read_file("/proc/self/maps", limit=1 << 24).decode("utf-8", "surrogateescape").splitlines()
    ):
        name, permissions, offset, device, inode, *path = line.split(None, 5)
        if permissions[3] == "s":
            area = Area(name, permissions, offset, device, inode, *path or [""])
            found.setdefault(area.identity, []).append(area)
    return found


def open_read_only(area: Area) -> bool:
    """Map a file with a name again by a descriptor that only reads, so that nobody can make the mapping writable.

    False where that is not the file that is mapped, or cannot be opened.
    """
    if area.path.endswith(_DELETED) or not area.path.startswith("/"):
        return False
    try:
        number = os.open(area.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        status = os.fstat(number)
        device = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}"
        if (device, status.st_ino) != area.identity:
            return False
        _map(area, number)
    except OSError:
        return False
    finally:
        os.close(number)
    return True


def has_name(area: Area) -> bool:
    """Say whether the mapping is of a file that others can open by its name."""
    return area.path.startswith("/") and not area.path.endswith(_DELETED)


class Memory:
    """What some mappings and descriptors show: one piece of memory, with init's content."""

    __slots__ = ("_areas", "_descriptors", "_identity", "_pieces", "_size", "_source")

    def __init__(self, areas: Sequence[Area], descriptors: Sequence[tuple[list[int], int, int]]) -> None:
        """`areas` and `descriptors` (numbers of one description, its flags, its offset) are of one file."""
        self._areas = areas
        self._identity = areas[0].identity
        self._descriptors = [
            (Names(numbers), (flags & KEPT_FLAGS) | os.O_CLOEXEC, offset)
            for numbers, flags, offset in descriptors
        ]
        self._source = self._find_source()
        self._size = max(area.offset + area.end - area.start for area in areas)
        if self._source >= 0:
            self._size = os.fstat(self._source).st_size
        self._pieces = self._find_data()

    @property
    def copied(self) -> int:
        """How many bytes each worker copies."""
        return sum(length for _, length, _ in self._pieces)

    def refresh(self, mapped: Mapping[tuple[str, int], Sequence[Area]]) -> None:
        """In the zygote, before a fork: take note of what it has unmapped or closed since.

        Something else may be at those addresses, and have those numbers. `mapped` is what `read_shared` returns.
        """
        areas, source = mapped.get(self._identity, ()), self._find_source()
        if source != self._source or [area.name for area in areas] != [area.name for area in self._areas]:
            self._areas, self._source = areas, source
            self._pieces = self._find_data()

    def _find_source(self) -> int:
        return next((still[0] for names, _, _ in self._descriptors if (still := names.still())), -1)

    def _find_data(self) -> list[tuple[int, int, int]]:
        if self._source >= 0:
            return _data_of_file(self._source, self._size)
        return sorted({piece for area in self._areas for piece in _data_of_area(area)})

    def try_once(self) -> None:
        """Raise OSError where `make` would; changes nothing."""
        os.close(self._copy())

    def make(self) -> None:
        """In a worker: replace the memory. Raises OSError, after which the worker must not go on."""
        if not self._areas and self._source < 0:
            return
        number = self._copy()
        for area in self._areas:
            _map(area, number)
        for names, flags, offset in self._descriptors:
            if not names.still():
                continue
            again = os.open(f"/proc/self/fd/{number}", flags)
            os.lseek(again, offset, os.SEEK_SET)
            names.take(again)
        os.close(number)

    def _copy(self) -> int:
        number = nameless()
        os.truncate(number, self._size)
        if self._source >= 0:
            source = os.open(f"/proc/self/fd/{self._source}", os.O_RDONLY | os.O_CLOEXEC)
            for at, length, _ in self._pieces:
                os.lseek(number, at, os.SEEK_SET)
                while length:
                    sent = os.sendfile(number, source, at, length)
                    if not sent:
                        break
                    at, length = at + sent, length - sent
            os.close(source)
            return number
        libc = native.calls()
        for at, length, address in self._pieces:
            # The kernel reads: a mapping that is longer than its file would end this process otherwise.
            if libc.pwrite(number, address, length, at) < 0:
                raise native.last_fault("pwrite")
        return number


def _map(area: Area, number: int) -> None:
    wanted = area.end - area.start
    flags = _MAP_SHARED | _MAP_FIXED
    if native.calls().mmap(area.start, wanted, area.protection, flags, number, area.offset) != area.start:
        raise native.last_fault("mmap")


def _data_of_file(number: int, size: int) -> list[tuple[int, int, int]]:
    """Return offset and length of what holds data, without the holes."""
    found: list[tuple[int, int, int]] = []
    reading = os.open(f"/proc/self/fd/{number}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        end = 0
        while end < size:
            try:
                start = os.lseek(reading, end, os.SEEK_DATA)
            except OSError:
                # ENXIO: a hole up to the end.
                break
            end = os.lseek(reading, start, os.SEEK_HOLE)
            found.append((start, end - start, 0))
    finally:
        os.close(reading)
    return found


def _data_of_area(area: Area) -> list[tuple[int, int, int]]:
    """Return offset in the file, length and address of what holds data in a mapping without a descriptor."""
    import ctypes

    length = area.end - area.start
    page = os.sysconf("SC_PAGESIZE")
    resident = ctypes.create_string_buffer(length // page)
    is_in_memory = area.path.startswith(_IN_MEMORY) and not area.is_swapped
    if not is_in_memory or native.calls().mincore(area.start, length, resident) != 0:
        return [(area.offset, length, area.start)]
    found: list[tuple[int, int, int]] = []
    flags = bytes(flag & 1 for flag in resident.raw)
    at = flags.find(1)
    while at >= 0:
        end = flags.find(0, at)
        end = len(flags) if end < 0 else end
        found.append((area.offset + at * page, (end - at) * page, area.start + at * page))
        at = flags.find(1, end)
    return found

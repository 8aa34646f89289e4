"""Reads from a program's ELF file how much of it is loaded, and whether it looks for its libraries beside itself."""

from __future__ import annotations

import os

_PT_LOAD = 1
_PT_DYNAMIC = 2
_DT_STRTAB = 5
_DT_STRSZ = 10
# A header table is a few hundred bytes, a dynamic section some more; what claims to be larger is not read.
_MAX_TABLE = 65536
_MAX_STRINGS = 1 << 22


class Program:
    """What Dayfly needs to know of an executable file.

    `loaded_bytes` is how much of it, from its start, a kernel or a loader ever looks at: the whole where it
    is no ELF file of 64 bits, little-endian. `seeks_beside_itself` says that it finds libraries relative to
    its own place ($ORIGIN in the search path that is written in it).
    """

    __slots__ = ("loaded_bytes", "seeks_beside_itself")

    def __init__(self, descriptor: int) -> None:
        """Read from an open file; raises OSError where that fails."""
        size = os.fstat(descriptor).st_size
        self.loaded_bytes = size
        self.seeks_beside_itself = False
        head = _read(descriptor, 64, 0)
        # https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html
        if head[:6] != b"\x7fELF\x02\x01":
            return
        table, each, count = _number(head, 32, 8), _number(head, 54, 2), _number(head, 56, 2)
        headers = _read(descriptor, min(each * count, _MAX_TABLE), table)
        segments = [_Segment(headers[at : at + each]) for at in range(0, len(headers), each or 1)]
        if not any(segment.kind == _PT_LOAD for segment in segments):
            return
        # Sections, and with them debug symbols, lie behind the segments: up to some 20 MB of an interpreter
        # that was not stripped.
        ends = [segment.offset + segment.bytes_in_file for segment in segments]
        self.loaded_bytes = min(size, max([table + len(headers), *ends]))
        self.seeks_beside_itself = b"ORIGIN" in _dynamic_strings(descriptor, segments)


class _Segment:
    """One program header."""

    __slots__ = ("address", "bytes_in_file", "kind", "offset")

    def __init__(self, header: bytes) -> None:
        self.kind = _number(header, 0, 4)
        self.offset = _number(header, 8, 8)
        self.address = _number(header, 16, 8)
        self.bytes_in_file = _number(header, 32, 8)


def _dynamic_strings(descriptor: int, segments: list[_Segment]) -> bytes:
    """Return the strings of the dynamic section: names of libraries and symbols, and search paths."""
    entries: dict[int, int] = {}
    for segment in segments:
        if segment.kind == _PT_DYNAMIC:
            section = _read(descriptor, min(segment.bytes_in_file, _MAX_TABLE), segment.offset)
            for at in range(0, len(section) - 15, 16):
                entries.setdefault(_number(section, at, 8), _number(section, at + 8, 8))
    address = entries.get(_DT_STRTAB, 0)
    for segment in segments:
        within = address - segment.address
        if address and segment.kind == _PT_LOAD and 0 <= within < segment.bytes_in_file:
            return _read(descriptor, min(entries.get(_DT_STRSZ, 0), _MAX_STRINGS), segment.offset + within)
    return b""


def _read(descriptor: int, count: int, offset: int) -> bytes:
    # A number that no file reaches is no error of the caller's, but of the file.
    return os.pread(descriptor, count, offset) if offset < 1 << 62 else b""


def _number(data: bytes, at: int, count: int) -> int:
    return int.from_bytes(data[at : at + count], "little")

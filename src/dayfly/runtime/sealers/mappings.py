"""Gives every worker shared memory of its own, at the same addresses and with init's content.

That is memory of `mmap(-1)`, of memory files and deleted files, of multiprocessing's values, arrays and locks,
and files that are mapped for writing (numpy.memmap, SQLite's -shm). The descriptors of such a file lead to the worker's
copy, too. A file that is only read is mapped again in the zygote, by a descriptor that cannot write.
"""

from __future__ import annotations

import os
import stat

from dayfly._sys import descriptions, mappings, reopen
from dayfly.runtime import seal as seals
from dayfly.runtime.sealers.files import read_locks, seal_locks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dayfly.runtime.heap import Found
    from dayfly.runtime.sealing import Sealing

# What every worker copies, holes not counted: some milliseconds of CPU, and this much memory for each worker alive.
MAX_COPY_BYTES = 16 << 20


def seal(found: Found, sealing: Sealing) -> None:
    """Have every worker replace what init mapped; name what is too large."""
    if descriptions.has_children():
        # A process that init started may use it, too; `seal.reasons_not_to_fork` names what is shared.
        return
    files: dict[tuple[str, int], list[mappings.Area]] = {}
    for area in mappings.read_areas():
        if area.is_known:
            files.setdefault(area.identity, []).append(area)
    locks = read_locks() if files else {}
    memories: list[mappings.Memory] = []
    copied = 0
    for areas in files.values():
        if not any("w" in area.permissions for area in areas) and all(map(mappings.open_read_only, areas)):
            continue
        path = areas[0].path
        try:
            descriptors = _descriptors_of(areas[0])
            memory = mappings.Memory(areas, descriptors)
            memory.try_once()
        except OSError as fault:
            sealing.faults.append(f"shared memory {path}: {fault.strerror}")
            continue
        copied += memory.copied
        if copied > MAX_COPY_BYTES:
            sealing.refuse(
                f"shared memory {path or 'without a name'} mapped at init is too large to be copied for each worker "
                f"({copied >> 20} MB, limit {MAX_COPY_BYTES >> 20} MB): map it with MAP_PRIVATE (numpy.memmap: mode "
                '"c"), or in the handler'
            )
        inode = areas[0].identity[1]
        if descriptors and inode in locks:
            groups = [numbers for numbers, _, _ in descriptors]
            if not seal_locks(groups, locks[inode], sealing):
                sealing.refuse(f"{path} was locked at init for all workers: lock it in the handler")
        sealing.areas.update(area.name for area in areas)
        for numbers, _, _ in descriptors:
            sealing.descriptors.update(numbers)
        memories.append(memory)
        sealing.private(memory.make, is_vital=True)
        if mappings.has_name(areas[0]):
            sealing.notes.append(
                f"{path} is mapped for writing since init: each worker has a copy, and what it writes there does not reach the file"
            )
    if not memories:
        return

    def refresh() -> None:
        # 0.1 ms, outside the caller's time.
        shared = mappings.read_shared()
        for memory in memories:
            memory.refresh(shared)

    sealing.before_fork(refresh)


def _descriptors_of(area: mappings.Area) -> list[tuple[list[int], int, int]]:
    """Return numbers, flags and offset of each open description of the file that a mapping shows."""
    numbers: list[int] = []
    for number in sorted(seals.open_descriptors()):
        try:
            status = os.fstat(number)
            is_same = stat.S_ISREG(status.st_mode) and os.readlink(f"/proc/self/fd/{number}") == area.path
        except OSError:
            continue
        if is_same and status.st_ino == area.identity[1]:
            numbers.append(number)
    groups = [(group, reopen.flags_of(group[0])) for group in descriptions.group(numbers)]
    return [
        (group, flags, os.lseek(group[0], 0, os.SEEK_CUR)) for group, flags in groups if not flags & os.O_PATH
    ]

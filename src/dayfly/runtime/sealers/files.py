"""Gives every worker open files of its own, where init left them.

A forked process shares the offset of what it inherits: one worker's read would move the next one's. Each
opens the same files again, at the offset init left; /dev/null too, whose description has flags and an owner. A file without a name (deleted, a memory file) would
carry what one customer wrote to the next: each worker gets a copy of it. Pipes whose two ends are here
are made anew, and other names of standard output follow the worker's own. A lock on a file is given up in the zygote, and taken by
each worker when its event is there: by then no worker before it lives.
"""

from __future__ import annotations

import gc
import os
import stat
import sys

from dayfly._sys import descriptions, filelocks, reopen
from dayfly.runtime import seal as seals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dayfly.runtime.heap import Found
    from dayfly.runtime.sealing import Sealing

# Copied into every worker: 0.5 ms of CPU at most.
MAX_COPY_BYTES = 1 << 20
# Copied once, in the zygote, where nobody may write to it; it stays in memory.
MAX_SEALED_BYTES = 64 << 20
_PIECE_BYTES = 1 << 20
# Where any invocation may write, and where Dayfly compares what init made after each.
_TEMPORARY = ("/tmp/", "/var/tmp/", "/dev/shm/")


def seal(found: Found, sealing: Sealing) -> None:
    """Have every worker open what init opened; name what cannot be had twice."""
    outputs = {identity: output for output in (2, 1) if (identity := reopen.identify(output)) is not None}
    files: dict[tuple[int, int], list[int]] = {}
    pipes: dict[tuple[int, int], list[int]] = {}
    names: list[int] = []
    for number in sorted(seals.open_descriptors() - sealing.own - sealing.descriptors):
        try:
            status = os.fstat(number)
        except OSError:
            # A thread has closed it meanwhile.
            continue
        identity = status.st_dev, status.st_ino
        if number <= 2:
            continue
        if identity in outputs and not stat.S_ISCHR(status.st_mode):
            names.append(number)
            sealing.descriptors.add(number)
            output = descriptions.Output(number, outputs[identity])
            sealing.private(output.make)
            # Also in a process that serves without a fork: its outputs are replaced, too.
            sealing.in_worker(output.make)
        elif stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode):
            files.setdefault(identity, []).append(number)
        elif reopen.is_memory_device(status):
            sealing.descriptors.add(number)
            sealing.private(reopen.OpenFile([number], reopen.flags_of(number), 0).make)
        elif stat.S_ISFIFO(status.st_mode):
            pipes.setdefault(identity, []).append(number)
    if files or names:
        _flush([*names, *(number for numbers in files.values() for number in numbers)])
    locks = read_locks() if files else {}
    for identity, numbers in files.items():
        groups = list(descriptions.group(numbers))
        if identity[1] in locks and not seal_locks(groups, locks[identity[1]], sealing):
            sealing.refuse(f"{_tell(numbers[0])} was locked at init for all workers: lock it in the handler")
        if len(groups) > 1 and _is_nameless(numbers[0]):
            sealing.refuse(
                f"{_tell(numbers[0])}, without a name and opened more than once, would be shared by "
                "workers: open it in the handler, or keep its name"
            )
            sealing.descriptors.update(numbers)
            continue
        for group in groups:
            make = _seal_file(group, sealing)
            # Named or made safe: no culprit for whoever looks later.
            sealing.descriptors.update(group)
            if make is not None:
                sealing.private(make)
    if pipes and not descriptions.has_children():
        for numbers in pipes.values():
            _seal_pipe(numbers, sealing)


def _is_nameless(number: int) -> bool:
    return os.fstat(number).st_nlink == 0 and not descriptions.is_sealed(number)


def _flush(numbers: list[int]) -> None:
    """Have buffers written out now, and not once by every worker."""
    if all(reopen.flags_of(number) & os.O_ACCMODE == os.O_RDONLY for number in numbers):
        return
    # Classes written in C do not lead to their instances, so that every object is looked at: 14 ms in a
    # boto3 function, and only where init left a file open for writing.
    io = sys.modules["_io"]
    buffered = (io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom)
    for item in gc.get_objects():
        if type(item) in buffered and not item.closed:
            try:
                if item.fileno() in numbers:
                    item.flush()
            except (OSError, ValueError):
                continue


def _seal_file(numbers: list[int], sealing: Sealing) -> Callable[[], None] | None:
    number = numbers[0]
    status = os.fstat(number)
    flags = reopen.flags_of(number)
    if flags & os.O_PATH:
        # Neither offset nor content: nothing is shared by it.
        return None
    is_regular = stat.S_ISREG(status.st_mode)
    if is_regular and descriptions.is_message_queue(number):
        sealing.refuse(
            f"the message queue {_tell(number)} opened at init would be shared by workers: open it in the handler"
        )
        return None
    try:
        offset = os.lseek(number, 0, os.SEEK_CUR)
        if is_regular and _is_nameless(number):
            return _seal_nameless(numbers, flags, offset, status.st_size, sealing)
        again = reopen.OpenFile(numbers, flags, offset)
        again.try_once()
    except OSError as fault:
        sealing.refuse(
            f"{_tell(number)} opened at init cannot be opened again by each worker ({fault.strerror}): "
            "open it in the handler"
        )
        return None
    if is_regular and flags & os.O_ACCMODE != os.O_RDONLY:
        _note_scratch(number, sealing)
    return again.make


def read_locks() -> dict[int, list[filelocks.Lock | None]]:
    """Return the locks that init holds, by the inodes of their files."""
    try:
        return filelocks.held_by_us()
    except OSError:
        return {}


def seal_locks(groups: list[list[int]], locks: list[filelocks.Lock | None], sealing: Sealing) -> bool:
    """Have each worker hold the locks on one file that init took; False where their holder is unknown."""
    held: list[tuple[int, filelocks.Lock]] = []
    for lock in locks:
        if lock is None:
            return False
        if not lock.is_flock or len(groups) == 1:
            held.append((groups[0][0], lock))
            continue
        if lock.is_shared:
            return False
        holders = [group[0] for group in groups if lock.is_held_by(group[0])]
        if len(locks) > 1 or len(holders) != 1:
            return False
        held.append((holders[0], lock))
    try:
        for number, lock in held:
            lock.give_up(number)
    except OSError:
        return False
    name = _tell(groups[0][0])

    def take() -> None:
        for number, lock in held:
            try:
                lock.take(number)
            except OSError as fault:
                os.write(2, f"dayfly: warning: {name} could not be locked again: {fault.strerror}\n".encode())

    # Not at the fork: the worker before may still hold them.
    sealing.at_event(take)
    return True


def _seal_nameless(
    numbers: list[int], flags: int, offset: int, size: int, sealing: Sealing
) -> Callable[[], None] | None:
    number = numbers[0]
    is_read_only = flags & os.O_ACCMODE == os.O_RDONLY
    if size > (MAX_SEALED_BYTES if is_read_only else MAX_COPY_BYTES):
        sealing.refuse(
            f"{_tell(number)}, {size >> 20} MB without a name, would be shared by workers: open it in the "
            "handler, or keep its name"
        )
        return None
    # Opened anew, since the descriptor may be for writing alone.
    reading = os.open(f"/proc/self/fd/{number}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        if not is_read_only:
            return descriptions.NamelessFile(numbers, flags, offset, os.pread(reading, size, 0)).make
        descriptions.replace_by_sealed(numbers, _pieces(reading), offset)
    finally:
        os.close(reading)
    return reopen.OpenFile(numbers, flags, offset).make


def _pieces(reading: int) -> Iterator[bytes]:
    while piece := os.read(reading, _PIECE_BYTES):
        yield piece


def _note_scratch(number: int, sealing: Sealing) -> None:
    name = _tell(number)
    scratch = os.environ.get("TMPDIR", "").rstrip("/")
    if name.startswith(_TEMPORARY) or (scratch and name.startswith(scratch + "/")):
        sealing.notes.append(
            f"{name} is open for writing since init: an invocation that writes to it causes a new init of "
            "the function"
        )


def _seal_pipe(numbers: list[int], sealing: Sealing) -> None:
    readers = [number for number in numbers if reopen.flags_of(number) & os.O_ACCMODE == os.O_RDONLY]
    writers = [number for number in numbers if reopen.flags_of(number) & os.O_ACCMODE == os.O_WRONLY]
    is_named = not os.readlink(f"/proc/self/fd/{numbers[0]}").startswith("pipe:")
    if is_named or not readers or len(readers) + len(writers) < len(numbers) or not writers:
        return
    content = descriptions.content_of(readers[0], writers[0])
    if content is None:
        return
    sealing.descriptors.update(numbers)
    sealing.private(descriptions.Pipe(readers, writers, content).make)


def _tell(number: int) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{number}")
    except OSError:
        return f"descriptor {number}"

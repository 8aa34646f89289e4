"""A queue on disk: what was appended and acknowledged survives kill -9, power loss and a full disk.

Segments are files of frames: lengths, a checksum, a header, a body. One thread writes everything that waits as one
group and syncs it once, so that many senders share one fsync. A frame whose checksum is wrong ends its segment: it was
being written when the process died, and nobody had been told that it was safe.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import queue
import re
import struct
import threading
import zlib
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dayfly.errors import DayflyError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HEAD = struct.Struct("<4sIII")
_MAGIC = b"DFS1"
_NAME = re.compile(r"([0-9]{16})\.spool")
# One write of so many bytes at most: the group's memory, and the longest that a small batch waits for a large one.
_GROUP_BYTES = 16 << 20
SEGMENT_BYTES = 64 << 20
MAX_BYTES = 2 << 30
# Left to the store and to the blocks on their way there; a disk that is full to the last byte cannot drain the spool.
RESERVE_BYTES = 256 << 20


class Full(DayflyError):
    """A batch cannot be taken now; `status` is 429 (we are behind) or 503 (the disk), `retry_after` in seconds."""

    def __init__(self, message: str, *, status: int, retry_after: int) -> None:
        super().__init__(message, hint=f"retry in {retry_after} s")
        self.status = status
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """Between two frames: a segment's number and an offset in it."""

    segment: int
    offset: int


@dataclass(frozen=True, slots=True)
class Frame:
    """One batch as it was taken; `end` is the position behind it."""

    header: bytes
    body: bytes
    end: Position


@dataclass(frozen=True, slots=True)
class _Waiting:
    data: list[bytes]
    size: int
    done: Future[Position]


class Spool:
    """Frames in a folder, appended by many threads, read by one.

    A folder has one spool at a time: a second raises DayflyError. Call `close` at the end; a kill does no harm.
    """

    def __init__(
        self,
        folder: Path,
        *,
        max_bytes: int = MAX_BYTES,
        segment_bytes: int = SEGMENT_BYTES,
        reserve_bytes: int = RESERVE_BYTES,
    ) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._segment_bytes = segment_bytes
        self._reserve_bytes = reserve_bytes
        folder.mkdir(parents=True, exist_ok=True)
        self._folder_fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(self._folder_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._folder_fd)
            raise DayflyError(
                f"{folder} is in use by another process", hint="stop that process, or use another folder"
            ) from error
        self._condition = threading.Condition()
        # What is whole and synced, by segment; the writer alone adds to it.
        self._sizes: dict[int, int] = {}
        self._queued = 0
        self.torn_bytes = 0
        self.damaged_bytes = 0
        self._recover()
        self._current = max(self._sizes, default=0) + 1
        self._fd = -1
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._reading: tuple[int, int] = (-1, -1)
        self._is_closed = False
        self._writer = threading.Thread(target=self._write_forever, name="spool-writer", daemon=True)
        self._writer.start()

    @property
    def size(self) -> int:
        """How much lies here, durable or on its way."""
        with self._condition:
            return sum(self._sizes.values()) + self._queued

    @property
    def start(self) -> Position:
        """The position before the first frame."""
        with self._condition:
            return Position(min(self._sizes, default=self._current), 0)

    @property
    def end(self) -> Position:
        """The position behind the last durable frame."""
        with self._condition:
            last = max(self._sizes, default=self._current)
            return Position(last, self._sizes.get(last, 0))

    def append(self, header: bytes, body: bytes) -> Future[Position]:
        """Queue one frame; the future is done when it is on disk, or failed with Full.

        Raises Full at once where there is no room.
        """
        size = _HEAD.size + len(header) + len(body)
        used = self.size
        if used and used + size > self._max_bytes:
            raise Full("the collector is behind: its queue is full", status=429, retry_after=15)
        self._refuse_full_disk(size)
        lengths = struct.pack("<II", len(header), len(body))
        checksum = zlib.crc32(body, zlib.crc32(header, zlib.crc32(lengths)))
        head = _HEAD.pack(_MAGIC, len(header), len(body), checksum)
        done: Future[Position] = Future()
        with self._condition:
            if self._is_closed:
                raise Full("the collector is stopping", status=503, retry_after=5)
            self._queued += size
            self._waiting.put(_Waiting([head, header, body], size, done))
        return done

    def read(self, position: Position, *, wait: float = 0.0) -> Frame | None:
        """The frame behind `position`, None where there is none after `wait` seconds. For one thread."""
        while (place := self._find(position, wait)) is not None:
            frame = _read_frame(self._open_for_reading(place.segment), place)
            if frame is not None:
                return frame
            # Synced and read back otherwise: the disk, or somebody. What follows in this segment cannot be found.
            with self._condition:
                self.damaged_bytes += self._sizes[place.segment] - place.offset
            position = Position(place.segment, self._sizes[place.segment])
            if place.segment == self._current:
                return None
        return None

    def frames(self) -> Iterator[Frame]:
        """Every durable frame, from the first."""
        position = self.start
        while (frame := self.read(position)) is not None:
            yield frame
            position = frame.end

    def bytes_after(self, position: Position) -> int:
        """How much lies behind `position`, durable or on its way."""
        with self._condition:
            sizes = sum(size for number, size in self._sizes.items() if number >= position.segment)
            return sizes - (position.offset if position.segment in self._sizes else 0) + self._queued

    def before(self, position: Position) -> list[int]:
        """The segments that lie wholly before `position`."""
        with self._condition:
            return [number for number in sorted(self._sizes) if number < position.segment]

    def retire(self, segment: int) -> None:
        """Delete a segment that lies before what was read last: the reading thread has left it."""
        self._path(segment).unlink(missing_ok=True)
        with self._condition:
            self._sizes.pop(segment, None)

    def close(self) -> None:
        """Write what waits and let the folder go."""
        with self._condition:
            if self._is_closed:
                return
            self._is_closed = True
        self._waiting.put(None)
        self._writer.join()
        if self._fd >= 0:
            os.close(self._fd)
        if self._reading[1] >= 0:
            os.close(self._reading[1])
        os.close(self._folder_fd)

    def _recover(self) -> None:
        for path in sorted(self._folder.iterdir()):
            match = _NAME.fullmatch(path.name)
            if match is None or not path.is_file():
                continue
            number, whole, size = int(match[1]), 0, path.stat().st_size
            fd = os.open(path, os.O_RDWR)
            try:
                while (frame := _read_frame(fd, Position(number, whole))) is not None:
                    whole = frame.end.offset
                if whole < size:
                    self.torn_bytes += size - whole
                    os.ftruncate(fd, whole)
                # What a killed process had written and not synced may be in the page cache alone.
                os.fsync(fd)
            finally:
                os.close(fd)
            if whole:
                self._sizes[number] = whole
            else:
                path.unlink()
        os.fsync(self._folder_fd)

    def _find(self, position: Position, wait: float) -> Position | None:
        def look() -> Position | None:
            if position.offset < self._sizes.get(position.segment, 0):
                return position
            later = [number for number in self._sizes if number > position.segment]
            return Position(min(later), 0) if later else None

        with self._condition:
            found = look()
            if found is None and wait > 0:
                self._condition.wait(wait)
                found = look()
            return found

    def wake(self) -> None:
        """End the wait of `read` early."""
        with self._condition:
            self._condition.notify_all()

    def _open_for_reading(self, segment: int) -> int:
        if self._reading[0] != segment:
            if self._reading[1] >= 0:
                os.close(self._reading[1])
            self._reading = (segment, os.open(self._path(segment), os.O_RDONLY))
        return self._reading[1]

    def _path(self, segment: int) -> Path:
        return self._folder / f"{segment:016}.spool"

    def _refuse_full_disk(self, size: int) -> None:
        disk = os.fstatvfs(self._folder_fd)
        if disk.f_bavail * disk.f_frsize < size + self._reserve_bytes:
            raise Full("the collector's disk is full", status=503, retry_after=30)

    def _write_forever(self) -> None:
        while (first := self._waiting.get()) is not None:
            group, size, is_last = [first], first.size, False
            while size < _GROUP_BYTES:
                try:
                    item = self._waiting.get_nowait()
                except queue.Empty:
                    break
                if item is None:
                    is_last = True
                    break
                group.append(item)
                size += item.size
            self._write_group(group, size)
            if is_last:
                return

    def _write_group(self, group: list[_Waiting], size: int) -> None:
        """All of a group becomes durable, or none of it: then every sender is told so."""
        try:
            self._open_for_writing()
            start = self._sizes.get(self._current, 0)
            _write_whole(self._fd, b"".join([part for item in group for part in item.data]), start)
            os.fdatasync(self._fd)
        except (OSError, MemoryError) as error:
            self._abandon()
            why = error.strerror if isinstance(error, OSError) else "out of memory"
            fault = Full(f"the collector cannot write: {why}", status=503, retry_after=30)
            with self._condition:
                self._queued -= size
            for item in group:
                item.done.set_exception(fault)
            return
        with self._condition:
            self._queued -= size
            self._sizes[self._current] = start + size
            self._condition.notify_all()
        for item in group:
            start += item.size
            item.done.set_result(Position(self._current, start))

    def _open_for_writing(self) -> None:
        if self._fd >= 0 and self._sizes.get(self._current, 0) >= self._segment_bytes:
            os.close(self._fd)
            self._fd = -1
            self._current += 1
        if self._fd < 0:
            # With the segment's name on disk, too: else its data would be nobody's after a power loss.
            self._fd = os.open(
                self._path(self._current), os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600
            )
            os.fsync(self._folder_fd)

    def _abandon(self) -> None:
        """Leave the segment as it last was.

        After a failed sync the kernel may have dropped the pages and call the next sync a success
        (https://lwn.net/Articles/752063/): nothing more is written to this file.
        """
        if self._fd < 0:
            return
        whole = self._sizes.get(self._current, 0)
        with contextlib.suppress(OSError):
            os.ftruncate(self._fd, whole)
            os.fsync(self._fd)
        os.close(self._fd)
        self._fd = -1
        if not whole:
            self._path(self._current).unlink(missing_ok=True)
        self._current += 1


def _write_whole(fd: int, data: bytes, offset: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(fd, view, offset)
        view = view[written:]
        offset += written


def _read_frame(fd: int, position: Position) -> Frame | None:
    head = os.pread(fd, _HEAD.size, position.offset)
    if len(head) < _HEAD.size:
        return None
    magic, header_size, body_size, checksum = _HEAD.unpack(head)
    size = header_size + body_size
    if magic != _MAGIC or size > os.fstat(fd).st_size - position.offset - _HEAD.size:
        return None
    data = os.pread(fd, size, position.offset + _HEAD.size)
    if zlib.crc32(data, zlib.crc32(head[4:12])) != checksum:
        return None
    end = Position(position.segment, position.offset + _HEAD.size + size)
    return Frame(data[:header_size], data[header_size:], end)

"""Blocks of rows on their way to the store: written down before the first insert, so that a repetition is the same.

A block holds the rows of whole batches, as JSON lines by table, and the position in the spool behind them. Killed
between two inserts, the next process finds the block and inserts it again under the same tokens, which ClickHouse
drops where it has the rows. Were it made anew from the spool, what has been seen meanwhile would have changed it.
"""

from __future__ import annotations

import contextlib
import os
import re
import zlib
from typing import TYPE_CHECKING

import msgspec

from dayfly.fleet.ingest.spool import Position

if TYPE_CHECKING:
    from pathlib import Path

_NAME = re.compile(r"([0-9]{12})\.block")
_DONE = "moved"


class Block(msgspec.Struct, frozen=True, array_like=True):
    """`name` is never used twice, in no folder: it is the store's deduplication token."""

    name: str
    number: int
    segment: int
    offset: int
    lines: int
    tables: dict[str, bytes]

    @property
    def end(self) -> Position:
        """The position in the spool behind the block's batches."""
        return Position(self.segment, self.offset)


class _Done(msgspec.Struct, frozen=True, array_like=True):
    number: int
    segment: int
    offset: int


class Blocks:
    """The blocks in a folder that are not in the store yet, in order."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        done = self._load_done()
        self.is_damaged = done is None
        self.pending = self._load_pending(done.number if done is not None else -1)
        if done is None:
            # What lies before the oldest block is in the store. Without a block the queue is read again from its
            # beginning: the tokens and numbers that the store remembers keep it from being counted twice.
            first = self.pending[0].number - 1 if self.pending else 0
            done = _Done(first, 0, 0)
        self.moved = Position(done.segment, done.offset)
        last = self.pending[-1] if self.pending else None
        self.next_number = (last.number if last else done.number) + 1
        # From here on the spool's batches are in no block.
        self.read = last.end if last else self.moved

    def add(self, name: str, end: Position, lines: int, tables: dict[str, bytes]) -> Block:
        """Write a block down and return it; durable when this returns. Raises OSError and leaves nothing."""
        block = Block(name, self.next_number, end.segment, end.offset, lines, tables)
        data = msgspec.msgpack.encode(block)
        path = self._path(block.number)
        try:
            _write(path, zlib.crc32(data).to_bytes(4, "little") + data)
            os.fsync(self._fd)
        except OSError:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
            raise
        self.next_number += 1
        self.read = end
        return block

    def finish(self, block: Block) -> None:
        """Note that a block is in the store, the oldest first, and delete it. Raises OSError."""
        new = self._folder / f"{_DONE}.new"
        _write(new, msgspec.msgpack.encode(_Done(block.number, block.segment, block.offset)))
        os.replace(new, self._folder / _DONE)
        os.fsync(self._fd)
        self.moved = block.end
        self._path(block.number).unlink(missing_ok=True)

    def close(self) -> None:
        """Let the folder go."""
        os.close(self._fd)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:012}.block"

    def _load_done(self) -> _Done | None:
        """What was moved last; None where the file is damaged, which is kept beside it."""
        path = self._folder / _DONE
        try:
            return msgspec.msgpack.decode(path.read_bytes(), type=_Done)
        except FileNotFoundError:
            return _Done(0, 0, 0)
        except msgspec.DecodeError:
            os.replace(path, self._folder / f"{_DONE}.damaged")
            return None

    def _load_pending(self, done: int) -> list[Block]:
        """Whole blocks in order, up to the first that is torn: that one and what follows is made anew.

        They follow the block `done`, or begin anywhere where it is -1.
        """
        found: list[Block] = []
        for path in sorted(path for path in self._folder.iterdir() if _NAME.fullmatch(path.name)):
            block = _load(path)
            if block is not None and done < 0:
                done = block.number - 1
            if block is not None and block.number == done + len(found) + 1:
                found.append(block)
            else:
                path.unlink()
        return found


def _load(path: Path) -> Block | None:
    data = path.read_bytes()
    if len(data) < 4 or zlib.crc32(data[4:]).to_bytes(4, "little") != data[:4]:
        return None
    return msgspec.msgpack.decode(data[4:], type=Block)


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())

"""Puts a block into the store, however often it takes, and finds the row that the store will not take."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

from dayfly.fleet.store.store import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dayfly.fleet.ingest.blocks import Block
    from dayfly.fleet.store.store import Store

# ClickHouse cannot make a column's value of what a row has; it never will, however often it is asked
# (https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp): parsing, types, ranges.
_ABOUT_ROWS = frozenset({6, 26, 27, 32, 33, 38, 41, 53, 69, 70, 72, 117, 130, 131, 321, 349, 376, 467})
_AT_ONCE = 3
# What ClickHouse takes in one insert without coming near its limit of memory; the rows of one large batch may be more.
_SLICE_BYTES = 24 << 20


class Inserter:
    """Inserts blocks; `refuse(table, line, why)` is called for every row that the store will not take."""

    def __init__(self, store: Store, refuse: Callable[[str, bytes, str], None]) -> None:
        self._store = store
        self._refuse = refuse
        # An insert waits for the disk most of the time; a block has one large table and some small ones.
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="collector-insert")

    def insert(self, block: Block) -> None:
        """Insert every table of a block; done twice it changes nothing. Raises StoreError to be called again."""
        inserted = [
            self._pool.submit(self._insert, table, data, f"{block.name}-{table}")
            for table, data in block.tables.items()
        ]
        wait(inserted)
        for one in inserted:
            one.result()

    def close(self) -> None:
        """Wait for what is being inserted."""
        self._pool.shutdown()

    def _insert(self, table: str, data: bytes, token: str) -> None:
        if len(data) > _SLICE_BYTES and data.find(b"\n") + 1 < len(data):
            for number, piece in enumerate(_slices(data)):
                self._insert(table, piece, f"{token}.{number}")
            return
        try:
            self._store.insert_lines(table, data, token=token)
        except StoreError as error:
            if not is_about_rows(error):
                raise
            lines = data.splitlines(keepends=True)
            if len(lines) <= 1:
                self._refuse(table, data, error.message)
                return
            # Halves have tokens of their own that depend on nothing but the block: a repetition is the same again.
            middle = len(lines) // 2
            for half, part in (("a", lines[:middle]), ("b", lines[middle:])):
                self._insert(table, b"".join(part), f"{token}{half}")


def _slices(data: bytes) -> Iterator[bytes]:
    """Whole lines, about _SLICE_BYTES at a time, and the same again for the same data; a longer line is one slice."""
    begin = 0
    while begin < len(data):
        end = data.rfind(b"\n", begin, begin + _SLICE_BYTES) + 1
        if end <= begin:
            end = data.find(b"\n", begin) + 1 or len(data)
        yield data[begin:end]
        begin = end


def is_about_rows(error: StoreError) -> bool:
    """Whether the store refused the rows themselves, and would again."""
    return error.code in _ABOUT_ROWS


def delays(first: float = 0.2, longest: float = 15.0) -> Iterator[float]:
    """How long to wait before the next try, and the next."""
    while True:
        yield first
        first = min(first * 2, longest)

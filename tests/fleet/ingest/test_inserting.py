"""A block is cut for the store at the same places every time."""

from __future__ import annotations

from typing import cast

import pytest

from dayfly.fleet.ingest.blocks import Block
from dayfly.fleet.ingest.inserting import Inserter
from dayfly.fleet.store.store import Store, StoreError

BIG = b"".join(b"%07d" % number + b"x" * 93 + b"\n" for number in range(600_000))


class Picky:
    """A store that refuses rows with a word in them, and remembers what it got by token."""

    def __init__(self, word: bytes = b"\0") -> None:
        self.word = word
        self.got: dict[str, bytes] = {}

    def insert_lines(self, table: str, lines: bytes, *, token: str = "") -> None:
        if self.word in lines:
            raise StoreError("the store: no such value", code=27)
        assert self.got.setdefault(token, lines) == lines


def insert(store: Picky, data: bytes) -> list[bytes]:
    refused: list[bytes] = []
    inserter = Inserter(cast("Store", store), lambda table, line, why: refused.append(line))
    inserter.insert(Block("n", 1, 1, 0, 1, {"t": data}))
    inserter.close()
    return refused


def test_a_large_table_comes_in_slices_of_whole_lines_under_tokens_of_their_own() -> None:
    store = Picky()
    for _ in range(2):
        assert insert(store, BIG) == []
    assert len(store.got) == 3
    assert b"".join(store.got[token] for token in sorted(store.got)) == BIG
    assert all(part.endswith(b"\n") for part in store.got.values())


def test_the_rows_that_the_store_refuses_are_found_and_the_others_are_in() -> None:
    store = Picky(b"bad")
    lines = [b"good %d\n" % number for number in range(1000)]
    lines[17], lines[999] = b"bad 1\n", b"bad 2\n"
    assert insert(store, b"".join(lines)) == [b"bad 1\n", b"bad 2\n"]
    assert sorted(b"".join(store.got.values()).splitlines(keepends=True)) == sorted(
        one for one in lines if b"good" in one
    )


def test_trouble_that_may_pass_is_raised_for_another_try() -> None:
    class Away(Picky):
        def insert_lines(self, table: str, lines: bytes, *, token: str = "") -> None:
            raise StoreError("the store: nobody there")

    with pytest.raises(StoreError, match="nobody"):
        insert(Away(), b"line\n")


def test_tables_of_a_block_are_all_inserted_where_one_fails() -> None:
    store = Picky(b"bad")
    inserter = Inserter(cast("Store", store), lambda table, line, why: None)
    inserter.insert(Block("n", 1, 1, 0, 1, {"a": b"bad\n", "b": b"good\n", "c": b"good\n"}))
    inserter.close()
    assert sorted(store.got) == ["n-b", "n-c"]

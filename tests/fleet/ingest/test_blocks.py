"""The note of what is in the store may be damaged: nothing that was acknowledged is lost by it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dayfly.fleet.ingest.blocks import Blocks
from dayfly.fleet.ingest.spool import Position, Spool


@pytest.mark.parametrize("damage", [b"", b"garbage", b"\x93\x01"])
@pytest.mark.parametrize("waiting", [0, 2])
def test_a_damaged_note_costs_nothing_that_waits(tmp_path: Path, damage: bytes, waiting: int) -> None:
    blocks = Blocks(tmp_path)
    made = [blocks.add(f"x-{number}", Position(1, 10 * number), 1, {"t": b"{}\n"}) for number in (1, 2, 3)]
    for block in made[: 3 - waiting]:
        blocks.finish(block)
    blocks.close()
    (tmp_path / "moved").write_bytes(damage)
    found = Blocks(tmp_path)
    assert found.is_damaged
    assert [block.name for block in found.pending] == [block.name for block in made[3 - waiting :]]
    assert found.read == (Position(1, 30) if waiting else Position(0, 0))
    for block in found.pending:
        found.finish(block)
    found.close()
    again = Blocks(tmp_path)
    assert (again.is_damaged, again.pending, again.read) == (False, [], found.read)
    again.close()
    assert (tmp_path / "moved.damaged").read_bytes() == damage


def test_a_folder_with_a_segments_name_is_nobodys_segment(tmp_path: Path) -> None:
    (tmp_path / "0000000000000007.spool").mkdir()
    spool = Spool(tmp_path)
    spool.append(b"h", b"b").result(60)
    assert [frame.body for frame in spool.frames()] == [b"b"]
    spool.close()

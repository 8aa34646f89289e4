"""A frame that was acknowledged is there after any end of the process; one that was not leaves nothing."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from dayfly.errors import DayflyError
from dayfly.fleet.ingest.spool import Full, Position, Spool


def opened(folder: Path, **limits: int) -> Spool:
    return Spool(folder, **{"reserve_bytes": 0, **limits})


def bodies(spool: Spool) -> list[bytes]:
    return [frame.body for frame in spool.frames()]


def test_frames_come_back_in_order_over_segments_and_restarts(tmp_path: Path) -> None:
    spool = opened(tmp_path, segment_bytes=100)
    made = [bytes([number]) * 60 for number in range(20)]
    for body in made[:12]:
        spool.append(b"header", body).result()
    spool.close()
    again = opened(tmp_path, segment_bytes=100)
    for body in made[12:]:
        again.append(b"header", body).result()
    assert bodies(again) == made
    assert len(list(tmp_path.glob("*.spool"))) > 3
    again.close()


def test_a_torn_tail_is_cut_at_every_length(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    for body in (b"first", b"second"):
        spool.append(b"h", body).result()
    spool.close()
    (path,) = tmp_path.glob("*.spool")
    whole = path.read_bytes()
    first_ends = len(whole) - len(b"hsecond") - 16
    for length in range(first_ends, len(whole)):
        path.write_bytes(whole[:length])
        again = opened(tmp_path)
        assert bodies(again) == [b"first"]
        assert again.torn_bytes == length - first_ends
        # What comes next is not glued to the torn piece.
        again.append(b"h", b"third").result()
        assert bodies(again) == [b"first", b"third"]
        again.close()
        for later in tmp_path.glob("*.spool"):
            if later != path:
                later.unlink()


@pytest.mark.parametrize("at", [0, 5, 9, 13, 20])
def test_a_frame_that_changed_is_never_read_as_one(tmp_path: Path, at: int) -> None:
    spool = opened(tmp_path)
    spool.append(b"h", b"body").result()
    spool.close()
    (path,) = tmp_path.glob("*.spool")
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)
    again = opened(tmp_path)
    assert bodies(again) == []
    assert again.torn_bytes == len(data)
    again.close()


def test_a_segment_that_changes_under_a_reader_costs_itself(tmp_path: Path) -> None:
    spool = opened(tmp_path, segment_bytes=1)
    for body in (b"one", b"two", b"three"):
        spool.append(b"h", body).result()
    (tmp_path / f"{2:016}.spool").write_bytes(b"x" * 21)
    assert bodies(spool) == [b"one", b"three"]
    assert spool.damaged_bytes > 0
    spool.close()


def test_moved_segments_are_deleted(tmp_path: Path) -> None:
    spool = opened(tmp_path, segment_bytes=1)
    ends = [spool.append(b"h", b"body").result() for _ in range(3)]
    assert spool.before(ends[1]) == [1]
    spool.retire(1)
    assert len(bodies(spool)) == 2
    assert spool.bytes_after(ends[2]) == 0
    assert spool.bytes_after(Position(0, 0)) == spool.size
    spool.close()


def test_a_second_process_is_refused(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    with pytest.raises(DayflyError, match="another process"):
        opened(tmp_path)
    spool.close()
    opened(tmp_path).close()


def test_a_full_queue_is_a_429_and_a_disk_near_its_end_a_503(tmp_path: Path) -> None:
    spool = opened(tmp_path, max_bytes=100)
    spool.append(b"h", b"b" * 70).result()
    with pytest.raises(Full) as full:
        spool.append(b"h", b"b" * 70)
    assert (full.value.status, full.value.retry_after > 0) == (429, True)
    spool.close()
    reserved = opened(tmp_path, reserve_bytes=1 << 60)
    with pytest.raises(Full) as disk:
        reserved.append(b"h", b"b")
    assert disk.value.status == 503
    reserved.close()


_FULL = """
import resource, sys
from pathlib import Path
from dayfly.fleet.ingest.spool import Full, Spool
folder, limit = Path(sys.argv[1]), int(sys.argv[2])
spool = Spool(folder, reserve_bytes=0)
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
kept, refused = [], 0
for number in range(400):
    body = b"%03d" % number * 300
    try:
        spool.append(b"h", body).result()
        kept.append(number)
    except Full as full:
        assert full.status == 503, full.status
        refused += 1
    if number == 300:
        resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))
        for path in folder.parent.glob("ballast*"):
            path.unlink()
spool.close()
again = Spool(folder, reserve_bytes=0)
assert [int(frame.body[:3]) for frame in again.frames()] == kept, (kept, refused)
assert again.torn_bytes == 0
again.close()
print(len(kept), refused)
"""


def _fill(folder: Path, limit: int) -> tuple[int, int]:
    answer = subprocess.run(
        [sys.executable, "-c", _FULL, str(folder), str(limit)], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    kept, refused = answer.stdout.split()
    return int(kept), int(refused)


def test_a_write_that_fails_half_way_leaves_nothing_and_later_ones_succeed(tmp_path: Path) -> None:
    # Each file may grow to 100 kB: every hundredth frame meets a write that ends in the middle.
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    kept, refused = _fill(tmp_path / "spool", 100_000)
    assert kept > 390
    assert 1 <= refused <= 5


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")
def test_a_disk_that_is_really_full_is_a_503_until_there_is_room(tmp_path: Path) -> None:
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(tmp_path)], check=False)
    if mounted.returncode:
        pytest.skip("this host does not let root mount")
    try:
        (tmp_path / "ballast").write_bytes(b"x" * 300_000)
        kept, refused = _fill(tmp_path / "spool", 0)
        assert refused > 50
        assert kept > 200
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)

"""A worker that leaves the remover no room, or something that cannot be removed (L2; T1499 Endpoint Denial of Service, T1074.001).

On a full ext4 a directory gets no other name: what was left could not be removed, and the next life took it for init's.
"""

from __future__ import annotations

import fcntl
import os
import struct
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from tests.attacks.shop import Shop, needs_confinement
from tests.aws import COMBINATIONS

pytestmark = needs_confinement()

ON_EXT4 = COMBINATIONS[1]
# A directory of /tmp's own, and then the whole of that, have room for no name, whichever directories are in them.
FULL = """
def fill(n=1 << 24):
    while n >= 4096:
        try:
            while True: os.posix_fallocate(file, os.fstat(file).st_size, n)
        except OSError: n //= 2
made = []
for number in range(event["count"]):
    made.append("/tmp/pool/%04d" % number)
    os.makedirs(made[-1] + "/inner" * event["depth"])
file = os.open(made[0] + "/inner/big", os.O_CREAT | os.O_RDWR)
fill()
moved = 0
for length in (240, 120, 60, 36, 28, 20, 12, 8):
    for number in range(100):
        try: os.rename(made[-1], "/tmp/" + ("%x" % (number * 2654435761 % 2**32)).rjust(length, "q")[:length])
        except OSError: continue
        made.pop()
        moved += 1
fill()
result = [moved > 8, os.statvfs("/tmp").f_bavail]
"""
LOOK = "result = os.listdir('/tmp')"
FS_IOC_GETFLAGS, FS_IOC_SETFLAGS, IMMUTABLE = 0x80086601, 0x40086602, 0x10


@pytest.mark.parametrize(("count", "depth"), [(300, 1), (40, 20)])
def test_a_full_disk_is_emptied(count: int, depth: int) -> None:
    if ON_EXT4.missing:
        pytest.skip(ON_EXT4.missing)
    with Shop("dayfly", aws=replace(ON_EXT4, processors=0), timeout_s=60) as shop:
        shop.serve(1)
        for _ in range(2):
            assert shop.result_of(FULL, count=count, depth=depth) == [True, 0]
            assert shop.result_of(LOOK) == []
            shop.serve(1)
        assert "environment.not-clean" not in shop.findings()


def set_immutable(file: int, is_immutable: bool) -> None:
    flags = struct.unpack("i4x", fcntl.ioctl(file, FS_IOC_GETFLAGS, bytes(8)))[0]
    wanted = flags | IMMUTABLE if is_immutable else flags & ~IMMUTABLE
    fcntl.ioctl(file, FS_IOC_SETFLAGS, struct.pack("i4x", wanted))


def test_no_life_begins_beside_what_cannot_be_removed() -> None:
    """Whatever the way: here the file system's own flag, which only root can set."""
    if os.geteuid() != 0:
        pytest.skip("no file can be made immutable")
    with Shop("dayfly", timeout_s=60) as shop:
        shop.serve(1)
        temporary = Path(f"/proc/{shop.rie.runtime_pids()[0]}/root/tmp")
        leave = "open('/tmp/stash', 'w')\nwhile os.access('/tmp/stash', os.W_OK): time.sleep(0.01)"
        with ThreadPoolExecutor() as executor:
            attack = executor.submit(shop.attack, leave)
            end = time.monotonic() + 30
            while not (temporary / "stash").exists():
                assert time.monotonic() < end, "the worker left nothing"
                time.sleep(0.01)
            file = os.open(temporary / "stash", os.O_RDONLY)
            try:
                set_immutable(file, True)
            except OSError as error:
                (temporary / "stash").chmod(0o444)
                pytest.skip(f"no file can be made immutable: {error}")
            attack.result()
        for _ in range(2):
            assert b"NotClean" in shop.order()[1]
        set_immutable(file, False)
        os.close(file)
        shop.serve(2)
        assert shop.result_of(LOOK) == []

"""Which file systems there are, whose they are, and who may write there."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from tests.namespace import in_namespace

from dayfly._sys.mounts import Mount, _parse, began_here, is_within, may_write, mount_of, read_mounts

ROOT = "22 1 0:21 / / rw,relatime shared:1 - overlay overlay rw,lowerdir=/l,upperdir=/u"
LINES = {
    ROOT: ("/", "/", "overlay", False),
    "30 22 0:30 / /mnt/a\\040b ro,nosuid - nfs4 host:/x rw,vers=4.1": ("/", "/mnt/a b", "nfs4", True),
    "31 22 0:31 /sub /data rw - ext4 /dev/vda ro,errors=remount-ro": ("/sub", "/data", "ext4", True),
    "32 22 0:32 / /x rw master:1 propagate_from:2 - tmpfs tmpfs rw": ("/", "/x", "tmpfs", False),
}


@pytest.mark.parametrize("line", LINES)
def test_a_line_of_the_kernels_list_is_read(line: str) -> None:
    mount = _parse(line)
    assert mount is not None
    assert (mount.root, mount.point, mount.kind, mount.is_read_only) == LINES[line]


@pytest.mark.parametrize("line", ["", "22 1 0:21 / /", "a - b c d"])
def test_a_line_that_is_none_is_left_out(line: str) -> None:
    assert _parse(line) is None


def mount(point: str, kind: str = "tmpfs", *, root: str = "/", read_only: bool = False) -> Mount:
    return Mount(root, point, kind, is_read_only=read_only)


def test_the_innermost_and_topmost_mount_is_a_paths() -> None:
    table = [mount("/", "overlay"), mount("/a"), mount("/a/b"), mount("/a/b", "ext4"), mount("/ab")]
    assert [found.kind for path in ("/x", "/a/x", "/a/b/c") if (found := mount_of(path, table))] == [
        "overlay",
        "tmpfs",
        "ext4",
    ]
    assert mount_of("/x", []) is None


@pytest.mark.parametrize(
    ("path", "top", "expected"),
    [("/a/b", "/a", True), ("/a", "/a", True), ("/ab", "/a", False), ("/a", "/", True), ("/", "/a", False)],
)
def test_a_path_is_within_a_directory_and_not_beside_it(path: str, top: str, expected: bool) -> None:
    assert is_within(path, top) is expected


def test_views_of_the_kernel_are_no_files() -> None:
    assert mount("/proc", "proc").is_pseudo
    assert mount("/dev", "tmpfs").is_pseudo
    assert mount("/run/cgroup", "cgroup2").is_pseudo
    assert not mount("/development", "tmpfs").is_pseudo


def test_a_file_system_began_here_where_nothing_in_it_is_older(tmp_path: Path) -> None:
    now = time.time()
    assert began_here(mount(str(tmp_path)), now)
    (tmp_path / "file").touch()
    assert began_here(mount(str(tmp_path)), now)
    assert not began_here(mount(str(tmp_path)), now + 60)
    assert not began_here(mount(str(tmp_path), root="/part"), now)
    assert not began_here(mount(str(tmp_path / "none")), now)
    assert began_here(mount("/", "overlay"), now + 60)


def test_who_owns_a_directory_may_write_it_whatever_its_mode() -> None:
    def act() -> list[bool]:
        os.mkdir("/tmp/own", 0o500)
        return [
            may_write("/tmp", mount("/tmp"), os.getuid()),
            may_write("/tmp/own", mount("/tmp"), os.getuid()),
            may_write("/tmp/own", mount("/tmp", read_only=True), os.getuid()),
            may_write("/etc", mount("/", "overlay"), os.getuid()),
            may_write("/tmp/none", mount("/tmp"), os.getuid()),
        ]

    assert in_namespace(act) == [True, True, False, False, False]


def test_this_machines_mounts_are_read() -> None:
    assert any(found.point == "/" for found in read_mounts())
    assert any(found.is_pseudo for found in read_mounts())

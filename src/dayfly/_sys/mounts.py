"""Reads which file systems there are and who may write to them; tells those that began with this environment."""

from __future__ import annotations

import os

from dayfly._sys.proc import read_file

# Views of the kernel and devices: nothing that is written there is a file of anybody's.
_PSEUDO = {
    "autofs",
    "binfmt_misc",
    "bpf",
    "cgroup",
    "cgroup2",
    "configfs",
    "debugfs",
    "devpts",
    "devtmpfs",
    "efivarfs",
    "fusectl",
    "mqueue",
    "nsfs",
    "proc",
    "pstore",
    "securityfs",
    "selinuxfs",
    "sysfs",
    "tracefs",
}
_KERNEL = ("/proc", "/sys", "/dev")
# Between a start in ticks since boot and a file's time: the tick, and how well the two clocks agree.
_CLOCKS_DIFFER_S = 1.0


class Mount:
    """One line of /proc/self/mountinfo; `root` is the part of the file system that is seen at `point`."""

    __slots__ = ("is_read_only", "kind", "point", "root")

    def __init__(self, root: str, point: str, kind: str, *, is_read_only: bool) -> None:
        self.root = root
        self.point = point
        self.kind = kind
        self.is_read_only = is_read_only

    @property
    def is_pseudo(self) -> bool:
        """Say whether this is a view of the kernel, or lies in one."""
        return self.kind in _PSEUDO or any(is_within(self.point, top) for top in _KERNEL)


def read_mounts() -> list[Mount]:
    """Return all mounts, later ones last; empty where /proc does not tell."""
    try:
        lines = read_file("/proc/self/mountinfo").decode("utf-8", "surrogateescape").splitlines()
    except OSError:
        return []
    return [mount for line in lines if (mount := _parse(line)) is not None]


def _parse(line: str) -> Mount | None:
    left, _, right = line.partition(" - ")
    fields, kinds = left.split(" "), right.split(" ")
    if len(fields) < 6 or not right:
        return None
    # The mount's own options and the file system's: either forbids writing.
    options = f"{fields[5]},{kinds[-1]}".split(",")
    return Mount(_plain(fields[3]), _plain(fields[4]), kinds[0], is_read_only="ro" in options)


def _plain(text: str) -> str:
    """Undo the kernel's escapes of space, tab, line feed and backslash (fs/proc_namespace.c)."""
    for code, char in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(code, char)
    return text


def is_within(path: str, top: str) -> bool:
    """Say whether `path` is `top` or lies below it; both absolute and free of links."""
    return path == top or path.startswith(top.rstrip("/") + "/")


def mount_of(path: str, mounts: list[Mount]) -> Mount | None:
    """Return the mount that `path` lies in, the topmost where several cover each other."""
    best: Mount | None = None
    for mount in mounts:
        if is_within(path, mount.point) and (best is None or len(mount.point) >= len(best.point)):
            best = mount
    return best


def began_here(mount: Mount, started: float) -> bool:
    """Say whether a file system is this environment's own: a container's root, or empty when PID 1 was started.

    A directory of the machine, or one that other environments share, cannot always be told from a fresh
    mount, so that nothing at its top may be older than `started`.
    """
    if mount.kind == "overlay" and mount.point == "/":
        return True
    if mount.root not in ("/", ""):
        return False
    try:
        with os.scandir(mount.point) as entries:
            # lost+found is made with the file system itself.
            return all(
                entry.name == "lost+found"
                or entry.stat(follow_symlinks=False).st_ctime >= started - _CLOCKS_DIFFER_S
                for entry in entries
            )
    except OSError:
        return False


def may_write(path: str, mount: Mount, uid: int) -> bool:
    """Say whether `uid`, ours, may make files in a directory, perhaps after changing its mode."""
    if mount.is_read_only:
        return False
    try:
        return os.access(path, os.W_OK | os.X_OK) or os.stat(path).st_uid == uid
    except OSError:
        return False

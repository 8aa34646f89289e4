"""Removes files that an attacker made, by directory descriptors, following and opening nothing.

A plain recursive delete fails on a directory of mode 000, runs out of descriptors or stack at some
thousand levels, and hangs on a FIFO it opens. Here a subdirectory is moved to the top before it is
emptied, so that no tree is ever deeper than one level, and only directories are opened.
"""

from __future__ import annotations

import errno
import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

_OPEN_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# The system calls of one directory level; an attacker's names are only ever used relative to these.
_FULL = stat.S_IRWXU
_SEARCH = stat.S_IRUSR | stat.S_IXUSR
# Extended attributes that a file's owner may set: 64 kB of them.
_ATTRIBUTES = ("user.", "system.posix_acl_", "trusted.")
# No system call takes a longer path (PATH_MAX), so no honest program put anything there.
_MAX_PATH_BYTES = 4000


class Stamp:
    """What tells one state of a file from another; ctime cannot be set back by its owner.

    `mode`, `accessed` and `modified` are a directory's, to be given back to it.
    """

    __slots__ = ("accessed", "changed", "inode", "is_directory", "mode", "modified", "size")

    def __init__(self, status: os.stat_result) -> None:
        self.is_directory = stat.S_ISDIR(status.st_mode)
        self.mode = stat.S_IMODE(status.st_mode)
        self.accessed = status.st_atime_ns
        self.modified = status.st_mtime_ns
        self.inode = (status.st_dev, status.st_ino)
        self.size = status.st_size
        self.changed = status.st_ctime_ns

    def is_same(self, other: Stamp) -> bool:
        """Compare inode, size and ctime; of directories the inode alone, since entries come and go."""
        if self.inode != other.inode or self.is_directory != other.is_directory:
            return False
        return self.is_directory or (self.size == other.size and self.changed == other.changed)


class Cleaned:
    """What a pass over one temporary directory did: counts only, no names."""

    __slots__ = ("bytes_removed", "changed", "directories", "failed", "files", "is_finished")

    def __init__(self) -> None:
        self.files = 0
        self.directories = 0
        self.bytes_removed = 0
        self.failed = 0
        self.changed = 0
        self.is_finished = True

    def add(self, other: Cleaned) -> None:
        """Count what another pass did as well."""
        self.files += other.files
        self.directories += other.directories
        self.bytes_removed += other.bytes_removed
        self.failed += other.failed
        self.changed += other.changed
        self.is_finished = self.is_finished and other.is_finished


def snapshot(root: str, *, stops: Collection[str] = ()) -> dict[str, Stamp]:
    """Return a stamp of everything under `root`, by absolute path. Unreadable parts are left out.

    `stops` are directories that are no part of it, such as mount points.
    """
    found = bounded_snapshot(root, stops=stops, limit=-1)
    assert found is not None
    return found


def bounded_snapshot(root: str, *, stops: Collection[str], limit: int) -> dict[str, Stamp] | None:
    """Return what `snapshot` does, None where there are more than `limit` entries (negative: no limit)."""
    found: dict[str, Stamp] = {}
    pending = [root]
    while pending:
        directory = pending.pop()
        try:
            with os.scandir(directory) as entries:
                for entry in entries:
                    if entry.path in stops:
                        continue
                    stamp = Stamp(entry.stat(follow_symlinks=False))
                    found[entry.path] = stamp
                    if stamp.is_directory:
                        pending.append(entry.path)
                    if 0 <= limit < len(found):
                        return None
        except OSError:
            continue
    return found


def holds_more(
    root: str,
    *,
    uid: int,
    kept: Mapping[str, Stamp],
    keeps: Callable[[str], str],
    held: set[tuple[int, int]],
    stops: Collection[str] = (),
) -> bool:
    """Say whether `clean` would find something to remove or changed; arguments as there. Changes nothing.

    What cannot be looked at counts.
    """
    seen = 0
    pending = [root]
    while pending:
        directory = pending.pop()
        try:
            with os.scandir(directory) as entries:
                for entry in entries:
                    if entry.path in stops:
                        continue
                    status = entry.stat(follow_symlinks=False)
                    stamp = Stamp(status)
                    old = kept.get(entry.path)
                    if old is not None and old.inode == stamp.inode:
                        seen += 1
                        if not old.is_same(stamp) and stamp.inode not in held:
                            return True
                    elif keeps(entry.path) == "all" or stamp.inode in held:
                        continue
                    elif status.st_uid == uid and not (stamp.is_directory and keeps(entry.path) == "inside"):
                        return True
                    if stamp.is_directory:
                        pending.append(entry.path)
        except PermissionError:
            if _is_owner(directory, uid):
                return True
        except OSError:
            return True
    prefix = root + "/"
    return seen < sum(path.startswith(prefix) for path in kept)


def clean(
    root: str,
    *,
    uid: int,
    kept: Mapping[str, Stamp],
    keeps: Callable[[str], str],
    held: set[tuple[int, int]],
    has_time: Callable[[], bool],
    stops: Collection[str] = (),
    on_change: Callable[[str], None] = lambda _path: None,
) -> Cleaned:
    """Remove what `uid` owns under `root`, except what stays; in other users' directories as well.

    What stays: a path in `kept` (and is compared with its stamp; `changed` counts those that differ
    or are gone), a path for which `keeps` says "all" (with all below) or "inside" (a directory whose
    entries are looked at), files in `held` by (device, inode). Nothing of the user may be running.
    `has_time` is asked before every removal; once it says no, the rest is left and `is_finished` is False.
    `stops` are directories that are no part of it. `on_change` is told every path that counts as changed.
    """
    done = Cleaned()
    seen: set[str] = set()
    ways: list[str] = []
    pending = [root]
    try:
        top = _open_directory(root, None)
    except OSError:
        done.failed += 1
        return done
    try:
        while pending:
            directory = pending.pop()
            try:
                descriptor = _open_directory(directory, None)
            except PermissionError:
                # Another user's, closed to us: nothing of ours is in it.
                done.failed += _is_owner(directory, uid)
                continue
            except OSError:
                done.failed += 1
                continue
            try:
                _let_search(descriptor, uid)
                with os.scandir(descriptor) as entries:
                    for entry in entries:
                        path = f"{directory}/{entry.name}"
                        if path in stops:
                            continue
                        try:
                            stamp = Stamp(status := entry.stat(follow_symlinks=False))
                        except OSError:
                            continue
                        old = kept.get(path)
                        if old is not None and old.inode == stamp.inode:
                            seen.add(path)
                            # An extension goes on writing what it opened before the function's init.
                            if not old.is_same(stamp) and stamp.inode not in held:
                                done.changed += 1
                                on_change(path)
                            if stamp.is_directory:
                                pending.append(path)
                            continue
                        verdict = keeps(path)
                        if verdict == "all" or stamp.inode in held:
                            continue
                        is_ours = status.st_uid == uid
                        is_way = verdict == "inside" and len(os.fsencode(path)) < _MAX_PATH_BYTES
                        if stamp.is_directory and (is_way or not is_ours):
                            pending.append(path)
                            if is_ours:
                                ways.append(path)
                            continue
                        if not is_ours:
                            continue
                        if not has_time():
                            done.is_finished = False
                            return done
                        _let_write(descriptor, uid)
                        _let_write(top, uid)
                        _remove(descriptor, entry.name, status, top, done, has_time)
                        if not done.is_finished:
                            return done
                if directory != root and (old := kept.get(directory)) is not None:
                    _give_back(descriptor, old, uid, done)
            finally:
                os.close(descriptor)
        # Last: what is removed goes by way of it.
        _give_back(top, kept.get(root), uid, done)
    finally:
        os.close(top)
    _remove_empty(ways, done)
    # A kept path that was not met is gone or was replaced.
    prefix = root + "/"
    for path in kept:
        if path.startswith(prefix) and path not in seen:
            done.changed += 1
            on_change(path)
    return done


def _give_back(descriptor: int, old: Stamp | None, uid: int, done: Cleaned) -> None:
    """Give a directory that stays its mode and times back, and take its attributes away: they can hold anything.

    Entries come and go in it, so that a changed ctime says nothing. Without a stamp the times become now.
    """
    status = os.fstat(descriptor)
    if status.st_uid != uid or (old is not None and status.st_ctime_ns == old.changed):
        return
    try:
        for name in os.listxattr(descriptor):
            if name.startswith(_ATTRIBUTES):
                os.removexattr(descriptor, name)
    except OSError as fault:
        # Not known to the file system: then there are none.
        done.failed += fault.errno not in (errno.ENOTSUP, errno.ENOSYS)
    if old is None:
        os.utime(descriptor)
        return
    if stat.S_IMODE(status.st_mode) != old.mode:
        os.fchmod(descriptor, old.mode)
    os.utime(descriptor, ns=(old.accessed, old.modified))


def _remove_empty(ways: list[str], done: Cleaned) -> None:
    """Remove directories on the way to a kept path that hold none: their names could carry data on."""
    for path in reversed(ways):
        try:
            os.rmdir(path)
        except OSError:
            continue
        done.directories += 1


def _open_directory(name: str, parent: int | None) -> int:
    """Open a directory for emptying, whatever its mode; raises OSError."""
    try:
        descriptor = os.open(name, _OPEN_DIRECTORY, dir_fd=parent)
    except PermissionError:
        # fchmod needs an open descriptor and chmod would follow a link, but a path descriptor opens
        # anything, and its /proc name is that very inode.
        handle = os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
        try:
            os.chmod(f"/proc/self/fd/{handle}", _FULL)
        finally:
            os.close(handle)
        return os.open(name, _OPEN_DIRECTORY, dir_fd=parent)
    return descriptor


def _is_owner(name: str, uid: int) -> bool:
    try:
        return os.lstat(name).st_uid == uid
    except OSError:
        return False


def _let_search(descriptor: int, uid: int) -> None:
    """Give the owner of an open directory back what it needs to look at its entries."""
    status = os.fstat(descriptor)
    if status.st_uid == uid and status.st_mode & _SEARCH != _SEARCH:
        os.fchmod(descriptor, stat.S_IMODE(status.st_mode) | _FULL)


def _let_write(descriptor: int, uid: int) -> None:
    """Give the owner of an open directory back what it needs to empty it."""
    status = os.fstat(descriptor)
    if status.st_uid == uid and status.st_mode & _FULL != _FULL:
        os.fchmod(descriptor, stat.S_IMODE(status.st_mode) | _FULL)


def _remove(
    parent: int, name: str, status: os.stat_result, top: int, done: Cleaned, has_time: Callable[[], bool]
) -> None:
    if not stat.S_ISDIR(status.st_mode):
        _unlink(parent, name, status, done)
        return
    moved = _move_to_top(parent, name, top, done)
    waiting = [] if moved is None else [moved]
    while waiting:
        current = waiting[-1]
        below: list[str] = []
        try:
            descriptor = _open_directory(current, top)
        except OSError:
            done.failed += 1
            waiting.pop()
            continue
        failed = done.failed
        try:
            _let_write(descriptor, status.st_uid)
            with os.scandir(descriptor) as entries:
                for entry in entries:
                    if not has_time():
                        done.is_finished = False
                        return
                    try:
                        inner = entry.stat(follow_symlinks=False)
                    except OSError:
                        continue
                    if not stat.S_ISDIR(inner.st_mode):
                        _unlink(descriptor, entry.name, inner, done)
                        continue
                    lifted = _move_to_top(descriptor, entry.name, top, done)
                    if lifted is not None:
                        below.append(lifted)
        finally:
            os.close(descriptor)
        waiting.pop()
        waiting += below
        try:
            os.rmdir(current, dir_fd=top)
            done.directories += 1
        except OSError:
            # Reading a directory while emptying it may skip entries: go over it again, unless an
            # entry refused to go, since that would never end.
            if done.failed == failed and not _is_empty(current, top):
                waiting.insert(0, current)
            else:
                done.failed += 1


def _is_empty(name: str, top: int) -> bool:
    try:
        descriptor = _open_directory(name, top)
    except OSError:
        return True
    try:
        with os.scandir(descriptor) as entries:
            return not any(True for _ in entries)
    finally:
        os.close(descriptor)


def _unlink(parent: int, name: str, status: os.stat_result, done: Cleaned) -> None:
    try:
        os.unlink(name, dir_fd=parent)
    except OSError:
        done.failed += 1
        return
    done.files += 1
    # Blocks, not length: a sparse file of terabytes holds nothing.
    done.bytes_removed += status.st_blocks * 512


def _move_to_top(parent: int, name: str, top: int, done: Cleaned) -> str | None:
    """Rename a directory to a name of ours directly under the root; None when that fails."""
    fresh = ".dayfly-" + os.urandom(8).hex()
    try:
        os.rename(name, fresh, src_dir_fd=parent, dst_dir_fd=top)
        return fresh
    except OSError:
        pass
    # Moving a directory writes its `..`, which needs write permission on the directory itself.
    try:
        os.close(_open_directory(name, parent))
        handle = os.open(name, _OPEN_DIRECTORY, dir_fd=parent)
        try:
            os.fchmod(handle, _FULL)
        finally:
            os.close(handle)
        os.rename(name, fresh, src_dir_fd=parent, dst_dir_fd=top)
        return fresh
    except OSError:
        done.failed += 1
        return None

"""Clears what an invocation left outside its process (files, System V objects, kernel keys) and says so."""

from __future__ import annotations

import os
import stat
import time

from dayfly._sys import ipc, proc, tree
from dayfly.core.keep import keep_rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from dayfly.supervisor.places import Places
    from dayfly.supervisor.report import Reporter

# Not named by Python's time module; include/uapi/linux/time.h.
_CLOCK_REALTIME_COARSE = 5
# Ten of the longest ticks; a file from the future is not waited for.
_TICK_LIMIT_S = 0.1
# Places in a Lambda environment and in containers where any user may write.
SCRATCH = ("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue")

_KINDS = {"shm": "shared memory", "msg": "message queue", "sem": "semaphores"}


class TemporaryFiles:
    """The temporary directories of one environment and what may stay in them.

    `roots` are absolute; `globs` the `keep` setting; `stops` directories below that are others' (mount points).
    `remember` fixes what init made: that stays, and is compared after every invocation.
    """

    def __init__(
        self, roots: tuple[str, ...], globs: tuple[str, ...], *, stops: frozenset[str] = frozenset()
    ) -> None:
        self._uid = os.getuid()
        self._stops = stops
        self.roots = tuple(root for root in roots if _is_ours_to_clean(root))
        self._keeps = keep_rule(globs)
        self._kept: dict[str, tree.Stamp] = {}
        self._extensions: Callable[[], list[int]] = list
        self.is_pending = False

    def spare_files_of(self, pids: Callable[[], list[int]]) -> None:
        """Leave alone what these processes (extensions) hold open, and the sockets bound by anyone alive."""
        self._extensions = pids

    def has_extensions(self) -> bool:
        """Say whether there are extensions whose files and objects are theirs."""
        return bool(self._extensions())

    def remember(self) -> None:
        """Take what is there now as made by init; waits out the clock's tick in which a file was last changed."""
        self._kept = {
            path: stamp
            for root in self.roots
            for path, stamp in tree.snapshot(root, stops=self._stops).items()
            if self._keeps(path) != "all"
        }
        self._kept |= stamps_of(self.roots)
        outlast(max((stamp.changed for stamp in self._kept.values()), default=0))

    def forget(self) -> None:
        """Nothing stays any more: the next `clear` empties the directories."""
        self._kept = {}

    def has_more(self) -> bool:
        """Say whether `clear` would have something to do; nothing of the user's may be writing."""
        held, keeps = self._exceptions()
        return any(
            tree.holds_more(root, uid=self._uid, kept=self._kept, keeps=keeps, held=held, stops=self._stops)
            for root in self.roots
        )

    def is_bare(self) -> bool:
        """Say whether init left nothing of its own in the temporary directories."""
        held, keeps = self._exceptions()
        return not any(
            stamp.inode not in held and keeps(path) != "all" and _is_owned(path, self._uid)
            for path, stamp in self._kept.items()
            if path not in self.roots
        )

    def _exceptions(self) -> tuple[set[tuple[int, int]], Callable[[str], str]]:
        """Return what extensions hold open, by device and inode, and what stays by its path."""
        held: set[tuple[int, int]] = set()
        extensions = self._extensions()
        if not extensions:
            return held, self._keeps
        for pid in extensions:
            held |= proc.has_open_file(pid)
        return held, _sparing_sockets(self._keeps)

    def clear(self, *, has_time: Callable[[], bool]) -> tree.Cleaned:
        """Remove what is not to stay; nothing of the user's may be running but Dayfly and extensions."""
        total = tree.Cleaned()
        held, keeps = self._exceptions()
        for root in self.roots:
            done = tree.clean(
                root,
                uid=self._uid,
                kept=self._kept,
                keeps=keeps,
                held=held,
                has_time=has_time,
                stops=self._stops,
            )
            total.add(done)
            if not done.is_finished:
                break
        self.is_pending = not total.is_finished
        return total


def stamps_of(roots: tuple[str, ...]) -> dict[str, tree.Stamp]:
    """Return the stamps of directories themselves: mode and times of one that is ours could carry data on."""
    found: dict[str, tree.Stamp] = {}
    for root in roots:
        try:
            found[root] = tree.Stamp(os.lstat(root))
        except OSError:
            continue
    return found


def outlast(changed_ns: int) -> None:
    """Wait until a change made from now on gets another time than `changed_ns`.

    Before Linux 6.13 files are stamped by the coarse clock, which moves every 1 to 10 ms: a file made at
    the end of init could be changed by the first event and bear the same time.
    """
    until = time.monotonic() + _TICK_LIMIT_S
    while time.clock_gettime_ns(_CLOCK_REALTIME_COARSE) <= changed_ns and time.monotonic() < until:
        time.sleep(0.001)


def _sparing_sockets(keeps: Callable[[str], str]) -> Callable[[str], str]:
    try:
        bound = bound_paths(proc.read_file("/proc/net/unix"))
    except OSError:
        return keeps
    return lambda path: "all" if path in bound and _is_socket(path) else keeps(path)


def bound_paths(listed: bytes) -> set[str]:
    """Return the paths of /proc/net/unix: more than there are, for one with a line feed passes for two."""
    lines = (line.split(None, 7) for line in listed.split(b"\n")[1:])
    return {os.fsdecode(parts[7]) for parts in lines if len(parts) == 8}


def _is_socket(path: str) -> bool:
    """Say whether a path that is listed is what it is listed as: a name may be forged to spare a file."""
    try:
        return stat.S_ISSOCK(os.lstat(path).st_mode)
    except (OSError, ValueError):
        return False


def _is_owned(path: str, uid: int) -> bool:
    try:
        return os.lstat(path).st_uid == uid
    except OSError:
        return False


def _is_ours_to_clean(root: str) -> bool:
    return os.path.isdir(root) and not os.path.islink(root) and os.access(root, os.W_OK | os.X_OK)


class KernelObjects:
    """System V objects and keys of our user; only where the whole environment is ours."""

    def __init__(self) -> None:
        self._uid = os.getuid()
        self._before: set[tuple[str, int]] = set()
        self._kept: set[tuple[str, int]] = set()
        self._keys = -1
        self._must_clear_keys = False
        self._has_keyrings = True
        # Why keys stay that an earlier life or an invocation left, empty where none do.
        self.keys_stay = ""

    def clear_all(self) -> int:
        """Before any function code of a later life: remove every object and key; return how many objects that were."""
        removed = self._remove(set())[0]
        if ipc.count_keys(self._uid) != 0:
            self._clear_keyrings()
        return removed

    def begin(self, *, is_first_life: bool) -> None:
        """Before any function code: what is there now is not the function's."""
        # What was cleared counts until the kernel collects it.
        self._must_clear_keys = not is_first_life and ipc.count_keys(self._uid) != 0
        if self._must_clear_keys:
            self._clear_keyrings()
        self._before = ipc.list_objects(self._uid)
        self._keys = ipc.count_keys(self._uid)

    def made_by_init(self) -> list[str]:
        """Return one sentence for each kind that appeared since `begin`: all workers would share it."""
        kinds = sorted({kind for kind, _ in ipc.list_objects(self._uid) - self._before})
        found = [
            f"System V {_KINDS[kind]} made at init would be shared by workers: create it in the handler"
            for kind in kinds
        ]
        if ipc.count_keys(self._uid) > self._keys >= 0:
            found.append("kernel keys made at init would be shared by workers: create them in the handler")
        return found

    def empty(self) -> int:
        """Remove what init made, before the function is initialised again; return how many objects stayed."""
        return self._remove(self._before)[1]

    def remember(self) -> None:
        """Take what is there now as made by init."""
        self._kept = ipc.list_objects(self._uid)
        self._keys = ipc.count_keys(self._uid)

    def is_bare(self) -> bool:
        """Say whether init left no object."""
        return not self._kept - self._before

    def has_more(self) -> bool:
        """Say whether there are objects or keys that are not init's."""
        return bool(ipc.list_objects(self._uid) - self._kept) or ipc.count_keys(self._uid) > self._keys

    def clear(self) -> tuple[int, int]:
        """Remove what is not init's; return how many objects were removed and how many stayed."""
        removed, failed = self._remove(self._kept)
        keys = ipc.count_keys(self._uid)
        has_grown = keys > self._keys
        # What was cleared counts until the kernel collects it, so that after the first time a lower count
        # may hide new keys: from then on, and where /proc does not count, they are cleared each time.
        self._must_clear_keys = self._must_clear_keys or has_grown or keys < 0
        if self._must_clear_keys and self._has_keyrings:
            stayed_before = self.keys_stay
            self._clear_keyrings()
            removed += has_grown and self._has_keyrings and not self.keys_stay
            # Another life would find what this one has found at its start.
            failed += bool(self.keys_stay) and not stayed_before
        self._keys = keys if not has_grown else ipc.count_keys(self._uid)
        return removed, failed

    def _remove(self, kept: set[tuple[str, int]]) -> tuple[int, int]:
        left = ipc.list_objects(self._uid) - kept
        if not left:
            return 0, 0
        # Few environments ever have something to remove.
        from dayfly._sys import native

        removed = sum(native.remove_ipc(kind, identifier) for kind, identifier in left)
        return removed, len(left) - removed

    def _clear_keyrings(self) -> None:
        from dayfly._sys import native

        stay = native.clear_keyrings()
        self._has_keyrings = stay is not None
        self.keys_stay = stay or ""


class Aftermath:
    """What must follow: `retire` names what could not be cleaned (empty: nothing); `must_rebuild` says that
    the zygote may have read something that is no longer what it was."""

    __slots__ = ("must_rebuild", "retire")

    def __init__(self) -> None:
        self.retire = ""
        self.must_rebuild = False


class Cleaner:
    """Files, System V objects and keys of one environment, with a finding for each kind that was removed.

    `scrubs` is false where the settings keep files; `kernel_objects` None where they are not ours, `places` where
    nothing but temporary directories is. `runs_changed_code`: see the setting `changed_code`.
    """

    def __init__(
        self,
        reporter: Reporter,
        files: TemporaryFiles,
        kernel_objects: KernelObjects | None,
        *,
        scrubs: bool,
        places: Places | None = None,
        runs_changed_code: bool = False,
    ) -> None:
        self._reporter = reporter
        self._files = files
        self._kernel_objects = kernel_objects
        self._scrubs = scrubs
        self._places = places if scrubs else None
        self._runs_changed_code = runs_changed_code

    @property
    def is_pending(self) -> bool:
        """Say whether files were left for lack of time: nothing may be served before they are gone."""
        return self._files.is_pending or (self._places is not None and self._places.is_pending)

    def remember(self) -> None:
        """Take what is there now as made by init."""
        self._files.remember()
        if self._places is not None:
            for place in self._places.remember():
                from dayfly.core import findings

                self._reporter.find(
                    findings.CANNOT_CHECK,
                    f"init created too many files in {place}: they are not checked",
                    {"protection": "places", "place": place},
                )
        if self._kernel_objects is not None:
            self._kernel_objects.remember()

    def empty(self, *, has_time: Callable[[], bool]) -> int:
        """Remove everything, before the function is initialised again; return what refused to go.

        What `has_time` does not allow is left and `is_pending`.
        """
        failed = 0
        if self._scrubs:
            self._files.forget()
            failed = self._files.clear(has_time=has_time).failed
        if self._kernel_objects is not None and not self._files.has_extensions():
            # Nothing says which objects an extension made. They stay with init's then, which makes its own anew.
            failed += self._kernel_objects.empty()
        if self._places is not None:
            found = self._places.empty()
            failed += found.done.failed + (0 if self._runs_changed_code else found.code)
        return failed

    def is_bare(self) -> bool:
        """Say whether init left neither files nor objects: then the environment is empty between invocations."""
        objects = self._kernel_objects
        is_without_files = self._files.is_bare() and (self._places is None or self._places.is_bare())
        return (is_without_files or not self._scrubs) and (objects is None or objects.is_bare())

    def has_residue(self) -> bool:
        """Say whether there is something to remove, while its worker is stopped."""
        if self._scrubs and self._files.has_more():
            return True
        if self._places is not None and self._places.has_more():
            return True
        return self._kernel_objects is not None and self._kernel_objects.has_more()

    def clean(self, *, has_time: Callable[[], bool]) -> Aftermath:
        """Remove what is not init's; what `has_time` does not allow is left and `is_pending`."""
        result = Aftermath()
        if self._scrubs:
            self._clean_files(result, has_time)
        if self._places is not None and not result.retire and not self._files.is_pending:
            self._clean_places(self._places, result, has_time)
        if self._kernel_objects is not None and not result.retire:
            self._clean_kernel_objects(self._kernel_objects, result)
        return result

    def _clean_files(self, result: Aftermath, has_time: Callable[[], bool]) -> None:
        done = self._files.clear(has_time=has_time)
        self._judge(done, result, "")

    def _clean_places(self, places: Places, result: Aftermath, has_time: Callable[[], bool]) -> None:
        found = places.compare(has_time=has_time)
        if found.code and found.done.is_finished:
            from dayfly.core import findings

            self._reporter.find(
                findings.CODE_CHANGED,
                f"{found.code} files of the function's code were changed or removed by an invocation",
                {"files": found.code},
            )
            if not self._runs_changed_code:
                result.retire = "an invocation changed the function's code"
                return
            # A zygote built anew would load what was changed; this one was loaded before.
            found.done.changed -= found.code
            places.remember()
        self._judge(found.done, result, " outside temporary directories")

    def _judge(self, done: tree.Cleaned, result: Aftermath, where: str) -> None:
        # 9 ms with what it needs: an environment is emptied at its first start without it.
        from dayfly.core import findings

        if done.files or done.directories:
            self._reporter.find(
                findings.FILE_LEFT,
                f"{done.files} files and {done.directories} directories{where} were removed",
                {"files": done.files, "directories": done.directories, "bytes": done.bytes_removed},
            )
        if done.failed:
            result.retire = f"{done.failed} files{where} could not be removed"
        if done.changed and done.is_finished:
            result.must_rebuild = True
            self._reporter.find(
                findings.KEPT_FILE_CHANGED,
                f"{done.changed} files{where} from init were changed or removed; the zygote is rebuilt",
                {"files": done.changed},
            )

    def _clean_kernel_objects(self, objects: KernelObjects, result: Aftermath) -> None:
        removed, failed = objects.clear()
        if removed:
            from dayfly.core import findings

            self._reporter.find(
                findings.IPC_LEFT,
                f"{removed} System V objects or keyrings were cleared",
                {"objects": removed},
            )
        if failed:
            result.retire = f"{failed} System V objects or keyrings could not be cleared"

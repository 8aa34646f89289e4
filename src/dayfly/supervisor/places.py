"""Compares and clears what a function can write outside temporary directories: home, user site, its own code.

A place may hold what the image or the deployer put there, so nothing in it is taken for rubbish because it is
there: after each invocation what is new is removed, and what is changed is reported. Only directories that began
with this environment are touched; what other environments or the machine share is named and left alone.
"""

from __future__ import annotations

import os
import sys

from dayfly._sys import mounts, tree
from dayfly.supervisor.residue import outlast, stamps_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# Looked at after every invocation, at some microseconds each: 15 ms for as many as this.
MAX_ENTRIES = 4096
# What Python may execute, or be told by to execute something else.
_CODE = (".py", ".pyc", ".pyo", ".so", ".pth", ".egg-link", ".zip", ".whl", ".egg", "entry_points.txt")
# What programs obey as they obey code: `credential_process` in ~/.aws/config names a command, for one.
_OBEYED = {
    ".aws",
    ".bash_profile",
    ".bashrc",
    ".boto",
    ".config",
    ".docker",
    ".gitconfig",
    ".ipython",
    ".kube",
    ".my.cnf",
    ".netrc",
    ".odbc.ini",
    ".odbcinst.ini",
    ".pdbrc",
    ".pg_service.conf",
    ".pgpass",
    ".pip",
    ".profile",
    ".ssh",
}
# Homes of other programs' files, by the variables that name them (XDG Base Directory Specification, PEP 370).
_HOMES = (
    "HOME",
    "PYTHONPYCACHEPREFIX",
    "PYTHONUSERBASE",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_RUNTIME_DIR",
    "XDG_STATE_HOME",
)
# Found by looking this far below the root directory and below a home that is not writable itself.
_DEPTH = 2
_MAX_FOUND = 64


class Earlier:
    """What lies in the places at a start that is younger than the environment."""

    __slots__ = ("code", "data", "removed")

    def __init__(self) -> None:
        self.code = 0
        self.data = 0
        self.removed = 0


class Differences:
    """What one comparison did and found; `code` counts the files of `done.changed` that Python may execute and
    that init cannot make again."""

    __slots__ = ("code", "done")

    def __init__(self) -> None:
        self.done = tree.Cleaned()
        self.code = 0


class Places:
    """The writable places of one environment; `not_covered` says which are not compared, each with its reason.

    `code_roots` are where the function's code is looked for, with and without links followed, `caches` is where Python
    keeps compiled modules apart (PYTHONPYCACHEPREFIX), `keeps` is the rule of the `keep` setting.
    """

    def __init__(
        self,
        *,
        code_roots: tuple[str, ...] = (),
        keeps: Callable[[str], str] = lambda _path: "no",
        stops: frozenset[str] = frozenset(),
        caches: str = "",
        limit: int = MAX_ENTRIES,
    ) -> None:
        self._uid = os.getuid()
        self._code_roots = code_roots
        self._caches = caches
        self._keeps = keeps
        self._limit = limit
        self._stops = stops
        self._image: dict[str, dict[str, tree.Stamp]] = {}
        self._kept: dict[str, dict[str, tree.Stamp]] = {}
        self.not_covered: list[str] = []
        self.is_pending = False

    def cover(self, place: str) -> bool:
        """Compare a directory from now on; what is in it is the image's. False where that is too much."""
        stamps = self._look(place, self._limit - sum(map(len, self._image.values())))
        if stamps is None:
            self.not_covered.append(f"{place} (more than {self._limit} files in all)")
            return False
        self._image[place] = stamps
        return True

    @property
    def covered(self) -> tuple[str, ...]:
        """Return the directories that are compared."""
        return tuple(self._image)

    def has(self, path: str) -> bool:
        """Say whether a path lies in one of them."""
        return any(mounts.is_within(path, place) for place in self._image)

    def clear_earlier(self, started: float) -> Earlier:
        """Before any function code of a later life: look for what is younger than the environment.

        It is not the image's. Compiled modules are removed, since Python makes them again; the rest may be
        the deployer's and is counted. `started` is when PID 1 was, in seconds since the epoch.
        """
        earlier = Earlier()
        for stamps in self._image.values():
            for path, stamp in list(stamps.items()):
                if stamp.is_directory or stamp.changed <= started * 1e9 or self._keeps(path) == "all":
                    continue
                if self._is_cache(path) and _unlink(path):
                    del stamps[path]
                    earlier.removed += 1
                elif self.is_code(path):
                    earlier.code += 1
                else:
                    earlier.data += 1
        return earlier

    def is_code(self, path: str) -> bool:
        """Say whether Python could come to execute this file, or a program to obey it: by its name, or, among code or
        on the way to it, because it is a link."""
        name = path.rpartition("/")[2]
        if name.endswith(_CODE) or ".so." in name or not _OBEYED.isdisjoint(path.split("/")):
            return True
        return os.path.islink(path) and any(
            mounts.is_within(path, root) or mounts.is_within(root, path) for root in self._code_roots
        )

    def _is_cache(self, path: str) -> bool:
        """Say whether Python makes this file again."""
        is_kept_apart = self._caches != "" and mounts.is_within(path, self._caches)
        return path.endswith((".pyc", ".pyo")) and (
            is_kept_apart or path.rpartition("/")[0].endswith("/__pycache__")
        )

    def remember(self) -> list[str]:
        """Take what is there now as made by init; return the places that init has made too large to compare."""
        lost: list[str] = []
        self._kept = {}
        newest = 0
        for place in self._image:
            stamps = self._look(place, 2 * self._limit)
            if stamps is None:
                lost.append(place)
                continue
            self._kept[place] = stamps
            newest = max([newest, *(stamp.changed for stamp in stamps.values())])
        outlast(newest)
        return lost

    def compare(self, *, has_time: Callable[[], bool]) -> Differences:
        """Remove what appeared since `remember`, and find what was changed or removed."""
        return self._clear(self._kept, has_time)

    def empty(self) -> Differences:
        """Before the function is initialised again: remove what init made, too."""
        return self._clear(self._image, lambda: True)

    def is_bare(self) -> bool:
        """Say whether init made nothing in the places."""
        return all(stamps.keys() <= self._image[place].keys() for place, stamps in self._kept.items())

    def has_more(self) -> bool:
        """Say whether `compare` would find anything; changes nothing."""
        return any(
            tree.holds_more(
                place, uid=self._uid, kept=stamps, keeps=self._keeps, held=set(), stops=self._stops
            )
            for place, stamps in self._kept.items()
        )

    def _clear(self, kept: Mapping[str, dict[str, tree.Stamp]], has_time: Callable[[], bool]) -> Differences:
        found = Differences()

        def note(path: str) -> None:
            is_images = any(path in stamps for stamps in self._image.values())
            found.code += is_images and self.is_code(path)

        for place, stamps in kept.items():
            done = tree.clean(
                place,
                uid=self._uid,
                kept=stamps,
                keeps=self._keeps,
                held=set(),
                has_time=has_time,
                stops=self._stops,
                on_change=note,
            )
            found.done.add(done)
            if not done.is_finished:
                break
        self.is_pending = not found.done.is_finished
        return found

    def _look(self, place: str, limit: int) -> dict[str, tree.Stamp] | None:
        stamps = tree.bounded_snapshot(place, stops=self._stops, limit=max(0, limit))
        if stamps is None:
            return None
        kept = {path: stamp for path, stamp in stamps.items() if self._keeps(path) != "all"}
        return kept | stamps_of((place,))


def find_places(
    environ: Mapping[str, str],
    *,
    scratch: tuple[str, ...],
    keeps: Callable[[str], str],
    started: float,
    table: list[mounts.Mount],
) -> Places:
    """Look where this user may write, but for the temporary directories in `scratch`.

    `started` is when PID 1 was, `table` what is mounted.
    """
    uid = os.getuid()
    by_point = {mount.point: mount for mount in table}
    roots = _code_roots(environ)
    code_roots = tuple(dict.fromkeys([*roots, *(os.path.realpath(path) for path in roots)]))
    places = Places(
        code_roots=code_roots,
        keeps=keeps,
        stops=frozenset(by_point) | frozenset(scratch),
        caches=environ.get("PYTHONPYCACHEPREFIX", "").rstrip("/"),
    )
    writable = [mount for mount in table if not mount.is_read_only and not mount.is_pseudo]
    if all(mount.point in scratch for mount in writable):
        # Lambda: nothing but the temporary directories can be written.
        return places
    for inner in writable:
        # Not emptied with the directory it lies in: others may share it.
        if inner.point not in scratch and any(mounts.is_within(inner.point, root) for root in scratch):
            places.not_covered.append(f"{inner.point} (a separate mount)")
    tops = homes = [*_homes(environ, uid), os.getcwd()]
    named = [*code_roots, *homes]
    if uid == 0 or os.access("/", os.W_OK):
        places.not_covered.append("all other directories (this user can write everywhere)")
    else:
        tops = ["/", *homes]
    candidates = [*named, *(mount.point for mount in writable)]
    for top in tops:
        mount = mounts.mount_of(top, table)
        if mount is not None:
            candidates += _below(top, mount, uid, by_point, _DEPTH)
    # Parents come before what lies in them.
    for path in sorted({os.path.realpath(path) for path in candidates}, key=len):
        mount = mounts.mount_of(path, table)
        if (
            mount is None
            or path == "/"
            or mount.is_pseudo
            or any(mounts.is_within(path, root) for root in (*scratch, *places.covered))
            or not os.path.isdir(path)
            or not mounts.may_write(path, mount, uid)
        ):
            continue
        if mounts.began_here(mount, started):
            places.cover(path)
        else:
            places.not_covered.append(f"{path} (shared with the machine or other environments)")
    return places


def _code_roots(environ: Mapping[str, str]) -> list[str]:
    base = environ.get("PYTHONUSERBASE") or os.path.join(_home(environ, os.getuid()), ".local")
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    paths = [environ.get("LAMBDA_TASK_ROOT") or os.getcwd(), *environ.get("PYTHONPATH", "").split(":")]
    paths += [*sys.path, f"{base}/lib/{version}/site-packages"]
    return [path for path in paths if path.startswith("/") and path != "/"]


def _homes(environ: Mapping[str, str], uid: int) -> list[str]:
    paths = [_home(environ, uid), *(environ.get(name, "") for name in _HOMES)]
    return [path for path in paths if path.startswith("/")]


def _home(environ: Mapping[str, str], uid: int) -> str:
    if "HOME" in environ:
        return environ["HOME"]
    import pwd

    try:
        return pwd.getpwuid(uid).pw_dir
    except KeyError:
        return ""


def _below(
    top: str, mount: mounts.Mount, uid: int, by_point: Mapping[str, mounts.Mount], depth: int
) -> list[str]:
    """Return the uppermost directories below `top`, which lies in `mount`, in which `uid` may make files."""
    found: list[str] = []
    try:
        with os.scandir(top) as entries:
            paths = [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return found
    for path in paths:
        inner = by_point.get(path, mount)
        if inner.is_pseudo:
            continue
        if mounts.may_write(path, inner, uid):
            found.append(path)
        elif depth > 1:
            found += _below(path, inner, uid, by_point, depth - 1)
    return found[:_MAX_FOUND]


def _unlink(path: str) -> bool:
    try:
        os.unlink(path)
    except OSError:
        return False
    return True

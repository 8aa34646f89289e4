"""Reads a folder, a zip, a layer, an installed environment or one file into a `Project`."""

from __future__ import annotations

import os
import stat
import zipfile
from typing import TYPE_CHECKING

from dayfly.errors import DayflyError
from dayfly.scan.model import Note, NoteKind, Place
from dayfly.scan.source.archive import read_archive
from dayfly.scan.source.limits import CUT_SHORT, DEFAULT_LIMITS, Limits
from dayfly.scan.source.project import Project
from dayfly.scan.source.settling import settle

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

# Never the function's own code; an environment is read when it is what was asked for.
SKIPPED_FOLDERS = frozenset(
    {
        "__pycache__", ".git", ".hg", ".svn", ".tox", ".nox", ".mypy_cache", ".pytest_cache", ".ruff_cache",
        ".venv", "venv", ".eggs", "node_modules", ".aws-sam", ".serverless", "cdk.out", ".terraform", ".idea",
    }
)  # fmt: skip
ARCHIVES = (".zip", ".whl", ".egg")


def read_project(
    path: Path,
    *,
    limits: Limits = DEFAULT_LIMITS,
    exclude: Sequence[str] = (),
    tick: Callable[[int], None] | None = None,
) -> Project:
    """Read what `path` names; DayflyError where there is nothing that can be scanned.

    `exclude` holds globs over paths relative to `path`. `tick` is called with the number of files read so far.
    """
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise DayflyError(
            f"cannot read {path}: {error.strerror}", hint="give a folder, a zip or a template"
        ) from error
    project = Project(name=path.name or str(path))
    if stat.S_ISDIR(mode):
        project.folder = os.path.basename(os.path.realpath(path))
        _read_folder(project, path, limits, tuple(exclude), tick)
    elif stat.S_ISREG(mode):
        _read_single(project, path, limits)
    else:
        raise DayflyError(f"{path} is neither a file nor a folder", hint="give a folder, a zip or a template")
    settle(project)
    return project


def _read_single(project: Project, path: Path, limits: Limits) -> None:
    if zipfile.is_zipfile(path) and not path.name.endswith((".py", ".pyz")):
        read_archive(project, path.read_bytes(), prefix="", limits=limits, depth=0)
        return
    if path.name.endswith(ARCHIVES):
        raise DayflyError(f"{path} is not a zip archive", hint="build it again, or give its folder")
    size = path.stat().st_size
    if size > limits.other_file:
        raise DayflyError(f"{path} has {size:,} bytes; the limit for a single file is {limits.other_file:,}")
    project.add(path.name, path.read_bytes(), limits)


def _read_folder(
    project: Project,
    top: Path,
    limits: Limits,
    exclude: tuple[str, ...],
    tick: Callable[[int], None] | None,
) -> None:
    """Walk without following links; a link that leaves `top` is refused, one within it is read at its target."""
    # PurePath.full_match is not in 3.11; globs of two kinds are enough: `dir/**` and fnmatch on the whole path.
    from fnmatch import fnmatch

    is_environment = (top / "pyvenv.cfg").is_file() or top.name in ("site-packages", "dist-packages")
    real_top = os.path.realpath(top)
    total = count = 0
    for folder, names, files in os.walk(top, onerror=lambda error: _unreadable(project, top, error)):
        inner = os.path.relpath(folder, top).replace(os.sep, "/")
        prefix = "" if inner == "." else inner + "/"
        if prefix.count("/") >= limits.depth:
            project.notes.append(
                Note(NoteKind.BOUNDED, f"more than {limits.depth} nested directories", Place(prefix))
            )
            names.clear()
        for name in [*names, *files]:
            if os.path.islink(os.path.join(folder, name)):
                _note_link(project, os.path.join(folder, name), prefix + name, real_top)
        names[:] = sorted(
            name
            for name in names
            if (is_environment or name not in SKIPPED_FOLDERS)
            and not _is_environment(os.path.join(folder, name), is_environment)
            and not any(fnmatch(prefix + name, glob.removesuffix("/**").rstrip("/")) for glob in exclude)
        )
        for name in sorted(files):
            path = prefix + name
            full = os.path.join(folder, name)
            if any(fnmatch(path, glob) for glob in exclude):
                continue
            try:
                status = os.lstat(full)
            except OSError as error:
                project.notes.append(
                    Note(NoteKind.NOT_ANALYSABLE, f"cannot be read: {error.strerror}", Place(path))
                )
                continue
            if not stat.S_ISREG(status.st_mode):
                continue  # links are named above; a FIFO or a device would block or never end
            count += 1
            total += status.st_size
            if count > limits.files or total > limits.total:
                project.notes.append(
                    Note(
                        NoteKind.BOUNDED,
                        f"{CUT_SHORT}: more than {limits.files:,} files or {limits.total:,} bytes",
                        Place(path),
                        "scan a part of it, or exclude parts with --exclude",
                    )
                )
                return
            if tick is not None:
                tick(count)
            _take(project, path, full, status.st_size, limits)


def _take(project: Project, path: str, full: str, size: int, limits: Limits) -> None:
    if not path.endswith((".py", *ARCHIVES)):
        project.add_lazily(path, full, size, limits)
        return
    try:
        with open(full, "rb") as file:
            data = file.read(limits.total)
    except OSError as error:
        project.notes.append(Note(NoteKind.NOT_ANALYSABLE, f"cannot be read: {error.strerror}", Place(path)))
        return
    if path.endswith(".py"):
        project.add(path, data, limits)
    elif zipfile.is_zipfile(full):
        read_archive(project, data, prefix=path + "!/", limits=limits, depth=1)
    else:
        project.notes.append(Note(NoteKind.NOT_ANALYSABLE, "is not a zip archive", Place(path)))


def _is_environment(folder: str, is_wanted: bool) -> bool:
    return not is_wanted and os.path.isfile(os.path.join(folder, "pyvenv.cfg"))


def _note_link(project: Project, full: str, path: str, real_top: str) -> None:
    target = os.path.realpath(full)
    if target != real_top and not target.startswith(real_top + os.sep):
        project.notes.append(
            Note(
                NoteKind.REFUSED,
                "is a link to a target outside the scanned folder: not followed",
                Place(path),
            )
        )


def _unreadable(project: Project, top: Path, error: OSError) -> None:
    path = os.path.relpath(error.filename or str(top), top).replace(os.sep, "/")
    project.notes.append(Note(NoteKind.NOT_ANALYSABLE, f"cannot be listed: {error.strerror}", Place(path)))

"""Reads a zip in memory, bounded, without writing a byte of it to disk."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from typing import TYPE_CHECKING

from dayfly.scan.model import Note, NoteKind, Place
from dayfly.scan.source.limits import CUT_SHORT

if TYPE_CHECKING:
    from dayfly.scan.source.limits import Limits
    from dayfly.scan.source.project import Project

_SKIPPED = ("__pycache__/", ".git/", "node_modules/")
_ENCRYPTED = 0x1


def read_archive(project: Project, data: bytes, *, prefix: str, limits: Limits, depth: int) -> None:
    """Add the files of the zip `data` to `project` under `prefix`; what cannot or must not be read is noted.

    `depth` says how many archives are around this one.
    """
    here = prefix.removesuffix("!/") or project.name
    if depth > limits.archives:
        project.notes.append(
            Note(NoteKind.BOUNDED, "an archive inside nested archives is not read", Place(here))
        )
        return
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        project.notes.append(Note(NoteKind.NOT_ANALYSABLE, f"is not a zip archive: {error}", Place(here)))
        return
    with archive:
        seen: set[str] = set()
        for entry in archive.infolist():
            if project.size > limits.total or project.count >= limits.files:
                project.notes.append(
                    Note(
                        NoteKind.BOUNDED,
                        f"{CUT_SHORT}: more than {limits.files:,} files or {limits.total:,} bytes",
                        Place(prefix + entry.filename),
                    )
                )
                return
            if not entry.is_dir() and not any(part in entry.filename for part in _SKIPPED):
                _read_entry(project, archive, entry, prefix, limits, depth, seen)


def _read_entry(
    project: Project,
    archive: zipfile.ZipFile,
    entry: zipfile.ZipInfo,
    prefix: str,
    limits: Limits,
    depth: int,
    seen: set[str],
) -> None:
    name = entry.filename.replace("\\", "/")
    place = Place(prefix + name)
    refusal = _refusal(entry, name, seen)
    seen.add(name)
    if refusal:
        project.notes.append(Note(NoteKind.REFUSED, refusal, place))
        return
    limit = limits.python_file if name.endswith(".py") else limits.other_file
    if name.endswith(".zip"):
        limit = limits.total
    is_bomb = entry.file_size > limits.ratio_from and entry.file_size > limits.ratio * max(
        entry.compress_size, 1
    )
    if entry.file_size > limit or is_bomb:
        reason = (
            f"unpacks to {entry.file_size / max(entry.compress_size, 1):,.0f} times its size"
            if is_bomb
            else f"has {entry.file_size:,} bytes; the limit is {limit:,}"
        )
        project.notes.append(Note(NoteKind.BOUNDED, f"{reason}: not read", place))
        return
    try:
        with archive.open(entry) as file:
            # The directory may lie about the size: never read more than the limit.
            data = file.read(min(limit, max(limits.total - project.size, 0)) + 1)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        RuntimeError,
        NotImplementedError,
        ValueError,
    ) as error:
        project.notes.append(Note(NoteKind.NOT_ANALYSABLE, f"cannot be unpacked: {error}", place))
        return
    if len(data) > limit:
        project.notes.append(
            Note(NoteKind.BOUNDED, f"has more bytes than declared; the limit is {limit:,}", place)
        )
        return
    if name.endswith((".zip", ".whl")):
        project.size += len(data)
        read_archive(project, data, prefix=prefix + name + "!/", limits=limits, depth=depth + 1)
    else:
        project.add(prefix + name, data, limits)


def _refusal(entry: zipfile.ZipInfo, name: str, seen: set[str]) -> str:
    if name.startswith("/") or ".." in name.split("/") or name[1:2] == ":":
        return "has a path outside the archive: some unpackers would write there"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "is a link: not followed"
    if name in seen:
        return "is a second entry with the same name: the unpacker decides which one is used"
    if entry.flag_bits & _ENCRYPTED:
        return "is encrypted"
    return ""

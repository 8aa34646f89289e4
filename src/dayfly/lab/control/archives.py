"""Unpacks zips that somebody sent, into a folder and nowhere else, within Lambda's size."""

from __future__ import annotations

import io
import os
import shutil
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from dayfly.lab.control import refusals
from dayfly.lab.control.sources import MAX_UNPACKED_BYTES, UNREADABLE

_MAX_ENTRIES = 100_000
_CHUNK = 1 << 20


def unpack(content: bytes, target: Path) -> int:
    """Unpack into `target`, which must not exist, and return the bytes that files have.

    Permissions are the archive's, as Lambda keeps them. Raises InvokeRefusedError (400) for what is no zip, would lie
    outside, or is too large; then `target` is gone again.
    """
    target.mkdir(mode=0o755, parents=True)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _unpack(archive, target)
    except (
        zipfile.BadZipFile,
        zlib.error,
        OSError,
        EOFError,
        NotImplementedError,
        RuntimeError,
        ValueError,
    ) as error:
        shutil.rmtree(target, ignore_errors=True)
        raise refusals.invalid(UNREADABLE) from error
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise


def store(content: bytes, archive: Path, target: Path) -> int:
    """Unpack into `target` and keep the zip itself as `archive`; as `unpack`."""
    size = unpack(content, target)
    archive.write_bytes(content)
    return size


def _unpack(archive: zipfile.ZipFile, target: Path) -> int:
    entries = archive.infolist()
    if len(entries) > _MAX_ENTRIES:
        raise ValueError("too many entries")
    size = 0
    links: list[tuple[Path, str]] = []
    for entry in entries:
        path = target / _relative(entry.filename)
        mode = entry.external_attr >> 16
        if entry.is_dir():
            path.mkdir(mode=0o755, parents=True, exist_ok=True)
            continue
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        if stat.S_ISLNK(mode):
            # Made when every file is there: nothing is written through one.
            links.append((path, archive.read(entry).decode()))
            continue
        size += _write(archive, entry, path, MAX_UNPACKED_BYTES - size)
        path.chmod(mode & 0o777 or 0o644)
    for path, destination in links:
        if not path.exists():
            os.symlink(destination, path)
    return size


def _relative(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\0" in name or "\\" in name or not path.parts:
        raise ValueError(f"{name!r} lies outside")
    return path


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path, room: int) -> int:
    written = 0
    with archive.open(entry) as source, path.open("wb") as file:
        while chunk := source.read(_CHUNK):
            written += len(chunk)
            if written > room:
                raise refusals.invalid(f"Unzipped size must be smaller than {MAX_UNPACKED_BYTES} bytes")
            file.write(chunk)
    return written


def merge(folders: list[Path], target: Path) -> None:
    """Show several unpacked layers as one folder; what a later one has wins, as in /opt.

    https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html. Files are linked, where that works.
    """
    target.mkdir(mode=0o755, parents=True)
    for folder in folders:
        for parent, names, files in os.walk(folder):
            here = target / Path(parent).relative_to(folder)
            for name in [*names, *files]:
                source, path = Path(parent, name), here / name
                is_folder = source.is_dir() and not source.is_symlink()
                if path.is_dir() and not path.is_symlink():
                    if is_folder:
                        continue
                    shutil.rmtree(path)
                else:
                    path.unlink(missing_ok=True)
                if is_folder:
                    path.mkdir(mode=0o755)
                elif source.is_symlink():
                    os.symlink(os.readlink(source), path)
                else:
                    _link(source, path)


def _link(source: Path, path: Path) -> None:
    try:
        os.link(source, path)
    except OSError:
        shutil.copy2(source, path)

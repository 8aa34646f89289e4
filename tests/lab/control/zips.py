"""Zips for layers and functions."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Mapping


def zipped(files: Mapping[str, str | bytes], *, mode: int = 0o755) -> bytes:
    """A zip of files with this mode; a name that ends in a slash is a folder."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(entry(name, stat.S_IFREG | mode), content)
    return buffer.getvalue()


def entry(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    return info

"""Tells a function's own modules from libraries vendored beside them, from the folder alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_MAX_RECORD_BYTES = 4 * 1024 * 1024


def list_vendored(folder: Path) -> tuple[str, ...]:
    """Return the top-level names that installed distributions in `folder` own, from their RECORD files.

    https://packaging.python.org/en/latest/specifications/recording-installed-packages/
    """
    names: set[str] = set()
    for record in sorted(folder.glob("*.dist-info/RECORD")):
        if record.stat().st_size > _MAX_RECORD_BYTES:
            continue
        for line in record.read_text(encoding="utf-8", errors="replace").splitlines():
            top = line.split(",")[0].strip('"').split("/")[0]
            if top and not top.endswith((".dist-info", ".data")) and top not in ("..", "bin", "__pycache__"):
                names.add(top.removesuffix(".py"))
    return tuple(sorted(names))

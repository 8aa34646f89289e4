"""Reads the files that a scan takes beside the code: the baseline, and what dependencies were seen to do before."""

from __future__ import annotations

from pathlib import Path

from dayfly.errors import DayflyError
from dayfly.scan.dependencies.capabilities.lock import FILE_NAME as CAPABILITIES
from dayfly.scan.report.baseline import MAX_BYTES, read_baseline


def read_known(path: Path) -> frozenset[str]:
    """The fingerprints of a baseline; DayflyError where it cannot be read or is none."""
    text = _read(path, what="the baseline", hint="create one with --write-baseline")
    return read_baseline(text, name=str(path))


def find_recorded(paths: list[Path]) -> Path:
    """Where the capabilities of dependencies are recorded: in the one folder that is scanned, else here."""
    folder = paths[0] if len(paths) == 1 and paths[0].is_dir() else Path(".")
    return folder / CAPABILITIES


def read_recorded(path: Path, *, is_asked_for: bool) -> str | None:
    """The text of recorded capabilities; None where there are none and nobody asked for them."""
    if not is_asked_for and not path.is_file():
        return None
    return _read(path, what="the record of capabilities", hint="create one with --write-capabilities")


def _read(path: Path, *, what: str, hint: str) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DayflyError(f"{path} is larger than {MAX_BYTES:,} bytes", hint=hint)
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DayflyError(f"{what} {path} cannot be read: {error}", hint=hint) from error

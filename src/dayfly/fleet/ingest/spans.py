"""What has been fetched of each log group, so that a pull that was interrupted goes on where it was."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

from dayfly.errors import DayflyError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# From a moment to another, in milliseconds since 1970; without the second.
Span = tuple[int, int]


def missing(covered: Sequence[Span], begin: int, end: int) -> list[Span]:
    """The parts of [begin, end) that are in none of the `covered` spans, in order."""
    found: list[Span] = []
    for first, last in sorted(covered):
        if first > begin:
            found.append((begin, min(first, end)))
        begin = max(begin, last)
        if begin >= end:
            break
    if begin < end:
        found.append((begin, end))
    return [(first, last) for first, last in found if first < last]


def joined(spans: Sequence[Span]) -> list[Span]:
    """The same moments in as few spans as can be."""
    found: list[Span] = []
    for first, last in sorted(span for span in spans if span[0] < span[1]):
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


class Checkpoint:
    """Covered spans by a name, in a file. Raises DayflyError where it cannot be read or written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._spans = msgspec.json.decode(path.read_bytes(), type=dict[str, list[Span]])
        except FileNotFoundError:
            self._spans = {}
        except (OSError, msgspec.DecodeError) as error:
            raise DayflyError(
                f"cannot read {path}: {error}",
                hint="delete it to import everything again: records are not counted twice",
            ) from error

    def covered(self, name: str) -> list[Span]:
        """What was fetched under this name."""
        return self._spans.get(name, [])

    def cover(self, name: str, begin: int, end: int) -> None:
        """Note that a span has been fetched and is durable; on disk when this returns."""
        if begin >= end:
            return
        self._spans[name] = joined([*self.covered(name), (begin, end)])
        new = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with new.open("wb") as file:
                file.write(msgspec.json.encode(self._spans))
                file.flush()
                os.fsync(file.fileno())
            os.replace(new, self._path)
        except OSError as error:
            raise DayflyError(
                f"cannot write {self._path}: {error.strerror}", hint="choose another file with --checkpoint"
            ) from error

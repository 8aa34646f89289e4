"""Reads the recorder's lines: one JSON object per use, from a process that may run anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from dayfly.core.policy import FUNCTION, KINDS
from dayfly.core.shapes import SHAPE, parse_shape
from dayfly.policy.model import Use

if TYPE_CHECKING:
    from collections.abc import Mapping

# Longer than any path or host; what is longer is no use of an honest function.
_MAX_TARGET = 4096
_MAX_PACKAGE = 200
_MAX_PACKAGES = 64


class _Line(msgspec.Struct, frozen=True):
    kind: str
    target: str
    packages: tuple[str, ...] = ()
    phase: str = "invoke"
    place: str = ""


def read_use(line: str | bytes) -> tuple[Use, str] | None:
    """Return the use that a recorder's line tells of, and its place; None for a line that is none."""
    try:
        read = msgspec.json.decode(line, type=_Line)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return _checked(read)


def use_from(evidence: Mapping[str, object]) -> tuple[Use, str] | None:
    """Return the use that a finding's evidence tells of, and its place; None where it tells of none."""
    values = {name: value for name, value in evidence.items() if name in _Line.__struct_fields__}
    if isinstance(named := values.get("packages"), str):
        values["packages"] = [name for name in named.split(",") if name]
    try:
        read = msgspec.convert(values, type=_Line)
    except msgspec.MsgspecError:
        return None
    return _checked(read)


def _checked(read: _Line) -> tuple[Use, str] | None:
    packages = read.packages or (FUNCTION,)
    is_kind = read.kind in KINDS or (read.kind == SHAPE and parse_shape(read.target) is not None)
    is_known = is_kind and read.phase in ("init", "invoke")
    is_short = len(read.target) <= _MAX_TARGET and len(packages) <= _MAX_PACKAGES
    if not (is_known and is_short and _is_plain(read.target)):
        return None
    # A name of a package that is no name could write other keys into the file.
    if not all(name and len(name) <= _MAX_PACKAGE and _is_plain(name) for name in packages):
        return None
    return Use(read.kind, read.target, packages, read.phase), read.place if _is_plain(read.place) else ""


def _is_plain(text: str) -> bool:
    return text.isprintable() and all(not "\ud800" <= char <= "\udfff" for char in text)

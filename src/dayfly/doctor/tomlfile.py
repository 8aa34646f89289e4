"""Puts settings into a dayfly.toml and keeps every other byte, or refuses."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from dayfly.core.settings import load_settings
from dayfly.errors import SettingError
from dayfly.policy.storing import replace_file

# A value that ends on its line, and what follows it: only these are replaced.
_VALUE = r"""(?:"[^"\\\r\n]*"|'[^'\r\n]*'|true|false|[0-9][0-9_]*)"""
_PLAIN = re.compile(r"[A-Za-z0-9_]+")


def edit(text: str, values: Mapping[str, str], *, source: str) -> str:
    """Pure: `text` with top-level `values` set, every other byte as it was.

    Raises SettingError where that cannot be done safely; the hint says what to write by hand.
    """
    before = _parse(text, source)
    edited = text
    for name, value in values.items():
        edited = _set(edited, name, value, is_there=name in before)
    # The one proof that nothing else changed: TOML itself reads the same, but for these values.
    try:
        after: Mapping[str, object] | None = tomllib.loads(edited)
    except tomllib.TOMLDecodeError:
        after = None
    if after != {**before, **values}:
        lines = ", ".join(f'{name} = "{value}"' for name, value in values.items())
        raise SettingError(
            f"{source} cannot be edited safely",
            hint=f"add these lines above the first [table]: {lines}",
        )
    return edited


def write(path: Path, values: Mapping[str, str]) -> bool:
    """Set `values` in the file, which may not exist yet; False if they were there already.

    The file is replaced whole or not at all and keeps its mode; a link is followed. Raises SettingError,
    also for a file that Dayfly would refuse at start.
    """
    target = path.resolve()
    try:
        old = target.read_bytes() if target.exists() else b""
        text = old.decode("utf-8")
        mode = target.stat().st_mode & 0o7777 if old or target.exists() else 0o644
    except UnicodeDecodeError as fault:
        raise SettingError(f"{path} is not valid UTF-8") from fault
    except OSError as fault:
        raise SettingError(f"{path} cannot be read: {fault.strerror}") from fault
    new = edit(text, values, source=str(path))
    load_settings({}, tomllib.loads(new))
    if new.encode() == old:
        return False
    _replace(target, new.encode(), mode)
    return True


def _replace(target: Path, data: bytes, mode: int) -> None:
    try:
        replace_file(target, data, mode)
    except OSError as fault:
        raise SettingError(f"{target} cannot be written: {fault.strerror}") from fault


def _parse(text: str, source: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as fault:
        raise SettingError(f"{source} is not valid TOML: {fault}", hint="fix it first") from fault


def _set(text: str, name: str, value: str, *, is_there: bool) -> str:
    if not _PLAIN.fullmatch(name) or '"' in value or "\\" in value or not value.isprintable():
        raise SettingError(f"{name} = {value!r} cannot be written")
    if is_there:
        pattern = re.compile(
            rf"""(?m)^([ \t]*(?:{name}|"{name}"|'{name}')[ \t]*=[ \t]*){_VALUE}(?=[ \t]*(?:\#[^\r\n]*)?\r?$)"""
        )
        # The first may be inside a long string or a table: the caller's comparison tells.
        return pattern.sub(lambda found: f'{found[1]}"{value}"', text, count=1)
    newline = "\r\n" if "\r\n" in text else "\n"
    line = f'{name} = "{value}"{newline}'
    if re.search(r"(?m)^[ \t]*\[", text):
        # The first line of a file is in no table and in no string, whatever follows.
        return line + text
    return text + ("" if not text or text.endswith("\n") else newline) + line

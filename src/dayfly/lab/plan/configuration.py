"""Writes dayfly.toml: the recommended settings, into what is there already."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

from dayfly.core.settings import load_settings
from dayfly.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dayfly.lab.plan.model import Advice, Settings

_TABLE = re.compile(r"^\s*\[")


def wanted_values(settings: Settings) -> dict[str, str | int]:
    """Return the settings by dotted name as in the file; keep globs are for a person to decide."""
    values: dict[str, str | int] = {"isolation": settings.isolation}
    if settings.max_age is not None:
        values["max_age"] = settings.max_age
    if settings.max_invocations is not None:
        values["max_invocations"] = settings.max_invocations
    if settings.prime is not None:
        values["zygote.prime"] = settings.prime
    return values


def render_settings(advice: Advice) -> str:
    """Return a new dayfly.toml, with candidates for `keep` as a comment."""
    text = merge_settings("", wanted_values(advice.settings), is_forced=False)
    if advice.settings.keep:
        globs = ", ".join(f'"{glob}"' for glob in advice.settings.keep)
        comment = (
            "# Files that invocations share. What is kept, one event can leave for the next.\n"
            f"# keep = [{globs}]\n"
        )
        top, separator, tables = text.partition("\n[")
        text = top.rstrip("\n") + "\n" + comment + (separator + tables if separator else "")
    return text


def merge_settings(text: str, wanted: Mapping[str, str | int], *, is_forced: bool) -> str:
    """Return `text` with the wanted settings in it and everything else untouched.

    Raises SettingError where a setting has another value already, unless `is_forced`, and for a file that is
    no TOML.
    """
    for name, value in wanted.items():
        current = _parse(text)
        table, _, key = name.rpartition(".")
        known = current.get(table, {}) if table else current
        present = known.get(key) if isinstance(known, dict) else None
        if present == value:
            continue
        if present is not None and not is_forced:
            raise SettingError(
                f"dayfly.toml sets {name} = {present!r}, but the plan recommends {value!r}",
                hint="change it yourself, or add --force",
            )
        line = f"{key} = {_quote(value)}"
        text = _insert(text, table, line) if present is None else _replace(text, table, key, line)
    merged = _parse(text)
    for name, value in wanted.items():
        table, _, key = name.rpartition(".")
        place = merged.get(table) if table else merged
        if not isinstance(place, dict) or place.get(key) != value:
            raise SettingError(
                (
                    f"dayfly.toml could not be changed: {name} is written in a form that this command cannot "
                    "edit"
                ),
                hint=f"set it manually: {name} = {_quote(value)}",
            )
    return text


def check_settings(text: str, environ: Mapping[str, str] | None = None) -> None:
    """Raise SettingError for a dayfly.toml, or variables, that Dayfly would not take: two may exclude each other."""
    load_settings(environ or {}, _parse(text))


def _parse(text: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingError(f"dayfly.toml is not valid TOML: {error}", hint="correct it first") from error


def _quote(value: str | int) -> str:
    return (
        str(value) if isinstance(value, int) else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    )


def _region(lines: list[str], table: str) -> tuple[int, int] | None:
    """Return the lines of a table's own keys, without its header; None where there is no such table."""
    start = 0
    if table:
        header = re.compile(rf"^\s*\[\s*{re.escape(table)}\s*\]")
        found = [number for number, line in enumerate(lines) if header.match(line)]
        if not found:
            return None
        start = found[0] + 1
    end = next((n for n in range(start, len(lines)) if _TABLE.match(lines[n])), len(lines))
    return start, end


def _insert(text: str, table: str, line: str) -> str:
    lines = text.splitlines()
    region = _region(lines, table)
    if region is None:
        gap = [""] if lines and lines[-1].strip() else []
        return "\n".join([*lines, *gap, f"[{table}]", line]) + "\n"
    start, end = region
    while end > start and not lines[end - 1].strip():
        end -= 1
    return "\n".join([*lines[:end], line, *lines[end:]]) + "\n"


def _replace(text: str, table: str, key: str, line: str) -> str:
    """Put `line` in the place of a key's assignment, which may go over several lines."""
    lines = text.splitlines()
    region = _region(lines, table)
    begins = re.compile(rf"^\s*{re.escape(key)}\s*=")
    if region is not None:
        for start in range(*region):
            if not begins.match(lines[start]):
                continue
            for end in range(start + 1, region[1] + 1):
                try:
                    tomllib.loads("\n".join(lines[start:end]))
                except tomllib.TOMLDecodeError:
                    continue
                return "\n".join([*lines[:start], line, *lines[end:]]) + "\n"
    return text

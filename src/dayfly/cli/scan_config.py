"""Reads the table `[scan]` of dayfly.toml: what a team has agreed on, so that no command line need repeat it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dayfly.core.settings import FILE_NAME
from dayfly.errors import DayflyError, SettingError
from dayfly.scan.report.selection import NEVER, SEVERITIES, Selection, parse_severity

# Name in the table: what it may be, what it means. scripts/reference.py prints it.
KEYS: Mapping[str, tuple[str, str]] = {
    "exclude": ("list of globs", "files to skip, relative to the scanned path, for example `tests/**`"),
    "only": ("list of checks and families", "run only these"),
    "skip": ("list of checks and families", "do not run these"),
    "fail_on": (", ".join([*SEVERITIES, NEVER]), "minimum severity for exit code 1 (default high)"),
    "baseline": ("path", "file with known findings, which do not count, relative to dayfly.toml"),
    "handlers": ("list of module.function", "handlers that no template names"),
    "osv_database": ("path", "folder or zip of OSV advisories, relative to dayfly.toml"),
    "severity": (
        "table",
        'severity by check or family, for example `[scan.severity]` with `"event.log" = "low"`',
    ),
}
_LISTS = ("exclude", "only", "skip", "handlers")
_TEXTS = ("fail_on", "baseline", "osv_database")
_MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class ScanTable:
    """The table's values; `path` is the file it stands in, None where there is none."""

    path: Path | None = None
    exclude: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    fail_on: str = ""
    baseline: Path | None = None
    handlers: tuple[str, ...] = ()
    osv_database: Path | None = None
    severity: Mapping[str, str] = field(default_factory=dict)

    def describe(self) -> tuple[str, ...]:
        """One line on what the file leaves out or changes: it may lie in what is scanned."""
        named = [
            f"{name} {', '.join(values)}"
            for name, values in (
                ("excludes", self.exclude),
                ("runs only", self.only),
                ("skips", self.skip),
            )
            if values
        ]
        named += [f"sets {check} to {severity}" for check, severity in self.severity.items()]
        return (f"{self.path} {'; '.join(named)}",) if named else ()


def find_table(paths: list[Path], config: Path | None) -> ScanTable:
    """The table of the file that was named, else of the one folder that is scanned, else of the working directory."""
    if config is not None:
        if not config.is_file():
            raise SettingError(f"{config} is not a file", hint=f"give a {FILE_NAME}")
        return read_table(config)
    folders = [paths[0]] if len(paths) == 1 and paths[0].is_dir() else []
    for folder in (*folders, Path(".")):
        path = folder / FILE_NAME
        if path.is_file():
            found = read_table(path)
            if found.path is not None:
                return found
    return ScanTable()


def read_table(path: Path) -> ScanTable:
    """The table of one file; SettingError for a value or a name that means nothing."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise SettingError(f"{path} is larger than {_MAX_BYTES:,} bytes")
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingError(
            f"{path} cannot be read: {error.strerror}", hint="check its permissions"
        ) from error
    except (ValueError, RecursionError) as error:
        raise SettingError(
            f"{path} is not valid TOML: {error}", hint="fix it, or choose another file with --config"
        ) from error
    if "scan" not in data:
        return ScanTable()
    table = data["scan"]
    where = f"{path}: [scan]"
    if not isinstance(table, dict):
        raise SettingError(f"{path}: scan is {table!r}", hint="write it as a table: [scan]")
    for name in table:
        if name not in KEYS:
            raise SettingError(f"{where}: unknown setting {name!r}", hint=f"use one of: {', '.join(KEYS)}")
    lists = {name: _list(table.get(name, []), f"{where} {name}") for name in _LISTS}
    texts = {name: _text(table.get(name, ""), f"{where} {name}") for name in _TEXTS}
    severity = table.get("severity", {})
    if not isinstance(severity, dict) or not all(isinstance(value, str) for value in severity.values()):
        raise SettingError(
            f"{where} severity is {severity!r}", hint='write it as a table, for example "event.log" = "low"'
        )
    found = ScanTable(
        path=path,
        exclude=lists["exclude"],
        only=lists["only"],
        skip=lists["skip"],
        fail_on=texts["fail_on"],
        baseline=path.parent / texts["baseline"] if texts["baseline"] else None,
        handlers=lists["handlers"],
        osv_database=path.parent / texts["osv_database"] if texts["osv_database"] else None,
        severity=severity,
    )
    if found.fail_on:
        parse_fail_on(found.fail_on, where=f"{where} fail_on")
    try:
        select(found.only, found.skip, found.severity, where=where)
    except DayflyError as error:
        raise SettingError(f"{where}: {error.message}", hint=error.hint) from error
    return found


def select(
    only: tuple[str, ...], skip: tuple[str, ...], severity: Mapping[str, str], *, where: str
) -> Selection:
    """The selection that these names mean; DayflyError for a name or a severity that there is not."""
    levels = {
        check: parse_severity(text, where=f"{where} severity of {check}") for check, text in severity.items()
    }
    return Selection(only, skip, levels)


def parse_fail_on(text: str, *, where: str) -> int:
    """The least severity that fails; above every one for `never`."""
    if text == NEVER:
        return max(SEVERITIES.values()) + 1
    try:
        return parse_severity(text, where=where)
    except DayflyError as error:
        raise SettingError(error.message, hint=f"{error.hint}, {NEVER}") from error


def _list(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise SettingError(f"{where} is {value!r}", hint="write a list of strings")
    return tuple(value)


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise SettingError(f"{where} is {value!r}", hint="write a string")
    return value

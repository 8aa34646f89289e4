"""Reads `lab.toml`: the functions of a lab and how it is served."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dayfly.errors import SettingError
from dayfly.lab.declared import Declared
from dayfly.lab.events.settings import EventSettings
from dayfly.lab.front import Front
from dayfly.lab.model import FunctionConfig, ImageConfig

_LAB_KEYS: dict[str, type | tuple[type, ...]] = {
    "host": str,
    "port": int,
    "max_environments": int,
    "confinement": str,
    "services": str,
    "faults": str,
    "async_speed": (int, float),
    "rate_limits": bool,
    "fleet": str,
    "fleet_token_file": str,
    "fleet_key_file": str,
}
# Keys of [functions.NAME], the field of FunctionConfig each sets, and its TOML type.
_FUNCTION_KEYS: dict[str, tuple[str, type | tuple[type, ...]]] = {
    "folder": ("folder", str),
    "handler": ("handler", str),
    "runtime": ("runtime", str),
    "timeout": ("timeout_s", (int, float)),
    "memory": ("memory_mb", int),
    "environment": ("environment", dict),
    "python": ("python", str),
    "reserved_concurrency": ("reserved_concurrency", int),
    "idle_expiry": ("idle_expiry_s", (int, float)),
    "log_format": ("log_format", str),
    "log_level": ("log_level", str),
    "extensions": ("extensions", str),
    "opt": ("opt", str),
    "ephemeral_storage": ("ephemeral_mb", int),
    "log_group": ("log_group", str),
    "snap_start": ("snap_start", str),
    "tenancy": ("tenancy", str),
    "image": ("image", dict),
    "dead_letter": ("declared", str),
    "url": ("front", str),
    "url_mode": ("front", str),
    "async": ("front", dict),
}
_ASYNC_KEYS: dict[str, tuple[str, type]] = {
    "retries": ("retries", int),
    "max_age": ("age_s", int),
    "on_success": ("on_success", str),
    "on_failure": ("on_failure", str),
}
_IMAGE_KEYS: dict[str, type] = {"entry_point": list, "command": list, "working_directory": str}
# How a value of each type is written.
_WRITTEN = {
    str: '"text"',
    int: "1",
    dict: '{ KEY = "value" }',
    list: '["word", "word"]',
    bool: "true",
}
_EXAMPLE = 'folder = "payments", handler = "app.handler"'
_PATHS = ("folder", "python", "extensions", "opt")


@dataclass(frozen=True, slots=True)
class LabFile:
    """What a `lab.toml` says; `lab` holds the keys of its [lab] table."""

    lab: Mapping[str, str | int | float]
    functions: tuple[FunctionConfig, ...]


def load_lab_file(path: Path) -> LabFile:
    """Read a file; relative folders are relative to it. Raises SettingError for anything not understood."""
    try:
        content = tomllib.loads(path.read_text())
    except OSError as error:
        raise SettingError(f"{path} cannot be read: {error.strerror}", hint="give a lab.toml") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingError(
            f"{path} is not valid TOML: {error}",
            hint="use a lab.toml (docs/lab.md); --config does not read SAM or CloudFormation templates",
        ) from error
    _refuse_unknown(path, "", set(content), {"lab", "functions"})
    lab = content.get("lab", {})
    _refuse_unknown(path, "lab.", set(lab), set(_LAB_KEYS))
    for key, value in lab.items():
        _check_type(path, f"lab.{key}", value, _LAB_KEYS[key])
    functions = content.get("functions", {})
    if not isinstance(functions, dict) or not functions:
        raise SettingError(f"{path} has no function", hint=f"add a [functions.NAME] table: {_EXAMPLE}")
    return LabFile(lab, tuple(_function(path, name, table) for name, table in functions.items()))


def _function(path: Path, name: str, table: object) -> FunctionConfig:
    if not isinstance(table, dict):
        raise SettingError(f"{path}: functions.{name} is not a table", hint="write [functions.NAME]")
    _refuse_unknown(path, f"functions.{name}.", set(table), set(_FUNCTION_KEYS))
    for key in ("folder", "handler"):
        if key not in table:
            raise SettingError(f"{path}: functions.{name} has no {key}", hint=_EXAMPLE)
    values: dict[str, object] = {}
    for key, value in table.items():
        field, kind = _FUNCTION_KEYS[key]
        _check_type(path, f"functions.{name}.{key}", value, kind)
        values[field] = path.parent / value if key in _PATHS else value
    environment = values.get("environment", {})
    assert isinstance(environment, dict)
    values["environment"] = {key: str(value) for key, value in environment.items()}
    if "declared" in values:
        values["declared"] = Declared(dead_letter_arn=table["dead_letter"])
    if "front" in values:
        values["front"] = _front(path, f"functions.{name}.async", table)
    if "image" in values:
        values["image"] = _image(path, f"functions.{name}.image", values["image"])
    try:
        return FunctionConfig(name=name, **values)  # type: ignore[arg-type]  # checked against the table above
    except SettingError as error:
        raise SettingError(f"{path}: functions.{name}: {error.message}", hint=error.hint) from error


def _front(path: Path, prefix: str, table: Mapping[str, Any]) -> Front:
    """Any: every value was checked to be of its key's type."""
    rules = table.get("async", {})
    _refuse_unknown(path, f"{prefix}.", set(rules), set(_ASYNC_KEYS))
    settings: dict[str, Any] = {}
    for key, value in rules.items():
        field, kind = _ASYNC_KEYS[key]
        _check_type(path, f"{prefix}.{key}", value, kind)
        settings[field] = value
    url = {key: table[key] for key in ("url", "url_mode") if key in table}
    return Front(events=EventSettings(**settings), **url)


def _image(path: Path, prefix: str, table: object) -> ImageConfig:
    assert isinstance(table, dict)
    _refuse_unknown(path, f"{prefix}.", set(table), set(_IMAGE_KEYS))
    for key, value in table.items():
        _check_type(path, f"{prefix}.{key}", value, _IMAGE_KEYS[key])
        if isinstance(value, list) and not all(isinstance(word, str) for word in value):
            raise SettingError(f"{path}: {prefix}.{key} is not a list of strings")
    return ImageConfig(
        entry_point=tuple(table.get("entry_point", ())),
        command=tuple(table.get("command", ())),
        working_directory=table.get("working_directory", ""),
    )


def _refuse_unknown(path: Path, prefix: str, keys: set[str], known: set[str]) -> None:
    for key in sorted(keys - known):
        raise SettingError(
            f"{path}: unknown setting {prefix}{key}", hint=f"known are {', '.join(sorted(known))}"
        )


def _check_type(path: Path, key: str, value: object, kind: type | tuple[type, ...]) -> None:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        kinds = kind if isinstance(kind, tuple) else (kind,)
        expected = " or ".join(item.__name__ for item in kinds)
        raise SettingError(
            f"{path}: {key} is {value!r}, not of type {expected}",
            hint=f"write {key.rpartition('.')[2]} = {_WRITTEN[kinds[0]]}",
        )

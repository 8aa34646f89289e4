"""Reads a fault plan from TOML."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from dayfly.errors import SettingError
from dayfly.lab.faults.plan import Fault, FaultPlan, Limits

_NUMBERS = {"float": (int, float), "float | None": (int, float), "int": (int,), "int | None": (int,)}


def load_plans(path: Path) -> dict[str, FaultPlan]:
    """Return the plans in a file by function; "" is for every function that has none of its own.

    `[[fault]]` and `[limits]` are for every function, `[[functions.NAME.fault]]` and `[functions.NAME.limits]` for
    one. Raises SettingError for anything not understood.
    """
    try:
        content = tomllib.loads(path.read_text())
    except OSError as error:
        raise SettingError(f"{path} cannot be read: {error.strerror}", hint="give a fault plan") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingError(f"{path} is not valid TOML: {error}") from error
    named = content.pop("functions", {})
    if not isinstance(named, dict):
        raise SettingError(f"{path}: functions is not a table", hint="write it as [[functions.NAME.fault]]")
    plans = {name: _plan(path, table) for name, table in {"": content, **named}.items()}
    if all(plan == FaultPlan() for plan in plans.values()):
        raise SettingError(f"{path} contains no fault and no limit", hint="add a [[fault]] table")
    return plans


def _plan(path: Path, table: object) -> FaultPlan:
    if not isinstance(table, dict):
        raise SettingError(
            f"{path}: a function's plan is not a table", hint="write it as [[functions.NAME.fault]]"
        )
    if unknown := sorted(set(table) - {"fault", "limits"}):
        raise SettingError(f"{path}: unknown key {unknown[0]}", hint="use fault, limits or functions")
    faults = table.get("fault", [])
    limits = table.get("limits", {})
    if not isinstance(faults, list) or not all(isinstance(one, dict) for one in faults):
        raise SettingError(f"{path}: fault is not a list of tables", hint="write it as [[fault]]")
    if not isinstance(limits, dict):
        raise SettingError(f"{path}: limits is not a table", hint="write it as [limits]")
    return FaultPlan(
        tuple(Fault(**_checked(path, "fault", one, Fault, ("route", "at", "do"))) for one in faults),
        Limits(**_checked(path, "limits", limits, Limits, ())),
    )


def _checked(
    path: Path, name: str, table: Mapping[str, Any], kind: type, needed: tuple[str, ...]
) -> dict[str, Any]:
    # Any: values of TOML, each checked here against the field that it becomes.
    types = {one.name: str(one.type) for one in fields(kind)}
    for key in needed:
        if key not in table:
            raise SettingError(f"{path}: a {name} has no {key}", hint=f"add `{key} = …`")
    for key, value in table.items():
        if key not in types:
            raise SettingError(f"{path}: unknown key {name}.{key}", hint=f"use one of {', '.join(types)}")
        expected = _NUMBERS.get(types[key], (str,))
        if isinstance(value, bool) or not isinstance(value, expected):
            raise SettingError(f"{path}: {name}.{key} = {value!r} has the wrong type")
    return dict(table)

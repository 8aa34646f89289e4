"""Compiles a dayfly.toml for a layer to carry, in Dayfly's own layer or in a small second one for one function."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dayfly.attach.layout import HOME, Entry, LayerError, archive, write_whole
from dayfly.core.compiled import FILE_NAME, read_compiled, write_compiled
from dayfly.core.settings import SETTINGS, Setting, Settings, load_settings
from dayfly.errors import SettingError


@dataclass(frozen=True, slots=True)
class Carried:
    """A compiled policy: its bytes, the settings it holds by variable, and whether it has a policy."""

    data: bytes
    variables: Mapping[str, str]
    has_policy: bool

    @property
    def entry(self) -> Entry:
        """The file of a layer that holds it."""
        return Entry(f"{HOME}/{FILE_NAME}", self.data)


def compile_policy(path: Path) -> Carried:
    """Return the compiled form of a dayfly.toml, its settings and `[policy]`; raises SettingError with what is wrong."""
    try:
        table = tomllib.loads(path.read_bytes().decode())
    except OSError as error:
        raise SettingError(
            f"{path} cannot be read: {error.strerror or error}", hint="--policy names a dayfly.toml"
        ) from error
    except ValueError as error:
        raise SettingError(f"{path} is no valid TOML: {error}", hint="correct it first") from error
    return compile_table(table, where=str(path))


def compile_table(table: Mapping[str, object], *, where: str) -> Carried:
    """Return the compiled form of the table of a dayfly.toml; `where` names it in errors. Pure.

    Raises SettingError for what no start would take, and for what variables cannot say.
    """
    settings = load_settings({}, table)
    given = {name: value for name, value in _flat(table).items() if name not in ("policy", "scan")}
    variables = {
        setting.variable: _text(setting, given[setting.name]) for setting in SETTINGS if setting.name in given
    }
    data = write_compiled(variables, settings.policy).encode()
    compiled = read_compiled(data, where)
    again = load_settings(compiled.variables, {}, policy=compiled.policy())
    for name in Settings.__slots__:
        before, after = getattr(settings, name), getattr(again, name)
        if name == "policy" and settings.policy is not None and again.policy is not None:
            before, after = settings.policy.pack(), again.policy.pack()
        if before != after:
            raise SettingError(
                f"{where} sets {name} to what a layer cannot carry",
                hint="a path with `:` in it can only stand in the package's own dayfly.toml",
            )
    return Carried(data, variables, settings.policy is not None)


def build_policy_layer(output: Path, carried: Carried) -> bytes:
    """Write a layer that holds nothing but a compiled policy, to be put on a function beside Dayfly's; return its bytes.

    Where both layers carry one, that of the later in the function's list is read. Raises LayerError.
    """
    if not carried.variables and not carried.has_policy:
        raise LayerError("the policy is empty", hint="put settings or [policy] into it")
    data = archive([carried.entry])
    write_whole(output, data)
    return data


def _flat(table: Mapping[str, object]) -> dict[str, object]:
    flat: dict[str, object] = {}
    for name, value in table.items():
        if isinstance(value, dict) and name not in ("policy", "scan"):
            flat |= {f"{name}.{key}": item for key, item in value.items()}
        else:
            flat[name] = value
    return flat


def _text(setting: Setting, value: object) -> str:
    """Return a value of the file as the setting's variable has it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return ":".join(map(str, value))
    return str(value)

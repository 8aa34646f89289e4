"""Finds attacks and protections: those that come with Dayfly and those of other packages, all by entry point."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path
from typing import TYPE_CHECKING

from dayfly.errors import DayflyError
from dayfly.lab.gauntlet.protection import Protection
from dayfly.lab.gauntlet.technique import (
    ATTACK_NAMES,
    FOLDER,
    LEVELS,
    Technique,
    TechniqueError,
    load_technique,
    load_techniques,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ATTACKS = "dayfly.attacks"
PROTECTIONS = "dayfly.protections"
# Stands for every protection that is installed.
EVERY = "all"


class PluginError(DayflyError):
    """Something that was plugged in is not what it must be, or what was asked for is not there."""


def find_protections() -> Mapping[str, Protection]:
    """Every protection by name. Raises PluginError for an entry point that names no Protection of that name."""
    found: dict[str, Protection] = {}
    for entry in sorted(importlib.metadata.entry_points(group=PROTECTIONS), key=lambda entry: entry.name):
        kind = _load(entry)
        if not (isinstance(kind, type) and issubclass(kind, Protection)):
            raise PluginError(f"{entry.value} is not a Protection", hint="see docs/gauntlet.md")
        one = kind()
        if one.name != entry.name:
            raise PluginError(
                f"{entry.value} has the name {one.name!r}, but its entry point is named {entry.name!r}"
            )
        if not one.isolations:
            raise PluginError(f"{entry.value} has no isolation mode", hint="do not override `isolations`")
        if entry.name in found:
            raise PluginError(f"two packages have a protection {entry.name!r}")
        found[entry.name] = one
    if not found:
        raise PluginError(
            "no protection is installed, not even Dayfly's own",
            hint="install Dayfly again: its entry points are missing",
        )
    return found


def find_attacks() -> Mapping[str, Sequence[Technique]]:
    """Every technique, by the name of the entry point that brings it. Raises PluginError and TechniqueError."""
    found: dict[str, list[Technique]] = {}
    names: set[str] = set()
    for entry in sorted(importlib.metadata.entry_points(group=ATTACKS), key=lambda entry: entry.name):
        module = _load(entry)
        path = getattr(module, "__file__", None)
        if path is None:
            raise PluginError(f"{entry.value} is not a module with a file", hint="see docs/gauntlet.md")
        place = Path(path)
        # Others may use any id of ATT&CK's; ours have their names in the documentation.
        known = ATTACK_NAMES if place.parent == FOLDER else None
        if place.name == "__init__.py":
            techniques = load_techniques(place.parent, names=known)
        else:
            techniques = [load_technique(place, names=known)]
        for one in techniques:
            if one.name in names:
                raise TechniqueError(f"two attacks are named {one.name!r}; one is from {entry.value}")
            if not (one.function / f"{one.handler.partition('.')[0]}.py").is_file():
                raise TechniqueError(
                    f"{one.name} attacks {one.handler}, which is not in {one.function.name}/"
                )
            names.add(one.name)
        found[entry.name] = techniques
    if not found:
        raise PluginError(
            "no attack is installed, not even Dayfly's own",
            hint="install Dayfly again: its entry points are missing",
        )
    return found


def _load(entry: importlib.metadata.EntryPoint) -> object:
    try:
        loaded: object = entry.load()
    except Exception as error:  # boundary: somebody else's package
        raise PluginError(
            f"{entry.name} ({entry.value}) cannot be loaded: {type(error).__name__}: {error}",
            hint="uninstall or fix the package with this entry point",
        ) from error
    return loaded


def choose_attacks(techniques: Sequence[Technique], wanted: Sequence[str]) -> list[Technique]:
    """Those that `wanted` names: by name, by family (M1) or by level (L2); all for nothing. Raises PluginError."""
    if not wanted:
        return list(techniques)
    chosen: dict[str, Technique] = {}
    for word in wanted:
        if word.upper() in LEVELS:
            matching = [one for one in techniques if one.level == word.upper()]
        else:
            matching = [one for one in techniques if word in (one.name, one.family)]
        if not matching:
            raise PluginError(
                f"no attack, family or level is named {word!r}",
                hint="`dayfly lab gauntlet --list` lists them",
            )
        chosen |= {one.name: one for one in matching}
    return [one for one in techniques if one.name in chosen]


def one_per_family(techniques: Sequence[Technique]) -> list[Technique]:
    """One attack of each family, one that takes no time of its own where there is such: what `--quick` runs."""
    chosen: list[Technique] = []
    for family in dict.fromkeys(one.family for one in techniques):
        own = [one for one in techniques if one.family == family]
        brief = [
            one
            for one in own
            if not (
                one.is_slow or one.resets or one.spoils or one.noticed_within or one.needs_more_than_lambda
            )
        ]
        chosen.append((brief or own)[0])
    return chosen


def choose_rows(
    protections: Mapping[str, Protection], against: Sequence[str], isolations: Sequence[str]
) -> list[tuple[Protection, str]]:
    """Protections with their isolations, in the order asked for. Raises PluginError for a name or isolation nobody has."""
    names = list(against) or [name for name, one in protections.items() if one.is_default]
    if EVERY in names:
        names = list(protections)
    rows: list[tuple[Protection, str]] = []
    for name in dict.fromkeys(names):
        if name not in protections:
            raise PluginError(f"unknown protection {name!r}", hint="use one of " + ", ".join(protections))
        one = protections[name]
        chosen = [
            word
            for word in one.isolations
            if not isolations or word in isolations or len(one.isolations) == 1
        ]
        if not isolations and one.default_isolations:
            chosen = list(one.default_isolations)
        rows += [(one, isolation) for isolation in chosen]
    known = {word for one in protections.values() for word in one.isolations}
    for word in isolations:
        if word not in known:
            raise PluginError(f"unknown isolation mode {word!r}", hint="use one of " + ", ".join(known))
    if not rows:
        raise PluginError("no selected protection has this isolation mode")
    return rows

"""Sums up what each package of a project uses, remembering files that have not changed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dayfly.scan.dependencies.capabilities.uses import Capability, Use, find_uses
from dayfly.scan.dependencies.requirement import normalise
from dayfly.scan.model import Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, MutableMapping

    from dayfly.scan.source.project import Project, PythonFile

_SHOWN = 3  # places that are kept of each capability
_VERSION = "capabilities 1"


@dataclass(frozen=True)
class Package:
    """One package. `uses` holds for each capability a few of its uses, those at import first."""

    name: str
    version: str
    place: Place
    uses: Mapping[Capability, tuple[Use, ...]]


def summarise(project: Project, *, memory: MutableMapping[str, str] | None = None) -> tuple[Package, ...]:
    """Every installed distribution, and every dependency without metadata by its top-level name; sorted."""
    groups: dict[tuple[str, str], list[PythonFile]] = {}
    places: dict[tuple[str, str], Place] = {}
    extra: dict[tuple[str, str], list[Use]] = {}
    owners: dict[str, tuple[str, str]] = {}
    for one in project.distributions:
        key = (normalise(one.name), one.version)
        places.setdefault(key, Place(one.metadata_path))
        groups.setdefault(key, [])
        owners.update(dict.fromkeys(one.files, key))
        for path in one.files:
            if path in project.others and path.endswith((".so", ".pyd")):
                extra.setdefault(key, []).append(
                    Use(Capability.NATIVE, True, Place(path), "extension module")
                )
            if (
                path in project.others
                and path.endswith(".pth")
                and b"import" in project.others[path]()[:100_000]
            ):
                extra.setdefault(key, []).append(Use(Capability.STARTUP, True, Place(path), ".pth"))
    for path, file in sorted(project.python.items()):
        if not file.is_dependency:
            continue
        key = owners.get(path) or (file.module.partition(".")[0], "")
        groups.setdefault(key, []).append(file)
        places.setdefault(key, Place(path))
    found = []
    for key, files in sorted(groups.items()):
        uses = [*extra.get(key, []), *(use for file in files for use in _remembered(file, memory))]
        found.append(Package(key[0], key[1], places[key], dict(_summed(uses))))
    return tuple(found)


def _summed(uses: list[Use]) -> Iterator[tuple[Capability, tuple[Use, ...]]]:
    for capability in Capability:
        of_it = sorted(
            (one for one in uses if one.capability is capability),
            key=lambda one: (not one.is_at_import, one.place),
        )
        if of_it:
            yield capability, tuple(of_it[:_SHOWN])


def _remembered(file: PythonFile, memory: MutableMapping[str, str] | None) -> list[Use]:
    if memory is None:
        uses = find_uses(file)
        file.forget()
        return uses
    key = f"{_VERSION} {file.path} {hashlib.sha256(file.data).hexdigest()}"
    if key not in memory:
        uses = find_uses(file)
        file.forget()
        best = [use for _, some in _summed(uses) for use in some]
        memory[key] = json.dumps(
            [[one.capability, one.is_at_import, one.place.line, one.place.column, one.what] for one in best]
        )
    return [
        Use(Capability(capability), is_at_import, Place(file.path, line, column), what)
        for capability, is_at_import, line, column, what in json.loads(memory[key])
    ]

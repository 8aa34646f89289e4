"""What each family of checks offers, in one table: what looks at a file, at a handler, at the whole."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dayfly.scan.check import Family
from dayfly.scan.configuration import checking as configuration
from dayfly.scan.dependencies import checking as dependencies
from dayfly.scan.model import Place
from dayfly.scan.passes.missing import list_missing
from dayfly.scan.passes.resolution import Resolution
from dayfly.scan.permissions import checking as permissions
from dayfly.scan.state import checking as state
from dayfly.scan.taint import checking as taint
from dayfly.scan.taint import unfollowed
from dayfly.scan.template.entries import Entry, find_entries, names_by_look
from dayfly.scan.template.model import LambdaFunction, Trigger
from dayfly.scan.template.reading import read_templates
from dayfly.scan.weak import checking as weak

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date, datetime
    from pathlib import Path
    from typing import Any

    from dayfly.scan.model import Finding, Note
    from dayfly.scan.source.project import Project, PythonFile
    from dayfly.scan.taint.results import EntryResult
    from dayfly.scan.template.model import Template

    FindEntries = Callable[
        [Project, Sequence[Template], Sequence[str]], tuple[tuple[Entry, ...], tuple[Note, ...]]
    ]

OSV_URL = "https://api.osv.dev"


@dataclass(frozen=True, slots=True)
class FileCheck:
    """A pure function of one file's content."""

    families: tuple[Family, ...]
    check: Callable[[PythonFile], Iterable[Finding | Note]]
    is_for_dependencies: bool = False  # of files of others too


@dataclass(frozen=True, slots=True)
class ProjectCheck:
    """A function of everything that was read."""

    families: tuple[Family, ...]
    check: Callable[
        [Project, Sequence[Template], Sequence[LambdaFunction], Sequence[Entry]], Iterable[Finding | Note]
    ]


@dataclass(frozen=True, slots=True)
class Families:
    """What scanning puts together; a test passes one of its own."""

    read_templates: Callable[[Project], tuple[Template, ...]]
    find_entries: FindEntries
    find_routes: Callable[[Project], tuple[Entry, ...]]
    analyse: Callable[[Project, Entry], EntryResult] | None
    check_effects: Callable[[Entry, EntryResult, Project], Iterable[Finding | Note]] | None
    files: tuple[FileCheck, ...] = ()
    projects: tuple[ProjectCheck, ...] = ()
    # What a family found out about a content and would find out again; filled from the scan before.
    memory: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FamilyOptions:
    """What single families are told."""

    osv_database: Path | None = None  # a folder or zip of advisories
    is_online: bool = False  # ask the OSV API
    now: datetime | None = None
    today: date | None = None
    capabilities_lock: str | None = None  # the text of what packages were seen to do before
    capabilities_path: str = ""


def default_families(options: FamilyOptions) -> Families:
    """The families of this version."""
    memory: dict[str, str] = {}
    told = dependencies.Options(
        osv_database=options.osv_database,
        osv_url=OSV_URL if options.is_online else "",
        now=options.now,
        capabilities_lock=options.capabilities_lock,
        capabilities_path=options.capabilities_path,
        memory=memory,
    )

    def look_at_dependencies(
        project: Project,
        templates: Sequence[Template],
        functions: Sequence[LambdaFunction],
        entries: Sequence[Entry],
    ) -> Iterable[Finding | Note]:
        return dependencies.check_project(project, templates, functions, told)

    def look_at_permissions(
        project: Project,
        templates: Sequence[Template],
        functions: Sequence[LambdaFunction],
        entries: Sequence[Entry],
    ) -> Iterable[Finding | Note]:
        resolution = Resolution(project)

        def state_of(paths: Iterable[str]) -> str:
            states = json.dumps(dict(resolution.states(paths)), sort_keys=True)
            return hashlib.sha256(states.encode()).hexdigest()

        known = permissions.Memory(memory, state_of, lambda entry: resolution.reached(entry.file))
        return permissions.check_project(project, templates, functions, permissions.Options(entries, known))

    def look_at_configuration(
        project: Project,
        templates: Sequence[Template],
        functions: Sequence[LambdaFunction],
        entries: Sequence[Entry],
    ) -> Iterable[Finding | Note]:
        settings = configuration.ConfigurationOptions(options.today) if options.today else None
        return configuration.check_project(
            project, templates, functions, settings or configuration.ConfigurationOptions()
        )

    def look_at_imports(
        project: Project,
        templates: Sequence[Template],
        functions: Sequence[LambdaFunction],
        entries: Sequence[Entry],
    ) -> Iterable[Finding | Note]:
        return list_missing(project, memory=memory)

    return Families(
        read_templates=read_templates,
        find_entries=lambda project, templates, handlers: find_entries(
            project, templates, handlers=handlers, names=lambda file: _remembered_names(file, memory)
        ),
        find_routes=lambda project: _remembered_routes(project, memory),
        analyse=taint.analyse,
        check_effects=state.check_effects,
        files=(
            FileCheck((Family.EVENT,), unfollowed.check_file),
            FileCheck((Family.WEAK,), weak.check_file),
            FileCheck((Family.SECRET,), configuration.check_file),
        ),
        projects=(
            ProjectCheck((Family.DEPENDENCY,), look_at_dependencies),
            ProjectCheck((Family.PERMISSION,), look_at_permissions),
            ProjectCheck((Family.CONFIGURATION, Family.SECRET), look_at_configuration),
            ProjectCheck((Family.EVENT, Family.STATE), look_at_imports),
        ),
        memory=memory,
    )


def _remembered_names(file: PythonFile, memory: dict[str, str]) -> Sequence[str]:
    key = "names " + hashlib.sha256(file.data).hexdigest()
    if key not in memory:
        memory[key] = " ".join(names_by_look(file))
    return memory[key].split()


def _remembered_routes(project: Project, memory: dict[str, str]) -> tuple[Entry, ...]:
    """The routes of every own file, known by its content; the engine is told, so that nobody looks again."""
    found: list[Entry] = []
    for file in project.own_files():
        digest = hashlib.sha256(file.data).hexdigest()
        key = f"routes {file.root} {file.path} {digest}"
        if key not in memory:
            entries = taint.find_routes_in_file(file)
            memory[key] = json.dumps([_plain(entry) for entry in entries])
            found += entries
            # Whatever an entry cannot be made of again is looked for again.
            if [_route(row, file) for row in json.loads(memory[key])] != list(entries):
                del memory[key]
        else:
            found += [_route(row, file) for row in json.loads(memory[key])]
    taint.know_routes(project, tuple(found))
    return tuple(found)


def _plain(entry: Entry) -> list[object]:
    place = entry.function.place
    return [
        entry.function.name,
        entry.function.handler,
        entry.qualname,
        [place.path, place.line, place.column, place.end_line, place.end_column],
    ]


def _route(row: list[Any], file: PythonFile) -> Entry:
    name, handler, qualname, place = row
    return Entry(LambdaFunction(name, handler, Place(*place), triggers=(Trigger.UNKNOWN,)), file, qualname)

"""What each family of checks offers, in one table: what looks at a file, at a handler, at the whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from dayfly.scan.check import Family
    from dayfly.scan.model import Finding, Note
    from dayfly.scan.source.project import Project, PythonFile
    from dayfly.scan.taint.results import EntryResult
    from dayfly.scan.template.entries import Entry
    from dayfly.scan.template.model import LambdaFunction, Template

    FindEntries = Callable[
        [Project, Sequence[Template], Sequence[str]], tuple[tuple[Entry, ...], tuple[Note, ...]]
    ]


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
    check: Callable[[Project, Sequence[Template], Sequence[LambdaFunction]], Iterable[Finding | Note]]


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


@dataclass(frozen=True, slots=True)
class FamilyOptions:
    """What single families are told."""

    osv_database: str = ""  # a folder or zip of advisories; "": none
    is_online: bool = False  # ask the OSV API


def default_families(options: FamilyOptions) -> Families:
    """The families of this version."""
    return Families(
        read_templates=lambda project: (),
        find_entries=lambda project, templates, handlers: ((), ()),
        find_routes=lambda project: (),
        analyse=None,
        check_effects=None,
    )

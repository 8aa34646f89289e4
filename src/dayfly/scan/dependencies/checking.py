"""The checks of dependencies as a scan calls them: of one file, and of the whole project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dayfly.errors import DayflyError
from dayfly.scan.dependencies.capabilities.lock import compare, parse
from dayfly.scan.dependencies.capabilities.packages import summarise
from dayfly.scan.dependencies.installed import find_modified
from dayfly.scan.dependencies.locking import find_sources, find_unlocked
from dayfly.scan.dependencies.lookalike import find_lookalikes
from dayfly.scan.dependencies.manifests import read_manifests
from dayfly.scan.dependencies.options import Options
from dayfly.scan.dependencies.shadowing import find_shadowing
from dayfly.scan.dependencies.startup import find_startup
from dayfly.scan.dependencies.trojan.searching import find_trojans
from dayfly.scan.dependencies.vulnerable import find_vulnerable
from dayfly.scan.model import Note, NoteKind, Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dayfly.scan.model import Finding
    from dayfly.scan.source.project import Project, PythonFile
    from dayfly.scan.template.model import LambdaFunction, Template

__all__ = ["Options", "check_file", "check_project"]


def check_file(file: PythonFile) -> Iterator[Finding | Note]:
    """Nothing: what a dependency does is judged with the other files of its package, in `check_project`.

    Results are remembered there by content, see `Options.memory`.
    """
    yield from ()


def check_project(
    project: Project,
    templates: Sequence[Template],
    functions: Sequence[LambdaFunction],
    options: Options,
) -> Iterator[Finding | Note]:
    """Everything that needs more than one file: locks, sources, advisories, installed files, names."""
    manifests = read_manifests(project)
    yield from find_unlocked(manifests)
    yield from find_sources(manifests)
    yield from find_vulnerable(project, manifests, options)
    yield from find_modified(project)
    yield from find_startup(project)
    yield from find_trojans(project, memory=options.memory)
    yield from find_lookalikes(project, manifests)
    yield from _find_changes(project, options)
    yield from find_shadowing(project, manifests, functions)


def _find_changes(project: Project, options: Options) -> Iterator[Finding | Note]:
    """What packages do that they did not when their capabilities were recorded; nothing where none were."""
    if options.capabilities_lock is None:
        return
    try:
        recorded = parse(options.capabilities_lock, options.capabilities_path)
    except DayflyError as error:
        yield Note(
            NoteKind.NOT_CHECKED,
            f"capabilities were not compared: {error}",
            Place(options.capabilities_path),
            error.hint,
        )
        return
    yield from compare(recorded, summarise(project, memory=options.memory))

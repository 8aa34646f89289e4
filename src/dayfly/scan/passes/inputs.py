"""Reads what one path names: its files, its templates, and the handlers in it."""

from __future__ import annotations

import os
import posixpath
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dayfly.errors import DayflyError
from dayfly.scan.dependencies.modules import declared_modules, well_known_modules
from dayfly.scan.model import Note, NoteKind, Place
from dayfly.scan.passes.bounding import fault
from dayfly.scan.source.limits import CUT_SHORT
from dayfly.scan.source.reading import ARCHIVES, read_project
from dayfly.scan.template.entries import NOT_FOUND
from dayfly.scan.template.looks import is_test

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from dayfly.scan.passes.families import Families
    from dayfly.scan.source.limits import Limits
    from dayfly.scan.source.project import Project
    from dayfly.scan.template.entries import Entry
    from dayfly.scan.template.model import LambdaFunction, Template

_TEMPLATES = (".yaml", ".yml", ".json", ".template", ".tf")
# Of these alone something can be said, too.
_DEPENDENCY_FILES = (
    "requirements", "poetry.lock", "uv.lock", "pdm.lock", "pylock", "Pipfile", "pyproject.toml", "setup.cfg",
)  # fmt: skip
_MANY = 3


@dataclass(frozen=True, slots=True)
class Input:
    """One path that was read. `prefix` goes before every path of it, to be seen from the working directory."""

    project: Project
    prefix: str
    templates: tuple[Template, ...]
    entries: tuple[Entry, ...]
    notes: tuple[Note, ...]
    faults: int = 0
    seconds: float = 0.0  # that reading took
    routes: tuple[Entry, ...] = ()  # those of the entries that a web framework calls

    @property
    def functions(self) -> tuple[LambdaFunction, ...]:
        """Every function once, from templates and from code."""
        named: dict[int, LambdaFunction] = {}
        for template in self.templates:
            named.update((id(function), function) for function in template.functions)
        named.update((id(entry.function), entry.function) for entry in self.entries)
        return tuple(named.values())


def prefix_of(path: Path, base: Path) -> str:
    """What makes a path within what was read one that is seen from `base`; absolute for what lies outside."""
    full = os.path.abspath(path)
    if path.is_dir():
        inner = _seen_from(full, base)
        return "" if inner == "." else inner.rstrip("/") + "/"
    if path.name.endswith(ARCHIVES):
        return _seen_from(full, base) + "!/"
    folder = _seen_from(os.path.dirname(full), base)
    return "" if folder == "." else folder.rstrip("/") + "/"


def read_input(
    path: Path,
    *,
    base: Path,
    families: Families,
    limits: Limits,
    exclude: Sequence[str] = (),
    handlers: Sequence[str] = (),
    tick: Callable[[int], None] | None = None,
) -> Input:
    """Read a path and find the handlers in it; DayflyError where there is nothing to be scanned."""
    began = time.monotonic()
    is_template = path.is_file() and path.name.endswith(_TEMPLATES)
    project = read_project(path.parent if is_template else path, limits=limits, exclude=exclude, tick=tick)
    notes: list[Note] = []
    faults = 0
    templates: tuple[Template, ...] = ()
    entries: tuple[Entry, ...] = ()
    routes: tuple[Entry, ...] = ()
    place = Place("")
    try:
        templates = families.read_templates(project)
        project.code_folders = _code_folders(templates)
        project.declared, project.well_known = declared_modules(project), well_known_modules()
        if is_template:
            templates = _only(templates, path)
            if not templates:
                raise DayflyError(
                    f"{path} is not a supported template with Lambda functions",
                    hint="use SAM, CloudFormation, Serverless Framework or Terraform, or give the code's folder",
                )
        found, said = families.find_entries(project, templates, handlers)
        notes.extend(said)
        routes = families.find_routes(project)
        entries = _distinct((*found, *routes))
    except (DayflyError, KeyboardInterrupt):
        raise
    except Exception as error:  # trust boundary: a hostile template must not hide what is in the code
        failed = fault(error, place=place, what="templates and handlers")
        notes.extend(failed.notes)
        faults += failed.faults
    seconds = time.monotonic() - began
    read = Input(project, prefix_of(path, base), templates, entries, tuple(notes), faults, seconds, routes)
    _check_content(read, path, is_excluding=bool(exclude))
    return read


def moved(note: Note, read: Input) -> Note:
    """The note with its place seen from the working directory; the project's name is the whole of it."""
    path = note.place.path
    is_whole = (
        path == read.project.name and path not in read.project.python and path not in read.project.others
    )
    return replace(note, place=moved_place(Place("") if is_whole else note.place, read.prefix))


def moved_place(place: Place, prefix: str) -> Place:
    if not place.path:
        return replace(place, path=prefix.removesuffix("!/").rstrip("/") or ".")
    return replace(place, path=prefix + place.path) if prefix else place


def _seen_from(full: str, base: Path) -> str:
    inner = os.path.relpath(full, base)
    return (full if inner == ".." or inner.startswith(".." + os.sep) else inner).replace(os.sep, "/")


def _code_folders(templates: Sequence[Template]) -> frozenset[str]:
    """The folders and archives that templates deploy as a function's code, as paths of the project."""
    code = (function.code for template in templates for function in template.functions)
    paths = (posixpath.normpath(one) for one in code if one is not None)
    return frozenset(f"{one}!" if one.endswith(ARCHIVES) else "" if one == "." else one for one in paths)


def _only(templates: Sequence[Template], path: Path) -> tuple[Template, ...]:
    """The template of this file; Terraform's is made of all files of a folder, so its functions are picked."""
    chosen: list[Template] = []
    for template in templates:
        if template.path == path.name:
            chosen.append(template)
        elif path.name.endswith(".tf") and "/" not in template.path.removesuffix("/"):
            functions = tuple(one for one in template.functions if one.place.path == path.name)
            if functions:
                chosen.append(replace(template, functions=functions))
    return tuple(one for one in chosen if one.functions)


def _distinct(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Each handler of each function once, in the order of places."""
    named: dict[tuple[str, str, str], Entry] = {}
    for entry in entries:
        named.setdefault((entry.function.name, entry.file.path, entry.qualname), entry)
    return tuple(sorted(named.values(), key=lambda one: (one.file.path, one.qualname, one.function.name)))


def is_unread(note: Note, read: Input) -> bool:
    """Say whether a note means that code, an archive or a template was not read: nothing is known of what it holds.

    Dependencies and tests are left out: no event reaches their files.
    """
    path = note.place.path
    if note.kind is NoteKind.NOT_RESOLVED and note.message.startswith(NOT_FOUND):
        return not any(read.project.own_files())  # a template without any of its code
    if note.kind is NoteKind.BOUNDED:
        return note.message.startswith(CUT_SHORT)
    if note.kind is not NoteKind.NOT_ANALYSABLE or is_test(path):
        return False
    file = read.project.python.get(path)
    if file is not None:
        return not file.is_dependency
    is_folder = not posixpath.splitext(path)[1]
    return is_folder or path.endswith((".py", *ARCHIVES, *_TEMPLATES))


def list_unread(read: Input) -> list[Note]:
    """The notes on files, archives and templates that were not read, found by parsing what is there."""
    problems = [file.problem for file in read.project.own_files() if file.problem is not None]
    notes = dict.fromkeys((*read.project.notes, *read.notes, *problems))
    return [note for note in notes if is_unread(note, read)]


def _check_content(read: Input, path: Path, *, is_excluding: bool) -> None:
    """Raise DayflyError where there is nothing of which anything can be said."""
    project = read.project
    if any(template.functions or template.resource_policies for template in read.templates):
        return
    if project.distributions or any(file.tree is not None for file in project.python.values()):
        return
    if any(name.rpartition("/")[2].startswith(_DEPENDENCY_FILES) for name in project.others):
        return
    problems = [file.problem for file in project.python.values() if file.problem is not None]
    problems += [note for note in project.notes if note.kind is not NoteKind.NOT_CHECKED]
    if problems:
        said = "; ".join(
            f"{note.place if note.place.path else path} {note.message}" for note in problems[:_MANY]
        )
        hint = next((note.hint for note in problems if note.hint), "") or "fix that, or give another path"
        raise DayflyError(f"nothing to scan in {path}: {said}", hint=hint)
    if is_excluding:
        hint = "`exclude` in dayfly.toml or --exclude may exclude everything: exclude less"
    else:
        hint = "give the folder or zip that is deployed, or its template"
    raise DayflyError(
        f"nothing to scan in {path}: no Python file, no template with a function, no dependency", hint=hint
    )

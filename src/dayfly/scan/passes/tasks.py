"""Cuts a scan into tasks, asks what is known from before, and has the rest done."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from dayfly.scan.model import Finding, Note, NoteKind, Place
from dayfly.scan.passes.bounding import run_bounded, with_notes
from dayfly.scan.passes.encoding import MalformedError, Yield, decode, encode
from dayfly.scan.passes.pool import Ending, run_tasks
from dayfly.scan.passes.resolution import Resolution

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from dayfly.scan.passes.families import Families, ProjectCheck
    from dayfly.scan.passes.inputs import Input
    from dayfly.scan.passes.store import Store
    from dayfly.scan.source.project import PythonFile
    from dayfly.scan.template.entries import Entry

# Processor time. A file of 10,000 lines takes some tenths of a second, a large handler some seconds.
FILE_SECONDS = 20.0
ENTRY_SECONDS = 60.0
PROJECT_SECONDS = 120.0
# Below this many lines to look at, starting processes takes longer than it saves.
_SMALL = 4_000


@dataclass(frozen=True, slots=True)
class Task:
    """One piece of work. `key` is "" where its result is not to be kept; `place` and `what` name it in a note."""

    work: Callable[[], Yield]
    place: Place
    what: str
    seconds: float
    weight: int  # lines
    key: str = ""
    entry: Entry | None = None


class Planner:
    """Makes the tasks of one input."""

    def __init__(self, read: Input, families: Families, version: str) -> None:
        self._read = read
        self._families = families
        self._version = version
        self._resolution = Resolution(read.project)

    @cached_property
    def _application(self) -> frozenset[str]:
        """The files of all routes and what they reach: what one route keeps, another may give away."""
        return frozenset().union(*(self._resolution.reached(entry.file) for entry in self._read.routes))

    def tasks(
        self, *, file_checks: Sequence[int], project_checks: Sequence[ProjectCheck], has_entries: bool
    ) -> tuple[Task, ...]:
        """Everything to be done: the whole first, since it takes longest; then handlers, then files.

        `file_checks` are indices into the families' table.
        """
        project = self._read.project
        made: list[Task | None] = [self._of_project(check) for check in project_checks]
        if has_entries and self._families.analyse is not None:
            made += [self._of_entry(entry) for entry in self._read.entries]
        made += [self._of_file(file, file_checks) for _, file in sorted(project.python.items())]
        return tuple(task for task in made if task is not None)

    def _of_file(self, file: PythonFile, chosen: Sequence[int]) -> Task | None:
        checks = [
            self._families.files[index]
            for index in chosen
            if self._families.files[index].is_for_dependencies or not file.is_dependency
        ]
        if not checks and file.is_dependency:
            return None

        def work() -> Yield:
            found: list[Finding | Note] = []
            if not file.is_dependency and file.problem is not None:
                found.append(file.problem)
            else:
                for check in checks:
                    found += check.check(file)
            file.forget()
            return sorted_out(found)

        key = self._key(
            "file",
            file.path,
            file.root,
            str(file.is_dependency),
            self._resolution.digest(file.path),
            *map(str, chosen),
        )
        return Task(work, Place(file.path), "the file", FILE_SECONDS, file.line_count, key)

    def _of_entry(self, entry: Entry) -> Task:
        project = self._read.project

        def work() -> Yield:
            assert self._families.analyse is not None
            result = self._families.analyse(project, entry)
            found: list[Finding | Note] = [*result.findings, *result.notes]
            if self._families.check_effects is not None:
                found += self._families.check_effects(entry, result, project)
            made = sorted_out(found)
            return Yield(made.findings, made.notes, result.files | {entry.file.path})

        routes = " ".join(sorted({one.file.path for one in self._read.routes}))
        key = self._key("entry", repr(entry.function), entry.file.path, entry.qualname, routes)
        what = f"the handler {entry.qualname}"
        return Task(work, Place(entry.file.path), what, ENTRY_SECONDS, entry.file.line_count, key, entry)

    def _of_project(self, check: ProjectCheck) -> Task:
        read = self._read

        def work() -> Yield:
            return sorted_out(check.check(read.project, read.templates, read.functions, read.entries))

        lines = sum(file.line_count for file in read.project.python.values())
        what = " and ".join(check.families)
        return Task(work, Place(""), f"the family {what}", PROJECT_SECONDS, lines)

    def _key(self, *parts: str) -> str:
        return hashlib.sha256(
            "\0".join((self._version, *parts)).encode("utf-8", "backslashreplace")
        ).hexdigest()

    def is_current(self, task: Task, states: Mapping[str, str]) -> bool:
        """Say whether what a handler's analysis read is what is there now."""
        return task.entry is None or self._resolution.is_current(states)

    def states(self, task: Task, result: Yield) -> Mapping[str, str]:
        """What a handler's analysis depends on, to be compared at the next scan."""
        if task.entry is None:
            return {}
        reached = self._resolution.reached(task.entry.file)
        if task.entry.file.path in self._application:
            reached |= self._application
        return self._resolution.states(result.files | reached)

    def perform(self, task: Task) -> Yield:
        """Do it, bounded; with the notes that reading more of the project made."""
        notes = self._read.project.notes
        before = len(notes)
        result = run_bounded(task.work, place=task.place, what=task.what, seconds=task.seconds)
        made = with_notes(result, notes[before:])
        del notes[before:]
        return made


def sorted_out(found: Iterable[Finding | Note]) -> Yield:
    """Findings and notes apart."""
    everything = list(found)
    return Yield(
        tuple(one for one in everything if isinstance(one, Finding)),
        tuple(one for one in everything if isinstance(one, Note)),
    )


def perform_all(
    plans: Sequence[tuple[Planner, Sequence[Task]]],
    *,
    store: Store,
    memory: dict[str, str],
    jobs: int,
    progress: Callable[[int, int], None],
) -> list[list[Yield]]:
    """The results of every plan's tasks, in their order: known ones from the store, the others done now.

    `memory` is what families look things up in; what they add to it in other processes is added here, too.
    """
    known = store.find(task.key for _, tasks in plans for task in tasks if task.key)
    results: list[list[Yield | None]] = [
        [_recall(planner, task, known.get(task.key, "")) for task in tasks] for planner, tasks in plans
    ]
    left = [
        (number, index)
        for number, row in enumerate(results)
        for index, result in enumerate(row)
        if result is None
    ]
    total = sum(len(row) for row in results)
    done = total - len(left)
    progress(done, total)

    def work(number: int) -> str:
        planner, tasks = plans[left[number][0]]
        task = tasks[left[number][1]]
        before = len(memory)
        result = planner.perform(task)
        added = dict(list(memory.items())[before:])
        return json.dumps([encode(result), dict(planner.states(task, result)), added])

    weight = sum(plans[number][1][index].weight for number, index in left)
    fresh: dict[str, str] = {}
    slowest = max((plans[number][1][index].seconds for number, index in left), default=1.0)
    for answer in run_tasks(len(left), work, jobs=jobs if weight > _SMALL else 1, seconds=slowest):
        number, index = left[answer.number]
        task = plans[number][1][index]
        if answer.ending is Ending.DONE:
            encoded, states, added = json.loads(answer.text)
            result = decode(encoded)
            memory.update(added)
            if task.key and not result.faults and not _is_cut_short(result):
                fresh[task.key] = json.dumps([encoded, states])
        else:
            what = "died" if answer.ending is Ending.DIED else "did not end in time and was stopped"
            note = Note(
                NoteKind.BOUNDED,
                f"{task.what}: its process {what}: not checked",
                task.place,
            )
            result = Yield(notes=(note,), faults=1)
        results[number][index] = result
        done += 1
        progress(done, total)
    store.keep(fresh, known)
    return [[result for result in row if result is not None] for row in results]


def _recall(planner: Planner, task: Task, text: str) -> Yield | None:
    """What is known of a task and still true; whatever the store holds, it is only believed in this form."""
    if not text:
        return None
    try:
        encoded, states = json.loads(text)
        result = decode(encoded)
    except (ValueError, TypeError, MalformedError, RecursionError):
        return None
    return result if isinstance(states, dict) and planner.is_current(task, states) else None


def _is_cut_short(result: Yield) -> bool:
    """Say whether time or memory cut a task short: on another day there may be more of it."""
    return any(
        note.kind is NoteKind.BOUNDED and "not checked completely" in note.message for note in result.notes
    )

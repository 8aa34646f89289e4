"""Puts a scan together: reads, has the families look, and judges what they found by comments, baseline and change."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from dayfly.errors import DayflyError
from dayfly.scan.check import Family
from dayfly.scan.model import Finding, Note, NoteKind, Place
from dayfly.scan.passes.families import FamilyOptions, default_families
from dayfly.scan.passes.inputs import Input, is_unread, moved, moved_place, read_input
from dayfly.scan.passes.store import Store, tool_version
from dayfly.scan.passes.tasks import Planner, perform_all
from dayfly.scan.report import suppressions
from dayfly.scan.report.excerpts import hide, secret_values, take_excerpts
from dayfly.scan.report.fingerprints import fingerprints
from dayfly.scan.report.outcome import Item, Outcome, Standing
from dayfly.scan.report.selection import Selection
from dayfly.scan.report.text_marks import closed, sentence
from dayfly.scan.source.limits import DEFAULT_LIMITS, Limits
from dayfly.scan.template.entries import not_found

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import date
    from pathlib import Path

    from dayfly.scan.passes.encoding import Yield
    from dayfly.scan.passes.families import Families
    from dayfly.scan.report.differences import Change
    from dayfly.scan.source.project import Project

_HANDLER_FAMILIES = (Family.EVENT, Family.WEAK, Family.STATE)
# An ignore comment elsewhere in a larger file is not looked for.
_MAX_COMMENTED = 2_000_000

_NO_HANDLER = Note(
    NoteKind.NOT_CHECKED,
    "no handler was found, so event data was not traced through this code",
    Place(""),
    "also scan the template's folder, or give a handler with --handler app.handler",
)


def _no_progress(phase: str, done: int, total: int) -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to scan. `base` is what paths are seen from, the working directory; `known` are a baseline's fingerprints."""

    base: Path
    today: date
    handlers: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    selection: Selection = field(default_factory=Selection)
    known: frozenset[str] = frozenset()
    change: Change | None = None
    families: FamilyOptions = field(default_factory=FamilyOptions)
    jobs: int = 1
    cache: Path | None = None  # a file; None: nothing is remembered
    limits: Limits = DEFAULT_LIMITS
    settings: tuple[str, ...] = ()


def read_inputs(
    paths: Sequence[Path],
    options: Options,
    *,
    families: Families | None = None,
    progress: Callable[[str, int, int], None] = _no_progress,
) -> tuple[Input, ...]:
    """Read every path; DayflyError for one in which there is nothing to be scanned, or a handler that is in none."""
    chosen = families if families is not None else default_families(options.families)
    store = Store(options.cache)
    try:
        with _remembering(chosen, store):
            read = tuple(
                read_input(
                    path,
                    base=options.base,
                    families=chosen,
                    limits=options.limits,
                    exclude=options.exclude,
                    handlers=options.handlers,
                    tick=lambda count: progress("read", count, 0),
                )
                for path in paths
            )
    finally:
        store.close()
    for name in options.handlers:
        beginning = f"{not_found(name)}: "
        answers = [
            next((note for note in one.notes if note.message.startswith(beginning)), None) for one in read
        ]
        if answers and answers[0] is not None and all(answers):
            raise DayflyError(answers[0].message, hint=answers[0].hint)
    return read


@contextlib.contextmanager
def _remembering(families: Families, store: Store) -> Iterator[None]:
    """Let the families know what they knew, and keep what they add."""
    version = tool_version()
    if not families.memory:
        store.recall(families.memory, version)
    known = families.memory.keys() - set()
    yield
    added = {key: text for key, text in families.memory.items() if key not in known}
    if added:
        store.remember(added, version)


def scan(
    paths: Sequence[Path],
    options: Options,
    *,
    families: Families | None = None,
    inputs: Sequence[Input] | None = None,
    progress: Callable[[str, int, int], None] = _no_progress,
) -> Outcome:
    """Scan `paths` and return everything that was found and could not be; `inputs` are they where already read.

    Never imports, runs or evaluates anything of them. Deterministic but for `seconds`, whatever `jobs` is.
    """
    chosen = families if families is not None else default_families(options.families)
    read = inputs if inputs is not None else read_inputs(paths, options, families=chosen, progress=progress)
    began = time.monotonic() - sum(one.seconds for one in read)
    store = Store(options.cache)
    try:
        with _remembering(chosen, store):
            results = _look(read, chosen, options, store, progress)
    finally:
        store.close()
    findings: list[Finding] = []
    notes: list[Note] = []
    unread: list[Note] = []
    faults = 0
    for one, row in zip(read, results, strict=True):
        faults += one.faults + sum(result.faults for result in row)
        made = [*one.project.notes, *one.notes]
        if not one.entries and not one.notes and any(map(options.selection.wants_family, _HANDLER_FAMILIES)):
            made.append(_NO_HANDLER)
        failed = list(one.notes) if one.faults else []
        for result in row:
            findings += [_moved(finding, one.prefix, options.selection) for finding in result.findings]
            made += result.notes
            failed += result.notes if result.faults else ()
        notes += [moved(note, one) for note in made]
        unread += [moved(note, one) for note in made if note in failed or is_unread(note, one)]
    wanted = [finding for finding in findings if options.selection.wants(finding.check)]
    ordered = _distinct(sorted(wanted, key=_order))
    texts = _Texts(read)
    items, excerpts, said = _judge(ordered, texts, options)
    return Outcome(
        items=items,
        notes=tuple(sorted(dict.fromkeys([*notes, *said]), key=_note_order)),
        files=sum(sum(1 for _ in one.project.own_files()) for one in read),
        lines=sum(file.line_count for one in read for file in one.project.own_files()),
        functions=tuple(sorted({entry.function.name for one in read for entry in one.entries})),
        seconds=time.monotonic() - began,
        excerpts=excerpts,
        scanned=tuple(str(path) for path in paths),
        base=str(options.base),
        settings=(*options.settings, *_describe_change(read, options.change)),
        faults=faults,
        unread=tuple(
            sorted(
                (one for one in dict.fromkeys(unread) if options.change is None or options.change.holds(one)),
                key=_note_order,
            )
        ),
    )


def _describe_change(read: Sequence[Input], change: Change | None) -> Iterator[str]:
    if change is None:
        return
    paths = [one.prefix + path for one in read for path in (*one.project.python, *one.project.others)]
    changed = sum(path in change.files or path in change.lines for path in paths)
    if changed:
        yield f"only findings on changed lines count: {changed} changed {'file' if changed == 1 else 'files'}"
    else:
        yield "no scanned file has changed: nothing to check"


def _look(
    read: Sequence[Input],
    families: Families,
    options: Options,
    store: Store,
    progress: Callable[[str, int, int], None],
) -> list[list[Yield]]:
    wants = options.selection.wants_family
    version = tool_version()
    file_checks = [
        index for index, one in enumerate(families.files) if any(wants(family) for family in one.families)
    ]
    project_checks = [one for one in families.projects if any(wants(family) for family in one.families)]
    plans = []
    for one in read:
        planner = Planner(one, families, version)
        tasks = planner.tasks(
            file_checks=file_checks,
            project_checks=project_checks,
            has_entries=any(wants(family) for family in _HANDLER_FAMILIES),
        )
        plans.append((planner, tasks))
    return perform_all(
        plans,
        store=store,
        memory=families.memory,
        jobs=options.jobs,
        progress=lambda done, total: progress("check", done, total),
    )


def _judge(
    findings: Sequence[Finding], texts: _Texts, options: Options
) -> tuple[tuple[Item, ...], dict[str, dict[int, str]], list[Note]]:
    excerpts = {path: dict(lines) for path, lines in take_excerpts(findings, texts.lines).items()}
    values = secret_values(findings, texts.lines)
    findings = [
        replace(one, steps=tuple(replace(step, what=hide(step.what, values)) for step in one.steps))
        for one in findings
    ]
    marks = fingerprints(findings, lambda path, line: excerpts.get(path, {}).get(line, ""))
    comments: list[suppressions.Suppression] = []
    notes: list[Note] = []
    for path, text, is_dependency in texts.commented(finding.place.path for finding in findings):
        for one in suppressions.read_suppressions(path, text, today=options.today):
            if is_dependency:
                line = one.place.line
                notes.append(suppressions.not_honoured(path, line))
            elif isinstance(one, Note):
                notes.append(one)
            else:
                comments.append(one)
    chosen, idle = suppressions.apply(findings, comments)
    # What was not looked for cannot have been found.
    notes += [
        suppressions.unused(one)
        for one in idle
        if all(_is_looked_for(name, options.selection) for name in one.checks)
    ]
    items = []
    for index, (finding, mark) in enumerate(zip(findings, marks, strict=True)):
        item = Item(finding, mark)
        if index in chosen:
            reason, until = chosen[index].reason, chosen[index].until
            item = Item(finding, mark, Standing.SUPPRESSED, reason, until)
        elif mark in options.known:
            item = Item(finding, mark, Standing.KNOWN)
        elif options.change is not None and not options.change.touches(finding):
            item = Item(finding, mark, Standing.ELSEWHERE)
        items.append(item)
    ordered = sorted(items, key=lambda item: (item.finding.function, -item.finding.severity))
    return tuple(ordered), excerpts, notes


class _Texts:
    """The text of any file that was read, by its path as seen from the working directory."""

    def __init__(self, read: Sequence[Input]) -> None:
        self._read = read

    def lines(self, path: str) -> Sequence[str]:
        for one in self._read:
            if not path.startswith(one.prefix):
                continue
            inner = path[len(one.prefix) :]
            if inner in one.project.python:
                return one.project.python[inner].source_lines
            if inner in one.project.others:
                return _text(one.project, inner).split("\n")
        return ()

    def commented(self, paths: Iterable[str]) -> Iterator[tuple[str, str, bool]]:
        """Path, text and whether it is a dependency's, of the files that may hold an ignore comment."""
        mark = suppressions.MARK.encode()
        found = set(paths)
        for one in self._read:
            for path, file in sorted(one.project.python.items()):
                if mark in file.data:
                    yield one.prefix + path, file.text, file.is_dependency
            templates = {template.path for template in one.templates}
            for path in sorted(one.project.others):
                if path in templates or one.prefix + path in found:
                    text = _text(one.project, path)
                    if suppressions.MARK in text:
                        yield one.prefix + path, text, False


def _text(project: Project, path: str) -> str:
    return project.others[path]()[:_MAX_COMMENTED].decode("utf-8-sig", "replace").replace("\r\n", "\n")


def _is_looked_for(name: str, selection: Selection) -> bool:
    return selection.wants(name) if "." in name else selection.wants_family(Family(name))


def _moved(finding: Finding, prefix: str, selection: Selection) -> Finding:
    return replace(
        finding,
        place=moved_place(finding.place, prefix),
        steps=tuple(replace(step, place=moved_place(step.place, prefix)) for step in finding.steps),
        severity=selection.severity(finding.check, finding.severity),
        message=closed(finding.message),
        harm=sentence(finding.harm),
        fix=sentence(finding.fix),
    )


def _order(finding: Finding) -> tuple[object, ...]:
    return (finding.place, finding.check, finding.function, finding.message)


def _note_order(note: Note) -> tuple[object, ...]:
    return (note.place, note.kind, note.message)


def _distinct(findings: Sequence[Finding]) -> list[Finding]:
    """Without those that two ways of finding brought: same check, place, function and sentence.

    A weakness is one line's, whoever saw it: its file alone, or the way of one function or of several. The one
    with the longest way is kept.
    """
    seen: dict[tuple[object, ...], Finding] = {}
    for finding in findings:
        if finding.check.startswith(f"{Family.WEAK}."):
            key: tuple[object, ...] = (finding.check, finding.place.path, finding.place.line)
            known = seen.get(key)
            if known is None or len(known.steps) < len(finding.steps):
                seen[key] = finding
        else:
            seen.setdefault(_order(finding), finding)
    return list(seen.values())


def default_jobs() -> int:
    """As many as there are processors to be had, two where that is not known."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 2

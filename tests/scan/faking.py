"""Families that find what a test says, by the marks in the code that they look at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dayfly.scan.check import Family
from dayfly.scan.model import Finding, Note, NoteKind, Place, Severity, Step
from dayfly.scan.passes.families import Families, FileCheck, ProjectCheck
from dayfly.scan.source.project import Project, PythonFile
from dayfly.scan.taint.results import EntryResult
from dayfly.scan.template.entries import Entry
from dayfly.scan.template.model import LambdaFunction, Template

_MARK = re.compile(r"(?P<code>[^\n#]*)# finds (?P<check>[\w.-]+)")


class Fake:
    """A `# finds event.sql` is found; `# breaks` and the like break what looks at it. Counts what was looked at."""

    def __init__(self) -> None:
        self.files: list[str] = []
        self.entries: list[str] = []

    def families(self) -> Families:
        return Families(
            read_templates=lambda project: (),
            find_entries=self._find_entries,
            find_routes=lambda project: (),
            analyse=self._analyse,
            check_effects=lambda entry, result, project: (),
            files=(FileCheck((Family.WEAK,), self._check_file),),
            projects=(ProjectCheck((Family.DEPENDENCY,), self._check_project),),
        )

    def _find_entries(
        self, project: Project, templates: Sequence[Template], handlers: Sequence[str]
    ) -> tuple[tuple[Entry, ...], tuple[Note, ...]]:
        entries = [
            Entry(LambdaFunction(file.module, file.module + ".handler", Place(path)), file, "handler")
            for path, file in sorted(project.python.items())
            if b"def handler" in file.data
        ]
        missing = [Note(NoteKind.NOT_RESOLVED, f"no {name}", Place("")) for name in handlers]
        return tuple(entries), tuple(missing)

    def _check_file(self, file: PythonFile) -> Iterator[Finding | Note]:
        self.files.append(file.path)
        break_if_told(file, "file")
        yield from found_in(file, "weak.")

    def _analyse(self, project: Project, entry: Entry) -> EntryResult:
        self.entries.append(entry.file.path)
        break_if_told(entry.file, "entry")
        files = [entry.file]
        for name in re.findall(r"^import (\w+)", entry.file.text, re.MULTILINE):
            other = project.find_module(name, seen_from=entry.file)
            if other is not None:
                files.append(other)
        findings = [one for file in files for one in found_in(file, "event.", function=entry.function.name)]
        return EntryResult(tuple(findings), (), (), frozenset(file.path for file in files))

    def _check_project(
        self,
        project: Project,
        templates: Sequence[Template],
        functions: Sequence[LambdaFunction],
        entries: Sequence[Entry],
    ) -> Iterator[Finding | Note]:
        for _, file in sorted(project.python.items()):
            break_if_told(file, "project")
            yield from found_in(file, "dependency.")


def found_in(file: PythonFile, prefix: str, *, function: str = "") -> Iterator[Finding]:
    for number, line in enumerate(file.source_lines, 1):
        match = _MARK.search(line)
        if match is not None and match["check"].startswith(prefix):
            place = Place(file.path, number, 1, number, len(match["code"].rstrip()) + 1)
            yield Finding(
                match["check"], "found", place, Severity.HIGH, steps=(Step(place, "here"),), function=function
            )


def break_if_told(file: PythonFile, where: str) -> None:
    if f"# breaks {where}" in file.text:
        raise ZeroDivisionError
    if f"# nests {where}" in file.text:
        raise RecursionError

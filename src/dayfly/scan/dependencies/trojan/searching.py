"""Looks through a project for trojans, package by package, into helpers in other files of the same package."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from dayfly.scan.dependencies.trojan.looking import look
from dayfly.scan.model import Confidence, Finding, Note, NoteKind, Place, Severity, Step
from dayfly.scan.source.project import PythonFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, MutableMapping
    from typing import Any

    from dayfly.scan.source.project import Project

_VERSION = "trojan 3"  # of what is remembered
_MAX_PATH_FILE = 1_000_000  # bytes


def find_trojans(
    project: Project, *, memory: MutableMapping[str, str] | None = None
) -> Iterator[Finding | Note]:
    """Findings for every file that came with the function, its own too: a copied package has no metadata.

    `memory` holds results by the file's content, with what other files they depend on: helpers count.
    """

    def find(file: PythonFile, name: str) -> PythonFile | None:
        found = project.find_module(name, seen_from=file)
        if found is None or found.is_dependency is not file.is_dependency:
            return None
        return found if not file.is_dependency or _package(found) == _package(file) else None

    owners = {path: (one.name, one.version) for one in project.distributions for path in one.files}
    digests: dict[str, str] = {}

    def digest(path: str) -> str:
        if path not in digests:
            digests[path] = hashlib.sha256(project.python[path].data).hexdigest()
        return digests[path]

    for path, file in sorted(project.python.items()):
        results = None
        key = f"{_VERSION} {file.is_dependency} {path} {digest(path)}" if memory is not None else ""
        if memory is not None and key in memory:
            results = _recall(memory[key], project, find, digest)
        if results is None:
            asked: dict[tuple[str, str], str] = {}

            def find_noting(
                asker: PythonFile, name: str, asked: dict[tuple[str, str], str] = asked
            ) -> PythonFile | None:
                found = find(asker, name)
                asked[asker.path, name] = found.path if found is not None else ""
                return found

            results = list(look(file, find=find_noting))
            file.forget()
            if memory is not None:
                memory[key] = _remember(results, asked, digest)
        for one in results:
            yield _owned(one, owners.get(path)) if isinstance(one, Finding) else one

    for path in sorted(project.others):
        if path.endswith(".pth"):
            for file in _import_lines(path, project.read(path)):
                for one in look(file):
                    yield _owned(one, owners.get(path)) if isinstance(one, Finding) else one


def _import_lines(path: str, data: bytes) -> Iterator[PythonFile]:
    """Lines of a `.pth` file that an interpreter runs, each as a module that stands where the line does."""
    if len(data) <= _MAX_PATH_FILE:
        for number, line in enumerate(data.splitlines()):
            if line.startswith((b"import ", b"import\t")):
                yield PythonFile(path, b"\n" * number + line + b"\n", is_dependency=True)


def _remember(
    results: list[Finding | Note], asked: Mapping[tuple[str, str], str], digest: Callable[[str], str]
) -> str:
    """Results with what they depend on: which files were asked for by whom, and what those held."""
    files = {path: digest(path) for path in asked.values() if path}
    questions = [[asker, name, path] for (asker, name), path in asked.items()]
    return json.dumps([[asdict(one) for one in results], questions, files])


def _recall(
    text: str,
    project: Project,
    find: Callable[[PythonFile, str], PythonFile | None],
    digest: Callable[[str], str],
) -> list[Finding | Note] | None:
    """What was remembered, where every question still has its answer; None where one has another, or for another text."""
    try:
        results, questions, files = json.loads(text)
        remembered = _from_json(results)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    for asker, name, path in questions:
        file = project.python.get(asker)
        found = find(file, name) if file is not None else None
        if (found.path if found is not None else "") != path:
            return None
    if any(path not in project.python or digest(path) != known for path, known in files.items()):
        return None
    return remembered


def _package(file: PythonFile) -> tuple[str, str]:
    """What a file is read together with: its top-level package, or all of the function's own files."""
    return (file.root, file.module.partition(".")[0]) if file.is_dependency else ("", "")


def _owned(finding: Finding, owner: tuple[str, str] | None) -> Finding:
    """The sentence begins with who does it."""
    who = f"{owner[0]} {owner[1]}" if owner else finding.place.path.rpartition("/")[2]
    evidence = {**finding.evidence, **({"package": owner[0], "version": owner[1]} if owner else {})}
    return Finding(
        finding.check,
        f"{who} {finding.message}",
        finding.place,
        finding.severity,
        finding.confidence,
        finding.steps,
        finding.function,
        finding.harm,
        finding.fix,
        evidence,
    )


def _from_json(rows: list[dict[str, Any]]) -> list[Finding | Note]:
    results: list[Finding | Note] = []
    for one in rows:
        place = Place(**one.pop("place"))
        if "kind" in one:
            results.append(Note(NoteKind(one["kind"]), one["message"], place, one["hint"]))
            continue
        steps = tuple(Step(Place(**step["place"]), step["what"]) for step in one.pop("steps"))
        severity, confidence = Severity(one.pop("severity")), Confidence(one.pop("confidence"))
        results.append(Finding(place=place, steps=steps, severity=severity, confidence=confidence, **one))
    return results

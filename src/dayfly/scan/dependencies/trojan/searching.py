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
    from collections.abc import Iterator, Mapping, MutableMapping

    from dayfly.scan.source.project import Project

_VERSION = "trojan 1"  # of what is remembered
_MAX_PATH_FILE = 1_000_000  # bytes


def find_trojans(
    project: Project, *, memory: MutableMapping[str, str] | None = None
) -> Iterator[Finding | Note]:
    """Findings for every file that came with the function, its own too: a copied package has no metadata.

    `memory` holds results by the content of the file's whole package, since helpers in other files count.
    """

    def find(file: PythonFile, name: str) -> PythonFile | None:
        found = project.find_module(name, seen_from=file)
        if found is None or found.is_dependency is not file.is_dependency:
            return None
        return found if not file.is_dependency or _package(found) == _package(file) else None

    owners = {path: (one.name, one.version) for one in project.distributions for path in one.files}
    digests = _digests(project) if memory is not None else {}
    for path, file in sorted(project.python.items()):
        key = f"{_VERSION} {path} {digests[_package(file)]}" if memory is not None else ""
        if memory is not None and key in memory:
            results = _from_json(memory[key])
        else:
            results = list(look(file, find=find))
            file.forget()
            if memory is not None:
                memory[key] = json.dumps([asdict(one) for one in results])
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


def _package(file: PythonFile) -> tuple[str, str]:
    """What a file is read together with: its top-level package, or all of the function's own files."""
    return (file.root, file.module.partition(".")[0]) if file.is_dependency else ("", "")


def _digests(project: Project) -> Mapping[tuple[str, str], str]:
    found: dict[tuple[str, str], hashlib._Hash] = {}
    for path, file in sorted(project.python.items()):
        digest = found.setdefault(_package(file), hashlib.sha256())
        digest.update(
            f"{path}\0{len(file.data)}\0{file.is_dependency}\0".encode("utf-8", "surrogatepass") + file.data
        )
    return {package: digest.hexdigest() for package, digest in found.items()}


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


def _from_json(text: str) -> list[Finding | Note]:
    results: list[Finding | Note] = []
    for one in json.loads(text):
        place = Place(**one.pop("place"))
        if "kind" in one:
            results.append(Note(NoteKind(one["kind"]), one["message"], place, one["hint"]))
            continue
        steps = tuple(Step(Place(**step["place"]), step["what"]) for step in one.pop("steps"))
        severity, confidence = Severity(one.pop("severity")), Confidence(one.pop("confidence"))
        results.append(Finding(place=place, steps=steps, severity=severity, confidence=confidence, **one))
    return results

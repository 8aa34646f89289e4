"""Writes capabilities down, reads them again, and says what has changed: JSON that is the same for the same packages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from dayfly.errors import DayflyError
from dayfly.scan.dependencies.capabilities.uses import Capability, Use
from dayfly.scan.model import Confidence, Finding, Severity, Step

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dayfly.scan.dependencies.capabilities.packages import Package

FILE_NAME = "dayfly.capabilities.json"
_FORMAT = 1
# What a trojaned release needs; the others are changes to know of.
_GRAVE = frozenset(
    {
        Capability.NETWORK,
        Capability.PROCESSES,
        Capability.EVALUATION,
        Capability.CREDENTIALS,
        Capability.NATIVE,
        Capability.PATCHING,
        Capability.STARTUP,
    }
)
_WORDS = {
    Capability.NETWORK: "opens connections",
    Capability.PROCESSES: "starts processes",
    Capability.EVALUATION: "evaluates code",
    Capability.ENVIRONMENT: "reads the environment",
    Capability.CREDENTIALS: "looks for credentials",
    Capability.NATIVE: "loads native code",
    Capability.WRITING: "writes files",
    Capability.DECODING: "decodes data",
    Capability.PATCHING: "changes other modules",
    Capability.IMPORTING: "changes how modules are imported",
    Capability.THREADS: "starts threads",
    Capability.STARTUP: "runs at the start of every interpreter",
}
# Name to version and capabilities; True: at import.
Recorded = Mapping[str, tuple[str, Mapping[Capability, bool]]]


def render(packages: Sequence[Package]) -> str:
    """The text of the lock file: sorted, without places, so that it changes only with what packages do."""
    document: dict[str, object] = {
        "format": _FORMAT,
        "packages": {
            one.name: {
                "version": one.version,
                "capabilities": {
                    str(capability): "import" if any(use.is_at_import for use in uses) else "call"
                    for capability, uses in sorted(one.uses.items())
                },
            }
            for one in sorted(packages, key=lambda one: one.name)
        },
    }
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def parse(text: str, path: str = FILE_NAME) -> Recorded:
    """What was recorded; DayflyError where the text is no such file."""
    try:
        document = json.loads(text)
        if document["format"] != _FORMAT:
            raise DayflyError(
                f"{path} has format {document['format']!r} instead of {_FORMAT}",
                hint="record the capabilities again",
            )
        return {
            str(name): (
                str(one["version"]),
                {Capability(word): when == "import" for word, when in one["capabilities"].items()},
            )
            for name, one in document["packages"].items()
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DayflyError(
            f"{path} is not a record of capabilities: {error}", hint="record the capabilities again"
        ) from error


def compare(recorded: Recorded, packages: Sequence[Package]) -> Iterator[Finding]:
    """A finding for each package that does more than is recorded, or is not recorded and does something grave."""
    for package in packages:
        if package.name not in recorded:
            yield from _unrecorded(package)
            continue
        version, before = recorded[package.name]
        gained = [
            (capability, uses, any(use.is_at_import for use in uses))
            for capability, uses in package.uses.items()
            if capability not in before or (any(use.is_at_import for use in uses) and not before[capability])
        ]
        if gained:
            yield _gained(package, version, gained)


def _gained(
    package: Package, version: str, gained: Sequence[tuple[Capability, tuple[Use, ...], bool]]
) -> Finding:
    gained = sorted(gained, key=lambda one: (one[0] not in _GRAVE, not one[2]))
    words = ", ".join(
        _WORDS[capability] + (" at import" if is_at_import else "") for capability, _, is_at_import in gained
    )
    is_grave = [one for one in gained if one[0] in _GRAVE]
    severity = Severity.LOW
    if is_grave:
        severity = Severity.HIGH if any(is_at_import for _, _, is_at_import in is_grave) else Severity.MEDIUM
    change = f"since {version}" if version != package.version else "though its version is the same"
    first = gained[0][1][0]
    return Finding(
        check="dependency.capability-changed",
        message=f"{package.name} {package.version} {words}: it did not {change}",
        place=first.place,
        severity=severity,
        confidence=Confidence.HIGH,
        steps=tuple(Step(use.place, use.what) for _, uses, _ in gained for use in uses[:2]),
        harm="the new capability has the permissions of the function's role, from the first cold start",
        evidence={
            "package": package.name,
            "version": package.version,
            "recorded": version,
            "gained": [
                f"{capability}{' at import' if is_at_import else ''}"
                for capability, _, is_at_import in gained
            ],
        },
    )


def _unrecorded(package: Package) -> Iterator[Finding]:
    grave = [capability for capability in package.uses if capability in _GRAVE]
    if grave:
        words = ", ".join(_WORDS[capability] for capability in grave)
        yield Finding(
            check="dependency.capability-changed",
            message=f"{package.name} {package.version} is new since capabilities were recorded: it {words}",
            place=package.uses[grave[0]][0].place,
            severity=Severity.LOW,
            evidence={
                "package": package.name,
                "version": package.version,
                "gained": [str(one) for one in grave],
            },
        )

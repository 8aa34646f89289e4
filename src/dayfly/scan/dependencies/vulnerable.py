"""Finds dependencies that an advisory names, and says so where nobody could look."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from dayfly.scan.dependencies.manifests import is_development
from dayfly.scan.dependencies.osv.database import read_database
from dayfly.scan.dependencies.osv.record import merge_aliases
from dayfly.scan.dependencies.osv.service import Service, ServiceError
from dayfly.scan.dependencies.requirement import Origin, normalise
from dayfly.scan.model import Confidence, Finding, Note, NoteKind, Place, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dayfly.scan.dependencies.options import Options
    from dayfly.scan.dependencies.osv.record import Advisory
    from dayfly.scan.dependencies.requirement import Manifest, Requirement
    from dayfly.scan.source.project import Project

_STALE = 14  # days
_SHOWN = 5


@dataclass
class _Package:
    """One version of one package and every place that brings it; the first is where it is reported."""

    name: str
    version: str
    places: list[Place] = field(default_factory=list)


def find_vulnerable(
    project: Project, manifests: Sequence[Manifest], options: Options
) -> Iterator[Finding | Note]:
    """Findings for versions that advisories name; a note of "not checked" where there was nothing to ask."""
    packages = _packages(project, manifests)
    ranges = _ranges(manifests, {name for name, _ in packages})
    if not packages and not ranges:
        return
    if options.osv_database is None and not options.osv_url:
        yield _not_checked(project, packages, ranges, "no advisory database and no service was given")
        return
    names = frozenset({one.name for one in packages.values()} | {one.name for one in ranges})
    age = ""
    if options.osv_database is not None:
        try:
            read = read_database(options.osv_database, names)
        except OSError as error:
            yield _not_checked(project, packages, ranges, f"the database cannot be read: {error}")
            return
        if not read.records:
            yield _not_checked(project, packages, ranges, f"{options.osv_database} contains no advisories")
            return
        advisories: Sequence[Advisory] = read.found
        age = read.modified
        for problem in read.problems[:_SHOWN]:
            yield Note(
                NoteKind.NOT_CHECKED,
                f"not all vulnerabilities were checked: {problem}",
                Place(project.name),
            )
        if (days := _days_old(age, options.now)) is not None:
            yield Note(
                NoteKind.NOT_CHECKED,
                f"vulnerabilities published since {age[:10]} were not checked: the database is {days} days old",
                Place(project.name),
                "download a newer copy of the database" if days > _STALE else "",
            )
    else:
        try:
            asked = sorted((one.name, one.version) for one in packages.values())
            advisories = Service(options.osv_url, options.wait, options.clock).ask(asked) if asked else ()
        except ServiceError as error:
            yield _not_checked(project, packages, ranges, str(error))
            return
        if ranges:
            yield Note(
                NoteKind.NOT_CHECKED,
                f"vulnerabilities of {_names([one.name for one in ranges])} were not checked: the versions are "
                "not exact",
                ranges[0].place,
                "lock the versions, or scan the installed packages",
            )
    source = str(options.osv_database or options.osv_url)
    for package in packages.values():
        yield from _findings(package, advisories, source, age)
    if options.osv_database is not None:
        for requirement in ranges:
            yield from _could_be(requirement, advisories)


def _packages(project: Project, manifests: Sequence[Manifest]) -> dict[tuple[str, str], _Package]:
    """Exact versions: of locks first, then of requirements, then of what is installed."""
    found: dict[tuple[str, str], _Package] = {}
    for manifest in sorted(manifests, key=lambda one: (not one.is_lock, one.path)):
        for one in manifest.requirements:
            if (
                one.version
                and one.origin in (Origin.INDEX, Origin.ARCHIVE)
                and one.name not in manifest.own_names
            ):
                package = found.setdefault((one.name, one.version), _Package(one.name, one.version))
                package.places.append(one.place)
    for distribution in project.distributions:
        name = normalise(distribution.name)
        if distribution.version:
            package = found.setdefault((name, distribution.version), _Package(name, distribution.version))
            package.places.append(Place(distribution.metadata_path))
    return found


def _ranges(manifests: Sequence[Manifest], exact: set[str]) -> list[Requirement]:
    """Requirements of the function itself that name no version, and that no lock or installation decides."""
    return [
        one
        for manifest in manifests
        if not manifest.is_lock and not is_development(manifest.path)
        for one in manifest.requirements
        if not one.version and one.origin is Origin.INDEX and not one.group and one.name not in exact
    ]


def _findings(package: _Package, advisories: Sequence[Advisory], source: str, age: str) -> Iterator[Finding]:
    about = [
        one
        for one in advisories
        if not one.is_withdrawn and one.of(package.name, package.version) is not None
    ]
    for group in merge_aliases(about):
        first = group[0]
        fixed = _fixed(group, package)
        severity = _severity(group, package)
        ids = sorted({one.id for one in group} | {alias for one in group for alias in one.aliases})
        others = [one for one in ids if one != first.id]
        named = f"{first.id} ({', '.join(others[:3])})" if others else first.id
        summary = f": {first.summary}" if first.summary else ""
        yield Finding(
            check="dependency.vulnerable",
            message=f"{package.name} {package.version} is affected by {named}{summary}",
            place=package.places[0],
            severity=severity,
            fix=f"upgrade {package.name} to {fixed}"
            if fixed
            else f"no fixed version of {package.name} is known: replace it, or do not pass event data to it",
            evidence={
                "package": package.name,
                "version": package.version,
                "advisories": ids,
                "fixed": fixed,
                "places": [str(one) for one in package.places],
                "source": source,
                **({"database_modified": age} if age else {}),
            },
        )


def _fixed(group: tuple[Advisory, ...], package: _Package) -> str:
    """The nearest version that every advisory of the group calls fixed."""
    named = [
        fixed
        for one in group
        for entry in one.affected
        if entry.name == package.name and (fixed := entry.fixed_after(package.version))
    ]
    clear = [one for one in set(named) if all(advisory.of(package.name, one) is None for advisory in group)]
    return min(clear, key=Version) if clear else ""


def _severity(group: tuple[Advisory, ...], package: _Package) -> Severity:
    if any(one.is_malicious for one in group):
        return Severity.CRITICAL
    rated = [
        severity
        for one in group
        for severity in (
            one.severity,
            *(entry.severity for entry in one.affected if entry.name == package.name),
        )
        if severity is not None
    ]
    return max(rated) if rated else Severity.MEDIUM


def _could_be(requirement: Requirement, advisories: Sequence[Advisory]) -> Iterator[Finding]:
    """A range that admits no version without an advisory, or whose floor has one: what is installed is not known."""
    try:
        admitted = SpecifierSet(requirement.specifier)
    except InvalidSpecifier:
        return
    about = [
        (advisory, entry)
        for advisory in advisories
        if not advisory.is_withdrawn
        for entry in advisory.affected
        if entry.name == requirement.name
    ]
    hit: list[Advisory] = []
    is_certain = False
    for advisory, entry in about:
        known = {
            one
            for one in entry.known_versions()
            if _is_version(one) and admitted.contains(one, prereleases=True)
        }
        affected = {one for one in known if entry.includes(one)}
        floor = next((one.version for one in admitted if one.operator in (">=", "~=")), "")
        if (
            affected
            and affected == known
            and any(one.operator in ("<", "<=", "==", "~=") for one in admitted)
        ):
            is_certain = True
            hit.append(advisory)
        elif floor and _is_version(floor) and entry.includes(floor):
            hit.append(advisory)
    if not hit:
        return
    ids = sorted({one.id for one in hit})
    what = (
        "every known version that it allows is affected"
        if is_certain
        else "the lowest version that it allows is affected"
    )
    yield Finding(
        check="dependency.vulnerable",
        message=f"{requirement.name}{requirement.specifier} could be affected by {_names(ids)}: {what}",
        place=requirement.place,
        severity=Severity.MEDIUM if is_certain else Severity.LOW,
        confidence=Confidence.MEDIUM if is_certain else Confidence.LOW,
        fix=f"lock {requirement.name} to a version that is not affected",
        evidence={"package": requirement.name, "specifier": requirement.specifier, "advisories": ids},
    )


def _is_version(text: str) -> bool:
    try:
        Version(text)
    except InvalidVersion:
        return False
    return True


def _days_old(modified: str, now: datetime | None) -> int | None:
    """How long ago the newest record was changed; None where either time is not known."""
    if not modified or now is None:
        return None
    try:
        then = datetime.fromisoformat(modified[:19]).replace(tzinfo=UTC)
    except ValueError:
        return None
    return max((now - then).days, 0)


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown


def _not_checked(
    project: Project, packages: dict[tuple[str, str], _Package], ranges: Sequence[Requirement], why: str
) -> Note:
    places = [place for one in packages.values() for place in one.places] + [one.place for one in ranges]
    count = len(packages) + len(ranges)
    return Note(
        NoteKind.NOT_CHECKED,
        f"vulnerabilities were not checked ({count} {'package' if count == 1 else 'packages'}): {why}",
        places[0] if places else Place(project.name),
        "give a copy of the OSV database (--osv-database), or allow queries to the service (--osv)",
    )

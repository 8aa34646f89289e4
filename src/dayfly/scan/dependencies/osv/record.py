"""One advisory of the OSV format (https://ossf.github.io/osv-schema/), as far as it concerns PyPI."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from dayfly.scan.dependencies.osv.severity import base_score, rating, rating_of_word
from dayfly.scan.dependencies.requirement import normalise
from dayfly.scan.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_MAX_SUMMARY = 200


@dataclass(frozen=True, slots=True)
class Event:
    """A boundary of a range: `kind` is introduced, fixed, last_affected or limit."""

    kind: str
    version: str


@dataclass(frozen=True, slots=True)
class Affected:
    """What an advisory says of one package: explicit versions, and ranges of which each is a list of events."""

    name: str
    versions: frozenset[str] = frozenset()
    ranges: tuple[tuple[Event, ...], ...] = ()
    severity: Severity | None = None

    def includes(self, version: str) -> bool:
        """Whether `version` is affected: named, or within a range (PEP 440's order)."""
        if version in self.versions:
            return True
        wanted = _version(version)
        if wanted is None:
            return False
        if any(_version(one) == wanted for one in self.versions):
            return True
        return any(_is_within(wanted, events) for events in self.ranges)

    def fixed_after(self, version: str) -> str:
        """The lowest version above `version` that is fixed and not affected; "" where none is known."""
        here = _version(version)
        fixed = {event.version for events in self.ranges for event in events if event.kind == "fixed"}
        candidates = sorted(
            (number, text)
            for text in fixed
            if (number := _version(text)) is not None
            and (here is None or number > here)
            and not self.includes(text)
        )
        return candidates[0][1] if candidates else ""

    def known_versions(self) -> Iterator[str]:
        yield from self.versions
        yield from (event.version for events in self.ranges for event in events if event.version != "0")


@dataclass(frozen=True, slots=True)
class Advisory:
    """`severity` is None where the advisory does not rate itself."""

    id: str
    aliases: frozenset[str]
    summary: str
    affected: tuple[Affected, ...]
    severity: Severity | None = None
    modified: str = ""
    is_withdrawn: bool = False

    @property
    def is_malicious(self) -> bool:
        """Reports of ossf/malicious-packages: the package is the attack."""
        return self.id.startswith("MAL-")

    def of(self, name: str, version: str) -> Affected | None:
        """The entry that affects this version of this package."""
        return next((one for one in self.affected if one.name == name and one.includes(version)), None)


def parse_record(document: object) -> Advisory | None:
    """An advisory that concerns PyPI; None where `document` is none. Fields of other shapes are passed over."""
    record = _table(document)
    identity = record.get("id")
    if not isinstance(identity, str) or not identity:
        return None
    affected = tuple(
        one for entry in _list(record.get("affected")) if (one := _affected(_table(entry))) is not None
    )
    if not affected:
        return None
    summary = record.get("summary") or str(record.get("details") or "").strip().partition("\n")[0]
    return Advisory(
        id=identity,
        aliases=frozenset(str(one) for one in _list(record.get("aliases"))),
        summary=str(summary)[:_MAX_SUMMARY],
        affected=affected,
        severity=_severity(record),
        modified=str(record.get("modified") or ""),
        is_withdrawn=bool(record.get("withdrawn")),
    )


def merge_aliases(advisories: Iterable[Advisory]) -> list[tuple[Advisory, ...]]:
    """Advisories that are about the same thing by their ids and aliases, together; GHSA first, then PYSEC."""
    groups: list[tuple[set[str], list[Advisory]]] = []
    for one in advisories:
        names = {one.id, *one.aliases}
        members = [one]
        for group in [group for group in groups if group[0] & names]:
            groups.remove(group)
            names |= group[0]
            members = [*group[1], *members]
        groups.append((names, members))
    order = {"MAL": 0, "GHSA": 1, "PYSEC": 2, "CVE": 3}
    return [
        tuple(sorted(members, key=lambda one: (order.get(one.id.partition("-")[0], 9), one.id)))
        for _, members in groups
    ]


def _affected(entry: Mapping[str, object]) -> Affected | None:
    package = _table(entry.get("package"))
    name = package.get("name")
    if str(package.get("ecosystem", "")).partition(":")[0] != "PyPI" or not isinstance(name, str):
        return None
    ranges = []
    for one in map(_table, _list(entry.get("ranges"))):
        if one.get("type") in ("ECOSYSTEM", "SEMVER"):
            events = tuple(
                Event(str(kind), str(version))
                for event in map(_table, _list(one.get("events")))
                for kind, version in event.items()
            )
            ranges.append(events)
    return Affected(
        name=normalise(name),
        versions=frozenset(str(one) for one in _list(entry.get("versions"))),
        ranges=tuple(ranges),
        severity=_severity(entry),
    )


def _is_within(version: Version, events: tuple[Event, ...]) -> bool:
    """The schema's evaluation: events in order of versions; each that is not above `version` says how it stands.

    `limit` bounds what a range speaks of: at or above it nothing is said, unless it is `*`.
    """
    limits = [
        limit for event in events if event.kind == "limit" and (limit := _version(event.version)) is not None
    ]
    if limits and not any(version < limit for limit in limits):
        return False
    ordered = sorted(
        ((number, event.kind) for event in events if (number := _boundary(event.version)) is not None),
        key=lambda pair: (pair[0], pair[1] == "introduced"),
    )
    is_affected = False
    for number, kind in ordered:
        if kind == "introduced" and version >= number:
            is_affected = True
        elif (kind == "fixed" and version >= number) or (kind == "last_affected" and version > number):
            is_affected = False
    return is_affected


def _boundary(text: str) -> Version | None:
    # "0" stands before every version, development releases of 0 included.
    return Version("0.dev0") if text == "0" else _version(text)


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def _severity(record: Mapping[str, object]) -> Severity | None:
    vectors = [str(one.get("score", "")) for one in map(_table, _list(record.get("severity")))]
    found = [rating(score) for vector in vectors if (score := base_score(vector)) is not None]
    if found:
        return max(found)
    specific = _table(record.get("database_specific")).get("severity")
    return rating_of_word(specific) if isinstance(specific, str) else None


def _table(value: object) -> Mapping[str, object]:
    return {str(key): item for key, item in value.items()} if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []

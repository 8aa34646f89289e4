"""Checks that versions are exact, that bytes are recorded, and that sources cannot change or be overheard."""

from __future__ import annotations

import urllib.parse
from typing import TYPE_CHECKING

from dayfly.scan.dependencies.manifests import is_development
from dayfly.scan.dependencies.requirement import Origin, is_commit, without_secret
from dayfly.scan.model import Confidence, Finding, Place, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dayfly.scan.dependencies.requirement import Index, Manifest, Requirement

_SHOWN = 5
_LOCKS_OF = {
    "pyproject.toml": frozenset({"uv.lock", "poetry.lock", "pdm.lock", "pylock.toml", "requirements.txt"}),
    "Pipfile": frozenset({"Pipfile.lock"}),
    "setup.cfg": frozenset({"uv.lock", "pdm.lock", "pylock.toml", "requirements.txt"}),
}


def find_unlocked(manifests: Sequence[Manifest]) -> Iterator[Finding]:
    """One finding for each file whose packages are not fixed, by itself or by a lock beside or above it."""
    for manifest in manifests:
        if is_development(manifest.path):
            continue
        asked = [one for one in manifest.requirements if not one.group and one.name not in manifest.own_names]
        if not asked:
            continue
        loose = (
            []
            if manifest.is_lock
            else [one for one in asked if not one.is_exact and one.origin is Origin.INDEX]
        )
        if loose and not _is_covered(manifest, manifests):
            yield _unlocked(manifest, loose)
        elif not loose:
            unhashed = [
                one for one in asked if not one.is_hashed and one.origin in (Origin.INDEX, Origin.ARCHIVE)
            ]
            if unhashed and (manifest.is_lock or not _is_covered(manifest, manifests, by_hashes=True)):
                yield _unhashed(manifest, unhashed)


def _is_covered(manifest: Manifest, manifests: Sequence[Manifest], *, by_hashes: bool = False) -> bool:
    """Whether a lock in its folder, or in one around it, says what is installed instead."""
    kinds = _LOCKS_OF.get(manifest.kind, frozenset())
    for other in manifests:
        is_around = (
            not other.folder
            or manifest.folder == other.folder
            or manifest.folder.startswith(other.folder + "/")
        )
        if other is manifest or not is_around or other.kind not in kinds:
            continue
        if other.is_lock:
            return True
        # An exported or compiled requirements.txt beside a declaration is what is installed.
        if (
            other.folder == manifest.folder
            and other.requirements
            and all(one.is_exact for one in other.requirements)
        ):
            return not by_hashes or all(one.is_hashed for one in other.requirements)
    return False


def _unlocked(manifest: Manifest, loose: Sequence[Requirement]) -> Finding:
    names = [one.name for one in loose]
    return Finding(
        check="dependency.unlocked",
        message=f"{manifest.kind} allows more than one version of {_listed(names)}, and no lock file selects "
        "one",
        place=loose[0].place,
        severity=Severity.MEDIUM,
        harm=(
            "anyone who can publish a release of one of them runs code in the next deployment's environments"
        ),
        evidence={"packages": names},
    )


def _unhashed(manifest: Manifest, unhashed: Sequence[Requirement]) -> Finding:
    names = [one.name for one in unhashed]
    return Finding(
        check="dependency.unhashed",
        message=f"{manifest.kind} has versions but no hashes for {_listed(names)}",
        place=unhashed[0].place,
        severity=Severity.LOW,
        evidence={"packages": names},
    )


def find_sources(manifests: Sequence[Manifest]) -> Iterator[Finding]:
    """Findings for requirements and indexes whose answer somebody else may choose."""
    for manifest in manifests:
        for one in manifest.requirements:
            yield from _of_requirement(one)
        from_index = [one for one in manifest.requirements if one.origin is Origin.INDEX]
        is_hashed = bool(from_index) and all(one.is_hashed for one in from_index)
        for index in manifest.indexes:
            yield from _of_index(index, is_hashed=is_hashed)


def _of_requirement(one: Requirement) -> Iterator[Finding]:
    shown = without_secret(one.url)
    scheme = one.url.partition("://")[0].lower()
    if one.origin is Origin.VCS and not is_commit(one.url):
        yield _source(
            f"{one.name} comes from {shown}, where a branch or tag can be changed",
            one.place,
            Severity.MEDIUM,
            fix="pin the commit by its full hash",
        )
    if one.origin in (Origin.VCS, Origin.ARCHIVE) and scheme in ("http", "git+http", "git", "git+git", "ftp"):
        if not one.is_hashed:
            yield _source(
                f"{one.name} comes from {shown} over an unencrypted connection",
                one.place,
                Severity.HIGH,
                fix="use HTTPS",
            )
    elif one.origin is Origin.ARCHIVE and not one.is_hashed:
        yield _source(
            f"{one.name} comes from {shown} without a hash: the file at that address can change",
            one.place,
            Severity.MEDIUM,
            fix="add the archive's hash (#sha256=…)",
        )


def _of_index(index: Index, *, is_hashed: bool) -> Iterator[Finding]:
    shown = without_secret(index.url)
    host = urllib.parse.urlsplit(index.url if "://" in index.url else f"//{index.url}").hostname or ""
    if host in ("localhost", "127.0.0.1", "::1"):
        return
    if index.is_unverified:
        yield _source(
            f"{shown} is trusted without a valid certificate",
            index.place,
            Severity.HIGH,
            fix="install its certificate",
        )
    elif index.url.lower().startswith(("http://", "ftp://")) and not is_hashed:
        yield _source(
            f"packages come from {shown} over an unencrypted connection",
            index.place,
            Severity.HIGH,
            fix="use HTTPS for the index",
        )
    if index.is_extra and not is_hashed:
        yield _source(
            f"{shown} is used in addition to another index: pip takes the highest version that any of them "
            "has",
            index.place,
            Severity.MEDIUM,
            fix="use one index that proxies the public one, bind names to an index, or record hashes",
            confidence=Confidence.MEDIUM,
        )


def _source(
    message: str, place: Place, severity: Severity, *, fix: str, confidence: Confidence = Confidence.HIGH
) -> Finding:
    return Finding("dependency.source", message, place, severity, confidence, fix=fix)


def _listed(names: Sequence[str]) -> str:
    names = list(dict.fromkeys(names))
    shown = ", ".join(names[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown

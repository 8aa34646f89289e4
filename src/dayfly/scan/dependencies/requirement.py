"""What the files of a project say it needs: requirements, where they come from, and the indexes asked for them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Parsed
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

if TYPE_CHECKING:
    from dayfly.scan.model import Place

_COMMIT = re.compile(r"@[0-9a-fA-F]{40}(?:[0-9a-fA-F]{24})?(?:#|$)")
_SUBVERSION = re.compile(r"^svn\+.*@\d+(?:#|$)")
_FRAGMENT_HASH = re.compile(r"[#&](?:sha256|sha384|sha512)=[0-9a-fA-F]{64,}")


class Origin(StrEnum):
    """Where a requirement is taken from."""

    INDEX = "index"
    VCS = "version control"
    ARCHIVE = "archive"  # a URL of a wheel or an sdist
    LOCAL = "local"  # a path, an editable install, a member of the workspace


@dataclass(frozen=True, slots=True)
class Requirement:
    """One package that is asked for.

    `name` is normalised (PEP 503). `version` is set where exactly one is admitted, else `specifier` says which.
    `group` is "" for what the function runs with, else the name of the extra or development group. `needs` are
    names of packages that it depends on, where a lock says so.
    """

    name: str
    place: Place
    specifier: str = ""
    version: str = ""
    hashes: tuple[str, ...] = ()
    marker: str = ""
    origin: Origin = Origin.INDEX
    url: str = ""
    group: str = ""
    needs: tuple[str, ...] = ()

    @property
    def is_exact(self) -> bool:
        """Whether the same bytes, or at least the same release, is asked for every time."""
        if self.origin is Origin.VCS:
            return is_commit(self.url)
        return self.origin is Origin.LOCAL or bool(self.version) or self.is_hashed

    @property
    def is_hashed(self) -> bool:
        return bool(self.hashes) or bool(_FRAGMENT_HASH.search(self.url))


@dataclass(frozen=True, slots=True)
class Index:
    """A package index or folder of packages that an installer is told to ask.

    `is_extra`: beside another one, and asked for every name; so either of them may answer.
    """

    url: str
    place: Place
    is_extra: bool = False
    is_unverified: bool = False  # TLS certificates are not checked


@dataclass(frozen=True)
class Manifest:
    """One file that names requirements. `is_lock`: it is an installer's result and names all of them."""

    path: str
    kind: str  # as people call it: requirements.txt, uv.lock
    is_lock: bool
    requirements: tuple[Requirement, ...]
    indexes: tuple[Index, ...] = ()
    own_names: frozenset[str] = field(default_factory=frozenset)  # of the project itself and its members

    @property
    def folder(self) -> str:
        return self.path.rpartition("/")[0]


def is_commit(url: str) -> bool:
    """Whether a VCS URL names one commit and no branch or tag, which can be moved."""
    return bool(_COMMIT.search(url) or _SUBVERSION.search(url))


def normalise(name: str) -> str:
    return str(canonicalize_name(name.strip()))


def exact_version(specifier: str) -> str:
    """The version that `==1.2` or `===1.2` names; "" where more than one is admitted."""
    match = re.fullmatch(r"\s*={2,3}\s*([^\s,*]+)\s*", specifier)
    if match is None:
        return ""
    try:
        Version(match[1])
    except InvalidVersion:
        return ""
    return match[1]


def origin_of(url: str) -> Origin:
    scheme = url.partition("://")[0].lower() if "://" in url else ""
    if not scheme or scheme == "file":
        return Origin.LOCAL
    if "+" in scheme or scheme == "git" or url.endswith(".git") or ".git@" in url:
        return Origin.VCS
    return Origin.ARCHIVE


def parse_requirement(
    text: str, place: Place, *, group: str = "", hashes: tuple[str, ...] = ()
) -> Requirement | None:
    """A requirement of PEP 508 as it stands in `text`; None where it is no such thing."""
    try:
        parsed = Parsed(text)
    except InvalidRequirement:
        return None
    specifier = str(parsed.specifier)
    url = parsed.url or ""
    return Requirement(
        name=normalise(parsed.name),
        place=place,
        specifier=specifier,
        version=exact_version(specifier),
        hashes=hashes,
        marker=str(parsed.marker or ""),
        origin=origin_of(url) if url else Origin.INDEX,
        url=url,
        group=group,
    )


def without_secret(url: str) -> str:
    """The URL without the user and password that it may carry, and without its query."""
    scheme, separator, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    if not separator:
        return (
            url.rpartition("@")[2].partition("?")[0]
            if "://" not in url and "@" in url
            else url.partition("?")[0]
        )
    return f"{scheme}://{authority.rpartition('@')[2]}{slash}{path.partition('?')[0]}"

"""What a scan finds and what it could not do: findings, notes and places. No I/O."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Severity(IntEnum):
    """OCSF's severity_id, so that a finding means the same before and after deployment."""

    INFORMATIONAL = 1
    LOW = 2
    MEDIUM = 3
    HIGH = 4
    CRITICAL = 5


class Confidence(StrEnum):
    """How sure the check is that the finding is real; OCSF's words."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A range in a file of what was scanned.

    `path` is relative to the scanned root, with `/`; inside an archive it goes on after `!/`, as
    `layer.zip!/python/app.py`. Lines and columns begin at 1, columns count characters; zero means unknown.
    """

    path: str
    line: int = 0
    column: int = 0
    end_line: int = 0
    end_column: int = 0

    def __str__(self) -> str:
        return f"{self.path}:{self.line}" if self.line else self.path


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the way from the event to the sink: where, and what happens there in a few words.

    `what` names code (`event["body"]`, `run(command)`), never a value of a secret.
    """

    place: Place
    what: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, at one place.

    `check` is the id of a `dayfly.scan.checks.Check`. `message` is one sentence about this case; `harm` says
    whose data or money is concerned ("the next customer served by this environment reads …"). `function` is
    the Lambda function's logical name or its handler, empty where it concerns none. `steps` go from source to
    sink, both included. `evidence` is for machines: action names, versions, advisories; never a secret.
    """

    check: str
    message: str
    place: Place
    severity: Severity
    confidence: Confidence = Confidence.HIGH
    steps: tuple[Step, ...] = ()
    function: str = ""
    harm: str = ""
    fix: str = ""
    evidence: Mapping[str, object] = field(default_factory=dict)

    def fingerprint(self, line: str, *, occurrence: int = 0) -> str:
        """Stable over edits elsewhere in the file: check, file, function, the text of the line, which of several.

        `line` is the source line at `place` ("" where there is none). 32 hexadecimal digits.
        """
        parts = (self.check, self.place.path, self.function, " ".join(line.split()), str(occurrence))
        return hashlib.sha256("\0".join(parts).encode("utf-8", "backslashreplace")).hexdigest()[:32]


class NoteKind(StrEnum):
    """Why a part was not checked. None of these is a clean bill."""

    NOT_ANALYSABLE = "not analysable"  # syntax of a newer Python, broken syntax, encodings, binaries
    NOT_RESOLVED = "could not resolve"  # a value known only at run time: a bucket name, a service
    NOT_CHECKED = "not checked"  # no database, no network, no template
    BOUNDED = "bounded"  # a limit was reached: size, depth, count, time
    REFUSED = "refused"  # an entry that leaves the archive, a link that leaves the root
    THIRD_PARTY = "not analysed: third-party"  # others' packages: no gap of the project's own code
    SUPPRESSION = "suppression"  # an ignore comment that is not honoured, or that ignores nothing


@dataclass(frozen=True, slots=True)
class Note:
    """Something the scan could not do: what, where, why, and what to do next."""

    kind: NoteKind
    message: str
    place: Place
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """The whole result; `findings` and `notes` are sorted by place and check."""

    findings: tuple[Finding, ...]
    notes: tuple[Note, ...]
    files: int
    lines: int
    functions: tuple[str, ...] = ()
    seconds: float = 0.0

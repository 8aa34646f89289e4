"""What a handler was seen to call of AWS, before anything is said about permissions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dayfly.scan.model import Confidence, Note, Place
    from dayfly.scan.permissions.values import Values


@dataclass(frozen=True, slots=True)
class AwsCall:
    """One operation at one place.

    `given` are its parameters by botocore's names; `is_open` says that there may be more of them. `line` is
    the source line. `how` names what stands in the code where it is not the operation itself (`upload_file`).
    """

    service: str
    operation: str
    place: Place
    line: str
    given: tuple[tuple[str, Values], ...]
    is_open: bool
    confidence: Confidence
    how: str = ""

    def values(self, name: str) -> Values:
        return dict(self.given).get(name, frozenset())


@dataclass(frozen=True, slots=True)
class Usage:
    """All of one handler. `open_prefixes` are IAM prefixes of which more may be used; `*` is any of them."""

    calls: tuple[AwsCall, ...]
    notes: tuple[Note, ...]
    open_prefixes: frozenset[str]
    files: frozenset[str]
    packages: frozenset[str]  # foreign packages that are imported
    is_complete: bool = True  # False: a bound was reached, or the handler was not found

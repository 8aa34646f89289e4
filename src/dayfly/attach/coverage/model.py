"""The words of coverage: how far a function is protected, and each reason why it is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from dayfly.attach.layerfile import LayerFile


class Level(StrEnum):
    """How far Dayfly is active, as far as it can be told.

    PARTLY: something of the function serves without it, or requests share a process. UNKNOWN: it may not be looked at, or
    it is an image, of which nobody can tell from outside.
    """

    PROTECTED = "protected"
    PARTLY = "partly"
    UNPROTECTED = "unprotected"
    UNKNOWN = "unknown"
    NOT_PYTHON = "not-python"


# Worst first, as a reader wants them.
ORDER = (Level.UNPROTECTED, Level.PARTLY, Level.UNKNOWN, Level.PROTECTED, Level.NOT_PYTHON)


class Effect(StrEnum):
    """What a gap means for the function's level."""

    NOTHING = "advice"
    UNCHECKED = "could not check"
    PART = "part"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Gap:
    """One reason: `reason` is a short name that stays the same, `text` says what is so, `hint` what to do."""

    reason: str
    text: str
    hint: str = ""
    effect: Effect = Effect.PART

    def described(self) -> dict[str, str]:
        return {"reason": self.reason, "text": self.text, "hint": self.hint, "effect": self.effect.value}


@dataclass(frozen=True, slots=True)
class Seen:
    """What environments said of themselves: the newest first line of Dayfly's, or the line that it is not active.

    Times in seconds since the epoch, 0 where nothing was seen. `last_invocation` is Lambda's own newest line of the
    function. `source` says who saw it, in words.
    """

    source: str
    started: float = 0.0
    dayfly_version: str = ""
    version: str = ""
    isolation: str = ""
    guard: str = ""
    not_promised: tuple[str, ...] = ()
    not_forkable: str = ""
    refused: float = 0.0
    refusal: str = ""
    last_line: float = 0.0
    last_invocation: float = 0.0
    infected: int = 0


@dataclass(frozen=True, slots=True)
class LayerNote:
    """What Lambda says of a layer's version: its description, and when it was published (seconds; 0: not known).

    `contents` is what it really holds, or in words why that could not be checked.
    """

    description: str = ""
    created: float = 0.0
    contents: LayerFile | str = ""

    @property
    def dayfly_version(self) -> str:
        """The version of Dayfly that a description of Dayfly's own names; "" where it names none."""
        words = self.description.split()
        return words[1].rstrip(",;:") if len(words) > 1 and words[0] == "Dayfly" else ""


@dataclass(frozen=True, slots=True)
class Coverage:
    """One function as status shows it. Of variables only Dayfly's own settings appear, never another's name or value."""

    name: str
    arn: str
    level: Level
    runtime: str = ""
    package_type: str = "Zip"
    managed_by: str = ""
    layer: str = ""
    dayfly_version: str = ""
    isolation: str = ""
    guard: str = ""
    policy: str = ""
    recycled: float = 0.0
    seen: Seen | None = None
    serves: Mapping[str, str] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()

    @property
    def is_lacking(self) -> bool:
        """Say whether Dayfly is on the function and something that was asked for is not."""
        return any(gap.reason in ("layer-lacks", "not-as-requested") for gap in self.gaps)

    @property
    def is_unchecked(self) -> bool:
        """Say whether Dayfly is on the function and something of it could not be checked."""
        return any(gap.effect is Effect.UNCHECKED for gap in self.gaps)

    @property
    def is_open(self) -> bool:
        """Say whether a check should fail: something of a Python function is, or may be, without protection."""
        return self.level in (Level.UNPROTECTED, Level.PARTLY) or (
            self.level is Level.UNKNOWN and self.package_type != "Image"
        )

    def described(self) -> dict[str, Any]:
        """The function as one JSON object."""
        seen = self.seen
        return {
            "function": self.name,
            "arn": self.arn,
            "level": self.level.value,
            "runtime": self.runtime,
            "package_type": self.package_type,
            "managed_by": self.managed_by,
            "layer": self.layer,
            "dayfly_version": self.dayfly_version,
            "isolation": self.isolation,
            "guard": self.guard,
            "policy": self.policy,
            "recycled": self.recycled or None,
            "serves": dict(self.serves),
            "seen": None
            if seen is None
            else {
                "source": seen.source,
                "started": seen.started or None,
                "dayfly_version": seen.dayfly_version,
                "version": seen.version,
                "isolation": seen.isolation,
                "guard": seen.guard,
                "not_promised": list(seen.not_promised),
                "not_active": seen.refusal or None,
                "last_line": seen.last_line or None,
                "last_invocation": seen.last_invocation or None,
                "infected_environments": seen.infected,
            },
            "gaps": [gap.described() for gap in self.gaps],
        }

"""The words of attaching live functions: what was asked for, what a layer is, what would be done and what was."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from dayfly.attach.layerfile import LayerFile

# SAM and the CDK name a layer by its logical id, as DayflyLayerPython312. The layer with the policy is another one:
# docs/rollout.md.
_RUNTIME_LAYER = re.compile(r":layer:dayfly(?!-policy)[A-Za-z0-9_-]*:\d+\Z", re.IGNORECASE)
_ANY_LAYER = re.compile(r":layer:dayfly[A-Za-z0-9_-]*:\d+\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class AttachOptions:
    """What was asked for; `settings` are variables of Dayfly's, and may hold the fleet's key."""

    settings: Mapping[str, str] = field(default_factory=dict, repr=False)
    accept_drift: bool = False
    publish: str = ""


@dataclass(frozen=True, slots=True)
class LayerOffer:
    """A layer that a function can get. `arn` is "" where it is still to be published; `text` says what it is.

    `size` is the zip's, `unzipped` what Lambda's limit counts, 0 where that is not known; `signed_by` the version of the
    profile that signed it. `contents` is what it really holds, or in words why that could not be checked ("": not asked).
    """

    text: str
    arn: str = ""
    size: int = 0
    unzipped: int = 0
    pythons: tuple[str, ...] = ()
    architectures: tuple[str, ...] = ()
    signed_by: str = ""
    contents: LayerFile | str = ""


@dataclass(frozen=True, slots=True)
class Signing:
    """A function's code signing configuration; `mode` is Lambda's word, "" where it could not be read."""

    arn: str
    mode: str = ""
    allowed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a function is left as it is; `reason` is a short name that stays the same."""

    reason: str
    text: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done to one function.

    Neither refusals nor changes: it is as asked for already. `variables` has what is set (None: removed) and is not for
    showing, `changes` says it without values.
    """

    function: str
    arn: str
    revision_id: str
    layers_before: tuple[str, ...] = ()
    layers_after: tuple[str, ...] = ()
    variables: Mapping[str, str | None] = field(default_factory=dict, repr=False)
    changes: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def state(self) -> Literal["change", "up-to-date", "refused"]:
        if self.refusals:
            return "refused"
        return "change" if self.changes else "up-to-date"

    def described(self) -> dict[str, Any]:
        """The plan as one JSON object, without any variable's value."""
        return {
            "function": self.function,
            "arn": self.arn,
            "state": self.state,
            "changes": list(self.changes),
            "refusals": [
                {"reason": refusal.reason, "text": refusal.text, "hint": refusal.hint}
                for refusal in self.refusals
            ],
            "notes": list(self.notes),
            "layers": [arn or "to be published" for arn in self.layers_after],
            "variables": sorted(self.variables),
        }


class State(StrEnum):
    """How it ended for one function."""

    DONE = "done"
    ALREADY = "already"
    REFUSED = "refused"
    FAILED = "failed"
    GONE = "gone"
    # The call went out and nobody knows what became of it; a resumed run finds out.
    UNKNOWN = "unknown"
    NOT_TRIED = "not-tried"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended for one function, in words; `notes` are what somebody must still do or know."""

    function: str
    state: State
    text: str
    hint: str = ""
    arn: str = ""
    notes: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        """Say whether the function is as was asked for."""
        return self.state in (State.DONE, State.ALREADY)


def is_runtime_layer(arn: str) -> bool:
    """Say whether a layer is by its name the one with Dayfly's wrapper."""
    return _RUNTIME_LAYER.search(arn) is not None


def is_dayfly_layer(arn: str) -> bool:
    """Say whether a layer is by its name any of Dayfly's."""
    return _ANY_LAYER.search(arn) is not None


def without_version(layer_arn: str) -> str:
    """Return a layer's ARN without its version."""
    return layer_arn.rpartition(":")[0]

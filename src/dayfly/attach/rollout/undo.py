"""What was active before a promotion, as the function itself carries it, so that anybody can take it back; pure.

One variable, changed in the same call as all else: there is no moment at which it tells of another change than the last.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from dayfly.core.policylayer import is_digest
from dayfly.errors import DayflyError

VARIABLE = "DAYFLY_ROLLOUT"
GUARD = "DAYFLY_GUARD"
LEARN = "DAYFLY_GUARD_LEARN"
DIGEST = "DAYFLY_POLICY_DIGEST"
# What a promotion sets, besides VARIABLE.
SET = (GUARD, LEARN, DIGEST)
_KEYS = {"guard": GUARD, "learn": LEARN, "digest": DIGEST}
_ALLOWED = {
    "guard": re.compile(r"off|observe|block"),
    "learn": re.compile(r"on|off|true|false|yes|no|0|1"),
    "digest": re.compile(r"[0-9a-f]{32}"),
    "layer": re.compile(r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:layer:[A-Za-z0-9_-]{1,140}:\d{1,10}"),
    "at": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
}


class UndoError(DayflyError):
    """What was before cannot be told."""


@dataclass(frozen=True, slots=True)
class Undo:
    """Values of the variables that a promotion sets, None where one was not there; `layer` is the policy's, "" for none."""

    variables: Mapping[str, str | None]
    layer: str = ""
    at: str = ""

    def render(self) -> str:
        """Return it as the variable's value."""
        parts = ["1"]
        for key, name in _KEYS.items():
            if (value := self.variables.get(name)) is not None:
                parts.append(f"{key}={value.strip().lower()}")
        if self.layer:
            parts.append(f"layer={self.layer}")
        if self.at:
            parts.append(f"at={self.at}")
        return ";".join(parts)


def undo_of(variables: Mapping[str, str], layer: str, *, at: str) -> Undo:
    """Return what undoes any promotion of a function that is as these say."""
    return Undo({name: variables.get(name) for name in SET}, layer, at)


def parse(text: str) -> Undo:
    """Return what `render` made a value of. Raises UndoError for everything else: it decides what a function will do."""
    version, *parts = text.split(";")
    found: dict[str, str] = {}
    for part in parts:
        key, equals, value = part.partition("=")
        known = _ALLOWED.get(key)
        if not equals or known is None or not known.fullmatch(value) or key in found:
            raise UndoError(
                f"{VARIABLE} does not contain the previous settings: unknown key {key[:20]!r}",
                hint="it was edited; set DAYFLY_GUARD and the policy layer yourself",
            )
        found[key] = value
    if version != "1" or ("digest" in found and not is_digest(found["digest"])):
        raise UndoError(
            f"{VARIABLE} does not contain the previous settings",
            hint="set DAYFLY_GUARD and the policy layer yourself",
        )
    return Undo(
        {name: found.get(key) for key, name in _KEYS.items()}, found.get("layer", ""), found.get("at", "")
    )

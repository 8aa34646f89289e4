"""Puts what the taint engine saw beside what was followed here: it knows better what is of the event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dayfly.scan.checks import CHECKS
from dayfly.scan.model import Confidence, Finding, Severity
from dayfly.scan.state.values import RootKind
from dayfly.scan.taint.results import EffectKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dayfly.scan.model import Step
    from dayfly.scan.state.deeds import Deeds, Write
    from dayfly.scan.taint.results import Effect

# What both look at in the same way. Files, settings and caches the engine sees elsewhere or not at all.
_SHARED = (RootKind.GLOBAL, RootKind.CLASS, RootKind.DEFAULT, RootKind.ENVIRONMENT)
_CHECKS = {
    EffectKind.MODULE_STATE: "state.container",
    EffectKind.CLASS_STATE: "state.class",
    EffectKind.DEFAULT_STATE: "state.default",
    EffectKind.ENVIRONMENT: "state.environment",
    EffectKind.CLIENT: "state.client",
}


@dataclass(frozen=True, slots=True)
class Judged:
    """A finding and what it is about, so that one thing is reported once."""

    finding: Finding
    subject: tuple[str, str, str, str]


class Effects:
    """The engine's effects by the line they stand on."""

    def __init__(self, effects: Sequence[Effect]) -> None:
        self._lines: dict[tuple[str, int], list[Effect]] = {}
        for effect in effects:
            self._lines.setdefault((effect.place.path, effect.place.line), []).append(effect)

    def denies(self, write: Write) -> bool:
        """Whether the engine saw the same change and nothing of the event in it.

        It does not take data of other services, results of comparisons or clients for the event's; here
        they count, for they are the customer's. So it is not asked about those.
        """
        if write.spot.root.kind not in _SHARED or write.is_opaque or write.is_client or write.is_implied:
            return False
        if not write.parts or any(part[:1] == ("request",) for part in write.parts):
            return False
        same = [
            one for one in self._lines.get((write.place.path, write.place.line), ()) if one.kind in _CHECKS
        ]
        return bool(same) and not any(one.steps or one.is_keyed_by_event for one in same)

    def steps(self, write: Write) -> tuple[Step, ...]:
        """The engine's way from the event to the change; empty where it has none."""
        for effect in self._lines.get((write.place.path, write.place.line), ()):
            if effect.steps and effect.kind in _CHECKS:
                return effect.steps
        return ()

    def unseen(self, deeds: Deeds, function: str) -> Iterator[Judged]:
        """Changes on lines that were not reached here: whether a later event reads them is not known."""
        seen = {(write.place.path, write.place.line) for write in deeds.writes.values()} | deeds.lines
        for line, effects in sorted(self._lines.items()):
            for effect in effects:
                if line in seen or not effect.steps or effect.kind not in _CHECKS:
                    continue
                check = _CHECKS[effect.kind]
                finding = Finding(
                    check,
                    f"{effect.target or effect.what} keeps event data",
                    effect.place,
                    Severity.LOW,
                    Confidence.LOW,
                    effect.steps,
                    function,
                    "the data is still there for the next customer; no read by a later event was found",
                    CHECKS[check].fix,
                    {"kept": effect.target},
                )
                yield Judged(finding, (check, effect.place.path, effect.target, ""))

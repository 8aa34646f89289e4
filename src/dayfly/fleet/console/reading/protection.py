"""Decide from the state that environments report whether a function is protected, and give the reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

Level = Literal["protected", "observed", "bare"]
ORDER: tuple[Level, ...] = ("bare", "observed", "protected")


@dataclass(frozen=True, slots=True)
class Protection:
    """`level` is protected (new workers), observed (Dayfly attached, requests share a process) or bare (not attached)."""

    level: Level
    word: str
    reason: str
    next: str


def judge(
    *, is_attached: bool, isolation: str, guard: str, not_forkable: str = "", not_promised: Sequence[str] = ()
) -> Protection:
    """Judge one function by the start record of its newest environment and by the reason why it could not fork."""
    if not is_attached:
        return Protection(
            "bare",
            "not attached",
            "Standard Lambda logs only, no Dayfly records.",
            "A compromised environment serves requests until Lambda ends it. Add the layer; run `dayfly plan` first to see the cost.",
        )
    if isolation == "process":
        return Protection(
            "observed",
            "monitored only",
            not_forkable
            or "Isolation is set to process: requests share one process, as on Lambda without Dayfly.",
            "Fix the cause, or run `dayfly plan` to choose an isolation mode."
            if not_forkable
            else "Set isolation to invocation or window. `dayfly plan` recommends one.",
        )
    if isolation not in ("invocation", "window"):
        return Protection(
            "observed", "unknown", "The environments did not report their isolation mode.",
            "Attach the current layer version, which reports it at start.",
        )  # fmt: skip
    if guard == "off":
        reason = "Each request runs in a new worker, but the guard is off: attacks end with their request and are not detected or blocked."
        return Protection(
            "protected", "protected, guard off", reason, "Set guard to observe; the overhead is small."
        )
    kept = "for each request" if isolation == "invocation" else "for each short time window"
    guarding = guard if guard in ("block", "observe") else "unknown"
    reason = f"New worker {kept}. Guard mode: {guarding}."
    return Protection(
        "protected",
        "protected",
        reason,
        f"Not available on this host: {'; '.join(not_promised)}." if not_promised else "",
    )

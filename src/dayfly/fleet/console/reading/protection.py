"""Whether a function is protected, and if it is not, why: in words, from what its environments say of themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

Level = Literal["protected", "observed", "bare"]
ORDER: tuple[Level, ...] = ("bare", "observed", "protected")


@dataclass(frozen=True, slots=True)
class Protection:
    """`level` is protected (fresh workers), observed (Dayfly is there, requests share a process) or bare (it is not)."""

    level: Level
    word: str
    reason: str
    next: str


def judge(
    *, is_attached: bool, isolation: str, guard: str, not_forkable: str = "", not_promised: Sequence[str] = ()
) -> Protection:
    """Judge one function by its newest environment's first line and by why it could not be forked."""
    if not is_attached:
        return Protection(
            "bare",
            "not attached",
            "Only Lambda's own lines: an infected environment would serve until Lambda ends it.",
            "Add the layer; `dayfly plan` says first what fresh workers would cost.",
        )
    if isolation == "process":
        return Protection(
            "observed",
            "observed only",
            not_forkable or "It is set to process isolation: requests share one process, as on plain Lambda.",
            "Fix what it names, or let `dayfly plan` choose an isolation."
            if not_forkable
            else "Set isolation to invocation or window; `dayfly plan` recommends one.",
        )
    if isolation not in ("invocation", "window"):
        return Protection(
            "observed", "not known", "Its environments did not say which isolation is in force.",
            "Attach the current layer: every environment's first line tells it.",
        )  # fmt: skip
    if guard == "off":
        reason = "Fresh workers are in force, the guard is off: an attack ends with its request, and is neither seen nor refused."
        return Protection(
            "protected", "protected, guard off", reason, "Set guard to observe: it costs almost nothing."
        )
    kept = (
        "one worker for each request" if isolation == "invocation" else "a worker is kept for a short window"
    )
    doing = "refuses" if guard == "block" else "watches" if guard == "observe" else "is not known"
    reason = f"Fresh workers ({kept}); the guard {doing}."
    return Protection(
        "protected",
        "protected",
        reason,
        f"Not promised here: {'; '.join(not_promised)}." if not_promised else "",
    )

"""Decides from what invokes a function whose events the Runtime API is locked for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

LOCK_VARIABLE = "DAYFLY_API_LOCK"


@dataclass(frozen=True, slots=True)
class LockChoice:
    """What attach sets the lock to, "" where it leaves the default, and what is to be said of it."""

    value: str = ""
    note: str = ""


def choose_lock(http: Collection[str], others: Collection[str]) -> LockChoice:
    """Choose from the names of a function's triggers: those whose callers await an HTTP response, and all others.

    Pure. Nothing is chosen where something else than an HTTP service is known to invoke the function: under the lock an
    asynchronous event whose handler fails may not be retried.
    """
    if not http:
        return LockChoice()
    ours = " and ".join(sorted(set(http)))
    if not others:
        return LockChoice(
            "on",
            f"only {ours} is known to invoke it, so the Runtime API is locked for every event. If something else invokes "
            "it asynchronously, set api_lock=http: a failure of such an event might not be retried",
        )
    return LockChoice(
        note=f"mixed triggers: only events of {ours} are locked, and a takeover through {' or '.join(sorted(set(others)))} "
        "reaches their requests too. A function for each kind keeps them apart",
    )

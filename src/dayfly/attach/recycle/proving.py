"""Decides from observations whether no old environment serves any more, and if not, why; pure."""

from __future__ import annotations

from dataclasses import dataclass

from dayfly.attach.recycle.model import Order, Sightings


@dataclass(frozen=True, slots=True)
class Proof:
    """`is_proved` with the words for it; else `text` says what is missing.

    `gone_s` is from the order to the last sign of an old environment: how long they still served.
    """

    is_proved: bool
    text: str
    gone_s: float = 0.0


def judge(order: Order, seen: Sightings) -> Proof:
    """Say what `seen` proves about `order`.

    Proved needs a positive sign: an invocation in a new environment, after the last one of any old environment, and lines
    well beyond both. Silence proves nothing: an old environment that nobody called would be silent, too.
    """
    if seen.old_busy:
        return Proof(False, f"{_count(seen.old_busy, 'old environment')} still running an earlier invocation")
    last = max(order.effective, seen.old_last)
    if not seen.new_begun:
        return Proof(False, "no invocations since then, so there is no proof yet")
    if seen.new_last <= seen.old_last:
        by = f" of version {' or '.join(order.retired)}" if order.retired else ""
        return Proof(
            False,
            f"the latest invocation ran in an old environment{by}"
            + ("; clients still invoke that version by its number" if by else ""),
        )
    if seen.newest < last + seen.settle_s:
        return Proof(False, "the latest log records are too close to the change")
    gone = max(0.0, seen.old_last - order.ordered)
    since = (
        f"the last invocation in one of {_count(seen.old, 'old environment')} started {gone:.1f} s after the change"
        if gone and seen.old
        else f"no invocation in the {_count(seen.old, 'old environment')} since the change"
        if seen.old
        else "no old environments are known"
    )
    return Proof(
        True,
        f"{since}; {_count(seen.new, 'new environment')} served {_count(seen.new_begun, 'invocation')}",
        gone,
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")

"""Decides what sightings prove: that no environment from before the order serves any more, or why not yet; pure."""

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
        return Proof(
            False, f"{_count(seen.old_busy, 'old environment')} still at work on an invocation begun before"
        )
    last = max(order.effective, seen.old_last)
    if not seen.new_begun:
        return Proof(False, "nothing was served since: without an invocation there is no proof")
    if seen.new_last <= seen.old_last:
        by = f"of version {' or '.join(order.retired)} " if order.retired else ""
        return Proof(
            False,
            f"an old environment {by}was the last to begin an invocation"
            + ("; calls by its number go on, whatever the alias says" if by else ""),
        )
    if seen.newest < last + seen.settle_s:
        return Proof(False, "the newest lines are too close to the order to be sure of")
    gone = max(0.0, seen.old_last - order.ordered)
    since = (
        f"the last invocation in one of the {_count(seen.old, 'old environment')} began {gone:.1f} s after the order"
        if gone and seen.old
        else f"none of the {_count(seen.old, 'old environment')} has begun an invocation since the order"
        if seen.old
        else "no environment from before the order is known"
    )
    return Proof(
        True,
        f"{since}; since then {_count(seen.new, 'new environment')} served {_count(seen.new_begun, 'invocation')}",
        gone,
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")

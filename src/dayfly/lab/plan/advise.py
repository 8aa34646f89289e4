"""From facts to advice: which isolation, with which settings, and why; pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dayfly.lab.plan.contestants import INVOCATION, PLAIN, PRIMED, WINDOW
from dayfly.lab.plan.fixes import find_fixes
from dayfly.lab.plan.model import Advice, Settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dayfly.lab.plan.model import Cost, Difference, Loss, Prime, Split

# What may be added to the median answer before less protection is suggested. Both must be passed: callers
# reach a function through a network and a front end whose own times vary by more than 10 ms, and a function
# that takes a second does not become slow by a tenth of one.
ACCEPTED_ADDED_MS = 10.0
ACCEPTED_ADDED_SHARE = 0.20
# A warm-up is code to keep up to date: it must save this much, and more than the noise of two medians here.
MIN_PRIME_GAIN_MS = 0.5
# What a fresh worker costs, spread over the events of its window, should add no more than this to each.
WINDOW_SHARE_MS = 1.0
# Fewer events in a window would save little, more would leave an attacker's code among more customers.
MIN_WINDOW, MAX_WINDOW = 10, 100
# How long a foothold may last at most in a function with little traffic, where the count alone takes hours.
WINDOW_MAX_AGE = "5m"
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html: one virtual CPU at this size.
MB_PER_CPU = 1769

_LIMITS = f"the accepted {ACCEPTED_ADDED_MS:.0f} ms and {ACCEPTED_ADDED_SHARE:.0%}"


@dataclass(frozen=True, slots=True)
class Facts:
    """What advice is derived from."""

    costs: Mapping[str, Cost]
    losses: Sequence[Loss]
    differences: Sequence[Difference]
    prime: Prime | None
    split: Split | None = None
    is_busy: bool = False

    @property
    def movable_ms(self) -> float:
        """Return what lines take in a new worker that would take it once, at init, if they were moved."""
        return sum(line.ms for line in self.split.lines if line.can_move) if self.split is not None else 0.0


def advise(facts: Facts) -> Advice:
    """Return the recommendation.

    `invocation` unless it adds over ACCEPTED_ADDED_MS and over ACCEPTED_ADDED_SHARE to the median answer, with
    the warm-up where that helps, and `window` adds less; also where moving lines to init would bring it below. `process` only where the function cannot be forked. Where the
    machine was busy, or the measurements scatter across the limit, less protection is not recommended: it is undecided.
    """
    invocation = facts.costs.get(INVOCATION)
    if invocation is not None and invocation.is_fallback:
        return _cannot_fork(facts, invocation)
    chosen, is_primed = _best_invocation(facts)
    if chosen is not None and fails(chosen.name, facts.differences):
        return _fails(facts)
    plain, window = facts.costs.get(PLAIN), facts.costs.get(WINDOW)
    prime = facts.prime.setting if facts.prime is not None and is_primed else None
    added = _added(plain, chosen)
    if is_acceptable(plain, added):
        return _per_invocation(facts, added, prime, why=_why_acceptable(plain, added))
    if added is not None and is_acceptable(plain, max(0.0, added - facts.movable_ms)):
        return _per_invocation(facts, added, prime, why=_why_movable(added, facts.movable_ms))
    saved = _added(window, chosen) if _is_usable(window, facts) else None
    if saved is None or saved <= 0:
        return _per_invocation(
            facts,
            added,
            prime,
            why=f"it adds {_ms(added)} to the median response time, and `window` would not reduce it",
        )
    assert window is not None
    assert chosen is not None
    if facts.is_busy or not _is_surely_over(plain, chosen):
        return _undecided(facts, chosen, added)
    return _window(facts, window, added=added, saved=saved, prime=prime)


def is_acceptable(plain: Cost | None, added: float | None) -> bool:
    """Say whether what is added to the median answer may be asked of callers; so is what nobody measured."""
    if added is None or plain is None or plain.p50_ms is None:
        return True
    return added <= ACCEPTED_ADDED_MS or added <= ACCEPTED_ADDED_SHARE * plain.p50_ms


def fails(name: str, differences: Sequence[Difference]) -> bool:
    """Say whether the function gave errors under an isolation that it does not give on plain awslambdaric."""
    return any(one.isolation == name and one.is_new_error for one in differences)


def choose_window(fresh_worker_ms: float) -> int:
    """Return how many events one worker should serve, in tens, from what a fresh one costs more."""
    tens = math.ceil(fresh_worker_ms / WINDOW_SHARE_MS / 10)
    return max(MIN_WINDOW, min(MAX_WINDOW, tens * 10))


def at_memory_ms(cpu_ms: float, memory_mb: int) -> float:
    """Return how long CPU time takes at most at a memory size, where the processor is shared out by memory."""
    return cpu_ms * max(1.0, MB_PER_CPU / memory_mb)


def _best_invocation(facts: Facts) -> tuple[Cost | None, bool]:
    """Return the better of `invocation` without and with warm-up, and whether it is the latter."""
    bare, primed = facts.costs.get(INVOCATION), facts.costs.get(PRIMED)
    gain = _added(primed, bare)
    if primed is None or primed.is_fallback or gain is None or gain < MIN_PRIME_GAIN_MS:
        return bare, False
    differing = {one.path for one in facts.differences if one.isolation == PRIMED}
    known = {one.path for one in facts.differences if one.isolation == INVOCATION}
    return (bare, False) if differing - known else (primed, True)


def _per_invocation(facts: Facts, added: float | None, prime: str | None, *, why: str) -> Advice:
    name = PRIMED if prime else INVOCATION
    fixes = find_fixes(facts.losses, facts.differences, isolation=name, reasons=(), split=facts.split)
    warm = f' with prime = "{prime}"' if prime else ""
    return Advice(
        settings=Settings("invocation", prime=prime, keep=_globs(facts.losses)),
        measured_as=name,
        headline=f'isolation = "invocation"{warm}',
        reasons=(why, *_prime_reason(facts, prime)),
        gives_up=(),
        added_ms=added,
        fixes=fixes,
    )


def _window(facts: Facts, window: Cost, *, added: float | None, saved: float, prime: str | None) -> Advice:
    count = choose_window(saved)
    plain = facts.costs.get(PLAIN)
    share = ""
    if plain is not None and plain.p50_ms and added is not None:
        share = f" ({added / plain.p50_ms:.0%} of it)"
    return Advice(
        settings=Settings(
            "window", max_age=WINDOW_MAX_AGE, max_invocations=count, prime=prime, keep=_globs(facts.losses)
        ),
        measured_as=WINDOW,
        headline=f'isolation = "window", {count} events or {WINDOW_MAX_AGE} per worker',
        reasons=(
            f"{_warmed(prime)} adds {_ms(added)} to the median response time{share}, over {_LIMITS}{_causes(facts.split)}",
            f"{count} events share a worker, so that starting it adds about {_ms(saved / count)} to each",
            *_prime_reason(facts, prime),
        ),
        gives_up=(
            (
                f"code injected by an event can affect up to {count - 1} later events, for up to "
                f"{WINDOW_MAX_AGE}"
            ),
        ),
        added_ms=_added(plain, window),
        fixes=find_fixes(facts.losses, facts.differences, split=facts.split, isolation=WINDOW, reasons=()),
    )


def _is_surely_over(plain: Cost | None, cost: Cost) -> bool:
    """Say whether more than accepted is added even where the measurements scatter to the low side."""
    low = cost.added_low_ms
    if low is None or plain is None or plain.p50_ms is None:
        return True
    return low > ACCEPTED_ADDED_MS and low > ACCEPTED_ADDED_SHARE * plain.p50_ms


def _undecided(facts: Facts, chosen: Cost, added: float | None) -> Advice:
    why = (
        "other processes kept this machine's CPUs busy, so the measured times are not usable"
        if facts.is_busy
        else f"the measurements vary too much: it adds {_ms(chosen.added_low_ms)} or more"
    )
    return Advice(
        settings=Settings("invocation", keep=_globs(facts.losses)),
        measured_as=chosen.name,
        headline="undecided: measure again on a quiet machine",
        reasons=(
            f"{_warmed(PRIMED if chosen.name == PRIMED else None)} added {_ms(added)} to the median response time here, over {_LIMITS}, but {why}",
            'until then keep the default, isolation = "invocation", which is the most secure mode',
        ),
        gives_up=(),
        added_ms=added,
        fixes=find_fixes(
            facts.losses, facts.differences, split=facts.split, isolation=INVOCATION, reasons=()
        ),
        is_undecided=True,
    )


def _fails(facts: Facts) -> Advice:
    """A fresh worker breaks the function: no isolation that gives up protection is the answer to that."""
    errors = {one.got for one in facts.differences if one.is_new_error}
    threads = [loss.what for loss in facts.losses if loss.kind == "thread" and "init" in loss.consequence]
    suspects = (
        (f"possibly because workers do not have threads that init started: {', '.join(threads)}",)
        if threads
        else ()
    )
    return Advice(
        settings=Settings("invocation"),
        measured_as=INVOCATION,
        headline='not yet: the function fails under isolation = "invocation"',
        reasons=(
            f"without Dayfly the same events get answers, not {', '.join(sorted(errors))}",
            *suspects,
        ),
        gives_up=(),
        added_ms=_added(facts.costs.get(PLAIN), facts.costs.get(INVOCATION)),
        fixes=find_fixes(
            facts.losses, facts.differences, split=facts.split, isolation=INVOCATION, reasons=()
        ),
        has_failed=True,
    )


def _cannot_fork(facts: Facts, invocation: Cost) -> Advice:
    return Advice(
        settings=Settings("process"),
        measured_as=INVOCATION,
        headline='isolation = "process", until the function can be forked',
        reasons=tuple(f"it cannot be forked: {reason}" for reason in invocation.reasons),
        gives_up=("the process stays, as without Dayfly: memory changes of an event affect all later ones",),
        added_ms=_added(facts.costs.get(PLAIN), invocation),
        fixes=find_fixes(
            facts.losses,
            facts.differences,
            isolation=INVOCATION,
            reasons=invocation.reasons,
            split=facts.split,
        ),
    )


def _why_acceptable(plain: Cost | None, added: float | None) -> str:
    if plain is None or plain.p50_ms is None or added is None:
        return "its cost could not be measured; it is the most secure isolation mode"
    return (
        f"it adds {_ms(added)} to a median response time of {_ms(plain.p50_ms)}; up to "
        f"{ACCEPTED_ADDED_MS:.0f} ms, or {ACCEPTED_ADDED_SHARE:.0%} of the response time, is acceptable "
        "for a fresh worker per event"
    )


def _why_movable(added: float, movable: float) -> str:
    return (
        f"it adds {_ms(added)} to the median response time, of which lines that can move to init take about "
        f"{_ms(min(added, movable))}: move them (see below), and measure again"
    )


def _prime_reason(facts: Facts, prime: str | None) -> tuple[str, ...]:
    gain = _added(facts.costs.get(PRIMED), facts.costs.get(INVOCATION))
    if facts.prime is None or gain is None:
        return ()
    if prime is None:
        return (f"a warm-up saves less than {MIN_PRIME_GAIN_MS} ms here, so it is not included",)
    return (f"the warm-up saves {_ms(gain)} of every invocation",)


def _causes(split: Split | None) -> str:
    """Return what a new worker spends most on."""
    if split is None:
        return ""
    parts = {
        "isolation itself": split.isolation_ms,
        "imports": split.imports_ms,
        "connections": split.connections_ms,
        "first use": split.first_use_ms,
    }
    named = [f"{_ms(ms)} {what}" for what, ms in sorted(parts.items(), key=lambda item: -item[1]) if ms >= 1]
    return f": {', '.join(named)}" if named else ""


def _warmed(prime: str | None) -> str:
    return "`invocation` with the warm-up" if prime else "`invocation`"


def _globs(losses: Sequence[Loss]) -> tuple[str, ...]:
    return tuple(loss.what for loss in losses if loss.kind == "tmp")


def _is_usable(cost: Cost | None, facts: Facts) -> bool:
    if cost is None or cost.unavailable or cost.is_fallback or cost.p50_ms is None:
        return False
    return not fails(cost.name, facts.differences)


def _added(base: Cost | None, cost: Cost | None) -> float | None:
    if base is None or cost is None or base.p50_ms is None or cost.p50_ms is None:
        return None
    return cost.p50_ms - base.p50_ms


def _ms(value: float | None) -> str:
    return "an unknown time" if value is None else f"{value:.1f} ms"

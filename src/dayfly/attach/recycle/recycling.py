"""Recycles one function: survey, orders, proof, told step by step."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

from dayfly.attach.aws.calls import LIMIT_S, Caller
from dayfly.attach.recycle.costing import Cost, cost_of
from dayfly.attach.recycle.model import LATEST, VARIABLE, Order, Sightings, Step, StoppedError, Witness
from dayfly.attach.recycle.ordering import TOTAL, Means, Ordered, Orderer, make_stamp
from dayfly.attach.recycle.proving import Proof, judge
from dayfly.attach.recycle.shifting import Guard, Record
from dayfly.attach.recycle.survey import Survey, survey
from dayfly.errors import DayflyError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

__all__ = ["PATIENCE_S", "Outcome", "Recycler", "make_stamp"]

# Subscriptions deliver within seconds, CloudWatch Logs itself within some ten.
PATIENCE_S = 120.0
_LOOK_S = 0.5
_LOOK_MORE_SELDOM_S = 3.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended for one function. `error` is "" where everything that was meant to be reached was, and proved.

    `stopped` is why it was ended before it was done, "" where it was not. `is_whole` says that no alias and no provisioned
    environment was left out, be it by --only-latest.
    """

    function: str
    is_ordered: bool
    is_proved: bool
    error: str = ""
    stopped: str = ""
    text: str = ""
    orders: tuple[Order, ...] = ()
    cost: Cost | None = None
    is_whole: bool = True


class Unguarded:
    """Lets everything go on, and waits as it is told to."""

    def __init__(self, sleep: Callable[[float], None]) -> None:
        self._sleep = sleep

    def check(self, version: str = "", alias: str = "") -> None:
        """Go on."""

    def rest(self, seconds: float, version: str = "", alias: str = "") -> None:
        """Wait."""
        self._sleep(seconds)


@dataclass
class _Watched:
    """What is known of one order."""

    order: Order
    seen: Sightings = field(default_factory=Sightings)
    proof: Proof = field(default_factory=lambda: Proof(False, "not checked yet"))

    @property
    def name(self) -> str:
        return f"the alias {self.order.alias}" if self.order.alias else LATEST

    @property
    def is_silent(self) -> bool:
        return not (self.seen.old_begun or self.seen.new_begun or self.seen.old_busy)


class Recycler:
    """Recycles functions of one account and region.

    Without a `witness` the order is given and nothing is proved, which the last step says. `guard` gives each function's
    guard; `pause` waits between looks at the logs, and may raise StoppedError. Threads may share it.
    """

    def __init__(
        self,
        client: LambdaClient,
        witness: Callable[[Survey], Witness | None],
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        random: Random | None = None,
        limit_s: float = LIMIT_S,
        patience_s: float = PATIENCE_S,
        means: Means | None = None,
        guard: Callable[[str], Guard] | None = None,
        pause: Callable[[float], None] | None = None,
        price: float | None = None,
    ) -> None:
        self._client = client
        self._witness = witness
        self._clock = clock
        self._sleep = sleep
        self._caller = Caller(clock=clock, sleep=sleep, random=random, limit_s=limit_s)
        self._patience_s = patience_s
        self._means = means or Means()
        self._guard = guard or (lambda function: Unguarded(sleep))
        self._pause = pause or sleep
        self._price = price

    def recycle(
        self,
        function: str,
        *,
        environments: Sequence[int] | None = None,
        reason: str = "",
        is_dry_run: bool = False,
        record: Record | None = None,
    ) -> Generator[Step, None, Outcome]:
        """Yield what is done as it is done; the last step has an error where it failed or was not proved.

        Closing the generator between steps stops there: an order that was given stays given, an alias that was on its way
        goes back.
        """
        try:
            found = self.look(function)
        except DayflyError as error:
            yield _failed(0, error)
            return Outcome(function, False, False, error.message)
        yield from self.describe(found, environments=environments)
        if is_dry_run:
            yield Step(self.intent(found), 1, TOTAL)
            return Outcome(function, False, False)
        try:
            ordered = yield from self.order(found, reason, record=record or _unrecorded)
        except DayflyError as error:
            yield _failed(1, error)
            return Outcome(function, False, False, error.message)
        return (yield from self.prove(found, ordered))

    def look(self, function: str) -> Survey:
        """Survey a function; raises DayflyError where it is not there or may not be read."""
        return survey(
            self._caller,
            self._client,
            function,
            is_latest_only=self._means.is_latest_only,
            is_stepped=bool(self._means.percents),
        )

    def describe(
        self, found: Survey, *, environments: Sequence[int] | None = None
    ) -> Generator[Step, None, None]:
        """Yield what would be reached, what not, and what to know."""
        yield Step(f"{found.function}: {_reach_text(found)}", 1, TOTAL)
        if environments:
            yield Step(
                "Lambda cannot end a single environment: all environments of the function are replaced, not only "
                f"the {len(environments)} selected",
                1,
                TOTAL,
            )
        for note in (*found.plan.notes, *(f"not reached: {text}" for text in found.plan.unreached)):
            yield Step(note, 1, TOTAL)

    def intent(self, found: Survey) -> str:
        """What an order would change, in words."""
        moves = [
            f"the alias {move.alias} from {move.before} to {move.target('the new one')}"
            for move in found.plan.moves
        ]
        more = "".join(
            f"; recreate {count} provisioned environments of version {version} on the new one"
            for version, count in found.plan.provisioned
        )
        if moves:
            by = f" by {', '.join(map(str, self._means.percents))} %" if self._means.percents else ""
            more = f"; publish a version and move{by} {' and '.join(moves)}{more}"
        return f"would set {VARIABLE} and change nothing else{more}"

    def order(self, found: Survey, reason: str, *, record: Record) -> Generator[Step, None, Ordered]:
        """Give the orders; raises DayflyError where not even the first one was given."""
        guard = self._guard(found.facts.name)
        orderer = Orderer(
            self._caller, self._client, guard, means=self._means, record=record, clock=self._clock
        )
        return (yield from orderer.order(found, reason))

    def prove(self, found: Survey, ordered: Ordered) -> Generator[Step, None, Outcome]:
        """Watch the logs until they prove all of `ordered`, or patience ends."""
        witness = self._witness(found)
        if witness is None:
            yield Step(
                "not verified: the logs are not available",
                2,
                TOTAL,
                "the function was recycled; use --fleet for the proof",
            )
            return self._outcome(found, ordered, [], "the logs are not available")
        watched = [_Watched(order) for order in ordered.orders]
        # From the order on: whoever had to wait for a turn to look gets one look at least.
        until = max(order.effective for order in ordered.orders) + self._patience_s
        said: dict[str, str] = {}
        looks = 0
        while True:
            for one in watched:
                if not one.proof.is_proved:
                    self._look(witness, one, found.timeout_s)
            open_ = [one for one in watched if not one.proof.is_proved]
            needed = [
                one for one in open_ if not (one.is_silent and not one.order.alias and len(watched) > 1)
            ]
            if not needed:
                return (yield from self._proved(found, ordered, watched))
            if self._clock() > until:
                text = _joined(needed, is_single=len(watched) == 1)
                yield Step(
                    f"not verified within {self._patience_s:.0f} s: {text}",
                    3,
                    TOTAL,
                    "the function was recycled; only the proof is missing",
                )
                return self._outcome(found, ordered, watched, f"not verified: {text}")
            for one in needed:
                if said.get(one.name) != one.proof.text:
                    said[one.name] = one.proof.text
                    yield Step(f"waiting for proof: {_joined([one], is_single=len(watched) == 1)}", 3, TOTAL)
            looks += 1
            try:
                self._pause(_LOOK_S if looks < 20 else _LOOK_MORE_SELDOM_S)
            except StoppedError as error:
                yield Step(
                    f"not verified: {error.message}",
                    3,
                    TOTAL,
                    "the function was recycled; only the proof is missing",
                )
                return self._outcome(found, ordered, watched, f"not verified: {error.message}")

    def drain(self, found: Survey, ordered: Ordered) -> Generator[Step, None, None]:
        """Wait until old environments have ended what they were doing: as the logs tell, at latest after its timeout."""
        witness, guard = self._witness(found), self._guard(found.facts.name)
        first = min(order.effective for order in ordered.orders)
        last = max(order.effective for order in ordered.orders)
        yield Step(
            f"waiting for running invocations in old environments, at most {found.timeout_s:.0f} s", 2, TOTAL
        )
        while self._clock() < last + found.timeout_s:
            if witness is not None and self._is_drained(witness, found, ordered):
                break
            guard.rest(_LOOK_S)
        yield Step(
            f"invocations in old environments ended {self._clock() - first:.1f} s after the change",
            2,
            TOTAL,
        )

    def _is_drained(self, witness: Witness, found: Survey, ordered: Ordered) -> bool:
        for order in ordered.orders:
            try:
                seen = witness.look(order, timeout_s=found.timeout_s)
            except DayflyError:
                return False
            # Lines beyond the order, or silence could mean that its lines are still on their way.
            if seen.old_busy or seen.newest < order.effective + seen.settle_s:
                return False
        return True

    def _look(self, witness: Witness, one: _Watched, timeout_s: float) -> None:
        try:
            one.seen = witness.look(one.order, timeout_s=timeout_s)
        except DayflyError as fault:
            # The order stands, whatever becomes of whoever watches.
            one.proof = Proof(False, f"the logs could not be read: {fault.message}")
            return
        one.proof = judge(one.order, one.seen)

    def _proved(
        self, found: Survey, ordered: Ordered, watched: list[_Watched]
    ) -> Generator[Step, None, Outcome]:
        latest = ordered.orders[0]
        took = self._clock() - latest.effective + latest.took_s
        proved = [one for one in watched if one.proof.is_proved]
        outcome = self._outcome(found, ordered, watched, "")
        partly = (
            "" if found.plan.is_complete and not outcome.error else " (for the part that recycling reaches)"
        )
        text = f"verified from the logs{partly}, {took:.1f} s after the start: "
        text += _joined(proved, is_single=len(watched) == 1)
        if len(proved) < len(watched):
            text += f"; no invocations of {LATEST} since then"
        if outcome.cost is not None:
            text += f". Cost: {outcome.cost.text}"
        yield Step(
            text,
            3 if outcome.error else TOTAL,
            TOTAL,
            f"not everything was recycled: {outcome.error}" if outcome.error else "",
            facts=_facts(outcome, took, [one.order.alias or LATEST for one in proved]),
        )
        return outcome

    def _outcome(self, found: Survey, ordered: Ordered, watched: list[_Watched], missing: str) -> Outcome:
        # Whoever asked for $LATEST alone has what was asked for; else "proved" would be said of what still serves.
        left = () if self._means.is_latest_only else tuple(f"not reached: {text}" for text in found.plan.left)
        error = "; ".join(filter(None, (*ordered.failures, ordered.stopped, missing, *left)))
        cost = (
            cost_of(
                [one.seen for one in watched],
                memory_mb=found.facts.memory_mb,
                architecture=found.facts.architectures[0],
                region=found.facts.region,
                price=self._price,
                warm_s=ordered.warm_s,
            )
            if watched
            else None
        )
        proofs = [one for one in watched if one.proof.is_proved]
        return Outcome(
            found.function,
            True,
            not missing,
            error,
            ordered.stopped,
            _joined(proofs, is_single=len(watched) == 1) if proofs else missing,
            ordered.orders,
            cost,
            is_whole=not found.plan.left,
        )


def _facts(outcome: Outcome, took: float, proved: list[str]) -> dict[str, Any]:
    facts: dict[str, Any] = {"took_s": round(took, 1), "proved": proved}
    if outcome.cost is not None:
        facts["cold_starts"] = outcome.cost.cold_starts
        facts["init_s"] = outcome.cost.init_s
        facts["dollars"] = outcome.cost.dollars
    return facts


def _joined(watched: Sequence[_Watched], *, is_single: bool) -> str:
    if is_single:
        return watched[0].proof.text
    return "; ".join(f"{one.name}: {one.proof.text}" for one in watched)


def _reach_text(found: Survey) -> str:
    if found.plan.is_complete:
        return "the change replaces all environments"
    return "the change replaces only environments of " + " and ".join(found.plan.reached)


def _failed(done: int, error: DayflyError) -> Step:
    return Step(error.message, done, TOTAL, error.hint or error.message)


def _unrecorded(event: str, fields: dict[str, Any]) -> None:
    """For callers who do not resume."""

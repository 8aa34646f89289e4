"""Gives the orders for one function, step by step: the bump, a new version, aliases moved, provisioned concurrency anew."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dayfly.attach.aws.calls import Caller
from dayfly.attach.recycle import provisioned
from dayfly.attach.recycle.bumping import Bumper
from dayfly.attach.recycle.model import VARIABLE, Order, Step, StoppedError
from dayfly.attach.recycle.publishing import publish, wait_until_active
from dayfly.attach.recycle.shifting import AliasChangedError, Guard, Moved, Record, Shifter
from dayfly.attach.recycle.survey import Survey
from dayfly.errors import DayflyError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

TOTAL = 4
# CloudWatch has a minute's errors one to two minutes later.
PAUSE_S = 120.0


@dataclass(frozen=True, slots=True)
class Means:
    """How aliases are moved: in steps of `percents`, `pause_s` apart (at once where there are none), or not at all."""

    percents: tuple[int, ...] = ()
    pause_s: float = PAUSE_S
    is_latest_only: bool = False


@dataclass(frozen=True, slots=True)
class Ordered:
    """What was ordered: `$LATEST` first, then alias by alias; `failures` say what was meant to be reached and was not.

    `warm_s` is how long provisioned environments were paid for twice, as (number, seconds).
    """

    orders: tuple[Order, ...]
    failures: tuple[str, ...] = ()
    stopped: str = ""
    warm_s: tuple[tuple[int, float], ...] = ()


class Orderer:
    """Gives orders by `means` as long as `guard` lets it; `record` is told before and after each change."""

    def __init__(
        self,
        caller: Caller,
        client: LambdaClient,
        guard: Guard,
        *,
        means: Means,
        record: Record,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._caller = caller
        self._client = client
        self._guard = guard
        self._means = means
        self._record = record
        self._clock = clock
        self._bumper = Bumper(caller, client, clock=clock)

    def order(self, found: Survey, reason: str) -> Generator[Step, None, Ordered]:
        """Yield what is done; raises DayflyError where nothing was ordered at all.

        What fails after the bump is a step with an error, and in `failures`.
        """
        stamp = make_stamp(self._clock(), reason)
        self._guard.check()
        self._record("bumping", {"stamp": stamp})
        latest = self._bumper.bump(found.function, stamp)
        self._record("ordered", _noted(latest))
        yield Step(
            f"configuration changed: {VARIABLE}={latest.stamp}; active after {latest.took_s:.1f} s. Each old environment ends "
            "after its running invocation",
            2,
            TOTAL,
        )
        if not found.plan.needs_version:
            return Ordered((latest,))
        return (yield from self._versions(found, latest))

    def _versions(self, found: Survey, latest: Order) -> Generator[Step, None, Ordered]:
        function, plan = found.function, found.plan
        began = self._clock()
        same_as = sorted({*plan.retired, *(version for version, _ in plan.provisioned)})
        try:
            self._guard.check()
            self._record("publishing", {})
            new = publish(self._caller, self._client, function, stamp=latest.stamp, same_as=same_as)
            self._record("published", {"version": new})
            wait_until_active(self._caller, self._client, function, new)
        except StoppedError as error:
            yield _failed(f"stopped: {error.message}; no alias of {function} was touched", error)
            return Ordered((latest,), stopped=error.message)
        except DayflyError as error:
            yield _failed(error.message, error)
            left = [f"the alias {move.alias}" for move in plan.moves]
            return Ordered((latest,), (f"{', '.join(left) or 'provisioned environments'}: {error.message}",))
        yield Step(
            f"version {new} was published, and can serve after {self._clock() - began:.1f} s", 2, TOTAL
        )
        return (yield from _Move(self, found, latest, new, began).run())

    def shifter(self) -> Shifter:
        """What moves this function's aliases."""
        return Shifter(
            self._caller, self._client, self._guard, record=self._record, pause_s=self._means.pause_s
        )


class _Move:
    """Moves one function from old versions to `new`; what it did is taken back as a whole where it must stop."""

    def __init__(self, orderer: Orderer, found: Survey, latest: Order, new: str, began: float) -> None:
        self._caller, self._client = orderer._caller, orderer._client
        self._clock, self._record = orderer._clock, orderer._record
        self._percents = orderer._means.percents
        self._shifter = orderer.shifter()
        self._guard = orderer._guard
        self._found, self._latest, self._new = found, latest, new
        self._began = began
        self._orders: list[Order] = [latest]
        self._moved: list[Moved] = []
        self._failures: list[str] = []
        self._warmed = False
        self._warm_s: list[tuple[int, float]] = []

    def run(self) -> Generator[Step, None, Ordered]:
        try:
            yield from self._warm()
            for move in self._found.plan.moves:
                try:
                    asked = self._clock()
                    moving = self._shifter.shift(self._found.function, move, self._new, self._percents)
                    moved = yield from _told(moving)
                except AliasChangedError as error:
                    self._failures.append(error.message)
                    yield _failed(error.message, error)
                    continue
                self._moved.append(moved)
                self._orders.append(self._order(move.alias, move.retired, asked))
                self._record("ordered", _noted(self._orders[-1]))
                if move.provisioned:
                    yield from self._again(move.alias)
            self._guard.check(self._new)
        except StoppedError as error:
            yield from self._back(error)
            return Ordered((self._latest,), tuple(self._failures), error.message)
        except DayflyError as error:
            yield from self._back(error)
            return Ordered((self._latest,), (*self._failures, error.message))
        yield from self._cool()
        return Ordered(tuple(self._orders), tuple(self._failures), warm_s=tuple(self._warm_s))

    def _warm(self) -> Generator[Step, None, None]:
        """Versions that have provisioned concurrency of their own: the new one gets as much, before anything moves."""
        function = self._found.function
        total = 0
        for version, listed in self._found.plan.provisioned:
            total += provisioned.requested(self._caller, self._client, function, version) or listed
        if not total:
            return
        self._record("warming", {"version": self._new})
        self._warmed = True
        took = provisioned.put(self._caller, self._client, function, self._new, total)
        yield Step(
            f"{total} provisioned environments of version {self._new} are ready after {took:.1f} s", 2, TOTAL
        )

    def _again(self, alias: str) -> Generator[Step, None, None]:
        """An alias takes its provisioned concurrency along; asked for once more, and waited for, it is certain."""
        function = self._found.function
        count = provisioned.requested(self._caller, self._client, function, alias)
        if not count:
            return
        took = provisioned.put(self._caller, self._client, function, alias, count)
        yield Step(
            f"{count} provisioned environments of the alias {alias} are ready on version {self._new} after {took:.1f} s",
            2,
            TOTAL,
        )

    def _cool(self) -> Generator[Step, None, None]:
        """Provisioned environments of versions that were replaced are taken away."""
        function = self._found.function
        for version, count in self._found.plan.provisioned:
            self._record("cooling", {"version": version})
            try:
                provisioned.remove(self._caller, self._client, function, version)
            except DayflyError as error:
                self._failures.append(error.message)
                yield _failed(error.message, error)
                continue
            self._warm_s.append((count, self._clock() - self._began))
            self._record("cooled", {"version": version})
            yield Step(f"provisioned concurrency of version {version} was removed", 2, TOTAL)

    def _back(self, error: DayflyError) -> Generator[Step, None, None]:
        function = self._found.function
        said = [self._shifter.put_back(function, moved) for moved in reversed(self._moved)]
        if self._warmed:
            try:
                provisioned.remove(self._caller, self._client, function, self._new)
                self._record("cooled", {"version": self._new})
                said.append(f"provisioned concurrency of version {self._new} was removed again")
            except DayflyError as fault:
                said.append(
                    f"PROVISIONED CONCURRENCY OF VERSION {self._new} REMAINS AND COSTS MONEY: {fault.message}"
                )
        said.append(f"version {self._new} stays published")
        yield _failed("; ".join((error.message, *said)), error)

    def _order(self, alias: str, retired: Sequence[str], asked: float) -> Order:
        now = self._clock()
        return Order(
            self._found.function,
            self._latest.stamp,
            ordered=asked,
            effective=now,
            took_s=now - self._latest.effective + self._latest.took_s,
            tries=1,
            alias=alias,
            retired=tuple(retired),
            fresh=self._new,
        )


def make_stamp(now: float, reason: str) -> str:
    """Return the variable's value: when, and a hash of why, since reasons name people and variables are widely readable."""
    why = hashlib.blake2s(reason.encode(), digest_size=4).hexdigest() if reason else "manual"
    return f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(now))}-{why}-{os.urandom(3).hex()}"


def _told(moving: Generator[str, None, Moved]) -> Generator[Step, None, Moved]:
    while True:
        try:
            text = next(moving)
        except StopIteration as ended:
            moved: Moved = ended.value
            return moved
        try:
            yield Step(text, 2, TOTAL)
        except GeneratorExit:
            moving.close()
            raise


def _failed(text: str, error: DayflyError) -> Step:
    return Step(text, 2, TOTAL, error.hint or error.message)


def _noted(order: Order) -> dict[str, Any]:
    return {
        "stamp": order.stamp,
        "ordered": order.ordered,
        "effective": order.effective,
        "alias": order.alias,
        "retired": list(order.retired),
        "fresh": order.fresh,
    }

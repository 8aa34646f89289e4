"""Recycles one function: survey, order, proof, told step by step."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Generator, Sequence
from random import Random
from typing import TYPE_CHECKING

from dayfly.attach.recycle.bumping import LIMIT_S, Bumper
from dayfly.attach.recycle.model import VARIABLE, Order, Step, Witness
from dayfly.attach.recycle.proving import SETTLE_S, Proof, judge
from dayfly.attach.recycle.survey import Survey, survey
from dayfly.errors import DayflyError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

# Subscriptions deliver within seconds, CloudWatch Logs itself within some ten.
PATIENCE_S = 120.0
_LOOK_S = 0.5
_LOOK_MORE_SELDOM_S = 3.0
_TOTAL = 4


class Recycler:
    """Recycles functions of one account and region.

    Without a `witness` the order is given and nothing is proved, which the last step says.
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
        settle_s: float = SETTLE_S,
    ) -> None:
        self._client = client
        self._witness = witness
        self._clock = clock
        self._sleep = sleep
        self._bumper = Bumper(client, clock=clock, sleep=sleep, random=random, limit_s=limit_s)
        self._patience_s = patience_s
        self._settle_s = settle_s

    def recycle(
        self,
        function: str,
        *,
        environments: Sequence[int] | None = None,
        reason: str = "",
        is_dry_run: bool = False,
    ) -> Generator[Step, None, Proof | None]:
        """Yield what is done as it is done; the last step has an error where it failed or was not proved.

        The generator's return value is the proof, None where it never came to that. Closing it between steps stops
        there: an order that was given stays given.
        """
        try:
            found = survey(self._client, function)
        except DayflyError as error:
            yield _failed(0, error)
            return None
        yield Step(f"{function} was looked at: {_reach_text(found)}", 1, _TOTAL)
        if environments:
            yield Step(
                "Lambda ends no single environment: all of the function are replaced, not only the "
                f"{len(environments)} named",
                1,
                _TOTAL,
            )
        for note in (*found.reach.notes, *(f"not reached: {text}" for text in found.reach.unreached)):
            yield Step(note, 1, _TOTAL)
        if is_dry_run:
            yield Step(f"would set {VARIABLE} and leave everything else as it is", 1, _TOTAL)
            return None
        try:
            order = self._bumper.bump(function, make_stamp(self._clock(), reason))
        except DayflyError as error:
            yield _failed(1, error)
            return None
        yield Step(
            f"ordered: {VARIABLE}={order.stamp}; in force after {order.took_s:.1f} s, and every environment from before "
            "ends with what it is doing",
            2,
            _TOTAL,
        )
        return (yield from self._prove(found, order))

    def _prove(self, found: Survey, order: Order) -> Generator[Step, None, Proof | None]:
        witness = self._witness(found)
        if witness is None:
            yield Step(
                "not proved: nobody watches the logs",
                2,
                _TOTAL,
                "the order was given; name a --fleet for proof",
            )
            return None
        until = self._clock() + self._patience_s
        said = ""
        looks = 0
        while True:
            try:
                proof = judge(order, witness.look(order, timeout_s=found.timeout_s), settle_s=self._settle_s)
            except DayflyError as fault:
                # The order stands, whatever becomes of whoever watches.
                proof = Proof(False, f"the logs could not be read: {fault.message}")
            if proof.is_proved:
                took = self._clock() - order.effective + order.took_s
                partly = "" if found.reach.is_complete else " (of what an order to $LATEST reaches)"
                yield Step(
                    f"proved from the logs{partly}, {took:.1f} s after the order was begun: {proof.text}",
                    _TOTAL,
                    _TOTAL,
                )
                return proof
            if self._clock() > until:
                yield Step(
                    f"not proved within {self._patience_s:.0f} s: {proof.text}",
                    3,
                    _TOTAL,
                    "the order is in force; what is missing is the proof",
                )
                return proof
            if proof.text != said:
                said = proof.text
                yield Step(f"waiting for proof: {said}", 3, _TOTAL)
            looks += 1
            self._sleep(_LOOK_S if looks < 20 else _LOOK_MORE_SELDOM_S)


def make_stamp(now: float, reason: str) -> str:
    """Return the variable's value: when, and a hash of why, since reasons name people and variables are widely readable."""
    why = hashlib.blake2s(reason.encode(), digest_size=4).hexdigest() if reason else "manual"
    return f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(now))}-{why}-{os.urandom(3).hex()}"


def _reach_text(found: Survey) -> str:
    if found.reach.is_complete:
        return "an order reaches every environment it can have"
    return "an order reaches " + " and ".join(found.reach.reached) + ", but not all"


def _failed(done: int, error: DayflyError) -> Step:
    return Step(error.message, done, _TOTAL, error.hint or error.message)

"""Attaches many functions: plans them all, then changes some at a time; what befalls one costs only that one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from dayfly.attach.aws.calls import Caller, CallError
from dayfly.attach.aws.facts import FunctionFacts, read_facts
from dayfly.attach.aws.invokers import read_invokers
from dayfly.attach.aws.wording import CredentialsError
from dayfly.attach.live.journal import JournalError
from dayfly.attach.live.layers import LayerSource, read_signing
from dayfly.attach.live.model import AttachOptions, LayerOffer, Outcome, Plan, Refusal, State
from dayfly.attach.live.moving import Mover
from dayfly.attach.live.planning import plan_attach
from dayfly.attach.live.updating import Updater
from dayfly.errors import DayflyError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

T = TypeVar("T")

# Lambda allows an account 15 calls a second of its control API, in all:
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
PARALLEL = 4


@dataclass(frozen=True, slots=True)
class Attacher:
    """Attaches functions of one account and region."""

    caller: Caller
    client: LambdaClient
    layers: LayerSource
    options: AttachOptions

    def plan(self, function: str) -> Plan:
        """Say what would be done to `function`, changing nothing; what may not be read is a refusal.

        Raises CredentialsError.
        """
        try:
            facts = read_facts(self.caller, self.client, function)
            return self._decide(facts, self._preview)
        except CredentialsError:
            raise
        except DayflyError as error:
            return Plan(function, "", "", refusals=(Refusal("unreadable", error.message, error.hint),))

    def attach(self, function: str, updater: Updater) -> Outcome:
        """Put Dayfly on `function`, publish a version and move the alias if that was asked for.

        Raises CredentialsError and JournalError.
        """
        try:
            outcome, facts = updater.update(
                function, lambda facts: self._decide(facts, self.layers.offer), command="attach"
            )
            if self.options.publish and outcome.is_good and facts is not None:
                moved = Mover(self.caller, self.client, updater).move(function, facts, self.options.publish)
                outcome = replace(
                    outcome,
                    state=outcome.state if moved.is_good else State.FAILED,
                    text=f"{outcome.text}; {moved.text}",
                    hint=moved.hint,
                )
        except (CredentialsError, JournalError):
            raise
        except DayflyError as error:
            outcome = Outcome(function, State.FAILED, error.message, error.hint)
        return outcome

    def _decide(self, facts: FunctionFacts, find: Callable[[FunctionFacts], LayerOffer]) -> Plan:
        offer = LayerOffer("Dayfly's layer")
        # A layer is neither built nor published for a function that cannot have it.
        plan = plan_attach(facts, self.options, offer)
        if plan.refusals:
            return plan
        invokers = read_invokers(self.caller, self.client, facts)
        return plan_attach(
            facts, self.options, find(facts), read_signing(self.caller, self.client, facts), invokers
        )

    def _preview(self, facts: FunctionFacts) -> LayerOffer:
        return self.layers.preview(facts)


def in_parallel(
    functions: Sequence[str], work: Callable[[str], T], *, limit: int = PARALLEL
) -> Iterator[tuple[str, T | CallError]]:
    """Yield what `work` returns for every function, as it comes; a CredentialsError stands for all that were not begun.

    Whoever stops in the middle waits for those that are at work, and nothing new is begun. Other faults of `work` end it.
    """
    stop = threading.Event()
    fault: list[CredentialsError] = []

    def one(function: str) -> T | CallError:
        if stop.is_set():
            return fault[0] if fault else CallError("not tried: the run was stopped")
        try:
            return work(function)
        except CredentialsError as error:
            fault.append(error)
            stop.set()
            return error
        except BaseException:
            stop.set()
            raise

    pool = ThreadPoolExecutor(max_workers=max(1, min(limit, len(functions))), thread_name_prefix="attach")
    try:
        waiting: dict[Future[T | CallError], str] = {pool.submit(one, name): name for name in functions}
        for future in as_completed(waiting):
            yield waiting[future], future.result()
    finally:
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)

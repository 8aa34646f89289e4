"""Runs a recycling from the choice of functions to the last proof: paced, guarded, noted in a journal, ended by Ctrl-C."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import secrets
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from dayfly.attach.aws.account import Account
from dayfly.attach.aws.calls import Caller, CallError
from dayfly.attach.live.journal import Journal
from dayfly.attach.recycle import provisioned
from dayfly.attach.recycle.health import FunctionGuard, Health
from dayfly.attach.recycle.history import RunJournal, RunPast, last_run
from dayfly.attach.recycle.metrics import Metrics
from dayfly.attach.recycle.model import Order, Step
from dayfly.attach.recycle.ordering import Means
from dayfly.attach.recycle.pacing import Budget
from dayfly.attach.recycle.recycling import Outcome, Recycler, Unguarded
from dayfly.attach.recycle.running import Pace, Run
from dayfly.attach.recycle.shifting import Shifter
from dayfly.attach.recycle.stopping import Stop
from dayfly.cli.fleet_retiring import ServiceWitness
from dayfly.cli.output import Output
from dayfly.cli.recycle_roles import Revocation
from dayfly.errors import DayflyError

if TYPE_CHECKING:
    from dayfly.attach.recycle.model import Witness
    from dayfly.attach.recycle.survey import Survey
    from dayfly.fleet.service.client import Client

NOT_PROVED = 1
NOT_ORDERED = 2
# What a function's environments of the last while say about the next.
_CONCURRENT_S = 900.0


@dataclass(frozen=True, slots=True)
class Request:
    """What a run was asked for, apart from the functions."""

    means: Means
    reason: str = ""
    patience_s: float = 120.0
    max_parallel: int = 1
    cold_starts_per_minute: float | None = None
    is_drained: bool = False
    alarms: tuple[str, ...] = ()
    max_error_percent: float | None = None
    is_revoking: bool = False
    price: float | None = None
    is_yes: bool = False


class Live:
    """One `dayfly recycle` against one account; `client` is the fleet's, None where none runs."""

    def __init__(
        self,
        output: Output,
        account: Account,
        request: Request,
        *,
        client: Client | None,
        witness: Callable[[Survey], Witness | None],
    ) -> None:
        self._output = output
        self._account = account
        self._request = request
        self._fleet = client
        self._client = account.client("lambda", connections=request.max_parallel + 8)
        self._stop = Stop()
        self._metrics = (
            Metrics(Caller(limit_s=30.0), account.client("cloudwatch"))
            if request.alarms or request.max_error_percent is not None or request.cold_starts_per_minute
            else None
        )
        self._health = Health(
            self._stop, self._metrics, alarms=request.alarms, max_error_percent=request.max_error_percent
        )
        self._recycler = Recycler(
            self._client,
            witness,
            patience_s=request.patience_s,
            means=request.means,
            guard=lambda function: FunctionGuard(self._health, function),
            pause=self._stop.look_on(time.sleep),
            price=request.price,
        )
        self._place = f"{self._client.meta.endpoint_url} {account.profile or ''}".strip()

    def dry_run(self, functions: Sequence[str]) -> int:
        """Say what would be done, and change nothing."""
        worst = 0
        found: list[Survey] = []
        for function in functions:
            for step in self._recycler.recycle(function, is_dry_run=True):
                self._tell(function, step)
                worst = max(worst, NOT_ORDERED if step.error else 0)
            if self._request.is_revoking and not worst:
                found.append(self._recycler.look(function))
        if found:
            Revocation(self._account, self._say).plan(found, is_yes=False, is_dry_run=True)
        return worst

    def run(self, functions: Sequence[str], place: Path) -> int:
        """Recycle `functions`, noted in the journal at `place`; return the exit code."""
        with Journal(place) as journal:
            before = last_run(journal, self._place)
            if before is not None and before.half_done:
                raise DayflyError(
                    f"the run of {_when(before)} did not finish {', '.join(before.half_done[:5])}",
                    hint=(
                        "run dayfly recycle --resume to continue it, or --undo to move its aliases back "
                        "and end it"
                    ),
                )
            self._health.begin()
            revocation = self._revocation(functions)
            if before is not None:
                # Else --resume would come back to it after this one.
                RunJournal(journal, before.id).end()
                self._say(
                    f"this run replaces the run of {_when(before)}, which had {len(before.left)} functions "
                    "left"
                )
            noted = RunJournal(journal, secrets.token_hex(6))
            noted.begin(self._place, functions, self._request.reason)
            return self._carry_out(functions, noted, revocation, None)

    def resume(self, place: Path) -> int:
        """Go on with the last run that was not ended."""
        with Journal(place) as journal:
            before = self._unfinished(journal)
            noted = RunJournal(journal, before.id)
            self._health.begin()
            self._take_back(before, noted)
            left = before.left
            self._say(
                f"resuming the run of {_when(before)}: {len(left)} of {len(before.functions)} functions "
                "are left"
            )
            return self._carry_out(left, noted, self._revocation(left), before)

    def undo(self, place: Path) -> int:
        """Move back the aliases that the last run left on their way, and end it."""
        with Journal(place) as journal:
            before = self._unfinished(journal)
            noted = RunJournal(journal, before.id)
            self._take_back(before, noted)
            if stuck := self._unfinished(journal).half_done:
                raise DayflyError(
                    f"the aliases of {', '.join(stuck)} could not be moved back; the run is not finished",
                    hint="fix the errors above, then run --undo again",
                )
            noted.end()
        ordered = [name for name in before.functions if before.past[name].orders]
        self._say(
            f"the run of {_when(before)} has ended"
            + (f"; already recycled: {', '.join(ordered)}" if ordered else "")
        )
        return 0

    def _unfinished(self, journal: Journal) -> RunPast:
        before = last_run(journal, self._place)
        if before is None:
            raise DayflyError(
                "no interrupted run in this journal",
                hint="use the region, profile and endpoint of the interrupted run",
            )
        return before

    def _take_back(self, before: RunPast, noted: RunJournal) -> None:
        caller = Caller()
        for name in before.half_done:
            past = before.past[name]
            shifter = Shifter(
                caller, self._client, Unguarded(time.sleep), record=noted.record(name), pause_s=0.0
            )
            for moved in past.moving.values():
                self._say(f"{name}: {shifter.put_back(name, moved)}")
            for version in (*past.warming, *past.cooling):
                provisioned.remove(caller, self._client, name, version)
                noted.record(name)("cooled", {"version": version})
                self._say(f"{name}: provisioned concurrency of version {version} was removed")

    def _revocation(self, functions: Sequence[str]) -> Revocation | None:
        if not self._request.is_revoking:
            return None
        revocation = Revocation(self._account, self._say)
        found = [self._recycler.look(function) for function in functions]
        revocation.plan(found, is_yes=self._request.is_yes, is_dry_run=False)
        return revocation

    def _carry_out(
        self,
        functions: Sequence[str],
        noted: RunJournal,
        revocation: Revocation | None,
        before: RunPast | None,
    ) -> int:
        began = time.monotonic()
        request = self._request
        run = Run(
            self._recycler,
            self._health,
            Pace(
                request.max_parallel,
                Budget(request.cold_starts_per_minute),
                request.is_drained,
                self._concurrent(functions) if request.cold_starts_per_minute else lambda found: 1,
            ),
            tell=self._tell,
            journal=noted,
            after_order=revocation.after_order if revocation else None,
        )
        with self._heard():
            outcomes = run.run(
                functions, before.reason if before else request.reason, past=before.past if before else None
            )
            is_revoked = revocation is None or revocation.finish(self._health, self._stop)
        if not self._stop.reason:
            noted.end()
        for outcome in outcomes:
            self._tell_fleet(outcome)
        self._sum_up(outcomes, time.monotonic() - began)
        code = _code(outcomes)
        return code if is_revoked else max(code, NOT_PROVED)

    def _concurrent(self, functions: Sequence[str]) -> Callable[[Survey], int]:
        """What knows how many environments work at once: CloudWatch, else the fleet, else nobody (and then it is one)."""
        assert self._metrics is not None
        now = time.time()
        names = [name.split(":")[6] if name.startswith("arn:") else name for name in functions]
        try:
            told = self._metrics.concurrent(names, now - _CONCURRENT_S, now)
        except CallError as error:
            told = {}
            self._output.warn(f"the number of concurrent environments is unknown: {error.message}")

        def count(found: Survey) -> int:
            if found.facts.name in told or self._fleet is None:
                return told.get(found.facts.name, 1)
            at = time.time()
            order = Order(found.function, "", ordered=at, effective=at, took_s=0.0, tries=0)
            try:
                return ServiceWitness(self._fleet, found).look(order, timeout_s=found.timeout_s).old
            except DayflyError:
                return 1

        return count

    @contextlib.contextmanager
    def _heard(self) -> Iterator[None]:
        """Ctrl-C ends the run in its order; a second one ends it at once."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def interrupt(number: int, frame: FrameType | None) -> None:
            if self._stop.is_impatient:
                raise KeyboardInterrupt
            self._stop.say("interrupted", is_impatient=True)
            os.write(2, b"\nending: what is half done is moved back first; once more ends at once\n")

        old = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        except KeyboardInterrupt:
            self._output.warn(
                "stopped early: continue with dayfly recycle --resume, or move partly moved aliases back "
                "with --undo"
            )
            raise
        finally:
            for number, handler in old.items():
                signal.signal(number, handler)

    def _tell_fleet(self, outcome: Outcome) -> None:
        if self._fleet is None or not outcome.is_proved or outcome.error or not outcome.is_whole:
            return
        # Else the console would go on counting environments that are gone.
        name = outcome.function.split(":")[6] if outcome.function.startswith("arn:") else outcome.function
        proof = {
            "function": name,
            "text": outcome.text[:500],
            "reason": self._request.reason[:1000],
            # Not the proof's time: an environment that began, and was infected, between the two still serves.
            "ordered": min(order.ordered for order in outcome.orders),
        }
        try:
            self._fleet.post("/retirement/proved", proof)
        except DayflyError as fault:
            self._output.warn(f"the proof could not be sent to the fleet service: {fault.message}")

    def _sum_up(self, outcomes: Sequence[Outcome], took_s: float) -> None:
        proved = sum(one.is_proved and not one.error for one in outcomes)
        ordered = sum(one.is_ordered for one in outcomes)
        costs = [one.cost for one in outcomes if one.cost is not None]
        known = [one.dollars for one in costs if one.dollars is not None]
        starts = sum(one.cold_starts for one in costs)
        if self._output.is_json:
            self._output.json(
                {
                    "summary": {
                        "functions": len(outcomes),
                        "ordered": ordered,
                        "proved": proved,
                        "cold_starts": starts,
                        "dollars": sum(known) if known else None,
                        "took_s": round(took_s, 1),
                        "stopped": self._stop.reason,
                    }
                }
            )
        elif len(outcomes) > 1:
            money = f", ${sum(known):.2g}" if known else ""
            self._output.say(
                f"{len(outcomes)} functions: {ordered} recycled, {proved} verified; at most {starts} extra "
                f"cold starts{money}; {took_s:.0f} s",
                style="green" if proved == len(outcomes) else "yellow",
            )
        if self._stop.reason:
            self._output.warn(f"stopped early: {self._stop.reason}. Continue with dayfly recycle --resume")

    def _say(self, text: str) -> None:
        if self._output.is_json:
            self._output.json({"note": text})
        else:
            self._output.say(text)

    def _tell(self, function: str, step: Step) -> None:
        # Reasons are AWS's words, or those of whatever answers at the endpoint: they go to somebody's terminal.
        step = dataclasses.replace(step, text=_printable(step.text), error=_printable(step.error))
        if self._output.is_json:
            told = dataclasses.asdict(step)
            if not told["facts"]:
                del told["facts"]
            self._output.json({"function": function, **told})
        elif step.error:
            more = f" ({step.error})" if step.error not in step.text else ""
            self._output.warn(f"{function}: {step.text}{more}")
        else:
            self._output.say(f"{function}: {step.text}", style="green" if step.done == step.total else "")


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)


def _code(outcomes: Sequence[Outcome]) -> int:
    if any(not outcome.is_ordered for outcome in outcomes):
        return NOT_ORDERED
    return NOT_PROVED if any(outcome.error or not outcome.is_proved for outcome in outcomes) else 0


def _when(run: RunPast) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(run.began))

"""Carries out a promotion or takes one back, through attach's journal, so that detach stays exact."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dayfly.attach.aws.calls import Caller
from dayfly.attach.aws.facts import FunctionFacts, read_facts
from dayfly.attach.aws.wording import CredentialsError
from dayfly.attach.live.journal import JournalError
from dayfly.attach.live.model import Outcome, Plan, Refusal, State
from dayfly.attach.live.moving import Mover
from dayfly.attach.rollout.policylayer import PolicyLayer, publish
from dayfly.attach.rollout.promotions import PROMOTE, ROLLBACK, Promotions
from dayfly.attach.rollout.stages import Stage, Standing, plan_promotion, plan_rollback, standing_of
from dayfly.attach.rollout.undo import VARIABLE, UndoError, parse
from dayfly.errors import DayflyError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

    from dayfly.attach.live.updating import Updater
    from dayfly.policy.observed import Stretch

# Stands for the ARN of what is not published yet.
_TO_COME = "arn:aws:lambda:{region}:{account}:layer:dayfly-policy-{name}:0"


@dataclass(frozen=True, slots=True)
class Promoter:
    """Promotes functions of one account and region, and takes promotions back.

    `clock` tells seconds since the epoch; `publish` is an alias that gets a version of what was changed, "" for none.
    """

    caller: Caller
    client: LambdaClient
    clock: Callable[[], float]
    accept_drift: bool = False
    publish: str = ""

    def facts(self, function: str) -> FunctionFacts:
        """Return what the function is; raises CallError."""
        return read_facts(self.caller, self.client, function)

    def plan(self, facts: FunctionFacts, stage: Stage, layer: PolicyLayer | None) -> Plan:
        """Say what a promotion would change, without publishing anything."""
        arn = _TO_COME.format(region=facts.region, account=facts.account, name=facts.name) if layer else ""
        return self._plan(facts, stage, arn, layer.digest if layer else "")

    def promote(
        self,
        facts: FunctionFacts,
        judged: Standing,
        stage: Stage,
        layer: PolicyLayer | None,
        latest: Stretch | None,
        updater: Updater,
    ) -> Outcome:
        """Bring the function to `stage`, from where it stood when it was judged; what is another function by now is left.

        Raises CredentialsError and JournalError.
        """
        try:
            refused = self.plan(facts, stage, layer).refusals
            # A layer's version is published only for a function that will get it.
            arn = publish(self.caller, self.client, facts.name, layer) if layer and not refused else ""
            digest = layer.digest if layer else ""

            def decide(now: FunctionFacts) -> Plan:
                plan = self._plan(now, stage, arn, digest)
                standing = standing_of(now, latest)
                if plan.changes and (standing.stage, standing.digest) != (judged.stage, judged.digest):
                    text = (
                        f"it was changed during this run: it was at {judged.stage} and is now at "
                        f"{standing.stage}"
                    )
                    return replace(
                        plan, changes=(), refusals=(Refusal("changed", text, "run the command again"),)
                    )
                return plan

            outcome, after = updater.update(facts.arn or facts.name, decide, command=PROMOTE)
            outcome = self._moved(outcome, after, updater)
        except (CredentialsError, JournalError):
            raise
        except DayflyError as error:
            return Outcome(facts.name, State.FAILED, error.message, error.hint, facts.arn)
        return replace(outcome, function=facts.name)

    def plan_back(self, facts: FunctionFacts, promotions: Promotions) -> Plan:
        """Say what a rollback would change. Raises UndoError where nothing says what was before."""
        known = promotions.last(facts)
        if known is not None:
            undo, former = known
            return plan_rollback(facts, undo, former=former, publish=self.publish)
        text = facts.environment.variables.get(VARIABLE, "")
        if not facts.environment.is_readable:
            raise UndoError(
                f"the variables of {facts.name} cannot be read: {facts.environment.error}",
                hint="give this role kms:Decrypt on the key that encrypts them",
            )
        if not text:
            raise UndoError(
                f"{facts.name} has no promotion to undo: neither the journal nor {VARIABLE} contains one",
                hint="set DAYFLY_GUARD yourself, or remove Dayfly with dayfly detach",
            )
        return plan_rollback(facts, parse(text), publish=self.publish)

    def roll_back(self, function: str, updater: Updater, promotions: Promotions) -> Outcome:
        """Take the last promotion back; raises CredentialsError and JournalError."""
        intended: Plan | None = None

        def decide(now: FunctionFacts) -> Plan:
            nonlocal intended
            if intended is not None and _is_done(intended, now):
                return replace(intended, changes=())
            intended = self.plan_back(now, promotions)
            return intended

        try:
            outcome, facts = updater.update(function, decide, command=ROLLBACK)
            outcome = self._moved(outcome, facts, updater)
        except (CredentialsError, JournalError):
            raise
        except DayflyError as error:
            return Outcome(function, State.REFUSED, error.message, error.hint)
        return replace(outcome, function=facts.name) if facts is not None else outcome

    def _moved(self, outcome: Outcome, facts: FunctionFacts | None, updater: Updater) -> Outcome:
        """Have the alias serve what was changed, where one is named."""
        if not self.publish or not outcome.is_good or facts is None:
            return outcome
        moved = Mover(self.caller, self.client, updater).move(facts.name, facts, self.publish)
        is_done = outcome.state is State.DONE or moved.state is State.DONE
        state = (State.DONE if is_done else State.ALREADY) if moved.is_good else State.FAILED
        return replace(outcome, state=state, text=f"{outcome.text}; {moved.text}", hint=moved.hint)

    def _plan(self, facts: FunctionFacts, stage: Stage, layer: str, digest: str) -> Plan:
        now = datetime.fromtimestamp(self.clock(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return plan_promotion(
            facts,
            stage,
            at=now,
            layer=layer,
            digest=digest,
            accept_drift=self.accept_drift,
            publish=self.publish,
        )


def _is_done(plan: Plan, facts: FunctionFacts) -> bool:
    variables = facts.environment.variables
    return tuple(one.arn for one in facts.layers) == plan.layers_after and all(
        variables.get(name) == value for name, value in plan.variables.items()
    )

"""Takes Dayfly off many functions; what befalls one costs only that one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dayfly.attach.aws.calls import Caller
from dayfly.attach.aws.facts import read_facts
from dayfly.attach.aws.wording import CredentialsError
from dayfly.attach.live.history import History, was_applied
from dayfly.attach.live.journal import JournalError
from dayfly.attach.live.model import Outcome, Plan, Refusal, State
from dayfly.attach.live.moving import Mover
from dayfly.attach.live.undoing import plan_detach
from dayfly.attach.live.updating import Updater
from dayfly.errors import DayflyError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


@dataclass(frozen=True, slots=True)
class Detacher:
    """Takes Dayfly off functions of one account and region; `publish` is an alias to move as well, or ""."""

    caller: Caller
    client: LambdaClient
    publish: str = ""

    def plan(self, function: str, history: History) -> Plan:
        """Say what would be done to `function`, changing nothing; raises CredentialsError."""
        try:
            facts = read_facts(self.caller, self.client, function)
        except CredentialsError:
            raise
        except DayflyError as error:
            return Plan(function, "", "", refusals=(Refusal("unreadable", error.message, error.hint),))
        known = history.known(facts.arn)
        pending = history.pending(facts.arn)
        if pending is not None and facts.environment.is_readable and was_applied(pending, facts):
            # A copy: what is found out is written down only by a run that changes something.
            settled = History([{**pending}, {"kind": "done", "arn": facts.arn}])
            known = settled.known(facts.arn) or known
        return plan_detach(facts, known, publish=self.publish)

    def detach(self, function: str, updater: Updater) -> Outcome:
        """Take Dayfly off `function`; raises CredentialsError and JournalError."""
        try:
            outcome, facts = updater.update(
                function,
                lambda facts: plan_detach(facts, updater.history.known(facts.arn), publish=self.publish),
                command="detach",
            )
            if self.publish and outcome.is_good and facts is not None:
                moved = Mover(self.caller, self.client, updater).move(function, facts, self.publish)
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

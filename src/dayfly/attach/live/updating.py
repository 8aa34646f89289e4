"""Carries out a change of one function: reads, decides, writes down, calls, waits, and begins again if somebody was faster.

Layers and variables go in one UpdateFunctionConfiguration, which Lambda takes as a whole or not at all: whenever this
process dies, the function has Dayfly or has it not, and never half of it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from dayfly.attach.aws.calls import Caller, CallError, LostAnswerError
from dayfly.attach.aws.facts import FunctionFacts, read_facts
from dayfly.attach.aws.wording import CredentialsError
from dayfly.attach.live.history import History, Known, names_of_dayfly, was_applied
from dayfly.attach.live.journal import Journal, digest, new_salt
from dayfly.attach.live.model import Outcome, Plan, State
from dayfly.attach.wrappers import is_attached

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

Decide = Callable[[FunctionFacts], Plan]
# Somebody else may deploy the same function meanwhile; more often than this in a row it is no accident.
_EDITS = 8
_POLL_S = 0.5
_TAKEN = frozenset({"PreconditionFailedException", "ResourceConflictException"})
_CONTESTED = "another user or tool changed it at every attempt"


class Updater:
    """Changes functions of one account and region; threads may share it.

    `run` names the run in the journal's records.
    """

    def __init__(self, caller: Caller, client: LambdaClient, journal: Journal, *, run: str) -> None:
        self._caller = caller
        self._client = client
        self._journal = journal
        self._run = run
        self._lock = threading.Lock()
        self._history = History(journal.records())

    @property
    def history(self) -> History:
        """What the journal knows, with what this run added to it."""
        return self._history

    def write(self, kind: str, **fields: Any) -> None:
        """Append to the journal, and to what is known of it."""
        record = {"kind": kind, "run": self._run, **fields}
        with self._lock:
            self._journal.write(**record)
            self._history.add(record)

    def steady(self, function: str) -> FunctionFacts:
        """Return the facts once no update is under way; raises CallError where that takes too long."""
        until = self._caller.clock() + self._caller.limit_s
        while True:
            facts = read_facts(self._caller, self._client, function)
            if not _is_moving(facts.state, facts.last_update_status):
                return facts
            while True:
                if self._caller.clock() > until:
                    raise CallError(
                        f"an update of {function} is still in progress after {self._caller.limit_s:.0f} s",
                        hint="check what it waits for, and try again later",
                    )
                self._caller.sleep(_POLL_S)
                answer = self._caller.call(
                    self._client.get_function_configuration,
                    what=f"cannot read the configuration of {function}",
                    FunctionName=function,
                )
                if not _is_moving(answer.get("State", ""), answer.get("LastUpdateStatus", "")):
                    break

    def settle(self, facts: FunctionFacts) -> bool:
        """Find out what became of a call whose end was never written down, and drop what the journal knows too late.

        Returns whether there was one that was carried out.
        """
        is_applied = False
        if (record := self._history.pending(facts.arn)) is not None:
            is_applied = was_applied(record, facts)
            self.write("done" if is_applied else "void", arn=facts.arn)
        if not facts.environment.is_readable:
            return is_applied
        if (known := self._history.known(facts.arn)) is not None and _is_off(facts, known):
            self.write("lost", arn=facts.arn)
        return is_applied

    def update(self, function: str, decide: Decide, *, command: str) -> tuple[Outcome, FunctionFacts | None]:
        """Bring `function` to what `decide` says of its facts, which are read anew for every try.

        Raises CredentialsError, after which no other function will do better, and JournalError; everything else is an
        outcome.
        """
        is_asked = False
        facts: FunctionFacts | None = None
        plan: Plan | None = None
        try:
            for tries in range(1, _EDITS + 1):
                facts = self.steady(function)
                if self.settle(facts) and is_asked and plan is not None:
                    # Not decided anew: without the record of what was there before, a detach would go on.
                    return self._ended(function, facts, plan, command, is_asked=True), facts
                plan = decide(facts)
                if plan.refusals:
                    first = plan.refusals[0]
                    text = "; ".join(refusal.text for refusal in plan.refusals)
                    return Outcome(function, State.REFUSED, text, first.hint, facts.arn, plan.notes), facts
                if not plan.changes:
                    return self._ended(function, facts, plan, command, is_asked=is_asked), facts
                if tries == _EDITS:
                    break
                is_asked = self._ask(function, plan, facts, command, is_asked=is_asked)
                if not is_asked:
                    self._caller.sleep(self._caller.delay(tries))
            return Outcome(
                function, State.FAILED, _CONTESTED, "try again later", facts.arn if facts else ""
            ), facts
        except CredentialsError:
            raise
        except CallError as error:
            return self._fault(function, error, facts, is_asked=is_asked), facts

    def _ask(self, function: str, plan: Plan, facts: FunctionFacts, command: str, *, is_asked: bool) -> bool:
        """Make the call; return whether Lambda may have taken it, now or before. Raises CallError where it refused."""
        self.write("intend", **_intention(plan, facts, command))
        variables = {
            name: value
            for name, value in {**facts.environment.variables, **plan.variables}.items()
            if value is not None
        }
        request: dict[str, Any] = {"FunctionName": function, "Environment": {"Variables": variables}}
        if plan.layers_before != plan.layers_after:
            request["Layers"] = list(plan.layers_after)
        if facts.revision_id:  # moto tells none; Lambda always does
            request["RevisionId"] = facts.revision_id
        try:
            self._caller.call(
                self._client.update_function_configuration,
                what=f"the change of {facts.name} was rejected",
                is_repeatable=False,
                **request,
            )
        except LostAnswerError:
            return True  # whoever reads it next sees whether it was done
        except CallError as error:
            self.write("void", arn=facts.arn, why=error.code or "unknown")
            if error.code in _TAKEN:
                return is_asked
            raise
        return True

    def _ended(
        self, function: str, facts: FunctionFacts, plan: Plan, command: str, *, is_asked: bool
    ) -> Outcome:
        if not is_asked:
            return Outcome(function, State.ALREADY, "already up to date", arn=facts.arn, notes=plan.notes)
        if facts.last_update_status == "Failed":
            return Outcome(
                function,
                State.FAILED,
                (
                    "Lambda accepted the change but could not apply it: "
                    f"{facts.last_update_reason or 'no reason given'}"
                ),
                "old environments keep serving; fix the cause, or undo the change",
                facts.arn,
            )
        text = "set for all new environments" if command == "attach" else "restored, for all new environments"
        return Outcome(function, State.DONE, text, arn=facts.arn, notes=plan.notes)

    def _fault(
        self, function: str, error: CallError, facts: FunctionFacts | None, *, is_asked: bool
    ) -> Outcome:
        arn = facts.arn if facts else ""
        if error.is_missing:
            text = "it was deleted during this run" if facts is not None else error.message
            return Outcome(function, State.GONE, text, "" if facts is not None else error.hint, arn)
        if is_asked and self._history.pending(arn) is not None:
            return Outcome(
                function,
                State.UNKNOWN,
                f"the change was sent, but its result could not be read: {error.message}",
                "run the same command again to check",
                arn,
            )
        return Outcome(function, State.FAILED, error.message, error.hint, arn)


def _intention(plan: Plan, facts: FunctionFacts, command: str) -> dict[str, Any]:
    salt = new_salt()
    current = facts.environment.variables
    record: dict[str, Any] = {
        "command": command,
        "function": facts.name,
        "arn": facts.arn,
        "revision": facts.revision_id,
        "layers_before": list(plan.layers_before),
        "layers_after": list(plan.layers_after),
    }
    changed = {
        "salt": salt,
        "set": {
            name: digest(salt, name, value) for name, value in plan.variables.items() if value is not None
        },
        "removed": sorted(name for name, value in plan.variables.items() if value is None),
    }
    if command == "detach":
        return {**record, **changed}
    return {
        **record,
        **changed,
        "former": {name: current.get(name) for name in plan.variables},
        "names_before": names_of_dayfly(current),
        "was_attached": is_attached(current),
    }


def _is_moving(state: str, status: str) -> bool:
    return state == "Pending" or status == "InProgress"


def _is_off(facts: FunctionFacts, known: Known) -> bool:
    """Whether somebody took Dayfly off: neither its wrapper nor a layer that attach added is there."""
    layers = {layer.arn for layer in facts.layers}
    return not is_attached(facts.environment.variables) and not layers & known.layers_added

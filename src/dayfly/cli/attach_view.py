"""Prints plans, outcomes and what was verified, for attach and detach."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Literal

from dayfly.attach.aws.wording import printable
from dayfly.attach.live.model import Outcome, Plan, State
from dayfly.cli.output import Output
from dayfly.errors import DayflyError

_STYLES = {State.DONE: "green", State.ALREADY: "", State.REFUSED: "yellow", State.NOT_TRIED: "yellow"}


class AttachView:
    """Tells a run to people, or as one JSON object for each function and step."""

    def __init__(self, output: Output, command: Literal["attach", "detach"]) -> None:
        self._output = output
        self._command = command

    def say(self, text: str, *, style: str = "") -> None:
        """A line for people; what AWS and others named is made fit for a terminal."""
        for line in text.split("\n"):
            self._output.say(printable(line), style=style)

    def warn(self, text: str) -> None:
        """A warning, whatever the form."""
        self._output.warn(text)

    def busy(self, text: str) -> contextlib.AbstractContextManager[object]:
        """Show that something is under way, where somebody watches."""
        return self._output.console.status(text) if self._output.is_live else contextlib.nullcontext()

    def plan(self, plan: Plan, *, is_quiet: bool = False) -> None:
        """One function's plan; a quiet one is only counted for people."""
        if self._output.is_json:
            self._output.json({"type": "plan", **plan.described()})
            return
        if is_quiet:
            return
        say = self.say
        if plan.state == "refused":
            say(f"{plan.function}: skipped", style="yellow")
            for refusal in plan.refusals:
                say(f"  {refusal.text}")
                if refusal.hint:
                    say(f"    {refusal.hint}")
        elif plan.state == "up-to-date":
            say(f"{plan.function}: {'up to date' if self._command == 'attach' else 'does not have Dayfly'}")
        else:
            say(f"{plan.function}: would change", style="bold")
            for change in plan.changes:
                say(f"  {change}")
        for note in plan.notes:
            say(f"  note: {note}")

    def planned(self, plans: Sequence[Plan], *, is_dry_run: bool) -> None:
        """The sum of all plans."""
        counts = {
            state: sum(plan.state == state for plan in plans) for state in ("change", "up-to-date", "refused")
        }
        if self._output.is_json:
            self._output.json({"type": "planned", "dry_run": is_dry_run, **counts})
            return
        where = ", ".join(sorted({_place(plan.arn) for plan in plans if plan.arn}))
        dry = "; nothing was changed" if is_dry_run else ""
        self.say(
            f"{counts['change']} to change, {counts['up-to-date']} up to date, {counts['refused']} skipped"
            + (f" in {where}" if where else "")
            + dry
        )

    def ask(self, text: str, *, is_yes: bool) -> None:
        """Go on only if somebody says so; raises DayflyError where nobody does, or can."""
        if is_yes:
            return
        if not self._output.can_ask:
            raise DayflyError(
                "nothing was changed: cannot ask for confirmation without a terminal",
                hint="review the plan and add --yes",
            )
        if not self._output.ask(f"{text}?"):
            raise DayflyError("nothing was changed", hint="answer y to go on")

    def outcome(self, outcome: Outcome) -> None:
        """How it ended for one function."""
        if self._output.is_json:
            self._output.json(
                {
                    "type": "outcome",
                    "function": outcome.function,
                    "arn": outcome.arn,
                    "state": outcome.state.value,
                    "text": outcome.text,
                    "hint": outcome.hint,
                }
            )
            return
        style = _STYLES.get(outcome.state, "red")
        self.say(f"{outcome.function}: {outcome.state.value}: {outcome.text}", style=style)
        if outcome.hint:
            self.say(f"  {outcome.hint}")

    def ended(self, outcomes: Sequence[Outcome]) -> None:
        """The sum of all outcomes, and how to go on where some are left."""
        counts = {state.value: sum(one.state is state for one in outcomes) for state in State}
        if self._output.is_json:
            self._output.json({"type": "ended", **counts})
            return
        self.say(", ".join(f"{count} {name}" for name, count in counts.items() if count))
        if counts[State.NOT_TRIED.value] or counts[State.UNKNOWN.value]:
            how = "dayfly attach --resume" if self._command == "attach" else "run the same command again"
            self.say(f"to continue: {how}")

    def verified(self, function: str, is_active: bool | None, text: str) -> None:
        """What an invocation showed."""
        if self._output.is_json:
            self._output.json({"type": "verified", "function": function, "active": is_active, "text": text})
            return
        word = {True: "active", False: "not active", None: "not verified"}[is_active]
        self.say(f"{function}: {word}: {text}", style="green" if is_active else "red")


def _place(arn: str) -> str:
    parts = arn.split(":")
    return f"account {parts[4]} {parts[3]}"

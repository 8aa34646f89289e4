"""Shows a promotion: where the function stands, which rules are met, what the policy becomes, what would change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text

from dayfly.attach.live.model import Outcome, Plan, State
from dayfly.attach.rollout.watching import Verdict, words
from dayfly.cli.policy_view import bullet, count, draw_diff, draw_readiness

if TYPE_CHECKING:
    from rich.console import RenderableType

    from dayfly.cli.output import Output
    from dayfly.policy.observed import SeenUse
    from dayfly.policy.proposing import Proposal
    from dayfly.policy.readiness import Readiness

_STYLES = {State.DONE: "bold green", State.ALREADY: "", State.REFUSED: "yellow"}
_MANY = 8


class PromoteView:
    """Tells a promotion to people, or as one JSON object for each step."""

    def __init__(self, output: Output) -> None:
        self._output = output

    def ready(self, function: str, stage: str, readiness: Readiness) -> None:
        """Which rules are met."""
        if self._output.is_json:
            checks = [asdict(check) for check in readiness.checks]
            self._output.json(
                {
                    "type": "readiness",
                    "function": function,
                    "from": stage,
                    "to": readiness.stage,
                    "ready": readiness.is_ready,
                    "checks": checks,
                }
            )
            return
        self._output.console.print(draw_readiness(function, stage, readiness))

    def proposal(self, proposal: Proposal, old: str, *, name: str) -> None:
        """What the policy becomes, and what is not in it."""
        if self._output.is_json:
            self._output.json(
                {
                    "type": "policy",
                    "text": proposal.text,
                    "learned": len(proposal.learned),
                    "rare": [_use(use) for use in proposal.rare],
                    "suspect": [_use(use) for use in proposal.suspect],
                    "warnings": list(proposal.warnings),
                }
            )
            return
        parts: list[RenderableType] = list(draw_diff(old, proposal.text, name=name))
        parts += _left_out("Not included: rarely seen", proposal.rare, "yellow")
        parts += _left_out("Not included: only seen with an attack", proposal.suspect, "red")
        parts += [bullet(text, style="bold red", mark="!") for text in proposal.warnings]
        if parts:
            self._output.console.print(Group(*parts, Text()))

    def plan(self, plan: Plan, stage: str) -> None:
        """What would change on the function."""
        if self._output.is_json:
            self._output.json({"type": "plan", "to": stage, **plan.described()})
            return
        if plan.refusals:
            self._output.say(f"{plan.function}: skipped", style="yellow")
            for refusal in plan.refusals:
                self._output.say(f"  {refusal.text}")
                if refusal.hint:
                    self._output.say(f"    {refusal.hint}")
        elif not plan.changes:
            self._output.say(f"{plan.function}: up to date")
        else:
            self._output.say(f"{plan.function}: would change", style="bold")
            for change in plan.changes:
                self._output.say(f"  {change}")
        for note in plan.notes:
            self._output.say(f"  note: {note}")

    def outcome(self, outcome: Outcome, stage: str) -> None:
        """How it ended."""
        if self._output.is_json:
            self._output.json(
                {"type": "outcome", "to": stage, **asdict(outcome), "state": outcome.state.value}
            )
            return
        hint = f" ({outcome.hint})" if outcome.hint else ""
        self._output.say(
            f"{outcome.function}: {outcome.text}{hint}", style=_STYLES.get(outcome.state, "bold red")
        )

    def told(
        self, kind: str, function: str, text: str, *, is_good: bool | None = None, **facts: object
    ) -> None:
        """One thing more; `kind` names it in JSON."""
        if self._output.is_json:
            self._output.json({"type": kind, "function": function, "text": text, "good": is_good, **facts})
        else:
            self._output.say(
                f"{function}: {text}", style={True: "green", False: "bold yellow", None: ""}[is_good]
            )

    def refused(self, function: str, verdict: Verdict) -> None:
        """What the guard refused since."""
        for is_honest, refusals in ((True, verdict.honest), (False, verdict.others)):
            for one in refusals:
                text = ("REFUSED, but looks legitimate: " if is_honest else "refused: ") + words(one)
                self.told(
                    "refusal",
                    function,
                    text,
                    is_good=not is_honest or None,
                    honest=is_honest,
                    refusal=asdict(one),
                )


def _left_out(title: str, uses: Sequence[SeenUse], style: str) -> list[RenderableType]:
    if not uses:
        return []
    parts: list[RenderableType] = [Text(f"{title}: {count(len(uses), 'use')}", style=style)]
    for use in uses[:_MANY]:
        rest = f" by {' ‹ '.join(use.packages)}" + (f" at {use.place}" if use.place else "")
        parts.append(bullet(f"{use.kind} {use.target}{rest}"))
    if len(uses) > _MANY:
        parts.append(bullet(f"and {len(uses) - _MANY} more: see --json", style="dim"))
    return parts


def _use(use: SeenUse) -> dict[str, object]:
    return {
        "kind": use.kind, "target": use.target, "packages": list(use.packages), "phase": use.phase, "place": use.place,
        "environments": use.environments, "days": use.days, "callers": use.callers, "request": use.request,
    }  # fmt: skip

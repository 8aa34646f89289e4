"""Runs promotions: looks, judges, shows, asks, carries out, and watches what is refused afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from dayfly.attach.live.model import Outcome, State
from dayfly.attach.rollout.policylayer import PolicyLayer, build, staged
from dayfly.attach.rollout.promotions import Promotions
from dayfly.attach.rollout.stages import Stage, Standing, next_stage, standing_of
from dayfly.cli.promote_source import FLEET, Policies, observe
from dayfly.cli.promote_view import PromoteView
from dayfly.cli.promote_watch import Watcher
from dayfly.core.policy import KINDS
from dayfly.errors import DayflyError
from dayfly.policy.document import parse_document, read_text
from dayfly.policy.proposing import propose
from dayfly.policy.readiness import Demand, Readiness, judge_block, judge_observe

if TYPE_CHECKING:
    from dayfly.attach.aws.facts import FunctionFacts
    from dayfly.attach.live.journal import Journal
    from dayfly.attach.live.updating import Updater
    from dayfly.attach.rollout.promoting import Promoter
    from dayfly.cli.output import Output
    from dayfly.core.policy import Policy
    from dayfly.fleet.service.client import Client
    from dayfly.policy.observed import Observation

NOT_READY = 1
REFUSED = 2
_HOPELESS = ("image", "not-attached", "variables-unreadable")


@dataclass(frozen=True, slots=True)
class PromoteOptions:
    """What was asked for. `source` is fleet or a log's path; `force` is a reason, "" for none; `watch_s` 0 for no watching."""

    guard: Literal["observe", "block"] | None = None
    source: str = FLEET
    demand: Demand = field(default_factory=Demand)
    with_rare: bool = False
    policy: Path | None = None
    force: str = ""
    is_dry_run: bool = False
    is_yes: bool = False
    watch_s: float = 0.0
    is_auto: bool = False


@dataclass(frozen=True, slots=True)
class Prepared:
    """A promotion that may be carried out: `text` is the policy that comes with it, "" where none does."""

    facts: FunctionFacts
    standing: Standing
    stage: Stage
    observation: Observation | None
    layer: PolicyLayer | None
    readiness: Readiness | None


class Promotion:
    """Promotes functions one after another; `clock` tells seconds since the epoch, `sleep` waits."""

    def __init__(
        self,
        output: Output,
        promoter: Promoter,
        policies: Policies,
        client: Client | None,
        options: PromoteOptions,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._output = output
        self._view = PromoteView(output)
        self._promoter = promoter
        self._policies = policies
        self._client = client
        self._options = options
        self._clock = clock
        self._sleep = sleep

    def prepare(self, function: str) -> Prepared | int:
        """Look, judge and show; return what may be carried out, or the exit code where nothing may."""
        options = self._options
        facts = self._promoter.facts(function)
        early = self._promoter.plan(facts, "learn", None)
        if any(refusal.reason in _HOPELESS for refusal in early.refusals):
            # What a fleet tells of it would only hide this.
            self._view.plan(early, "learn")
            return REFUSED
        needs_observation = self._client is not None or options.source != FLEET
        observation = None
        if needs_observation:
            observation = observe(self._client, options.source, facts, days=options.demand.days + 1)
        standing = standing_of(facts, observation.latest if observation else None)
        stage = self._target(facts.name, standing)
        is_moving = stage is None and bool(self._promoter.publish)
        if is_moving:
            # There is nothing to judge: an alias gets what is there already.
            stage = standing.stage
        if stage is None:
            self._view.told(
                "standing", facts.name, f"the guard is already at {standing.stage}", stage=standing.stage
            )
            return 0
        layer = None
        readiness = None
        if stage != "learn" and not is_moving:
            if observation is None:
                # Says how to give one.
                observation = observe(None, options.source, facts, days=options.demand.days)
            layer, readiness = self._judge(facts, standing, stage, observation)
            self._view.ready(facts.name, standing.stage, readiness)
        plan = self._promoter.plan(facts, stage, layer)
        self._view.plan(plan, stage)
        if plan.refusals:
            return REFUSED
        if readiness is not None and not readiness.is_ready and not options.force:
            return NOT_READY
        if not plan.changes and not self._promoter.publish:
            return 0
        return Prepared(facts, standing, stage, observation, layer, readiness)

    def carry_out(self, prepared: Prepared, updater: Updater, journal: Journal) -> int:
        """Do it, say how it ended, and watch where that was asked for; return the exit code."""
        options, facts = self._options, prepared.facts
        if prepared.readiness is not None and not prepared.readiness.is_ready:
            missing = [check.name for check in prepared.readiness.checks if check.state != "met"]
            updater.write(
                "forced", arn=facts.arn, stage=prepared.stage, reason=options.force[:500], missing=missing
            )
            self._view.told(
                "forced",
                facts.name,
                f"FORCED ({options.force}); not met: {', '.join(missing)}",
                is_good=False,
            )
        if prepared.layer is not None:
            self._policies.keep(prepared.layer.text, prepared.layer.digest)
        latest = prepared.observation.latest if prepared.observation else None
        began = self._clock()
        outcome = self._promoter.promote(
            facts, prepared.standing, prepared.stage, prepared.layer, latest, updater
        )
        self._view.outcome(_worded(outcome, prepared.stage), prepared.stage)
        if not outcome.is_good:
            return REFUSED
        if not options.watch_s:
            return 0
        return self._watch(facts, prepared, updater, journal, since=began)

    def _watch(
        self, facts: FunctionFacts, prepared: Prepared, updater: Updater, journal: Journal, *, since: float
    ) -> int:
        if self._client is None:
            raise DayflyError(
                "no fleet service is running, so refusals cannot be watched",
                hint="start `dayfly fleet serve`, or remove --watch",
            )
        watcher = Watcher(self._view, self._client, facts, clock=self._clock, sleep=self._sleep)
        guard = "block" if prepared.stage == "block" else "observe"
        digest = prepared.layer.digest if prepared.layer else prepared.standing.digest
        seen = watcher.watch(since, self._options.watch_s, guard=guard, digest=digest)
        if not seen.verdict.suggests_rollback:
            return 0 if seen.is_active else NOT_READY
        if not self._options.is_auto:
            self._view.told(
                "suggestion",
                facts.name,
                f"legitimate requests are refused; to undo: dayfly rollback {facts.name}",
                is_good=False,
            )
            return NOT_READY
        promotions = Promotions(journal.records())
        outcome = self._promoter.roll_back(facts.name, updater, promotions)
        self._view.told(
            "rollback",
            facts.name,
            "rolled back, because legitimate requests were refused",
            is_good=outcome.is_good,
        )
        self._view.outcome(outcome, prepared.standing.stage)
        return NOT_READY if outcome.state is State.DONE else REFUSED

    def _target(self, function: str, standing: Standing) -> Stage | None:
        wanted, stage = self._options.guard, standing.stage
        if wanted is None:
            return next_stage(standing)
        if wanted == "block" and stage in ("attached", "learn") and not self._options.force:
            raise DayflyError(
                f"{function} is at {stage}; it must observe with a policy before it can block",
                hint=f"run dayfly promote {function} for the next step, or skip it with --force REASON",
            )
        if wanted == "observe":
            if stage == "block":
                raise DayflyError(f"{function} already blocks", hint=f"to undo: dayfly rollback {function}")
            return "learn" if stage == "attached" else "observe"
        return None if stage == "block" else "block"

    def _judge(
        self, facts: FunctionFacts, standing: Standing, stage: Stage, observation: Observation
    ) -> tuple[PolicyLayer | None, Readiness]:
        demand = self._options.demand
        if stage == "block" and standing.stage == "observe" and self._options.policy is None:
            policy: Policy | None = None
            latest = observation.latest
            if standing.policy == "package":
                if latest is not None and latest.mode == "observe":
                    raise DayflyError(
                        (
                            f"the policy in the package of {facts.name} sets the mode observe, which overrides "
                            "DAYFLY_GUARD"
                        ),
                        hint=(
                            f"run dayfly policy promote dayfly.toml --function {facts.name}, and deploy it"
                        ),
                    )
            else:
                policy = parse_document(self._policies.of(standing)).policy()
                self._tell_own_modes(facts.name, policy, stage)
            return None, judge_block(observation, policy, demand, digest=standing.digest)
        old = self._former(facts, standing)
        if self._options.policy is not None:
            text = staged(old)
            if left_out := sorted(parse_document(text).data.keys() - {"policy", "scan"}):
                words = (
                    "a layer holds only [policy]; set these as environment variables instead: "
                    f"{', '.join(left_out)}"
                )
                self._view.told("left-out", facts.name, words, is_good=False)
        else:
            proposal = propose(
                observation, old=old, today=_today(self._clock()), with_rare=self._options.with_rare
            )
            self._view.proposal(proposal, old, name=f"{facts.name}'s policy")
            text = proposal.text
            if not proposal.learned and not old:
                raise DayflyError(
                    f"no uses of {facts.name} were recorded, so its policy would allow nothing",
                    hint="let it serve requests first, with DAYFLY_GUARD=observe and DAYFLY_GUARD_LEARN=on",
                )
        layer = build(text)
        policy = parse_document(text).policy()
        self._tell_own_modes(facts.name, policy, stage)
        if stage == "block":
            return layer, judge_block(observation, policy, demand, digest="")
        return layer, judge_observe(
            observation,
            demand,
            policy=policy,
            with_rare=self._options.with_rare or self._options.policy is not None,
        )

    def _tell_own_modes(self, function: str, policy: Policy, stage: Stage) -> None:
        """Say which rules do something else than the stage, since somebody wrote a mode for them."""
        guard = "block" if stage == "block" else "observe"
        rules = [kind for kind in KINDS if policy.restricts(kind)]
        other = [name for name in (*rules, *policy.modes) if policy.mode_of(name, guard) != guard]
        if other:
            does = "BLOCK already" if guard == "observe" else "go on OBSERVING"
            self._view.told(
                "own-modes",
                function,
                f"these rules {does}, because they have their own mode: {', '.join(other)}",
                is_good=False,
            )

    def _former(self, facts: FunctionFacts, standing: Standing) -> str:
        """Return what the new policy is made from: the file that was named, else the active one."""
        if self._options.policy is not None:
            path = self._options.policy
            return read_text(path / "dayfly.toml" if path.is_dir() else path)
        if standing.policy == "package":
            raise DayflyError(
                f"{facts.name} has a [policy] in its package, which the layer's policy would replace",
                hint=(
                    "extend that policy and deploy it (--into dayfly.toml), or pass it with --policy "
                    "dayfly.toml"
                ),
            )
        return self._policies.of(standing)


def _worded(outcome: Outcome, stage: str) -> Outcome:
    if outcome.state is not State.DONE:
        return outcome
    words = {
        "learn": "observes and records what it uses",
        "observe": "observes with this policy",
        "block": "BLOCKS",
    }[stage]
    beside = outcome.text.partition("; ")[2]
    return replace(outcome, text=f"{words}, in every new environment" + (f"; {beside}" if beside else ""))


def _today(now: float) -> date:
    return datetime.fromtimestamp(now, UTC).date()

"""Looks after a promotion or a rollback: what first log lines say is active, and what is refused since."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from dayfly.attach.rollout.watching import Refusal, Verdict, judge
from dayfly.errors import DayflyError
from dayfly.policy.observed import Stretch

if TYPE_CHECKING:
    from dayfly.attach.aws.facts import FunctionFacts
    from dayfly.cli.promote_view import PromoteView
    from dayfly.fleet.service.client import Client

_POLL_S = 5.0


@dataclass(frozen=True, slots=True)
class Watched:
    """What was seen until the end: whether a new environment said that it is active, and what was refused."""

    is_active: bool
    verdict: Verdict


class Watcher:
    """Asks a running fleet again and again; `clock` tells seconds since the epoch, `sleep` waits."""

    def __init__(
        self,
        view: PromoteView,
        client: Client,
        facts: FunctionFacts,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._view = view
        self._client = client
        self._facts = facts
        self._clock = clock
        self._sleep = sleep

    def watch(
        self, since: float, seconds: float, *, guard: str, digest: str, only_active: bool = False
    ) -> Watched:
        """Look for so long, or until honest requests are refused; with `only_active` until it is known to be active.

        Another guard or policy in the newest environment's first line is told at once: it is not what was set.
        """
        until = self._clock() + seconds
        told: set[str] = set()
        is_active = False
        while True:
            try:
                stretches, refusals = self._look(since)
            except DayflyError as fault:
                # It may be started again meanwhile; what was set must not be left unwatched for that.
                stretches, refusals, is_blind = (), (), True
                if fault.message not in told:
                    self._view.told(
                        "blind",
                        self._facts.name,
                        f"cannot watch at the moment: {fault.message}",
                        is_good=False,
                    )
                told.add(fault.message)
            else:
                is_blind = False
            for one in stretches:
                is_right = one.guard == guard and (not digest or one.digest == digest)
                what = f"guard {one.guard}" + (f", policy {one.digest[:12]}" if one.digest else "")
                text = f"{one.environments} new environments report: {what}" + (
                    "" if is_right else ", which is NOT the requested setting"
                )
                if what not in told:
                    self._view.told(
                        "in-force",
                        self._facts.name,
                        text,
                        is_good=is_right,
                        guard=one.guard,
                        digest=one.digest,
                    )
                told.add(what)
                is_active = is_active or is_right
            verdict = judge(refusals)
            if verdict.suggests_rollback or (only_active and is_active) or self._clock() >= until:
                break
            self._sleep(min(_POLL_S, max(0.1, until - self._clock())))
        self._view.refused(self._facts.name, verdict)
        if is_blind:
            self._view.told(
                "not-watched", self._facts.name, "the fleet service did not answer at the end: refusals are unknown",
                is_good=False,
            )  # fmt: skip
            return Watched(False, verdict)
        if not is_active:
            self._view.told(
                "not-proved", self._facts.name,
                (
                    "not verified: no new environment has started yet; it starts with the next traffic, and no "
                    "traffic means no proof"
                ),
                is_good=False,
            )  # fmt: skip
        elif not only_active and not verdict.honest:
            self._view.told(
                "quiet",
                self._facts.name,
                "no legitimate request was refused, as far as form and count show",
                is_good=True,
            )
        return Watched(is_active, verdict)

    def _look(self, since: float) -> tuple[Sequence[Stretch], Sequence[Refusal]]:
        facts = self._facts
        answer: Any = self._client.get(
            "/rollout/refusals",
            {"function": facts.name, "since": since, "account": facts.account, "region": facts.region},
        )
        try:
            return (
                msgspec.convert(answer["stretches"], tuple[Stretch, ...]),
                msgspec.convert(answer["refused"], tuple[Refusal, ...]),
            )
        except (msgspec.ValidationError, LookupError, TypeError) as error:
            raise DayflyError(
                f"the fleet service sent an unexpected answer: {error}",
                hint="check that it runs the same version of Dayfly",
            ) from error

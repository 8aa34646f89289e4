"""Judges what environments said of themselves against what is set; pure."""

from __future__ import annotations

from dayfly.attach.aws.facts import FunctionFacts
from dayfly.attach.coverage.model import Effect, Gap, Seen
from dayfly.attach.coverage.moments import ago, read_time

# Lines take up to minutes to be collected, and an environment may have begun just before the change.
_SETTLED_S = 900.0


def judge_seen(facts: FunctionFacts, seen: Seen, *, is_on: bool, now: float) -> list[Gap]:
    """Return what speaks against `seen`; `is_on` says that Dayfly is set, or may be in an image."""
    gaps: list[Gap] = []
    changed = read_time(facts.last_modified)
    if is_on and seen.refused > seen.started:
        gaps.append(
            Gap(
                "not-active",
                (
                    f"an environment reported {ago(now - seen.refused)} ago that Dayfly is not active: "
                    f"{seen.refusal}"
                ),
                "see the reason in its log; test the layer with `dayfly layer test`",
                Effect.ALL,
            )
        )
    elif is_on and not max(seen.started, seen.last_line) and seen.last_invocation > changed + _SETTLED_S:
        gaps.append(
            Gap(
                "silent",
                f"{seen.source} has Lambda's log records from {ago(now - seen.last_invocation)} ago, after "
                "the last change of the function, but none from Dayfly: Dayfly does not run there, or its "
                "records do not arrive",
                'search its log for "dayfly: not active", for example with `dayfly status --logs`',
                Effect.ALL,
            )
        )
    if is_on and seen.started and seen.isolation == "process" and (
        facts.environment.variables.get("DAYFLY_ISOLATION") != "process"
    ):  # fmt: skip
        gaps.append(
            Gap(
                "process-isolation",
                seen.not_forkable.removeprefix("Dayfly: ")
                or "its environments run in process isolation: requests share one process",
                "fix the listed causes, or choose an isolation with `dayfly plan`",
            )
        )
    if is_on and seen.started and seen.guard == "not armed":
        gaps.append(
            Gap(
                "not-as-requested",
                "the guard could not be armed",
                "see the reason in its finding environment.cannot-check",
            )
        )
    if is_on and seen.started > changed + _SETTLED_S and seen.guard != "not armed":
        # A setting that an environment of this very configuration does not have.
        for name, has in (("DAYFLY_GUARD", seen.guard), ("DAYFLY_ISOLATION", seen.isolation)):
            asked = facts.environment.variables.get(name, "")
            if asked and has and asked != has and has != "process":
                gaps.append(
                    Gap(
                        "not-as-requested",
                        (
                            f"{name} is set to {asked}, but an environment reported {ago(now - seen.started)} "
                            f"ago that it runs with {has}"
                        ),
                        f"dayfly attach {facts.name}",
                    )
                )
    if seen.infected:
        gaps.append(
            Gap(
                "infected",
                f"{_count(seen.infected, 'environment')} {'was' if seen.infected == 1 else 'were'} infected",
                f"dayfly recycle {facts.name}",
                Effect.NOTHING,
            )
        )
    return gaps


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")

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
                "not-in-force",
                f"an environment said {ago(now - seen.refused)} ago that Dayfly is not in force: {seen.refusal}",
                "its log has the reason; `dayfly layer test` shows the layer in the lab",
                Effect.ALL,
            )
        )
    elif is_on and not max(seen.started, seen.last_line) and seen.last_invocation > changed + _SETTLED_S:
        gaps.append(
            Gap(
                "silent",
                f"{seen.source} has lines of Lambda's from {ago(now - seen.last_invocation)} ago, after the function was last "
                "changed, and none of Dayfly's: it does not run there, or its lines do not get there",
                'look for "dayfly: not in force" in its log; `dayfly status --logs` does',
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
                "mend what it names, or let `dayfly plan` choose an isolation",
            )
        )
    if is_on and seen.started and seen.guard == "not armed":
        gaps.append(
            Gap(
                "not-as-asked",
                "the guard could not be armed",
                "its finding environment.cannot-check says why",
            )
        )
    if is_on and seen.started > changed + _SETTLED_S and seen.guard != "not armed":
        # A setting that an environment of this very configuration does not have.
        for name, has in (("DAYFLY_GUARD", seen.guard), ("DAYFLY_ISOLATION", seen.isolation)):
            asked = facts.environment.variables.get(name, "")
            if asked and has and asked != has and has != "process":
                gaps.append(
                    Gap(
                        "not-as-asked",
                        f"{name} is {asked}, and an environment said {ago(now - seen.started)} ago that it runs with {has}",
                        f"dayfly attach {facts.name}",
                    )
                )
    if seen.infected:
        gaps.append(
            Gap(
                "infected",
                f"{_count(seen.infected, 'environment')} of it {'was' if seen.infected == 1 else 'were'} seen infected",
                f"dayfly recycle {facts.name}",
                Effect.NOTHING,
            )
        )
    return gaps


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")

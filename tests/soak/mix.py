"""What a soak sends: a seeded mix of honest and hostile events, and which outcomes each may have."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from dayfly.testing.runtime_api import MAX_PAYLOAD_BYTES, Outcome

# Who lives through a stage: growth is compared within one life, so the long stages leave supervisor and zygote
# alive. Shares of the invocations; the kinds of a stage come on top of those before it.
STAGES = {"calm": 0.45, "rough": 0.30, "wild": 0.25}
# Weight of each kind, and the outcomes it may have: answer, error (the function's own), exit (its worker ended),
# too-large, lost (the environment was reset under it).
CALM: dict[str, tuple[float, tuple[str, ...]]] = {
    "honest": (66, ("answer",)),
    "error": (6, ("error",)),
    "leave": (3, ("exit",)),
    "stop": (1, ("exit",)),
    "kill_self": (3, ("exit",)),
    "crash": (2, ("exit",)),
    "forks": (4, ("answer",)),
    "storm": (0.4, ("answer",)),
    "threads": (4, ("answer",)),
    "files": (4, ("answer",)),
    "objects": (1, ("answer",)),
    "prints": (3, ("answer",)),
}
# Megabytes leave their mark on the allocator: they come with the second stage, so that the first shows small leaks.
# A worker may be ended with the zygote it has killed; its own caller then gets an error, and nobody else does.
ROUGH: dict[str, tuple[float, tuple[str, ...]]] = {
    "take": (1, ("answer",)),
    "too_large": (0.3, ("too-large",)),
    "large": (1, ("answer",)),
    "kill_zygote": (0.6, ("answer", "exit")),
    "stop_zygote": (0.3, ("answer", "exit")),
    "kill_spares": (1, ("answer",)),
}
WILD: dict[str, tuple[float, tuple[str, ...]]] = {
    "kill_supervisor": (0.6, ("lost",)),
    "kill_all": (0.6, ("lost",)),
    "hang": (0.6, ("lost",)),
}
KINDS = CALM | ROUGH | WILD
# Bytes of an event for each unit of its size: six megabytes at most.
TAKEN = 1000


@dataclass(frozen=True)
class Event:
    """One event: `number` and `mark` are its own, `stage` the stage it belongs to."""

    number: int
    stage: str
    kind: str
    mark: str
    size: int
    takes: float

    @property
    def payload(self) -> dict[str, object]:
        """What the function is sent."""
        kind = {"too_large": "large"}.get(self.kind, self.kind)
        size = {"large": self.size * 900, "too_large": MAX_PAYLOAD_BYTES + self.size * 300}.get(
            self.kind, self.size
        )
        pad = {"pad": "y" * (self.size * TAKEN)} if self.kind == "take" else {}
        return {"mark": self.mark, "kind": kind, "size": size, "takes": self.takes, **pad}


def events(count: int, seed: str) -> Iterator[Event]:
    """Yield `count` events; the same seed and count give the same ones."""
    dice = random.Random(seed)
    number = 0
    kinds: dict[str, tuple[float, tuple[str, ...]]] = {}
    for stage, share in STAGES.items():
        kinds |= {"calm": CALM, "rough": ROUGH, "wild": WILD}[stage]
        names, weights = list(kinds), [weight for weight, _ in kinds.values()]
        for _ in range(round(count * share) if stage != "wild" else count - number):
            mark = f"m{number}-{dice.getrandbits(64):016x}"
            takes = dice.random() * 0.004 if dice.random() < 0.05 else 0.0
            yield Event(number, stage, dice.choices(names, weights)[0], mark, dice.randrange(1, 6000), takes)
            number += 1


def judge(event: Event, request_id: str, outcome: Outcome, *, is_fresh: bool) -> str:
    """Say what is wrong with an outcome, nothing if all is well.

    `is_fresh` says that every worker serves one event: what it found of others is wrong.
    """
    seen = _describe(event, request_id, outcome)
    if seen not in KINDS[event.kind][1]:
        return f"{seen}, which is none of {KINDS[event.kind][1]}: {outcome.kind} {outcome.body[:200]!r}"
    if seen == "answer" and is_fresh:
        payload = outcome.payload
        assert isinstance(payload, dict)
        if (payload["seen"], payload["files"], payload["threads"]) != (0, 0, 1):
            return f"its worker was not fresh: {outcome.body[:200]!r}"
    return ""


def _describe(event: Event, request_id: str, outcome: Outcome) -> str:
    if outcome.kind == "lost":
        return "lost"
    if outcome.status == 413:
        return "too-large"
    try:
        payload = outcome.payload
    except ValueError:
        return "an answer that is not valid JSON"
    if not isinstance(payload, dict):
        return "an answer of another function"
    if outcome.kind == "response":
        if (payload.get("mark"), payload.get("id")) != (event.mark, request_id):
            return "another event's answer"
        if event.kind == "large" and len(payload["pad"]) != event.size * 900:
            return "a part of an answer"
        if event.kind == "take" and payload["taken"] != event.size * TAKEN:
            return "a part of an event"
        return "answer"
    if payload.get("errorType") == "Runtime.ExitError":
        return (
            "exit"
            if str(payload["errorMessage"]).startswith(f"RequestId: {request_id} ")
            else "another event's end"
        )
    return "error" if payload.get("errorMessage") == event.mark else "another event's error"

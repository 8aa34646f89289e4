"""What is known of a function's time under the guard: from a fleet, which knows more, or from a log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from dayfly.core.shapes import SHAPE
from dayfly.policy.model import Gathered, Seen, Use

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dayfly.policy.logs import Log

DAY_S = 86_400.0


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """Environments of one version in which the same was active, and what they served.

    `guard` is what their first line said; `learns` that new uses are told; `policy` package, layer or "", `digest` the
    layer's, `mode` what the policy's rules do. Times in seconds since the epoch, `days` as 2026-11-26.
    """

    version: str = ""
    guard: str = ""
    learns: bool = False
    policy: str = ""
    digest: str = ""
    mode: str = ""
    code: str = ""
    environments: int = 0
    invocations: int = 0
    began: float = 0.0
    last: float = 0.0
    days: tuple[str, ...] = ()

    @property
    def is_watched(self) -> bool:
        """Say whether the guard saw what happened."""
        return self.guard in ("observe", "block")


class SeenUse(msgspec.Struct, frozen=True, kw_only=True):
    """One use, with how widely it was seen where nothing spoke of an attack.

    `times` counts all findings of it, `suspect` those beside an attack; `callers` is 0 where nobody knows callers.
    `verdict` is the worst of used, observed and refused. `request` is one in which it was seen.
    """

    kind: str
    target: str
    packages: tuple[str, ...]
    phase: str
    place: str = ""
    verdict: str = "used"
    times: int = 1
    suspect: int = 0
    environments: int = 1
    days: int = 1
    callers: int = 0
    first: float = 0.0
    last: float = 0.0
    request: str = ""

    @property
    def use(self) -> Use:
        return Use(self.kind, self.target, self.packages, self.phase)

    @property
    def is_suspect(self) -> bool:
        """Say whether it was never seen but beside an attack: then it is never learned."""
        return self.suspect >= self.times


class Sign(msgspec.Struct, frozen=True, kw_only=True):
    """Findings of one kind by one rule at one place. `explained` of them somebody has acknowledged or muted, and says `reason`."""

    kind: str
    rule: str = ""
    place: str = ""
    severity: int = 1
    times: int = 1
    requests: int = 0
    environments: int = 0
    first: float = 0.0
    last: float = 0.0
    uid: str = ""
    explained: int = 0
    actor: str = ""
    reason: str = ""


class Conclusion(msgspec.Struct, frozen=True, kw_only=True):
    """What a detection concluded about the function."""

    uid: str
    rule: str
    title: str
    severity: int
    last: float = 0.0
    is_explained: bool = False


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """All of it, for the time from `since` to `until`.

    `source` is fleet or log. `shapes` are those of statements and commands. A log tells of no silent environments, callers, explanations or detections: `silent` and
    `callers` are None there. `is_cut` says that there was more than could be told; `malformed` findings could not be read.
    """

    function: str
    source: str
    since: float
    until: float
    stretches: tuple[Stretch, ...] = ()
    uses: tuple[SeenUse, ...] = ()
    shapes: tuple[SeenUse, ...] = ()
    signs: tuple[Sign, ...] = ()
    conclusions: tuple[Conclusion, ...] = ()
    silent: int | None = None
    silent_invocations: int = 0
    callers: int | None = None
    is_verified: bool = False
    is_cut: bool = False
    malformed: int = 0

    @property
    def watched(self) -> tuple[Stretch, ...]:
        """Return the stretches in which the guard saw what happened."""
        return tuple(one for one in self.stretches if one.is_watched)

    @property
    def latest(self) -> Stretch | None:
        """Return what was active in the environment that was heard last, of those in which the guard watched."""
        return max(self.watched, key=lambda one: one.began, default=None)

    @property
    def tells_allowed(self) -> bool:
        """Say whether uses that nothing refuses are told of as well."""
        return any(one.learns for one in self.watched) or any(use.verdict == "used" for use in self.uses)

    def gather(self, uses: Sequence[SeenUse]) -> Gathered:
        """Return some of its uses as something to learn from."""
        watched = self.watched
        # Which environments had a shape is not told, only how many: as if always the same ones had them.
        shapes = tuple(
            Seen(one.use, "fleet", f"environment {number}", one.place, one.first)
            for one in self.shapes
            if one.times > one.suspect
            for number in range(one.environments)
        )
        return Gathered(
            source="fleet",
            seen=tuple(Seen(use.use, "fleet", use.request, use.place, use.first) for use in uses),
            units=tuple(dict.fromkeys(use.request for use in uses)),
            malformed=self.malformed,
            begins=min((one.began for one in watched), default=None),
            ends=max((one.last for one in watched), default=None),
            shapes=shapes,
        )


def observe_log(log: Log, *, function: str = "") -> Observation:
    """Return what a log's lines tell, of one environment's guard or of many."""
    begins, ends = log.begins or 0.0, log.ends or 0.0
    groups: dict[Use, SeenUse] = {}
    environments: dict[Use, set[str]] = {}
    days: dict[Use, set[int]] = {}
    for entry in (*log.entries, *log.shapes):
        use, at = entry.seen.use, entry.seen.at or 0.0
        known = groups.get(use)
        clean = environments.setdefault(use, set())
        when = days.setdefault(use, set())
        if not entry.is_suspect:
            clean.add(entry.seen.unit)
            when.add(int(at // DAY_S))
        groups[use] = SeenUse(
            kind=use.kind,
            target=use.target,
            packages=use.packages,
            phase=use.phase,
            place=entry.seen.place or (known.place if known else ""),
            verdict=max((known.verdict if known else "used", entry.verdict), key=_rank),
            times=(known.times if known else 0) + 1,
            suspect=(known.suspect if known else 0) + entry.is_suspect,
            environments=len(clean),
            days=len(when),
            first=min(known.first, at) if known else at,
            last=max(known.last, at) if known else at,
            request=entry.request_id or (known.request if known else ""),
        )
    signs: dict[str, Sign] = {}
    for subject, when_seen in log.observed:
        known_sign, at = signs.get(subject), when_seen or 0.0
        signs[subject] = Sign(
            kind="guard.observed",
            rule=subject,
            severity=4,
            times=(known_sign.times if known_sign else 0) + 1,
            first=known_sign.first if known_sign else at,
            last=max(known_sign.last if known_sign else 0.0, at),
        )
    stretch = Stretch(
        guard="observe",
        learns=log.tells_allowed,
        environments=len(log.environments),
        invocations=len(log.requests),
        began=begins,
        last=ends,
    )
    return Observation(
        function=function,
        source="log",
        since=begins,
        until=ends,
        stretches=(stretch,) if log.environments else (),
        uses=tuple(one for one in groups.values() if one.kind != SHAPE),
        shapes=tuple(one for one in groups.values() if one.kind == SHAPE),
        signs=tuple(signs.values()),
        malformed=log.malformed,
    )


def _rank(verdict: str) -> int:
    return ("used", "observed", "refused").index(verdict) if verdict in ("used", "observed", "refused") else 0

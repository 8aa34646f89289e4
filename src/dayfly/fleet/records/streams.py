"""Which environment speaks in which log stream, and whether what it says agrees with what it said.

On Lambda one stream is one environment of the platform's, in which one environment of Dayfly's follows another: after a
restore, after the runtime was started anew. A function's code cannot know what its supervisor will say next, so what
contradicts is somebody else's. What only looks odd (lines out of order, a beginning that was not seen) does not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Literal

from dayfly.fleet.records.rows import Trust

# Everything of a fleet that is awake fits: 20,000 functions of a dozen environments. Forgotten is only judged less.
_MANY = 250_000
_MANY_LINES = 200_000
_MANY_IN_STREAM = 64
# How far a clock that is set, or two clocks of one platform, may be off.
_CLOCK_S = 5.0
_CLOCK_STEP_S = 300.0
_STREAM = re.compile(r"\[(?P<version>[^\[\]/]+)\](?P<id>[0-9a-f]{32})$")

Proof = Literal["good", "bad", "none", "damaged"]
_LACKS: dict[Proof, str] = {"bad": "invalid signature", "none": "missing signature"}


def stream_number(name: str, scope: str = "") -> int:
    """Return the number of a log stream: Lambda's own are known by their id by whatever road, others within `scope`; 0 without a name."""
    if not name:
        return 0
    match = _STREAM.search(name)
    if match:
        return int(match["id"][:16], 16) or 1
    digest = blake2b(f"{scope}\0{name}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") or 1


def is_lambda_stream(name: str) -> bool:
    """Say whether a log stream is named as Lambda names an environment's."""
    return _STREAM.search(name) is not None


def version_of_stream(name: str) -> str:
    """Return the version in a stream's name, "" where there is none."""
    match = _STREAM.search(name)
    return match["version"] if match else ""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a line says of itself.

    `stream` is 0 where the stream is not one of Lambda's. `content` tells two lines of one sequence number apart. `deployed` is
    the function's published version with its account and region, "" where it is none: its variables, and so its key, never change.
    """

    environment: int
    function: str
    stream: int
    sequence: int
    time: float
    content: int
    proof: Proof
    is_start: bool = False
    deployed: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether a line is believed; `forged` says why it is not, "" where nothing contradicts."""

    trust: Trust
    forged: str = ""


@dataclass(slots=True)
class _Speaker:
    function: str
    stream: int
    first: float
    last: float
    started: float = 0.0
    is_verified: bool = False
    is_contested: bool = False
    top: int = 0
    top_time: float = 0.0


@dataclass(slots=True)
class _Stream:
    environments: list[int] = field(default_factory=list)
    is_verified: bool = False


class Streams:
    """What was heard so far of all environments, as much of it as fits; one thread's."""

    def __init__(self, *, has_keys: bool) -> None:
        self._has_keys = has_keys
        self._speakers: dict[int, _Speaker] = {}
        self._streams: dict[int, _Stream] = {}
        self._proving: set[str] = set()
        # Two generations: the elder goes when the younger is full.
        self._lines: dict[int, int] = {}
        self._older_lines: dict[int, int] = {}

    def judge(self, claim: Claim) -> Judgement:
        """Judge one line and remember it, unless it is forged."""
        speaker = self._speakers.get(claim.environment)
        stream = self._streams.get(claim.stream) if claim.stream else None
        if claim.proof == "good":
            if speaker is not None and self._is_elsewhere(speaker, claim) and speaker.is_verified:
                return Judgement("unverified", "environment writes to two log streams")
            self._remember(claim, speaker, stream, is_verified=True)
            if claim.deployed and len(self._proving) < _MANY:
                self._proving.add(claim.deployed)
            return Judgement("verified")
        if (speaker is not None and speaker.is_verified) or (stream is not None and stream.is_verified):
            if claim.proof == "damaged":
                return Judgement("unverified")
            whose = "its environment" if speaker is not None and speaker.is_verified else "this log stream"
            return Judgement("unverified", f"{_LACKS[claim.proof]}, but other records of {whose} are signed")
        if claim.proof == "none" and claim.deployed in self._proving:
            return Judgement(
                "unverified",
                f"{_LACKS[claim.proof]}, but other environments of this function version sign their records",
            )
        if claim.proof == "bad" and self._has_keys:
            # Whoever can make no proof can still invent one.
            return Judgement(
                "unverified",
                f"{_LACKS['bad']}: forged, or signed with a key that is not in fleet.key",
            )
        reason = self._contradiction(claim, speaker, stream)
        if reason:
            return Judgement("unverified", reason)
        speaker = self._remember(claim, speaker, stream, is_verified=False)
        is_whole = bool(claim.sequence and claim.stream) and not self._has_keys
        is_alone = speaker.started > 0 or stream is None or stream.environments == [claim.environment]
        return Judgement("consistent" if is_whole and is_alone else "unverified")

    def know(self, environment: int, *, function: str, stream: int, deployed: str, time: float) -> None:
        """Remember an environment that was verified before this reader began."""
        claim = Claim(environment, function, stream, 0, time, 0, "good", deployed=deployed)
        self.judge(claim)

    def _is_elsewhere(self, speaker: _Speaker, claim: Claim) -> bool:
        return bool(speaker.stream and claim.stream and speaker.stream != claim.stream)

    def _contradiction(self, claim: Claim, speaker: _Speaker | None, stream: _Stream | None) -> str:
        if speaker is not None:
            if speaker.is_contested:
                return "another environment writes to this log stream before and after"
            if speaker.function and claim.function and speaker.function != claim.function:
                return "environment belongs to another function"
            if self._is_elsewhere(speaker, claim) and speaker.started:
                return "environment writes to two log streams"
            if claim.sequence:
                if (
                    claim.sequence < speaker.top
                    and claim.time > speaker.top_time + _CLOCK_STEP_S
                    and speaker.started
                ):
                    return "sequence number decreased"
                known = self._known_content(claim)
                if known is not None and known != claim.content:
                    return "sequence number already used by another record"
        return self._two_at_once(claim, speaker, stream)

    def _two_at_once(self, claim: Claim, speaker: _Speaker | None, stream: _Stream | None) -> str:
        if stream is None:
            return ""
        begins = claim.time if claim.is_start or speaker is None else speaker.started or speaker.first
        for number in stream.environments:
            if number == claim.environment:
                continue
            other = self._speakers.get(number)
            if other is None or not other.started:
                continue
            if speaker is None or not speaker.started or claim.is_start:
                if other.started + _CLOCK_S < begins < other.last - _CLOCK_S:
                    return (
                        "another environment writes to this log stream before and after"
                        if claim.is_start
                        else "environment did not start in this log stream, but another one did"
                    )
            elif (
                other.started + _CLOCK_S < speaker.started < claim.time
                and other.last > speaker.started + _CLOCK_S
            ):
                return "another environment writes to this log stream before and after"
            elif speaker.started + _CLOCK_S < other.started and claim.time > other.started + _CLOCK_S:
                # Who came later is not who was there.
                other.is_contested = True
        return ""

    def _known_content(self, claim: Claim) -> int | None:
        key = claim.environment << 32 | claim.sequence
        known = self._lines.get(key)
        return self._older_lines.get(key) if known is None else known

    def _remember(
        self, claim: Claim, speaker: _Speaker | None, stream: _Stream | None, *, is_verified: bool
    ) -> _Speaker:
        if speaker is None:
            _make_room(self._speakers)
            speaker = self._speakers[claim.environment] = _Speaker(
                claim.function, claim.stream, claim.time, claim.time
            )
        if is_verified and not speaker.is_verified:
            speaker.is_verified = True
            speaker.is_contested = False
            speaker.function, speaker.stream = claim.function, claim.stream
        speaker.first = min(speaker.first, claim.time)
        speaker.last = max(speaker.last, claim.time)
        speaker.stream = speaker.stream or claim.stream
        if claim.is_start:
            speaker.started = claim.time
        if claim.sequence > speaker.top:
            speaker.top, speaker.top_time = claim.sequence, claim.time
        if claim.stream:
            if stream is None:
                _make_room(self._streams)
                stream = self._streams[claim.stream] = _Stream()
            stream.is_verified = stream.is_verified or is_verified
            if claim.environment not in stream.environments:
                stream.environments.append(claim.environment)
                del stream.environments[:-_MANY_IN_STREAM]
        if claim.sequence and not is_verified:
            if len(self._lines) >= _MANY_LINES:
                self._older_lines, self._lines = self._lines, {}
            self._lines[claim.environment << 32 | claim.sequence] = claim.content
        return speaker


def _make_room(known: dict[int, _Speaker] | dict[int, _Stream]) -> None:
    """Forget the half that was met first, once there are too many."""
    if len(known) >= _MANY:
        for number in list(known)[: _MANY // 2]:
            del known[number]

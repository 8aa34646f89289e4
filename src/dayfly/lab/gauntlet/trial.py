"""One attack on one environment: customers, the attack, customers again; and what is to be said of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from dayfly.lab.gauntlet.model import Cell, Outcome
from dayfly.lab.gauntlet.protection import UnavailableError
from dayfly.lab.plan.observe import error_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dayfly.lab.gauntlet.evidence import Aftermath
    from dayfly.lab.gauntlet.protection import Protection, Sign
    from dayfly.lab.gauntlet.technique import Technique
    from dayfly.lab.gauntlet.victim import LabVictim
    from dayfly.lab.model import InvokeResult, LogLine

# Customers before the attack: what a protection says of them it says of honest requests.
BEFORE = 2
# Customers after it, one by one: more than a window's events (protections/dayfly.py), so that one is seen to end.
AFTER = 8
# So many in a row that are not reached: what was planted is taken for gone.
CLEAN: Final = 3
# A technique that leaves the environment failing costs a time-out for each customer.
_LIMIT_S = 60.0
_LIFE_LIMIT_S = 2.0
_LOOK_S = 0.01
_DEADLINE_MARGIN_S = 0.5
_REACHES_NOBODY = "it fails on this machine, even without protection"
# Errors of the platform's own: the runtime ended or took too long, which no protection's refusal looks like.
_PLATFORM_ERRORS = ("Runtime.ExitError", "Sandbox.Timedout", "Runtime.ImportModuleError")


@dataclass(slots=True)
class Heard:
    """What a protection said, with the time (seconds since the epoch) of each sign; filled while the lab runs.

    `fault` is the first failure of the protection's own code to read what it was shown; nothing can be said then.
    """

    protection: Protection
    signs: list[tuple[float, Sign]] = field(default_factory=list)
    fault: str = ""

    def hear(self, line: LogLine) -> None:
        """Take a line of the function's log."""
        if line.source == "platform":
            return
        try:
            sign = self.protection.read_line(line)
        except Exception as error:  # boundary: somebody else's code, called in the midst of the lab
            self.fault = self.fault or f"its read_line method failed: {type(error).__name__}: {error}"
            return
        if sign is not None:
            self.signs.append((line.at, sign))

    def tell(self, sign: Sign) -> None:
        """Take a sign that came by another way."""
        self.signs.append((time.time(), sign))

    def hear_answer(self, result: InvokeResult) -> bool:
        """Take an answer; True if the protection refused by it."""
        try:
            sign = self.protection.read_answer(result)
        except Exception as error:  # boundary: somebody else's code
            self.fault = self.fault or f"its read_answer method failed: {type(error).__name__}: {error}"
            return False
        if sign is not None:
            self.signs.append((time.time(), sign))
        return sign is not None and sign.kind == "refused"

    def check(self) -> None:
        """Raise UnavailableError where the protection's own code has failed."""
        if self.fault:
            raise UnavailableError(self.fault, hint="fix the protection")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try: what it met and whom it reached. Times are seconds since its request."""

    is_refused: bool
    error: str
    reached: int
    served: int
    wronged: int
    lost: int
    exposure_s: float | None
    is_open: bool


def attempt(victim: LabVictim, technique: Technique, *, after: int) -> Attempt:
    """Attack once and serve `after` customers, fewer once some in a row were not reached."""
    began = time.monotonic()
    result = victim.attack(technique)
    is_refused = victim.is_refused
    error = error_type(result) if result.function_error is not None else ""
    reached = served = wronged = lost = clean = 0
    exposure_s: float | None = None
    is_last_reached = False
    if technique.resets and _settle(victim):
        reached, served, exposure_s = 1, 1, time.monotonic() - began
    has_waited = not technique.noticed_within
    while True:
        if served >= after or clean >= CLEAN:
            if has_waited or clean >= CLEAN:
                break
            # What is noticed by a deadline takes that long; these customers come after it.
            has_waited, after = True, served + CLEAN + 1
            _wait_until(victim, began + technique.timeout_s + _DEADLINE_MARGIN_S)
        aftermath: Aftermath = technique.evidence.gather(victim, 1)
        served += 1
        wronged += len(aftermath.wronged)
        lost += aftermath.lost
        is_last_reached = aftermath.reached > 0
        if is_last_reached:
            reached += aftermath.reached
            exposure_s = time.monotonic() - began
        clean = 0 if is_last_reached else clean + 1
        if time.monotonic() - began > _LIMIT_S:
            break
    return Attempt(is_refused, error, reached, served, wronged, lost, exposure_s, is_last_reached)


def _wait_until(victim: LabVictim, moment: float) -> None:
    while time.monotonic() < moment and not victim.bridge.stop.is_set():
        time.sleep(_LOOK_S)


def _settle(victim: LabVictim) -> bool:
    """Let one customer be served by whatever the attack has left of the runtime; True if his card was taken.

    The platform notices a runtime that ended at its next event at the latest, whose answer may carry the failure.
    """
    lives = victim.lives()
    card, _ = victim.order()
    end = time.monotonic() + _LIFE_LIMIT_S
    while victim.lives() == lives and time.monotonic() < end and not victim.bridge.stop.is_set():
        time.sleep(_LOOK_S)
    return bool(victim.stolen([card]))


def judge(one: Attempt, *, is_noticed: bool, usual_error: str) -> tuple[Outcome, str]:
    """Say what an attempt comes to, and why. `usual_error` is what its own request ends in without protection."""
    if one.is_open:
        return ("detected" if is_noticed else "survived"), ""
    if one.reached == 0:
        if one.is_refused:
            return "blocked", one.error
        if one.error and one.error not in _PLATFORM_ERRORS and one.error != usual_error:
            return "blocked", one.error
    return "contained", ""


def worst(attempts: Sequence[tuple[Attempt, Outcome]]) -> int:
    """Which attempt counts: the one the attacker gained most by."""
    order: dict[Outcome, int] = {"survived": 3, "detected": 2, "contained": 1, "blocked": 0}
    return max(
        range(len(attempts)), key=lambda number: (attempts[number][0].reached, order[attempts[number][1]])
    )


def run_trial(
    victim: LabVictim,
    technique: Technique,
    heard: Heard,
    *,
    isolation: str,
    tries: int,
    usual_error: str | None,
) -> tuple[Cell, Attempt]:
    """Try a technique on a fresh environment, `tries` times at the most, until it has reached a later customer.

    `usual_error` is None for the yardstick. Raises UnusableError where the function does not work at all.
    """
    began = time.monotonic()
    victim.learn()
    for _ in range(BEFORE - 1):
        victim.order()
    if usual_error is None and (why := _why_void(victim, technique)):
        return Cell(technique.name, heard.protection.name, isolation, "void", why), _NOTHING
    alarms = {sign.name for _, sign in heard.signs}
    not_active = next((sign.name for _, sign in heard.signs if sign.kind == "not active"), "")
    attempts: list[tuple[Attempt, Outcome]] = []
    after = AFTER + technique.noticed_within
    began_at: list[float] = []
    for _ in range(tries):
        began_at.append(time.time())
        one = attempt(victim, technique, after=after)
        is_noticed = _is_noticed(heard, since=began_at[0], except_for=alarms)
        outcome, _ = judge(one, is_noticed=is_noticed, usual_error=usual_error or "")
        attempts.append((one, outcome))
        if one.reached or outcome == "blocked":
            break
    _wait_for_words(victim, heard, since=began_at[0])
    heard.check()
    # From the request that it is about: the last one before it.
    signs = [
        (at - max(began for began in began_at if began <= at), sign)
        for at, sign in heard.signs
        if at >= began_at[0] and sign.name not in alarms
    ]
    one, _ = attempts[worst(attempts)]
    outcome, reason = judge(one, is_noticed=bool(signs), usual_error=usual_error or "")
    if usual_error is None and not one.reached:
        outcome, reason = "void", _REACHES_NOBODY
        if technique.needs_more_than_lambda:
            reason = "it needs something that Lambda and the lab do not permit or have"
    return (
        Cell(
            attack=technique.name,
            protection=heard.protection.name,
            isolation=isolation,
            outcome=outcome,
            reason=reason,
            served=one.served,
            reached=one.reached,
            wronged=one.wronged,
            lost=one.lost,
            exposure_ms=None if one.exposure_s is None else round(one.exposure_s * 1000, 1),
            is_open=one.is_open,
            signs=tuple(dict.fromkeys(sign.name for _, sign in signs)),
            detect_ms=round(min(at for at, _ in signs) * 1000, 1) if signs else None,
            not_active=not_active,
            seconds=round(time.monotonic() - began, 2),
        ),
        one,
    )


_NOTHING = Attempt(False, "", 0, 0, 0, 0, None, False)


def _why_void(victim: LabVictim, technique: Technique) -> str:
    """Why nothing can be said of a technique on this machine, seen before it was tried; empty if nothing is in its way."""
    if technique.possible and not victim.result_of(technique.possible):
        return "this machine has no such object"
    if technique.evidence.gather(victim, 1).reached:
        return "the evidence also appears without the attack"
    return ""


def _is_noticed(heard: Heard, *, since: float, except_for: set[str]) -> bool:
    return any(at >= since and sign.name not in except_for for at, sign in heard.signs)


def _wait_for_words(victim: LabVictim, heard: Heard, *, since: float) -> None:
    """Wait for signs that come by another way than the log, as long as the protection says they may take."""
    end = time.monotonic() + heard.protection.reports_within_s
    while time.monotonic() < end and not victim.bridge.stop.is_set():
        if any(at >= since for at, _ in heard.signs):
            return
        time.sleep(_LOOK_S)

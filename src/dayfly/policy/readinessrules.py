"""The rules by which what was seen of a function is judged: each looks at one thing and says what is missing; pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from dayfly.policy.confidence import MIN_OBSERVATIONS
from dayfly.policy.explaining import effect_of
from dayfly.policy.observed import DAY_S
from dayfly.policy.widely import learnable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dayfly.core.policy import Policy
    from dayfly.policy.observed import Observation, SeenUse, Sign, Stretch

State = Literal["met", "missing", "unknown"]
# That somebody meddles with what tells: then everything else here may be a lie.
TAMPERING = frozenset(
    {
        "code_changed",
        "divergence",
        "foothold",
        "forged_lines",
        "infection_burst",
        "log_gaps",
        "protection_gone",
        "residue_divergence",
        "stolen_credentials",
        "supply_chain",
    }
)
_SEVERE = 4
# Words of an environment that are older say nothing about now.
_FRESH_S = DAY_S
_LOOKS = 3


@dataclass(frozen=True, slots=True)
class Check:
    """One rule: its name, whether it is met, why in words, and what is missing, "" where nothing is."""

    name: str
    state: State
    text: str
    missing: str = ""


def check_learning(observation: Observation) -> Check:
    """Say whether environments tell what they use."""
    if observation.tells_allowed:
        return Check("learning", "met", "environments record new uses (guard_learn)")
    return Check(
        "learning",
        "missing",
        "no environment records its uses",
        "set DAYFLY_GUARD_LEARN=on and DAYFLY_GUARD=observe, or run dayfly promote FUNCTION",
    )


def check_amount(
    observation: Observation, stretches: Sequence[Stretch], wanted_days: float, wanted: int
) -> list[Check]:
    """Say whether it was seen for long enough, often enough and lately, in `stretches`."""
    began = min((one.began for one in stretches), default=observation.until)
    last = max((one.last for one in stretches), default=began)
    days = (last - max(began, observation.since)) / DAY_S if stretches else 0.0
    active = len({day for one in stretches for day in one.days})
    served = sum(one.invocations for one in stretches)
    checks = []
    text = f"recorded for {days:.1f} of {wanted_days:g} days" + (
        f", on {active} of them with requests" if active else ""
    )
    lacking = wanted_days - days
    # A day's first request does not come at the same minute as the last day's.
    is_long = lacking <= 0.05
    missing = "" if is_long else f"needs {_days(lacking)} more"
    checks.append(Check("recorded long enough", "met" if is_long else "missing", text, missing))
    # Every second day, for what a week's end is without.
    if active and is_long and active < wanted_days / 2:
        checks.append(
            Check(
                "enough days with requests",
                "missing",
                text,
                f"requests on only {active} days: needs {_days(wanted_days / 2 - active)} more with requests",
            )
        )
    if observation.source == "log" and not served:
        checks.append(
            Check(
                "enough invocations",
                "unknown",
                "the log contains no start of a request",
                "export Lambda's own log records too",
            )
        )
    else:
        is_enough = served >= wanted
        checks.append(
            Check(
                "enough invocations",
                "met" if is_enough else "missing",
                f"{served:,} invocations of {wanted:,}",
                "" if is_enough else f"needs {wanted - served:,} more invocations",
            )
        )
    if stretches and observation.source == "fleet":
        age = observation.until - last
        if age > _FRESH_S:
            silent = _days(age / DAY_S)
            checks.append(
                Check(
                    "recent data",
                    "missing",
                    f"last data {silent} ago",
                    f"no data for {silent}: check that the function serves requests and that its logs arrive",
                )
            )
    return checks


def check_reporting(observation: Observation) -> Check:
    """Say whether every environment that serves has Dayfly and its guard."""
    name = "all environments report"
    recent = [one for one in observation.stretches if one.last >= observation.until - _FRESH_S]
    bare = sum(one.environments for one in recent if not one.is_watched)
    if observation.silent is None:
        return Check(
            name,
            "met" if not bare else "missing",
            "a log shows only the environments that wrote to it",
            f"in {bare} environments the guard was off" if bare else "",
        )
    if not observation.stretches:
        return Check(
            name, "missing", "no environment has sent data", "attach Dayfly first: dayfly attach FUNCTION"
        )
    if observation.silent or bare:
        words = []
        if observation.silent:
            words.append(
                f"{observation.silent} environments served {observation.silent_invocations:,} requests in "
                "the last day without any Dayfly record"
            )
        if bare:
            words.append(f"in {bare} environments of the last day the guard was off or not armed")
        return Check(name, "missing", "; ".join(words), "; ".join(words))
    count = sum(one.environments for one in observation.watched)
    versions = len({one.version for one in observation.watched})
    return Check(name, "met", f"{count:,} environments of {versions} version{'s' * (versions != 1)}")


def check_code(observation: Observation) -> Check:
    """What served most lately must be what was watched: a deployment yesterday may use what nobody has seen."""
    name = "deployed code recorded"
    stretches = sorted(observation.watched, key=lambda one: one.last)
    if not stretches:
        return Check(name, "missing", "no code version recorded", "attach Dayfly first, with the guard on")
    latest = stretches[-1]
    same = [one for one in stretches if one.code == latest.code and one.version == latest.version]
    began = min(one.began for one in same)
    days = (latest.last - began) / DAY_S
    served = sum(one.invocations for one in same)
    what = (
        "version {latest.version or 'unknown'}, deployed code {latest.code[:8] or 'unknown'}: "
        f"{days:.1f} days, {served:,} invocations"
    )
    if observation.source == "fleet" and days < 1.0:
        return Check(
            name,
            "missing",
            what,
            f"the deployed code was recorded for {days * 24:.1f} hours: needs {_days(1.0 - days)} more",
        )
    return Check(name, "met", what)


def check_findings(observation: Observation) -> Check:
    """Say whether every finding was explained by somebody."""
    name = "no unexplained finding"
    open_ = [sign for sign in observation.signs if not sign.explained]
    if not open_:
        explained = len(observation.signs)
        return Check(
            name,
            "met",
            f"{explained} kinds of findings, all explained" if explained else "no other guard findings",
        )
    shown = "; ".join(_sign(sign) for sign in open_[:_LOOKS]) + (
        f" and {len(open_) - _LOOKS} more" if len(open_) > _LOOKS else ""
    )
    where = "review and acknowledge them in the console" if observation.source == "fleet" else "review them"
    return Check(name, "missing", shown, f"{shown}: {where}")


def _sign(sign: Sign) -> str:
    return (
        f"{sign.kind}"
        + (f" {sign.rule}" if sign.rule else "")
        + (f" at {sign.place}" if sign.place else "")
        + f" ({sign.times}×)"
    )


def check_tampering(observation: Observation) -> Check:
    """Say whether a detection of tampering is open."""
    name = "no tampering"
    if observation.source == "log":
        return Check(name, "unknown", "a log has no detections", "only a fleet service has detections")
    found = [
        one
        for one in observation.conclusions
        if not one.is_explained and (one.rule in TAMPERING or one.severity >= _SEVERE)
    ]
    if not found:
        return Check(name, "met", "no detection is open")
    shown = ", ".join(f"{one.rule} ({one.uid[:12]})" for one in found[:_LOOKS]) + (
        " …" if len(found) > _LOOKS else ""
    )
    return Check(
        name,
        "missing",
        f"open: {shown}",
        f"detections are open: {shown}; an attacker may have influenced the recorded data",
    )


def check_whole(observation: Observation) -> Check:
    """Say whether all of it could be read."""
    name = "complete data"
    if observation.is_cut:
        return Check(
            name,
            "missing",
            "too much data to read completely",
            "too many different uses: use fewer days, or check why each request does something different",
        )
    if observation.malformed:
        return Check(
            name,
            "missing",
            f"{observation.malformed} findings could not be read",
            (
                f"{observation.malformed} findings could not be read: check whether another tool rewrites log "
                "records"
            ),
        )
    return Check(name, "met", "every finding could be read")


def check_narrow(observation: Observation, *, with_rare: bool) -> Check:
    """Say whether something was seen too narrowly to be learned."""
    name = "no rare use excluded"
    _, rare = learnable(observation)
    if rare and with_rare:
        return Check(name, "met", f"{len(rare)} rare uses; review them before you add them")
    if not rare:
        return Check(name, "met", "every use was seen often, or only with an attack")
    shown = _uses(rare)
    return Check(
        name,
        "missing",
        f"rare: {shown}",
        (
            f"{len(rare)} uses came from one environment on one day, or from one caller ({shown}): wait, or "
            "add them with --with-rare if they are legitimate"
        ),
    )


def check_unseen(observation: Observation, most: float) -> Check:
    """Say how much is probably not seen yet, by Good and Turing."""
    name = "few unseen uses expected"
    uses = [use for use in learnable(observation, with_rare=True)[0] if use.phase == "invoke"]
    seen = sum(max(use.environments, 1) for use in uses)
    once = sum(use.environments <= 1 for use in uses)
    if seen < MIN_OBSERVATIONS:
        # One that uses next to nothing may be all there is to it; then nothing can be estimated.
        return Check(name, "met", f"too few observations to estimate what is missing: {seen}")
    share = once / seen
    text = f"an estimated {share:.1%} of the uses of further environments is not recorded yet (Good–Turing)"
    return Check(
        name,
        "met" if share <= most else "missing",
        text,
        "" if share <= most else f"{text}: needs more days",
    )


def check_refusals(observation: Observation, policy: Policy | None, *, since: float | None) -> Check:
    """What the guard would have refused: uses told as observed since this policy is active, and, judged anew, all others."""
    name = "no legitimate use would be refused"
    refused = []
    for use in observation.uses:
        if use.is_suspect or (since is not None and use.last < since):
            continue
        is_refused = (
            use.verdict in ("observed", "refused")
            if policy is None
            else effect_of(policy, use.use, guard="block") == "refused"
        )
        if is_refused:
            refused.append(use)
    if not refused:
        return Check(
            name,
            "met",
            "the policy allows all recorded uses" if policy is not None else "no policy restricts a use",
        )
    shown = _uses(refused)
    return Check(
        name,
        "missing",
        f"would be refused: {shown}",
        (
            f"{len(refused)} uses would be refused ({shown}): learn them (dayfly promote --guard observe "
            "--with-rare), or find their cause"
        ),
    )


def check_attacks(observation: Observation, policy: Policy | None) -> Check:
    """An attack's use that the policy allows: an honest one beside it was written in the same words, or somebody wrote it."""
    name = "no attack would be allowed"
    suspect = [use for use in observation.uses if use.is_suspect]
    opened = [
        use
        for use in suspect
        if policy is not None and effect_of(policy, use.use, guard="block") == "allowed"
    ]
    if opened:
        shown = _uses(opened)
        return Check(
            name,
            "missing",
            f"allowed, but only seen with an attack: {shown}",
            (
                f"the policy would allow uses that were only seen with an attack ({shown}): make its entries "
                "narrower"
            ),
        )
    if not suspect:
        return Check(name, "met", "no use was only seen with an attack")
    return Check(name, "met", f"{len(suspect)} uses were only seen with an attack and are not allowed")


def _uses(uses: Sequence[SeenUse]) -> str:
    shown = ", ".join(
        f"{use.kind} {use.target} by {use.packages[0] if use.packages else 'function'}"
        for use in uses[:_LOOKS]
    )
    return shown + (f" and {len(uses) - _LOOKS} more" if len(uses) > _LOOKS else "")


def _days(days: float) -> str:
    """Return `6 days`, or hours below one day; never less than what is lacking."""
    if days < 1:
        hours = max(1, math.ceil(days * 24))
        return f"{hours} hour{'s' * (hours != 1)}"
    number = math.ceil(days)
    return f"{number} day{'s' * (number != 1)}"

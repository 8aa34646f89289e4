"""Judges one function from what AWS tells of it and what its environments said; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from dayfly import __version__
from dayfly.attach.aws.facts import Environment, FunctionFacts, LayerFact
from dayfly.attach.aws.wording import CallError, DeniedError
from dayfly.attach.coverage.hearing import judge_seen
from dayfly.attach.coverage.model import Coverage, Effect, Gap, LayerNote, Level, Seen
from dayfly.attach.coverage.moments import read_stamp, read_time
from dayfly.attach.coverage.serving import judge_serving, serves
from dayfly.attach.layerfile import LayerFile
from dayfly.attach.live.model import AttachOptions, LayerOffer, is_runtime_layer, without_version
from dayfly.attach.live.planning import plan_attach
from dayfly.attach.triggers import LOCK_VARIABLE
from dayfly.attach.wrappers import (
    NEXT_VARIABLE,
    WRAPPER,
    WRAPPER_VARIABLE,
    check_settings,
    conflicts,
    is_attached,
)
from dayfly.errors import DayflyError

# Reasons of a plan that hold for a function which has Dayfly already: it is not active there.
_IN_SPITE = frozenset({"unsupported-version", "managed-instances", "durable"})
_POLICY_LAYER = re.compile(r":layer:dayfly-policy[A-Za-z0-9_-]*:\d+\Z")
_SETTING = re.compile(r"DAYFLY_[A-Z_]+")
# How `read_facts` begins what it says of these.
_SERVING = ("aliases", "versions")
# What an attacker took where nothing was locked, as the first log record tells it too (native/supervisor/announce.h); how it
# was measured: docs/security-evidence.md, "A worker at the Runtime API".
TAKEN = "measured: 0 to 222 events taken at the median, 1631 at most"


def judge(
    facts: FunctionFacts,
    *,
    layers: Mapping[str, LayerNote] | None = None,
    seen: Seen | None = None,
    now: float,
) -> Coverage:
    """Return how far Dayfly is active on a function, with every reason that can be told.

    `layers` are notes on layer versions by ARN, those that could be read. `now` in seconds since the epoch.
    """
    notes = layers or {}
    plan = plan_attach(facts, AttachOptions(), LayerOffer("Dayfly's layer"))
    refusals = {refusal.reason: refusal for refusal in plan.refusals}
    if "not-python" in refusals:
        return _coverage(facts, Level.NOT_PYTHON, (), seen=seen, notes=notes)
    own = facts.environment
    is_on = is_attached(own.variables) and any(is_runtime_layer(layer.arn) for layer in facts.layers)
    gaps: list[Gap] = []
    if facts.package_type == "Image":
        gaps += _of_image(seen)
    elif not own.is_readable:
        refusal = refusals["variables-unreadable"]
        gaps.append(Gap("variables-unreadable", refusal.text, refusal.hint, Effect.ALL))
    elif is_on:
        gaps += _of_attached(facts)
        gaps += _of_contents(facts, notes, seen)
        gaps += [
            Gap(refusal.reason, refusal.text, refusal.hint, Effect.ALL)
            for reason, refusal in refusals.items()
            if reason in _IN_SPITE
        ]
    else:
        gaps += [*_of_unattached(facts), *_of_settings(facts, Effect.NOTHING), *_of_signing(facts)]
        gaps += [
            Gap(refusal.reason, refusal.text, refusal.hint, Effect.NOTHING)
            for refusal in plan.refusals
            if refusal.reason != "settings"
        ]
    gaps += _of_state(facts)
    gaps += judge_serving(facts, is_latest_on=is_on)
    if seen is not None:
        gaps += judge_seen(facts, seen, is_on=is_on or facts.package_type == "Image", now=now)
    gaps += _of_age(facts, notes, seen)
    gaps += [
        Gap(
            "no-permission" if "AccessDenied" in text else "not-checked",
            text,
            "`dayfly iam status` prints the required permissions",
            # What serves beside $LATEST may be without it.
            Effect.PART if is_on and text.startswith(_SERVING) else Effect.NOTHING,
        )
        for text in facts.unknown
    ]
    return _coverage(facts, _level(facts, gaps, seen, is_on=is_on), tuple(gaps), seen=seen, notes=notes)


def unreadable(name: str, error: DayflyError) -> Coverage:
    """A function that may not be looked at, or is gone since it was listed."""
    is_missing = isinstance(error, CallError) and error.is_missing
    is_denied = isinstance(error, DeniedError)
    reason = "not-found" if is_missing else "no-permission" if is_denied else "not-checked"
    gap = Gap(reason, error.message, error.hint, Effect.ALL)
    return Coverage(name=name, arn=name if name.startswith("arn:") else "", level=Level.UNKNOWN, gaps=(gap,))


def _level(facts: FunctionFacts, gaps: list[Gap], seen: Seen | None, *, is_on: bool) -> Level:
    reasons = {gap.reason for gap in gaps}
    if facts.package_type == "Image":
        if seen is None or not seen.started:
            return Level.UNKNOWN if "not-active" not in reasons else Level.UNPROTECTED
    elif not facts.environment.is_readable:
        return Level.UNKNOWN
    if any(gap.effect is Effect.ALL for gap in gaps):
        # Somebody is served under Dayfly, though $LATEST is not.
        return Level.PARTLY if not is_on and "latest-without" in reasons else Level.UNPROTECTED
    effects = {gap.effect for gap in gaps}
    if Effect.PART in effects:
        return Level.PARTLY
    return Level.UNKNOWN if Effect.UNCHECKED in effects else Level.PROTECTED


def _of_image(seen: Seen | None) -> list[Gap]:
    if seen is not None and (seen.started or seen.refused):
        return []
    return [
        Gap(
            "image",
            "its code is a container image, whose contents cannot be checked from outside",
            (
                "if it runs Python, add Dayfly to its Dockerfile (docs/container/Dockerfile); a fleet service "
                "shows whether it is active"
            ),
            Effect.NOTHING,
        )
    ]


def _of_unattached(facts: FunctionFacts) -> list[Gap]:
    variables = facts.environment.variables
    has_layer = _has_layer(facts.layers)
    if is_attached(variables):
        return [
            Gap(
                "no-layer",
                f"{WRAPPER_VARIABLE} is {WRAPPER}, but the function has no Dayfly layer: it cannot start "
                "unless another layer contains that file",
                f"dayfly attach {facts.name}, or dayfly detach {facts.name}",
                Effect.ALL,
            )
        ]
    if has_layer and variables.get(WRAPPER_VARIABLE):
        return [
            Gap(
                "other-wrapper",
                (
                    f"the layer is attached, but {WRAPPER_VARIABLE} is set to another wrapper, which Lambda "
                    "starts instead"
                )
                + (f", and {NEXT_VARIABLE} has no effect" if variables.get(NEXT_VARIABLE) else ""),
                (
                    f"run dayfly attach {facts.name}: Dayfly's wrapper then starts first and starts the other "
                    "one"
                ),
                Effect.ALL,
            )
        ]
    if has_layer:
        return [
            Gap(
                "no-wrapper",
                f"the layer is attached, but {WRAPPER_VARIABLE} is not set, so Lambda does not start it",
                f"dayfly attach {facts.name}",
                Effect.ALL,
            )
        ]
    return [Gap("never-attached", "Dayfly is not attached", f"dayfly attach {facts.name}", Effect.ALL)]


def _of_attached(facts: FunctionFacts) -> list[Gap]:
    variables = facts.environment.variables
    gaps = [
        Gap(
            "wrapper",
            f"{note.tool}: {note.text}",
            note.source,
            Effect.ALL if note.weight == "refused" else Effect.NOTHING,
        )
        for note in conflicts(variables, [layer.arn for layer in facts.layers], facts.handler)
        if note.weight != "note"
    ]
    gaps += _of_settings(facts, Effect.ALL)
    if variables.get("DAYFLY_ISOLATION") == "process":
        gaps.append(
            Gap(
                "process-isolation",
                "isolation is process: requests share one process, as without Dayfly",
                "choose an isolation with `dayfly plan`",
            )
        )
    if variables.get("DAYFLY_GUARD") == "off":
        gaps.append(
            Gap(
                "guard-off",
                "the guard is off: attacks end with their request, but are neither detected nor refused",
                "set DAYFLY_GUARD to observe, which costs almost nothing",
                Effect.NOTHING,
            )
        )
    lock = variables.get(LOCK_VARIABLE) or "auto"
    if lock != "on":
        gaps.append(
            Gap(
                "takeover",
                ("under events that no HTTP service made " if lock in ("auto", "http") else "")
                + f"it is unprotected against takeover, best effort: the Runtime API is not locked; {TAKEN}",
                "docs/security.md says what api_lock costs and gains",
                Effect.NOTHING,
            )
        )
    return gaps


def _of_contents(facts: FunctionFacts, notes: Mapping[str, LayerNote], seen: Seen | None) -> list[Gap]:
    """What the function asks for and its layers do not hold; where they could not be read, that."""
    # Files of a later layer win over those of an earlier one.
    arn = [layer.arn for layer in facts.layers if is_runtime_layer(layer.arn)][-1]
    note = notes.get(arn)
    if note is None or note.contents == "":
        return []  # nobody looked
    hint = f"run dayfly attach {facts.name} to install the layer of this version"
    python = facts.runtime.removeprefix("python")
    if isinstance(note.contents, LayerFile):
        lacks = note.contents.missing(python, facts.environment.variables)
        is_all = f"python{python}" not in note.contents.runtimes
        return [Gap("layer-lacks", text, hint, Effect.ALL if is_all else Effect.PART) for text in lacks]
    if seen is not None and seen.started > read_time(facts.last_modified):
        return []  # an environment of this very configuration has said what is active
    return [
        Gap(
            "layer-not-read",
            (
                f"could not check the contents of the layer {without_version(arn).rpartition(':')[2]}: "
                f"{note.contents}"
            ),
            "the role needs lambda:GetLayerVersion (`dayfly iam status`) and this machine needs access to "
            "S3; or use `dayfly status --logs`",
            Effect.UNCHECKED,
        )
    ]


def _of_settings(facts: FunctionFacts, effect: Effect) -> list[Gap]:
    try:
        check_settings({}, beside=facts.environment.variables)
    except DayflyError as error:
        # The error names the value, which may be a secret that went astray.
        named = _SETTING.match(error.message)
        what = f"{named[0]} has an invalid value" if named else "a Dayfly setting is invalid"
        return [Gap("settings", f"the function cannot start: {what}", error.hint, effect)]
    return []


def _of_signing(facts: FunctionFacts) -> list[Gap]:
    if not facts.signing_config_arn:
        return []
    return [
        Gap(
            "signing",
            f"its code signing configuration {facts.signing_config_arn} may require signed layers",
            "sign the layer with an allowed profile and give it with --layer (docs/attach.md)",
            Effect.NOTHING,
        )
    ]


def _of_state(facts: FunctionFacts) -> list[Gap]:
    if facts.state == "Failed" or facts.last_update_status == "Failed":
        reason = facts.state_reason or facts.last_update_reason or "no reason given"
        return [
            Gap("state", f"its last change failed: {reason[:300]}", "see the function in the AWS console", Effect.NOTHING)
        ]  # fmt: skip
    if facts.last_update_status == "InProgress":
        return [Gap("state", "an update is in progress", "try again in a minute", Effect.NOTHING)]
    return []


def _of_age(facts: FunctionFacts, notes: Mapping[str, LayerNote], seen: Seen | None) -> list[Gap]:
    version = _dayfly_version(facts.layers, notes, seen)
    if not version or not _is_older(version, __version__):
        return []
    return [
        Gap(
            "older",
            f"it has Dayfly {version}; this is version {__version__}",
            f"run dayfly attach {facts.name} to update it",
            Effect.NOTHING,
        )
    ]


def _coverage(
    facts: FunctionFacts,
    level: Level,
    gaps: tuple[Gap, ...],
    *,
    seen: Seen | None,
    notes: Mapping[str, LayerNote],
) -> Coverage:
    variables = facts.environment.variables
    is_ours = is_attached(variables)
    return Coverage(
        name=facts.name,
        arn=facts.arn,
        level=level,
        runtime=facts.runtime,
        package_type=facts.package_type,
        managed_by=facts.managed_by,
        layer=next((layer.arn for layer in facts.layers if is_runtime_layer(layer.arn)), ""),
        dayfly_version=_dayfly_version(facts.layers, notes, seen),
        isolation=(seen.isolation if seen and seen.started else "") or _setting(facts.environment, "ISOLATION", is_ours),
        guard=(seen.guard if seen and seen.started else "") or _setting(facts.environment, "GUARD", is_ours),
        policy=_policy(facts.layers, notes),
        recycled=read_stamp(variables.get("DAYFLY_RECYCLED", "")),
        seen=seen,
        serves=serves(facts),
        gaps=gaps,
    )  # fmt: skip


def _setting(environment: Environment, name: str, is_ours: bool) -> str:
    """A setting of Dayfly's as the function's variables have it; "not set": a dayfly.toml in the package or the default decides."""
    value = environment.variables.get(f"DAYFLY_{name}", "")
    allowed = {"ISOLATION": ("invocation", "window", "process"), "GUARD": ("block", "observe", "off")}[name]
    if value:
        return value if value in allowed else "not valid"
    return "not set" if is_ours else ""


def _policy(layers: tuple[LayerFact, ...], notes: Mapping[str, LayerNote]) -> str:
    for layer in layers:
        if _POLICY_LAYER.search(layer.arn):
            created = notes.get(layer.arn, LayerNote()).created
            version = layer.arn.rpartition(":")[2]
            day = datetime.fromtimestamp(created, UTC).strftime(" of %Y-%m-%d") if created else ""
            return f"layer version {version}{day}"
    return ""


def _dayfly_version(layers: tuple[LayerFact, ...], notes: Mapping[str, LayerNote], seen: Seen | None) -> str:
    for layer in layers:
        if is_runtime_layer(layer.arn) and (found := notes.get(layer.arn, LayerNote()).dayfly_version):
            return found
    return seen.dayfly_version if seen is not None else ""


def _has_layer(layers: tuple[LayerFact, ...]) -> bool:
    return any(is_runtime_layer(layer.arn) for layer in layers)


def _is_older(one: str, other: str) -> bool:
    """Compare versions by the numbers they begin with; what has none is not called older."""
    numbers = [re.match(r"\d+(?:\.\d+)*", text) for text in (one, other)]
    if not all(numbers):
        return False
    first, second = ([int(part) for part in match[0].split(".")] for match in numbers if match)
    return first < second

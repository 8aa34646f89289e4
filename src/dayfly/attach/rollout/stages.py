"""At which stage a function is, and which one change brings it to the next or back; pure.

attached (whatever the guard does, it tells no uses) → learn (observe, and tell each use) → observe (with a policy: tell what it would refuse) → block. Layer and variables
change in one call, so a function is never between two stages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from dayfly.attach.aws.facts import FunctionFacts
from dayfly.attach.live.model import Plan, Refusal
from dayfly.attach.live.planning import MAX_LAYERS, reach_notes
from dayfly.attach.rollout.policylayer import is_policy_layer
from dayfly.attach.rollout.undo import DIGEST, GUARD, LEARN, SET, VARIABLE, Undo, UndoError, parse, undo_of
from dayfly.attach.wrappers import MAX_VARIABLES_BYTES, is_attached, measured_bytes
from dayfly.policy.observed import Stretch

Stage = Literal["attached", "learn", "observe", "block"]
STAGES: tuple[Stage, ...] = ("attached", "learn", "observe", "block")
_ON_WORDS = ("on", "true", "1", "yes")


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a function stands. `layer` is the policy's, `digest` what it must be; `policy` is where it is from: layer, package or ""."""

    stage: Stage
    guard: str
    learns: bool
    policy: str = ""
    layer: str = ""
    digest: str = ""
    undo: Undo | None = None


def standing_of(facts: FunctionFacts, latest: Stretch | None) -> Standing:
    """Return where a function stands by its variables and layers; `latest` tells what its package says, where a fleet knows it."""
    variables = facts.environment.variables
    guard = (
        variables.get(GUARD, "").strip().lower()
        or (latest.guard if latest and latest.is_watched else "")
        or "observe"
    )
    told = variables.get(LEARN)
    learns = told.strip().lower() in _ON_WORDS if told is not None else bool(latest and latest.learns)
    layer = next((one.arn for one in facts.layers if is_policy_layer(one.arn)), "")
    digest = variables.get(DIGEST, "").strip().lower()
    policy = "layer" if layer or digest else (latest.policy if latest is not None else "")
    undo = None
    if text := variables.get(VARIABLE):
        try:
            undo = parse(text)
        except UndoError:
            undo = None
    stage: Stage = "observe"
    if guard == "off":
        stage = "attached"
    elif guard == "block":
        stage = "block"
    elif not policy:
        stage = "learn" if learns else "attached"
    return Standing(stage, guard, learns, policy, layer, digest, undo)


def next_stage(standing: Standing) -> Stage | None:
    """Return the stage after this one, None after the last."""
    at = STAGES.index(standing.stage)
    return STAGES[at + 1] if at + 1 < len(STAGES) else None


def plan_promotion(
    facts: FunctionFacts,
    stage: Stage,
    *,
    at: str,
    layer: str = "",
    digest: str = "",
    accept_drift: bool = False,
    publish: str = "",
) -> Plan:
    """Return the change that brings a function to `stage`; `layer` and `digest` are a policy's that comes with it.

    `at` is when, as 2026-11-26T06:00:00Z. An empty `layer` leaves the one that is there.
    """
    refusals = _refusals(facts, accept_drift=accept_drift)
    before = tuple(one.arn for one in facts.layers)
    after = _placed(before, layer) if layer else before
    if len(after) > MAX_LAYERS:
        refusals.append(
            Refusal(
                "layers",
                f"it has {len(before)} layers; Lambda allows {MAX_LAYERS} including the policy's",
                "write the policy into the package instead (--into dayfly.toml) and deploy it",
            )
        )
    current = facts.environment.variables
    wanted: dict[str, str | None] = {GUARD: "block" if stage == "block" else "observe"}
    if stage != "block":
        wanted[LEARN] = "on"
    if layer:
        wanted[DIGEST] = digest
    variables = _differing(current, wanted)
    if variables or after != before:
        variables[VARIABLE] = undo_of(current, next(filter(is_policy_layer, before), ""), at=at).render()
    size = measured_bytes(_merged(current, variables))
    if size > MAX_VARIABLES_BYTES:
        refusals.append(
            Refusal(
                "variables-size",
                f"the function's variables would have {size} bytes; Lambda allows {MAX_VARIABLES_BYTES}",
                "write the policy into the package instead (--into dayfly.toml), or remove variables",
            )
        )
    if facts.signing_config_arn and layer and not refusals:
        refusals.append(
            Refusal(
                "signing",
                f"its code signing configuration {facts.signing_config_arn} may refuse a layer that is not signed",
                "write the policy into the package instead (--into dayfly.toml), sign and deploy it",
            )
        )
    return _plan(facts, before, after, variables, refusals, publish)


def plan_rollback(
    facts: FunctionFacts,
    undo: Undo,
    *,
    former: str | None = None,
    publish: str = "",
) -> Plan:
    """Return the change that takes the last promotion back; `former` is what VARIABLE was before it, where a journal knows.

    Not refused where a tool manages the function: what took the promotion may have it taken back. A layer that is gone from the account cannot be put back on a function; Lambda says so then and changes nothing.
    """
    refusals = _refusals(facts, accept_drift=True)
    before = tuple(one.arn for one in facts.layers)
    after = (
        _placed(before, undo.layer)
        if undo.layer
        else tuple(arn for arn in before if not is_policy_layer(arn))
    )
    if len(after) > MAX_LAYERS:
        refusals.append(
            Refusal("layers", f"with the policy's former layer it would have more than {MAX_LAYERS} layers")
        )
    wanted: dict[str, str | None] = {name: undo.variables.get(name) for name in SET}
    variables = _differing(facts.environment.variables, {**wanted, VARIABLE: former})
    return _plan(facts, before, after, variables, refusals, publish)


def _refusals(facts: FunctionFacts, *, accept_drift: bool) -> list[Refusal]:
    refusals = []
    if facts.package_type == "Image":
        refusals.append(
            Refusal(
                "image",
                "its code is a container image, which cannot use layers",
                (
                    "write the policy into the image instead: --into dayfly.toml, and set DAYFLY_GUARD with "
                    "its other variables"
                ),
            )
        )
    elif not facts.environment.is_readable:
        refusals.append(
            Refusal(
                "variables-unreadable",
                (
                    f"its variables cannot be read ({facts.environment.error}), but an update replaces all of "
                    "them"
                ),
                "give this role kms:Decrypt on "
                + (facts.environment.kms_key_arn or "the key that encrypts them"),
            )
        )
    elif not is_attached(facts.environment.variables):
        refusals.append(Refusal("not-attached", "Dayfly is not attached", f"dayfly attach {facts.name}"))
    if facts.managed_by and not accept_drift:
        tool, _, stack = facts.managed_by.partition(":")
        refusals.append(
            Refusal(
                "managed",
                f"{tool} manages it"
                + (f" (stack {stack})" if stack else "")
                + ": its next deployment would undo this",
                "write the policy into its package (--into dayfly.toml) and deploy it, or add --accept-drift",
            )
        )
    return refusals


def _placed(layers: tuple[str, ...], layer: str) -> tuple[str, ...]:
    """Return the layers with the policy's in the place of another policy's, else last."""
    placed: list[str] = []
    is_placed = False
    for arn in layers:
        if not is_policy_layer(arn):
            placed.append(arn)
        elif not is_placed:
            placed.append(layer)
            is_placed = True
    return tuple(placed) if is_placed else (*placed, layer)


def _differing(current: Mapping[str, str], wanted: Mapping[str, str | None]) -> dict[str, str | None]:
    return {name: value for name, value in wanted.items() if current.get(name) != value}


def _merged(current: Mapping[str, str], changed: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in {**current, **changed}.items() if value is not None}


def _plan(
    facts: FunctionFacts,
    before: tuple[str, ...],
    after: tuple[str, ...],
    variables: dict[str, str | None],
    refusals: list[Refusal],
    publish: str,
) -> Plan:
    changes: list[str] = []
    notes: list[str] = []
    if not refusals:
        gone, come = [arn for arn in before if arn not in after], [arn for arn in after if arn not in before]
        changes += [f"adds the layer {arn}" for arn in come] + [f"removes the layer {arn}" for arn in gone]
        changes += [
            f"removes {name}" if value is None else f"{name}={value}" if name in SET else f"sets {name}"
            for name, value in sorted(variables.items())
        ]
        if facts.managed_by:
            notes.append(f"managed by {facts.managed_by}: its next deployment undoes this")
        notes += reach_notes(facts, published=publish)
    return Plan(
        facts.name,
        facts.arn,
        facts.revision_id,
        before,
        before if refusals else after,
        {} if refusals else variables,
        tuple(changes),
        tuple(refusals),
        tuple(notes),
    )

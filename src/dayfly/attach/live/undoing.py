"""Decides what takes Dayfly off one function, so that it is as it was before; pure."""

from __future__ import annotations

from dayfly.attach.aws.facts import FunctionFacts
from dayfly.attach.live.history import Known
from dayfly.attach.live.model import Plan, Refusal, is_dayfly_layer
from dayfly.attach.live.planning import reach_notes
from dayfly.attach.wrappers import NEXT_VARIABLE, WRAPPER, WRAPPER_VARIABLE, detached_variables, is_attached

# Written by Dayfly's commands alone.
_ALWAYS_OURS = frozenset({NEXT_VARIABLE, "DAYFLY_POLICY_DIGEST", "DAYFLY_RECYCLED", "DAYFLY_ROLLOUT"})
# What `dayfly promote` changes; DAYFLY_ROLLOUT says that it did.
_PROMOTED = frozenset({"DAYFLY_GUARD", "DAYFLY_GUARD_LEARN"})


def plan_detach(facts: FunctionFacts, known: Known | None, *, publish: str = "") -> Plan:
    """Return what would change so that nothing of Dayfly is left.

    With what the journal knows, exactly what attach did is taken back, and what somebody changed since is kept and told.
    Without it, by what the function itself shows: whatever Dayfly reads goes, and what cannot be known is told.
    """
    before = tuple(layer.arn for layer in facts.layers)
    if not facts.environment.is_readable:
        refusal = Refusal(
            "variables-unreadable",
            f"its variables cannot be read ({facts.environment.error}), but an update replaces all of them",
            "give this role kms:Decrypt on "
            + (facts.environment.kms_key_arn or "the key that encrypts the function's variables"),
        )
        return Plan(facts.name, facts.arn, facts.revision_id, before, before, refusals=(refusal,))
    after, layer_notes = _layers(before, known)
    variables, notes = _variables(facts, known)
    if facts.package_type == "Image" and not variables and before == after:
        notes.append("its code is an image: remove Dayfly's lines from its Dockerfile and deploy it")
    changes = []
    if before != after:
        gone = [arn for arn in before if arn not in after]
        back = [arn for arn in after if arn not in before]
        changes.append(f"removes {', '.join(gone)}" + (f", restores {', '.join(back)}" if back else ""))
    for name, value in sorted(variables.items()):
        changes.append(f"removes {name}" if value is None else f"restores the previous value of {name}")
    if changes:
        if known is None:
            notes.append(
                "this function is not in the journal, so the previous values of these variables cannot be "
                "restored"
            )
        elif not known.is_whole:
            notes.append(
                "Dayfly was attached before this journal existed, so the previous configuration is unknown"
            )
        if facts.managed_by:
            notes.append(
                f"managed by {facts.managed_by}: if its template includes Dayfly, the next deployment adds "
                "it again; see `dayfly detach --template`"
            )
        notes += reach_notes(facts, published=publish)
    return Plan(
        facts.name,
        facts.arn,
        facts.revision_id,
        before,
        after,
        variables,
        tuple(changes),
        (),
        (*layer_notes, *notes),
    )


def _layers(before: tuple[str, ...], known: Known | None) -> tuple[tuple[str, ...], list[str]]:
    if known is not None and known.is_whole and before == known.layers_after:
        return known.layers_before, []
    ours = known.layers_added if known else frozenset()
    after = tuple(arn for arn in before if arn not in ours and not is_dayfly_layer(arn))
    if known is not None and after != tuple(arn for arn in known.layers_before if not is_dayfly_layer(arn)):
        return after, ["its layers were changed after attaching: only Dayfly's layers are removed"]
    return after, []


def _variables(facts: FunctionFacts, known: Known | None) -> tuple[dict[str, str | None], list[str]]:
    current = facts.environment.variables
    wanted: dict[str, str | None] = {}
    notes: list[str] = []
    # Dayfly's variables alone do nothing; after a detach they are what the function had before it.
    is_left = (
        known is None
        and not is_attached(current)
        and not any(is_dayfly_layer(layer.arn) for layer in facts.layers)
    )
    for name, value in detached_variables(current).items():
        if is_left and name not in _ALWAYS_OURS:
            notes.append(f"{name} is set, but nothing on the function reads it: kept")
        elif known is None or name in _ALWAYS_OURS or name == WRAPPER_VARIABLE:
            wanted[name] = value
        elif known.is_ours(name):
            is_promoted = name in _PROMOTED and "DAYFLY_ROLLOUT" in current
            if is_promoted or known.was_set(name, current[name]):
                wanted[name] = known.former.get(name)
            else:
                notes.append(f"{name} was changed after attaching: kept")
        elif name in known.names_before:
            notes.append(f"{name} was set before attaching: kept")
        else:
            # Nobody but Dayfly reads it, and it came later: by `dayfly promote`, or by hand.
            wanted[name] = None
    wrapper = current.get(WRAPPER_VARIABLE, "")
    if known is not None and wrapper == WRAPPER:
        former = known.former.get(WRAPPER_VARIABLE)
        following = current.get(NEXT_VARIABLE) or None
        if former == WRAPPER:
            former = following
        if known.is_whole and following != former:
            if following is None and known.is_ours(NEXT_VARIABLE):
                notes.append(
                    f"{NEXT_VARIABLE} was removed after attaching: the previous wrapper is restored from "
                    "the journal"
                )
                wanted[WRAPPER_VARIABLE] = former
            else:
                notes.append(f"{NEXT_VARIABLE} was changed after attaching: the wrapper in it is kept")
    elif wrapper not in ("", WRAPPER) and current.get(NEXT_VARIABLE):
        notes.append(f"{WRAPPER_VARIABLE} is set to another wrapper: kept")
    return {name: value for name, value in wanted.items() if current.get(name) != value}, notes

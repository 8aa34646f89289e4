"""Decides what attaching changes on one function, or why it is left as it is; pure."""

from __future__ import annotations

from dayfly.attach.aws.facts import FunctionFacts
from dayfly.attach.aws.invokers import Invokers
from dayfly.attach.image import DOCKERFILE
from dayfly.attach.layerfile import LayerFile
from dayfly.attach.layout import PYTHONS
from dayfly.attach.live.model import (
    AttachOptions,
    LayerOffer,
    Plan,
    Refusal,
    Signing,
    is_runtime_layer,
    without_version,
)
from dayfly.attach.triggers import LOCK_VARIABLE, LockChoice, choose_lock
from dayfly.attach.wrappers import AttachRefusedError, attached_variables, conflicts, is_attached
from dayfly.core.proofs import KEY_VARIABLE
from dayfly.errors import DayflyError

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_LAYERS = 5
MAX_UNZIPPED_BYTES = 262_144_000
# Code and libraries unzip to between two and four times their zip.
_LIKELY_RATIO = 3
_OF_ITS_KIND = ("image", "not-python", "unsupported-version", "managed-instances")


def plan_attach(
    facts: FunctionFacts,
    options: AttachOptions,
    offer: LayerOffer,
    signing: Signing | None = None,
    invokers: Invokers | None = None,
) -> Plan:
    """Return what would change so that Dayfly is on this function.

    A published version never changes: what that means for aliases, provisioned concurrency and SnapStart is in the notes.
    """
    refusals = [*_of_its_kind(facts), *_of_its_state(facts, options)]
    layers_before = tuple(layer.arn for layer in facts.layers)
    if any(refusal.reason in _OF_ITS_KIND for refusal in refusals):
        # What else could be said of such a function would only hide this.
        return Plan(
            facts.name, facts.arn, facts.revision_id, layers_before, layers_before, refusals=tuple(refusals)
        )
    layers_after = place_layer(layers_before, offer)
    refusals += [*_of_the_layer(facts, offer, layers_after), *_of_signing(offer, signing)]
    refusals += _of_contents(facts, options, offer)
    variables: dict[str, str] = {}
    current = facts.environment.variables
    lock = _lock(facts, options, invokers)
    if facts.environment.is_readable:
        try:
            wanted = attached_variables(
                current, {**({LOCK_VARIABLE: lock.value} if lock.value else {}), **options.settings}
            )
            variables = {name: value for name, value in wanted.items() if current.get(name) != value}
        except AttachRefusedError as error:
            reason = "variables-size" if "bytes" in error.message else "wrapper"
            refusals.append(Refusal(reason, error.message, error.hint))
        except DayflyError as error:
            refusals.append(Refusal("settings", error.message, error.hint))
        if KEY_VARIABLE in variables and current.get(KEY_VARIABLE):
            refusals.append(
                Refusal(
                    "key",
                    (
                        f"{KEY_VARIABLE} already has another value, which would be lost, because the journal "
                        "does not store keys"
                    ),
                    "remove it from the function first, or from --set",
                )
            )
    changes = [] if refusals else _changes(current, variables, layers_before, layers_after, offer)
    return Plan(
        facts.name,
        facts.arn,
        facts.revision_id,
        layers_before,
        layers_before if refusals else layers_after,
        {} if refusals else variables,
        tuple(changes),
        tuple(refusals),
        (
            *_notes(facts, options, layers_before, is_change=bool(changes)),
            *_size_notes(facts, offer),
            *_signing_notes(signing),
            *([lock.note] if lock.note else []),
            *(
                [f"could not check the layer's contents: {offer.contents}"]
                if isinstance(offer.contents, str) and offer.contents
                else []
            ),
        ),
    )


def _lock(facts: FunctionFacts, options: AttachOptions, invokers: Invokers | None) -> LockChoice:
    """What is chosen for the lock of the Runtime API, where nobody has decided that."""
    if invokers is None or LOCK_VARIABLE in options.settings or LOCK_VARIABLE in facts.environment.variables:
        return LockChoice()
    if invokers.unknown:
        return LockChoice(
            note=f"what invokes it could not be read, so the lock stays at its default: {invokers.unknown}"
        )
    return choose_lock(invokers.http, invokers.others)


def place_layer(layers: tuple[str, ...], offer: LayerOffer) -> tuple[str, ...]:
    """Return the layers with the offered one: in the place of an older version of it, else last.

    Last, since the files of a later layer win over those of an earlier one, and Dayfly's must not be replaced.
    """
    placed: list[str] = []
    is_placed = False
    for arn in layers:
        is_own = is_runtime_layer(arn) or (offer.arn and without_version(arn) == without_version(offer.arn))
        if not is_own:
            placed.append(arn)
        elif not is_placed:
            placed.append(offer.arn)
            is_placed = True
    return tuple(placed) if is_placed else (*placed, offer.arn)


def _of_its_kind(facts: FunctionFacts) -> list[Refusal]:
    refusals = []
    if facts.package_type == "Image":
        refusals.append(
            Refusal(
                "image",
                "its code is a container image, which cannot use layers",
                "add these two lines to its Dockerfile (docs/container/Dockerfile) and deploy it:\n"
                + "\n".join(f"    {line}" for line in DOCKERFILE),
            )
        )
    elif not facts.is_python:
        refusals.append(
            Refusal("not-python", "its runtime is {facts.runtime or 'unknown'}; Dayfly supports Python only")
        )
    elif facts.runtime.removeprefix("python") not in PYTHONS:
        refusals.append(
            Refusal(
                "unsupported-version",
                f"its runtime is {facts.runtime}; Dayfly supports Python {', '.join(PYTHONS)}",
                "move the function to one of these first",
            )
        )
    if facts.is_on_managed_instances or facts.environment.variables.get("AWS_LAMBDA_MAX_CONCURRENCY"):
        refusals.append(
            Refusal(
                "managed-instances",
                "it runs on managed instances, where one environment serves several events at the same "
                "time; Dayfly does not support them",
            )
        )
    if facts.is_durable:
        refusals.append(
            Refusal(
                "durable",
                "it is a durable function, which was not tested with Dayfly",
            )
        )
    return refusals


def _of_its_state(facts: FunctionFacts, options: AttachOptions) -> list[Refusal]:
    refusals = []
    if facts.state == "Failed":
        refusals.append(
            Refusal(
                "state",
                f"it is in state Failed: {facts.state_reason or 'no reason given'}",
                "fix it first",
            )
        )
    if not facts.environment.is_readable:
        refusals.append(
            Refusal(
                "variables-unreadable",
                (
                    f"its variables cannot be read ({facts.environment.error}), but an update replaces all of "
                    "them"
                ),
                "give this role kms:Decrypt on "
                + (facts.environment.kms_key_arn or "the key that encrypts the function's variables"),
            )
        )
    if facts.managed_by and not options.accept_drift:
        tool, _, stack = facts.managed_by.partition(":")
        refusals.append(
            Refusal(
                "managed",
                f"{tool} manages it"
                + (f" (stack {stack})" if stack else "")
                + ": its next deployment would remove Dayfly",
                "attach it in its template (`dayfly attach --template FILE`), or add --accept-drift",
            )
        )
    return refusals


def _of_the_layer(facts: FunctionFacts, offer: LayerOffer, after: tuple[str, ...]) -> list[Refusal]:
    refusals = []
    if len(after) > MAX_LAYERS:
        refusals.append(
            Refusal(
                "layers",
                f"it has {len(facts.layers)} layers; Lambda allows {MAX_LAYERS} including Dayfly's",
                "merge two of its layers, or move one into its package",
            )
        )
    zipped, own = _bytes_beside(facts), offer.unzipped or offer.size
    if zipped + own > MAX_UNZIPPED_BYTES:
        refusals.append(
            Refusal(
                "size",
                f"code ({_mb(facts.code_bytes)}) and layers ({_mb(zipped - facts.code_bytes)}) are "
                f"{_mb(zipped)} zipped; with Dayfly's {_mb(own)} they exceed Lambda's limit of "
                f"{_mb(MAX_UNZIPPED_BYTES)} unzipped",
                "make the package smaller, or deploy it as an image",
            )
        )
    version = facts.runtime.removeprefix("python")
    if offer.pythons and version not in offer.pythons:
        refusals.append(
            Refusal(
                "python",
                f"the layer is for Python {', '.join(offer.pythons)}, but the function runs {version}",
                "remove --layer, or give a layer for this version",
            )
        )
    if offer.architectures and not set(facts.architectures) <= set(offer.architectures):
        refusals.append(
            Refusal(
                "architecture",
                (
                    f"the layer is for {', '.join(offer.architectures)} but the function runs on "
                    f"{', '.join(facts.architectures)}"
                ),
                "remove --layer: Dayfly's own layer supports both",
            )
        )
    if offer.arn and offer.arn.split(":")[3] != facts.region:
        refusals.append(
            Refusal(
                "region",
                f"the layer is in {offer.arn.split(':')[3]} but the function is in {facts.region}",
                "publish it there",
            )
        )
    return refusals


def _of_contents(facts: FunctionFacts, options: AttachOptions, offer: LayerOffer) -> list[Refusal]:
    """What was asked for and the layer does not hold."""
    if not isinstance(offer.contents, LayerFile):
        return []
    variables = {**facts.environment.variables, **options.settings}
    lacks = offer.contents.missing(facts.runtime.removeprefix("python"), variables)
    hint = "remove --layer, or give a layer that this version of Dayfly built"
    return [Refusal("layer-lacks", text, hint) for text in lacks]


def _of_signing(offer: LayerOffer, signing: Signing | None) -> list[Refusal]:
    if signing is None or signing.mode == "Warn":
        return []
    if offer.signed_by and offer.signed_by in signing.allowed:
        return []
    if not signing.mode:
        why = f"its code signing configuration {signing.arn} could not be read"
    elif not offer.signed_by:
        why = "its code signing configuration allows only signed code (Enforce), and the layer is not signed"
    else:
        why = f"its code signing configuration does not allow {offer.signed_by}, which signed the layer"
    return [
        Refusal(
            "signing",
            why,
            (
                "sign the layer with an allowed profile (AWS Signer), publish it and give it with --layer; see "
                "docs/attach.md"
            ),
        )
    ]


def _signing_notes(signing: Signing | None) -> list[str]:
    if signing is None or signing.mode != "Warn":
        return []
    return ["code signing only warns here: an unsigned layer is accepted, and counted in its metric"]


def _size_notes(facts: FunctionFacts, offer: LayerOffer) -> list[str]:
    zipped = _bytes_beside(facts)
    if not zipped * _LIKELY_RATIO + offer.unzipped > MAX_UNZIPPED_BYTES or zipped > MAX_UNZIPPED_BYTES:
        return []
    text = (
        f"code ({_mb(facts.code_bytes)}) and layers ({_mb(zipped - facts.code_bytes)}) are zipped sizes "
        f"(Lambda reports no others); if they exceed {_mb(MAX_UNZIPPED_BYTES)} unzipped with Dayfly's "
        "layer, Lambda rejects the whole change"
    )
    return [text]


def _bytes_beside(facts: FunctionFacts) -> int:
    """Code and layers without Dayfly's own, which is replaced."""
    return facts.code_bytes + sum(layer.size for layer in facts.layers if not is_runtime_layer(layer.arn))


def _changes(
    current: object,
    variables: dict[str, str],
    before: tuple[str, ...],
    after: tuple[str, ...],
    offer: LayerOffer,
) -> list[str]:
    names = current if isinstance(current, dict) else {}
    changes = []
    if before != after:
        replaced = [arn for arn in before if arn not in after]
        text = f"layer {offer.text}"
        changes.append(
            f"{text}, replacing {', '.join(replaced)}"
            if replaced
            else f"{text}, after {len(before)} others"
            if before
            else text
        )
    changes += [f"{'changes' if name in names else 'sets'} {name}" for name in sorted(variables)]
    return changes


def _notes(
    facts: FunctionFacts, options: AttachOptions, layers: tuple[str, ...], *, is_change: bool
) -> list[str]:
    notes = [
        f"{note.tool}: {note.text}"
        for note in conflicts(facts.environment.variables, layers, facts.handler)
        if note.weight != "refused"
    ]
    if is_attached(facts.environment.variables) and is_change:
        notes.append("Dayfly is already attached; this applies the requested settings")
    if facts.managed_by and options.accept_drift:
        notes.append(f"managed by {facts.managed_by}: its next deployment removes Dayfly again")
    notes += reach_notes(facts, published=options.publish)
    notes += [f"unknown: {text}" for text in facts.unknown]
    return notes


def reach_notes(facts: FunctionFacts, *, published: str = "") -> list[str]:
    """Say what a change of `$LATEST` does not reach, and what has to be published or moved for that."""
    notes = []
    for alias in facts.aliases:
        fixed = sorted(version for version in alias.versions if version != "$LATEST")
        if not fixed:
            continue
        if alias.name == published:
            notes.append(f"the alias {alias.name} will move from version {' and '.join(fixed)} to a new one")
        else:
            notes.append(
                f"the alias {alias.name} serves version {' and '.join(fixed)}, which does not change: add "
                f"--publish {alias.name} to publish a version and move the alias"
            )
    for item in facts.provisioned:
        moved = " Moving the alias creates new ones." if item.qualifier == published else ""
        notes.append(f"{item.count} provisioned environments of {item.qualifier} are not changed.{moved}")
    if facts.snapstart:
        notes.append("SnapStart: only versions published after the change start from a snapshot with Dayfly")
    return notes


def _mb(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB"

"""Says what a function gets whose CloudFormation properties are at hand, resolved: no file, no construct."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dayfly.attach.image import DOCKERFILE
from dayfly.attach.layout import PYTHONS
from dayfly.attach.wrappers import (
    NEXT_VARIABLE,
    WRAPPER_VARIABLE,
    WrapperNote,
    attached_variables,
    conflicts,
    is_attached,
)
from dayfly.errors import DayflyError

# https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html
MAX_LAYERS = 5
_WRAPPERS = frozenset({WRAPPER_VARIABLE, NEXT_VARIABLE})
IMAGE = "is a container image, which cannot use layers. In its Dockerfile: " + " and ".join(
    f"`{line}`" for line in DOCKERFILE
)


@dataclass(frozen=True, slots=True)
class Unprotected:
    """Why a function is not protected. `is_harmless`: there is nothing to protect, as with another language."""

    reason: str
    is_harmless: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a function gets, and what its owner should know of other tools on it."""

    python: str
    variables: Mapping[str, str]
    notes: tuple[WrapperNote, ...] = ()


class Attached:
    """The function has Dayfly already."""


def decide(
    properties: Mapping[str, object],
    settings: Mapping[str, str],
    *,
    region: str,
    layer: str,
    is_signed: bool,
    as_text: Callable[[object], str],
) -> Wanted | Attached | Unprotected:
    """Say what a function of these CloudFormation properties gets, or why not. Pure.

    `region` is "" where it is known at deployment only. `layer` is the ARN to add, "" where that is not known
    yet; `is_signed` whether somebody vouches for it. `as_text` makes a text of what CloudFormation fills in.
    """
    if properties.get("PackageType") == "Image":
        return Unprotected(IMAGE)
    runtime = properties.get("Runtime")
    if not isinstance(runtime, str):
        return Unprotected("its runtime is only known at deployment")
    python = runtime.removeprefix("python")
    if python == runtime:
        return Unprotected(f"is not Python ({runtime})", is_harmless=True)
    if python not in PYTHONS:
        return Unprotected(f"runs on {runtime}; Dayfly supports Python {', '.join(PYTHONS)}")
    if properties.get("CapacityProviderConfig") is not None:
        return Unprotected(
            "runs on Managed Instances, where several events share an environment at the same time"
        )
    variables = _variables(properties.get("Environment"))
    layers = properties.get("Layers") or []
    if variables is None:
        return Unprotected("its environment is only known at deployment: set Dayfly's variables there")
    if not isinstance(layers, list):
        return Unprotected("its layers are only known at deployment: add Dayfly's layer there")
    current = {name: value if isinstance(value, str) else as_text(value) for name, value in variables.items()}
    if is_attached(current):
        return Attached() if layers else Unprotected("has Dayfly's wrapper but no layer: it cannot start")
    if len(layers) >= MAX_LAYERS:
        return Unprotected(f"has {len(layers)} layers; Lambda allows {MAX_LAYERS}")
    if layer and region and layer.split(":")[3:4] != [region]:
        return Unprotected(f"is in {region}, but the layer {layer} is not")
    if properties.get("CodeSigningConfigArn") is not None and not is_signed:
        return Unprotected("requires signed code: give a signed layer, `layer=ARN`")
    named = [one for one in layers if isinstance(one, str)]
    notes = conflicts(current, named, str(properties.get("Handler") or ""))
    try:
        added = attached_variables(
            # A setting that is known at deployment only cannot be checked here.
            {
                name: current[name]
                for name in current
                if isinstance(variables[name], str) or name in _WRAPPERS
            },
            settings,
        )
    except DayflyError as error:
        return Unprotected(f"{error.message} ({error.hint})")
    return Wanted(python, added, tuple(notes))


def references(value: object) -> set[str]:
    """The logical ids that a resolved value names by Ref or GetAtt."""
    if isinstance(value, Mapping):
        if isinstance(value.get("Ref"), str):
            return {value["Ref"]}
        attribute = value.get("Fn::GetAtt")
        if isinstance(attribute, list) and attribute:
            return {str(attribute[0])}
        return set().union(*map(references, value.values()))
    if isinstance(value, list):
        return set().union(*map(references, value))
    return set()


def _variables(environment: object) -> Mapping[str, object] | None:
    """The variables of an Environment property; None if CloudFormation decides which there are."""
    if environment is None:
        return {}
    if not isinstance(environment, Mapping):
        return None
    inner = capitalised(environment)
    if not inner.keys() <= {"Variables"}:
        return None
    variables = inner.get("Variables") or {}
    if not isinstance(variables, Mapping) or any(name == "Ref" or "::" in name for name in variables):
        return None
    return variables


def capitalised(properties: Mapping[str, object]) -> dict[str, object]:
    """CloudFormation's names of properties: constructs of a type have camelCase, bare ones the template's own."""
    return {name[:1].upper() + name[1:]: value for name, value in properties.items() if value is not None}

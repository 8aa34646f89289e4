"""What a service of the Serverless Framework says of functions in plain CloudFormation: more of them, or over its own."""

from __future__ import annotations

from collections.abc import Iterator

from dayfly.attach.templates.intrinsics import call_of
from dayfly.attach.templates.model import Gap, TemplateFunction
from dayfly.attach.templates.nodes import Entry, Mapping, Scalar, Sequence, get, text_of
from dayfly.attach.templates.serverless_service import Service
from dayfly.attach.templates.stack import FUNCTION
from dayfly.attach.wrappers import WRAPPER, WRAPPER_VARIABLE

_FUNCTION_SUFFIX = "LambdaFunction"


def logical_id(name: str, suffix: str = _FUNCTION_SUFFIX) -> str:
    """The framework's own rule: https://www.serverless.com/framework/docs/providers/aws/guide/resources."""
    plain = name.replace("-", "Dash").replace("_", "Underscore")
    return f"{plain[:1].upper()}{plain[1:]}{suffix}"


def overruled(service: Service, name: str) -> str:
    """What `resources` puts over a function's own layers or wrapper, in words; "" if nothing.

    Both `Resources` and `extensions` are merged into what the framework makes of `functions`.
    """
    wanted = logical_id(name)
    for entry in _resources(service, "Resources", "extensions"):
        if entry.key.text != wanted:
            continue
        properties = get(entry.value, "Properties")
        if get(properties, "Layers") is not None:
            return "layers"
        for node in (get(properties, "Environment"), get(properties, "Environment", "Variables")):
            if node is not None and (not isinstance(node, Mapping) or call_of(node) is not None):
                return "variables"
        wrapper = get(properties, "Environment", "Variables", WRAPPER_VARIABLE)
        if wrapper is not None and text_of(wrapper) != WRAPPER:
            return WRAPPER_VARIABLE
    return ""


def plain_functions(service: Service, own: frozenset[str]) -> list[TemplateFunction]:
    """Functions under `resources` that may be Python and are not one of the service's `own` (logical ids).

    They are not edited: attached only where somebody did that by hand.
    """
    found = []
    for entry in _resources(service, "Resources"):
        name, properties = entry.key.text, get(entry.value, "Properties")
        if name in own or text_of(get(entry.value, "Type")) != FUNCTION:
            continue
        runtime = get(properties, "Runtime")
        is_image = text_of(get(properties, "PackageType")) == "Image"
        is_known = isinstance(runtime, Scalar) and not runtime.tag and "${" not in runtime.text
        if not is_image and is_known and not text_of(runtime).startswith("python"):
            continue
        wrapper = get(properties, "Environment", "Variables", WRAPPER_VARIABLE)
        is_attached = text_of(wrapper) == WRAPPER and get(properties, "Layers") is not None
        line = service.line_of(entry, "resources")
        gap = Gap(
            name,
            line,
            "is a CloudFormation resource under `resources`, which attach cannot edit",
            f"define it under `functions`, or add Dayfly's layer and {WRAPPER_VARIABLE}: {WRAPPER} there",
        )
        runtimes = (text_of(runtime),) if is_known else ()
        found.append(
            TemplateFunction(
                name, line, runtimes, not is_image, is_attached, is_image, None if is_attached else gap
            )
        )
    return found


def _resources(service: Service, *sections: str) -> Iterator[Entry]:
    """The resources of these sections, those of other files as well where they can be read."""
    root = service.follow(get(service.root, "resources"))
    parts = [one.value for one in root.items] if isinstance(root, Sequence) else [root]
    for part in parts:
        node = service.follow(part)
        for section in sections:
            resources = service.follow(get(node, section))
            if isinstance(resources, Mapping):
                yield from resources.effective().values()

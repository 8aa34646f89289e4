"""Attaches several functions of one template at once: what they share by an anchor is edited for all or for none."""

from __future__ import annotations

from collections.abc import Callable

from dayfly.attach.templates.attaching import Attaching
from dayfly.attach.templates.editing import Edits, NotEditableError
from dayfly.attach.templates.layers import Layer
from dayfly.attach.templates.model import Gap, Options
from dayfly.attach.templates.nodes import Document, Mapping, get
from dayfly.attach.templates.record import METADATA, METADATA_KEY
from dayfly.attach.templates.stack import Function, resources

LayerOf = Callable[[Function], Layer]


def attach_together(
    document: Document, functions: list[Function], options: Options, layer_of: LayerOf
) -> tuple[Edits, list[Function], list[Gap]]:
    """The edits, the functions they attach, and why the others are left out."""
    gaps: dict[int, Gap] = {}
    for function in functions:
        gap = try_one(function, options, layer_of(function))
        if gap is not None:
            gaps[id(function)] = gap
    shared = _shared(document)
    while True:
        left = [one for one in functions if id(one) not in gaps]
        edits = Edits(document)
        fault = _first_fault(left, Attaching(edits, options), layer_of, shared)
        if fault is None:
            break
        gaps[id(fault[0])] = fault[1]
    # The last is added first: each goes to the top.
    for layer in reversed(list({layer_of(one).name: layer_of(one) for one in left}.values())):
        if layer.resource is None:
            continue
        section = get(document.root, "Resources")
        assert isinstance(section, Mapping)
        resource = dict(layer.resource)
        if section.is_flow:
            resource[METADATA] = {METADATA_KEY: layer.record.as_value()}
        edits.add_entry(section, layer.name, resource, note=layer.record.as_comment())
    return edits, left, list(gaps.values())


def try_one(function: Function, options: Options, layer: Layer) -> Gap | None:
    """Why a function cannot be attached, tried on edits that are thrown away."""
    edits = Edits(function.document)
    try:
        Attaching(edits, options).attach(function, layer.value)
        edits.apply()
    except NotEditableError as error:
        return as_gap(function, error)
    return None


def as_gap(function: Function, error: NotEditableError) -> Gap:
    return Gap(function.name, function.document.line(error.offset), error.reason, error.hint)


# From where to where something goes that has an anchor, and where the resources begin that use it by an alias.
_Shared = tuple[int, int, set[int]]


def _shared(document: Document) -> list[_Shared]:
    places = [(entry.key.start, resource.end) for entry, resource in resources(document)]
    found: dict[int, _Shared] = {}
    for offset, node in document.aliases:
        # An alias outside of all resources is a user of its own, and so is the place where the anchor stands.
        users = found.setdefault(id(node), (node.start, node.end, set()))[2]
        users |= {
            next((start for start, end in places if start <= one < end), one) for one in (offset, node.start)
        }
    return list(found.values())


def _first_fault(
    functions: list[Function], attaching: Attaching, layer_of: LayerOf, shared: list[_Shared]
) -> tuple[Function, Gap] | None:
    attached = {one.entry.key.start for one in functions}
    for function in functions:
        before = set(attaching.edits.places)
        try:
            attaching.attach(function, layer_of(function).value)
        except NotEditableError as error:
            return function, as_gap(function, error)
        places = attaching.edits.places - before
        for start, end, users in shared:
            others = users - attached
            if others and any(start <= one <= end for one in places):
                line = function.document.line(min(others))
                reason = f"shares the part to edit with line {line}, through a YAML anchor"
                return function, function.gap(
                    reason, "write it out for this function; variables can be merged: `<<: *name`"
                )
    return None

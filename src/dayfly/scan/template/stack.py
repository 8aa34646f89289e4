"""A CloudFormation or SAM template with its intrinsics resolved: resources by logical name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dayfly.scan.template.draft import referred
from dayfly.scan.template.intrinsics import Intrinsics
from dayfly.scan.template.nodes import MappingNode, Node, SequenceNode, entries, mapping, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dayfly.scan.model import Note, Place
    from dayfly.scan.template.draft import Draft

# An alias of a version of a function are two steps; more would be a circle.
_MAX_ALIASES = 4


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource; `properties` are resolved, `body` is the whole of it."""

    name: str
    type: str
    place: Place
    properties: MappingNode
    body: MappingNode


@dataclass
class Stack:
    """The resources that will be made as long as every parameter has its default, and the drafts of functions."""

    path: str
    resources: dict[str, Resource] = field(default_factory=dict)
    globals: MappingNode | None = None
    drafts: dict[str, Draft] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)  # of `resources`

    def function_of(self, node: Node | None) -> Draft | None:
        """The function that a reference, a name or an ARN means; aliases and versions of it count."""
        written = text(node)
        if not written:
            return None
        for _ in range(_MAX_ALIASES):
            names = sorted(referred(written))
            for name in names:
                if name in self.drafts:
                    return self.drafts[name]
            steps = [
                text(self.resources[name].properties.get("FunctionName"))
                for name in names
                if self.types.get(name) in ("AWS::Lambda::Alias", "AWS::Lambda::Version")
            ]
            if not steps:
                break
            written = steps[0]
        for name, draft in self.drafts.items():
            resource = self.resources.get(name)
            own = text(resource.properties.get("FunctionName")) if resource is not None else ""
            if own and (written == own or f":function:{own}" in written):
                return draft
        return None

    def of_type(self, *types: str) -> Iterator[Resource]:
        return (resource for resource in self.resources.values() if resource.type in types)


def read_stack(path: str, root: MappingNode, notes: list[Note]) -> Stack:
    """Resolve the resources of a template; those whose condition is known to be false are left out."""
    intrinsics = Intrinsics(root, notes)
    defaults = root.get("Globals")
    resolved = intrinsics.resolve(defaults) if defaults is not None else None
    stack = Stack(path, globals=mapping(resolved))
    for name, node in entries(root.get("Resources")):
        body = mapping(node)
        kind = text(body.get("Type")) if body is not None else ""
        if body is None or not kind:
            continue
        condition = text(body.get("Condition"))
        if condition and intrinsics.condition(condition) is False:
            continue
        properties = body.get("Properties")
        plain = mapping(intrinsics.resolve(properties)) if properties is not None else None
        key = _key(root, name)
        stack.types[name] = kind
        stack.resources[name] = Resource(
            name, kind, key or body.place, plain or MappingNode(body.place), body
        )
    return stack


def _key(root: MappingNode, name: str) -> Place | None:
    """Where a resource's logical name stands."""
    resources = root.get("Resources")
    return resources.keys.get(name) if isinstance(resources, MappingNode) else None


def merge(own: MappingNode, defaults: MappingNode | None) -> MappingNode:
    """A SAM resource's properties over its Globals: mappings by key, lists the global ones first, else the own.

    https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html
    """
    if defaults is None:
        return own
    merged: dict[str, Node] = dict(defaults.entries)
    for key, value in own.entries.items():
        base = merged.get(key)
        if isinstance(value, MappingNode) and isinstance(base, MappingNode):
            merged[key] = merge(value, base)
        elif isinstance(value, SequenceNode) and isinstance(base, SequenceNode):
            merged[key] = SequenceNode(value.place, (*base.items, *value.items))
        else:
            merged[key] = value
    return MappingNode(own.place, merged, {**defaults.keys, **own.keys})

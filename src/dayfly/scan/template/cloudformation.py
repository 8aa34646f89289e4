"""Reads functions out of CloudFormation and SAM templates, and what CDK synthesises."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dayfly.scan.model import Note, NoteKind
from dayfly.scan.template.draft import Draft, code_path, take_url
from dayfly.scan.template.model import Default, Template
from dayfly.scan.template.nodes import (
    MappingNode,
    Node,
    ScalarNode,
    entries,
    integer,
    is_unknown,
    items,
    mapping,
    string,
    text,
    texts,
)
from dayfly.scan.template.roles import (
    Grants,
    read_resource_policies,
    read_roles,
    read_sam_policies,
    settle_role,
)
from dayfly.scan.template.sam_events import read_connectors, read_sam_events
from dayfly.scan.template.stack import Resource, Stack, merge, read_stack
from dayfly.scan.template.wiring import wire

if TYPE_CHECKING:
    from dayfly.scan.model import Place
    from dayfly.scan.template.model import Unresolved

SAM_FUNCTION = "AWS::Serverless::Function"
FUNCTION = "AWS::Lambda::Function"


def is_cloudformation(root: Node | None) -> bool:
    """Whether a document is a template: resources with types of AWS, or the version that says so."""
    if not isinstance(root, MappingNode):
        return False
    resources = root.get("Resources")
    if not isinstance(resources, MappingNode):
        return False
    if "AWSTemplateFormatVersion" in root.entries or "Transform" in root.entries:
        return True
    kinds = [text(node.get("Type")) for node in resources.entries.values() if isinstance(node, MappingNode)]
    return any(kind.startswith(("AWS::", "Custom::", "Alexa::")) for kind in kinds)


def read_cloudformation(path: str, root: MappingNode, notes: list[Note]) -> Template:
    """What a template says of its functions; what it does not decide is unresolved."""
    stack = read_stack(path, root, notes)
    roles = read_roles(stack)
    for resource in stack.of_type(SAM_FUNCTION):
        stack.drafts[resource.name] = _read_sam_function(stack, resource, roles)
    for resource in stack.of_type(FUNCTION):
        stack.drafts[resource.name] = _read_function(stack, resource, roles)
    read_connectors(stack)
    wire(stack)
    is_sam = "AWS::Serverless" in " ".join(texts(root.get("Transform"))) or any(stack.of_type(SAM_FUNCTION))
    return Template(
        path=path,
        kind="SAM" if is_sam else "CloudFormation",
        functions=tuple(draft.finish() for draft in stack.drafts.values()),
        resources=stack.types,
        nested=_read_nested(stack, notes),
        resource_policies=read_resource_policies(stack),
        defaults={
            name: Default(text(default), default.place)
            for name, parameter in entries(root.get("Parameters"))
            if isinstance(parameter, MappingNode)
            and isinstance(default := parameter.get("Default"), ScalarNode)
            and not text(parameter.get("Type")).startswith("AWS::")
        },
        redriven=frozenset(
            queue.name for queue in stack.of_type("AWS::SQS::Queue") if queue.properties.get("RedrivePolicy")
        ),
    )


def _read_sam_function(stack: Stack, resource: Resource, roles: dict[str, Grants]) -> Draft:
    defaults = mapping(stack.globals.get("Function")) if stack.globals is not None else None
    properties = merge(resource.properties, defaults)
    draft = _read_shared(stack, resource, properties)
    code = properties.get("CodeUri")
    draft.code = _read_code_uri(stack, resource, code)
    if properties.get("InlineCode") is not None:
        _take_inline(draft, properties.get("InlineCode"))
    if properties.get("Role") is not None:
        settle_role(stack, draft, roles, properties.get("Role"))
    else:
        grants = read_sam_policies(stack, properties.get("Policies"))
        grants.add_to(draft)
    url = mapping(properties.get("FunctionUrlConfig"))
    if url is not None:
        take_url(draft, url, properties.keys.get("FunctionUrlConfig", url.place))
    draft.has_dead_letter = draft.has_dead_letter or bool(
        properties.get("DeadLetterQueue")
        or properties.get("EventInvokeConfig", "DestinationConfig", "OnFailure")
    )
    if properties.get("EventInvokeConfig") is not None:
        draft.mentions.add("EventInvokeConfig")
    read_sam_events(stack, draft, properties)
    return draft


def _read_function(stack: Stack, resource: Resource, roles: dict[str, Grants]) -> Draft:
    draft = _read_shared(stack, resource, resource.properties)
    code = mapping(resource.properties.get("Code"))
    # What `aws cloudformation package` and CDK do with a local path.
    asset = text(resource.body.get("Metadata", "aws:asset:path"))
    is_bundled = text(resource.body.get("Metadata", "aws:asset:is-bundled")) == "true"
    written = text(resource.properties.get("Code"))
    if asset and not is_unknown(resource.body.get("Metadata", "aws:asset:path")):
        draft.code = code_path(stack.path, asset)
    elif written:
        draft.code = code_path(stack.path, written)
    else:
        draft.code = None
    if is_bundled and draft.code is None:
        draft.places.setdefault("code", resource.place)
    if code is not None and code.get("ZipFile") is not None:
        _take_inline(draft, code.get("ZipFile"))
    if code is not None and code.get("ImageUri") is not None:
        draft.is_image = True
    settle_role(stack, draft, roles, resource.properties.get("Role"))
    return draft


def _take_inline(draft: Draft, node: Node | None) -> None:
    if isinstance(node, ScalarNode):
        draft.inline_code = node.text
        draft.inline_place = node.place
        draft.code = None


def _read_shared(stack: Stack, resource: Resource, properties: MappingNode) -> Draft:
    """Settings that SAM and CloudFormation have under one name."""
    draft = Draft(resource.name, resource.place)
    draft.handler = _or_empty(string(properties.get("Handler")))
    draft.runtime = string(properties.get("Runtime"))
    draft.is_image = text(properties.get("PackageType")) == "Image"
    draft.command = string(next(iter(items(properties.get("ImageConfig", "Command"))), None))
    draft.timeout = integer(properties.get("Timeout"))
    draft.memory = integer(properties.get("MemorySize"))
    draft.reserved_concurrency = integer(properties.get("ReservedConcurrentExecutions"))
    draft.has_dead_letter = properties.get("DeadLetterConfig") is not None
    draft.is_snapstart = text(properties.get("SnapStart", "ApplyOn")) == "PublishedVersions"
    draft.layers = [(string(node) or "", node.place) for node in items(properties.get("Layers"))]
    variables = properties.get("Environment", "Variables")
    draft.set_environment((name, string(node), node.place) for name, node in entries(variables))
    for setting, key in (
        ("runtime", "Runtime"),
        ("handler", "Handler"),
        ("timeout", "Timeout"),
        ("reserved_concurrency", "ReservedConcurrentExecutions"),
        ("environment", "Environment"),
        ("code", "CodeUri"),
        ("layers", "Layers"),
    ):
        if key in properties.keys:
            draft.places[setting] = properties.keys[key]
    return draft


def _or_empty(value: str | Unresolved | None) -> str | Unresolved:
    return "" if value is None else value


def _read_code_uri(stack: Stack, resource: Resource, code: Node | None) -> str | None:
    context = text(resource.body.get("Metadata", "DockerContext"))
    if context:
        return code_path(stack.path, context)
    if code is None:
        return code_path(stack.path, ".")
    if isinstance(code, ScalarNode) and code.is_known:
        return code_path(stack.path, code.text)
    return None


def _read_nested(stack: Stack, notes: list[Note]) -> dict[str, Place]:
    """Nested templates of the project by path; others are noted."""
    found: dict[str, Place] = {}
    for resource in stack.of_type("AWS::CloudFormation::Stack", "AWS::Serverless::Application"):
        location = resource.properties.get("TemplateURL") or resource.properties.get("Location")
        shown = text(resource.body.get("Metadata", "aws:asset:path")) or (
            text(location) if not is_unknown(location) else ""
        )
        inner = code_path(stack.path, shown) if shown else None
        if inner is not None:
            found[inner] = resource.place
        else:
            notes.append(
                Note(
                    NoteKind.NOT_CHECKED,
                    f"the nested stack {resource.name} is in another place: it was not read",
                    resource.place,
                    "scan it, too",
                )
            )
    return found

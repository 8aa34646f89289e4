"""Reads functions out of the Serverless Framework's files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dayfly.scan.template.draft import Draft, code_path
from dayfly.scan.template.intrinsics import Intrinsics
from dayfly.scan.template.model import Template, Unresolved
from dayfly.scan.template.nodes import (
    MappingNode,
    Node,
    ScalarNode,
    entries,
    integer,
    is_true,
    items,
    mapping,
    string,
    text,
)
from dayfly.scan.template.roles import Grants, read_resource_policies, read_roles, settle_role
from dayfly.scan.template.serverless_events import read_serverless_events, take_serverless_url
from dayfly.scan.template.serverless_variables import Variables, merged
from dayfly.scan.template.stack import Stack, read_stack
from dayfly.scan.template.statements import read_statement
from dayfly.scan.template.wiring import wire

if TYPE_CHECKING:
    from dayfly.scan.model import Note
    from dayfly.scan.source.project import Project

_SEPARATORS = re.compile(r"[^A-Za-z0-9]")


def is_serverless(node: Node, *, is_named: bool) -> bool:
    """Whether a document is a service on AWS; `is_named` where the file's name says it is a service."""
    if not isinstance(node, MappingNode) or not ({"functions", "provider"} & node.entries.keys()):
        return False
    provider = node.get("provider")
    name = text(provider.get("name")) if isinstance(provider, MappingNode) else text(provider)
    if is_named:
        return name in ("", "aws") or name.startswith("${")
    return name == "aws" and "service" in node.entries and "functions" in node.entries


def read_serverless(project: Project, path: str, root: MappingNode, notes: list[Note]) -> Template:
    """What a service says of its functions, and of resources in its CloudFormation part."""
    variables = Variables(project, path, root, notes)
    plain = variables.resolve(root)
    service = plain if isinstance(plain, MappingNode) else root
    resources = merged(service.get("resources")) or MappingNode(service.place)
    stack = read_stack(path, resources, notes)
    intrinsics = Intrinsics(resources, notes)
    provider_node = service.get("provider")
    resolved = intrinsics.resolve(provider_node) if provider_node is not None else None
    provider = mapping(resolved) or MappingNode(service.place)
    roles = read_roles(stack)
    functions = merged(service.get("functions")) or MappingNode(service.place)
    for name, node in functions.entries.items():
        function = mapping(intrinsics.resolve(node))
        if function is None:
            continue
        place = functions.keys.get(name, node.place)
        draft = Draft(name, place)
        _read_settings(draft, path, service, provider, function)
        _read_grants(stack, draft, roles, provider, function)
        take_serverless_url(draft, function.get("url"))
        read_serverless_events(stack, draft, provider, function)
        stack.drafts[_logical_name(name)] = draft
    wire(stack)
    return Template(
        path=path,
        kind="Serverless Framework",
        functions=tuple(draft.finish() for draft in stack.drafts.values()),
        resources=stack.types,
        resource_policies=read_resource_policies(stack),
        redriven=frozenset(
            queue.name for queue in stack.of_type("AWS::SQS::Queue") if queue.properties.get("RedrivePolicy")
        ),
    )


def _logical_name(name: str) -> str:
    """https://www.serverless.com/framework/docs/providers/aws/guide/resources#aws-cloudformation-resource-reference"""
    words = name.replace("-", "Dash").replace("_", "Underscore")
    return _SEPARATORS.sub("", words[:1].upper() + words[1:]) + "LambdaFunction"


def _read_settings(
    draft: Draft, path: str, service: MappingNode, provider: MappingNode, function: MappingNode
) -> None:
    draft.handler = string(function.get("handler")) or ""
    if draft.handler in ("wsgi_handler.handler", "wsgi.handler"):
        # serverless-wsgi writes this module when it packages; the application is what it calls.
        draft.handler = text(service.get("custom", "wsgi", "app")) or draft.handler
    draft.runtime = string(function.get("runtime") or provider.get("runtime"))
    draft.timeout = integer(function.get("timeout") or provider.get("timeout"))
    draft.memory = integer(function.get("memorySize") or provider.get("memorySize"))
    draft.reserved_concurrency = integer(function.get("reservedConcurrency"))
    image = function.get("image")
    draft.is_image = image is not None
    if isinstance(image, MappingNode):
        draft.command = string(next(iter(items(image.get("command"))), None))
    draft.is_snapstart = is_true(function.get("snapStart"))
    draft.has_dead_letter = bool(
        function.get("onError")
        or function.get("deadLetter")
        or function.get("destinations", "onFailure")
        or provider.get("onError")
    )
    folder = text(function.get("module")) or "."
    artifact = function.get("package", "artifact") or service.get("package", "artifact")
    draft.code = code_path(path, folder)
    if isinstance(artifact, ScalarNode):
        draft.code = code_path(path, artifact.text) if artifact.is_known else None
    layers = function.get("layers") or provider.get("layers")
    draft.layers = [(string(node) or "", node.place) for node in items(layers)]
    for variables in (provider.get("environment"), function.get("environment")):
        draft.set_environment((name, string(node), node.place) for name, node in entries(variables))
    for source in (provider, function):
        for setting, key in (
            ("runtime", "runtime"),
            ("handler", "handler"),
            ("timeout", "timeout"),
            ("reserved_concurrency", "reservedConcurrency"),
            ("environment", "environment"),
            ("layers", "layers"),
        ):
            if key in source.keys:
                draft.places[setting] = source.keys[key]


def _read_grants(
    stack: Stack, draft: Draft, roles: dict[str, Grants], provider: MappingNode, function: MappingNode
) -> None:
    """A role of its own, by reference or by the plugin serverless-iam-roles-per-function, else the service's."""
    role = function.get("role")
    if role is not None:
        _settle_named(stack, draft, roles, role)
        return
    own = function.get("iamRoleStatements")
    if own is not None:
        _add_statements(draft, own, "iamRoleStatements")
        if not is_true(function.get("iamRoleStatementsInherit")):
            return
    shared = provider.get("iam", "role") or provider.get("role")
    if isinstance(shared, ScalarNode):
        _settle_named(stack, draft, roles, shared)
        return
    draft.statements = draft.statements or []
    if isinstance(shared, MappingNode):
        _add_statements(draft, shared.get("statements"), "provider.iam.role")
        for node in items(shared.get("managedPolicies")):
            draft.unresolved_policies.append(Unresolved(text(node) or "a policy", node.place))
    _add_statements(draft, provider.get("iamRoleStatements"), "provider.iamRoleStatements")
    for node in items(provider.get("iamManagedPolicies")):
        draft.unresolved_policies.append(Unresolved(text(node) or "a policy", node.place))


def _settle_named(stack: Stack, draft: Draft, roles: dict[str, Grants], role: Node) -> None:
    """The framework also takes a role's logical name without any function around it."""
    if text(role) in roles:
        roles[text(role)].add_to(draft)
        draft.places["role"] = role.place
    else:
        settle_role(stack, draft, roles, role)


def _add_statements(draft: Draft, node: Node | None, origin: str) -> None:
    found = [one for item in items(node) if (one := read_statement(item, origin=origin)) is not None]
    draft.statements = [*(draft.statements or []), *found]
    for item in items(node):
        if isinstance(item, ScalarNode) and not item.is_known:
            draft.unresolved_policies.append(Unresolved(item.text, item.place))

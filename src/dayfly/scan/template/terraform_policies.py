"""IAM policies of Terraform: documents as data sources, JSON in text, roles and what is attached to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dayfly.scan.template.draft import referred
from dayfly.scan.template.json_text import JsonError, read_json
from dayfly.scan.template.model import Statement, Unresolved
from dayfly.scan.template.nodes import (
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    items,
    known,
    text,
    texts,
)
from dayfly.scan.template.roles import Grants
from dayfly.scan.template.statements import read_policy, with_origin

if TYPE_CHECKING:
    from collections.abc import Callable

    from dayfly.scan.model import Note
    from dayfly.scan.template.terraform_syntax import Block
    from dayfly.scan.template.terraform_values import Module
    from dayfly.scan.template.terraform_wiring import Infrastructure

_NAMES = {
    "effect": "Effect",
    "actions": "Action",
    "not_actions": "NotAction",
    "resources": "Resource",
    "not_resources": "NotResource",
}


def policy_documents(module: Module) -> Callable[[str], Node | None]:
    """What `data.aws_iam_policy_document.NAME.json` stands for: the document, in IAM's spelling."""
    blocks: dict[str, Block] = {
        block.labels[1]: block
        for block in module.blocks
        if block.type == "data"
        and block.labels[:1] == ("aws_iam_policy_document",)
        and len(block.labels) == 2
    }

    def document(name: str) -> Node | None:
        block = blocks.get(name)
        return _document(module.mapping(block.body, block.place.path)) if block is not None else None

    return document


def _document(properties: MappingNode) -> MappingNode:
    statements: list[Node] = []
    for source in ("source_policy_documents", "override_policy_documents", "source_json", "override_json"):
        for inner in items(properties.get(source)):
            found = as_policy(inner)
            statements.extend(items(found.get("Statement")) if found is not None else ())
    for node in items(properties.get("statement")):
        if isinstance(node, MappingNode):
            statements.append(_statement(node))
    inside = SequenceNode(properties.place, tuple(statements))
    return MappingNode(properties.place, {"Statement": inside})


def _statement(node: MappingNode) -> MappingNode:
    found: dict[str, Node] = {"Effect": known(node.place, "Allow")}
    for key, name in _NAMES.items():
        value = node.get(key)
        if value is not None:
            # An effect that a variable decides stays text; Allow is what a statement without one means.
            found[name] = value
    principals = [
        item
        for one in (*items(node.get("principals")), *items(node.get("not_principals")))
        if isinstance(one, MappingNode)
        for item in items(one.get("identifiers"))
    ]
    if principals:
        found["Principal"] = SequenceNode(node.place, tuple(principals))
    conditions = {
        text(one.get("variable")): one for one in items(node.get("condition")) if isinstance(one, MappingNode)
    }
    if conditions:
        found["Condition"] = MappingNode(node.place, {"tests": MappingNode(node.place, conditions)})
    return MappingNode(node.place, found, node.keys)


def as_policy(node: Node | None) -> MappingNode | None:
    """A policy that an expression gave: its structure, or JSON as text; None where it is neither."""
    if isinstance(node, MappingNode):
        return node
    if not isinstance(node, ScalarNode) or not node.text.lstrip().startswith("{"):
        return None
    ignored: list[Note] = []
    # A heredoc begins on the line after its mark: padded so, the JSON's lines are the file's.
    padding = "\n" * node.place.line if node.place.end_line > node.place.line else ""
    try:
        found = read_json(padding + node.text, node.place.path, ignored, max_depth=50, max_nodes=20_000)
    except JsonError:
        return None
    return found if isinstance(found, MappingNode) else None


def read_grants(infrastructure: Infrastructure) -> dict[str, Grants]:
    """Grants by the role's address; policies attached from outside the role are included."""
    roles = {name: Grants() for name, one in infrastructure.resources.items() if one.type == "aws_iam_role"}
    named = {
        text(infrastructure.resources[name].properties.get("name")): name
        for name in roles
        if text(infrastructure.resources[name].properties.get("name"))
    }
    for name, grants in roles.items():
        properties = infrastructure.resources[name].properties
        for node in items(properties.get("inline_policy")):
            if isinstance(node, MappingNode):
                _add(grants, node.get("policy"), text(node.get("name")) or "inline_policy")
        for managed in items(properties.get("managed_policy_arns")):
            _attach(infrastructure, grants, managed)
    for address, one in infrastructure.resources.items():
        properties = one.properties
        if one.type == "aws_iam_role_policy":
            for grants in _roles_of(roles, named, properties.get("role")):
                _add(grants, properties.get("policy"), address)
        elif one.type == "aws_iam_role_policy_attachment":
            for grants in _roles_of(roles, named, properties.get("role")):
                _attach(infrastructure, grants, properties.get("policy_arn"))
        elif one.type == "aws_iam_policy_attachment":
            for role in items(properties.get("roles")):
                for grants in _roles_of(roles, named, role):
                    _attach(infrastructure, grants, properties.get("policy_arn"))
    return roles


def _roles_of(roles: dict[str, Grants], named: dict[str, str], node: Node | None) -> list[Grants]:
    written = text(node)
    addresses = {*referred(written), named.get(written, "")}
    return [roles[name] for name in sorted(addresses) if name in roles]


def _add(grants: Grants, node: Node | None, origin: str) -> None:
    policy = as_policy(node)
    if policy is not None:
        grants.statements.extend(with_origin(read_policy(policy), origin))
    elif node is not None:
        grants.unresolved.append(Unresolved(text(node)[:200] or "a policy", node.place))


def _attach(infrastructure: Infrastructure, grants: Grants, node: Node | None) -> None:
    """A policy of these files by its statements, any other by its ARN."""
    for name in sorted(referred(text(node))):
        one = infrastructure.resources.get(name)
        if one is not None and one.type == "aws_iam_policy":
            _add(grants, one.properties.get("policy"), name)
            return
    if node is not None:
        grants.unresolved.append(Unresolved(text(node) or "a policy", node.place))


def read_module_grants(properties: MappingNode) -> Grants:
    """What a call of the registry's module for functions grants to the role that it makes."""
    grants = Grants()
    for key in ("policy_json", "policy_jsons"):
        for node in items(properties.get(key)):
            _add(grants, node, key)
    statements = properties.get("policy_statements")
    inner = statements.entries.values() if isinstance(statements, MappingNode) else items(statements)
    for node in inner:
        if isinstance(node, MappingNode):
            policy = MappingNode(node.place, {"Statement": _statement(node)})
            grants.statements.extend(with_origin(read_policy(policy), "policy_statements"))
    for key in ("policy", "policies"):
        for node in items(properties.get(key)):
            grants.unresolved.append(Unresolved(text(node) or "a policy", node.place))
    return grants


# Resources that hold a policy on themselves or on another one.
_HOLDERS = frozenset(
    {
        "aws_s3_bucket_policy", "aws_sqs_queue_policy", "aws_sns_topic_policy", "aws_secretsmanager_secret_policy",
        "aws_ecr_repository_policy", "aws_kms_key", "aws_kms_key_policy", "aws_sqs_queue", "aws_sns_topic",
        "aws_s3_bucket", "aws_api_gateway_rest_api", "aws_api_gateway_rest_api_policy",
        "aws_cloudwatch_event_bus_policy", "aws_dynamodb_resource_policy", "aws_kinesis_resource_policy",
    }
)  # fmt: skip


def read_resource_policies(infrastructure: Infrastructure) -> dict[str, tuple[Statement, ...]]:
    """Statements of resource policies by the address of what holds them."""
    found: dict[str, tuple[Statement, ...]] = {}
    for name, one in infrastructure.resources.items():
        if one.type in _HOLDERS:
            statements = read_policy(as_policy(one.properties.get("policy")))
            if statements:
                found[name] = statements
        elif one.type == "aws_lambda_layer_version_permission":
            found[name] = (
                Statement(
                    effect="Allow",
                    actions=texts(one.properties.get("action")),
                    resources=texts(one.properties.get("layer_name")),
                    place=one.place,
                    principals=texts(one.properties.get("principal")),
                    has_condition=bool(text(one.properties.get("organization_id"))),
                ),
            )
    return found

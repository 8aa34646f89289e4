"""What a CloudFormation or SAM function may do: its role's policies, wherever they stand in the template."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dayfly.scan.template.draft import referred
from dayfly.scan.template.model import Statement, Unresolved
from dayfly.scan.template.nodes import MappingNode, Node, ScalarNode, items, text
from dayfly.scan.template.statements import (
    expand_policy_template,
    is_policy_template,
    read_policy,
    read_statement,
)

if TYPE_CHECKING:
    from dayfly.scan.template.draft import Draft
    from dayfly.scan.template.stack import Resource, Stack


@dataclass
class Grants:
    """What one role grants: statements, and names of policies that lie elsewhere."""

    statements: list[Statement] = field(default_factory=list)
    unresolved: list[Unresolved] = field(default_factory=list)

    def add_to(self, draft: Draft) -> None:
        draft.statements = [*(draft.statements or []), *self.statements]
        draft.unresolved_policies.extend(self.unresolved)


def read_roles(stack: Stack) -> dict[str, Grants]:
    """Grants by the role's logical name; policies that are attached from outside the role are included."""
    roles = {role.name: Grants() for role in stack.of_type("AWS::IAM::Role")}
    named = {
        text(role.properties.get("RoleName")): role.name
        for role in stack.of_type("AWS::IAM::Role")
        if text(role.properties.get("RoleName"))
    }
    for role in stack.of_type("AWS::IAM::Role"):
        for node in items(role.properties.get("Policies")):
            if isinstance(node, MappingNode):
                origin = text(node.get("PolicyName"))
                roles[role.name].statements.extend(read_policy(node.get("PolicyDocument"), origin=origin))
            else:
                roles[role.name].unresolved.append(Unresolved(text(node) or "a policy", node.place))
        for managed in items(role.properties.get("ManagedPolicyArns")):
            _attach_managed(stack, roles[role.name], managed)
    for policy in stack.of_type("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy"):
        origin = text(policy.properties.get("PolicyName")) or policy.name
        statements = read_policy(policy.properties.get("PolicyDocument"), origin=origin)
        attached = [*items(policy.properties.get("Roles")), *items(policy.properties.get("RoleName"))]
        for target in attached:
            for name in {*referred(text(target)), named.get(text(target), "")} & roles.keys():
                roles[name].statements.extend(statements)
    return roles


def _attach_managed(stack: Stack, grants: Grants, node: Node) -> None:
    """A managed policy of this template by its statements, any other by its name."""
    for name in referred(text(node)):
        resource = stack.resources.get(name)
        if resource is not None and resource.type == "AWS::IAM::ManagedPolicy":
            origin = text(resource.properties.get("ManagedPolicyName")) or name
            grants.statements.extend(read_policy(resource.properties.get("PolicyDocument"), origin=origin))
            return
    grants.unresolved.append(Unresolved(text(node) or "a policy", node.place))


def read_sam_policies(stack: Stack, policies: Node | None) -> Grants:
    """SAM's `Policies`: names of managed ones, policy templates, documents, or statements in lists."""
    grants = Grants()
    for node in items(policies):
        if isinstance(node, ScalarNode):
            _attach_managed(stack, grants, node)
        elif isinstance(node, MappingNode):
            _add_sam_policy(grants, node)
    return grants


def _add_sam_policy(grants: Grants, node: MappingNode) -> None:
    if node.get("Statement") is not None:
        grants.statements.extend(read_policy(node, origin="inline"))
        return
    if node.get("Effect") is not None and (statement := read_statement(node, origin="inline")) is not None:
        grants.statements.append(statement)
        return
    for name, arguments in node.entries.items():
        place = node.keys.get(name, node.place)
        if is_policy_template(name):
            grants.statements.extend(expand_policy_template(name, arguments, place))
        else:
            grants.unresolved.append(Unresolved(f"the policy template {name[:80]}", place))


def settle_role(stack: Stack, draft: Draft, roles: dict[str, Grants], role: Node | None) -> None:
    """Give the function what its role grants; a role of elsewhere is unresolved."""
    if role is None:
        return
    draft.role = text(role)
    draft.places["role"] = role.place
    for name in referred(draft.role):
        if name in roles:
            roles[name].add_to(draft)
            return
    draft.unresolved_policies.append(Unresolved(draft.role or "a role", role.place))


# Where a resource policy stands: type to (property of the document, property that names what it is for).
_POLICIES = {
    "AWS::S3::BucketPolicy": ("PolicyDocument", "Bucket"),
    "AWS::SQS::QueuePolicy": ("PolicyDocument", "Queues"),
    "AWS::SNS::TopicPolicy": ("PolicyDocument", "Topics"),
    "AWS::SecretsManager::ResourcePolicy": ("ResourcePolicy", "SecretId"),
    "AWS::Events::EventBusPolicy": ("Statement", "EventBusName"),
    "AWS::KMS::Key": ("KeyPolicy", ""),
    "AWS::ECR::Repository": ("RepositoryPolicyText", ""),
    "AWS::ApiGateway::RestApi": ("Policy", ""),
    "AWS::DynamoDB::Table": ("ResourcePolicy.PolicyDocument", ""),
    "AWS::Kinesis::ResourcePolicy": ("ResourcePolicy", "ResourceArn"),
    "AWS::Lambda::ResourcePolicy": ("Policy", "ResourceArn"),
}


def read_resource_policies(stack: Stack) -> dict[str, tuple[Statement, ...]]:
    """Statements of resource policies by the logical name of the resource that holds them."""
    found: dict[str, tuple[Statement, ...]] = {}
    for resource in stack.resources.values():
        statements = _resource_policy(resource)
        if statements:
            found[resource.name] = statements
    return found


def _resource_policy(resource: Resource) -> tuple[Statement, ...]:
    if resource.type == "AWS::Lambda::LayerVersionPermission":
        return (
            Statement(
                effect="Allow",
                actions=(text(resource.properties.get("Action")),),
                resources=(text(resource.properties.get("LayerVersionArn")),),
                place=resource.place,
                principals=(text(resource.properties.get("Principal")),),
                has_condition=bool(text(resource.properties.get("OrganizationId"))),
            ),
        )
    if resource.type not in _POLICIES:
        return ()
    document, _ = _POLICIES[resource.type]
    node = resource.properties.get(*document.split("."))
    if document == "Statement":
        return tuple(one for item in items(node) if (one := read_statement(item)) is not None)
    return read_policy(node)

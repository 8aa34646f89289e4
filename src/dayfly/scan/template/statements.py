"""Reads IAM policy documents: of roles, of resources, of SAM's policy templates."""

from __future__ import annotations

import dataclasses
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from dayfly.scan.template.model import Statement
from dayfly.scan.template.nodes import MappingNode, Node, SequenceNode, entries, items, mapping, text, texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dayfly.scan.model import Place


def read_policy(document: Node | None, *, origin: str = "") -> tuple[Statement, ...]:
    """The statements of a policy document; what is no document has none."""
    policy = mapping(document)
    if policy is None:
        return ()
    found = []
    for node in items(policy.get("Statement")):
        statement = read_statement(node, origin=origin)
        if statement is not None:
            found.append(statement)
    return tuple(found)


def read_statement(node: Node, *, origin: str = "") -> Statement | None:
    """One statement, with keys in IAM's spelling; None where it is none."""
    if not isinstance(node, MappingNode):
        return None
    keys = {key.lower(): value for key, value in node.entries.items()}
    conditions = tuple(
        key.lower() for _, operator in entries(keys.get("condition")) for key, _ in entries(operator)
    )
    return Statement(
        effect=text(keys.get("effect")) or "Allow",
        actions=texts(keys.get("action")),
        resources=texts(keys.get("resource")),
        place=node.place,
        not_actions=texts(keys.get("notaction")),
        not_resources=texts(keys.get("notresource")),
        has_condition=bool(conditions) or _is_unreadable(keys.get("condition")),
        principals=_principals(keys.get("principal")),
        conditions=conditions,
        origin=origin,
    )


def _is_unreadable(condition: Node | None) -> bool:
    """A condition that is there but is not a mapping: decided at deployment."""
    return (
        condition is not None
        and not isinstance(condition, (MappingNode, SequenceNode))
        and bool(text(condition))
    )


def _principals(node: Node | None) -> tuple[str, ...]:
    """Principals as text; those of a kind as `AWS` or `Service` without the kind."""
    if isinstance(node, MappingNode):
        return tuple(one for value in node.entries.values() for one in texts(value))
    return texts(node)


@cache
def _templates() -> Mapping[str, object]:
    loaded = json.loads((Path(__file__).parent / "data" / "sam_policies.json").read_text("utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def is_policy_template(name: str) -> bool:
    """Whether SAM has a policy template of this name."""
    return name in _templates() and name != "source"


def expand_policy_template(name: str, arguments: Node | None, place: Place) -> tuple[Statement, ...]:
    """The statements of one of SAM's policy templates, with its parameters put in.

    https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-policy-templates.html
    """
    template = _templates()[name]
    assert isinstance(template, list)
    values = {key: text(value) for key, value in entries(arguments)}
    return tuple(
        Statement(
            effect=one["effect"],
            actions=tuple(one["actions"]),
            resources=tuple(_fill(resource, values) for resource in one["resources"]),
            place=place,
            has_condition=bool(one["conditions"]),
            conditions=tuple(one["conditions"]),
            origin=name,
        )
        for one in template
    )


def _fill(resource: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        resource = resource.replace("${" + name + "}", value or "${" + name + "}")
    return resource


def with_origin(statements: tuple[Statement, ...], origin: str) -> Iterator[Statement]:
    """The statements under the name of the policy that they came from."""
    for statement in statements:
        yield dataclasses.replace(statement, origin=origin)

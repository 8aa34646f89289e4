"""Calls of the registry's module for functions, which most functions that are written as a module use."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from dayfly.scan.template.draft import code_path
from dayfly.scan.template.event_sources import trigger_of_principal, trigger_of_source
from dayfly.scan.template.model import Cors, Source, Statement, Trigger, Unresolved
from dayfly.scan.template.nodes import (
    MappingNode,
    ScalarNode,
    entries,
    is_true,
    items,
    mapping,
    string,
    text,
    texts,
)
from dayfly.scan.template.terraform_policies import read_module_grants
from dayfly.scan.template.terraform_settings import read_settings, take_places

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dayfly.scan.model import Place
    from dayfly.scan.template.draft import Draft

REGISTRY_MODULE = "terraform-aws-modules/lambda/aws"


def read_registry_triggers(draft: Draft, properties: MappingNode, types: Mapping[str, str]) -> None:
    """The module's `allowed_triggers` and `event_source_mapping`, mappings by a name of one's own."""
    for name, node in entries(properties.get("allowed_triggers")):
        if not isinstance(node, MappingNode):
            continue
        service = text(node.get("service"))
        principal = text(node.get("principal")) or (f"{service}.amazonaws.com" if service else "")
        words = (("source_arn", "aws:sourcearn"), ("source_account", "aws:sourceaccount"))
        conditions = tuple(word for key, word in words if text(node.get(key)))
        place = node.place
        draft.resource_policy.append(
            Statement(
                effect="Allow",
                actions=("lambda:InvokeFunction",),
                resources=(draft.name,),
                place=place,
                principals=(principal,),
                has_condition=bool(conditions),
                conditions=conditions,
                origin=name,
            )
        )
        source = text(node.get("source_arn"))
        trigger = trigger_of_principal(principal)
        found = trigger_of_source(source, types)
        if found is not Trigger.UNKNOWN and trigger in (Trigger.API_V1, Trigger.EVENTBRIDGE, None):
            trigger = found
        if trigger is not None:
            draft.sources.append(Source(trigger, place, name, source=source))
    for name, node in entries(properties.get("event_source_mapping")):
        if isinstance(node, MappingNode):
            source = text(node.get("event_source_arn"))
            has_destination = node.get("destination_arn_on_failure") is not None
            draft.sources.append(
                Source(trigger_of_source(source, types), node.place, name, None, has_destination, source)
            )


def read_registry_module(name: str, path: str, properties: MappingNode, place: Place) -> Draft:
    """https://registry.terraform.io/modules/terraform-aws-modules/lambda/aws/latest?tab=inputs"""
    draft = read_settings(name, path, properties, place, {})
    draft.set_environment(
        (key, string(node), node.place) for key, node in entries(properties.get("environment_variables"))
    )
    take_places(draft, properties, environment="environment_variables")
    sources = items(properties.get("source_path"))
    first = sources[0] if sources else properties.get("local_existing_package")
    inner = first.get("path") if isinstance(first, MappingNode) else first
    draft.code = None
    if isinstance(inner, ScalarNode) and inner.is_known:
        written = inner.text
        draft.code = code_path(
            place.path, posixpath.dirname(written) or "." if written.endswith(".py") else written
        )
    draft.has_dead_letter = draft.has_dead_letter or bool(
        text(properties.get("dead_letter_target_arn")) or text(properties.get("destination_on_failure"))
    )
    draft.is_snapstart = is_true(properties.get("snap_start"))
    role = properties.get("lambda_role")
    if role is not None and text(role):
        draft.unresolved_policies.append(Unresolved(text(role), role.place))
    else:
        read_module_grants(properties).add_to(draft)
    if is_true(properties.get("create_lambda_function_url")):
        auth = properties.get("authorization_type")
        draft.url_auth = string(auth) or "NONE"
        draft.url_place = auth.place if auth is not None else properties.keys["create_lambda_function_url"]
        cors = mapping(properties.get("cors"))
        if cors is not None:
            draft.url_cors = Cors(
                cors.place, texts(cors.get("allow_origins")), is_true(cors.get("allow_credentials"))
            )
    return draft

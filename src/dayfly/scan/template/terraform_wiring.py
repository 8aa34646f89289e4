"""What invokes the functions of Terraform's files: resources of other services, found by their references."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dayfly.scan.template.draft import referred
from dayfly.scan.template.event_sources import trigger_of_principal, trigger_of_source
from dayfly.scan.template.mentions import mentions, sets_invocation_type
from dayfly.scan.template.model import Cors, Source, Statement, Trigger
from dayfly.scan.template.nodes import (
    MappingNode,
    Node,
    ScalarNode,
    is_true,
    items,
    string,
    text,
    texts,
    unknown,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dayfly.scan.model import Place
    from dayfly.scan.template.draft import Draft


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource or data source; `properties` are evaluated."""

    type: str
    properties: MappingNode
    place: Place


@dataclass
class Infrastructure:
    """Resources and functions of one folder, by address: `aws_lambda_function.api`, `module.api`."""

    path: str
    resources: dict[str, Resource] = field(default_factory=dict)
    drafts: dict[str, Draft] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)  # of functions, by the keys of `drafts`
    instances: dict[str, list[str]] = field(default_factory=dict)  # keys of `drafts` by address

    def add(self, address: str, kind: str, properties: MappingNode, place: Place) -> None:
        """Take a resource."""
        self.resources[address] = Resource(kind, properties, place)
        self.types[address] = kind

    def functions_of(self, node: Node | None) -> list[Draft]:
        """The functions that a reference, a name or an ARN means; an alias counts, and all that a `for_each` made."""
        written = text(node)
        for name in sorted(referred(written)):
            if name in self.instances:
                return [self.drafts[one] for one in self.instances[name]]
            alias = self.resources.get(name)
            if alias is not None and alias.type == "aws_lambda_alias":
                for inner in sorted(referred(text(alias.properties.get("function_name")))):
                    if inner in self.instances:
                        return [self.drafts[one] for one in self.instances[inner]]
        for name, draft in self.drafts.items():
            own = self.names.get(name, "")
            if own and "${" not in own and (written == own or written.endswith(f":function:{own}")):
                return [draft]
        return []

    def add_function(self, address: str, draft: Draft, name: str, *, key: str = "") -> None:
        """Take a function; `name` is its function_name, `key` its instance's where it is one of several."""
        one = f'{address}["{key}"]' if key else address
        self.drafts[one] = draft
        self.names[one] = name
        self.instances.setdefault(address, []).append(one)

    def of_type(self, kind: str) -> Iterator[tuple[str, Resource]]:
        return ((name, one) for name, one in self.resources.items() if one.type == kind)


def wire(infrastructure: Infrastructure) -> None:
    """Add to each function what other resources say of it."""
    if infrastructure.drafts:
        for kind, reader in _READERS.items():
            for name, one in list(infrastructure.of_type(kind)):
                reader(infrastructure, name, one)
        for name, one in infrastructure.resources.items():
            if one.type not in _READERS or _READERS[one.type] is _invoke_config:
                _mention(infrastructure, name, one)


def _mention(infrastructure: Infrastructure, name: str, one: Resource) -> None:
    for node in mentions(one.type, one.properties):
        for address in sorted(referred(node.text) - {name}):
            for draft in infrastructure.functions_of(unknown(node.place, "${" + address + "}")):
                draft.mentions.add(name)


def _add(
    infrastructure: Infrastructure,
    node: Node | None,
    trigger: Trigger,
    name: str,
    one: Resource,
    *,
    is_public: bool | None = None,
    has_failure_destination: bool = False,
    source: str = "",
) -> None:
    for draft in infrastructure.functions_of(node):
        draft.sources.append(Source(trigger, one.place, name, is_public, has_failure_destination, source))


def _inner(node: MappingNode, *kinds: str) -> Iterator[MappingNode]:
    """The blocks of these kinds, each within the one before."""
    for one in items(node.get(kinds[0])):
        if isinstance(one, MappingNode):
            if len(kinds) == 1:
                yield one
            else:
                yield from _inner(one, *kinds[1:])


def _url(infrastructure: Infrastructure, name: str, one: Resource) -> None:
    auth = one.properties.get("authorization_type")
    for draft in infrastructure.functions_of(one.properties.get("function_name")):
        draft.url_auth = string(auth) or "AWS_IAM"
        draft.url_place = auth.place if auth is not None else one.place
        for cors in _inner(one.properties, "cors"):
            draft.url_cors = Cors(
                cors.place, texts(cors.get("allow_origins")), is_true(cors.get("allow_credentials"))
            )


def _invoke_config(infrastructure: Infrastructure, name: str, one: Resource) -> None:
    for draft in infrastructure.functions_of(one.properties.get("function_name")):
        if any(_inner(one.properties, "destination_config", "on_failure")):
            draft.has_dead_letter = True


def _mapping(infrastructure: Infrastructure, name: str, one: Resource) -> None:
    arn = text(one.properties.get("event_source_arn"))
    trigger = trigger_of_source(arn, infrastructure.types)
    if one.properties.get("self_managed_event_source") is not None:
        trigger = Trigger.KAFKA
    has_destination = any(_inner(one.properties, "destination_config", "on_failure"))
    _add(
        infrastructure,
        one.properties.get("function_name"),
        trigger,
        name,
        one,
        has_failure_destination=has_destination,
        source=arn,
    )


_CONDITIONS = {
    "source_arn": "aws:sourcearn",
    "source_account": "aws:sourceaccount",
    "principal_org_id": "aws:principalorgid",
    "event_source_token": "lambda:eventsourcetoken",
    "function_url_auth_type": "lambda:functionurlauthtype",
}


def _permission(infrastructure: Infrastructure, name: str, one: Resource) -> None:
    for draft in infrastructure.functions_of(one.properties.get("function_name")):
        _permit(infrastructure, draft, name, one)


def _permit(infrastructure: Infrastructure, draft: Draft, name: str, one: Resource) -> None:
    principal = text(one.properties.get("principal"))
    conditions = tuple(meant for key, meant in _CONDITIONS.items() if text(one.properties.get(key)))
    draft.resource_policy.append(
        Statement(
            effect="Allow",
            actions=(text(one.properties.get("action")),),
            resources=(text(one.properties.get("function_name")),),
            place=one.place,
            principals=(principal,),
            has_condition=bool(conditions),
            conditions=conditions,
            origin=name,
        )
    )
    trigger = trigger_of_principal(principal)
    arn = text(one.properties.get("source_arn"))
    if trigger in (Trigger.API_V1, Trigger.EVENTBRIDGE):
        found = trigger_of_source(arn, infrastructure.types)
        trigger = found if found is not Trigger.UNKNOWN else trigger
    kinds = {source.trigger for source in draft.sources}
    is_told = trigger in kinds or (
        trigger is Trigger.API_V1 and bool(kinds & {Trigger.API_V2, Trigger.WEBSOCKET})
    )
    is_told = is_told or (trigger is Trigger.EVENTBRIDGE and Trigger.SCHEDULE in kinds)
    if trigger is not None and not is_told:
        draft.sources.append(Source(trigger, one.place, name, source=arn))


def _notification(infrastructure: Infrastructure, name: str, one: Resource) -> None:
    bucket = text(one.properties.get("bucket"))
    for inner in _inner(one.properties, "lambda_function"):
        _add(infrastructure, inner.get("lambda_function_arn"), Trigger.S3, name, one, source=bucket)


def _subscription(infrastructure: Infrastructure, name: str, one: Resource) -> None:
    if text(one.properties.get("protocol")) == "lambda":
        topic = text(one.properties.get("topic_arn"))
        _add(infrastructure, one.properties.get("endpoint"), Trigger.SNS, name, one, source=topic)


def _target(infrastructure: Infrastructure, name: str, one: Resource) -> None:
    rule = text(one.properties.get("rule"))
    trigger = Trigger.EVENTBRIDGE
    for address, other in infrastructure.of_type("aws_cloudwatch_event_rule"):
        is_meant = address in referred(rule) or text(other.properties.get("name")) == rule
        if is_meant and other.properties.get("schedule_expression") is not None:
            trigger = Trigger.SCHEDULE
    has_destination = any(_inner(one.properties, "dead_letter_config"))
    _add(
        infrastructure,
        one.properties.get("arn"),
        trigger,
        name,
        one,
        has_failure_destination=has_destination,
        source=rule,
    )


def _schedule(infrastructure: Infrastructure, name: str, one: Resource) -> None:
    for target in _inner(one.properties, "target"):
        has_destination = any(_inner(target, "dead_letter_config"))
        _add(
            infrastructure,
            target.get("arn"),
            Trigger.SCHEDULE,
            name,
            one,
            has_failure_destination=has_destination,
        )


def _rest(infrastructure: Infrastructure, name: str, one: Resource) -> None:
    """A REST integration; the method of the same path and verb says whether anyone may call."""
    properties = one.properties
    is_public: bool | None = None
    where = [text(properties.get(key)) for key in ("rest_api_id", "resource_id")]
    verb = text(properties.get("http_method"))
    for address, method in infrastructure.of_type("aws_api_gateway_method"):
        same = [text(method.properties.get(key)) for key in ("rest_api_id", "resource_id")] == where
        is_meant = address in referred(verb) or (same and text(method.properties.get("http_method")) == verb)
        if is_meant:
            kind = method.properties.get("authorization")
            is_closed = text(method.properties.get("http_method")) == "OPTIONS" or is_true(
                method.properties.get("api_key_required")
            )
            is_known = isinstance(kind, ScalarNode) and kind.is_known
            is_public = False if is_closed else (text(kind) == "NONE" if is_known else None)
            one = Resource(one.type, properties, method.place)
    _add(infrastructure, properties.get("uri"), Trigger.API_V1, name, one, is_public=is_public)
    if sets_invocation_type(properties.get("request_parameters")):
        for draft in infrastructure.functions_of(properties.get("uri")):
            draft.mentions.add(name)


def _http(infrastructure: Infrastructure, name: str, one: Resource) -> None:
    """An HTTP or WebSocket integration with its routes."""
    uri = one.properties.get("integration_uri")
    trigger = Trigger.API_V2
    for api in referred(text(one.properties.get("api_id"))):
        other = infrastructure.resources.get(api)
        if other is not None and text(other.properties.get("protocol_type")) == "WEBSOCKET":
            trigger = Trigger.WEBSOCKET
    routes = [
        (address, route)
        for address, route in infrastructure.of_type("aws_apigatewayv2_route")
        if name in referred(text(route.properties.get("target")))
    ]
    if not routes:
        _add(infrastructure, uri, trigger, name, one)
    for address, route in routes:
        key = text(route.properties.get("route_key"))
        kind = route.properties.get("authorization_type")
        is_closed = key.startswith("OPTIONS ") or (trigger is Trigger.WEBSOCKET and key != "$connect")
        is_known = kind is None or (isinstance(kind, ScalarNode) and kind.is_known)
        is_public = False if is_closed else (text(kind) in ("", "NONE") if is_known else None)
        _add(infrastructure, uri, trigger, address, route, is_public=is_public)


def _quick(infrastructure: Infrastructure, name: str, one: Resource) -> None:
    """An HTTP API with a target of its own answers every route without an authorizer."""
    if one.properties.get("target") is not None:
        _add(infrastructure, one.properties.get("target"), Trigger.API_V2, name, one, is_public=True)


def _every(trigger: Trigger, *keys: str) -> Callable[[Infrastructure, str, Resource], None]:
    """A reader of properties within which any text may name a function."""

    def read(infrastructure: Infrastructure, name: str, one: Resource) -> None:
        seen: set[str] = set()
        for key in keys:
            for node in walk(one.properties.get(key)):
                if isinstance(node, ScalarNode) and "${" in node.text:
                    for address in sorted(referred(node.text)):
                        if address in infrastructure.instances and address not in seen:
                            seen.add(address)
                            for draft in infrastructure.functions_of(
                                unknown(node.place, "${" + address + "}")
                            ):
                                draft.sources.append(Source(trigger, node.place, name))

    return read


# Permissions last: they name a service only where nothing else has.
_READERS: dict[str, Callable[[Infrastructure, str, Resource], None]] = {
    "aws_lambda_function_url": _url,
    "aws_lambda_function_event_invoke_config": _invoke_config,
    "aws_lambda_event_source_mapping": _mapping,
    "aws_s3_bucket_notification": _notification,
    "aws_sns_topic_subscription": _subscription,
    "aws_cloudwatch_event_target": _target,
    "aws_scheduler_schedule": _schedule,
    "aws_api_gateway_integration": _rest,
    "aws_apigatewayv2_integration": _http,
    "aws_apigatewayv2_api": _quick,
    "aws_api_gateway_authorizer": _every(Trigger.AUTHORIZER, "authorizer_uri"),
    "aws_apigatewayv2_authorizer": _every(Trigger.AUTHORIZER, "authorizer_uri"),
    "aws_lb_target_group_attachment": _every(Trigger.ALB, "target_id"),
    "aws_alb_target_group_attachment": _every(Trigger.ALB, "target_id"),
    "aws_cognito_user_pool": _every(Trigger.COGNITO, "lambda_config"),
    "aws_appsync_datasource": _every(Trigger.APPSYNC, "lambda_config"),
    "aws_iot_topic_rule": _every(Trigger.IOT, "lambda"),
    "aws_cloudwatch_log_subscription_filter": _every(Trigger.LOGS, "destination_arn"),
    "aws_sfn_state_machine": _every(Trigger.STEP_FUNCTIONS, "definition"),
    "aws_lambda_permission": _permission,
}

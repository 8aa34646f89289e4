"""What invokes the functions of a CloudFormation template: resources of other services, found by their references."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dayfly.scan.template.draft import referred, take_url
from dayfly.scan.template.event_sources import trigger_of_principal, trigger_of_source
from dayfly.scan.template.mentions import mentions, sets_invocation_type
from dayfly.scan.template.model import Source, Statement, Trigger
from dayfly.scan.template.nodes import (
    MappingNode,
    Node,
    ScalarNode,
    entries,
    items,
    mapping,
    text,
    unknown,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from dayfly.scan.template.draft import Draft
    from dayfly.scan.template.stack import Resource, Stack


def wire(stack: Stack) -> None:
    """Add to each function what other resources say of it."""
    if not stack.drafts:
        return
    # Permissions last: they name a service only where nothing else has.
    for resource in sorted(stack.resources.values(), key=lambda one: one.type == "AWS::Lambda::Permission"):
        reader = _READERS.get(resource.type)
        if reader is not None:
            reader(stack, resource)
        if reader is None or reader is _invoke_config:
            for node in mentions(resource.type, resource.properties):
                for name in sorted(referred(node.text)):
                    draft = stack.function_of(unknown(node.place, "${" + name + "}"))
                    if draft is not None and draft.name != resource.name:
                        draft.mentions.add(resource.name)


def _add(
    stack: Stack,
    node: Node | None,
    trigger: Trigger,
    resource: Resource,
    *,
    is_public: bool | None = None,
    has_failure_destination: bool = False,
    source: str = "",
) -> None:
    draft = stack.function_of(node)
    if draft is not None:
        place = node.place if node is not None else resource.place
        draft.sources.append(
            Source(trigger, place, resource.name, is_public, has_failure_destination, source)
        )


def _url(stack: Stack, resource: Resource) -> None:
    draft = stack.function_of(resource.properties.get("TargetFunctionArn"))
    if draft is not None:
        take_url(draft, resource.properties, resource.place)


def _invoke_config(stack: Stack, resource: Resource) -> None:
    draft = stack.function_of(resource.properties.get("FunctionName"))
    if draft is not None and resource.properties.get("DestinationConfig", "OnFailure") is not None:
        draft.has_dead_letter = True


def _mapping(stack: Stack, resource: Resource) -> None:
    properties = resource.properties
    arn = text(properties.get("EventSourceArn"))
    trigger = trigger_of_source(arn, stack.types)
    if properties.get("SelfManagedEventSource") is not None:
        trigger = Trigger.KAFKA
    has_destination = properties.get("DestinationConfig", "OnFailure") is not None
    _add(
        stack,
        properties.get("FunctionName"),
        trigger,
        resource,
        has_failure_destination=has_destination,
        source=arn,
    )


# Property of a permission to the condition it means.
_CONDITIONS = {
    "SourceArn": "aws:sourcearn",
    "SourceAccount": "aws:sourceaccount",
    "PrincipalOrgID": "aws:principalorgid",
    "EventSourceToken": "lambda:eventsourcetoken",
    "FunctionUrlAuthType": "lambda:functionurlauthtype",
    "InvokedViaFunctionUrl": "lambda:invokedviafunctionurl",
}


def _permission(stack: Stack, resource: Resource) -> None:
    properties = resource.properties
    draft = stack.function_of(properties.get("FunctionName"))
    if draft is None:
        return
    principal = text(properties.get("Principal"))
    conditions = tuple(word for key, word in _CONDITIONS.items() if text(properties.get(key)))
    draft.resource_policy.append(
        Statement(
            effect="Allow",
            actions=(text(properties.get("Action")),),
            resources=(text(properties.get("FunctionName")),),
            place=resource.place,
            principals=(principal,),
            has_condition=bool(conditions),
            conditions=conditions,
            origin=resource.name,
        )
    )
    trigger = trigger_of_principal(principal)
    arn = text(properties.get("SourceArn"))
    if trigger is None or trigger in (Trigger.API_V1, Trigger.EVENTBRIDGE):
        # One principal for two kinds: REST and HTTP, rules and schedules. The source tells, if anything does.
        found = trigger_of_source(arn, stack.types)
        trigger = found if found is not Trigger.UNKNOWN else trigger
    if trigger is not None and not any(source.trigger is trigger for source in draft.sources):
        if trigger is Trigger.API_V1 and any(source.trigger is Trigger.API_V2 for source in draft.sources):
            return
        draft.sources.append(Source(trigger, resource.place, resource.name, source=arn))


def _bucket(stack: Stack, resource: Resource) -> None:
    for one in items(resource.properties.get("NotificationConfiguration", "LambdaConfigurations")):
        if isinstance(one, MappingNode):
            _add(stack, one.get("Function"), Trigger.S3, resource, source="${" + resource.name + "}")


def _subscription(stack: Stack, resource: Resource) -> None:
    if text(resource.properties.get("Protocol")) == "lambda":
        topic = text(resource.properties.get("TopicArn"))
        _add(stack, resource.properties.get("Endpoint"), Trigger.SNS, resource, source=topic)


def _topic(stack: Stack, resource: Resource) -> None:
    for one in items(resource.properties.get("Subscription")):
        if isinstance(one, MappingNode) and text(one.get("Protocol")) == "lambda":
            _add(stack, one.get("Endpoint"), Trigger.SNS, resource, source="${" + resource.name + "}")


def _rule(stack: Stack, resource: Resource) -> None:
    is_schedule = resource.properties.get("ScheduleExpression") is not None
    is_pattern = resource.properties.get("EventPattern") is not None
    trigger = Trigger.SCHEDULE if is_schedule and not is_pattern else Trigger.EVENTBRIDGE
    for target in items(resource.properties.get("Targets")):
        if isinstance(target, MappingNode):
            has_destination = target.get("DeadLetterConfig") is not None
            _add(
                stack, target.get("Arn"), trigger, resource, has_failure_destination=has_destination,
                source="${" + resource.name + "}",
            )  # fmt: skip


def _schedule(stack: Stack, resource: Resource) -> None:
    target = mapping(resource.properties.get("Target"))
    if target is not None:
        has_destination = target.get("DeadLetterConfig") is not None
        _add(stack, target.get("Arn"), Trigger.SCHEDULE, resource, has_failure_destination=has_destination)


def _pipe(stack: Stack, resource: Resource) -> None:
    source = text(resource.properties.get("Source"))
    for key in ("Target", "Enrichment"):
        _add(
            stack,
            resource.properties.get(key),
            trigger_of_source(source, stack.types),
            resource,
            source=source,
        )


def _method(stack: Stack, resource: Resource) -> None:
    properties = resource.properties
    kind = text(properties.get("AuthorizationType"))
    is_public: bool | None = kind in ("", "NONE")
    if text(properties.get("HttpMethod")).upper() == "OPTIONS":
        is_public = False
    if text(properties.get("ApiKeyRequired")).lower() == "true" or _is_private(
        stack, properties.get("RestApiId")
    ):
        is_public = False
    uri = properties.get("Integration", "Uri")
    _add(stack, uri, Trigger.API_V1, resource, is_public=is_public)
    draft = stack.function_of(uri)
    if draft is not None and sets_invocation_type(properties.get("Integration", "RequestParameters")):
        draft.mentions.add(resource.name)


def _is_private(stack: Stack, api: Node | None) -> bool:
    for name in referred(text(api)):
        resource = stack.resources.get(name)
        if resource is not None and "PRIVATE" in [
            text(one) for one in items(resource.properties.get("EndpointConfiguration", "Types"))
        ]:
            return True
    return False


def _integration(stack: Stack, resource: Resource) -> None:
    """An HTTP or WebSocket API's integration: its routes decide whether anyone may call."""
    uri = resource.properties.get("IntegrationUri")
    api = resource.properties.get("ApiId")
    names = referred(text(api))
    trigger = Trigger.API_V2
    for name in names:
        other = stack.resources.get(name)
        if other is not None and text(other.properties.get("ProtocolType")) == "WEBSOCKET":
            trigger = Trigger.WEBSOCKET
    routes = [
        route
        for route in stack.of_type("AWS::ApiGatewayV2::Route")
        if resource.name in referred(text(route.properties.get("Target")))
    ]
    if not routes:
        _add(stack, uri, trigger, resource)
    for route in routes:
        is_public: bool | None = text(route.properties.get("AuthorizationType")) in ("", "NONE")
        key = text(route.properties.get("RouteKey"))
        if key.startswith("OPTIONS ") or (trigger is Trigger.WEBSOCKET and key != "$connect"):
            is_public = False  # a message comes over a connection that $connect has let in
        draft = stack.function_of(uri)
        if draft is not None:
            draft.sources.append(Source(trigger, route.place, route.name, is_public))


def _api(stack: Stack, resource: Resource) -> None:
    """An API with an OpenAPI body, whose integrations name functions; or HTTP API quick create."""
    is_rest = resource.type in ("AWS::ApiGateway::RestApi", "AWS::Serverless::Api")
    trigger = Trigger.API_V1 if is_rest else Trigger.API_V2
    if text(resource.properties.get("ProtocolType")) == "WEBSOCKET":
        trigger = Trigger.WEBSOCKET
    if resource.properties.get("Target") is not None:
        _add(stack, resource.properties.get("Target"), trigger, resource, is_public=True)
    for key in ("Body", "DefinitionBody"):
        for node in walk(resource.properties.get(key)):
            if isinstance(node, MappingNode) and "x-amazon-apigateway-integration" in node.entries:
                uri = node.get("x-amazon-apigateway-integration", "uri")
                _add(stack, uri, trigger, resource)
    for _, node in entries(resource.properties.get("Auth", "Authorizers")):
        if isinstance(node, MappingNode):
            _add(stack, node.get("FunctionArn"), Trigger.AUTHORIZER, resource)


def _authorizer(stack: Stack, resource: Resource) -> None:
    _add(stack, resource.properties.get("AuthorizerUri"), Trigger.AUTHORIZER, resource)


def _target_group(stack: Stack, resource: Resource) -> None:
    if text(resource.properties.get("TargetType")) == "lambda":
        for one in items(resource.properties.get("Targets")):
            if isinstance(one, MappingNode):
                _add(stack, one.get("Id"), Trigger.ALB, resource)


def _every(trigger: Trigger, *path: str) -> Callable[[Stack, Resource], None]:
    """A reader of a property within which any text may name a function."""

    def read(stack: Stack, resource: Resource) -> None:
        seen: set[str] = set()
        for node in walk(resource.properties.get(*path)):
            if isinstance(node, ScalarNode) and "${" in node.text:
                for draft in _mentioned(stack, node.text):
                    if draft.name not in seen:
                        seen.add(draft.name)
                        draft.sources.append(Source(trigger, node.place, resource.name))

    return read


def _mentioned(stack: Stack, written: str) -> list[Draft]:
    return [stack.drafts[name] for name in sorted(referred(written)) if name in stack.drafts]


_READERS: dict[str, Callable[[Stack, Resource], None]] = {
    "AWS::Lambda::Url": _url,
    "AWS::Lambda::EventInvokeConfig": _invoke_config,
    "AWS::Lambda::EventSourceMapping": _mapping,
    "AWS::Lambda::Permission": _permission,
    "AWS::S3::Bucket": _bucket,
    "AWS::SNS::Subscription": _subscription,
    "AWS::SNS::Topic": _topic,
    "AWS::Events::Rule": _rule,
    "AWS::Scheduler::Schedule": _schedule,
    "AWS::Pipes::Pipe": _pipe,
    "AWS::ApiGateway::Method": _method,
    "AWS::ApiGateway::Authorizer": _authorizer,
    "AWS::ApiGateway::RestApi": _api,
    "AWS::ApiGatewayV2::Integration": _integration,
    "AWS::ApiGatewayV2::Authorizer": _authorizer,
    "AWS::ApiGatewayV2::Api": _api,
    "AWS::Serverless::Api": _api,
    "AWS::Serverless::HttpApi": _api,
    "AWS::ElasticLoadBalancingV2::TargetGroup": _target_group,
    "AWS::Cognito::UserPool": _every(Trigger.COGNITO, "LambdaConfig"),
    "AWS::AppSync::DataSource": _every(Trigger.APPSYNC, "LambdaConfig"),
    "AWS::IoT::TopicRule": _every(Trigger.IOT, "TopicRulePayload", "Actions"),
    "AWS::Logs::SubscriptionFilter": _every(Trigger.LOGS, "DestinationArn"),
    "AWS::StepFunctions::StateMachine": _every(Trigger.STEP_FUNCTIONS),
    "AWS::Serverless::StateMachine": _every(Trigger.STEP_FUNCTIONS),
}

"""What invokes a SAM function: its `Events`, and connectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dayfly.scan.template.draft import referred
from dayfly.scan.template.event_sources import trigger_of_type
from dayfly.scan.template.model import Source, Trigger, Unresolved
from dayfly.scan.template.nodes import MappingNode, Node, entries, is_true, is_unknown, items, mapping, text
from dayfly.scan.template.stack import merge

if TYPE_CHECKING:
    from dayfly.scan.template.draft import Draft
    from dayfly.scan.template.stack import Stack

# https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-eventsource.html
_KINDS = {
    "AlexaSkill": Trigger.ALEXA,
    "Api": Trigger.API_V1,
    "CloudWatchEvent": Trigger.EVENTBRIDGE,
    "CloudWatchLogs": Trigger.LOGS,
    "Cognito": Trigger.COGNITO,
    "DynamoDB": Trigger.DYNAMODB,
    "EventBridgeRule": Trigger.EVENTBRIDGE,
    "HttpApi": Trigger.API_V2,
    "IoTRule": Trigger.IOT,
    "Kinesis": Trigger.KINESIS,
    "MQ": Trigger.MQ,
    "MSK": Trigger.KAFKA,
    "S3": Trigger.S3,
    "Schedule": Trigger.SCHEDULE,
    "ScheduleV2": Trigger.SCHEDULE,
    "SelfManagedKafka": Trigger.KAFKA,
    "SNS": Trigger.SNS,
    "SQS": Trigger.SQS,
}
_SOURCE_KEYS = ("Queue", "Stream", "Topic", "Bucket", "Broker", "UserPool", "Cluster")


def read_sam_events(stack: Stack, draft: Draft, properties: MappingNode) -> None:
    """Add a source for each event of the function."""
    for name, node in entries(properties.get("Events")):
        event = mapping(node)
        if event is None:
            continue
        trigger = _KINDS.get(text(event.get("Type")), Trigger.UNKNOWN)
        inner = mapping(event.get("Properties"))
        is_public = None
        if inner is None:
            inner = MappingNode(event.place)
        if trigger in (Trigger.API_V1, Trigger.API_V2):
            is_public = _is_public(stack, inner, is_rest=trigger is Trigger.API_V1)
        draft.sources.append(
            Source(
                trigger,
                event.place,
                name,
                is_public,
                inner.get("DestinationConfig", "OnFailure") is not None
                or inner.get("DeadLetterConfig") is not None,
                next((text(inner.get(key)) for key in _SOURCE_KEYS if text(inner.get(key))), ""),
            )
        )


def _is_public(stack: Stack, event: MappingNode, *, is_rest: bool) -> bool | None:
    """Whether a route answers callers without credentials; None where the API is described elsewhere."""
    if text(event.get("Method")).upper() == "OPTIONS":
        return False  # a browser's preflight carries no credentials, and its answer no data
    auth = event.get("Auth")
    if is_unknown(auth):
        return None
    own = mapping(auth)
    if own is not None:
        if is_true(own.get("ApiKeyRequired")):
            return False
        if is_unknown(own.get("Authorizer")):
            return None
        if text(own.get("Authorizer")):
            return text(own.get("Authorizer")) == "NONE"
        if own.get("ResourcePolicy") is not None:
            return None  # it may narrow callers to networks or accounts; its own check judges it
    api_node = event.get("RestApiId" if is_rest else "ApiId")
    kind = "Api" if is_rest else "HttpApi"
    defaults = mapping(stack.globals.get(kind)) if stack.globals is not None else None
    if api_node is None:
        return _api_is_public(defaults or MappingNode(event.place))
    for name in referred(text(api_node)):
        api = stack.resources.get(name)
        if api is not None and api.type == f"AWS::Serverless::{kind}":
            properties = merge(api.properties, defaults)
            if properties.get("DefinitionUri") is not None or properties.get("DefinitionBody") is not None:
                return None  # the definition may have its own security
            return _api_is_public(properties)
    return None


def _api_is_public(api: MappingNode) -> bool | None:
    kind = api.get("EndpointConfiguration", "Type") or api.get("EndpointConfiguration")
    if text(kind) == "PRIVATE":
        return False
    auth = api.get("Auth")
    if is_unknown(auth):
        return None
    settings = mapping(auth)
    if settings is None:
        return True
    if settings.get("ResourcePolicy") is not None:
        return None
    default = settings.get("DefaultAuthorizer")
    if is_unknown(default):
        return None
    return text(default) in ("", "NONE") and not is_true(settings.get("ApiKeyRequired"))


def read_connectors(stack: Stack) -> None:
    """SAM connectors: one to a function is a trigger, one from it a grant that is not spelled out here."""
    for connector in stack.of_type("AWS::Serverless::Connector"):
        for destination in items(connector.properties.get("Destination")):
            _connect(
                stack,
                text(connector.properties.get("Source", "Id")),
                text(destination.get("Id")) if isinstance(destination, MappingNode) else "",
                connector.properties,
            )
    for resource in list(stack.resources.values()):
        for _, node in entries(resource.body.get("Connectors")):
            inner = mapping(node)
            properties = mapping(inner.get("Properties")) if inner is not None else None
            if properties is None:
                continue
            for destination in items(properties.get("Destination")):
                target = mapping(destination)
                _connect(stack, resource.name, text(target.get("Id")) if target else "", properties)


def _connect(stack: Stack, source: str, destination: str, properties: MappingNode) -> None:
    if destination in stack.drafts and source in stack.resources and source not in stack.drafts:
        trigger = trigger_of_type(stack.types[source])
        stack.drafts[destination].sources.append(
            Source(trigger, properties.place, source, source="${" + source + "}")
        )
    if source in stack.drafts:
        rights = " and ".join(_texts(properties.get("Permissions"))) or "access"
        expression = f"a SAM connector: {rights} to {destination or 'a resource'}"
        stack.drafts[source].unresolved_policies.append(Unresolved(expression, properties.place))


def _texts(node: Node | None) -> list[str]:
    return [text(one) for one in items(node) if text(one)]

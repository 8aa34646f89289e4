"""What invokes a function of the Serverless Framework: its `events` and its URL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dayfly.scan.template.event_sources import trigger_of_source
from dayfly.scan.template.model import Cors, Source, Trigger
from dayfly.scan.template.nodes import MappingNode, Node, ScalarNode, is_true, is_unknown, items, text, texts

if TYPE_CHECKING:
    from dayfly.scan.template.draft import Draft
    from dayfly.scan.template.stack import Stack

# https://www.serverless.com/framework/docs/providers/aws/events/
_KINDS = {
    "activemq": Trigger.MQ,
    "alb": Trigger.ALB,
    "alexaSkill": Trigger.ALEXA,
    "alexaSmartHome": Trigger.ALEXA,
    "cloudwatchEvent": Trigger.EVENTBRIDGE,
    "cloudwatchLog": Trigger.LOGS,
    "cognitoUserPool": Trigger.COGNITO,
    "eventBridge": Trigger.EVENTBRIDGE,
    "http": Trigger.API_V1,
    "httpApi": Trigger.API_V2,
    "iot": Trigger.IOT,
    "kafka": Trigger.KAFKA,
    "msk": Trigger.KAFKA,
    "rabbitmq": Trigger.MQ,
    "s3": Trigger.S3,
    "schedule": Trigger.SCHEDULE,
    "sns": Trigger.SNS,
    "sqs": Trigger.SQS,
    "stream": Trigger.KINESIS,
    "websocket": Trigger.WEBSOCKET,
}


def read_serverless_events(stack: Stack, draft: Draft, provider: MappingNode, function: MappingNode) -> None:
    """Add a source for each event of the function."""
    for event in items(function.get("events")):
        if isinstance(event, ScalarNode) and event.is_known:
            draft.sources.append(Source(_KINDS.get(event.text, Trigger.UNKNOWN), event.place))
        if not isinstance(event, MappingNode):
            continue
        for kind, settings in event.entries.items():
            place = event.keys.get(kind, event.place)
            trigger = _KINDS.get(kind, Trigger.UNKNOWN)
            inner = settings if isinstance(settings, MappingNode) else MappingNode(place)
            source = text(inner.get("arn")) or text(inner.get("bucket")) or text(settings)
            is_public = None
            if trigger in (Trigger.API_V1, Trigger.API_V2, Trigger.WEBSOCKET):
                is_public = _is_public(trigger, provider, settings)
            elif kind == "stream":
                found = trigger_of_source(source, stack.types)
                if text(inner.get("type")) == "dynamodb" or found is Trigger.DYNAMODB:
                    trigger = Trigger.DYNAMODB
            elif kind == "eventBridge" and inner.get("schedule") and not inner.get("pattern"):
                trigger = Trigger.SCHEDULE
            has_destination = (
                inner.get("destinations", "onFailure")
                or inner.get("deadLetterQueueArn")
                or inner.get("redrivePolicy")
            )
            draft.sources.append(Source(trigger, place, kind, is_public, has_destination is not None, source))


def _is_public(trigger: Trigger, provider: MappingNode, settings: Node) -> bool | None:
    """Whether a route answers callers without credentials."""
    if isinstance(settings, ScalarNode):
        if not settings.is_known:
            return None
        return not settings.text.upper().startswith("OPTIONS ")
    if not isinstance(settings, MappingNode):
        return None
    if text(settings.get("method")).upper() == "OPTIONS" or is_true(settings.get("private")):
        return False
    if trigger is Trigger.WEBSOCKET and text(settings.get("route")) not in ("$connect", ""):
        return False  # a message comes over a connection that $connect has let in
    authorizer = settings.get("authorizer")
    if is_unknown(authorizer):
        return None
    if text(provider.get("endpointType")).upper() == "PRIVATE":
        return False
    if trigger is Trigger.API_V1 and provider.get("apiGateway", "resourcePolicy") is not None:
        return None
    return authorizer is None


def take_serverless_url(draft: Draft, url: Node | None) -> None:
    """`url: true` is public; its mapping may name an authorizer and CORS."""
    if url is None or (isinstance(url, ScalarNode) and not is_true(url)):
        return
    draft.url_place = url.place
    draft.url_auth = "NONE"
    if isinstance(url, MappingNode):
        authorizer = text(url.get("authorizer")).lower()
        draft.url_auth = "AWS_IAM" if authorizer == "aws_iam" else "NONE"
        cors = url.get("cors")
        if isinstance(cors, MappingNode):
            origins = texts(cors.get("allowedOrigins"))
            draft.url_cors = Cors(cors.place, origins, is_true(cors.get("allowCredentials")))
        elif is_true(cors) and cors is not None:
            draft.url_cors = Cors(cors.place, ("*",))

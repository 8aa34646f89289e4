"""A Lambda function as its template describes it, whichever kind of template that is."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dayfly.scan.model import Place


class Trigger(StrEnum):
    """What invokes a function; decides the event's shape, and whether the caller is a stranger."""

    API_V1 = "API Gateway REST"  # also SAM's Api
    API_V2 = "API Gateway HTTP"
    WEBSOCKET = "API Gateway WebSocket"
    ALB = "Application Load Balancer"
    FUNCTION_URL = "Function URL"
    S3 = "S3"
    SQS = "SQS"
    SNS = "SNS"
    EVENTBRIDGE = "EventBridge"
    SCHEDULE = "Schedule"
    DYNAMODB = "DynamoDB Streams"
    KINESIS = "Kinesis"
    KAFKA = "Kafka"
    MQ = "Amazon MQ"
    COGNITO = "Cognito"
    STEP_FUNCTIONS = "Step Functions"
    IOT = "IoT"
    LOGS = "CloudWatch Logs"
    ALEXA = "Alexa"
    APPSYNC = "AppSync"
    AUTHORIZER = "Lambda authorizer"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A value known only at deployment or run time; `expression` is what the template says."""

    expression: str
    place: Place


@dataclass(frozen=True, slots=True)
class Statement:
    """One IAM statement. Actions and resources as written, intrinsics as text (`${Table.Arn}`)."""

    effect: str  # Allow, Deny
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    place: Place
    not_actions: tuple[str, ...] = ()
    not_resources: tuple[str, ...] = ()
    has_condition: bool = False
    principals: tuple[str, ...] = ()  # of resource policies
    conditions: tuple[str, ...] = ()  # their keys in lower case: `aws:sourcearn`
    origin: str = ""  # the policy's name: an inline one, `AmazonS3FullAccess`, SAM's `S3ReadPolicy`


@dataclass(frozen=True, slots=True)
class Source:
    """One thing that invokes a function.

    `is_public`: whoever knows the address may invoke it, without any credential; None where that cannot be told
    or does not apply. `has_failure_destination` is of a stream's or queue's mapping: where events go that fail.
    """

    trigger: Trigger
    place: Place
    name: str = ""  # the event's or the mapping's name in the template
    is_public: bool | None = None
    has_failure_destination: bool = False
    # The queue, stream, topic or bucket as text: `${Queue.Arn}`.
    source: str = ""


@dataclass(frozen=True, slots=True)
class Cors:
    """What browsers are told about other origins."""

    place: Place
    origins: tuple[str, ...] = ()
    allows_credentials: bool = False


@dataclass(frozen=True, slots=True)
class LambdaFunction:
    """One function of a template, or one that was found without.

    `name` is the logical name in the template, else the handler. `handler` is as Lambda wants it
    (`package.module.function`), `code` the directory or archive it is looked up in, relative to the scanned
    root ("" for the root itself), None where the template does not say (an S3 key, a variable). Absent settings
    are None; settings that cannot be known are `Unresolved`.
    """

    name: str
    handler: str | Unresolved
    place: Place
    code: str | None = ""
    runtime: str | Unresolved | None = None
    is_image: bool = False
    triggers: tuple[Trigger, ...] = ()
    environment: Mapping[str, str | Unresolved] = field(default_factory=dict)
    environment_places: Mapping[str, Place] = field(default_factory=dict)
    statements: tuple[Statement, ...] | None = None  # None: no role in this template; () : a role without any
    unresolved_policies: tuple[Unresolved, ...] = ()  # managed policies and roles that are defined elsewhere
    layers: tuple[str | Unresolved, ...] = ()
    # None: not public. NONE, AWS_IAM.
    url_auth: str | Unresolved | None = None
    url_place: Place | None = None
    reserved_concurrency: int | Unresolved | None = None
    has_dead_letter: bool = False  # DeadLetterConfig, or an on-failure destination
    is_asynchronous: bool = False  # a trigger invokes it asynchronously: S3, SNS, EventBridge, …
    timeout: int | Unresolved | None = None  # seconds
    memory: int | Unresolved | None = None  # MB
    is_snapstart: bool = False
    resource_policy: tuple[Statement, ...] = ()  # who may invoke it
    has_dayfly: bool = False  # its layer or exec wrapper
    sources: tuple[Source, ...] = ()  # `triggers` in detail
    mentions: tuple[
        str, ...
    ] = ()  # what else refers to it, for a reason that is not known, or sets how it is called asynchronously
    url_cors: Cors | None = None
    layer_places: tuple[Place, ...] = ()  # one per layer
    # Where a setting stands: runtime, handler, timeout, url, reserved_concurrency, environment, …
    places: Mapping[str, Place] = field(default_factory=dict)
    inline_code: str = ""  # a CloudFormation template may hold the code itself
    inline_place: Place | None = None
    command: str | Unresolved | None = None  # of an image: ImageConfig.Command, the handler


@dataclass(frozen=True, slots=True)
class Default:
    """A parameter's or variable's value where the deployment gives none."""

    value: str
    place: Place


@dataclass(frozen=True, slots=True)
class Template:
    """One template file and what was understood of it."""

    path: str
    kind: str  # SAM, CloudFormation, Serverless Framework, Terraform
    functions: tuple[LambdaFunction, ...]
    resources: Mapping[str, str] = field(default_factory=dict)  # logical name to type
    # Policies of buckets, queues, topics, layers and the like, by logical name.
    resource_policies: Mapping[str, tuple[Statement, ...]] = field(default_factory=dict)
    # Queues of this template, by logical name, that set a message aside which fails again and again.
    redriven: frozenset[str] = frozenset()
    # Templates that this one takes in, relative to the scanned root, and where it does.
    nested: Mapping[str, Place] = field(default_factory=dict)
    # Parameters and variables with a default that is a plain text, by name.
    defaults: Mapping[str, Default] = field(default_factory=dict)

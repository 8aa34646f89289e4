"""Whose word each field of an event is, trigger by trigger.

Sources: the sample events in AWS's developer guides (Lambda: "Using AWS Lambda with other services"; API Gateway:
"Input format of a Lambda function for proxy integration", "Working with AWS Lambda proxy integrations for HTTP APIs";
Elastic Load Balancing: "Lambda functions as targets"; Cognito: "Customizing user pool workflows with Lambda triggers";
AppSync: "Resolver mapping template context reference"; Alexa Skills Kit: "Request and Response JSON Reference").
"""

from __future__ import annotations

from dataclasses import replace

from dayfly.scan.taint.knowledge.model import Danger, EventField, EventShape, Tables, Trust
from dayfly.scan.template.model import Trigger

_CLEAN = Trust.CLEAN
_IDENTITY = Trust.IDENTITY
_CALLER = Trust.CALLER


# What is said behind a queue or by another function has been looked at there; and a path names what is asked for,
# not who asks. Neither is a claim of an identity.
_NO_CLAIM = frozenset({Danger.TRUST})


def _fields(
    trust: Trust, *paths: str, type: str = "", cleanses: frozenset[Danger] = frozenset()
) -> tuple[EventField, ...]:
    """Rows of paths that are written as `a.b.*`; a segment may not contain a dot."""
    return tuple(EventField(tuple(path.split(".")), trust, type, cleanses) for path in paths)


def _inner(fields: tuple[EventField, ...]) -> tuple[EventField, ...]:
    """The same rows of a trigger behind which no stranger stands."""
    return tuple(replace(row, cleanses=row.cleanses | _NO_CLAIM) for row in fields)


# What users of a pool may set of their own account without anyone looking at it: verified to be theirs, but their
# words all the same. https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html
_OWN_WORDS = (
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "address",
)

# Headers that API Gateway and CloudFront write themselves, whatever the caller sent.
_PLATFORM_HEADERS = (
    "Host",
    "host",
    "X-Forwarded-Port",
    "x-forwarded-port",
    "X-Forwarded-Proto",
    "x-forwarded-proto",
    "X-Amz-Cf-Id",
    "x-amz-cf-id",
    "CloudFront-Forwarded-Proto",
    "CloudFront-Is-Desktop-Viewer",
    "CloudFront-Is-Mobile-Viewer",
    "CloudFront-Is-SmartTV-Viewer",
    "CloudFront-Is-Tablet-Viewer",
    "CloudFront-Viewer-Country",
    "CloudFront-Viewer-ASN",
)
# Headers that carry an identity by custom, and that everyone can send.
_CLAIMED_HEADERS = (
    "X-User-Id",
    "X-User-ID",
    "X-User",
    "X-Userid",
    "X-Username",
    "X-User-Email",
    "X-User-Role",
    "X-Role",
    "X-Roles",
    "X-Tenant-Id",
    "X-Tenant-ID",
    "X-Tenant",
    "X-Account-Id",
    "X-Customer-Id",
    "X-Client-Id",
    "X-Org-Id",
    "X-Admin",
    "X-Is-Admin",
)

_AUTHORIZER = (
    *_fields(_IDENTITY, "requestContext.authorizer.**"),
    *_fields(
        _CALLER,
        *(f"requestContext.authorizer.claims.{word}" for word in _OWN_WORDS),
        *(f"requestContext.authorizer.jwt.claims.{word}" for word in _OWN_WORDS),
        type="str",
    ),
)

_TENANTS = ("tenant_id", "tenantId", "tenant", "org_id", "orgId", "organization_id", "organizationId")

_HTTP = (
    *_fields(
        _CALLER, "headers", "queryStringParameters", "multiValueHeaders", "multiValueQueryStringParameters"
    ),
    *_fields(_CALLER, "body", "headers.*", "queryStringParameters.*", type="str"),
    *_fields(_CALLER, "pathParameters.*", type="str", cleanses=_NO_CLAIM),
    # But whose tenant it is that is asked for must be looked at.
    *_fields(Trust.CLAIM, *(f"pathParameters.{name}" for name in _TENANTS), type="str"),
    *_fields(_CLEAN, *(f"headers.{name}" for name in _PLATFORM_HEADERS)),
    *_fields(Trust.CLAIM, *(f"headers.{name}" for name in _CLAIMED_HEADERS), type="str"),
    *_fields(Trust.CLAIM, *(f"headers.{name.lower()}" for name in _CLAIMED_HEADERS), type="str"),
    *_fields(_CLEAN, "isBase64Encoded", "stageVariables.**", "requestContext.**"),
)

_V1_CONTEXT = (
    *_AUTHORIZER,
    *_fields(
        _IDENTITY,
        "requestContext.identity.cognitoIdentityId",
        "requestContext.identity.cognitoIdentityPoolId",
        "requestContext.identity.cognitoAuthenticationProvider",
        "requestContext.identity.cognitoAuthenticationType",
        "requestContext.identity.userArn",
        "requestContext.identity.user",
        "requestContext.identity.caller",
        "requestContext.identity.accountId",
        "requestContext.identity.principalOrgId",
        "requestContext.identity.clientCert.**",
    ),
    # The caller's own words within the context: a header's copy, and the path as it was asked for.
    *_fields(_CALLER, "requestContext.identity.userAgent", "requestContext.path", type="str"),
)
_V1 = (
    *_HTTP,
    *_V1_CONTEXT,
    *_fields(_CALLER, "path", type="str"),
    *_fields(_CALLER, "multiValueHeaders.*.*", "multiValueQueryStringParameters.*.*", type="str"),
    *_fields(_CLEAN, *(f"multiValueHeaders.{name}" for name in _PLATFORM_HEADERS)),
    *_fields(_CLEAN, "resource", "httpMethod", "version"),
)

_V2_CONTEXT = (
    *_AUTHORIZER,
    *_fields(_IDENTITY, "requestContext.authentication.**"),
    *_fields(_CALLER, "requestContext.http.path", "requestContext.http.userAgent", type="str"),
)
_V2 = (
    *_HTTP,
    *_V2_CONTEXT,
    *_fields(_CALLER, "rawPath", "rawQueryString", "cookies.*", type="str"),
    *_fields(_CLEAN, "version", "routeKey"),
)

_WEBSOCKET = (
    *_HTTP,
    *_V1_CONTEXT,
    *_fields(_CALLER, "multiValueHeaders.*.*", "multiValueQueryStringParameters.*.*", type="str"),
)

_ALB = (
    *_fields(_CALLER, "body", "headers.*", "queryStringParameters.*", "path", type="str"),
    *_fields(_CALLER, "multiValueHeaders.*.*", "multiValueQueryStringParameters.*.*", type="str"),
    *_fields(_CLEAN, "requestContext.**", "httpMethod", "isBase64Encoded"),
    *_fields(_CLEAN, "headers.x-forwarded-port", "headers.x-forwarded-proto"),
    # Set by the load balancer where a listener signs users in; it removes what the caller sent under these names.
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html
    *_fields(
        _IDENTITY,
        "headers.x-amzn-oidc-identity",
        "headers.x-amzn-oidc-data",
        "headers.x-amzn-oidc-accesstoken",
    ),
    *_fields(Trust.CLAIM, *(f"headers.{name.lower()}" for name in _CLAIMED_HEADERS), type="str"),
)

# `Records` of the services that deliver in batches; what differs between them is named by their own keys.
_RECORD = _fields(
    _CLEAN,
    "Records.*.awsRegion",
    "Records.*.eventID",
    "Records.*.eventName",
    "Records.*.eventSource",
    "Records.*.eventSourceARN",
    "Records.*.eventTime",
    "Records.*.eventVersion",
)
_S3 = (
    *_RECORD,
    # The uploader chooses the key; it arrives encoded as in a form, and `unquote_plus` gives the characters back.
    *_fields(_CALLER, "Records.*.s3.object.key", type="str"),
    *_fields(
        _CLEAN,
        "Records.*.s3.bucket.**",
        "Records.*.s3.configurationId",
        "Records.*.s3.s3SchemaVersion",
        "Records.*.s3.object.size",
        "Records.*.s3.object.eTag",
        "Records.*.s3.object.sequencer",
        "Records.*.s3.object.versionId",
        "Records.*.userIdentity.**",
        "Records.*.requestParameters.**",
        "Records.*.responseElements.**",
        "Records.*.glacierEventData.**",
    ),
)
_SQS = (
    *_RECORD,
    *_fields(_CALLER, "Records.*.body", "Records.*.messageAttributes.*.stringValue", type="str"),
    *_fields(
        _CLEAN,
        "Records.*.messageId",
        "Records.*.receiptHandle",
        "Records.*.md5OfBody",
        "Records.*.md5OfMessageAttributes",
        "Records.*.attributes.**",
        "Records.*.messageAttributes.*.dataType",
    ),
    # A group's and a deduplication id are the sender's words.
    *_fields(
        _CALLER,
        "Records.*.attributes.MessageGroupId",
        "Records.*.attributes.MessageDeduplicationId",
        type="str",
    ),
)
_SNS = (
    *_fields(_CLEAN, "Records.*.EventSource", "Records.*.EventVersion", "Records.*.EventSubscriptionArn"),
    *_fields(_CLEAN, "Records.*.Sns.**"),
    *_fields(
        _CALLER,
        "Records.*.Sns.Message",
        "Records.*.Sns.Subject",
        "Records.*.Sns.MessageAttributes.*.Value",
        type="str",
    ),
)
_DYNAMODB = (
    *_RECORD,
    *_fields(_CLEAN, "Records.*.dynamodb.**", "Records.*.userIdentity.**", "Records.*.tableName"),
    *_fields(
        _CALLER,
        "Records.*.dynamodb.Keys.**",
        "Records.*.dynamodb.NewImage.**",
        "Records.*.dynamodb.OldImage.**",
    ),
)
_KINESIS = (
    *_RECORD,
    *_fields(_CLEAN, "Records.*.kinesis.**", "Records.*.invokeIdentityArn"),
    *_fields(_CALLER, "Records.*.kinesis.data", "Records.*.kinesis.partitionKey", type="str"),
)
_KAFKA = (
    *_fields(_CLEAN, "eventSource", "eventSourceArn", "bootstrapServers"),
    *_fields(_CLEAN, "records.*.*.**"),
    *_fields(_CALLER, "records.*.*.key", "records.*.*.value", type="str"),
    *_fields(_CALLER, "records.*.*.headers.**"),
)
_MQ = (
    *_fields(_CLEAN, "eventSource", "eventSourceArn", "messages.*.**"),
    *_fields(_CALLER, "messages.*.data", "messages.*.correlationId", "messages.*.type", type="str"),
    *_fields(_CALLER, "messages.*.properties.**"),
    *_fields(_CLEAN, "rmqMessagesByQueue.*.*.**"),
    *_fields(_CALLER, "rmqMessagesByQueue.*.*.data", type="str"),
    *_fields(_CALLER, "rmqMessagesByQueue.*.*.basicProperties.headers.**"),
)
_EVENTBRIDGE = (
    *_fields(_CLEAN, "version", "id", "account", "time", "region", "source", "detail-type", "resources.**"),
    *_fields(_CALLER, "detail.**"),
)

_COGNITO = (
    *_fields(_CLEAN, "version", "triggerSource", "region", "userPoolId", "callerContext.**", "response.**"),
    # Its owner has chosen it at sign-up, and may have put anything into it but blanks.
    *_fields(_CALLER, "userName", type="str"),
    *_fields(_CALLER, "request.**"),
    *_fields(_CALLER, "request.userAttributes.*", type="str"),
    *_fields(_IDENTITY, "request.userAttributes.sub"),
    *_fields(
        _CLEAN,
        "request.userAttributes.email_verified",
        "request.userAttributes.phone_number_verified",
        "request.userAttributes.cognito:user_status",
        "request.codeParameter",
        "request.usernameParameter",
        "request.newDeviceUsed",
        "request.userNotFound",
        "request.privateChallengeParameters.**",
        "request.session.**",
        "request.groupConfiguration.**",
    ),
)

# Whatever no other row names.
_ANYTHING = _fields(_CALLER, "*.**")

_APPSYNC = (
    *_fields(_CALLER, "arguments.**", "source.**", "prev.**", "request.headers.**", "info.variables.**"),
    *_fields(_CALLER, "identity.userAgent", type="str"),
    *_fields(_IDENTITY, "identity.**"),
    *_fields(_CALLER, *(f"identity.claims.{word}" for word in _OWN_WORDS), type="str"),
    *_fields(_CLEAN, "info.**", "typeName", "fieldName", "stash.**", "request.domainName"),
)

_ALEXA = (
    *_fields(_CLEAN, "version"),
    *_fields(_CLEAN, "session.**", "context.**", "request.**"),
    *_fields(_IDENTITY, "session.user.**", "context.System.user.**", "context.System.person.**"),
    *_fields(_CALLER, "request.intent.slots.**", "request.arguments.**", "request.token"),
)

_AUTHORIZERS = (
    *_V1,
    *_fields(_CALLER, "authorizationToken", "identitySource", "identitySource.*", type="str"),
    # The path that was asked for is the ARN's last part.
    *_fields(_CALLER, "methodArn", "routeArn", type="str"),
    *_fields(_CLEAN, "type", "routeKey", "version", "requestContext.authorizer.**"),
    *_fields(_CALLER, "rawPath", "rawQueryString", "cookies.*", type="str"),
    *_fields(_CALLER, "requestContext.http.path", "requestContext.http.userAgent", type="str"),
)

# CloudFormation's request to a custom resource; its properties are those of whoever writes the stack.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html
_CUSTOM_RESOURCE = (
    *_fields(
        _CLEAN,
        "RequestType",
        "ResponseURL",
        "StackId",
        "ResourceType",
        "LogicalResourceId",
        "PhysicalResourceId",
        "ServiceToken",
    ),
    *_fields(
        _CALLER,
        "ResourceProperties.**",
        "OldResourceProperties.**",
        cleanses=_NO_CLAIM | {Danger.LOG},
    ),
)

# Secrets Manager's request to rotate a secret.
# https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
_ROTATION = (
    *_fields(_CLEAN, "ClientRequestToken"),
    *_fields(_CALLER, "SecretId", type="str", cleanses=_NO_CLAIM | {Danger.LOG}),
)

# Where the trigger is not known the names tell: the proxies' and the batches' are long and never a caller's own
# by chance. Short words that any direct caller may use for itself (`id`, `path`, `type`, `resource`) stay its own.
_UNKNOWN = (
    *_HTTP,
    *_V1_CONTEXT,
    *_V2_CONTEXT,
    *_fields(_CALLER, "rawPath", "rawQueryString", "path", "cookies.*", type="str"),
    *_fields(_CALLER, "multiValueHeaders.*.*", "multiValueQueryStringParameters.*.*", type="str"),
    *_fields(_CLEAN, "httpMethod", "routeKey"),
    *_inner((*_S3, *_SQS, *_SNS, *_DYNAMODB, *_KINESIS)),
    *_CUSTOM_RESOURCE,
    *_ROTATION,
    *_fields(_CLEAN, "triggerSource", "userPoolId"),
    # A user pool's: verified to be the account's own, whatever it says.
    *_fields(_CALLER, "userName", "request.userAttributes.*", type="str", cleanses=_NO_CLAIM),
    *_fields(_IDENTITY, "request.userAttributes.sub"),
)

TABLES = Tables(
    shapes=(
        EventShape(Trigger.API_V1, _V1, is_http=True),
        EventShape(Trigger.API_V2, (*_V2, *_fields(_CALLER, "multiValueHeaders.*.*")), is_http=True),
        EventShape(Trigger.WEBSOCKET, _WEBSOCKET, is_http=True),
        EventShape(Trigger.ALB, _ALB, is_http=True),
        EventShape(Trigger.FUNCTION_URL, _V2, is_http=True),
        EventShape(Trigger.S3, _inner((*_S3, *_ANYTHING))),
        EventShape(Trigger.SQS, _inner((*_SQS, *_ANYTHING))),
        EventShape(Trigger.SNS, _inner((*_SNS, *_ANYTHING))),
        EventShape(Trigger.EVENTBRIDGE, _inner((*_EVENTBRIDGE, *_ANYTHING))),
        # What a schedule sends stands in the template.
        EventShape(Trigger.SCHEDULE, (), default=_CLEAN),
        EventShape(Trigger.DYNAMODB, _inner((*_DYNAMODB, *_ANYTHING))),
        EventShape(Trigger.KINESIS, _inner((*_KINESIS, *_ANYTHING))),
        EventShape(Trigger.KAFKA, _inner((*_KAFKA, *_ANYTHING))),
        EventShape(Trigger.MQ, _inner((*_MQ, *_ANYTHING))),
        EventShape(Trigger.COGNITO, _inner((*_COGNITO, *_ANYTHING))),
        EventShape(Trigger.STEP_FUNCTIONS, _inner(_ANYTHING)),
        EventShape(Trigger.IOT, ()),
        # Log lines repeat what callers sent; they come packed, in `awslogs.data`.
        EventShape(Trigger.LOGS, _inner(_ANYTHING)),
        EventShape(Trigger.ALEXA, _ALEXA),
        EventShape(Trigger.APPSYNC, _APPSYNC),
        EventShape(Trigger.AUTHORIZER, _AUTHORIZERS),
        EventShape(Trigger.UNKNOWN, _UNKNOWN, is_http=True),
    ),
)

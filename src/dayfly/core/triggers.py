"""Know the shapes of Lambda's triggers: names that may be shown, and values that say nothing about a sender."""

from __future__ import annotations

import re

# Keys that the platform writes, and header names that every client sends: they tell nobody's data, so a path may
# show them, and no text that holds such a word took it from an event.
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html and the page of each trigger there.
WELL_KNOWN = frozenset(
    """
    resource path httpMethod headers multiValueHeaders queryStringParameters multiValueQueryStringParameters
    pathParameters stageVariables requestContext body isBase64Encoded version routeKey rawPath rawQueryString cookies
    accountId apiId stage domainName domainPrefix protocol resourcePath resourceId extendedRequestId requestId
    requestTime requestTimeEpoch identity authorizer claims principalId jwt scopes lambda iam http method sourceIp
    userAgent user userArn caller accessKey cognitoIdentityId cognitoIdentityPoolId cognitoAuthenticationType
    cognitoAuthenticationProvider authentication time timeEpoch connectionId connectedAt eventType messageDirection
    messageId elb targetGroupArn methodArn authorizationToken identitySource routeArn type token sub iss aud exp iat
    scope username email
    Records eventVersion eventSource awsRegion eventTime eventName userIdentity requestParameters sourceIPAddress
    responseElements s3 s3SchemaVersion configurationId bucket name ownerIdentity arn object key size eTag sequencer
    versionId glacierEventData x-amz-request-id x-amz-id-2
    receiptHandle attributes messageAttributes md5OfBody md5OfMessageAttributes eventSourceARN
    ApproximateReceiveCount SentTimestamp SenderId ApproximateFirstReceiveTimestamp MessageGroupId
    MessageDeduplicationId SequenceNumber stringValue binaryValue stringListValues binaryListValues dataType
    EventVersion EventSubscriptionArn EventSource Sns SignatureVersion Timestamp Signature SigningCertUrl
    SigningCertURL MessageId Message MessageAttributes Type Value UnsubscribeUrl UnsubscribeURL TopicArn Subject
    StringValue BinaryValue DataType
    id detail-type source account region resources detail eventID dynamodb Keys NewImage OldImage StreamViewType
    SizeBytes ApproximateCreationDateTime S N B BOOL NULL M L SS NS BS
    kinesis kinesisSchemaVersion partitionKey sequenceNumber data approximateArrivalTimestamp invokeIdentityArn
    invocationId deliveryStreamArn records recordId kinesisRecordMetadata shardId
    userPoolId userName callerContext awsSdkVersion clientId triggerSource request response userAttributes
    validationData clientMetadata autoConfirmUser autoVerifyEmail autoVerifyPhone groupConfiguration challengeName
    session newDeviceUsed password
    awslogs messageType owner logGroup logStream subscriptionFilters logEvents timestamp message extractedFields
    bootstrapServers eventSourceArn topic partition offset timestampType value
    ses mail receipt destination messageID commonHeaders from to subject returnPath date recipients
    spamVerdict virusVerdict spfVerdict dkimVerdict dmarcVerdict action functionArn invocationType status content
    sessionId inputTranscript interpretations intent slots slot originalValue interpretedValue resolvedValues
    sessionState bot aliasId localeId invocationSource inputMode responseContentType transcriptions currentIntent
    sessionAttributes requestAttributes userId confirmationState nluConfidence
    Input Execution StateMachine State Context Payload taskToken Token arguments info fieldName parentTypeName
    variables selectionSetList selectionSetGraphQL prev stash query filename form
    RequestType ResponseURL StackId LogicalResourceId PhysicalResourceId ResourceType ResourceProperties
    OldResourceProperties getObjectContext inputS3Url outputRoute outputToken
    accept accept-charset accept-encoding accept-language authorization cache-control connection content-length
    content-type content-disposition content-transfer-encoding cookie dnt expect forwarded host if-modified-since
    if-none-match origin pragma priority range referer sec-ch-ua sec-ch-ua-mobile sec-ch-ua-platform sec-fetch-dest
    sec-fetch-mode sec-fetch-site sec-fetch-user te upgrade-insecure-requests user-agent via x-amz-cf-id x-amz-date
    x-amzn-trace-id x-api-key x-forwarded-for x-forwarded-host x-forwarded-port x-forwarded-proto x-real-ip
    x-requested-with cloudfront-forwarded-proto cloudfront-is-desktop-viewer cloudfront-is-mobile-viewer
    cloudfront-is-smarttv-viewer cloudfront-is-tablet-viewer cloudfront-viewer-country cloudfront-viewer-asn
    """.split()
)

# Header values from closed sets that every browser or the platform's front end sends. A function's own
# "https://" or `None` must not become the event's because of `X-Forwarded-Proto: https`, `Sec-Fetch-Site: none`.
# A sender who writes anything else there is not spared: only these very words are.
_FRONT = {
    "x-forwarded-proto": "http https",
    "cloudfront-forwarded-proto": "http https",
    "x-forwarded-port": "80 443",
    "connection": "keep-alive close upgrade",
    "upgrade-insecure-requests": "1",
    "dnt": "1 0",
    "cache-control": "no-cache no-store max-age=0",
    "pragma": "no-cache",
    "te": "trailers",
    "accept": "*/*",
    "accept-encoding": "gzip deflate br identity",
    "sec-fetch-dest": "document empty image script style iframe font",
    "sec-fetch-mode": "navigate cors no-cors same-origin websocket",
    "sec-fetch-site": "none same-origin same-site cross-site",
    "sec-fetch-user": "?1",
    "sec-ch-ua-mobile": "?0 ?1",
    "cloudfront-is-desktop-viewer": "true false",
    "cloudfront-is-mobile-viewer": "true false",
    "cloudfront-is-smarttv-viewer": "true false",
    "cloudfront-is-tablet-viewer": "true false",
}
# Where services of AWS say which URL of theirs the function is to ask. A sender has no say in these: what he sends lies
# deeper. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref-requests.html and
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/olap-event-context.html
SERVICES_URLS = frozenset(("ResponseURL", "getObjectContext.inputS3Url"))
FRONT_VALUES = {name: frozenset(values.split()) for name, values in _FRONT.items()}

_METHODS = frozenset(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "ANY", "CONNECT", "TRACE"])
_PLAIN = re.compile(r"(?!.*(?:\.\.|//))[A-Za-z0-9$_:/. +{}-]{1,256}")

# What the platform writes about the trigger's set-up, by its place from the root of the event.
_PLACES = {
    "requestContext": (
        "requestContext.accountId requestContext.apiId requestContext.stage requestContext.domainName "
        "requestContext.domainPrefix requestContext.protocol requestContext.resourcePath requestContext.resourceId "
        "requestContext.routeKey requestContext.http.protocol requestContext.elb.targetGroupArn "
        "requestContext.eventType resource routeKey version"
    ),
    "detail-type": "version source account region detail-type",
    "userPoolId": "version region userPoolId triggerSource callerContext.clientId",
    "bootstrapServers": "eventSource eventSourceArn bootstrapServers",
    "deliveryStreamArn": "region deliveryStreamArn",
    "Records": (
        "Records.eventSource Records.awsRegion Records.eventVersion Records.eventName Records.eventSourceARN "
        "Records.EventSource Records.EventVersion Records.EventSubscriptionArn Records.Sns.TopicArn Records.Sns.Type "
        "Records.s3.s3SchemaVersion Records.s3.configurationId Records.s3.bucket.name Records.s3.bucket.arn "
        "Records.dynamodb.StreamViewType Records.kinesis.kinesisSchemaVersion Records.invokeIdentityArn"
    ),
}
_SPLIT = {
    root: tuple(tuple(place.split(".")) for place in places.split()) for root, places in _PLACES.items()
}


def ambient_values(event: object) -> frozenset[str]:
    """Return, folded, what the platform says about the trigger's set-up: region, account, stage, bucket, queue.

    The function knows them without the event. A function called by S3 asks for
    `https://bucket.s3.us-east-1.amazonaws.com/`: the bucket, the region and the host are in its event, and yet no
    sender chose them. Only values of plain characters count, and only at their place from the root: what calls a
    function directly with a payload under such a key gains at most a name with dots.
    """
    found: set[str] = set()
    if not isinstance(event, dict):
        return frozenset()
    for root, places in _SPLIT.items():
        if root not in event:
            continue
        for place in places:
            value: object = event
            for name in place:
                if isinstance(value, list):
                    value = value[0] if value else None
                value = value.get(name) if isinstance(value, dict) else None
            if isinstance(value, str) and _PLAIN.fullmatch(value):
                _add(value, found)
    context = event.get("requestContext")
    if isinstance(context, dict):
        http = context.get("http")
        for value in (
            event.get("httpMethod"),
            context.get("httpMethod"),
            http.get("method") if isinstance(http, dict) else None,
        ):
            if value in _METHODS:
                found.add(str(value).lower())
    return frozenset(found)


def _add(value: str, found: set[str]) -> None:
    value = value.lower()
    found.add(value)
    if value.startswith("arn:"):
        # The queue's URL is made of the ARN's parts: region, account and name.
        *parts, last = value.split(":", 5)
        found.update(parts[3:], [last], re.split("[:/]", last))
    elif value.startswith("/"):
        # `/orders/{id}`: the route's own words stand in the request's path again.
        found.update(value.split("/"))
    elif " /" in value:
        found.update(value.split(" ", 1)[1].split("/"))
    found.discard("")

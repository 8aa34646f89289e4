"""What one invocation was about and what it cost, as far as a fleet needs it: never the data, hashes of it.

Read in the supervisor, after the answer, from an event and an answer that an attacker may have written: bounded, and
never an error.
"""

from __future__ import annotations

import re
from _socket import AF_INET6, inet_pton

from dayfly.core.patterns import look, read_json, skeleton
from dayfly.core.proofs import plain_hash

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from dayfly.core.proofs import Pseudonyms

# What an event and an answer may have to be read here: the worst that fits takes some 20 ms and 8 MB for a moment. A larger
# one has its size for a shape.
MAX_READ_BYTES = 256 * 1024
MAX_ROUTE = 128
_MAX_VALUE = 1024
# The triggers that a caller over HTTP is behind.
WEB = frozenset(("rest-api", "http-api", "function-url", "alb"))
_ROUTE = re.compile(r"[A-Za-z0-9$_:/.*+{} @#-]+")
_STATUS = re.compile(rb'"statusCode"\s{0,8}:\s{0,8}"?([1-5]\d\d)\b')
_SOURCES = {
    "aws:sqs": "sqs",
    "aws:s3": "s3",
    "aws:sns": "sns",
    "aws:dynamodb": "dynamodb",
    "aws:kinesis": "kinesis",
    "aws:kafka": "kafka",
    "SelfManagedKafka": "kafka",
    "aws:ses": "ses",
    "aws:codecommit": "codecommit",
    "aws:mq": "mq",
    "aws:rmq": "mq",
    "aws:docdb": "docdb",
}
_COGNITO_HEADER = "lambda-runtime-cognito-identity"
# Headers whose values differ from one honest client to the next, and that no exploit needs to be read in.
_FRONT_HEADERS = frozenset(
    ("cookie", "authorization", "accept", "accept-language", "accept-encoding", "x-amzn-trace-id")
)
_IN_HEADER = re.compile(r"\$\{|\{\{|<[a-z%?!/]|['`;|\\\x00]|\.\./|\$\(", re.I)
# Ordinary agents have parentheses and semicolons.
_IN_AGENT = re.compile(r"\$\{|\{\{|<[a-z%?!/]|['`|\\\x00]|\.\./|\$\(|\(\)\s*\{", re.I)


class Activity:
    """The facts of one invocation, named as the columns of the fleet's table `invocations`.

    Hashes are numbers of 64 bits, 0 where something is not there or not known: `source`, `principal` and `subject` need the
    fleet's key. Times in microseconds.
    """

    __slots__ = (
        "bytes_in",
        "bytes_out",
        "code",
        "cpu_us",
        "duration_us",
        "overhead_us",
        "pattern",
        "principal",
        "residue",
        "route",
        "shape",
        "source",
        "status",
        "subject",
        "trigger",
    )

    def __init__(self) -> None:
        self.trigger = ""
        self.route = ""
        self.source = self.principal = self.shape = self.pattern = self.subject = 0
        self.status = 0
        self.duration_us = self.cpu_us = self.overhead_us = 0
        self.bytes_in = self.bytes_out = 0
        self.code = self.residue = 0

    def read_event(
        self, headers: Mapping[str, str], body: bytes, key: Pseudonyms | None, *, length: int = 0
    ) -> None:
        """Take what an event says: what it came by, from whom, what it looks like. `headers` are the Runtime API's.

        `length` is its own, where `body` is not all of it: nothing of such a one is read.
        """
        length = length or len(body)
        self.bytes_in = length
        event: object = None
        is_read = False
        if length <= MAX_READ_BYTES:
            try:
                text = body.decode("utf-8")
            except ValueError:
                text = ""
            event = read_json(text) if text else None
            is_read = event is not None or text.strip() == "null"
        fields = event if isinstance(event, dict) else {}
        seen = _Seen(fields)
        self.trigger = seen.trigger
        self.route = _route(seen.route)
        if not is_read:
            kind = "large" if length > MAX_READ_BYTES else "unreadable"
            self.trigger = kind
            self.shape = self.pattern = _hash(key, "shape", f"{kind} {length.bit_length()}")
            return
        content = seen.content() if fields else event
        looks = look(content)
        place = f"{self.trigger} {self.route} {looks.shape}"
        self.shape = _hash(key, "shape", place)
        notable = "|".join(filter(None, (looks.pattern, seen.notable_headers())))
        self.pattern = _hash(key, "pattern", notable or place)
        if key is None:
            return
        if looks.subject:
            self.subject = key.name("subject", f"{self.route}\n{looks.subject}")
        if source := _source(seen.source()):
            self.source = key.name("source", source)
        if principal := seen.principal() or _cognito(headers):
            self.principal = key.name("principal", principal)

    def read_answer(self, body: bytes, *, length: int, is_result: bool) -> None:
        """Take what an answer of `length` bytes says, of which `body` is what was kept."""
        self.bytes_out = length
        if not is_result or self.trigger not in WEB:
            return
        if length > MAX_READ_BYTES:
            found = _STATUS.search(body[:4096]) or _STATUS.search(body[-4096:])
            self.status = int(found[1]) if found else 0
            return
        answer = read_json(body.decode("utf-8", "replace"))
        status = answer.get("statusCode") if isinstance(answer, dict) else None
        if isinstance(status, str) and status.isascii() and status.isdigit() and len(status) == 3:
            status = int(status)
        if isinstance(status, int) and not isinstance(status, bool) and 100 <= status <= 599:
            self.status = status
        elif status is None and answer is not None and self.trigger in ("http-api", "function-url"):
            # Their payload 2.0 makes one of an answer that names none.
            # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
            self.status = 200


class _Seen:
    """An event, recognised: `trigger` and `route`, and where in it the rest is."""

    def __init__(self, event: dict[str, object]) -> None:
        self._event = event
        self._context = _dict(event.get("requestContext"))
        self._records = _records(event)
        self.trigger, self.route = self._recognise()

    def _recognise(self) -> tuple[str, str]:
        event, context = self._event, self._context
        http = _dict(context.get("http"))
        if context:
            if "elb" in context:
                return "alb", _text(event.get("httpMethod"))
            if "connectionId" in context:
                return "websocket", _text(context.get("routeKey"))
            if http and "routeKey" in event:
                is_url = ".lambda-url." in _text(context.get("domainName"))
                key = _text(event["routeKey"])
                route = f"{_text(http.get('method'))} {key}" if key == "$default" else key
                return ("function-url" if is_url else "http-api"), route
            if "httpMethod" in event:
                return "rest-api", f"{_text(event['httpMethod'])} {_text(event.get('resource'))}"
        if self._records:
            first = self._records[0]
            source = _text(first.get("eventSource")) or _text(first.get("EventSource"))
            return _SOURCES.get(source, "records"), _of_record(first)
        if "detail-type" in event and "source" in event:
            if event["detail-type"] == "Scheduled Event":
                resources = event.get("resources")
                rule = resources[0] if isinstance(resources, list) and resources else ""
                return "schedule", _last(_text(rule))
            return "eventbridge", f"{_text(event['source'])} {_text(event['detail-type'])}"
        for mark, trigger, route in (
            ("awslogs", "logs", ""),
            ("deliveryStreamArn", "firehose", "deliveryStreamArn"),
            ("triggerSource", "cognito", "triggerSource"),
            ("authorizationToken", "authorizer", "methodArn"),
            ("sessionState", "lex", ""),
            ("invocationSchemaVersion", "s3-batch", ""),
        ):
            if mark in event:
                return trigger, _last(_text(event.get(route))) if route == "deliveryStreamArn" else _text(
                    event.get(route)
                )
        return "direct", ""

    def content(self) -> object:
        """Return the part of the event that its sender wrote."""
        event = self._event
        if self.trigger in WEB:
            query = event.get("multiValueQueryStringParameters") or event.get("queryStringParameters")
            found = {"query": query or {}, "body": self._body()}
            parameters = event.get("pathParameters")
            if isinstance(parameters, dict) and parameters:
                found["parameters"] = parameters
            elif self.trigger in ("alb", "function-url") or self.route.endswith("$default"):
                path = event.get("rawPath") or event.get("path")
                found["path"] = path if isinstance(path, str) else ""
            return found
        if self.trigger == "websocket":
            return self._body()
        if self._records:
            return [_record_content(record) for record in self._records[:20]]
        if self.trigger in ("eventbridge", "schedule"):
            return event.get("detail")
        if self.trigger == "cognito":
            return event.get("request")
        return event

    def _body(self) -> object:
        body = self._event.get("body")
        if not isinstance(body, str):
            return body
        if self._event.get("isBase64Encoded") is True:
            from binascii import a2b_base64

            try:
                body = a2b_base64(body).decode("utf-8")
            except ValueError:
                return {"binary": len(body).bit_length()}
        headers = self._headers()
        if "x-www-form-urlencoded" in headers.get("content-type", ""):
            return _form(body)
        return body

    def _headers(self) -> dict[str, str]:
        headers = _dict(self._event.get("headers"))
        if not headers:
            multiple = _dict(self._event.get("multiValueHeaders"))
            headers = {
                name: value[0] for name, value in multiple.items() if isinstance(value, list) and value
            }
        return {
            str(name).lower(): value for name, value in list(headers.items())[:100] if isinstance(value, str)
        }

    def notable_headers(self) -> str:
        """Return what in the headers looks like an exploit: ordinary ones differ from client to client."""
        if self.trigger not in WEB:
            return ""
        found = set()
        for name, value in self._headers().items():
            is_odd = (
                _IN_AGENT
                if name in ("user-agent", "referer", "origin") or name.startswith("sec-")
                else _IN_HEADER
            ).search
            if name not in _FRONT_HEADERS and is_odd(value[:_MAX_VALUE]):
                found.add("header:" + skeleton(value))
        return "|".join(sorted(found)[:4])

    def source(self) -> str:
        """Return the address of the caller, as who called the function saw it; empty without one."""
        if self.trigger == "alb":
            # The load balancer's own word is the last.
            return self._headers().get("x-forwarded-for", "").rpartition(",")[2].strip()
        for place in (self._context.get("identity"), self._context.get("http")):
            if address := _text(_dict(place).get("sourceIp")):
                return address
        if self.trigger == "s3":
            return _text(_dict(self._records[0].get("requestParameters")).get("sourceIPAddress"))
        return ""

    def principal(self) -> str:
        """Return who called, as an authorizer or IAM proved it; empty where nobody did."""
        authorizer = _dict(self._context.get("authorizer"))
        identity = _dict(self._context.get("identity"))
        claims = _dict(authorizer.get("claims")) or _dict(_dict(authorizer.get("jwt")).get("claims"))
        own = _dict(authorizer.get("lambda"))
        iam = _dict(authorizer.get("iam"))
        candidates = (
            claims.get("sub"),
            authorizer.get("principalId"),
            *(own.get(name) for name in ("principalId", "sub", "userId", "user_id")),
            iam.get("userArn"),
            iam.get("userId"),
            identity.get("cognitoIdentityId"),
            identity.get("userArn"),
            identity.get("apiKeyId"),
        )
        return next((value[:_MAX_VALUE] for value in candidates if isinstance(value, str) and value), "")


def _records(event: dict[str, object]) -> list[dict[str, object]]:
    records = event.get("Records")
    if isinstance(records, list):
        return [record for record in records if isinstance(record, dict)]
    # Kafka's are by topic.
    topics = event.get("records")
    if isinstance(topics, dict):
        source = {"eventSource": event.get("eventSource")}
        return [
            source | record
            for records in topics.values()
            if isinstance(records, list)
            for record in records[:20]
            if isinstance(record, dict)
        ]
    return []


def _of_record(record: dict[str, object]) -> str:
    """Return what a record came by: a queue, a bucket, a topic, a table, as they are set up."""
    sns = _dict(record.get("Sns"))
    bucket = _dict(_dict(record.get("s3")).get("bucket"))
    arn = _text(record.get("eventSourceARN")) or _text(sns.get("TopicArn"))
    if ":dynamodb:" in arn:
        return arn.partition(":table/")[2].partition("/")[0]
    return _last(arn) or _text(bucket.get("name")) or _text(record.get("topic"))


def _record_content(record: dict[str, object]) -> object:
    """Return what a record's sender wrote, without what the platform numbers."""
    if "body" in record:
        return record["body"]
    if "Sns" in record:
        return _dict(record["Sns"]).get("Message")
    if "s3" in record:
        return {"key": _dict(_dict(record["s3"]).get("object")).get("key"), "name": record.get("eventName")}
    if "dynamodb" in record:
        changed = _dict(record["dynamodb"])
        return {name: changed.get(name) for name in ("Keys", "NewImage", "OldImage") if name in changed}
    data = _dict(record.get("kinesis")).get("data") or record.get("value") or record.get("data")
    if isinstance(data, str):
        from binascii import a2b_base64

        try:
            return a2b_base64(data).decode("utf-8")
        except ValueError:
            return {"binary": len(data).bit_length()}
    return record


def _form(body: str) -> dict[str, object]:
    found: dict[str, object] = {}
    for pair in body[:65536].split("&")[:200]:
        name, _, value = pair.partition("=")
        found[_unquoted(name)] = _unquoted(value)
    return found


def _unquoted(text: str) -> str:
    data = text.replace("+", " ").encode("utf-8", "replace")
    data = re.sub(rb"%([0-9A-Fa-f]{2})", lambda found: bytes((int(found[1], 16),)), data)
    return data.decode("utf-8", "replace")


def _source(address: str) -> str:
    """Return what of an address tells its owner: of IPv6 the network, in which each has more addresses than there are."""
    if ":" not in address:
        return address[:64]
    try:
        return inet_pton(AF_INET6, address.strip("[]"))[:8].hex()
    except OSError:
        return address[:64]


def _cognito(headers: Mapping[str, str]) -> str:
    value = headers.get(_COGNITO_HEADER, "")
    found = read_json(value) if value and len(value) <= _MAX_VALUE * 4 else None
    return _text(_dict(found).get("cognitoIdentityId"))


def _route(text: str) -> str:
    text = text.strip()[:MAX_ROUTE]
    return text if _ROUTE.fullmatch(text) else ""


def _hash(key: Pseudonyms | None, kind: str, text: str) -> int:
    data = text.encode("utf-8", "surrogatepass")
    return plain_hash(kind, data) if key is None else key.name(kind, data)


def _last(arn: str) -> str:
    return re.split("[:/]", arn)[-1]


def _text(value: object) -> str:
    return value[:_MAX_VALUE] if isinstance(value, str) else ""


def _dict(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}

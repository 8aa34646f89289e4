"""Keys of tenants come from authenticated places alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dayfly.core.settings import load_settings
from dayfly.core.tenants import check_source
from dayfly.errors import SettingError

PATH = "requestContext.authorizer.claims.sub"


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


@pytest.mark.parametrize("source", [source for source, _ in AUTHENTICATED])
def test_an_authenticated_path_may_name_the_tenant(source: str) -> None:
    assert load_settings({"DAYFLY_TENANT": source}, {}).tenant == source


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


@given(st.text(max_size=60))
def test_a_source_is_authenticated_or_refused(text: str) -> None:
    try:
        check_source(text)
    except ValueError:
        return
    places = ("requestContext", '["requestContext"]')
    assert text in ("lambda", "cognito") or text.startswith(places)

"""The setting `tenant`: the native supervisor finds the tenant that the Python one finds, or nobody."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st
from tests.core.test_tenants import AUTHENTICATED, PATH, claims
from tests.native.compared import EXAMPLES, Native, native, of, say

from dayfly.core.tenants import MAX_KEY_CHARACTERS, MAX_PARSED_BYTES, find_tenant, parse_source

__all__ = ["native"]

NAMES = st.sampled_from(["requestContext", "authorizer", "claims", "sub", "x", "", "é"])
VALUES = st.recursive(
    st.one_of(st.text(), st.none(), st.booleans(), st.integers(), st.floats()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=8,
)
# Of these Python says something, and the native reader, which looks at less, that they are nobody's.
BEYOND = [
    json.dumps(claims(sub="anna") | {"x": {str(number): 1 for number in range(257)}}),
    json.dumps(claims(sub="anna")).replace('"sub"', '"\\u0073ub"'),
    json.dumps(claims(sub="anna") | {"x": json.loads("[" * 100 + "]" * 100)}),
]
ODD = [
    *(json.dumps(claims(sub=text)) for text in ("", 'é\n"\\', "\U0001f600", "a" * MAX_KEY_CHARACTERS)),
    json.dumps(claims(sub="a" * (MAX_KEY_CHARACTERS + 1))),
    json.dumps(claims(sub="anna") | {"x": "y" * MAX_PARSED_BYTES}),
    json.dumps(claims(sub=["anna"])),
    *(
        json.dumps(claims(sub="ANNA")).replace("ANNA", text)
        for text in (
            r"\ud83d",
            r"\ude00\ud83d",
            r"\ud83dx",
            r"\u00",
            r"\x41",
            "\t",
            r"\/\b\f\n\r\t",
            r"\ud83d\ude00",
        )
    ),
    '{"requestContext": {"authorizer": {"claims": {"sub": "anna"}}}, "x": 1, "x": 2}',
    '{"requestContext": {"authorizer": {"claims": {"sub": "anna", "sub": "mallory"}}}}',
    '{"requestContext": {"authorizer": {"claims": {"sub": "anna"}}}} x',
    *(
        '{"requestContext": {"authorizer": {"claims": {"sub": "anna"}}}, "x": ' + value + "}"
        for value in (
            "01",
            "-",
            "1.",
            ".5",
            "1e",
            "1E+5",
            "-0.0",
            "NaN",
            "Infinity",
            "nul",
            "[1,]",
            "{,}",
            "tru",
            '"',
        )
    ),
    "\ufeff{}",
    "",
    '"anna"',
]


def _pair(
    native: Native, source: str, body: bytes, tenant: str = "", cognito: str = ""
) -> tuple[bytes, bytes]:
    headers = {"lambda-runtime-aws-tenant-id": tenant, "lambda-runtime-cognito-identity": cognito}
    found = find_tenant(parse_source(source), headers, body)
    return native.told([source.encode(), tenant.encode(), cognito.encode(), body]), say(found)


@of("tenants")
@pytest.mark.parametrize(("source", "event"), AUTHENTICATED, ids=[source for source, _ in AUTHENTICATED])
def test_an_authenticated_path_names_the_same_tenant(native: Native, source: str, event: object) -> None:
    assert _pair(native, source, json.dumps(event).encode()) == (say("anna"), say("anna"))


@of("tenants")
@pytest.mark.parametrize("tenant", ["", "anna", "é" * MAX_KEY_CHARACTERS, "é" * MAX_KEY_CHARACTERS + "x"])
def test_a_header_names_the_same_tenant(native: Native, tenant: str) -> None:
    told, found = _pair(native, "lambda", b"{}", tenant=tenant)
    assert told == found
    told, found = _pair(native, "cognito", b"{}", cognito=json.dumps({"cognitoIdentityId": tenant}))
    assert told == found


@of("tenants")
@pytest.mark.parametrize("body", ODD)
def test_what_is_doubtful_is_nobodys_in_both(native: Native, body: str) -> None:
    told, found = _pair(native, PATH, body.encode())
    assert told == found


@of("tenants")
@pytest.mark.parametrize("body", BEYOND, ids=["names", "escapes", "levels"])
def test_what_is_beyond_the_native_reader_is_nobodys(native: Native, body: str) -> None:
    assert _pair(native, PATH, body.encode()) == (say(""), say("anna"))


@of("tenants")
@given(event=VALUES, sub=st.text())
@limits(EXAMPLES, max_examples=300)
def test_any_event_is_the_same_tenants(native: Native, event: object, sub: str) -> None:
    for whole in (event, claims(sub=sub, x=event), claims(sub=event)):
        told, found = _pair(
            native, PATH, json.dumps(whole, ensure_ascii=False).encode("utf-8", "surrogatepass")
        )
        assert told == found


@of("tenants")
@given(body=st.binary(max_size=80), at=st.integers(0, 60))
@limits(EXAMPLES, max_examples=300)
def test_a_damaged_event_is_nobody_elses(native: Native, body: bytes, at: int) -> None:
    event = json.dumps(claims(sub="anna")).encode()
    told, found = _pair(native, PATH, event[:at] + body + event[at + len(body) :])
    assert told in (found, say(""))

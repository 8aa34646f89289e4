"""Whose an event is: from authenticated places alone, and nobody's where anything is doubtful."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st
from tests.core.test_tenants import AUTHENTICATED, PATH, claims
from tests.native.compared import EXAMPLES, ended, told_by

__all__ = ["ended"]
pytestmark = pytest.mark.usefixtures("ended")

# As native/supervisor/tenants.h has them.
MAX_KEY_CHARACTERS = 1024
MAX_PARSED_BYTES = 256 * 1024


def key(source: str, event: object = None, *, raw: bytes | None = None, **headers: str) -> str:
    body = json.dumps(event).encode() if raw is None else raw
    tenant, cognito = (
        headers.get(name, "").encode("utf-8", "surrogateescape")
        for name in ("lambda_runtime_aws_tenant_id", "lambda_runtime_cognito_identity")
    )
    (found,) = told_by("tenants", [source.encode(), tenant, cognito, body])
    assert isinstance(found, bytes)
    return found.decode()


@pytest.mark.parametrize(("source", "event"), AUTHENTICATED, ids=[source for source, _ in AUTHENTICATED])
def test_an_authenticated_path_names_the_tenant(source: str, event: object) -> None:
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


def test_a_header_is_a_tenant_up_to_a_length() -> None:
    longest = "é" * MAX_KEY_CHARACTERS
    assert key("lambda", {}, lambda_runtime_aws_tenant_id=longest) == longest
    assert key("lambda", {}, lambda_runtime_aws_tenant_id=longest + "x") == ""
    assert key("lambda", {}, lambda_runtime_aws_tenant_id="an\udcffna") == ""


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
    # Names that are written with escapes are not looked at.
    assert key(PATH, raw=raw) == ("" if b"\\" in raw and _has_odd_names(value) else "anna")


def _has_odd_names(value: object) -> bool:
    """Whether a name below is written with an escape."""
    if isinstance(value, dict):
        return any("\\" in json.dumps(name) or _has_odd_names(item) for name, item in value.items())
    return isinstance(value, list) and any(map(_has_odd_names, value))


@given(st.binary(max_size=300))
def test_bytes_of_any_kind_are_answered_without_a_fault(raw: bytes) -> None:
    assert isinstance(key(PATH, raw=raw), str)
    text = raw.decode("utf-8", "surrogateescape")
    assert isinstance(key("cognito", {}, lambda_runtime_cognito_identity=text), str)
    assert isinstance(key("lambda", {}, lambda_runtime_aws_tenant_id=text), str)


# More than the reader looks at.
BEYOND = [
    json.dumps(claims(sub="anna") | {"x": {str(number): 1 for number in range(257)}}),
    json.dumps(claims(sub="anna")).replace('"sub"', '"\\u0073ub"'),
    json.dumps(claims(sub="anna") | {"x": json.loads("[" * 100 + "]" * 100)}),
]


@pytest.mark.parametrize("body", BEYOND, ids=["names", "escapes", "levels"])
def test_what_is_beyond_the_reader_is_nobodys(body: str) -> None:
    assert key(PATH, raw=body.encode()) == ""


SPELLED = {
    'é\n"\\': 'é\\n\\"\\\\',
    "\U0001f600": "\\ud83d\\ude00",
    "/\b\f\n\r\t": "\\/\\b\\f\\n\\r\\t",
}
BROKEN = ("\\ud83d", "\\ude00\\ud83d", "\\ud83dx", "\\u00", "\\x41", "\t")
VALUES_THAT_ARE_NONE = ("01", "-", "1.", ".5", "1e", "NaN", "nul", "[1,]", "{,}", "tru", '"')


@pytest.mark.parametrize("name", SPELLED)
def test_a_key_is_read_as_it_is_meant(name: str) -> None:
    raw = json.dumps(claims(sub="ANNA")).replace("ANNA", SPELLED[name])
    assert key(PATH, raw=raw.encode()) == name


@pytest.mark.parametrize("text", BROKEN)
def test_a_text_that_is_none_is_nobodys(text: str) -> None:
    assert key(PATH, raw=json.dumps(claims(sub="ANNA")).replace("ANNA", text).encode()) == ""


@pytest.mark.parametrize("value", VALUES_THAT_ARE_NONE)
def test_an_event_that_is_no_json_beside_its_key_is_nobodys(value: str) -> None:
    event = '{"requestContext": {"authorizer": {"claims": {"sub": "anna"}}}, "x": ' + value + "}"
    assert key(PATH, raw=event.encode()) == ""


@given(body=st.binary(max_size=80), at=st.integers(0, 60))
@limits(EXAMPLES, max_examples=300)
def test_a_damaged_event_is_nobody_elses(body: bytes, at: int) -> None:
    event = json.dumps(claims(sub="anna")).encode()
    damaged = event[:at] + body + event[at + len(body) :]
    found = key(PATH, raw=damaged)
    if found:
        assert json.loads(damaged)["requestContext"]["authorizer"]["claims"]["sub"] == found

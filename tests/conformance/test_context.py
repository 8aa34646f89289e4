"""The context object, the X-Ray id and the event's surroundings are those that plain awslambdaric gives."""

from __future__ import annotations

import json

import pytest
from tests.conformance.conftest import StartPair

from dayfly.testing.http_wire import header

CLIENT_CONTEXT = json.dumps(
    {"custom": {"k": "ключ"}, "env": {"make": "x"}, "client": {"app_title": "shop", "installation_id": "i"}}
)
COGNITO = json.dumps({"cognitoIdentityId": "eu-central-1:id", "cognitoIdentityPoolId": "eu-central-1:pool"})
CASES: dict[str, dict[str, str]] = {
    "nothing special": {},
    "client context": {"Lambda_Runtime_Client_Context": CLIENT_CONTEXT},
    "w3c in the client context": {
        "Lambda_Runtime_Client_Context": json.dumps({"w3c": {"traceparent": "00-ab-cd-01"}})
    },
    "empty client context": {"Lambda_Runtime_Client_Context": "{}"},
    "cognito identity": {"Lambda_Runtime_Cognito_Identity": COGNITO},
    "tenant": {"Lambda_Runtime_Aws_Tenant_Id": "tenant-1 a/b=c@d"},
    "alias ARN": {
        "Lambda_Runtime_Invoked_Function_Arn": "arn:aws:lambda:eu-central-1:123456789012:function:f:live"
    },
    "trace id": {"Lambda_Runtime_Trace_Id": "Root=1-67891233-abcdef012345678912345678;Sampled=0"},
    "no trace id": {"Lambda_Runtime_Trace_Id": ""},
    "invocation id": {"Lambda_Runtime_Invocation_Id": "0123-4567"},
    "unknown header": {"Lambda_Runtime_Something_New": "value"},
}
BROKEN: dict[str, dict[str, str]] = {
    "client context is not JSON": {"Lambda_Runtime_Client_Context": "{"},
    "cognito identity is not JSON": {"Lambda_Runtime_Cognito_Identity": "nonsense"},
}


@pytest.mark.parametrize("case", CASES)
def test_the_context_has_the_same_fields(start_pair: StartPair, case: str) -> None:
    plain, dayfly = start_pair("view.context_fields").look({"n": 1}, body=None, **CASES[case])
    assert plain.kind == "response"
    assert dayfly == plain


@pytest.mark.parametrize("case", BROKEN)
def test_a_header_that_is_not_json_fails_as_under_plain_awslambdaric(
    start_pair: StartPair, case: str
) -> None:
    plain, dayfly = start_pair("view.context_fields").look({}, body=None, **BROKEN[case])
    assert plain.kind == "error"
    assert dayfly == plain


def test_the_context_shows_what_the_headers_said(start_pair: StartPair) -> None:
    """Guards the comparison: two equal empty contexts would pass it."""
    seen = start_pair("view.context_fields").dayfly.look(
        {"n": 1},
        Lambda_Runtime_Client_Context=CLIENT_CONTEXT,
        Lambda_Runtime_Cognito_Identity=COGNITO,
        Lambda_Runtime_Aws_Tenant_Id="tenant-1",
        Lambda_Runtime_Trace_Id="Root=1-1-1",
        request_id="11111111-2222-3333-4444-555555555555",
    )
    assert isinstance(seen.payload, dict)
    assert seen.payload["aws_request_id"] == "11111111-2222-3333-4444-555555555555"
    assert seen.payload["client_context"] == [{"k": "ключ"}, {"make": "x"}, "shop"]
    assert seen.payload["identity"] == ["eu-central-1:id", "eu-central-1:pool"]
    assert seen.payload["tenant_id"] == "tenant-1"
    assert seen.payload["trace"] == "Root=1-1-1"


def test_each_invocation_has_its_own_trace_id(start_pair: StartPair) -> None:
    pair = start_pair("view.context_fields")
    for trace in ("Root=1-a", "", "Root=1-b", "Root=1-c"):
        plain, dayfly = pair.look({}, Lambda_Runtime_Trace_Id=trace)
        assert isinstance(dayfly.payload, dict)
        assert dayfly.payload["trace"] == (trace or "absent")
        assert dayfly == plain


def test_the_remaining_time_is_close_to_plain(start_pair: StartPair) -> None:
    plain, dayfly = start_pair("view.remaining").look({})
    assert isinstance(plain.payload, int)
    assert isinstance(dayfly.payload, int)
    # The events go out one after the other, so that the second finds less time, but both find most of 30 s.
    assert 25_000 < dayfly.payload <= 30_000
    assert abs(dayfly.payload - plain.payload) < 3_000


def test_a_deadline_in_the_past_leaves_no_time(start_pair: StartPair) -> None:
    plain, dayfly = start_pair("view.remaining").look({}, Lambda_Runtime_Deadline_Ms="1000")
    assert dayfly.payload == plain.payload == 0


def test_the_invocation_id_is_echoed(start_pair: StartPair) -> None:
    pair = start_pair("view.remaining")
    echoed = []
    for side in (pair.plain, pair.dayfly):
        side.look({}, Lambda_Runtime_Invocation_Id="abc-123")
        answers = [request for request in side.api.requests if request.head.target.endswith("/response")]
        echoed.append(header(answers[-1].head.headers, "Lambda-Runtime-Invocation-Id"))
    assert echoed == ["abc-123", "abc-123"]


@pytest.mark.parametrize("sizes", [(1,), (3, 2, 1), (1000, 1000)])
def test_an_event_in_chunks_arrives_whole(start_pair: StartPair, sizes: tuple[int, ...]) -> None:
    """RIE sends bodies over 2 KB in chunks."""
    event = {"text": "☃" * 3000}
    for side in vars(start_pair("results.echo")).values():
        outcome = side.settle(side.api.send(event, chunk_sizes=sizes))
        assert outcome.payload == event


def test_an_event_that_dribbles_in_arrives_whole(start_pair: StartPair) -> None:
    event = {"text": "x" * 50}
    for side in vars(start_pair("results.echo")).values():
        outcome = side.settle(side.api.send(event, chunk_sizes=[1] * 40))
        assert outcome.payload == event

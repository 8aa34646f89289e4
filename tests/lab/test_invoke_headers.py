"""Headers of Invoke are understood, or refused as Lambda refuses them."""

from __future__ import annotations

import base64

import pytest

from dayfly.lab.invoke_headers import MAX_CLIENT_CONTEXT, InvokeHeaders
from dayfly.lab.model import InvokeRefusedError


def test_what_is_left_out_is_lambdas_default() -> None:
    read = InvokeHeaders.read({})
    assert (read.invocation_type, read.log_type, read.client_context) == ("RequestResponse", "None", None)


def test_what_is_given_is_decoded() -> None:
    headers = {
        "x-amz-invocation-type": "Event",
        "x-amz-log-type": "Tail",
        "x-amz-client-context": base64.b64encode(b'{"custom": {}}').decode(),
        "x-amz-tenant-id": "a b@c",
        "x-amzn-trace-id": "Root=1",
    }
    assert InvokeHeaders.read(headers).options() == {
        "invocation_type": "Event",
        "log_type": "Tail",
        "client_context": '{"custom": {}}',
        "tenant_id": "a b@c",
        "trace_id": "Root=1",
    }


@pytest.mark.parametrize(
    ("header", "value", "kind"),
    [
        ("x-amz-invocation-type", "event", "ValidationException"),
        ("x-amz-log-type", "Head", "ValidationException"),
        ("x-amz-client-context", "no base64!", "InvalidRequestContentException"),
        ("x-amz-client-context", base64.b64encode(b"no json").decode(), "InvalidRequestContentException"),
        ("x-amz-client-context", base64.b64encode(b"\xff").decode(), "InvalidRequestContentException"),
        ("x-amz-client-context", "A" * (MAX_CLIENT_CONTEXT + 1), "InvalidRequestContentException"),
        ("x-amz-tenant-id", "", "ValidationException"),
        ("x-amz-tenant-id", "x" * 257, "ValidationException"),
        ("x-amz-tenant-id", "ü", "ValidationException"),
    ],
)
def test_what_lambda_does_not_take_is_refused(header: str, value: str, kind: str) -> None:
    with pytest.raises(InvokeRefusedError) as refusal:
        InvokeHeaders.read({header: value})
    assert (refusal.value.status_code, refusal.value.error_type) == (400, kind)

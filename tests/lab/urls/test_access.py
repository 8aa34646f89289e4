"""A URL is called by whoever signs, or by everybody where its policy says so, and by nobody else."""

from __future__ import annotations

import pytest

from dayfly.lab.urls.access import is_public, signer

_SIGNATURE = "a" * 64
_GOOD = (
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261126/us-east-1/lambda/aws4_request, "
    f"SignedHeaders=host;x-amz-date, Signature={_SIGNATURE}"
)


@pytest.mark.parametrize(
    ("authorization", "query", "key"),
    [
        (_GOOD, "", "AKIDEXAMPLE"),
        (
            "",
            "X-Amz-Credential=AKID%2F20261126%2Fus-east-1%2Flambda%2Faws4_request&X-Amz-Signature=ab",
            "AKID",
        ),
        ("", "", None),
        ("Bearer x", "", None),
        (_GOOD.replace("/lambda/", "/s3/"), "", None),
        (_GOOD.replace(_SIGNATURE, ""), "", None),
        ("", "X-Amz-Credential=AKID%2F20261126%2Fus-east-1%2Flambda%2Faws4_request", None),
        ("", "X-Amz-Credential=x&X-Amz-Signature=ab", None),
    ],
)
def test_a_signature_names_its_key(authorization: str, query: str, key: str | None) -> None:
    assert signer({"authorization": authorization}, query) == key


def _statement(action: str, condition: object = None, principal: object = "*") -> dict[str, object]:
    statement: dict[str, object] = {"Effect": "Allow", "Principal": principal, "Action": action}
    return statement if condition is None else statement | {"Condition": condition}


_URL = _statement("lambda:InvokeFunctionUrl", {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}})
_FUNCTION = _statement("lambda:InvokeFunction", {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}})


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([], False),
        ([_URL], False),  # both are needed since October 2025
        ([_FUNCTION], False),
        ([_URL, _FUNCTION], True),
        ([_statement("lambda:*")], True),
        ([_URL, _statement("lambda:InvokeFunction", principal={"AWS": "*"})], True),
        ([_URL, _statement("lambda:InvokeFunction", principal={"Service": "s3.amazonaws.com"})], False),
        ([_URL, _statement("lambda:InvokeFunction", {"ArnLike": {"AWS:SourceArn": "arn:x"}})], False),
        (
            [
                _statement(
                    "lambda:InvokeFunctionUrl", {"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}}
                ),
                _FUNCTION,
            ],
            False,
        ),
    ],
)
def test_everybody_may_call_what_its_policy_opens_to_everybody(
    statements: list[dict[str, object]], expected: bool
) -> None:
    assert is_public(statements) is expected

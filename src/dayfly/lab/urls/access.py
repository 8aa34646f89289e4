"""Who may call a function URL: a signature where it asks for one, its function's policy where it does not; pure.

https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qs

# "Starting in October 2025, new function URLs will require both", on the page above.
_ACTIONS = ("lambda:InvokeFunctionUrl", "lambda:InvokeFunction")
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 +Credential=(?P<key>[A-Za-z0-9]{1,128})/\d{8}/[a-z0-9-]+/(?P<service>[a-z0-9-]+)/aws4_request, *"
    r"SignedHeaders=[a-z0-9;-]+, *Signature=[0-9a-f]{64}"
)
_CREDENTIAL = re.compile(r"(?P<key>[A-Za-z0-9]{1,128})/\d{8}/[a-z0-9-]+/(?P<service>[a-z0-9-]+)/aws4_request")


def signer(headers: Mapping[str, str], query: str) -> str | None:
    """Return the access key of a request that is signed for Lambda, else None.

    The signature itself is not checked: the lab knows nobody's secret.
    """
    match = _AUTHORIZATION.fullmatch(headers.get("authorization", "").strip())
    if match is None:
        values = parse_qs(query)
        if not values.get("X-Amz-Signature"):
            return None
        match = _CREDENTIAL.fullmatch((values.get("X-Amz-Credential") or [""])[0])
    return match["key"] if match is not None and match["service"] == "lambda" else None


def is_public(statements: Iterable[Mapping[str, object]]) -> bool:
    """Does a resource policy let everybody call a URL that asks for no signature?"""
    allowed = [statement for statement in statements if _is_for_everybody(statement)]
    return all(any(_covers(statement, action) for statement in allowed) for action in _ACTIONS)


def _is_for_everybody(statement: Mapping[str, object]) -> bool:
    principal = statement.get("Principal")
    if statement.get("Effect") != "Allow" or principal not in ("*", {"AWS": "*"}):
        return False
    condition = statement.get("Condition", {})
    assert isinstance(condition, Mapping)
    for operator, wanted in condition.items():
        for key, value in wanted.items():
            known = {"lambda:FunctionUrlAuthType": "NONE", "lambda:InvokedViaFunctionUrl": "true"}
            if operator not in ("StringEquals", "Bool") or known.get(key) != value:
                return False
    return True


def _covers(statement: Mapping[str, object], action: str) -> bool:
    return statement.get("Action") in (action, "lambda:*", "*")

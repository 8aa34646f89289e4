"""Answers of the lab's API as HTTP: JSON bodies, and refusals with Lambda's headers."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.datastructures import State

from dayfly.lab import payloads
from dayfly.lab.control import refusals
from dayfly.lab.model import InvokeRefusedError, LabError

# Of the errors that the lab answers: those whose model has `Message`, where all others have `message`. Clients in languages
# that look at the case of a member find nothing under the other name.
_CAPITALISED = frozenset(
    {
        "AccessDeniedException",
        "CodeSigningConfigNotFoundException",
        "CodeVerificationFailedException",
        "ResourceInUseException",
        "ResourceNotFoundException",
        "ServiceException",
        "SnapStartException",
        "SnapStartNotReadyException",
        "SnapStartTimeoutException",
    }
)
# Of a request with a zip in it: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html (50 MB, in base64).
MAX_ZIP_REQUEST = 70_167_211
_ZIP_OPERATIONS = {
    r"/2015-03-31/functions/?": "CreateFunction",
    r"/2015-03-31/functions/[^/]+/code": "UpdateFunctionCode",
    r"/2018-10-31/layers/[^/]+/versions": "PublishLayerVersion",
}
_INVOCATION = re.compile(r"/2015-03-31/functions/[^/]+/invocations")
# Litestar's parameters for a user, a token and a state of the application, which the lab has none of.
LabRequest = Request[Any, Any, State]


def json_answer(
    value: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response[bytes]:
    body = msgspec.json.encode(value)
    return identified(Response(body, status_code=status, media_type="application/json", headers=headers))


def identified(response: Response[Any]) -> Response[Any]:
    """Return an answer with an id of its request, as every answer of Lambda has one."""
    if not any(name.lower() == "x-amzn-requestid" for name in response.headers):
        response.headers["x-amzn-RequestId"] = str(uuid.uuid4())
    return response


async def identify(response: Response[Any]) -> Response[Any]:
    """Do the same for the framework, which would run it in the loop's own threads if it were not awaitable: they may all
    be waiting for an answer."""
    return identified(response)


def refusal_body(error: InvokeRefusedError) -> dict[str, str]:
    """What a refusal's body says, without its reason."""
    member = "Message" if error.error_type in _CAPITALISED else "message"
    return {**({"Type": "User"} if error.is_typed else {}), member: error.message}


def refusal(request: LabRequest, error: Exception) -> Response[bytes]:
    """Answer an InvokeRefusedError or LabError, as Lambda answers."""
    if isinstance(error, InvokeRefusedError):
        # Lambda's 4xx bodies carry the type of the fault, and a reason where one is documented.
        body = refusal_body(error)
        if error.reason is not None and error.status_code == 429:
            body["Reason"] = error.reason
        return json_answer(body, error.status_code, {"x-amzn-ErrorType": error.error_type})
    assert isinstance(error, LabError)
    body = {"Type": "Service", "Message": error.message}
    return json_answer(body, 500, {"x-amzn-ErrorType": "ServiceException"})


def too_large(request: LabRequest, error: Exception) -> Response[bytes]:
    """Answer a request with more in it than Lambda takes: it was not read to its end."""
    path = request.url.path
    if _INVOCATION.fullmatch(path):
        is_async = request.headers.get("x-amz-invocation-type") == "Event"
        return refusal(request, payloads.request_too_large(is_async=is_async))
    operation = next((name for route, name in _ZIP_OPERATIONS.items() if re.fullmatch(route, path)), None)
    message = "Request is larger than the operation allows"
    if operation is not None:
        message = f"Request must be smaller than {MAX_ZIP_REQUEST} bytes for the {operation} operation"
    return refusal(request, refusals.entity_too_large(message))


def no_route(request: LabRequest, error: Exception) -> Response[bytes]:
    """Answer a call of an operation that the lab does not have; nobody must take it for done."""
    body = {"Type": "User", "message": f"The lab does not answer {request.method} {request.url.path}"}
    return json_answer(body, 404, {"x-amzn-ErrorType": "UnknownOperationException"})

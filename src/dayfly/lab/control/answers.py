"""Answers of the lab's API as HTTP: JSON bodies, and refusals with Lambda's headers."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.datastructures import State

from dayfly.lab.model import InvokeRefusedError, LabError

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


def refusal(request: LabRequest, error: Exception) -> Response[bytes]:
    """Answer an InvokeRefusedError or LabError, as Lambda answers."""
    if isinstance(error, InvokeRefusedError):
        # Lambda's 4xx bodies carry the type of the fault, and a reason where one is documented.
        body = {"Type": "User", "message": error.message}
        if error.reason is not None and error.status_code == 429:
            body["Reason"] = error.reason
        return json_answer(body, error.status_code, {"x-amzn-ErrorType": error.error_type})
    assert isinstance(error, LabError)
    body = {"Type": "Service", "Message": error.message}
    return json_answer(body, 500, {"x-amzn-ErrorType": "ServiceException"})


def too_large(request: LabRequest, error: Exception) -> Response[bytes]:
    """Answer a request with more in it than Lambda takes."""
    body = {"Type": "User", "message": "Request is larger than the operation allows"}
    return json_answer(body, 413, {"x-amzn-ErrorType": "RequestEntityTooLargeException"})


def no_route(request: LabRequest, error: Exception) -> Response[bytes]:
    """Answer a call of an operation that the lab does not have; nobody must take it for done."""
    body = {"Type": "User", "message": f"The lab does not answer {request.method} {request.url.path}"}
    return json_answer(body, 404, {"x-amzn-ErrorType": "UnknownOperationException"})

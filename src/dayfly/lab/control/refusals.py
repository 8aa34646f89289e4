"""What the control plane refuses, in Lambda's words.

Texts: recorded from AWS by LocalStack's suite (tests/aws/services/lambda_/test_lambda_api.snapshot.json), and the patterns
and limits of botocore's model.
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from dayfly.lab.model import InvokeRefusedError, LabError

STALE_REVISION = (
    "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to "
    "retrieve the latest Revision Id"
)


def invalid(message: str, *, is_typed: bool = True) -> InvokeRefusedError:
    return InvokeRefusedError(400, "InvalidParameterValueException", message, is_typed=is_typed)


def describe_violation(value: object, at: str, constraint: str) -> str:
    """Say what is wrong with one value of a request; None is what it lacks, which Lambda tells without quotes."""
    shown = "null" if value is None else f"'{value}'"
    return f"Value {shown} at '{at}' failed to satisfy constraint: {constraint}"


def violation(value: object, at: str, constraint: str) -> InvokeRefusedError:
    """Return the refusal of a value that the API's model excludes."""
    message = f"1 validation error detected: {describe_violation(value, at, constraint)}"
    return InvokeRefusedError(400, "ValidationException", message)


def pattern_violation(value: object, at: str, pattern: str) -> InvokeRefusedError:
    return violation(value, at, f"Member must satisfy regular expression pattern: {pattern}")


def service_refused(service: str, error: LabError) -> InvokeRefusedError:
    """Lambda's words for what another service refuses; the lab's where that service does not answer."""
    cause = error.__cause__
    if not isinstance(cause, ClientError):
        return invalid(error.message)
    said: Any = cause.response.get("Error", {})
    return invalid(
        f"Error occurred while {cause.operation_name}. {service} Error Code: {said.get('Code')}. {service} Error Message: "
        f"{said.get('Message')}"
    )


def missing(message: str, *, is_typed: bool = True) -> InvokeRefusedError:
    return InvokeRefusedError(404, "ResourceNotFoundException", message, reason="User", is_typed=is_typed)


def function_missing(arn: str) -> InvokeRefusedError:
    return missing(f"Function not found: {arn}")


def entity_too_large(message: str) -> InvokeRefusedError:
    return InvokeRefusedError(413, "RequestEntityTooLargeException", message, is_typed=False)


def conflict(message: str, *, is_typed: bool = True) -> InvokeRefusedError:
    return InvokeRefusedError(409, "ResourceConflictException", message, is_typed=is_typed)


def update_under_way(arn: str) -> InvokeRefusedError:
    return conflict(
        f"The operation cannot be performed at this time. An update is in progress for resource: {arn}"
    )


def pending(state: str = "Pending") -> InvokeRefusedError:
    return conflict(
        f"The operation cannot be performed at this time. The function is currently in the following state: {state}"
    )


def snapshot_pending() -> InvokeRefusedError:
    return InvokeRefusedError(
        409,
        "SnapStartNotReadyException",
        "Lambda is initializing your function. It will be ready to invoke once your function state becomes ACTIVE.",
    )


def check_revision(given: str | None, current: str, *, message: str = STALE_REVISION) -> None:
    """Raise InvokeRefusedError (412) when a change was meant for another revision."""
    if given is not None and given != current:
        raise InvokeRefusedError(412, "PreconditionFailedException", message)

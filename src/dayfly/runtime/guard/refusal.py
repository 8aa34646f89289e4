"""What a refused operation raises, and how the caller is told."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dayfly.core.reports import Use

ERROR_TYPE = "Dayfly.Refused"


class Refused(BaseException):
    """The guard refused an operation. No `Exception`: the function's own `except Exception` is not to go on after it."""


class RefusedRecord(Exception):
    """The guard refused what one record of a batch tried, in whichever thread; the others go on, as after any failure of one."""


# AWS's loop names an error after its class.
RefusedRecord.__name__ = ERROR_TYPE


def describe(rule: str, place: str) -> str:
    """Return the message of a refusal: rule and place, and nothing that came with the event."""
    return f"Dayfly's guard refused this operation ({rule})" + (f" at {place}" if place else "")


def describe_use(rule: str, place: str, use: Use, package: str) -> str:
    """Return the message where the policy refuses: with its table and with the package whose use it is."""
    whose = "the function's own code" if package == "function" else f"the package {package}"
    if package == "?":
        whose = "code created at run time"
    return f"{describe(rule, place)}: [{use.table}] does not allow it for {whose}"


def error_body(message: str, request_id: str) -> bytes:
    """Return the answer that stands for one which is not to go out."""
    error = {"errorMessage": message, "errorType": ERROR_TYPE, "requestId": request_id, "stackTrace": []}
    return json.dumps(error).encode()

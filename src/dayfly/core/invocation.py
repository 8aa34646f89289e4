"""Reads the headers with which the Runtime API delivers an event, as AWS's own client reads them."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from dayfly.core.http1 import Reply

# All others are the platform's own business.
HEADERS = frozenset(
    (
        "lambda-runtime-aws-request-id",
        "lambda-runtime-trace-id",
        "lambda-runtime-client-context",
        "lambda-runtime-cognito-identity",
        "lambda-runtime-invoked-function-arn",
        "lambda-runtime-deadline-ms",
        "lambda-runtime-aws-tenant-id",
        "lambda-runtime-invocation-id",
        "content-type",
    )
)
_DEADLINE = "lambda-runtime-deadline-ms"
_DIGITS = "0123456789"
# 64 bits, as in AWS's client; int() raises ValueError at some thousands of digits.
_MAX_DIGITS = 19


def parse_deadline_ms(headers: Mapping[str, str]) -> int | None:
    """Return when the platform gives up on an event, in milliseconds since the epoch; None where that is no number.

    As C's strtoul, with which AWS's client reads it: a sign, digits, and whatever follows them.
    """
    text = headers.get(_DEADLINE, "")
    digits = text[1:] if text[:1] in ("+", "-") else text
    digits = digits[: len(digits) - len(digits.lstrip(_DIGITS))]
    if not 0 < len(digits) <= _MAX_DIGITS:
        return None
    return -int(digits) if text[0] == "-" else int(digits)


def select_headers(event: Reply) -> dict[str, str]:
    """Return the headers that a worker receives; an empty one counts as missing, as it does for AWS's client.

    The deadline is digits alone, or missing: `int` reads it.
    """
    found = {name: value for name, value in event.headers.items() if value and name in HEADERS}
    if _DEADLINE in found:
        found[_DEADLINE] = str(parse_deadline_ms(found) or 0)
    return found


def find_defect(event: Reply) -> str:
    """Return why no worker can be given an event, empty where one can.

    AWS's own client ends on each of these, and with it the environment.
    """
    if event.defect:
        return event.defect
    for name, value in select_headers(event).items():
        if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
            return f"the header {name} is not valid UTF-8"
    if not event.headers.get("content-type"):
        return "the header content-type is missing"
    if _DEADLINE in event.headers and not parse_deadline_ms(event.headers):
        return f"the header {_DEADLINE} is not a number above 0"
    return ""

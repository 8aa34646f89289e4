"""The headers of Invoke and InvokeWithResponseStream, read and judged as Lambda judges them.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypedDict, cast

from dayfly.lab.control import refusals
from dayfly.lab.control.checks import Checks
from dayfly.lab.model import InvocationType, InvokeRefusedError, LogType
from dayfly.lab.payloads import MAX_TENANT_ID

# "Up to 3,583 bytes of base64-encoded data about the invoking client", on the page above.
MAX_CLIENT_CONTEXT = 3583
# As botocore's model has it.
_TENANT_PATTERN = r"[a-zA-Z0-9\._:\/=+\-@ ]+"
_INVOCATION_TYPES = ("RequestResponse", "Event", "DryRun")
_LOG_TYPES = ("None", "Tail")


class InvokeOptions(TypedDict):
    """What `Lab.invoke` takes of them."""

    invocation_type: InvocationType
    log_type: LogType
    client_context: str | None
    tenant_id: str | None
    trace_id: str | None


@dataclass(frozen=True, slots=True)
class InvokeHeaders:
    """What a caller asked for beside the payload; `client_context` is the decoded JSON."""

    invocation_type: Literal["RequestResponse", "Event", "DryRun"]
    log_type: Literal["None", "Tail"]
    client_context: str | None
    tenant_id: str | None
    trace_id: str | None

    @classmethod
    def read(cls, headers: Mapping[str, str], *, types: tuple[str, ...] = _INVOCATION_TYPES) -> InvokeHeaders:
        """Raises InvokeRefusedError (400) for a value that Lambda does not take; `types` are the operation's, its
        default first."""
        return cls(
            invocation_type=cast(
                InvocationType,
                _choice(headers.get("x-amz-invocation-type"), "invocationType", types),
            ),
            log_type=cast(LogType, _choice(headers.get("x-amz-log-type"), "logType", _LOG_TYPES)),
            client_context=_client_context(headers.get("x-amz-client-context")),
            tenant_id=_tenant(headers.get("x-amz-tenant-id")),
            trace_id=headers.get("x-amzn-trace-id"),
        )

    def options(self) -> InvokeOptions:
        return {
            "invocation_type": self.invocation_type,
            "log_type": self.log_type,
            "client_context": self.client_context,
            "tenant_id": self.tenant_id,
            "trace_id": self.trace_id,
        }


def _choice(value: str | None, at: str, known: tuple[str, ...]) -> str:
    if not value:
        return known[0]
    if value not in known:
        raise refusals.violation(value, at, f"Member must satisfy enum value set: [{', '.join(known)}]")
    return value


def _client_context(header: str | None) -> str | None:
    if header is None:
        return None
    if len(header) > MAX_CLIENT_CONTEXT:
        message = f"Client context must be at most {MAX_CLIENT_CONTEXT} bytes long."
        raise InvokeRefusedError(400, "InvalidRequestContentException", message)
    try:
        decoded = base64.b64decode(header, validate=True).decode()
        json.loads(decoded)
    except (binascii.Error, ValueError, RecursionError) as error:
        message = "Client context must be a valid Base64-encoded JSON object."
        raise InvokeRefusedError(400, "InvalidRequestContentException", message) from error
    return decoded


def _tenant(header: str | None) -> str | None:
    checks = Checks()
    checks.length(header, "tenantId", least=1, most=MAX_TENANT_ID)
    checks.pattern(header, "tenantId", _TENANT_PATTERN)
    checks.settle()
    return header

"""Resource policies: who may do what with a function or a layer, as statements that are added and removed.

https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html; the words of refusals as recorded from AWS
by LocalStack's suite (TestLambdaPermissions).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from dayfly.lab.control import refusals
from dayfly.lab.control.checks import Checks
from dayfly.lab.control.shapes import PermissionRequest
from dayfly.lab.model import InvokeRefusedError

_SID_PATTERN = r"([a-zA-Z0-9-_]+)"
_NAMESPACED_SID = r"([a-zA-Z0-9-_.]+)"
_ACTION_PATTERN = r"(lambda:[*]|lambda:[a-zA-Z]+|[*])"
_SOURCE_PATTERN = r"arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1})?:(\d{12})?:(.*)"
_MAX_SID = 100
_MAX_PRINCIPAL = 2048
_MAX_TOKEN = 256
# Services of AWS, and of Alexa.
_SERVICES = (".amazonaws.com", ".amazonaws.com.cn", ".amazon.com")
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html (20 KB); the words are those of many public reports.
MAX_POLICY_BYTES = 20_480
_AUTH_TYPES = ("NONE", "AWS_IAM")


@dataclass(slots=True)
class Policy:
    """The statements of one resource, by their ids, in the order in which they were added."""

    statements: dict[str, Mapping[str, object]] = field(default_factory=dict)

    def add(self, statement: Mapping[str, object]) -> None:
        """Raises InvokeRefusedError for an id that is there (409), and for a policy that becomes too long (400)."""
        sid = str(statement["Sid"])
        if sid in self.statements:
            raise refusals.conflict(
                f"The statement id ({sid}) provided already exists. Please provide a new statement id, or remove the "
                "existing statement."
            )
        self.statements[sid] = statement
        size = len(self.document())
        if size > MAX_POLICY_BYTES:
            del self.statements[sid]
            raise InvokeRefusedError(
                400,
                "PolicyLengthExceededException",
                f"The final policy size ({size}) is bigger than the limit ({MAX_POLICY_BYTES}).",
            )

    def check_has(self, sid: str) -> None:
        """Raise InvokeRefusedError (404) for an id that is not there."""
        if sid not in self.statements:
            raise refusals.missing(f"Statement {sid} is not found in resource policy.")

    def document(self) -> str:
        """The policy as its owner gets it: JSON in a string."""
        whole = {"Version": "2012-10-17", "Id": "default", "Statement": list(self.statements.values())}
        return compact(whole)


def check_sid(sid: str) -> None:
    """Raise InvokeRefusedError (400) for what is no id of a statement that is to be removed."""
    checks = Checks()
    checks.pattern(sid, "statementId", _NAMESPACED_SID)
    checks.length(sid, "statementId", most=_MAX_SID)
    checks.settle()


def compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def function_statement(request: PermissionRequest, resource: str) -> dict[str, object]:
    """What AddPermission adds; raises InvokeRefusedError (400) for what is none."""
    check_statement(request)
    statement: dict[str, object] = {
        "Sid": request.statement_id,
        "Effect": "Allow",
        "Principal": principal_of(request),
        "Action": request.action,
        "Resource": resource,
    }
    equals = {
        "lambda:FunctionUrlAuthType": request.function_url_auth_type,
        "lambda:EventSourceToken": request.event_source_token,
        "AWS:SourceAccount": request.source_account,
        "aws:PrincipalOrgID": request.principal_org_id,
    }
    condition: dict[str, object] = {}
    if given := {key: value for key, value in equals.items() if value is not None}:
        condition["StringEquals"] = given
    if request.source_arn is not None:
        condition["ArnLike"] = {"AWS:SourceArn": request.source_arn}
    if request.invoked_via_function_url is not None:
        condition["Bool"] = {
            "lambda:InvokedViaFunctionUrl": "true" if request.invoked_via_function_url else "false"
        }
    return statement | {"Condition": condition} if condition else statement


def check_statement(request: PermissionRequest) -> None:
    """Raise InvokeRefusedError (400) for what the API's model excludes."""
    checks = Checks()
    for value, at in (
        (request.statement_id, "statementId"),
        (request.action, "action"),
        (request.principal, "principal"),
    ):
        checks.present(value, at)
    checks.pattern(request.statement_id, "statementId", _SID_PATTERN)
    checks.length(request.statement_id, "statementId", most=_MAX_SID)
    checks.pattern(request.action, "action", _ACTION_PATTERN)
    checks.pattern(request.principal, "principal", r"[^\s]+")
    checks.pattern(request.source_arn, "sourceArn", _SOURCE_PATTERN)
    checks.pattern(request.organization_id, "organizationId", r"o-[a-z0-9]{10,32}")
    checks.length(request.principal, "principal", most=_MAX_PRINCIPAL)
    checks.length(request.event_source_token, "eventSourceToken", most=_MAX_TOKEN)
    checks.pattern(request.source_account, "sourceAccount", r"\d{12}")
    checks.pattern(request.event_source_token, "eventSourceToken", r"[a-zA-Z0-9._\-]+")
    checks.pattern(request.principal_org_id, "principalOrgID", r"o-[a-z0-9]{10,32}")
    checks.one_of(request.function_url_auth_type, "functionUrlAuthType", _AUTH_TYPES)
    checks.settle()


def principal_of(request: PermissionRequest) -> object:
    """The principal as a policy has it; raises InvokeRefusedError (400) for what is none."""
    text = request.principal or ""
    if text == "*":
        return "*"
    if re.fullmatch(r"\d{12}", text, re.ASCII):
        return {"AWS": f"arn:aws:iam::{text}:root"}
    if text.startswith("arn:"):
        return {"AWS": text}
    if text.endswith(_SERVICES):
        return {"Service": text}
    raise refusals.invalid("The provided principal was invalid. Please check the principal and try again.")

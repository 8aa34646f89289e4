"""Checks of resource policies: who may invoke a function, read a bucket, fill a queue. No I/O."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dayfly.scan.configuration.function_checks import is_narrow
from dayfly.scan.model import Confidence, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dayfly.scan.template.model import LambdaFunction, Statement, Template

_SERVICE = re.compile(r"(?P<name>[a-z0-9.-]+)\.amazon(?:aws)?\.com(?:\.cn)?$")
# These act for one caller of theirs at a time, and name it in aws:SourceArn or aws:SourceAccount.
# https://docs.aws.amazon.com/lambda/latest/dg/permissions-function-services.html
_SURE = frozenset({"s3", "sns", "apigateway", "alexa-appkit", "alexa-connectedhome", "iot", "ses", "config"})
# They act inside their own account only, or AWS documents no source for them.
_EXEMPT = frozenset(
    {"edgelambda", "replicator.lambda", "delivery.logs", "elasticloadbalancing", "vpc-flow-logs"}
)
# Read access that is public on purpose as often as not: a website's bucket.
_READ = frozenset({"s3:getobject", "s3:getobjectversion"})
# Key policies grant the account's root everything; only strangers matter there.
_TOKEN = "lambda:eventsourcetoken"


def check_invokers(function: LambdaFunction) -> Iterator[Finding]:
    """The function's own resource policy."""
    for statement in function.resource_policy:
        actions = {action.lower() for action in statement.actions}
        if function.url_auth is not None and actions == {"lambda:invokefunctionurl"}:
            continue  # the URL's own check judges it
        if statement.conditions and {"lambda:functionurlauthtype", "lambda:invokedviafunctionurl"} & set(
            statement.conditions
        ):
            continue
        yield from _check_statement(statement, f"invoke {function.name}", function=function.name)


def check_resource_policies(template: Template) -> Iterator[Finding]:
    """Policies of the template's other resources."""
    for name, statements in template.resource_policies.items():
        kind = template.resources.get(name, "")
        for statement in statements:
            yield from _check_statement(statement, f"use the resource of {name}", kind=kind)


def _check_statement(
    statement: Statement, what: str, *, function: str = "", kind: str = ""
) -> Iterator[Finding]:
    if statement.effect != "Allow" or is_narrow(statement):
        return
    if "*" in statement.principals:
        yield _open(statement, what, function, kind)
        return
    for principal in statement.principals:
        match = _SERVICE.match(principal)
        if match is None or match["name"] in _EXEMPT or match["name"].endswith(".logs.delivery"):
            continue
        service = match["name"].split(".")[0] if match["name"].startswith("logs.") else match["name"]
        if not function and service not in ("s3", "sns", "events"):
            continue  # elsewhere than on functions, these three are what others can aim at your resource
        if service.startswith("alexa") and _TOKEN in statement.conditions:
            continue
        is_sure = service in _SURE
        yield Finding(
            check="configuration.confused-deputy",
            message=f"{principal} may {what} on behalf of any account: no condition restricts the source",
            place=statement.place,
            severity=Severity.MEDIUM if is_sure else Severity.LOW,
            confidence=Confidence.HIGH if is_sure else Confidence.MEDIUM,
            function=function,
            harm="a bucket, topic or API of another account can send events that look like yours",
            evidence={"principal": principal},
        )


def _open(statement: Statement, what: str, function: str, kind: str) -> Finding:
    actions = {action.lower() for action in statement.actions}
    is_website = bool(actions) and actions <= _READ
    severity = Severity.LOW if is_website else Severity.HIGH
    return Finding(
        check="configuration.open-policy",
        message=f"everyone with an AWS account may {what}: the principal is * and no condition restricts it",
        place=statement.place,
        severity=severity,
        confidence=Confidence.MEDIUM
        if is_website or "ApiGateway" in kind or "api_gateway" in kind
        else Confidence.HIGH,
        function=function,
        harm="strangers can read the objects" if is_website else "strangers can bypass what protects it",
        evidence={"actions": sorted(actions)[:20]},
    )

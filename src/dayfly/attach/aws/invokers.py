"""Asks AWS what invokes a function: its resource policies, its URLs and its event source mappings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dayfly.attach.aws.calls import Caller, CallError
from dayfly.attach.aws.facts import FunctionFacts
from dayfly.attach.aws.wording import CredentialsError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

# https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html
_HTTP = {
    "apigateway.amazonaws.com": "API Gateway",
    "elasticloadbalancing.amazonaws.com": "a load balancer",
    "vpc-lattice.amazonaws.com": "VPC Lattice",
}
_URL = "a function URL"
_LIMIT_S = 10.0


@dataclass(frozen=True, slots=True)
class Invokers:
    """Names of what is known to invoke a function; `unknown` says why they could not be read, "" where they were.

    What invokes it by a role of its own (schedules, pipes, state machines, other functions) is in nobody's list.
    """

    http: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()
    unknown: str = ""


def read_invokers(caller: Caller, client: LambdaClient, facts: FunctionFacts) -> Invokers:
    """Read them, of the function and of its aliases, which have policies, URLs and mappings of their own."""
    http: set[str] = set()
    others: set[str] = set()
    try:
        for qualifier in ("", *(alias.name for alias in facts.aliases)):
            named: dict[str, Any] = {"FunctionName": facts.name}
            qualified = {**named, "Qualifier": qualifier} if qualifier else named
            policy = _asked(caller, client.get_policy, qualified)
            found = invokers_of(json.loads(policy.get("Policy") or "{}"))
            http |= found[0]
            others |= found[1]
            if _asked(caller, client.get_function_url_config, qualified):
                http.add(_URL)
            whole = f"{facts.name}:{qualifier}" if qualifier else facts.name
            for mapping in caller.pages(
                client.list_event_source_mappings, "EventSourceMappings", limit_s=_LIMIT_S, FunctionName=whole
            ):
                # arn:aws:sqs:REGION:ACCOUNT:NAME
                service = str(mapping.get("EventSourceArn") or "").split(":")[2:3]
                others.add(service[0] if service else "an event source")
    except CredentialsError:
        raise
    except (CallError, ValueError) as error:
        return Invokers(unknown=error.message if isinstance(error, CallError) else "a policy is not JSON")
    return Invokers(frozenset(http), frozenset(others))


def invokers_of(policy: Mapping[str, Any]) -> tuple[frozenset[str], frozenset[str]]:
    """Split whom a resource policy lets invoke a function: HTTP services, and all others; pure.

    API Gateway calls an authorizer too, which is not answered with an HTTP response.
    """
    http: set[str] = set()
    others: set[str] = set()
    for statement in policy.get("Statement") or ():
        if statement.get("Effect") != "Allow":
            continue
        principal = statement.get("Principal")
        service = principal.get("Service") if isinstance(principal, Mapping) else None
        text = json.dumps(statement.get("Condition") or {})
        if (
            "lambda:FunctionUrlAuthType" in text
            or "lambda:InvokedViaFunctionUrl" in text
            or statement.get("Action") == "lambda:InvokeFunctionUrl"
        ):
            http.add(_URL)
        elif isinstance(service, str) and service in _HTTP and "/authorizers/" not in text:
            http.add(_HTTP[service])
        else:
            others.add(service if isinstance(service, str) else "another account or role")
    return frozenset(http), frozenset(others)


def _asked(caller: Caller, operation: Any, named: Mapping[str, Any]) -> Mapping[str, Any]:
    """The answer, empty where there is no such thing."""
    # Any: three of boto3's methods.
    try:
        answer: Mapping[str, Any] = caller.call(operation, limit_s=_LIMIT_S, **named)
    except CallError as error:
        if error.is_missing:
            return {}
        raise
    return answer

"""Makes the policy of a command: what its table lists, on what the caller named, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from dayfly.attach.iam.model import Call, Command, Denied, On, Only, Scope
from dayfly.errors import DayflyError

Document = dict[str, object]
# A managed policy's limit, white space not counted:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
MAX_CHARACTERS = 6144

_FUNCTION = re.compile(r"[A-Za-z0-9_*-]{1,64}")
_REGION = re.compile(r"[a-z0-9*-]{1,30}")
_ACCOUNT = re.compile(r"[0-9]{12}|\*")
_PARTITION = re.compile(r"aws(-[a-z]{1,10}){0,2}")
_LAYER = re.compile(r"arn:[a-z-]+:lambda:[a-z0-9*-]+:([0-9]{12}|\*):layer:[A-Za-z0-9_*-]{1,140}:([0-9]+|\*)")
_KEY = re.compile(r"arn:[a-z-]+:kms:[a-z0-9*-]+:([0-9]{12}|\*):key/[A-Za-z0-9*-]{1,64}")
_BOUNDARY = re.compile(r"arn:[a-z-]+:iam::([0-9]{12}|aws):policy/[\w+=,.@/-]{1,512}", re.ASCII)
_LOG_GROUP = re.compile(r"[A-Za-z0-9_./#*-]{1,512}")
_ROLE = re.compile(r"[\w+=,.@*/-]{1,512}", re.ASCII)
_ALARM = re.compile(r"[\w .:/*+=@-]{1,255}", re.ASCII)
_TAG = re.compile(r"[\w .:/+=@-]{1,256}", re.ASCII)
_DEFAULT_GROUP = "/aws/lambda/"


@dataclass(frozen=True, slots=True)
class Policy:
    """The policy, and what its reader must know that JSON cannot say."""

    command: str
    document: Document
    calls: tuple[Call, ...]
    notes: tuple[str, ...]

    @property
    def characters(self) -> int:
        """Its size as IAM counts it."""
        return len(json.dumps(self.document, separators=(",", ":")))


def make_policy(command: Command, scope: Scope) -> Policy:
    """Return the policy of `command` within `scope`; raises DayflyError for a name that could widen it unseen."""
    check(scope)
    if command.functions and not scope.functions:
        scope = replace(scope, functions=command.functions)
    calls = tuple(
        call
        for call in command.calls
        if (not call.option or scope.has(call.option)) and not (call.unless and scope.has(call.unless))
    )
    parts: dict[str, list[Call]] = {}
    for call in calls:
        parts.setdefault(call.part, []).append(call)
    statements = [_allow(part, own, scope, command.tag) for part, own in parts.items()]
    statements += [_deny(denied) for denied in command.denied]
    notes = list(command.notes)
    if scope.tags and any(call.on is On.ANY for call in calls):
        notes.append(
            "list actions cannot be limited to tags: the role can see names and configurations of all functions"
        )
    if not calls:
        raise DayflyError(
            f"{command.name} itself makes no AWS calls",
            hint=f"add an option that does: {', '.join(sorted({call.option for call in command.calls}))}",
        )
    document: Document = {"Version": "2012-10-17", "Statement": statements}
    return Policy(command.name, document, calls, tuple(notes))


def check(scope: Scope) -> None:
    """Raise DayflyError unless every name of `scope` is one, `*` allowed: a policy is no place for surprises."""
    checks = (
        ("--function", scope.functions, _FUNCTION, "a function name, with * as wildcard; account and region are separate options"),
        ("--region", (scope.region,), _REGION, "for example eu-central-1"),
        ("--account", (scope.account,), _ACCOUNT, "12 digits"),
        ("--partition", (scope.partition,), _PARTITION, "aws, aws-cn or aws-us-gov"),
        ("--layer", scope.layers, _LAYER, "the ARN of a layer version, for example arn:aws:lambda:eu-central-1:111122223333:layer:dayfly:*"),
        ("--boundary", (scope.boundary,) if scope.boundary else (), _BOUNDARY, "the ARN of a policy"),
        ("--kms-key", scope.keys, _KEY, "the ARN of a key"),
        ("--log-group", scope.log_groups, _LOG_GROUP, "a log group name, with * as wildcard"),
        ("--role", scope.roles, _ROLE, "a role name with its path, with * as wildcard"),
        ("--alarm", scope.alarms, _ALARM, "an alarm name, with * as wildcard"),
        ("--tag", tuple(part for tag in scope.tags for part in tag), _TAG, "for example team=payments"),
    )  # fmt: skip
    for option, values, pattern, hint in checks:
        for value in values:
            if not pattern.fullmatch(value):
                raise DayflyError(f"{option} {value[:100]!r} is not valid", hint=f"use {hint}")
    for key, value in scope.tags:
        if "*" in key + value:
            raise DayflyError(
                f"--tag {key}={value} contains a wildcard",
                hint="tags are compared literally; omit --tag for all functions",
            )


def resources(on: On, scope: Scope) -> list[str]:
    """Return the ARNs that a call of this kind is granted on."""
    where = f"{scope.region}:{scope.account}"
    lambda_arn = f"arn:{scope.partition}:lambda:{where}"
    match on:
        case On.ANY:
            return ["*"]
        case On.FUNCTION:
            # Reading may name a version or an alias, which is an ARN of its own.
            return _unique(
                f"{lambda_arn}:function:{name}{rest}"
                for name in scope.functions or ("*",)
                for rest in (("",) if name == "*" else ("", ":*"))
            )
        case On.QUALIFIED:
            return _unique(f"{lambda_arn}:function:{name}:*" for name in scope.functions or ("*",))
        case On.LAYER:
            names = (arn.rpartition(":")[0] for arn in scope.layers)
            return _unique(names) if scope.layers else [f"{lambda_arn}:layer:dayfly*"]
        case On.LAYER_VERSION:
            return list(scope.layers) or [f"arn:{scope.partition}:lambda:{scope.region}:*:layer:*:*"]
        case On.SIGNING:
            return [f"{lambda_arn}:code-signing-config:*"]
        case On.LOG_GROUP:
            # With `:*` for all actions but tagging:
            # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
            groups = scope.log_groups or tuple(_DEFAULT_GROUP + name for name in scope.functions or ("*",))
            return [f"arn:{scope.partition}:logs:{where}:log-group:{name}:*" for name in groups]
        case On.ALARM:
            return [
                f"arn:{scope.partition}:cloudwatch:{where}:alarm:{name}" for name in scope.alarms or ("*",)
            ]
        case On.ROLE:
            return [
                f"arn:{scope.partition}:iam::{scope.account}:role/{name}" for name in scope.roles or ("*",)
            ]
        case On.KEY:
            return list(scope.keys)
        case _:
            assert_never(on)


def _allow(part: str, calls: list[Call], scope: Scope, tag: str) -> Document:
    first = calls[0]
    statement: Document = {
        "Sid": part,
        "Effect": "Allow",
        "Action": sorted({call.action for call in calls}),
        "Resource": resources(first.on, scope),
    }
    if condition := _condition(first, scope, tag):
        statement["Condition"] = condition
    return statement


def _condition(call: Call, scope: Scope, tag: str) -> Mapping[str, object]:
    condition: dict[str, dict[str, object]] = {}
    match call.only:
        case Only.ALWAYS:
            pass
        case Only.WITHOUT_LAYERS:
            condition["Null"] = {"lambda:Layer": "true"}
        case Only.WITH_THESE_LAYERS:
            if scope.layers:
                condition["ForAllValues:StringLike"] = {"lambda:Layer": list(scope.layers)}
        case Only.THROUGH_LAMBDA:
            condition["StringLike"] = {
                "kms:ViaService": f"lambda.{scope.region}.amazonaws.com"
                + (".cn" if scope.partition == "aws-cn" else "")
            }
        case Only.WITHIN_BOUNDARY:
            if scope.boundary:
                condition["StringEquals"] = {"iam:PermissionsBoundary": scope.boundary}
        case Only.PASSED_TO_LAMBDA:
            condition["StringEquals"] = {"iam:PassedToService": "lambda.amazonaws.com"}
        case _:
            assert_never(call.only)
    if scope.tags and call.on in (On.FUNCTION, On.QUALIFIED):
        tags = {f"aws:ResourceTag/{key}": value for key, value in scope.tags}
        condition["StringEquals"] = {**condition.get("StringEquals", {}), **tags}
    if tag and call.on in (On.FUNCTION, On.QUALIFIED):
        condition["Null"] = {**condition.get("Null", {}), f"aws:ResourceTag/{tag}": "false"}
    return condition


def _deny(denied: Denied) -> Document:
    statement: Document = {
        "Sid": denied.part,
        "Effect": "Deny",
        "Action": sorted(denied.actions),
        "Resource": "*",
    }
    if denied.is_layers:
        statement["Condition"] = {"Null": {"lambda:Layer": "false"}}
    return statement


def _unique(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))

"""Plays IAM for every client of boto3 in this process: a call that the policy does not allow ends in AccessDenied.

Beside moto, which looks at no resource but S3's and at no condition key of Lambda's. Which actions an operation needs, and on
what, comes from the scanner's catalogue, which was made from other sources than the table of commands.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from botocore import handlers
from botocore.exceptions import ClientError

from dayfly.scan.permissions.catalogue import load_catalogue

ACCOUNT = "123456789012"
_VARIABLE = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True)
class Asked:
    """One action that a call needed, on `resource`, with the condition keys of the request."""

    action: str
    resource: str
    keys: Mapping[str, Sequence[str]] = field(default_factory=dict, hash=False)


@dataclass
class Enforcement:
    """What was asked for while it was in force, and what of it was refused."""

    document: Mapping[str, Any]
    tags: Mapping[str, str] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    denied: list[Asked] = field(default_factory=list)

    def check(self, params: Mapping[str, Any], model: Any, context: Mapping[str, Any], **more: Any) -> None:
        """Called by botocore before each call; raises ClientError as AWS would have it answered."""
        service, region = model.service_model.service_name, str(context.get("client_region"))
        for asked in needs(service, model.name, params, region=region, tags=self.tags):
            self.asked.append(asked)
            if not is_allowed(self.document, asked):
                self.denied.append(asked)
                code = "AccessDenied" if service == "iam" else "AccessDeniedException"
                text = f"User: arn:aws:sts::{ACCOUNT}:assumed-role/r/s is not authorized to perform: {asked.action} on resource: {asked.resource}"
                raise ClientError({"Error": {"Code": code, "Message": text}}, model.name)

    @property
    def actions(self) -> set[str]:
        return {asked.action for asked in self.asked}


@contextmanager
def enforced(document: Mapping[str, Any], *, tags: Mapping[str, str] | None = None) -> Iterator[Enforcement]:
    """Let clients that are made from now on do what `document` allows; functions have `tags`."""
    enforcement = Enforcement(document, dict(tags or {}))
    handler = ("provide-client-params.*.*", enforcement.check)
    # Where moto puts itself, too: sessions take these when they are made.
    handlers.BUILTIN_HANDLERS.append(handler)
    try:
        yield enforcement
    finally:
        handlers.BUILTIN_HANDLERS.remove(handler)


@contextmanager
def watched() -> Iterator[list[str]]:
    """Yield a list that fills with the operations that were answered with a refusal, by whomever."""
    refused: list[str] = []

    def look(parsed: Mapping[str, Any], model: Any, **more: Any) -> None:
        # The status, not the code: moto words its refusals in XML, whatever the service speaks.
        if parsed.get("ResponseMetadata", {}).get("HTTPStatusCode") == 403:
            refused.append(model.name)

    handler = ("after-call.*.*", look)
    handlers.BUILTIN_HANDLERS.append(handler)
    try:
        yield refused
    finally:
        handlers.BUILTIN_HANDLERS.remove(handler)


def needs(
    service: str, operation: str, params: Mapping[str, Any], *, region: str, tags: Mapping[str, str]
) -> Iterator[Asked]:
    """Yield what a call needs; KeyError for an operation that the catalogue does not know."""
    catalogue = load_catalogue()
    requirements = catalogue.requirements(service, operation)
    if requirements is None:
        raise KeyError(f"{service}.{operation}")
    keys: dict[str, Sequence[str]] = {}
    if service == "lambda":
        keys = {f"aws:ResourceTag/{key}": [value] for key, value in tags.items()}
        if params.get("Layers"):
            keys["lambda:Layer"] = list(params["Layers"])
    for requirement in requirements:
        if requirement.action == "iam:PassRole" and not params.get("Role"):
            continue
        found = [_arn(requirement.action, spec, params, region) for spec in requirement.resources]
        for arn in list(filter(None, found))[:1] or [_otherwise(requirement.action, params, region)]:
            yield Asked(requirement.action, arn, keys)
    for layer in (params.get("Layers") or ()) if operation == "UpdateFunctionConfiguration" else ():
        # https://docs.aws.amazon.com/lambda/latest/dg/adding-layers.html
        yield Asked("lambda:GetLayerVersion", layer)


def _arn(action: str, spec: str, params: Mapping[str, Any], region: str) -> str:
    if "@" in spec:
        return str(params.get(spec.partition("@")[2], ""))
    kind, _, rest = spec.partition("?")
    template = load_catalogue().arn(action.partition(":")[0], kind.replace("%20", " "))
    if template is None:
        return ""
    given = {"Partition": "aws", "Region": region, "Account": ACCOUNT}
    for pair in rest.split(","):
        variable, _, parameter = pair.partition("=")
        value = params.get(parameter.removesuffix("[]"))
        value = value[0] if isinstance(value, list | tuple) and value else value
        if not value:
            return ""
        if str(value).startswith("arn:"):
            return str(value)
        given[variable] = str(value)
    arn = _VARIABLE.sub(lambda match: given[match[1]], template)
    if qualifier := params.get("Qualifier") if kind == "function" else None:
        arn = f"{arn}:{qualifier}"
    return arn + (":*" if kind == "log-group" else "")


def _otherwise(action: str, params: Mapping[str, Any], region: str) -> str:
    match action:
        case "lambda:ListTags" | "lambda:TagResource":
            return str(params["Resource"])
        case "lambda:GetLayerVersion":
            name = str(params["LayerName"])
            arn = name if name.startswith("arn:") else f"arn:aws:lambda:{region}:{ACCOUNT}:layer:{name}"
            return f"{arn}:{params['VersionNumber']}"
    return "*"


def is_allowed(document: Mapping[str, Any], asked: Asked) -> bool:
    """Evaluate an identity policy: what nothing allows is denied, and a Deny wins."""
    effects = {statement["Effect"] for statement in document["Statement"] if _concerns(statement, asked)}
    return effects == {"Allow"}


def _concerns(statement: Mapping[str, Any], asked: Asked) -> bool:
    def matches(patterns: str | Sequence[str], text: str, *, folds: bool) -> bool:
        each = [patterns] if isinstance(patterns, str) else patterns
        fold = str.lower if folds else str
        return any(fnmatch.fnmatchcase(fold(text), fold(one.replace("[", "[[]"))) for one in each)

    return (
        matches(statement["Action"], asked.action, folds=True)
        and matches(statement["Resource"], asked.resource, folds=False)
        and all(
            _holds(operator, key, values, asked)
            for operator, tests in statement.get("Condition", {}).items()
            for key, values in tests.items()
        )
    )


def _holds(operator: str, key: str, values: str | Sequence[str], asked: Asked) -> bool:
    wanted = [values] if isinstance(values, str) else list(values)
    found = asked.keys.get(key)
    quantifier, _, plain = operator.rpartition(":")
    if plain == "Null":
        return (found is None) == (wanted == ["true"])
    compare = fnmatch.fnmatchcase if plain == "StringLike" else str.__eq__
    if plain not in ("StringLike", "StringEquals"):
        raise ValueError(operator)
    each = [any(compare(one, pattern) for pattern in wanted) for one in found or ()]
    if quantifier == "ForAllValues":
        return all(each)
    if quantifier not in ("", "ForAnyValue"):
        raise ValueError(operator)
    return any(each)

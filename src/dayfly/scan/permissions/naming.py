"""Names of resources as code has them, as ARNs: constants, pieces of texts, references of the template."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dayfly.scan.permissions.arns import arn_of, kind_of, service_of, split_reference
from dayfly.scan.permissions.values import Hole, Origin, Ref, Text, as_texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dayfly.scan.permissions.values import Part, Values

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_ASIDE = {"Partition": "aws", "Region": "*", "Account": "*"}
MAX_COMBINATIONS = 24


@dataclass(frozen=True, slots=True)
class Named:
    """A resource as a pattern; `unknown` says what could not be told."""

    resource: str
    unknown: str = ""
    is_optional: bool = False


def fill_arn(
    arn: str, values: Mapping[str, Values], prefix: str, kind: str, kinds: Mapping[str, str]
) -> Iterator[Named]:
    """The ARN format with every combination of what its variables can be."""
    variables = [name for name in _VARIABLE.findall(arn) if name not in _ASIDE]
    choices = [as_texts(values[name]) if name in values else [Text(("*",))] for name in variables]
    for count, combination in enumerate(itertools.product(*choices)):
        if count >= MAX_COMBINATIONS:
            return
        yield _fill(arn, dict(zip(variables, combination, strict=True)), prefix, kind, kinds)


def _fill(arn: str, given: dict[str, Text], prefix: str, kind: str, kinds: Mapping[str, str]) -> Named:
    unknown = "; ".join(dict.fromkeys(filter(None, (_unknown(text) for text in given.values()))))
    first = next(iter(given), "")
    if first:
        whole = _whole_arn(given[first], prefix, kinds)
        if whole is not None:
            # What follows the first variable in the format: an object's key, an index.
            tail = arn.partition(f"${{{first}}}")[2]
            return Named(tidy(whole + _substitute(tail, given, kind, kinds)), unknown)
    return Named(tidy(_substitute(arn, given, kind, kinds)), unknown)


def _substitute(template: str, given: Mapping[str, Text], kind: str, kinds: Mapping[str, str]) -> str:
    def fill(match: re.Match[str]) -> str:
        name = match[1]
        if name in _ASIDE:
            return _ASIDE[name]
        return _piece(given[name], name, kind, kinds) if name in given else "*"

    return _VARIABLE.sub(fill, template)


def _whole_arn(text: Text, prefix: str, kinds: Mapping[str, str]) -> str | None:
    """The ARN that a text is, or that the template's resource it names has; None where it is a mere name."""
    first = text.parts[0] if text.parts else ""
    if isinstance(first, str) and first.startswith("arn:"):
        return render(text)
    if isinstance(first, Hole) and first.origin is Origin.PLATFORM and first.label != "AWS::Partition":
        return None
    if len(text.parts) == 1 and isinstance(first, Ref):
        name, attribute = split_reference(first.expression)
        if not kind_of(name, kinds):
            return f"${{{first.expression}}}" if attribute.lower().endswith("arn") else None
        service = service_of(name, kinds)
        if service in ("", prefix) or attribute.lower().endswith("arn"):
            if service == "" and not attribute.lower().endswith("arn"):
                return None
            return arn_of(name, kinds)
    return None


def _piece(text: Text, variable: str, kind: str, kinds: Mapping[str, str]) -> str:
    """A name in the middle of an ARN, changed from what the operation takes to what the ARN has."""
    rendered = render(text)
    match variable:
        case "QueueName":
            return rendered.rpartition("/")[2]
        case "ParameterNameWithoutLeadingSlash":
            path = rendered.lstrip("/")
            return path.rstrip("/") + "*" if rendered.endswith("/") else path
        case "SecretId":
            # Secrets Manager appends a dash and six characters of its own.
            return rendered if rendered.endswith("*") else f"{rendered}-??????"
        case "KeyId":
            return "*" if rendered.startswith("alias/") else rendered
        case "FunctionName":
            return rendered.removeprefix("function:")
        case "TaskDefinitionFamilyName":
            return rendered.partition(":")[0]
        case "TaskDefinitionRevisionNumber":
            return rendered.partition(":")[2] or "*"
        case "RoleNameWithPath" | "UserNameWithPath" | "GroupNameWithPath":
            return rendered if rendered.startswith("*") else f"*{rendered}" if "/" in rendered else rendered
        case _:
            return rendered


def any_of(arn: str | None) -> str:
    """Every resource of a type; `arn` is its format."""
    if arn is None:
        return "*"
    return tidy(_VARIABLE.sub(lambda match: _ASIDE.get(match[1], "*"), arn))


def name_arn(text: Text, prefix: str, arn: str | None, kinds: Mapping[str, str]) -> Named:
    """The ARN that a parameter holds; `arn` is the format it should have."""
    unknown = _unknown(text)
    whole = _whole_arn(text, prefix, kinds)
    if whole is not None:
        return Named(tidy(whole), unknown)
    rendered = render(text)
    if len(text.parts) == 1 and isinstance(text.parts[0], Ref):
        return Named(rendered, unknown)
    return Named(any_of(arn), unknown or "its ARN")


def render(text: Text) -> str:
    """The text with holes as `*` and references as `${…}`."""
    out = []
    for part in text.parts:
        if isinstance(part, Ref):
            out.append(f"${{{part.expression}}}")
        elif isinstance(part, Hole):
            if part.origin is not Origin.PLATFORM:
                out.append("*")
            else:
                out.append("aws" if part.label == "AWS::Partition" else f"${{{part.label}}}")
        else:
            out.append(part)
    return "".join(out)


def tidy(pattern: str) -> str:
    """One wildcard where several follow each other."""
    return re.sub(r"\*+", "*", pattern)


def _unknown(text: Text) -> str:
    """Why a piece of a name is not known, for the person who reads the policy."""
    for part in text.parts:
        if isinstance(part, Hole) and part.origin is not Origin.PLATFORM:
            return _reason(part)
    return ""


def _reason(part: Part) -> str:
    assert isinstance(part, Hole)
    if part.origin is Origin.EVENT:
        return "it depends on the event"
    if part.origin is Origin.ENVIRONMENT:
        return (
            f"the template does not set {part.label}"
            if part.label
            else "it depends on an environment variable"
        )
    return "it is only known at run time"

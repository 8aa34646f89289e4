"""From a call of AWS to the actions it needs and the resources they need them on."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dayfly.scan.model import Note, NoteKind
from dayfly.scan.permissions.catalogue import Requirement, load_catalogue
from dayfly.scan.permissions.naming import Named, any_of, fill_arn, name_arn
from dayfly.scan.permissions.refining import of_dynamodb, of_s3, reach
from dayfly.scan.permissions.values import FROM_RUN_TIME, Mapping, Sequence, Text, as_texts, constants

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping as AnyMapping

    from dayfly.scan.model import Confidence, Place
    from dayfly.scan.permissions.usage import AwsCall, Usage
    from dayfly.scan.permissions.values import Values


@dataclass(frozen=True, slots=True)
class Need:
    """One action on one resource, and the line that needs it.

    `resource` is a pattern as a policy has it, references as text. `unknown` says what of the resource could
    not be told, "" where all could. `is_optional`: the code works without it in the usual case. `service` is
    whom a role is passed to (`iam:PassRole`).
    """

    action: str
    resource: str
    place: Place
    line: str
    operation: str
    confidence: Confidence
    unknown: str = ""
    is_optional: bool = False
    service: str = ""


def find_needs(usage: Usage, kinds: AnyMapping[str, str]) -> tuple[tuple[Need, ...], tuple[Note, ...]]:
    """The needs of all calls, and notes on operations of which no action is known.

    `kinds` are the types of the template's resources by logical name.
    """
    needs: dict[Need, None] = {}
    notes: dict[Note, None] = {}
    for call in usage.calls:
        found = _requirements(call)
        if found is None:
            message = f"could not resolve which permission {call.service}.{call.operation} needs: not in the catalogue"
            notes[
                Note(
                    NoteKind.NOT_RESOLVED,
                    message,
                    call.place,
                    "look it up in the service authorization reference",
                )
            ] = None
            continue
        forwarded = _FORWARDED.get((call.service, call.operation))
        if forwarded is not None and not (call.service == "cloudformation" and "RoleARN" in dict(call.given)):
            message = (
                f"could not resolve which calls {call.service}.{call.operation} makes with this role: "
                f"{forwarded}"
            )
            notes[
                Note(
                    NoteKind.NOT_RESOLVED,
                    message,
                    call.place,
                    "add the permissions for what it reads and writes manually",
                )
            ] = None
        for requirement, given in found:
            for need in _needs(call, requirement, given, kinds):
                needs[need] = None
    return tuple(needs), tuple(notes)


def _needs(
    call: AwsCall, requirement: Requirement, given: dict[str, Values], kinds: AnyMapping[str, str]
) -> Iterator[Need]:
    how = f"{call.service}:{call.operation}" + (f" ({call.how})" if call.how else "")
    action = load_catalogue().action(requirement.action)
    name = action.name if action is not None else requirement.action
    base = Need(name, "*", call.place, call.line, how, call.confidence)
    if call.operation == "AbortMultipartUpload" and call.how:
        base = replace(base, is_optional=True)
    if name == "iam:PassRole":
        base = replace(base, service=_PASSED_TO.get(load_catalogue().prefix(call.service), ""))
    if action is not None and not action.is_narrowable:
        yield base
        return
    named = list(_resources(requirement, given, call.is_open, kinds))
    if name == "ec2:RunInstances":
        # It is checked for each of them: the image, the network, the disk.
        yield replace(base, unknown="it applies to several kinds of resources")
        return
    if not named:
        required = action.required_types if action is not None else ()
        arn = load_catalogue().arn(name.partition(":")[0], required[0]) if len(required) == 1 else None
        yield replace(base, resource=any_of(arn), unknown="no parameter names the resource")
    for one in named:
        yield replace(
            base, resource=one.resource, unknown=one.unknown, is_optional=base.is_optional or one.is_optional
        )


_PASSED_TO = {
    "lambda": "lambda.amazonaws.com", "ecs": "ecs-tasks.amazonaws.com", "states": "states.amazonaws.com",
    "events": "events.amazonaws.com", "glue": "glue.amazonaws.com", "sagemaker": "sagemaker.amazonaws.com",
    "ec2": "ec2.amazonaws.com", "scheduler": "scheduler.amazonaws.com", "cloudformation": "cloudformation.amazonaws.com",
    "batch": "ecs-tasks.amazonaws.com", "codebuild": "codebuild.amazonaws.com", "mediaconvert": "mediaconvert.amazonaws.com",
    "transcribe": "transcribe.amazonaws.com", "bedrock": "bedrock.amazonaws.com", "firehose": "firehose.amazonaws.com",
}  # fmt: skip


def _resources(
    requirement: Requirement, given: dict[str, Values], is_open: bool, kinds: AnyMapping[str, str]
) -> list[Named]:
    """The resources that the parameters name: of every type whose parameters are given."""
    prefix = requirement.action.partition(":")[0]
    out: list[Named] = []
    fallback: list[Named] = []
    for spec in requirement.resources:
        if spec.startswith("="):
            out.append(Named(_literal(spec[1:], given)))
            continue
        kind, mark, rest = _split(spec)
        if mark == "@":
            values = reach(given, rest)
            if values:
                known = load_catalogue().arn(prefix, kind or ("role" if prefix == "iam" else ""))
                out.extend(name_arn(one, prefix, known, kinds) for one in as_texts(values))
            continue
        arn = load_catalogue().arn(prefix, kind)
        if arn is None:
            continue
        pairs = dict(pair.split("=", 1) for pair in rest.split(","))
        reached = {variable: reach(given, parameter) for variable, parameter in pairs.items()}
        if all(reached.values()):
            out.extend(fill_arn(arn, reached, prefix, kind, kinds))
        elif is_open or len(requirement.resources) == 1:
            # An optional type whose own name is not given (an index) is not meant.
            held = {variable: found or FROM_RUN_TIME for variable, found in reached.items()}
            fallback.extend(fill_arn(arn, held, prefix, kind, kinds))
    if out and is_open:
        return [*out, *(replace(one, is_optional=True) for one in fallback)]
    return out or fallback


def _split(spec: str) -> tuple[str, str, str]:
    match = re.match(r"([^?@]*)([?@])(.*)", spec)
    return (match[1].replace("%20", " "), match[2], match[3]) if match else (spec, "@", "")


def _literal(template: str, given: dict[str, Values]) -> str:
    filled = template.replace("${Partition}", "aws").replace("${Region}", "*").replace("${Account}", "*")

    def fill(match: re.Match[str]) -> str:
        found = constants(reach(given, match[1]))
        return found[0] if len(found) == 1 else "*"

    return re.sub(r"\{([\w.\[\]]+)\}", fill, filled)


# Operations whose service goes on with the caller's rights, on things that only the request's content names.
_STACK = "a stack without a role creates its resources with the caller's permissions"
_FORWARDED = {
    (
        "athena",
        "StartQueryExecution",
    ): "a query reads Glue tables and S3 objects, and writes its result to S3",
    ("redshift-data", "ExecuteStatement"): "it signs in with redshift:GetClusterCredentials or a secret",
    ("redshift-data", "BatchExecuteStatement"): "it signs in with redshift:GetClusterCredentials or a secret",
    ("cloudformation", "CreateStack"): _STACK,
    ("cloudformation", "UpdateStack"): _STACK,
    ("cloudformation", "DeleteStack"): _STACK,
    ("cloudformation", "ExecuteChangeSet"): _STACK,
}


def _requirements(call: AwsCall) -> list[tuple[Requirement, dict[str, Values]]] | None:
    """The requirements of an operation, each with the parameters it reads; None where nothing is known."""
    given = dict(call.given)
    if ":" in call.operation:  # a signature: the action itself
        user = "=arn:${Partition}:rds-db:${Region}:${Account}:dbuser:*/{DBUsername}"
        return [(Requirement(call.operation, (user,) if call.service == "rds" else ()), given)]
    if call.service == "dynamodb":
        found = of_dynamodb(call, given)
        if found is not None:
            return found
    requirements = load_catalogue().requirements(call.service, call.operation)
    if requirements is None:
        return None
    out = [(one, given) for one in requirements if not _is_spared(one, given, call)]
    passes = any(one.action == "iam:PassRole" for one, _ in out)
    if call.service in _PASSING and not passes and any(_names_role(*one) for one in given.items()):
        out.append((Requirement("iam:PassRole"), given))
    if call.service == "s3":
        out = of_s3(call, given, out)
    if call.service == "rds-data" and "secretArn" in given:
        out.append((Requirement("secretsmanager:GetSecretValue", ("Secret@secretArn",)), given))
    if call.service == "sns" and call.operation == "Publish" and "TargetArn" in given:
        out = [(Requirement("sns:Publish", ("topic@TargetArn",)), given)]
    if call.service == "events" and call.operation == "PutEvents":
        buses = reach(given, "Entries[].EventBusName")
        if not buses and not call.is_open:
            default = {"Entries": frozenset(), "Bus": frozenset({Text(("default",))})}
            return [(Requirement("events:PutEvents", ("event-bus?EventBusName=Bus",)), dict(default))]
    return out


def _is_spared(requirement: Requirement, given: dict[str, Values], call: AwsCall) -> bool:
    """`iam:PassRole` is asked for only where a role is given."""
    if requirement.action != "iam:PassRole":
        return False
    if not requirement.resources:
        # The role is deep in the request, or in what it names: a task's definition has one nearly always.
        return call.service != "ecs" and not any(_names_role(name, values) for name, values in given.items())
    names = [spec.rpartition("@")[2].split(".")[0].split("[")[0] for spec in requirement.resources]
    return not call.is_open and not any(name in given for name in names)


_PASSING = frozenset({"events", "scheduler", "pipes", "firehose", "iot"})  # hand on roles that targets name
_ROLE = re.compile(r"(?:role|roles|rolearn|instanceprofile)$", re.IGNORECASE)


def _names_role(name: str, values: Values) -> bool:
    """A parameter, or a key within it, is a role's."""
    if _ROLE.search(name):
        return True
    for value in values:
        if isinstance(value, Mapping) and any(_names_role(key, held) for key, held in value.items):
            return True
        if isinstance(value, Sequence) and any(_names_role("", held) for held in (*value.items, value.rest)):
            return True
    return False

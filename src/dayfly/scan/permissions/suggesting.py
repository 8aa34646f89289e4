"""Writes the policy that a handler's code needs and no more, with the lines that need each action."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dayfly.scan.model import Note, NoteKind, Place
from dayfly.scan.permissions.catalogue import glob_pattern
from dayfly.scan.permissions.comparing import names_nothing
from dayfly.scan.permissions.needs import Need, find_needs
from dayfly.scan.permissions.required import TRACED, is_traced
from dayfly.scan.permissions.walking import find_usage
from dayfly.scan.template.model import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dayfly.scan.source.project import Project
    from dayfly.scan.template.entries import Entry
    from dayfly.scan.template.model import LambdaFunction, Source, Template

_LOG_GROUP = "arn:aws:logs:*:*:log-group:/aws/lambda/*"
# https://docs.aws.amazon.com/lambda/latest/dg/ on each trigger: what its poller does under the function's role.
_POLLED: dict[Trigger, tuple[str, ...]] = {
    Trigger.SQS: ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
    Trigger.DYNAMODB: ("dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream"),
    Trigger.KINESIS: (
        "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:DescribeStream",
        "kinesis:DescribeStreamSummary", "kinesis:ListShards",
    ),
}  # fmt: skip
_STREAMS = {
    Trigger.SQS: "arn:aws:sqs:*:*:*",
    Trigger.DYNAMODB: "arn:aws:dynamodb:*:*:table/*/stream/*",
    Trigger.KINESIS: "arn:aws:kinesis:*:*:stream/*",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One action on one resource, and why: the line of code, or what of the function needs it.

    `unknown` says what of the resource could not be told, so that it is wider than it need be.
    """

    action: str
    resource: str
    place: Place
    line: str
    why: str
    unknown: str = ""
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A policy for one function. `document` is plain JSON; references of the template stand as `${Table.Arn}`.

    `notes` name what could not be resolved: the policy may lack what those places need.
    """

    function: str
    document: dict[str, object]
    reasons: tuple[Reason, ...]
    notes: tuple[Note, ...]
    is_terraform: bool = False

    def for_cloudformation(self) -> dict[str, object]:
        """The document for a CloudFormation or SAM template: `Fn::Sub` where there are references.

        Terraform reads its references in the text itself: there, it is the document as it is.
        """
        if self.is_terraform:
            return self.document
        found = _substituted(self.document)
        assert isinstance(found, dict)
        return found


def suggest(project: Project, entry: Entry, templates: Sequence[Template] = ()) -> Suggestion:
    """The least privilege that could be found for `entry`; logs, traces and its triggers included."""
    template = next((one for one in templates if entry.function in one.functions), None)
    kinds = template.resources if template is not None else {}
    usage = find_usage(project, entry)
    needs, notes = find_needs(usage, kinds)
    reasons = [_reason(need) for need in needs]
    reasons.extend(_of_platform(entry.function, is_traced(usage)))
    extra = [*usage.notes, *notes, *_trigger_notes(entry.function), *_wide_notes(needs)]
    services = {
        need.resource: need.service for need in needs if need.action == "iam:PassRole" and need.service
    }
    statements = list(_statements(reasons, services))
    document: dict[str, object] = {"Version": "2012-10-17", "Statement": statements}
    ordered = tuple(sorted(reasons, key=lambda one: (one.action, one.resource, one.place)))
    is_terraform = template is not None and template.kind == "Terraform"
    return Suggestion(entry.function.name, document, ordered, tuple(dict.fromkeys(extra)), is_terraform)


def _reason(need: Need) -> Reason:
    return Reason(
        need.action, need.resource, need.place, need.line, need.operation, need.unknown, need.is_optional
    )


def _of_platform(function: LambdaFunction, traced: bool) -> Iterator[Reason]:
    place = function.place
    yield Reason("logs:CreateLogGroup", _LOG_GROUP, place, "", "the runtime writes logs")
    for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
        yield Reason(action, _LOG_GROUP + ":*", place, "", "the runtime writes logs")
    if traced:
        for action in TRACED:
            yield Reason(action, "*", place, "", "a tracer sends segments")
    for source in function.sources:
        yield from _of_source(source)
    described = {source.trigger for source in function.sources}
    for trigger in function.triggers:
        if trigger in _POLLED and trigger not in described:
            for action in _POLLED[trigger]:
                unknown = "the template does not name its source"
                yield Reason(action, _STREAMS[trigger], place, "", f"its trigger: {trigger.value}", unknown)


def _of_source(source: Source) -> Iterator[Reason]:
    if source.trigger not in _POLLED:
        return
    named = source.source.startswith(("arn:", "${"))
    resource = source.source if named else _STREAMS[source.trigger]
    for action in _POLLED[source.trigger]:
        unknown = "" if named else "the template does not name its source"
        yield Reason(action, resource, source.place, "", f"its trigger: {source.trigger.value}", unknown)


def _wide_notes(needs: Iterable[Need]) -> Iterator[Note]:
    """Resources of which not even a part is known."""
    for need in needs:
        if names_nothing(need):
            message = f"could not resolve the resource of {need.action} ({need.unknown}): granted on {need.resource}"
            yield Note(NoteKind.NOT_RESOLVED, message, need.place, "list the resource in the policy manually")


def _trigger_notes(function: LambdaFunction) -> Iterator[Note]:
    if function.has_dead_letter:
        message = (
            f"could not resolve where {function.name} sends failed events: add sqs:SendMessage or "
            "sns:Publish on that resource"
        )
        yield Note(NoteKind.NOT_RESOLVED, message, function.place)
    for trigger in (Trigger.KAFKA, Trigger.MQ):
        if trigger in function.triggers:
            message = (
                f"could not resolve which permissions {trigger.value} needs: they depend on the cluster's "
                "authentication"
            )
            yield Note(NoteKind.NOT_RESOLVED, message, function.place)


def _statements(reasons: Iterable[Reason], services: dict[str, str]) -> Iterator[dict[str, object]]:
    """Actions of one service with the same resources are one statement."""
    resources: dict[str, set[str]] = {}
    for reason in reasons:
        resources.setdefault(reason.action, set()).add(reason.resource)
    groups: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for action, patterns in sorted(resources.items()):
        key = (action.partition(":")[0], tuple(_least(patterns)))
        groups.setdefault(key, []).append(action)
    passed = sorted(set(services.values()))
    number: dict[str, int] = {}
    for (prefix, found), actions in sorted(groups.items()):
        number[prefix] = number.get(prefix, 0) + 1
        name = "".join(part.capitalize() for part in prefix.split("-"))
        statement: dict[str, object] = {
            "Sid": name + (str(number[prefix]) if number[prefix] > 1 else ""),
            "Effect": "Allow",
            "Action": actions,
            "Resource": list(found),
        }
        if actions == ["iam:PassRole"] and passed:
            statement["Condition"] = {"StringEquals": {"iam:PassedToService": passed}}
        yield statement


def _least(patterns: set[str]) -> list[str]:
    """Without what another pattern covers already."""
    return sorted(
        one
        for one in patterns
        if not any(other != one and glob_pattern(other).fullmatch(one) for other in patterns if "*" in other)
    )


def _substituted(value: object) -> object:
    if isinstance(value, dict):
        return {key: _substituted(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_substituted(inner) for inner in value]
    if not isinstance(value, str):
        return value
    changed = re.sub(
        r"^arn:aws:([\w-]+):\*:\*:", r"arn:${AWS::Partition}:\1:${AWS::Region}:${AWS::AccountId}:", value
    )
    changed = re.sub(r"^arn:aws:([\w-]+):", r"arn:${AWS::Partition}:\1:", changed)
    changed = re.sub(r"^(arn:\$\{AWS::Partition\}:iam::)\*:", r"\1${AWS::AccountId}:", changed)
    return {"Fn::Sub": changed} if "${" in changed else changed

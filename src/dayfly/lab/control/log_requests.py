"""Requests to CloudWatch Logs: their members, the bounds of botocore's model, and what is refused in its words."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from dayfly.lab.control.checks import Checks
from dayfly.lab.control.log_store import Group, LogStore
from dayfly.lab.model import ACCOUNT, REGION, InvokeRefusedError

_GROUP_NAME = (1, 512, r"[\.\-_/#A-Za-z0-9]+")
_STREAM_NAME = (1, 512, r"[^:*]*")
_TEXTS = {
    "logGroupName": _GROUP_NAME,
    "logGroupNamePrefix": _GROUP_NAME,
    "logGroupNamePattern": (0, 512, r"[\.\-_/#A-Za-z0-9]*"),
    "logGroupIdentifier": (1, 2048, r"[\w#+=/:,.@-]*"),
    "logStreamName": _STREAM_NAME,
    "logStreamNamePrefix": _STREAM_NAME,
    "filterPattern": (0, 1024, r"[\s\S]*"),
    "queryString": (0, 10_000, r"[\s\S]*"),
    "queryId": (1, 256, r"[\s\S]*"),
    "nextToken": (1, 4096, r"[\s\S]*"),
}
_LISTS = {"logStreamNames": (1, 100), "logEvents": (1, 10_000), "tags": (1, 50)}
_VALUES = {
    "orderBy": ("LogStreamName", "LastEventTime"),
    "logGroupClass": ("STANDARD", "INFREQUENT_ACCESS", "DELIVERY", "ESSENTIALS"),
    "queryLanguage": ("CWLI", "SQL", "PPL"),
}


class InputEvent(msgspec.Struct, rename="camel"):
    """One of logEvents."""

    timestamp: int
    message: str


class LogRequest(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """The members of every operation that the lab answers."""

    log_group_name: str | None = None
    log_group_identifier: str | None = None
    log_group_names: list[str] | None = None
    log_group_identifiers: list[str] | None = None
    log_group_name_prefix: str | None = None
    log_group_name_pattern: str | None = None
    log_group_class: str | None = None
    log_stream_name: str | None = None
    log_stream_name_prefix: str | None = None
    log_stream_names: list[str] | None = None
    log_events: list[InputEvent] | None = None
    sequence_token: str | None = None
    start_time: int | None = None
    end_time: int | None = None
    start_from_head: bool | None = None
    filter_pattern: str | None = None
    interleaved: bool | None = None
    unmask: bool | None = None
    order_by: str | None = None
    descending: bool = False
    limit: int | None = None
    max_items: int | None = None
    next_token: str | None = None
    retention_in_days: int | None = None
    tags: dict[str, str] | None = None
    tag_keys: list[str] | None = None
    resource_arn: str | None = None
    query_id: str | None = None
    query_string: str | None = None
    query_language: str | None = None
    status: str | None = None

    def check(self, needed: Sequence[str], most: int) -> None:
        """Raise InvokeRefusedError (400) for what the API's model excludes; `most` is the operation's largest limit."""
        members = {field.encode_name: getattr(self, field.name) for field in msgspec.structs.fields(self)}
        checks = Checks()
        for name in needed:
            checks.present(members[name], name)
        for name, (least, length, pattern) in _TEXTS.items():
            checks.pattern(members[name], name, pattern)
            checks.length(members[name], name, least=least, most=length)
        for name, (least, length) in _LISTS.items():
            checks.length(members[name], name, least=least, most=length)
        for name, values in _VALUES.items():
            checks.one_of(members[name], name, values)
        checks.within(self.limit, "limit", 1, most)
        times = {"startTime": self.start_time, "endTime": self.end_time}
        for number, event in enumerate(self.log_events or (), 1):
            times[f"logEvents.{number}.member.timestamp"] = event.timestamp
        for name, at in times.items():
            checks.within(at, name, 0, 2**63 - 1)
        checks.settle(kind="InvalidParameterException")


def invalid(message: str) -> InvokeRefusedError:
    return InvokeRefusedError(400, "InvalidParameterException", message)


def missing(message: str) -> InvokeRefusedError:
    return InvokeRefusedError(400, "ResourceNotFoundException", message)


def exists(message: str) -> InvokeRefusedError:
    return InvokeRefusedError(400, "ResourceAlreadyExistsException", message)


def find_group(store: LogStore, request: LogRequest) -> tuple[str, Group]:
    """The group that a request names; raises InvokeRefusedError (400)."""
    if request.log_group_name and request.log_group_identifier:
        raise invalid("LogGroup name and LogGroup ARN are mutually exclusive parameters.")
    given = request.log_group_name or request.log_group_identifier
    if given is None:
        raise invalid("logGroupName must be given")
    name = group_name(given)
    if name not in store.groups:
        raise missing("The specified log group does not exist.")
    return name, store.groups[name]


def group_name(given: str) -> str:
    """The name in a name or an ARN."""
    return given.partition(":log-group:")[2].removesuffix(":*") or given


def group_arn(name: str) -> str:
    return f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}"


def page_start(token: str | None) -> int:
    """The number that a page of a list begins with; raises InvokeRefusedError (400) for a token that is none."""
    if token is None:
        return 0
    if not (token.isascii() and token.isdigit() and len(token) <= 18):
        raise invalid("The specified nextToken is invalid.")
    return int(token)


def milliseconds(at: float) -> int:
    return round(at * 1000)

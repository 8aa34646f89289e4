"""Log groups and streams: made, listed, tagged and deleted; a retention is kept and reported."""

from __future__ import annotations

import time
from typing import TypeVar

from dayfly.lab.control.log_requests import (
    LogRequest,
    exists,
    find_group,
    group_arn,
    group_name,
    invalid,
    milliseconds,
    missing,
    page_start,
)
from dayfly.lab.control.log_store import Group, LogStore, Stream

PAGE = 50
# "Possible values" of botocore's model.
_RETENTIONS = (
    1,
    3,
    5,
    7,
    14,
    30,
    60,
    90,
    120,
    150,
    180,
    365,
    400,
    545,
    731,
    1096,
    1827,
    2192,
    2557,
    2922,
    3288,
    3653,
)

_Item = TypeVar("_Item")


def create_group(store: LogStore, request: LogRequest) -> dict[str, object]:
    name = request.log_group_name or ""
    if name in store.groups:
        raise exists("The specified log group already exists")
    store.groups[name] = Group(
        time.time(), dict(request.tags or {}), kind=request.log_group_class or "STANDARD"
    )
    return {}


def delete_group(store: LogStore, request: LogRequest) -> dict[str, object]:
    """The group of a function that still writes is there again with its next line."""
    name, _ = find_group(store, request)
    del store.groups[name]
    return {}


def describe_groups(store: LogStore, request: LogRequest) -> dict[str, object]:
    if request.log_group_name_prefix is not None and request.log_group_name_pattern is not None:
        raise invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
    wanted = None
    if request.log_group_identifiers is not None:
        wanted = {group_name(identifier) for identifier in request.log_group_identifiers}
    names = [
        name
        for name, group in sorted(store.groups.items())
        if name.startswith(request.log_group_name_prefix or "")
        and (request.log_group_name_pattern or "") in name
        and (wanted is None or name in wanted)
        and request.log_group_class in (None, group.kind)
    ]
    page, token = _cut(names, request)
    return {"logGroups": [_group_body(name, store.groups[name]) for name in page]} | token


def put_retention(store: LogStore, request: LogRequest) -> dict[str, object]:
    _, group = find_group(store, request)
    if request.retention_in_days not in _RETENTIONS:
        raise invalid(
            f"1 validation error detected: Value '{request.retention_in_days}' at 'retentionInDays' failed to satisfy "
            f"constraint: Member must satisfy enum value set: [{', '.join(map(str, _RETENTIONS))}]"
        )
    group.retention_days = request.retention_in_days
    return {}


def delete_retention(store: LogStore, request: LogRequest) -> dict[str, object]:
    _, group = find_group(store, request)
    group.retention_days = None
    return {}


def tag(store: LogStore, request: LogRequest) -> dict[str, object]:
    _tagged(store, request).tags |= request.tags or {}
    return {}


def untag(store: LogStore, request: LogRequest) -> dict[str, object]:
    group = _tagged(store, request)
    for key in request.tag_keys or ():
        group.tags.pop(key, None)
    return {}


def list_tags(store: LogStore, request: LogRequest) -> dict[str, object]:
    return {"tags": dict(_tagged(store, request).tags)}


def create_stream(store: LogStore, request: LogRequest) -> dict[str, object]:
    _, group = find_group(store, request)
    name = request.log_stream_name or ""
    if name in group.streams:
        raise exists("The specified log stream already exists")
    group.add_stream(name, time.time())
    return {}


def delete_stream(store: LogStore, request: LogRequest) -> dict[str, object]:
    _, group = find_group(store, request)
    group.forget(find_stream(group, request).name)
    return {}


def describe_streams(store: LogStore, request: LogRequest) -> dict[str, object]:
    name, group = find_group(store, request)
    by_time = request.order_by == "LastEventTime"
    if by_time and request.log_stream_name_prefix is not None:
        raise invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
    prefix = request.log_stream_name_prefix or ""
    found = [stream for stream in group.streams.values() if stream.name.startswith(prefix)]

    def order(stream: Stream) -> tuple[float, str]:
        return ((stream.last_at or 0.0) if by_time else 0.0, stream.name)

    page, token = _cut(sorted(found, key=order, reverse=request.descending), request)
    return {"logStreams": [_stream_body(name, stream) for stream in page]} | token


def find_stream(group: Group, request: LogRequest) -> Stream:
    """The stream that a request names; raises InvokeRefusedError (400)."""
    stream = group.streams.get(request.log_stream_name or "")
    if stream is None:
        raise missing("The specified log stream does not exist.")
    return stream


def _tagged(store: LogStore, request: LogRequest) -> Group:
    name = group_name(request.resource_arn or "")
    if name not in store.groups:
        raise missing("The specified log group does not exist.")
    return store.groups[name]


def _cut(items: list[_Item], request: LogRequest) -> tuple[list[_Item], dict[str, object]]:
    start = page_start(request.next_token)
    end = start + (request.limit or PAGE)
    return items[start:end], {"nextToken": str(end)} if end < len(items) else {}


def _group_body(name: str, group: Group) -> dict[str, object]:
    retention = {} if group.retention_days is None else {"retentionInDays": group.retention_days}
    return {
        "logGroupName": name,
        "creationTime": milliseconds(group.created_at),
        "metricFilterCount": 0,
        "storedBytes": group.size,
        "arn": f"{group_arn(name)}:*",
        "logGroupArn": group_arn(name),
        "logGroupClass": group.kind,
        **retention,
    }


def _stream_body(group: str, stream: Stream) -> dict[str, object]:
    times = {
        "firstEventTimestamp": stream.first_at,
        "lastEventTimestamp": stream.last_at,
        "lastIngestionTime": stream.came_at,
    }
    return {
        "logStreamName": stream.name,
        "creationTime": milliseconds(stream.created_at),
        **{key: milliseconds(at) for key, at in times.items() if at is not None},
        "arn": f"{group_arn(group)}:log-stream:{stream.name}",
        "storedBytes": 0,
    }

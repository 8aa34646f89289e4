"""CloudWatch Logs of the lab's functions behind the same endpoint: groups, streams and events.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/Welcome.html; each call is a POST to `/` that names
its operation in a header.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec
from litestar import Response, post
from litestar.types import ControllerRouterHandler

from dayfly.lab.control import log_filter
from dayfly.lab.control.answers import LabRequest
from dayfly.lab.control.log_store import Group, LogStore, Stream
from dayfly.lab.model import ACCOUNT, REGION

_TARGET = "Logs_20140328."
_MAX_EVENTS = 10_000
_MAX_STREAMS = 50
# FilterLogEvents gives a page of at most 1 MB:
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
_PAGE_BYTES = 1024 * 1024


class LogsRefusedError(Exception):
    """What CloudWatch Logs refuses, by the name of its error."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class _Request(msgspec.Struct, rename="camel"):
    log_group_name: str | None = None
    log_group_identifier: str | None = None
    log_group_name_prefix: str | None = None
    log_stream_name_prefix: str | None = None
    log_stream_names: list[str] | None = None
    start_time: int | None = None
    end_time: int | None = None
    filter_pattern: str = ""
    order_by: str = "LogStreamName"
    descending: bool = False
    limit: int | None = None
    next_token: str | None = None


def log_routes(store: LogStore) -> list[ControllerRouterHandler]:
    """Return the handler of DescribeLogGroups, DescribeLogStreams and FilterLogEvents."""
    operations: Mapping[str, Callable[[LogStore, _Request], dict[str, object]]] = {
        "DescribeLogGroups": describe_groups,
        "DescribeLogStreams": describe_streams,
        "FilterLogEvents": filter_events,
    }

    @post("/", status_code=200)
    async def logs(request: LabRequest) -> Response[bytes]:
        target = request.headers.get("x-amz-target", "")
        operation = operations.get(target.removeprefix(_TARGET)) if target.startswith(_TARGET) else None
        try:
            if operation is None:
                raise LogsRefusedError("UnknownOperationException", f"The lab does not answer {target[:100]}")
            asked = msgspec.json.decode(await request.body() or b"{}", type=_Request)
            return _answer(operation(store, asked))
        except LogsRefusedError as refused:
            return _answer({"__type": refused.kind, "message": str(refused)}, 400)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            return _answer({"__type": "SerializationException", "message": str(error)[:200]}, 400)

    return [logs]


def _answer(value: object, status: int = 200) -> Response[bytes]:
    return Response(msgspec.json.encode(value), status_code=status, media_type="application/x-amz-json-1.1")


def describe_groups(store: LogStore, request: _Request) -> dict[str, object]:
    """DescribeLogGroups."""
    names = [name for name in sorted(store.groups) if name.startswith(request.log_group_name_prefix or "")]
    page, token = _cut(names, request, _MAX_STREAMS)
    groups = [
        {
            "logGroupName": name,
            "creationTime": _milliseconds(store.groups[name].created_at),
            "metricFilterCount": 0,
            "storedBytes": store.groups[name].size,
            "arn": f"{_arn(name)}:*",
            "logGroupArn": _arn(name),
            "logGroupClass": "STANDARD",
        }
        for name in page
    ]
    return {"logGroups": groups} | token


def describe_streams(store: LogStore, request: _Request) -> dict[str, object]:
    """DescribeLogStreams."""
    name, group = _group(store, request)
    if request.order_by not in ("LogStreamName", "LastEventTime"):
        raise LogsRefusedError("InvalidParameterException", "orderBy is LogStreamName or LastEventTime")
    if request.order_by == "LastEventTime" and request.log_stream_name_prefix is not None:
        raise LogsRefusedError(
            "InvalidParameterException", "Cannot order by LastEventTime with a logStreamNamePrefix."
        )
    prefix = request.log_stream_name_prefix or ""
    found = [stream for stream in group.streams.values() if stream.name.startswith(prefix)]

    def order(stream: Stream) -> tuple[float, str]:
        return (stream.last_at if request.order_by == "LastEventTime" else 0.0, stream.name)

    page, token = _cut(sorted(found, key=order, reverse=request.descending), request, _MAX_STREAMS)
    streams = [
        {
            "logStreamName": stream.name,
            "creationTime": _milliseconds(stream.first_at),
            "firstEventTimestamp": _milliseconds(stream.first_at),
            "lastEventTimestamp": _milliseconds(stream.last_at),
            "lastIngestionTime": _milliseconds(stream.last_at),
            "arn": f"{_arn(name)}:log-stream:{stream.name}",
            "storedBytes": 0,
        }
        for stream in page
    ]
    return {"logStreams": streams} | token


def filter_events(store: LogStore, request: _Request) -> dict[str, object]:
    """FilterLogEvents: lines in the order in which they were written. A token is the number of the next line."""
    _, group = _group(store, request)
    try:
        pattern = log_filter.parse(request.filter_pattern)
    except log_filter.FilterError as error:
        raise LogsRefusedError("InvalidParameterException", str(error)) from error
    if request.log_stream_names and request.log_stream_name_prefix:
        raise LogsRefusedError(
            "InvalidParameterException", "logStreamNames and logStreamNamePrefix exclude each other"
        )
    limit = _limit(request, _MAX_EVENTS)
    start = max(_number(request.next_token), group.first_number)
    begin, end = request.start_time or 0, request.end_time
    names = set(request.log_stream_names or ())
    prefix = request.log_stream_name_prefix or ""
    events: list[dict[str, object]] = []
    size = 0
    for number, line in enumerate(itertools.islice(group.lines, start - group.first_number, None), start):
        at = _milliseconds(line.at)
        if at < begin or (end is not None and at >= end):
            continue
        if (names and line.log_stream not in names) or not line.log_stream.startswith(prefix):
            continue
        if not pattern.matches(line.text):
            continue
        if len(events) >= limit or size > _PAGE_BYTES:
            return {"events": events, "searchedLogStreams": [], "nextToken": str(number)}
        size += len(line.text)
        events.append(
            {
                "logStreamName": line.log_stream,
                "timestamp": at,
                "message": line.text + "\n",
                "ingestionTime": at,
                "eventId": f"{number:056d}",
            }
        )
    return {"events": events, "searchedLogStreams": []}


def _group(store: LogStore, request: _Request) -> tuple[str, Group]:
    given = request.log_group_name or request.log_group_identifier
    if not given:
        raise LogsRefusedError("InvalidParameterException", "logGroupName must be given")
    name = given.partition(":log-group:")[2].removesuffix(":*") or given
    if name not in store.groups:
        raise LogsRefusedError("ResourceNotFoundException", "The specified log group does not exist.")
    return name, store.groups[name]


_Item = TypeVar("_Item")


def _cut(items: list[_Item], request: _Request, most: int) -> tuple[list[_Item], dict[str, object]]:
    start = _number(request.next_token)
    end = start + _limit(request, most)
    return items[start:end], {"nextToken": str(end)} if end < len(items) else {}


def _limit(request: _Request, most: int) -> int:
    if request.limit is None:
        return most
    if not 1 <= request.limit <= most:
        raise LogsRefusedError("InvalidParameterException", f"limit must be between 1 and {most}")
    return request.limit


def _number(token: str | None) -> int:
    if token is None:
        return 0
    if not (token.isascii() and token.isdigit() and len(token) <= 18):
        raise LogsRefusedError("InvalidParameterException", "The specified nextToken is invalid.")
    return int(token)


def _arn(group: str) -> str:
    return f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}"


def _milliseconds(at: float) -> int:
    return int(at * 1000)

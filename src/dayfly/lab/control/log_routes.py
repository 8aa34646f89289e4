"""CloudWatch Logs of the lab's functions behind the same endpoint: groups, streams, events and queries.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/Welcome.html; each call is a POST to `/` that names
its operation in a header.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec
from litestar import Response, post
from litestar.types import ControllerRouterHandler

from dayfly.lab.control import log_events, log_groups, log_queries
from dayfly.lab.control.answers import LabRequest
from dayfly.lab.control.log_requests import LogRequest
from dayfly.lab.control.log_store import LogStore
from dayfly.lab.model import InvokeRefusedError

_TARGET = "Logs_20140328."
_GROUP = ("logGroupName",)
_STREAM = ("logGroupName", "logStreamName")


class _Operation(NamedTuple):
    """What answers, the members that a request must have, and the largest limit that it may have."""

    answer: Callable[[LogStore, LogRequest], dict[str, object]]
    needed: tuple[str, ...] = ()
    most: int = log_groups.PAGE


_OPERATIONS: Mapping[str, _Operation] = {
    "CreateLogGroup": _Operation(log_groups.create_group, _GROUP),
    "DeleteLogGroup": _Operation(log_groups.delete_group, _GROUP),
    "DescribeLogGroups": _Operation(log_groups.describe_groups),
    "PutRetentionPolicy": _Operation(log_groups.put_retention, (*_GROUP, "retentionInDays")),
    "DeleteRetentionPolicy": _Operation(log_groups.delete_retention, _GROUP),
    "TagResource": _Operation(log_groups.tag, ("resourceArn", "tags")),
    "UntagResource": _Operation(log_groups.untag, ("resourceArn", "tagKeys")),
    "ListTagsForResource": _Operation(log_groups.list_tags, ("resourceArn",)),
    "CreateLogStream": _Operation(log_groups.create_stream, _STREAM),
    "DeleteLogStream": _Operation(log_groups.delete_stream, _STREAM),
    "DescribeLogStreams": _Operation(log_groups.describe_streams),
    "PutLogEvents": _Operation(log_events.put_events, (*_STREAM, "logEvents")),
    "GetLogEvents": _Operation(log_events.get_events, ("logStreamName",), log_events.MAX_EVENTS),
    "StartQuery": _Operation(
        log_queries.start, ("startTime", "endTime", "queryString"), log_queries.MAX_ROWS
    ),
    "GetQueryResults": _Operation(log_queries.results, ("queryId",)),
    "StopQuery": _Operation(log_queries.stop, ("queryId",)),
    "DescribeQueries": _Operation(log_queries.describe),
    "FilterLogEvents": _Operation(log_events.filter_events, (), log_events.MAX_EVENTS),
}


def log_routes(store: LogStore) -> list[ControllerRouterHandler]:
    """Return the handler of every operation of CloudWatch Logs that the lab has."""

    @post("/", status_code=200)
    async def logs(request: LabRequest) -> Response[bytes]:
        target = request.headers.get("x-amz-target", "")
        operation = _OPERATIONS.get(target.removeprefix(_TARGET)) if target.startswith(_TARGET) else None
        try:
            if operation is None:
                raise InvokeRefusedError(
                    400, "UnknownOperationException", f"The lab does not answer {target[:100]}"
                )
            asked = msgspec.json.decode(await request.body() or b"{}", type=LogRequest)
            asked.check(operation.needed, operation.most)
            return _answer(operation.answer(store, asked))
        except InvokeRefusedError as refused:
            return _answer({"__type": refused.error_type, "message": refused.message}, refused.status_code)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            return _answer({"__type": "SerializationException", "message": str(error)[:200]}, 400)

    return [logs]


def _answer(value: object, status: int = 200) -> Response[bytes]:
    return Response(msgspec.json.encode(value), status_code=status, media_type="application/x-amz-json-1.1")

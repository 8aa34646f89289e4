"""Queries of Logs Insights: each runs when it is started, and the latest results are kept.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Iterator
from typing import Any

import msgspec

from dayfly.lab.control import insights
from dayfly.lab.control.log_requests import (
    LogRequest,
    group_name,
    invalid,
    milliseconds,
    missing,
    page_start,
)
from dayfly.lab.control.log_store import Answer, LogStore, Record
from dayfly.lab.model import ACCOUNT, InvokeRefusedError

MAX_ROWS = 100_000
_MAX_ANSWERS = 20
_MAX_PAGE = 10_000
_MAX_DEPTH = 8
_MB = 1_000_000.0
_MAX_NUMBER = 1e300
# What Insights discovers in Lambda's own lines:
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html
_PLATFORM = re.compile(r"(?P<type>START|END|REPORT) RequestId: (?P<id>[0-9a-f-]{36})", re.ASCII)
_REQUEST_ID = re.compile(r"\t(?P<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\t", re.ASCII)
_MEASURES = (
    ("@duration", re.compile(r"\tDuration: ([0-9.]+) ms"), 1.0),
    ("@billedDuration", re.compile(r"\tBilled Duration: ([0-9.]+) ms"), 1.0),
    ("@initDuration", re.compile(r"\tInit Duration: ([0-9.]+) ms"), 1.0),
    ("@memorySize", re.compile(r"\tMemory Size: ([0-9]+) MB"), _MB),
    ("@maxMemoryUsed", re.compile(r"\tMax Memory Used: ([0-9]+) MB"), _MB),
)


def start(store: LogStore, request: LogRequest) -> dict[str, object]:
    """StartQuery; raises InvokeRefusedError (400)."""
    if request.query_language not in (None, "CWLI"):
        raise invalid("The lab's queries are in Logs Insights' own language (CWLI)")
    ways = (request.log_group_name, request.log_group_names, request.log_group_identifiers)
    given = [way for way in ways if way]
    if len(given) != 1:
        raise invalid("Give one of logGroupName, logGroupNames and logGroupIdentifiers")
    listed = given[0] if isinstance(given[0], list) else [given[0]]
    names = list(dict.fromkeys(group_name(name) for name in listed if name is not None))
    for name in names:
        if name not in store.groups:
            raise missing(f"Log group '{name}' does not exist for account ID '{ACCOUNT}'")
    begin, end = request.start_time or 0, request.end_time or 0
    if end < begin:
        raise invalid("endTime must not be before startTime")
    try:
        query = insights.parse(request.query_string or "")
    except insights.QueryError as error:
        raise InvokeRefusedError(400, "MalformedQueryException", str(error)) from error
    records = sorted(
        (
            (name, record)
            for name in names
            for record in store.groups[name].records
            if begin <= record.at < end + 1
        ),
        key=lambda item: (item[1].at, item[1].number),
    )
    matched = query.run([dict(_row(name, record)) for name, record in records])
    rows = matched[: query.limit or request.limit or insights.MAX_ROWS]
    answer = Answer(
        query_string=request.query_string or "",
        group=names[0],
        created_at=time.time(),
        results=[_shown(row, query.fields) for row in rows],
        statistics={
            "recordsMatched": float(len(matched)),
            "recordsScanned": float(len(records)),
            "bytesScanned": float(sum(len(record.message) for _, record in records)),
            "logGroupsScanned": float(len(names)),
        },
    )
    if len(store.answers) >= _MAX_ANSWERS:
        del store.answers[next(iter(store.answers))]
    id = str(uuid.uuid4())
    store.answers[id] = answer
    return {"queryId": id}


def results(store: LogStore, request: LogRequest) -> dict[str, object]:
    """GetQueryResults."""
    answer = _find(store, request)
    begin = page_start(request.next_token)
    end = begin + min(request.max_items or _MAX_PAGE, _MAX_PAGE)
    told: dict[str, object] = {
        "queryLanguage": "CWLI",
        "results": answer.results[begin:end],
        "statistics": answer.statistics,
        "status": "Complete",
    }
    return told | {"nextToken": str(end)} if end < len(answer.results) else told


def stop(store: LogStore, request: LogRequest) -> dict[str, object]:
    """StopQuery: "if the query has already ended, the operation returns an error", and here it always has."""
    _find(store, request)
    raise invalid("The specified query is not running.")


def describe(store: LogStore, request: LogRequest) -> dict[str, object]:
    """DescribeQueries, the latest first."""
    found = [
        {
            "queryLanguage": "CWLI",
            "queryId": id,
            "queryString": answer.query_string,
            "status": "Complete",
            "createTime": milliseconds(answer.created_at),
            "logGroupName": answer.group,
        }
        for id, answer in reversed(store.answers.items())
        if request.log_group_name in (None, answer.group) and request.status in (None, "Complete")
    ]
    return {"queries": found}


def _find(store: LogStore, request: LogRequest) -> Answer:
    answer = store.answers.get(request.query_id or "")
    if answer is None:
        raise missing("The specified query does not exist.")
    return answer


def _shown(row: insights.Row, fields: tuple[str, ...]) -> list[dict[str, str]]:
    return [{"field": name, "value": insights.show(row[name])} for name in (*fields, "@ptr") if name in row]


def _row(group: str, record: Record) -> Iterator[tuple[str, insights.Value]]:
    """The fields of a record: Insights' own, those of Lambda's lines, and those of a JSON object."""
    yield "@timestamp", _stamp(record.at)
    yield "@ingestionTime", _stamp(record.came_at)
    yield "@message", record.message
    yield "@logStream", record.stream
    yield "@log", f"{ACCOUNT}:{group}"
    yield "@ptr", f"{group}/{record.number}"
    platform = _PLATFORM.match(record.message)
    request_id = platform or _REQUEST_ID.search(record.message)
    if request_id is not None:
        yield "@requestId", request_id["id"]
    if platform is not None:
        yield "@type", platform["type"]
        for name, pattern, unit in _MEASURES if platform["type"] == "REPORT" else ():
            if match := pattern.search(record.message):
                yield name, float(match[1]) * unit
    if record.message.startswith("{"):
        try:
            yield from _members("", msgspec.json.decode(record.message), _MAX_DEPTH)
        except (msgspec.MsgspecError, RecursionError):
            return


# Any: a decoded JSON value.
def _members(path: str, value: Any, depth: int) -> Iterator[tuple[str, insights.Value]]:
    if isinstance(value, dict | list) and depth:
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in items:
            yield from _members(f"{path}.{key}" if path else str(key), inner, depth - 1)
    elif isinstance(value, bool):
        yield path, str(int(value))
    elif isinstance(value, int | float) and abs(value) < _MAX_NUMBER:
        yield path, float(value)
    elif isinstance(value, str):
        yield path, value


def _stamp(at: float) -> str:
    moment = milliseconds(at)
    return f"{time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime(moment // 1000))}.{moment % 1000:03d}"

"""Events of log groups: put, read stream by stream, and searched.

A token has a direction and the number of a record, so that a page stays the same while functions write:
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Literal, NamedTuple

from dayfly.lab.control import log_filter
from dayfly.lab.control.log_groups import find_stream
from dayfly.lab.control.log_requests import LogRequest, find_group, invalid, milliseconds
from dayfly.lab.control.log_store import Group, LogStore, Record

MAX_EVENTS = 10_000
# Of a page: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
_PAGE_BYTES = 1024 * 1024
_TOKEN = re.compile(r"(?P<way>[fb])/(?P<number>[0-9]{1,56})/s", re.ASCII)
# FilterLogEvents goes backward from here on only (botocore's model).
_BACKWARD_SINCE_MS = 1_704_067_200_000
# PutLogEvents: "None of the log events in the batch can be more than 2 hours in the future" or older than 14 days.
_TOO_OLD_S = 14 * 86_400
_TOO_NEW_S = 2 * 3_600


class _Place(NamedTuple):
    """Where a page begins: with record `number` forward, with the one before it backward."""

    way: Literal["f", "b"]
    number: int

    def token(self) -> str:
        return f"{self.way}/{self.number:056d}/s"


def get_events(store: LogStore, request: LogRequest) -> dict[str, object]:
    """GetLogEvents: events of one stream, in order; both tokens are always there, and at an end the token stays the same."""
    _, group = find_group(store, request)
    stream = find_stream(group, request)
    place = _place(request, group, is_forward=request.start_from_head is True)
    begin, end = request.start_time or 0, request.end_time
    page, _ = _page(
        group,
        place,
        request.limit or MAX_EVENTS,
        lambda record: (
            record.stream == stream.name
            and begin <= milliseconds(record.at)
            and (end is None or milliseconds(record.at) < end)
        ),
    )
    page.sort(key=lambda record: record.number)
    first, last = (page[0].number, page[-1].number + 1) if page else (place.number, place.number)
    return {
        "events": [_body(record) for record in page],
        "nextForwardToken": _Place("f", last).token(),
        "nextBackwardToken": _Place("b", first).token(),
    }


def filter_events(store: LogStore, request: LogRequest) -> dict[str, object]:
    """FilterLogEvents: records in the order in which they came, or the other way round."""
    _, group = find_group(store, request)
    try:
        pattern = log_filter.parse(request.filter_pattern or "")
    except log_filter.FilterError as error:
        raise invalid(str(error)) from error
    if request.log_stream_names and request.log_stream_name_prefix:
        raise invalid("logStreamNames and logStreamNamePrefix exclude each other")
    begin, end = request.start_time or 0, request.end_time
    is_forward = request.start_from_head is not False
    if not is_forward and begin < _BACKWARD_SINCE_MS:
        raise invalid("startFromHead can be false only with a startTime on or after Jan 1, 2024 00:00:00 UTC")
    place = _place(request, group, is_forward=is_forward)
    names = set(request.log_stream_names or ())
    prefix = request.log_stream_name_prefix or ""
    page, following = _page(
        group,
        place,
        request.limit or MAX_EVENTS,
        lambda record: (
            begin <= milliseconds(record.at)
            and (end is None or milliseconds(record.at) <= end)
            and (not names or record.stream in names)
            and record.stream.startswith(prefix)
            and pattern.matches(record.message)
        ),
    )
    events = [
        {"logStreamName": record.stream, **_body(record), "eventId": f"{record.number:056d}"}
        for record in page
    ]
    answer: dict[str, object] = {"events": events, "searchedLogStreams": []}
    return answer if following is None else answer | {"nextToken": following.token()}


def put_events(store: LogStore, request: LogRequest) -> dict[str, object]:
    """PutLogEvents: in the order of their times; the answer says which events were too old or too new to be kept."""
    _, group = find_group(store, request)
    stream = find_stream(group, request)
    events = request.log_events or []
    times = [event.timestamp for event in events]
    if times != sorted(times):
        raise invalid("Log events in a single PutLogEvents request must be in chronological order.")
    now = time.time()
    old = sum(at / 1000 < now - _TOO_OLD_S for at in times)
    new = sum(at / 1000 > now + _TOO_NEW_S for at in times)
    for event in events[old : len(events) - new]:
        group.add(event.timestamp / 1000, stream.name, event.message, now)
    rejected = ({"tooOldLogEventEndIndex": old} if old else {}) | (
        {"tooNewLogEventStartIndex": len(events) - new} if new else {}
    )
    return {"nextSequenceToken": f"{group.next_number:056d}"} | (
        {"rejectedLogEventsInfo": rejected} if rejected else {}
    )


def _place(request: LogRequest, group: Group, *, is_forward: bool) -> _Place:
    """Where a request begins: its token's place, else the first record, or behind the last one."""
    if request.next_token is None:
        return _Place("f", 0) if is_forward else _Place("b", group.next_number)
    match = _TOKEN.fullmatch(request.next_token)
    if match is None:
        raise invalid("The specified nextToken is invalid.")
    return _Place("f" if match["way"] == "f" else "b", int(match["number"]))


def _page(
    group: Group, place: _Place, limit: int, is_wanted: Callable[[Record], bool]
) -> tuple[list[Record], _Place | None]:
    """At most `limit` records in the order of reading, and the place of the next; None at the end."""
    page: list[Record] = []
    size = 0
    for record in _walk(group, place):
        if not is_wanted(record):
            continue
        if len(page) >= limit or size > _PAGE_BYTES:
            return page, _Place(place.way, record.number if place.way == "f" else record.number + 1)
        size += len(record.message)
        page.append(record)
    return page, None


def _walk(group: Group, place: _Place) -> list[Record]:
    if place.way == "f":
        return [record for record in group.records if record.number >= place.number]
    return [record for record in reversed(group.records) if record.number < place.number]


def _body(record: Record) -> dict[str, object]:
    return {
        "timestamp": milliseconds(record.at),
        "message": record.message,
        "ingestionTime": milliseconds(record.came_at),
    }

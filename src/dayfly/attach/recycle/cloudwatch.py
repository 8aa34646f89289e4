"""Watches what environments do in CloudWatch Logs themselves, where no fleet collects them.

One log stream is one environment, named when it begins
(https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html); its creation time is its birth. Lines take
some seconds to be found.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from dayfly.attach.aws.calls import CallError, explain
from dayfly.attach.recycle.model import LATEST, Order, Sightings

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

# Text and JSON logs; the filter's quotes make words of several parts one.
_PATTERN = '?"START RequestId" ?"REPORT RequestId" ?"platform.start" ?"platform.report"'
_LINE = re.compile(
    r"^(?P<kind>START|REPORT) RequestId: (?P<id>[0-9a-f-]{36})|"
    r'"type":\s*"platform\.(?P<json>start|report)".*?"requestId":\s*"(?P<json_id>[0-9a-f-]{36})"'
)
_INIT = re.compile(r"\tInit Duration: (?P<text>[0-9.]+) ms|\"initDurationMs\":\s*(?P<json>[0-9.]+)")
# A stream is named for the version that runs in it, "" for one that has another name.
_VERSION = re.compile(r"\[(\$LATEST|\d+)\]")
_PAGES = 50
# Streams of one group are not in step: one environment's lines may be found ten seconds after another's.
SETTLE_S = 15.0


class CloudWatchWitness:
    """Reads one log group from a little before the order on; raises CallError where that is not allowed.

    `settle_s` is how long lines may take until they are found: none in a lab.
    """

    def __init__(self, client: CloudWatchLogsClient, log_group: str, *, settle_s: float = SETTLE_S) -> None:
        self._client = client
        self._log_group = log_group
        self._settle_s = settle_s
        self._born: dict[str, float] = {}

    def look(self, order: Order, *, timeout_s: float) -> Sightings:
        """Return what the group holds now."""
        starts: dict[str, dict[str, float]] = {}
        reports: set[tuple[str, str]] = set()
        inits: dict[str, float] = {}
        newest = 0.0
        try:
            pages = self._client.get_paginator("filter_log_events").paginate(
                logGroupName=self._log_group,
                startTime=max(0, int((order.ordered - timeout_s) * 1000)),
                filterPattern=_PATTERN,
            )
            for number, page in enumerate(pages):
                if number >= _PAGES:
                    # What was not read may be an old environment's.
                    raise CallError(
                        f"the log group {self._log_group} has more records than this command can read",
                        hint="use a fleet service: dayfly fleet serve",
                    )
                for event in page["events"]:
                    at = event["timestamp"] / 1000
                    newest = max(newest, at)
                    match = _LINE.search(event["message"])
                    if match is None or not _is_of(order, event["logStreamName"]):
                        continue
                    if init := _INIT.search(event["message"]):
                        inits[event["logStreamName"]] = float(init["text"] or init["json"]) / 1000
                    request = match["id"] or match["json_id"]
                    if (match["kind"] or match["json"]).upper() == "START":
                        starts.setdefault(event["logStreamName"], {}).setdefault(request, at)
                    else:
                        # By stream, too: one function's line must not end another environment's invocation.
                        reports.add((event["logStreamName"], request))
            old = {stream for stream in starts if self._is_old(order, stream)}
        except (ClientError, BotoCoreError) as error:
            raise explain(error, f"cannot read the log group {self._log_group}") from error
        return _count(
            order,
            starts,
            reports,
            old,
            inits,
            newest=newest,
            timeout_s=timeout_s,
            settle_s=self._settle_s,
        )

    def _is_old(self, order: Order, stream: str) -> bool:
        if order.retired:
            return _version(stream) in order.retired
        return self._birth(stream) < order.ordered

    def _birth(self, stream: str) -> float:
        """When a stream was made; 0 (so: old) where that is not told."""
        if stream not in self._born:
            found = self._client.describe_log_streams(
                logGroupName=self._log_group, logStreamNamePrefix=stream, limit=1
            )["logStreams"]
            self._born[stream] = next(
                (one.get("creationTime", 0) / 1000 for one in found if one.get("logStreamName") == stream),
                0.0,
            )
        return self._born[stream]


def _count(
    order: Order,
    starts: dict[str, dict[str, float]],
    reports: set[tuple[str, str]],
    old: set[str],
    inits: dict[str, float],
    *,
    newest: float,
    timeout_s: float,
    settle_s: float,
) -> Sightings:
    begun = {stream: [at for at in own.values() if at > order.effective] for stream, own in starts.items()}
    busy = {
        stream
        for stream in old
        for request, at in starts[stream].items()
        if (stream, request) not in reports and at > newest - timeout_s
    }
    new = {stream for stream in starts if stream not in old and begun[stream]}
    return Sightings(
        old=len(old),
        old_begun=sum(len(begun[stream]) for stream in old),
        old_last=max((at for stream in old for at in begun[stream]), default=0.0),
        old_busy=len(busy),
        new=len(new),
        new_begun=sum(len(begun[stream]) for stream in new),
        new_last=max((at for stream in new for at in begun[stream]), default=0.0),
        newest=newest,
        inits=len(new & inits.keys()),
        init_s=sum(inits[stream] for stream in new & inits.keys()),
        settle_s=settle_s,
    )


def _version(stream: str) -> str:
    found = _VERSION.search(stream)
    return found[1] if found else ""


def _is_of(order: Order, stream: str) -> bool:
    version = _version(stream)
    if order.retired:
        return version in (*order.retired, order.fresh)
    return version in ("", LATEST)

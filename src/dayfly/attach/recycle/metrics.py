"""Reads CloudWatch for a run: alarms, errors and invocations, and how many environments a function had at once.

Metrics of Lambda: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html; a minute is complete one to
two minutes later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dayfly.attach.aws.calls import Caller
from dayfly.errors import DayflyError

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

_PERIOD_S = 60
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
_QUERIES = 500
_ALARMS = 100
# Fewer errors than this are noise, whatever part of the invocations they are.
MIN_ERRORS = 3


@dataclass(frozen=True, slots=True)
class Rate:
    """Errors among invocations."""

    errors: float = 0.0
    invocations: float = 0.0

    @property
    def percent(self) -> float:
        return 100.0 * self.errors / self.invocations if self.invocations else 0.0


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm as CloudWatch tells it."""

    name: str
    state: str
    reason: str


def is_worse(before: Rate, since: Rate, max_percent: float) -> bool:
    """Say whether errors rose above `max_percent`, and above what they were before; pure."""
    return since.errors >= MIN_ERRORS and since.percent > max_percent and since.percent > before.percent


class Metrics:
    """CloudWatch of one account and region."""

    def __init__(self, caller: Caller, client: CloudWatchClient) -> None:
        self._caller = caller
        self._client = client

    def alarms(self, names: Sequence[str]) -> list[Alarm]:
        """Return the alarms of these names; raises DayflyError where one is not there or they may not be read."""
        found: dict[str, Alarm] = {}
        for first in range(0, len(names), _ALARMS):
            answer = self._caller.call(
                self._client.describe_alarms,
                what="cannot read the alarms",
                AlarmNames=list(names[first : first + _ALARMS]),
                # Left out, composite alarms are not told.
                AlarmTypes=["MetricAlarm", "CompositeAlarm"],
                MaxRecords=_ALARMS,
            )
            for alarm in (*answer.get("MetricAlarms", ()), *answer.get("CompositeAlarms", ())):
                name = str(alarm.get("AlarmName"))
                found[name] = Alarm(
                    name, str(alarm.get("StateValue")), str(alarm.get("StateReason") or "")[:200]
                )
        if missing := [name for name in names if name not in found]:
            raise DayflyError(
                f"alarm not found: {', '.join(missing)}",
                hint="use CloudWatch alarms in the same account and region",
            )
        return [found[name] for name in names]

    def rates(
        self, functions: Sequence[str], since: float, until: float, *, version: str = "", alias: str = ""
    ) -> dict[str, Rate]:
        """Return errors and invocations of functions within a time, or of one alias's calls of one version."""
        queries: list[dict[str, Any]] = []
        for number, function in enumerate(functions):
            dimensions = [{"Name": "FunctionName", "Value": function}]
            if version:
                dimensions += [
                    {"Name": "Resource", "Value": f"{function}:{alias}"},
                    {"Name": "ExecutedVersion", "Value": version},
                ]
            queries += [
                _query(f"e{number}", "Errors", "Sum", dimensions),
                _query(f"i{number}", "Invocations", "Sum", dimensions),
            ]
        values = self._values(queries, since, until)
        return {
            function: Rate(sum(values.get(f"e{number}", ())), sum(values.get(f"i{number}", ())))
            for number, function in enumerate(functions)
        }

    def concurrent(self, functions: Sequence[str], since: float, until: float) -> dict[str, int]:
        """Return the most environments of each function that worked at once; functions nobody called are left out."""
        queries = [
            _query(
                f"c{number}",
                "ConcurrentExecutions",
                "Maximum",
                [{"Name": "FunctionName", "Value": function}],
            )
            for number, function in enumerate(functions)
        ]
        values = self._values(queries, since, until)
        return {
            function: int(max(found))
            for number, function in enumerate(functions)
            if (found := values.get(f"c{number}"))
        }

    def _values(self, queries: list[dict[str, Any]], since: float, until: float) -> Mapping[str, list[float]]:
        values: dict[str, list[float]] = {}
        for first in range(0, len(queries), _QUERIES):
            pages = self._caller.pages(
                self._client.get_metric_data,
                "MetricDataResults",
                what="cannot read CloudWatch's metrics",
                token=("NextToken", "NextToken"),
                MetricDataQueries=queries[first : first + _QUERIES],
                StartTime=datetime.fromtimestamp(since - since % _PERIOD_S, UTC),
                EndTime=datetime.fromtimestamp(max(until, since + _PERIOD_S), UTC),
            )
            for result in pages:
                values.setdefault(str(result["Id"]), []).extend(result.get("Values", ()))
        return values


def _query(name: str, metric: str, statistic: str, dimensions: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "Id": name,
        "MetricStat": {
            "Metric": {"Namespace": "AWS/Lambda", "MetricName": metric, "Dimensions": dimensions},
            "Period": _PERIOD_S,
            "Stat": statistic,
        },
    }

"""Recycles functions whose environments may be older than their tag `dayfly:max-age` allows; a schedule calls it.

It holds no state: what was recycled is known by the time of its last change. What does not fit into one call is done by the
next one, oldest first.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from datetime import datetime
from typing import Any

import boto3
from botocore.config import Config

from dayfly.attach.aws.calls import Caller, CallError
from dayfly.attach.recycle.ageing import TAG, Age, age_of, tagged
from dayfly.attach.recycle.cloudwatch import CloudWatchWitness
from dayfly.attach.recycle.health import FunctionGuard, Health
from dayfly.attach.recycle.metrics import Metrics
from dayfly.attach.recycle.model import Step
from dayfly.attach.recycle.ordering import Means
from dayfly.attach.recycle.pacing import Budget
from dayfly.attach.recycle.recycling import Recycler
from dayfly.attach.recycle.running import Pace, Run
from dayfly.attach.recycle.stopping import Stop
from dayfly.attach.recycle.survey import Survey

# Nothing new is begun so long before the end: what is under way takes no longer but for its proof.
_RESERVE_S = 120.0
_CONCURRENT_S = 900.0


def handle(event: object, context: Any) -> dict[str, object]:
    """Recycle what is due. Raises where it cannot even look, so that the function's own errors say so."""
    began = _time_of(event)
    left_s = context.get_remaining_time_in_millis() / 1000
    config = Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 3})
    client = boto3.client("lambda", config=config)
    logs = boto3.client("logs", config=config)
    caller = Caller(limit_s=60.0)
    is_moving = os.environ.get("MOVE_ALIASES", "false") == "true"
    due: list[Age] = []
    looked = 0
    for function in tagged(caller, boto3.client("resourcegroupstaggingapi", config=config)):
        if function.name == context.function_name:
            continue
        looked += 1
        if function.max_age_s is None:
            _log(
                function=function.name,
                error=f"{TAG} {function.value[:40]!r} is not a duration: use for example 90m, 12h or 2d",
            )
            continue
        try:
            age = age_of(caller, client, logs, function, now=began, is_moving_aliases=is_moving)
        except CallError as error:
            if not error.is_missing:
                _log(function=function.name, error=error.message)
            continue
        if age.is_due:
            _log(function=age.name, due=age.reason)
            due.append(age)
    due.sort(key=lambda age: -age.seconds)
    outcome = (
        _recycle(client, logs, [age.name for age in due], is_moving=is_moving, left_s=left_s) if due else {}
    )
    summary = {"tagged": looked, "due": len(due), "ordered": 0, "proved": 0, "failed": 0, **outcome}
    _log(summary=summary)
    return summary


def _time_of(event: object) -> float:
    """The schedule's own time of this tick, as EventBridge Scheduler writes it: one that comes late judges as one in time."""
    try:
        told = event["time"]  # type: ignore[index]  # whatever somebody calls it with
        return datetime.fromisoformat(str(told)).timestamp()
    except (KeyError, TypeError, ValueError):
        return time.time()


def _recycle(
    client: Any, logs: Any, names: list[str], *, is_moving: bool, left_s: float
) -> dict[str, object]:
    stop = Stop()
    metrics = Metrics(Caller(limit_s=30.0), boto3.client("cloudwatch"))
    alarms = [name for name in os.environ.get("ALARMS", "").split(",") if name]
    health = Health(stop, metrics, alarms=alarms)
    health.begin()
    budget_s = max(0.0, left_s - _RESERVE_S)
    recycler = Recycler(
        client,
        lambda found: CloudWatchWitness(logs, found.log_group),
        limit_s=60.0,
        patience_s=min(60.0, budget_s),
        means=Means(is_latest_only=not is_moving),
        guard=lambda function: FunctionGuard(health, function),
        pause=stop.look_on(time.sleep),
    )
    per_minute = float(os.environ.get("COLD_STARTS_PER_MINUTE", "60"))
    pace = Pace(
        int(os.environ.get("MAX_PARALLEL", "2")), Budget(per_minute), concurrent=_concurrent(metrics, names)
    )
    timer = threading.Timer(budget_s, stop.say, ["the time of this call is over, the next one goes on"])
    timer.daemon = True
    timer.start()
    try:
        outcomes = Run(recycler, health, pace, tell=_tell).run(names, "maximum age")
    finally:
        timer.cancel()
    return {
        "ordered": sum(one.is_ordered for one in outcomes),
        "proved": sum(one.is_proved and not one.error for one in outcomes),
        "failed": sum(not one.is_ordered and not one.stopped for one in outcomes),
        "stopped": stop.reason,
    }


def _concurrent(metrics: Metrics, names: list[str]) -> Any:
    try:
        told = metrics.concurrent(names, time.time() - _CONCURRENT_S, time.time())
    except CallError as error:
        _log(error=f"the number of concurrent environments is unknown: {error.message}")
        told = {}

    def count(found: Survey) -> int:
        return told.get(found.facts.name, 1)

    return count


def _tell(function: str, step: Step) -> None:
    _log(function=function, step=step.text, **({"error": step.error} if step.error else {}))


def _log(**fields: object) -> None:
    sys.stdout.write(json.dumps({"dayfly": "max-age", **fields}) + "\n")
    sys.stdout.flush()

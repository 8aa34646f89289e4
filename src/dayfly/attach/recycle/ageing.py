"""Finds functions whose environments may be older than their tag `dayfly:max-age` allows; for a schedule, and stateless.

Every environment of `$LATEST` began after the last change of the configuration, and every one of a version after it was
published. So a function that was changed, or recycled, within its age is left alone without another look. Of the others, the
log streams tell whether an environment that old was at work lately; where they may not be read, it is recycled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dayfly.attach.aws.calls import Caller, CallError
from dayfly.attach.aws.wording import CredentialsError
from dayfly.attach.recycle.bumping import last_modified
from dayfly.attach.recycle.model import LATEST
from dayfly.errors import DayflyError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient

TAG = "dayfly:max-age"
_AGE = re.compile(r"(?P<number>[1-9][0-9]{0,4})\s*(?P<unit>[mhd])")
_UNITS = {"m": 60.0, "h": 3600.0, "d": 86400.0}
# Below this a schedule would do little else, and cold starts would be the rule.
LEAST_S = 900.0
# Lambda keeps no environment as long as this, busy or idle: a stream without a line since is that of one that is gone.
_ALIVE_S = 24 * 3600.0
_STREAM_PAGES = 20


@dataclass(frozen=True, slots=True)
class Tagged:
    """A function with the tag; `max_age_s` is None where its value is no age."""

    name: str
    value: str
    max_age_s: float | None


@dataclass(frozen=True, slots=True)
class Age:
    """How old a function's environments may be at most, and whether that is too old; `reason` in words."""

    name: str
    seconds: float
    is_due: bool
    reason: str


def parse_age(text: str) -> float:
    """Seconds of an age use for example 90m, 12h or 2d; raises DayflyError for what is none, or less than a
    quarter of an hour."""
    match = _AGE.fullmatch(text.strip())
    if match is None:
        raise DayflyError(f"{TAG} {text[:40]!r} is not a duration", hint="use for example 90m, 12h or 2d")
    seconds = int(match["number"]) * _UNITS[match["unit"]]
    if seconds < LEAST_S:
        raise DayflyError(f"{TAG} {text!r} is less than 15 minutes", hint="use for example 90m, 12h or 2d")
    return seconds


def tagged(caller: Caller, client: Any) -> Iterator[Tagged]:
    """Yield the functions that have the tag, from the Resource Groups Tagging API, a hundred a call; raises CallError.

    Any: a client of "resourcegroupstaggingapi".
    """
    pages = caller.pages(
        client.get_resources,
        "ResourceTagMappingList",
        what=f"cannot look for functions with the tag {TAG}",
        token=("PaginationToken", "PaginationToken"),
        TagFilters=[{"Key": TAG}],
        ResourceTypeFilters=["lambda:function"],
    )
    for resource in pages:
        value = next((str(tag["Value"]) for tag in resource["Tags"] if tag["Key"] == TAG), "")
        try:
            age: float | None = parse_age(value)
        except DayflyError:
            age = None
        yield Tagged(str(resource["ResourceARN"]).split(":")[6], value, age)


def age_of(
    caller: Caller,
    client: LambdaClient,
    logs: CloudWatchLogsClient | None,
    function: Tagged,
    *,
    now: float,
    is_moving_aliases: bool,
) -> Age:
    """Say how old environments of `function` may be; `max_age_s` must be known. Raises CallError where nobody can say.

    Versions count only with `is_moving_aliases`: where aliases stay, an order would not replace theirs.
    """
    assert function.max_age_s is not None
    name = function.name
    configuration = _configuration(caller, client, name, LATEST)
    times = {LATEST: last_modified(configuration)}
    if is_moving_aliases:
        served = {
            version
            for alias in caller.pages(
                client.list_aliases, "Aliases", what=f"cannot list the aliases of {name}", FunctionName=name
            )
            for version in (
                alias["FunctionVersion"],
                *((alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}),
            )
        }
        for version in sorted(served - {LATEST}):
            times[version] = last_modified(_configuration(caller, client, name, version))
    age = now - min(times.values())
    if age <= function.max_age_s:
        return Age(name, age, False, "changed within this age")
    if logs is None:
        return Age(name, age, True, f"not changed for {_words(age)}")
    group = str((configuration.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{name}")
    old = [version for version, time in times.items() if now - time > function.max_age_s]
    try:
        oldest = _oldest_at_work(caller, logs, group, old, now=now)
    except CredentialsError:
        raise
    except CallError as error:
        if error.is_missing:
            return Age(name, age, False, "it has no logs: nothing ran")
        return Age(name, age, True, f"not changed for {_words(age)}; its logs cannot be read")
    if oldest is None or now - oldest <= function.max_age_s:
        return Age(name, age, False, "no environment of that age was active recently")
    return Age(
        name,
        now - oldest,
        True,
        f"an environment that started {_words(now - oldest)} ago was active recently",
    )


def _configuration(caller: Caller, client: LambdaClient, name: str, qualifier: str) -> Any:
    return caller.call(
        client.get_function_configuration,
        what=f"cannot read the configuration of {name}:{qualifier}",
        FunctionName=name,
        Qualifier=qualifier,
    )


def _oldest_at_work(
    caller: Caller, logs: CloudWatchLogsClient, group: str, versions: Sequence[str], *, now: float
) -> float | None:
    """When the oldest of the environments began that run one of `versions` and logged lately, None where there is none."""
    began: list[float] = []
    token: dict[str, Any] = {}
    for _ in range(_STREAM_PAGES):
        answer: Any = caller.call(
            logs.describe_log_streams,
            what=f"cannot read the log group {group}",
            logGroupName=group,
            orderBy="LastEventTime",
            descending=True,
            **token,
        )
        for stream in answer.get("logStreams", ()):
            # lastEventTimestamp may be an hour late, lastIngestionTime is not:
            # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogStream.html
            last = max(stream.get("lastEventTimestamp") or 0, stream.get("lastIngestionTime") or 0) / 1000
            if last < now - _ALIVE_S:
                return min(began, default=None)
            named = re.search(r"\[(\$LATEST|\d+)\]", str(stream.get("logStreamName")))
            if named is None or named[1] in versions:
                began.append(stream.get("creationTime", 0) / 1000)
        if not (following := answer.get("nextToken")):
            break
        token = {"nextToken": str(following)}
    return min(began, default=None)


def _words(seconds: float) -> str:
    hours = seconds / 3600
    return f"{hours:.1f} h" if hours < 72 else f"{hours / 24:.1f} d"

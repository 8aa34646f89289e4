"""CloudWatch Logs of an account into a running collector, page by page, and no page in vain.

FilterLogEvents: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html. A page
may be empty and not the last, and a token lives for a day; events come in the order of their time, so that a page says
that all before its first event has been seen. Where a page goes back in time after all, only the whole span counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dayfly.errors import DayflyError
from dayfly.fleet.ingest.envelopes import WireLine, version_of
from dayfly.fleet.ingest.spans import Checkpoint, missing
from dayfly.fleet.lifetimes.cloudwatch import FLEET_FILTER, telling
from dayfly.fleet.lifetimes.messages import name_of_function

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dayfly.fleet.ingest.shipping import Shipper

# CloudWatch shows an event some time after its own time; what is younger is fetched again by the next pull.
SETTLED_SECONDS = 15 * 60
_THROTTLED = ("ThrottlingException", "ServiceUnavailableException", "LimitExceededException")
_MAX_PAUSE = 30.0
_MANY_PAUSES = 20


@dataclass(slots=True)
class Pulled:
    """What a pull has done; `gone` are groups that were deleted meanwhile."""

    groups: int = 0
    pages: int = 0
    lines: int = 0
    gone: list[str] = field(default_factory=list)


class Puller:
    """Pulls groups of one account and region. `begun` is told what is being read."""

    def __init__(
        self,
        client: Any,
        shipper: Shipper,
        checkpoint: Checkpoint,
        *,
        place: str = "",
        sleep: Callable[[float], None],
        begun: Callable[[str], None] | None = None,
    ) -> None:
        """`place` sets what was sent to one collector apart from what was sent to another."""
        self._client = client
        self._shipper = shipper
        self._checkpoint = checkpoint
        self._place = place
        self._sleep = sleep
        self._begun = begun or (lambda text: None)
        self._region = str(client.meta.region_name)
        self._account = ""
        self.pulled = Pulled()

    def pull(self, groups: Sequence[str], *, begin: int, end: int) -> Pulled:
        """Fetch what is missing between two moments (milliseconds since 1970; `end` is now, at most).

        Raises DayflyError where a group may not be read or the collector takes nothing; what was fetched until then
        is not fetched again.
        """
        for group in groups:
            self._begun(group)
            try:
                with telling(group):
                    self._pull_group(group, begin, end)
            except DayflyError as error:
                if len(groups) > 1 and "ResourceNotFoundException" in error.message:
                    self.pulled.gone.append(group)
                    continue
                raise
            self.pulled.groups += 1
        return self.pulled

    def _pull_group(self, group: str, begin: int, end: int) -> None:
        self._account = self._account or _account(self._client, group)
        name = " ".join((self._place, self._account, self._region, group)).strip()
        for first, last in missing(self._checkpoint.covered(name), begin, end):
            self._pull_span(group, name, first, last, settled=min(last, end - SETTLED_SECONDS * 1000))

    def _pull_span(self, group: str, name: str, first: int, last: int, *, settled: int) -> None:
        token, newest, is_ordered = "", first, True
        while True:
            page = self._page(group, first, last, token)
            self.pulled.pages += 1
            events = page["events"]
            for event in events:
                self._shipper.add(self._line(event, group))
            self.pulled.lines += len(events)
            token = page.get("nextToken", "")
            if events:
                times = [event["timestamp"] for event in events]
                is_ordered = is_ordered and [newest, *times] == sorted([newest, *times])
                newest = times[-1]
            if not token:
                break
            if events and is_ordered:
                self._shipper.flush()
                self._checkpoint.cover(name, first, min(times[0], settled))
        self._shipper.flush()
        self._checkpoint.cover(name, first, settled)

    def _page(self, group: str, first: int, last: int, token: str) -> dict[str, Any]:
        from botocore.exceptions import ClientError

        asked = {"nextToken": token} if token else {}
        pause = 1.0
        for _ in range(_MANY_PAUSES):
            try:
                # Its `endTime` is the last moment that counts.
                found: dict[str, Any] = self._client.filter_log_events(
                    logGroupName=group, startTime=first, endTime=last - 1, filterPattern=FLEET_FILTER, **asked
                )
                return found
            except ClientError as error:
                # boto3 has tried several times by now; five calls a second are shared by the whole account.
                if error.response.get("Error", {}).get("Code", "") not in _THROTTLED:
                    raise
            self._begun(f"{group}: CloudWatch Logs limits the request rate; retry in {pause:.0f} s")
            self._sleep(pause)
            pause = min(pause * 2, _MAX_PAUSE)
        raise DayflyError(
            f"CloudWatch Logs still rejects requests for {group}: too many requests",
            hint="run the command again later: it continues where it stopped",
        )

    def _line(self, event: dict[str, Any], group: str) -> WireLine:
        stream = event["logStreamName"]
        return WireLine(
            time=event["timestamp"] / 1000,
            message=event["message"],
            stream=stream,
            group=group,
            function=name_of_function(stream, group),
            account=self._account,
            region=self._region,
            version=version_of(stream),
        )


def _account(client: Any, group: str) -> str:
    """The account that a group is of, from its ARN; "" where it is not told."""
    for found in client.describe_log_groups(logGroupNamePrefix=group, limit=1)["logGroups"]:
        parts = str(found.get("arn", "")).split(":")
        return parts[4] if len(parts) > 4 else ""
    return ""

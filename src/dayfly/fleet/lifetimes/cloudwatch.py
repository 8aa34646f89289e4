"""CloudWatch Logs of an account as sightings, read by boto3 with as few calls as the question allows."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from dayfly.core.loglines import PRODUCT
from dayfly.errors import DayflyError
from dayfly.fleet.lifetimes.messages import name_of_function, read_message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dayfly.fleet.lifetimes.model import Sighting

GROUP = "/aws/lambda/"
# What tells of environments and nothing of customers: the function's own lines are never fetched.
_PATTERNS = ("INIT_START", "START RequestId", "REPORT RequestId", '"platform.start"', '"platform.report"')
_FILTER = " ".join(f'?"{pattern}"' if '"' not in pattern else f"?{pattern}" for pattern in _PATTERNS)
# The same and what Dayfly writes: of the function's own lines, those alone that name it.
FLEET_FILTER = f"{_FILTER} ?{PRODUCT}"


def find_groups(client: Any, functions: tuple[str, ...]) -> list[str]:
    """The log groups of these functions (names or groups), of all functions where there is none named."""
    if functions:
        return [name if name.startswith("/") else GROUP + name for name in functions]
    pages = client.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=GROUP)
    return [group["logGroupName"] for page in pages for group in page["logGroups"]]


def read_group(
    client: Any, group: str, *, begin: float, end: float, tick: Callable[[], None] | None = None
) -> Iterator[Sighting]:
    """Sightings between two moments (seconds since 1970); `tick` is called once per page.

    Raises DayflyError where the group does not exist or may not be read.
    """
    pages = client.get_paginator("filter_log_events").paginate(
        logGroupName=group, startTime=int(begin * 1000), endTime=int(end * 1000), filterPattern=_FILTER
    )
    with telling(group):
        for page in pages:
            if tick is not None:
                tick()
            for event in page["events"]:
                stream = event["logStreamName"]
                yield read_message(
                    event["message"],
                    stream=stream,
                    time=event["timestamp"] / 1000,
                    function=name_of_function(stream, group),
                )


@contextmanager
def telling(group: str) -> Iterator[None]:
    """Turn what goes wrong with a group into a DayflyError that says what to do."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        hint = (
            "give an existing function, or its log group"
            if code == "ResourceNotFoundException"
            else "the role needs logs:FilterLogEvents and logs:DescribeLogGroups; set a region"
        )
        raise DayflyError(f"cannot read {group}: {code}", hint=hint) from error
    except BotoCoreError as error:
        raise DayflyError(
            f"cannot read {group}: {error}", hint="set credentials and a region, as for the AWS CLI"
        ) from error

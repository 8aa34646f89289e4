"""Changes one variable of a function and waits until Lambda has done it: everything else stays as it was.

Each try reads the configuration anew and names its revision, so a change that somebody else makes meanwhile is never
undone; a try whose answer was lost is recognised by its stamp, so nothing is done twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from dayfly.attach.aws.calls import code_of, explain
from dayfly.attach.recycle.model import VARIABLE, Order, RecycleError
from dayfly.attach.recycle.survey import read_variables

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_lambda.type_defs import EnvironmentTypeDef

_THROTTLED = frozenset(
    {
        "TooManyRequestsException",
        "ThrottlingException",
        "Throttling",
        "RequestLimitExceeded",
        "RequestThrottled",
    }
)
_BROKEN = frozenset({"ServiceException", "ServiceUnavailable", "InternalFailure", "InternalServerError"})
_CHANGED = frozenset({"PreconditionFailedException", "ResourceConflictException"})
_FIRST_DELAY_S = 0.25
_LAST_DELAY_S = 8.0
_POLL_S = 0.5
# Lambda takes seconds; with a VPC up to minutes. AWS's own waiter gives five minutes.
LIMIT_S = 300.0


class Bumper:
    """Gives the order. `clock` tells seconds since the epoch, `sleep` waits."""

    def __init__(
        self,
        client: LambdaClient,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        random: Random | None = None,
        limit_s: float = LIMIT_S,
    ) -> None:
        self._client = client
        self._clock = clock
        self._sleep = sleep
        self._random = random or Random()
        self._limit_s = limit_s

    def bump(self, function: str, stamp: str) -> Order:
        """Set VARIABLE to `stamp` and return once new environments have it.

        Raises DayflyError, which says whether anything was changed.
        """
        began = self._clock()
        until = began + self._limit_s
        tries = 0
        is_asked = False
        asked = began
        while True:
            configuration = self._ready(function, until, is_asked=is_asked)
            variables = read_variables(configuration)
            if variables.get(VARIABLE) == stamp:
                break
            tries += 1
            asked = self._clock()
            try:
                changed: EnvironmentTypeDef = {"Variables": {**variables, VARIABLE: stamp}}
                if revision := configuration.get("RevisionId"):
                    self._client.update_function_configuration(
                        FunctionName=function, RevisionId=revision, Environment=changed
                    )
                else:  # moto tells none; Lambda always does
                    self._client.update_function_configuration(FunctionName=function, Environment=changed)
                is_asked = True
            except (ClientError, BotoCoreError) as error:
                # Botocore's own errors include connections that broke after the request was sent.
                is_asked = is_asked or isinstance(error, BotoCoreError)
                if code_of(error) not in _CHANGED | _THROTTLED | _BROKEN and not isinstance(
                    error, BotoCoreError
                ):
                    raise explain(error, f"Lambda refused the change of {function}") from error
                self._wait(error, tries, until, f"the change of {function}")
        effective = self._clock()
        ordered = _time_of(configuration, asked=asked)
        return Order(function, stamp, ordered, effective, effective - began, tries)

    def _ready(self, function: str, until: float, *, is_asked: bool) -> Mapping[str, Any]:
        """Return the configuration once no update is under way.

        Not botocore's waiter, which gives up at the first throttle.
        """
        # Any: the answer is botocore's dictionary.
        tries = 0
        while True:
            try:
                configuration: Mapping[str, Any] = self._client.get_function_configuration(
                    FunctionName=function
                )
            except (ClientError, BotoCoreError) as error:
                if code_of(error) not in _THROTTLED | _BROKEN and not isinstance(error, BotoCoreError):
                    raise explain(error, f"cannot read the configuration of {function}") from error
                tries += 1
                self._wait(error, tries, until, f"the configuration of {function}")
                continue
            status = configuration.get("LastUpdateStatus", "Successful")
            state = configuration.get("State", "Active")
            if status == "Failed" and is_asked:
                reason = configuration.get("LastUpdateStatusReason", "no reason given")
                raise RecycleError(
                    f"Lambda did not carry out the change of {function}: {reason}",
                    hint="the old environments still serve; see the function's last update in the console of AWS",
                )
            if state == "Failed":
                raise RecycleError(
                    f"the function {function} is in state Failed: {configuration.get('StateReason', '')}",
                    hint="no environment of it serves; nothing was changed",
                )
            if status != "InProgress" and state != "Pending":
                return configuration
            if self._clock() > until:
                raise RecycleError(
                    f"an update of {function} is still in progress after {self._limit_s:.0f} s",
                    hint="the order may take effect yet; run it again to see"
                    if is_asked
                    else "try again later",
                )
            self._sleep(_POLL_S)

    def _wait(self, error: Exception, tries: int, until: float, what: str) -> None:
        delay: float = _FIRST_DELAY_S * 2 ** min(tries - 1, 10)
        delay = min(_LAST_DELAY_S, delay) * self._random.uniform(0.5, 1.0)
        if self._clock() + delay > until:
            raise explain(error, f"gave up on {what} after {self._limit_s:.0f} s") from error
        self._sleep(delay)


def _time_of(configuration: Mapping[str, Any], *, asked: float) -> float:
    """Return Lambda's own time of the last change: its logs go by the same clock, this machine's may be off."""
    try:
        told = datetime.strptime(str(configuration["LastModified"]), "%Y-%m-%dT%H:%M:%S.%f%z").timestamp()
    except (KeyError, ValueError):
        return asked
    # Some answers leave the milliseconds at zero; where this machine's clock fits into that second, it is finer.
    return min(max(asked, told), told + 0.999) if told == int(told) else told

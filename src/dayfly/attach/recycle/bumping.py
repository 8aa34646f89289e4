"""Changes one variable of a function and waits until Lambda has done it: everything else stays as it was.

Each try reads the configuration anew and names its revision, so a change that somebody else makes meanwhile is never
undone; a try whose answer was lost is recognised by its stamp, so nothing is done twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dayfly.attach.aws.calls import LIMIT_S, Caller, CallError, LostAnswerError
from dayfly.attach.recycle.model import VARIABLE, Order, RecycleError
from dayfly.attach.recycle.survey import read_variables

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_lambda.type_defs import EnvironmentTypeDef

__all__ = ["LIMIT_S", "Bumper", "ready"]

_CHANGED = frozenset({"PreconditionFailedException", "ResourceConflictException"})
_POLL_S = 0.5


class Bumper:
    """Gives the order. `clock` tells seconds since the epoch."""

    def __init__(
        self, caller: Caller, client: LambdaClient, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._caller = caller
        self._client = client
        self._clock = clock

    def bump(self, function: str, stamp: str) -> Order:
        """Set VARIABLE to `stamp` and return once new environments have it.

        Raises DayflyError, which says whether anything was changed.
        """
        began = self._clock()
        until = self._caller.clock() + self._caller.limit_s
        tries = 0
        is_asked = False
        asked = began
        while True:
            configuration = ready(self._caller, self._client, function, is_asked=is_asked)
            variables = read_variables(configuration)
            if variables.get(VARIABLE) == stamp:
                break
            tries += 1
            asked = self._clock()
            changed: EnvironmentTypeDef = {"Variables": {**variables, VARIABLE: stamp}}
            # moto tells no revision; Lambda always does.
            revision = configuration.get("RevisionId")
            named = {"RevisionId": revision} if revision else {}
            try:
                self._caller.call(
                    self._client.update_function_configuration,
                    what=f"Lambda rejected the change of {function}",
                    is_repeatable=False,
                    FunctionName=function,
                    Environment=changed,
                    **named,
                )
                is_asked = True
            except CallError as error:
                is_asked = is_asked or isinstance(error, LostAnswerError)
                if error.code not in _CHANGED and not isinstance(error, LostAnswerError):
                    raise _unchanged(error) from error
                delay = self._caller.delay(tries)
                if self._caller.clock() + delay > until:
                    raise RecycleError(
                        f"gave up on the change of {function} after {self._caller.limit_s:.0f} s: {error.message}",
                        hint=error.hint,
                    ) from error
                self._caller.sleep(delay)
        effective = self._clock()
        ordered = _time_of(configuration, asked=asked)
        return Order(function, stamp, ordered, effective, effective - began, tries)


def ready(
    caller: Caller, client: LambdaClient, function: str, *, qualifier: str = "", is_asked: bool = False
) -> Mapping[str, Any]:
    """Return the configuration of a function, or of its version `qualifier`, once no update of it is under way.

    Not botocore's waiter, which gives up at the first throttle. `is_asked`: the update under way is ours, and its failure
    an error. Raises DayflyError where it cannot be read, failed, or does not end.
    """
    # Any: the answer is botocore's dictionary.
    until = caller.clock() + caller.limit_s
    name = f"{function}:{qualifier}" if qualifier else function
    wanted: dict[str, Any] = {"Qualifier": qualifier} if qualifier else {}
    while True:
        configuration: Mapping[str, Any] = caller.call(
            client.get_function_configuration,
            what=f"cannot read the configuration of {name}",
            FunctionName=function,
            **wanted,
        )
        status = configuration.get("LastUpdateStatus", "Successful")
        state = configuration.get("State", "Active")
        if status == "Failed" and is_asked:
            reason = configuration.get("LastUpdateStatusReason", "no reason given")
            raise RecycleError(
                f"Lambda did not apply the change of {name}: {reason}",
                hint="the old environments still serve; see the function's last update in the AWS console",
            )
        if state == "Failed":
            raise RecycleError(
                f"{name} is in state Failed: {configuration.get('StateReason', '')}",
                hint="no environment of it serves; nothing was changed",
            )
        if status != "InProgress" and state != "Pending":
            return configuration
        if caller.clock() > until:
            raise RecycleError(
                f"an update of {name} is still in progress after {caller.limit_s:.0f} s",
                hint="the change may still take effect; run the command again to check"
                if is_asked
                else "try again later",
            )
        caller.sleep(_POLL_S)


def _unchanged(error: CallError) -> CallError:
    if error.code == "InvalidParameterValueException":
        return CallError(
            error.message, hint="all variables together may have 4 KB; nothing was changed", code=error.code
        )
    return error


def _time_of(configuration: Mapping[str, Any], *, asked: float) -> float:
    """Return Lambda's own time of the last change: its logs go by the same clock, this machine's may be off."""
    told = last_modified(configuration)
    if not told:
        return asked
    # Some answers leave the milliseconds at zero; where this machine's clock fits into that second, it is finer.
    return min(max(asked, told), told + 0.999) if told == int(told) else told


def last_modified(configuration: Mapping[str, Any]) -> float:
    """When the configuration was changed last, in seconds since the epoch; 0 where it does not tell."""
    try:
        told = datetime.fromisoformat(str(configuration["LastModified"]))
        return (told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp()
    except (KeyError, ValueError):
        return 0.0

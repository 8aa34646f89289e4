"""Makes provisioned concurrency anew on a new version, and takes it from the old one.

A version has one configuration at most, of its own or through an alias, and an alias that moves takes its own along
(https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dayfly.attach.aws.calls import Caller, CallError
from dayfly.attach.recycle.model import RecycleError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_POLL_S = 1.0
# Lambda allocates up to 6,000 environments a minute; each runs the function's init first.
_LIMIT_S = 900.0


def requested(caller: Caller, client: LambdaClient, function: str, qualifier: str) -> int:
    """Return how many environments somebody asked for; 0 where there is no such configuration."""
    try:
        answer = caller.call(
            client.get_provisioned_concurrency_config,
            what=f"cannot read the provisioned concurrency of {function}:{qualifier}",
            FunctionName=function,
            Qualifier=qualifier,
        )
    except CallError as error:
        if error.code == "ProvisionedConcurrencyConfigNotFoundException" or error.is_missing:
            return 0
        raise
    return int(answer.get("RequestedProvisionedConcurrentExecutions") or 0)


def put(caller: Caller, client: LambdaClient, function: str, qualifier: str, count: int) -> float:
    """Ask for `count` environments of `qualifier`, wait until they are there, and return how many seconds that took.

    Raises DayflyError where Lambda does not make them.
    """
    began = caller.clock()
    caller.call(
        client.put_provisioned_concurrency_config,
        what=f"Lambda rejected {count} provisioned environments of {function}:{qualifier}",
        FunctionName=function,
        Qualifier=qualifier,
        ProvisionedConcurrentExecutions=count,
    )
    while True:
        answer = caller.call(
            client.get_provisioned_concurrency_config,
            what=f"cannot read the provisioned concurrency of {function}:{qualifier}",
            FunctionName=function,
            Qualifier=qualifier,
        )
        status = answer.get("Status")
        if status == "READY":
            return caller.clock() - began
        if status == "FAILED":
            raise RecycleError(
                (
                    f"provisioned environments of {function}:{qualifier} were not created: "
                    f"{answer.get('StatusReason', '')}"
                ),
                hint="see the account's concurrency and the function's init",
            )
        if caller.clock() > began + _LIMIT_S:
            raise RecycleError(
                f"provisioned environments of {function}:{qualifier} are not ready after {_LIMIT_S:.0f} s",
                hint="see the function's provisioned concurrency in the AWS console",
            )
        caller.sleep(_POLL_S)


def remove(caller: Caller, client: LambdaClient, function: str, qualifier: str) -> None:
    """Take the configuration of `qualifier` away; where there is none, that is right, too."""
    try:
        caller.call(
            client.delete_provisioned_concurrency_config,
            what=f"cannot remove the provisioned concurrency of {function}:{qualifier}",
            FunctionName=function,
            Qualifier=qualifier,
        )
    except CallError as error:
        if error.code != "ProvisionedConcurrencyConfigNotFoundException" and not error.is_missing:
            raise

"""Publishes a version of `$LATEST` as it is after the bump, and waits until it can serve: with SnapStart, for its snapshot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dayfly.attach.aws.calls import Caller, CallError
from dayfly.attach.recycle.bumping import ready
from dayfly.attach.recycle.model import VARIABLE, RecycleError
from dayfly.attach.recycle.sameness import differences
from dayfly.attach.recycle.survey import read_variables

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_TRIES = 5


def publish(
    caller: Caller, client: LambdaClient, function: str, *, stamp: str, same_as: Sequence[str]
) -> str:
    """Return the number of a new version that carries `stamp` and else is what each version of `same_as` is.

    The comparison is made again on the very revision that is published: what somebody uploads meanwhile must not be put
    into service by a recycling. Raises DayflyError where it was not published; no alias was touched then.
    """
    versions = {version: _configuration(caller, client, function, version) for version in same_as}
    for tries in range(1, _TRIES + 1):
        latest = ready(caller, client, function)
        _check(function, latest, versions, stamp)
        named = {"RevisionId": latest["RevisionId"]} if latest.get("RevisionId") else {}
        try:
            # Repeatable: Lambda publishes nothing where nothing changed since the last version
            # (https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html).
            answer: Mapping[str, Any] = caller.call(
                client.publish_version,
                what=f"Lambda rejected publishing a version of {function}",
                FunctionName=function,
                CodeSha256=latest["CodeSha256"],
                **named,
            )
        except CallError as error:
            if error.code not in ("PreconditionFailedException", "ResourceConflictException"):
                raise
            caller.sleep(caller.delay(tries))
            continue
        # Without the variables where they may not be read; then `_check` has refused above.
        if (answer.get("Environment") or {}).get("Variables", {}).get(VARIABLE) != stamp:
            raise RecycleError(
                f"version {answer.get('Version')} of {function} does not have the new DAYFLY_RECYCLED value",
                hint="the function was changed during this run; run the command again",
            )
        return str(answer["Version"])
    raise RecycleError(
        f"another user or tool keeps changing {function}: no version was published",
        hint="run the command again when that deployment has ended",
    )


def wait_until_active(caller: Caller, client: LambdaClient, function: str, version: str) -> None:
    """Return once `version` can serve; a version with SnapStart is Pending until its snapshot is made.

    Raises RecycleError where it fails.
    """
    try:
        ready(caller, client, function, qualifier=version)
    except RecycleError as error:
        raise RecycleError(
            error.message, hint=f"no alias was moved to version {version}; the old ones still serve"
        ) from error


def _configuration(caller: Caller, client: LambdaClient, function: str, version: str) -> Mapping[str, Any]:
    return caller.call(
        client.get_function_configuration,
        what=f"version {version} of {function} could not be read",
        FunctionName=function,
        Qualifier=version,
    )


def _check(
    function: str, latest: Mapping[str, Any], versions: Mapping[str, Mapping[str, Any]], stamp: str
) -> None:
    for version, configuration in versions.items():
        if found := differences(latest, configuration):
            raise RecycleError(
                (
                    f"$LATEST of {function} was changed during this run in {', '.join(found)}: no version was "
                    "published"
                ),
                hint=f"a new version would deploy changes since version {version}; run the command again",
            )
    if read_variables(latest).get(VARIABLE) != stamp:
        raise RecycleError(
            f"DAYFLY_RECYCLED of {function} was changed during this run: no version was published",
            hint="another user or tool recycles or deploys it; run the command again",
        )

"""Looks at a function before anything is changed: its variables, and what a bump of `$LATEST` would not reach."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from dayfly.attach.aws.calls import explain
from dayfly.attach.recycle.model import Reach, RecycleError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_LATEST = "$LATEST"
_STACK_TAG = "aws:cloudformation:stack-name"
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Survey:
    """A function as it stands: `timeout_s` of one invocation, its log group, and the reach of a bump."""

    function: str
    arn: str
    timeout_s: float
    log_group: str
    reach: Reach


def survey(client: LambdaClient, function: str) -> Survey:
    """Ask Lambda about `function`.

    Raises CallError where it is not there or may not be read. What else may not be read is a note, not an error: an
    order that is needed now must not wait for a permission to list aliases.
    """
    try:
        answer: Mapping[str, Any] = client.get_function(FunctionName=function)
    except (ClientError, BotoCoreError) as error:
        raise explain(error, f"cannot read the function {function}") from error
    configuration = answer["Configuration"]
    unknown: list[str] = []

    def listed(what: str, operation: Callable[[], Iterator[Mapping[str, Any]]]) -> list[Mapping[str, Any]]:
        try:
            return list(operation())
        except (ClientError, BotoCoreError) as error:
            unknown.append(explain(error, f"{what} could not be looked at").message)
            return []

    def pages(operation: str, key: str) -> Callable[[], Iterator[Mapping[str, Any]]]:
        # One name for three operations of different types: what each returns is read with care below.
        paginate: Any = client.get_paginator(operation).paginate  # type: ignore[call-overload]
        return lambda: (item for page in paginate(FunctionName=function) for item in page.get(key, []))

    aliases = listed("aliases", pages("list_aliases", "Aliases"))
    versions = listed("versions", pages("list_versions_by_function", "Versions"))
    provisioned = listed(
        "provisioned concurrency",
        pages("list_provisioned_concurrency_configs", "ProvisionedConcurrencyConfigs"),
    )
    return Survey(
        function=function,
        arn=str(configuration["FunctionArn"]),
        timeout_s=float(configuration.get("Timeout", 3)),
        log_group=str(
            (configuration.get("LoggingConfig") or {}).get("LogGroup")
            or f"/aws/lambda/{configuration['FunctionName']}"
        ),
        reach=judge_reach(
            configuration,
            aliases=aliases,
            versions=versions,
            provisioned=provisioned,
            tags=answer.get("Tags") or {},
            unknown=unknown,
        ),
    )


def judge_reach(
    configuration: Mapping[str, Any],
    *,
    aliases: list[Mapping[str, Any]],
    versions: list[Mapping[str, Any]],
    provisioned: list[Mapping[str, Any]],
    tags: Mapping[str, str],
    unknown: list[str],
) -> Reach:
    """Say what a bump reaches; published versions never change, so whatever runs one of them is not reached."""
    # Any: these are answers of AWS as botocore hands them out.
    published = [str(version.get("Version")) for version in versions if version.get("Version") != _LATEST]
    reached = ["invocations without a qualifier, and of $LATEST"]
    unreached, notes = [], list(unknown)
    for alias in aliases:
        routed = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
        targets = sorted({str(alias.get("FunctionVersion")), *map(str, routed)})
        if targets == [_LATEST]:
            reached.append(f"the alias {alias.get('Name')}")
        else:
            fixed = " and ".join(target for target in targets if target != _LATEST)
            unreached.append(f"the alias {alias.get('Name')}, which serves version {fixed}")
    if published:
        shown = ", ".join(published[:_SHOWN]) + (" and more" if len(published) > _SHOWN else "")
        unreached.append(f"invocations of a published version by its number: {shown}")
    for item in provisioned:
        qualifier = str(item.get("FunctionArn", "")).rpartition(":")[2]
        count = item.get("AllocatedProvisionedConcurrentExecutions", "?")
        unreached.append(f"{count} provisioned environments of {qualifier}")
    if (configuration.get("SnapStart") or {}).get("ApplyOn") == "PublishedVersions" and published:
        notes.append(
            "SnapStart: environments of published versions begin from a snapshot taken when they were published"
        )
    if configuration.get("CapacityProviderConfig"):
        notes.append(
            "the function runs on managed instances; how they take a new configuration was never tried"
        )
    if stack := tags.get(_STACK_TAG):
        notes.append(f"the stack {stack} will show one variable more as drift, until its next deployment")
    return Reach(tuple(reached), tuple(unreached), tuple(notes))


def read_variables(configuration: Mapping[str, Any]) -> dict[str, str]:
    """Return the function's variables, all of them.

    Raises RecycleError where they cannot be read: an update replaces them as a whole, so one that does not know them
    would delete them.
    """
    environment = configuration.get("Environment") or {}
    if error := environment.get("Error"):
        raise RecycleError(
            f"the variables of {configuration.get('FunctionName')} cannot be read: {error.get('ErrorCode')}; "
            "nothing was changed",
            hint="an update would delete them; give this role kms:Decrypt on the function's key",
        )
    return dict(environment.get("Variables") or {})

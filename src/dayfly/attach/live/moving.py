"""Publishes a version and moves an alias to it, if that changes nothing for the alias but Dayfly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dayfly.attach.aws.calls import Caller, CallError
from dayfly.attach.aws.facts import FunctionFacts, environment_of
from dayfly.attach.aws.wording import CredentialsError
from dayfly.attach.live.history import names_of_dayfly
from dayfly.attach.live.model import Outcome, State, is_dayfly_layer
from dayfly.attach.live.updating import Updater

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_POLL_S = 1.0
# What may differ between the alias's version and $LATEST without the move being a deployment of something else.
_COMPARED = (
    "CodeSha256",
    "DeadLetterConfig",
    "EphemeralStorage",
    "FileSystemConfigs",
    "Handler",
    "MemorySize",
    "Role",
    "Runtime",
    "Timeout",
    "TracingConfig",
)


class Mover:
    """Moves aliases of functions of one account and region."""

    def __init__(self, caller: Caller, client: LambdaClient, updater: Updater) -> None:
        self._caller = caller
        self._client = client
        self._updater = updater

    def move(self, function: str, facts: FunctionFacts, alias: str) -> Outcome:
        """Publish `$LATEST` as it is and have `alias` serve it; an outcome, whatever happens but CredentialsError.

        Refused where the alias shares its traffic between versions, or where the move would also deploy other code or
        other settings than the alias serves now.
        """
        try:
            return self._move(function, facts, alias)
        except CredentialsError:
            raise
        except CallError as error:
            return Outcome(
                function,
                State.FAILED,
                f"the alias {alias} was not moved: {error.message}",
                error.hint,
                facts.arn,
            )

    def _move(self, function: str, facts: FunctionFacts, alias: str) -> Outcome:
        def refused(text: str, hint: str) -> Outcome:
            return Outcome(function, State.REFUSED, text, hint, facts.arn)

        told = self._caller.call(
            self._client.get_alias, what=f"cannot read the alias {alias}", FunctionName=function, Name=alias
        )
        serving = str(told["FunctionVersion"])
        if serving == "$LATEST":
            return Outcome(function, State.ALREADY, f"the alias {alias} serves $LATEST", arn=facts.arn)
        if (told.get("RoutingConfig") or {}).get("AdditionalVersionWeights"):
            return refused(
                f"the alias {alias} was not moved, because it splits traffic between versions",
                "wait until that deployment ends",
            )
        now, latest = (
            self._caller.call(
                self._client.get_function_configuration,
                what=f"cannot read version {qualifier}",
                FunctionName=function,
                Qualifier=qualifier,
            )
            for qualifier in (serving, "$LATEST")
        )
        if differing := differences(now, latest):
            return refused(
                f"the alias {alias} was not moved: that would also deploy changes of "
                f"{', '.join(differing)} since version {serving}",
                "deploy those changes first, or publish and move the alias yourself",
            )
        if _same_dayfly(now, latest):
            return Outcome(function, State.ALREADY, f"the alias {alias} already serves it", arn=facts.arn)
        request: dict[str, Any] = {"FunctionName": function, "Description": "Dayfly attached or detached"}
        if sha := latest.get("CodeSha256"):
            request["CodeSha256"] = sha
        if revision := latest.get("RevisionId"):
            request["RevisionId"] = revision
        self._updater.write("publishing", arn=facts.arn, alias=alias, version=serving)
        version = str(
            self._caller.call(
                self._client.publish_version, what=f"cannot publish a version of {function}", **request
            )["Version"]
        )
        if trouble := self._until_ready(function, version):
            return Outcome(
                function,
                State.FAILED,
                f"version {version} was published and did not become ready ({trouble}); the alias {alias} was not moved",
                "",
                facts.arn,
            )
        moved: dict[str, Any] = {"FunctionName": function, "Name": alias, "FunctionVersion": version}
        if revision := told.get("RevisionId"):
            moved["RevisionId"] = revision
        self._caller.call(self._client.update_alias, what=f"cannot move the alias {alias}", **moved)
        self._updater.write("moved", arn=facts.arn, alias=alias, former=serving, version=version)
        return Outcome(
            function,
            State.DONE,
            f"the alias {alias} was moved from version {serving} to {version}",
            arn=facts.arn,
        )

    def _until_ready(self, function: str, version: str) -> str:
        """Wait for a version to be ready, which with SnapStart takes minutes; return what is wrong with it, or ""."""
        until = self._caller.clock() + self._caller.limit_s
        while True:
            told = self._caller.call(
                self._client.get_function_configuration,
                what=f"cannot read version {version}",
                FunctionName=function,
                Qualifier=version,
            )
            state = told.get("State", "Active")
            if state == "Failed":
                return str(told.get("StateReason") or "no reason given")
            if state != "Pending":
                return ""
            if self._caller.clock() > until:
                return f"still pending after {self._caller.limit_s:.0f} s"
            self._caller.sleep(_POLL_S)


def differences(now: Mapping[str, Any], latest: Mapping[str, Any]) -> list[str]:
    """Return in what two configurations differ apart from Dayfly; names, never values. Pure."""
    differing = [name for name in _COMPARED if (now.get(name) or None) != (latest.get(name) or None)]
    if _layers(now) != _layers(latest):
        differing.append("set of layers")
    before, after = environment_of(now), environment_of(latest)
    if not before.is_readable or not after.is_readable:
        differing.append("set of variables (one cannot be read)")
    else:
        mine = {*names_of_dayfly(before.variables), *names_of_dayfly(after.variables)}
        names = (before.variables.keys() | after.variables.keys()) - mine
        differing += [
            f"value of {name}"
            for name in sorted(names)
            if before.variables.get(name) != after.variables.get(name)
        ]
    return differing


def _layers(configuration: Mapping[str, Any]) -> list[str]:
    arns = (str(layer.get("Arn")) for layer in configuration.get("Layers") or ())
    return [arn for arn in arns if not is_dayfly_layer(arn)]


def _same_dayfly(now: Mapping[str, Any], latest: Mapping[str, Any]) -> bool:
    """Whether the two have Dayfly alike, once `differences` found nothing else."""
    layers = [[str(layer.get("Arn")) for layer in one.get("Layers") or ()] for one in (now, latest)]
    return layers[0] == layers[1] and environment_of(now).variables == environment_of(latest).variables

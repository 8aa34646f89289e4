"""Looks at a function before anything is changed: what it is, and by which means each part of it is reached."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dayfly.attach.aws.calls import Caller, CallError
from dayfly.attach.aws.facts import FunctionFacts, read_facts
from dayfly.attach.aws.wording import CredentialsError
from dayfly.attach.recycle.model import LATEST, RecycleError
from dayfly.attach.recycle.planning import AliasFacts, AliasState, Plan, plan
from dayfly.attach.recycle.sameness import differences

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

# What may be missing is not waited for as long as the function itself.
_ASIDE_S = 30.0


@dataclass(frozen=True, slots=True)
class Survey:
    """A function as it stands, and the plan for it; `function` is the name that was asked for."""

    function: str
    facts: FunctionFacts
    plan: Plan

    @property
    def arn(self) -> str:
        return self.facts.arn

    @property
    def timeout_s(self) -> float:
        return self.facts.timeout_s

    @property
    def log_group(self) -> str:
        return self.facts.log_group


def survey(
    caller: Caller,
    client: LambdaClient,
    function: str,
    *,
    is_latest_only: bool = False,
    is_stepped: bool = False,
) -> Survey:
    """Ask Lambda about `function`.

    Raises CallError where it is not there or may not be read. What else may not be read is a note, not an error: an
    order that is needed now must not wait for a permission to list aliases.
    """
    facts = read_facts(caller, client, function)
    # What nobody could look at may be there.
    unknown = [text for text in facts.unknown if not text.startswith(("code signing", "tags"))]
    provisioned = {item.qualifier: item.count for item in facts.provisioned}
    aliases = [
        AliasFacts(
            alias.name,
            AliasState(alias.version, tuple(sorted(alias.weights.items()))),
            provisioned.get(alias.name, 0),
        )
        for alias in facts.aliases
    ]
    names = {alias.name for alias in aliases}
    served = {version for alias in aliases for version in alias.state.versions if version != LATEST}
    asked = served | {one for one in provisioned if one not in names and one.isdecimal()}
    found: dict[str, tuple[str, ...] | None] = {}
    if asked and not is_latest_only:
        found = _differences(caller, client, function, sorted(asked), unknown)
    decided = plan(
        aliases=aliases,
        published=facts.versions,
        provisioned=provisioned,
        differences=found,
        is_latest_only=is_latest_only,
        is_stepped=is_stepped,
    )
    return Survey(
        function,
        facts,
        dataclasses.replace(
            decided,
            unreached=(*decided.unreached, *unknown),
            # Versions and provisioned environments that nobody could list serve only who names them, or through an alias.
            left=(*decided.left, *(text for text in unknown if text.startswith("aliases"))),
            notes=(*_notes(facts, decided), *decided.notes),
        ),
    )


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


def _differences(
    caller: Caller, client: LambdaClient, function: str, versions: list[str], unknown: list[str]
) -> dict[str, tuple[str, ...] | None]:
    found: dict[str, tuple[str, ...] | None] = {}

    def read(qualifier: str) -> Mapping[str, Any]:
        # Any: botocore's dictionary.
        return caller.call(
            client.get_function_configuration,
            what=f"version {qualifier} could not be read",
            limit_s=_ASIDE_S,
            FunctionName=function,
            Qualifier=qualifier,
        )

    try:
        latest = read(LATEST)
        for version in versions:
            found[version] = differences(latest, read(version))
    except CredentialsError:
        raise
    except CallError as error:
        unknown.append(error.message)
    return {version: found.get(version) for version in versions}


def _notes(facts: FunctionFacts, decided: Plan) -> list[str]:
    notes = []
    if facts.snapstart and facts.versions:
        notes.append(
            "SnapStart: a new version begins from a new snapshot, which Lambda makes before it serves"
            if decided.moves
            else "SnapStart: environments of published versions start from a snapshot taken at publication"
        )
    if facts.is_on_managed_instances:
        notes.append("the function runs on managed instances, which were not tested")
    if facts.managed_by:
        what = "one more variable" + (" and an alias that serves another version" if decided.moves else "")
        notes.append(f"{facts.managed_by} will show {what} as drift, until its next deployment")
    return notes

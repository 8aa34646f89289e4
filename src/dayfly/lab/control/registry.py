"""What the control plane knows of each function, and where a qualifier leads."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from dayfly.lab.control import describing, names, refusals
from dayfly.lab.control.function_shapes import Configuration
from dayfly.lab.control.policies import Policy
from dayfly.lab.lab import Lab
from dayfly.lab.model import VERSION, FunctionConfig
from dayfly.lab.urls.config import UrlConfig


@dataclass(frozen=True, slots=True)
class Revision:
    """Of `$LATEST` or of a published version, which has one for its whole life."""

    id: str
    modified_at: float
    status: Literal["Successful", "InProgress"] = "Successful"

    def renewed(self) -> Revision:
        """Return the revision after something changed that is no new configuration."""
        return replace(self, id=new_revision_id())


@dataclass(frozen=True, slots=True)
class Alias:
    """A name for a version, or for two: `weights` has the second and its share."""

    name: str
    version: str
    description: str
    weights: Mapping[str, float]
    revision_id: str


@dataclass(frozen=True, slots=True)
class Provisioned:
    """Provisioned concurrency of a version or an alias."""

    wanted: int
    modified_at: float


@dataclass(frozen=True, slots=True)
class RuntimeUpdates:
    """When a version gets another build of its runtime; `version_arn` pins one where that is by hand."""

    mode: Literal["Auto", "Manual", "FunctionUpdate"] = "Auto"
    version_arn: str = ""


@dataclass(slots=True)
class FunctionState:
    """One function: `published` are its versions by number, `last_published` what `$LATEST` was then."""

    latest: Revision
    wanted: FunctionConfig | None = None
    published: dict[str, Revision] = field(default_factory=dict)
    # Versions that are not invocable yet.
    pending: set[str] = field(default_factory=set)
    next_version: int = 1
    last_published: FunctionConfig | None = None
    aliases: dict[str, Alias] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    # The ARN of its code signing configuration, or nothing.
    code_signing: str = ""
    # By qualifier, `$LATEST` for the function itself.
    policies: dict[str, Policy] = field(default_factory=dict)
    runtime_updates: dict[str, RuntimeUpdates] = field(default_factory=dict)
    recursive_loop: Literal["Allow", "Terminate"] = "Terminate"
    # Versions without a snapshot, by number: why there is none.
    failed: dict[str, str] = field(default_factory=dict)
    # By qualifier.
    provisioned: dict[str, Provisioned] = field(default_factory=dict)
    urls: dict[str, UrlConfig] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Target:
    """Where an invocation goes, and the function's ARN as its caller named it."""

    version: str
    arn: str


class Registry:
    """The functions of one lab with what only the API knows of them."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self._began = time.time()
        self._states: dict[str, FunctionState] = {}
        self._random = random.Random()
        # By ARN: tags of what is no function.
        self.other_tags: dict[str, dict[str, str]] = {}

    def has(self, name: str) -> bool:
        """Is there a function of this name?"""
        return any(config.name == name for config in self.lab.functions())

    def state(self, name: str, qualifier: str | None = None) -> FunctionState:
        """Raises InvokeRefusedError (404) for a function that is not there, named with `qualifier`."""
        if not self.has(name):
            raise refusals.function_missing(names.function_arn(name, qualifier))
        return self._states.setdefault(name, FunctionState(Revision(new_revision_id(), self._began)))

    def forget(self, name: str) -> None:
        """A function is gone; one of the same name is another."""
        self._states.pop(name, None)

    def is_current(self, name: str, state: FunctionState) -> bool:
        """Is it still the function that it was?"""
        return self._states.get(name) is state

    def configured(self, name: str) -> FunctionConfig:
        """The configuration of `$LATEST` as the API tells it: an update under way counts."""
        return self.state(name).wanted or self.lab.function(name)

    def version_of(self, name: str, qualifier: str | None) -> str:
        """The version that a qualifier names; an alias's first. Raises InvokeRefusedError (404)."""
        state = self.state(name, qualifier)
        if qualifier is None or qualifier == VERSION:
            return VERSION
        if qualifier in state.published:
            return qualifier
        if qualifier in state.aliases:
            return state.aliases[qualifier].version
        raise refusals.function_missing(names.function_arn(name, qualifier))

    def check_alias_there(self, name: str, qualifier: str | None) -> None:
        """Raise InvokeRefusedError (404) for an alias that is not there, in the words of the operations that look for
        aliases apart; a function that is not there has none (recorded by LocalStack's suite)."""
        if qualifier is None or not names.is_alias(qualifier):
            return
        if not self.has(name) or qualifier not in self.state(name).aliases:
            raise refusals.missing(f"Cannot find alias arn: {names.function_arn(name, qualifier)}")

    def route(self, name: str, qualifier: str | None) -> Target:
        """Choose the version that serves one invocation. Raises InvokeRefusedError (404, 409)."""
        if qualifier is None and (name not in self._states or VERSION not in self._states[name].pending):
            # The common case pays for nothing; a name that is not there is refused by the lab.
            return Target(VERSION, "")
        version = self.version_of(name, qualifier)
        state = self._states[name]
        alias = state.aliases.get(qualifier or VERSION)
        if alias is not None and alias.weights:
            drawn = self._random.random()
            for other, weight in alias.weights.items():
                if drawn < weight:
                    version = other
                    break
                drawn -= weight
        if version in state.pending:
            is_snapshotted = self.lab.function(name, version).is_snapshotted
            raise refusals.snapshot_pending() if is_snapshotted else refusals.pending()
        if version in state.failed:
            raise refusals.pending("Failed")
        return Target(version, names.function_arn(name, qualifier))

    def lead(self, name: str, qualifier: str | None) -> tuple[str, str]:
        """Return version and ARN as `route` does, for the lab's own invocations."""
        target = self.route(name, qualifier)
        return target.version, target.arn

    def accept(
        self, name: str, state: FunctionState, changed: FunctionConfig, *, revision_id: str | None
    ) -> None:
        """Begin an update of `$LATEST`; raises InvokeRefusedError (404, 409, 412) where it is not the time for one."""
        if not self.is_current(name, state):
            raise refusals.function_missing(names.function_arn(name))
        refusals.check_revision(revision_id, state.latest.id)
        if VERSION in state.pending:
            raise refusals.pending()
        if state.latest.status == "InProgress":
            raise refusals.update_under_way(names.function_arn(name))
        state.wanted = changed
        state.latest = Revision(new_revision_id(), time.time(), "InProgress")

    def carry_out(self, name: str, state: FunctionState) -> None:
        """End an update: new environments have the configuration from here on."""
        if state.wanted is None or not self.is_current(name, state):
            return  # the function was deleted meanwhile
        self.lab.reconfigure(state.wanted)
        state.wanted = None
        state.latest = Revision(new_revision_id(), state.latest.modified_at)

    def reconcile(self, name: str) -> None:
        """Have every version keep the environments that it and the aliases which lead to it are to have."""
        state = self.state(name)
        wanted = dict.fromkeys(state.published, 0)
        # Aliases that have provisioned concurrency never lead to `$LATEST`.
        for qualifier, config in state.provisioned.items():
            wanted[self.version_of(name, qualifier)] += config.wanted
        for version, count in wanted.items():
            provisioning = self.lab.provisioning(name, version)
            if provisioning.wanted != count or provisioning.failure:
                provisioning.want(count)

    async def describe(self, name: str, qualifier: str | None = None) -> Configuration:
        """What a function or one of its versions is; raises InvokeRefusedError (404) for what is not there."""
        version = self.version_of(name, qualifier)
        state = self.state(name)
        is_latest = version == VERSION
        config = self.configured(name) if is_latest else self.lab.function(name, version)
        revision = state.latest if is_latest else state.published[version]
        return describing.describe(
            config,
            await self.lab.measure_code(config),
            arn=names.function_arn(name, qualifier),
            runtime=self.lab.runtime_name(name),
            revision_id=revision.id,
            modified_at=revision.modified_at,
            is_pending=version in state.pending,
            failure=state.failed.get(version, ""),
            is_updating=revision.status == "InProgress",
        )


def new_revision_id() -> str:
    return str(uuid.uuid4())

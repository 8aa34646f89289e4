"""Functions and their configuration: list, describe, update.

An update is answered at once, is `InProgress` for a moment in which the old configuration serves, and then makes new
environments of `$LATEST`, as Lambda does: https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html. The
revision id changes when an update is accepted and once more when it is done.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from dayfly.lab.control import names, networks, pages, refusals
from dayfly.lab.control.checks import Checks
from dayfly.lab.control.configuring import apply, check_snap_start
from dayfly.lab.control.deferred import Deferred
from dayfly.lab.control.function_shapes import Configuration, UpdateRequest
from dayfly.lab.control.layers import Layers
from dayfly.lab.control.packages import Packages
from dayfly.lab.control.registry import Registry
from dayfly.lab.control.runtimes import Runtimes
from dayfly.lab.control.shapes import parse
from dayfly.lab.model import VERSION, FunctionConfig

_VERSIONS = ("ALL",)
_MASTER_REGION = r"ALL|(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}"


class Functions:
    """Lists, describes and updates functions; an update takes `update_s`."""

    def __init__(
        self,
        registry: Registry,
        layers: Layers,
        packages: Packages,
        runtimes: Runtimes,
        deferred: Deferred,
        *,
        update_s: float,
    ) -> None:
        self._registry = registry
        self._layers = layers
        self._packages = packages
        self._runtimes = runtimes
        self._deferred = deferred
        self._update_s = update_s

    async def list_functions(self, query: Mapping[str, str]) -> dict[str, object]:
        """ListFunctions; with `FunctionVersion=ALL` the published versions are among them."""
        wanted = query.get("FunctionVersion")
        if wanted is not None and wanted not in _VERSIONS:
            raise refusals.violation(
                wanted, "functionVersion", f"Member must satisfy enum value set: [{', '.join(_VERSIONS)}]"
            )
        checks = Checks()
        checks.pattern(query.get("MasterRegion"), "masterRegion", _MASTER_REGION)
        checks.settle()
        entries: list[tuple[str, str | None]] = []
        for name in sorted(config.name for config in self._registry.lab.functions()):
            entries.append((name, None if wanted is None else VERSION))
            if wanted is not None:
                entries += [(name, version) for version in self._registry.state(name).published]
        page, marker = pages.cut(entries, query)
        answer: dict[str, object] = {
            "Functions": [(await self._registry.describe(*entry)).listed() for entry in page]
        }
        return answer if marker is None else answer | {"NextMarker": marker}

    async def get_function(self, name: str, qualifier: str | None, *, base_url: str) -> dict[str, object]:
        configuration = await self._registry.describe(name, qualifier)
        config = self._registry.lab.function(name, self._registry.version_of(name, qualifier))
        answer: dict[str, object] = {
            "Configuration": configuration,
            "Code": self._packages.location(config, base_url=base_url),
        }
        limit = self._registry.lab.reservation(name).limit
        if limit is not None:
            answer["Concurrency"] = {"ReservedConcurrentExecutions": limit}
        tags = self._registry.state(name).tags
        return answer | {"Tags": dict(tags)} if tags else answer

    async def update(self, name: str, body: bytes) -> Configuration:
        """Accept UpdateFunctionConfiguration; raises InvokeRefusedError as Lambda refuses."""
        state = self._registry.state(name)
        request = parse(body, UpdateRequest)
        before = self._registry.lab.function(name)
        changed = await self._prepare(before, request)
        # Nothing is awaited from here on: of two updates at once one is refused, and none is made of what was before.
        if self._registry.is_current(name, state) and self._registry.lab.function(name) is not before:
            raise refusals.update_under_way(names.function_arn(name))
        self._registry.accept(name, state, changed, revision_id=request.revision_id)
        self._deferred.after(self._update_s, lambda: self._registry.carry_out(name, state))
        return await self._registry.describe(name)

    async def _prepare(self, before: FunctionConfig, request: UpdateRequest) -> FunctionConfig:
        """The configuration after an update, with everything found and loaded that it names."""
        lab = self._registry.lab
        changed = apply(before, request)
        if request.layers is not None:
            package = await lab.measure_code(before)
            chosen = await self._layers.choose(request.layers, code_bytes=package.unpacked_bytes)
            changed = dataclasses.replace(changed, layers=chosen.layers, opt=chosen.opt)
        declared = changed.declared
        if request.vpc_config is not None:
            declared = await networks.in_vpc(lab, declared)
        if request.runtime is not None:
            runtime = await self._runtimes.choose(request.runtime)
            # One that the lab was told to run under Dayfly stays there.
            kind = before.runtime if runtime.kind == "plain" and before.runtime == "dayfly" else runtime.kind
            declared = dataclasses.replace(declared, runtime=request.runtime)
            changed = dataclasses.replace(changed, runtime=kind, python=runtime.python)
            await lab.load_code(
                changed, await lab.measure_code(before) if self._packages.has(before) else None
            )
        check_snap_start(
            changed.snap_start, declared.runtime or lab.runtime_name(before.name), changed.ephemeral_mb
        )
        return dataclasses.replace(changed, declared=declared)

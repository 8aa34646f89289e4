"""Functions and their configuration: list, describe, update.

An update is answered at once, is `InProgress` for a moment in which the old configuration serves, and then makes new
environments of `$LATEST`, as Lambda does: https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html. The
revision id changes when an update is accepted and once more when it is done.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from dayfly.lab.control import pages, refusals
from dayfly.lab.control.configuring import apply
from dayfly.lab.control.deferred import Deferred
from dayfly.lab.control.layers import Layers
from dayfly.lab.control.registry import Registry
from dayfly.lab.control.shapes import Configuration, UpdateRequest, parse
from dayfly.lab.model import VERSION

_VERSIONS = ("ALL",)


class Functions:
    """Lists, describes and updates functions; an update takes `update_s`."""

    def __init__(self, registry: Registry, layers: Layers, deferred: Deferred, *, update_s: float) -> None:
        self._registry = registry
        self._layers = layers
        self._deferred = deferred
        self._update_s = update_s

    async def list_functions(self, query: Mapping[str, str]) -> dict[str, object]:
        """ListFunctions; with `FunctionVersion=ALL` the published versions are among them."""
        wanted = query.get("FunctionVersion")
        if wanted is not None and wanted not in _VERSIONS:
            raise refusals.violation(
                wanted, "functionVersion", f"Member must satisfy enum value set: [{', '.join(_VERSIONS)}]"
            )
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

    async def get_function(self, name: str, qualifier: str | None) -> dict[str, object]:
        configuration = await self._registry.describe(name, qualifier)
        config = self._registry.lab.function(name, self._registry.version_of(name, qualifier))
        answer: dict[str, object] = {
            "Configuration": configuration,
            "Code": {"RepositoryType": "Lab", "Location": config.folder.resolve().as_uri()},
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
        chosen = None
        if request.layers is not None:
            package = await self._registry.lab.measure_code(name)
            chosen = await self._layers.choose(request.layers, code_bytes=package.unpacked_bytes)
        # Nothing is awaited from here on: of two updates at once one is refused, and none is made of what was before.
        changed = apply(self._registry.lab.function(name), request)
        if chosen is not None:
            changed = dataclasses.replace(changed, layers=chosen.layers, opt=chosen.opt)
        self._registry.accept(name, state, changed, revision_id=request.revision_id)
        self._deferred.after(self._update_s, lambda: self._registry.carry_out(name, state))
        return await self._registry.describe(name)

"""Functions from zips: create, new code, delete."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import re
import sys
import time
import uuid
from pathlib import Path

from dayfly.errors import SettingError
from dayfly.lab.code import Package
from dayfly.lab.control import archives, names, refusals
from dayfly.lab.control.configuring import apply
from dayfly.lab.control.deferred import Deferred
from dayfly.lab.control.layers import Layers, check_size
from dayfly.lab.control.registry import Registry
from dayfly.lab.control.shapes import CodeRequest, Configuration, CreateRequest, UpdateRequest, parse
from dayfly.lab.control.tags import joined
from dayfly.lab.control.versions import Versions
from dayfly.lab.model import VERSION, FunctionConfig, LabError

_ROLE_PATTERN = r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+"
# The lab has one interpreter for functions that were sent: its own.
_RUNTIME = f"python{sys.version_info[0]}.{sys.version_info[1]}"


class Packages:
    """Creates and deletes functions and gives them code; a new one is `Pending` for `update_s`."""

    def __init__(
        self, registry: Registry, layers: Layers, versions: Versions, deferred: Deferred, *, update_s: float
    ) -> None:
        self._registry = registry
        self._layers = layers
        self._versions = versions
        self._deferred = deferred
        self._update_s = update_s
        self._folder = registry.lab.folder / "packages"

    async def create(self, body: bytes) -> Configuration:
        """CreateFunction; raises InvokeRefusedError as Lambda refuses."""
        request = parse(body, CreateRequest)
        name = self._check(request)
        folder, package = await self._unpack(request.code.zip_file if request.code is not None else None)
        try:
            config = FunctionConfig(
                name=name, folder=folder, handler=request.handler or "", python=Path(sys.executable)
            )
        except SettingError as error:
            raise refusals.invalid(error.message) from error
        update = UpdateRequest(
            description=request.description or "",
            handler=request.handler,
            timeout=request.timeout,
            memory_size=request.memory_size,
            environment=request.environment,
        )
        config = apply(config, update)
        tags = joined({}, request.tags or {})
        chosen = await self._layers.choose(request.layers or (), code_bytes=package.unpacked_bytes)
        config = dataclasses.replace(config, layers=chosen.layers, opt=chosen.opt)
        try:
            await self._registry.lab.add_function(config, package)
        except LabError as error:
            # Two who create it at once.
            raise refusals.conflict(f"Function already exist: {name}") from error
        state = self._registry.state(name)
        state.tags = tags
        state.latest = dataclasses.replace(state.latest, modified_at=time.time())
        if request.publish:
            await self._versions.publish(name, b"")
        if self._update_s > 0:
            state.pending.add(VERSION)
            self._deferred.after(self._update_s, lambda: state.pending.discard(VERSION))
        return await self._registry.describe(name)

    async def update_code(self, name: str, body: bytes) -> Configuration:
        """UpdateFunctionCode, as any update: `InProgress` first, then new environments for `$LATEST`."""
        state = self._registry.state(name)
        request = parse(body, CodeRequest)
        refusals.check_revision(request.revision_id, state.latest.id)
        _check_architectures(request.architectures)
        if request.publish:
            raise refusals.invalid("The lab publishes by PublishVersion, when the update is done")
        folder, package = await self._unpack(request.zip_file)
        config = self._registry.lab.function(name)
        check_size(package.unpacked_bytes, config.layers)
        if request.dry_run:
            return await self._registry.describe(name)
        await self._registry.lab.load_code(dataclasses.replace(config, folder=folder), package)
        changed = dataclasses.replace(self._registry.lab.function(name), folder=folder)
        self._registry.accept(name, state, changed, revision_id=request.revision_id)

        def carry_out() -> None:
            self._registry.carry_out(name, state)

        self._deferred.after(self._update_s, carry_out)
        return await self._registry.describe(name)

    def delete(self, name: str) -> None:
        """DeleteFunction with everything that belongs to it; invocations under way are finished."""
        self._registry.state(name)
        self._registry.lab.remove_function(name)
        self._registry.forget(name)

    def _check(self, request: CreateRequest) -> str:
        for at in ("function_name", "role", "code"):
            if getattr(request, at) is None:
                raise refusals.violation("null", at.replace("_n", "N"), "Member must not be null")
        assert request.function_name is not None
        assert request.role is not None
        name, qualifier = names.parse_name(request.function_name)
        if qualifier is not None:
            raise refusals.invalid("The function name must not have a qualifier")
        if not re.fullmatch(_ROLE_PATTERN, request.role, re.ASCII):
            raise refusals.pattern_violation(request.role, "role", _ROLE_PATTERN)
        if request.package_type not in (None, "Zip"):
            raise refusals.invalid("The lab runs functions of package type Zip only")
        if request.runtime != _RUNTIME:
            raise refusals.invalid(
                f"Value {request.runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: "
                f"[{_RUNTIME}] or be a valid ARN"
            )
        _check_architectures(request.architectures)
        if not request.handler:
            raise refusals.invalid(
                "Runtime and Handler are mandatory parameters for functions created with deployment packages."
            )
        if any(config.name == name for config in self._registry.lab.functions()):
            raise refusals.conflict(f"Function already exist: {name}")
        return name

    async def _unpack(self, zip_file: str | None) -> tuple[Path, Package]:
        content = archives.decode(zip_file)
        folder = self._folder / uuid.uuid4().hex
        size = await self._registry.lab.aside(archives.unpack, content, folder)
        sha256 = base64.b64encode(hashlib.sha256(content).digest()).decode()
        return folder, Package(len(content), sha256, size)


def _check_architectures(given: list[str] | None) -> None:
    # As `Configuration` tells of every function: the lab's own machine is what runs it.
    if given is not None and given != ["x86_64"]:
        raise refusals.invalid("The lab runs functions for x86_64 only")

"""Functions from zips: create, new code, delete."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import re
import time
import uuid
from pathlib import Path

from dayfly.errors import SettingError
from dayfly.lab.code import Package
from dayfly.lab.control import archives, names, networks, refusals, sources
from dayfly.lab.control.checks import Checks
from dayfly.lab.control.code_signing import SIGNING_PATTERN, CodeSigning
from dayfly.lab.control.configuring import apply, check_settings, check_snap_start
from dayfly.lab.control.deferred import Deferred
from dayfly.lab.control.function_shapes import Code, CodeRequest, Configuration, CreateRequest
from dayfly.lab.control.layers import Layers, check_size
from dayfly.lab.control.registry import Registry
from dayfly.lab.control.runtimes import Runtimes
from dayfly.lab.control.shapes import parse
from dayfly.lab.control.tags import joined
from dayfly.lab.control.versions import Versions
from dayfly.lab.model import VERSION, FunctionConfig, LabError

_ARCHITECTURES = ("x86_64", "arm64")


class Packages:
    """Creates and deletes functions and gives them code; a new one is `Pending` for `update_s`."""

    def __init__(
        self,
        registry: Registry,
        layers: Layers,
        versions: Versions,
        runtimes: Runtimes,
        signing: CodeSigning,
        deferred: Deferred,
        *,
        update_s: float,
    ) -> None:
        self._registry = registry
        self._lab = registry.lab
        self._layers = layers
        self._versions = versions
        self._runtimes = runtimes
        self._signing = signing
        self._deferred = deferred
        self._update_s = update_s
        self._folder = registry.lab.folder / "packages"

    async def create(self, body: bytes) -> Configuration:
        """CreateFunction; raises InvokeRefusedError as Lambda refuses."""
        request = parse(body, CreateRequest)
        name = self._check(request)
        runtime = await self._runtimes.choose(request.runtime or "")
        folder, package = await self._unpack(request.code, request.code_signing_config_arn)
        config = await self._configure(name, folder, request)
        config = dataclasses.replace(config, runtime=runtime.kind, python=runtime.python)
        tags = joined({}, request.tags or {})
        chosen = await self._layers.choose(request.layers or (), code_bytes=package.unpacked_bytes)
        config = dataclasses.replace(config, layers=chosen.layers, opt=chosen.opt)
        try:
            await self._lab.add_function(config, package)
        except LabError as error:
            # Two who create it at once.
            raise refusals.conflict(f"Function already exist: {name}") from error
        state = self._registry.state(name)
        state.tags = tags
        state.code_signing = request.code_signing_config_arn or ""
        state.latest = dataclasses.replace(state.latest, modified_at=time.time())
        version = self._versions.make(name, state) if request.publish else None
        if self._update_s > 0:
            state.pending.add(VERSION)
            self._deferred.after(self._update_s, lambda: state.pending.discard(VERSION))
        answer = await self._registry.describe(name, version)
        # With a version published the answer is that version, named without it.
        answer.function_arn = names.function_arn(name)
        return answer

    async def update_code(self, name: str, body: bytes) -> Configuration:
        """UpdateFunctionCode, as any update: `InProgress` first, then new environments for `$LATEST`."""
        state = self._registry.state(name)
        request = parse(body, CodeRequest)
        checks = Checks()
        _check_architectures(checks, request.architectures)
        sources.check_content(checks, request, "")
        checks.settle()
        refusals.check_revision(request.revision_id, state.latest.id)
        _check_machine(request.architectures)
        if request.image_uri is not None:
            raise refusals.invalid(
                "Please don't provide ImageUri when updating a function with packageType Zip."
            )
        folder, package = await self._unpack(request, state.code_signing)
        config = self._lab.function(name)
        check_size(package.unpacked_bytes, config.layers)
        if request.dry_run:
            answer = await self._registry.describe(name)
            answer.code_sha256, answer.code_size = package.sha256, package.size
            return answer
        await self._lab.load_code(dataclasses.replace(config, folder=folder), package)
        if self._registry.is_current(name, state) and self._lab.function(name) is not config:
            # Another update was begun and done meanwhile: its interpreter may have this code nowhere.
            raise refusals.update_under_way(names.function_arn(name))
        declared = config.declared
        if request.source_kms_key_arn is not None:
            declared = dataclasses.replace(declared, source_kms_key_arn=request.source_kms_key_arn)
        changed = dataclasses.replace(config, folder=folder, declared=declared)
        self._registry.accept(name, state, changed, revision_id=request.revision_id)
        version = self._versions.make(name, state) if request.publish else None
        self._deferred.after(self._update_s, lambda: self._registry.carry_out(name, state))
        return await self._registry.describe(name, version)

    def delete(self, name: str) -> None:
        """DeleteFunction with everything that belongs to it; invocations under way are finished."""
        self._registry.state(name)
        self._lab.remove_function(name)
        self._registry.forget(name)

    def archive(self, key: str) -> Path:
        """The zip that GetFunction's Location names; raises InvokeRefusedError (404) for one that is not there."""
        path = self._folder / f"{key}.zip"
        if re.fullmatch("[0-9a-f]{32}", key) is None or not path.is_file():
            raise refusals.missing("The resource you requested does not exist.")
        return path

    def has(self, config: FunctionConfig) -> bool:
        """Was its code sent, rather than a folder named that somebody else keeps?"""
        return config.folder.parent == self._folder

    def location(self, config: FunctionConfig, *, base_url: str) -> dict[str, str]:
        """Code of GetFunction: where the zip can be had, or the folder that somebody else keeps."""
        if not self.has(config):
            return {"RepositoryType": "Lab", "Location": config.folder.resolve().as_uri()}
        location = {
            "RepositoryType": "S3",
            "Location": f"{base_url.rstrip('/')}/lab/code/{config.folder.name}",
        }
        key = config.declared.source_kms_key_arn
        return location | {"SourceKMSKeyArn": key} if key else location

    async def _configure(self, name: str, folder: Path, request: CreateRequest) -> FunctionConfig:
        try:
            config = FunctionConfig(name=name, folder=folder, handler=request.handler or "", description="")
        except SettingError as error:
            raise refusals.invalid(error.message) from error
        config = apply(config, request)
        assert request.code is not None
        declared = dataclasses.replace(
            config.declared,
            runtime=request.runtime or "",
            source_kms_key_arn=request.code.source_kms_key_arn or "",
        )
        check_snap_start(config.snap_start, declared.runtime, config.ephemeral_mb)
        declared = await networks.in_vpc(self._lab, declared)
        config = dataclasses.replace(config, declared=declared)
        try:
            if request.tenancy_config is not None:
                config = dataclasses.replace(config, tenancy="PER_TENANT")
        except SettingError as error:
            raise refusals.invalid(error.message) from error
        return config

    def _check(self, request: CreateRequest) -> str:
        checks = Checks()
        checks.present(request.function_name, "functionName")
        checks.present(request.role, "role")
        checks.present(request.code, "code")
        check_settings(checks, request)
        checks.pattern(request.code_signing_config_arn, "codeSigningConfigArn", SIGNING_PATTERN)
        checks.one_of(request.package_type, "packageType", ("Zip", "Image"))
        if request.tenancy_config is not None:
            mode = request.tenancy_config.tenant_isolation_mode
            checks.present(mode, "tenancyConfig.tenantIsolationMode")
            checks.one_of(mode, "tenancyConfig.tenantIsolationMode", ("PER_TENANT",))
        _check_architectures(checks, request.architectures)
        sources.check_content(checks, request.code, "code.")
        checks.settle()
        assert request.function_name is not None
        names.check_new(request.function_name)
        name, qualifier = names.parse_name(request.function_name, form=names.PLAIN)
        if qualifier is not None:
            raise refusals.invalid("The function name must not have a qualifier")
        if request.package_type == "Image":
            raise refusals.invalid("The lab runs functions of package type Zip only")
        if request.runtime is None or not request.handler:
            raise refusals.invalid(
                "Runtime and Handler are mandatory parameters for functions created with deployment packages."
            )
        _check_machine(request.architectures)
        if self._registry.has(name):
            raise refusals.conflict(f"Function already exist: {name}")
        return name

    async def _unpack(self, code: Code | None, code_signing: str | None) -> tuple[Path, Package]:
        content = await sources.fetch(self._lab, code)
        self._signing.check(code_signing)
        folder = self._folder / uuid.uuid4().hex
        archive = folder.with_suffix(".zip")
        size = await self._lab.aside(archives.store, content, archive, folder)
        sha256 = base64.b64encode(hashlib.sha256(content).digest()).decode()
        return folder, Package(len(content), sha256, size)


def _check_architectures(checks: Checks, given: list[str] | None) -> None:
    checks.length(given, "architectures", least=1, most=1)
    for architecture in given or ():
        if architecture not in _ARCHITECTURES:
            checks.note(
                f"[{', '.join(given or ())}]",
                "architectures",
                f"Member must satisfy constraint: [Member must satisfy enum value set: [{', '.join(_ARCHITECTURES)}], "
                "Member must not be null]",
            )


def _check_machine(given: list[str] | None) -> None:
    # As `Configuration` tells of every function: the lab's own machine is what runs it.
    if given is not None and given != ["x86_64"]:
        raise refusals.invalid("The lab runs functions for x86_64 only")

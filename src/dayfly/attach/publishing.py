"""Publishes a layer once: the same bytes for the same runtimes are never a second version, and nobody else may use it.

A layer version without a resource policy belongs to its account alone; nothing here adds one.
https://docs.aws.amazon.com/lambda/latest/dg/permissions-layer-cross-account.html
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dayfly.attach.aws.calls import Caller, CallError, LostAnswerError
from dayfly.attach.layout import HOME, MAX_BYTES, PYTHONS, LayerError
from dayfly.core.policylayer import PLACE

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_lambda.literals import ArchitectureType, RuntimeType

ARCHITECTURES: tuple[ArchitectureType, ...] = ("x86_64", "arm64")
# Of a zip in the call itself; what is larger must come from S3:
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_ZIP_BYTES = 50 * 1024 * 1024
# LayerName in the service's model, without the ARNs that it takes as well.
_NAME = re.compile(r"[A-Za-z0-9_-]{1,140}")
# Versions whose checksum is asked for; a list of versions does not tell it.
_MAX_ASKED = 40
_MAX_TRIES = 3
_MAX_MANIFEST_BYTES = 64 * 1024
_WRAPPER = "dayfly"
_MANIFEST = f"{HOME}/manifest.json"


@dataclass(frozen=True, slots=True)
class LayerFile:
    """A zip that was found to be a layer of Dayfly's. `version` is empty for one that holds a policy alone."""

    data: bytes
    version: str
    runtimes: tuple[RuntimeType, ...]

    @property
    def code_sha256(self) -> str:
        """The checksum as Lambda tells it."""
        return base64.b64encode(hashlib.sha256(self.data).digest()).decode()

    @property
    def name(self) -> str:
        """What it is called where nobody says otherwise; empty for a policy, which is one function's."""
        return "dayfly-" + "-".join(one.replace(".", "") for one in self.runtimes) if self.version else ""


@dataclass(frozen=True, slots=True)
class LayerVersion:
    """A published layer; `is_new` unless it was there already."""

    arn: str
    version: int
    code_sha256: str
    runtimes: tuple[str, ...]
    architectures: tuple[str, ...]
    is_new: bool


def read_layer(path: Path) -> LayerFile:
    """Return the layer in a zip; raises LayerError for one that is none of Dayfly's, too large or damaged. Blocking."""
    try:
        size = path.stat().st_size
        if size > MAX_ZIP_BYTES:
            raise LayerError(
                f"{path} has {size} bytes; a layer in a call may have {MAX_ZIP_BYTES}",
                hint="it is none of Dayfly's",
            )
        data = path.read_bytes()
    except OSError as error:
        raise LayerError(
            f"{path} cannot be read: {error.strerror or error}", hint="dayfly layer build writes one"
        ) from error
    try:
        return _judge(path, data)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, OSError, EOFError) as error:
        raise LayerError(f"{path} is damaged: {error}", hint="build it again: dayfly layer build") from error


def _judge(path: Path, data: bytes) -> LayerFile:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        files = {info.filename: info for info in file.infolist()}
        unzipped = sum(info.file_size for info in files.values())
        if unzipped > MAX_BYTES:
            raise LayerError(
                f"{path} has {unzipped} bytes unzipped, more than the {MAX_BYTES} of a layer of Dayfly's",
                hint="something was added to it; build it again: dayfly layer build",
            )
        if set(files) == {PLACE.removeprefix("/opt/")}:
            _check(file)
            return LayerFile(data, "", _runtimes(PYTHONS))
        if _WRAPPER not in files or _MANIFEST not in files:
            raise LayerError(f"{path} is no layer of Dayfly's", hint="dayfly layer build writes one")
        if not files[_WRAPPER].external_attr >> 16 & 0o111:
            raise LayerError(
                f"{path}: its wrapper is not executable, so no function with it would start",
                hint="it was packed again; build it with dayfly layer build",
            )
        _check(file)
        manifest = json.loads(file.read(_MANIFEST)[:_MAX_MANIFEST_BYTES])
    compiled = manifest["bytecode"] if isinstance(manifest, dict) else None
    version = manifest.get("dayfly") if isinstance(manifest, dict) else None
    if not isinstance(compiled, list) or not isinstance(version, str) or not set(compiled) <= set(PYTHONS):
        raise LayerError(
            f"{path} has a manifest of another form", hint="build it with this version of Dayfly"
        )
    has_sources = f"{HOME}/source.zip" in files
    return LayerFile(data, version, _runtimes(PYTHONS if has_sources else tuple(compiled)))


def _check(file: zipfile.ZipFile) -> None:
    damaged = file.testzip()
    if damaged is not None:
        raise ValueError(f"{damaged} is not what its checksum says")


def _runtimes(pythons: Sequence[str]) -> tuple[RuntimeType, ...]:
    names: list[Any] = [f"python{version}" for version in pythons]
    return tuple(names)


def check_name(name: str) -> str:
    """Return the name of a layer; raises LayerError for what Lambda would not take."""
    if not _NAME.fullmatch(name):
        raise LayerError(
            "the layer's name may have letters, digits, - and _, 140 at most", hint="--name dayfly-python312"
        )
    return name


def find_published(
    caller: Caller,
    client: LambdaClient,
    layer: LayerFile,
    *,
    name: str,
    architectures: Sequence[ArchitectureType] = ARCHITECTURES,
) -> LayerVersion | None:
    """Return the newest version with these very bytes for these runtimes and architectures, None if there is none.

    Raises CallError. Looks into the newest forty versions at most.
    """
    for asked, item in enumerate(_versions(caller, client, name)):
        if asked == _MAX_ASKED:
            break
        wanted = (set(layer.runtimes), set(architectures))
        if (set(item.get("CompatibleRuntimes", ())), set(item.get("CompatibleArchitectures", ()))) != wanted:
            continue
        try:
            told = caller.call(
                client.get_layer_version,
                what=f"cannot read version {item['Version']} of the layer {name}",
                LayerName=name,
                VersionNumber=item["Version"],
            )
        except CallError as fault:
            if fault.is_missing:
                # Deleted since it was listed.
                continue
            raise
        if told["Content"]["CodeSha256"] == layer.code_sha256:
            return _version(told, is_new=False)
    return None


def _versions(caller: Caller, client: LambdaClient, name: str) -> Iterator[Any]:
    try:
        yield from caller.pages(
            client.list_layer_versions,
            "LayerVersions",
            what=f"cannot list the versions of the layer {name}",
            LayerName=name,
        )
    except CallError as fault:
        if not fault.is_missing:
            raise


def publish(
    caller: Caller,
    client: LambdaClient,
    layer: LayerFile,
    *,
    name: str,
    architectures: Sequence[ArchitectureType] = ARCHITECTURES,
) -> LayerVersion:
    """Return the published version with these bytes, published now only if there is none yet. Blocking.

    Safe to repeat after any crash; two at once may make two versions of the same bytes, which does no harm. Raises
    CallError, and LayerError if Lambda got other bytes.
    """
    check_name(name)
    for _ in range(_MAX_TRIES):
        found = find_published(caller, client, layer, name=name, architectures=architectures)
        if found is not None:
            return found
        try:
            told = caller.call(
                client.publish_layer_version,
                what=f"cannot publish the layer {name}",
                is_repeatable=False,
                LayerName=name,
                Description=_description(layer),
                Content={"ZipFile": layer.data},
                CompatibleRuntimes=list(layer.runtimes),
                CompatibleArchitectures=list(architectures),
                LicenseInfo="Apache-2.0",
            )
        except LostAnswerError as fault:
            # It may be there all the same: look before it is published a second time.
            lost = fault
            continue
        version = _version(told, is_new=True)
        if version.code_sha256 != layer.code_sha256:
            raise LayerError(
                f"{version.arn} holds {version.code_sha256}, not the {layer.code_sha256} that was sent",
                hint="do not use it; something changed it on its way",
            )
        return version
    raise lost


def _description(layer: LayerFile) -> str:
    return f"Dayfly {layer.version}" if layer.version else "A policy for Dayfly"


def _version(told: Any, *, is_new: bool) -> LayerVersion:
    return LayerVersion(
        arn=told["LayerVersionArn"],
        version=told["Version"],
        code_sha256=told["Content"]["CodeSha256"],
        runtimes=tuple(told.get("CompatibleRuntimes", ())),
        architectures=tuple(told.get("CompatibleArchitectures", ())),
        is_new=is_new,
    )

"""Publishes a layer once: the same bytes for the same runtimes are never a second version, and nobody else may use it.

A layer version without a resource policy belongs to its account alone; nothing here adds one.
https://docs.aws.amazon.com/lambda/latest/dg/permissions-layer-cross-account.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dayfly.attach.aws.calls import Caller, CallError, LostAnswerError
from dayfly.attach.layerfile import LayerFile
from dayfly.attach.layout import LayerError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_lambda.literals import ArchitectureType

ARCHITECTURES: tuple[ArchitectureType, ...] = ("x86_64", "arm64")
# LayerName in the service's model, without the ARNs that it takes as well.
_NAME = re.compile(r"[A-Za-z0-9_-]{1,140}")
# Versions whose checksum is asked for; a list of versions does not tell it.
_MAX_ASKED = 40
_MAX_TRIES = 3


@dataclass(frozen=True, slots=True)
class LayerVersion:
    """A published layer; `is_new` unless it was there already."""

    arn: str
    version: int
    code_sha256: str
    runtimes: tuple[str, ...]
    architectures: tuple[str, ...]
    is_new: bool


def check_name(name: str) -> str:
    """Return the name of a layer; raises LayerError for what Lambda would not take."""
    if not _NAME.fullmatch(name):
        raise LayerError(
            "invalid layer name: use at most 140 letters, digits, - and _",
            hint="use for example --name dayfly-python312",
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
                hint="do not use it; the upload was modified",
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

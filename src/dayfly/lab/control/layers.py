"""Layers: versions of a zip that functions see in /opt. https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from dayfly.lab.control import archives, pages, refusals, sources
from dayfly.lab.control.checks import Checks
from dayfly.lab.control.configuring import MAX_DESCRIPTION
from dayfly.lab.control.runtimes import RETIRED, RUNTIMES
from dayfly.lab.control.shapes import LayerRequest, parse
from dayfly.lab.control.stamps import stamp
from dayfly.lab.lab import Lab
from dayfly.lab.model import ACCOUNT, REGION, InvokeRefusedError, Layer

MAX_LAYERS = 5
_MAX_ITEMS = 50
_MAX_NAME = 140
_MAX_RUNTIMES = 15
_MAX_LICENSE = 512
# A layer may name a runtime that no function is created for any more.
_RUNTIMES = RETIRED.union(RUNTIMES)
_ARCHITECTURES = ("x86_64", "arm64")
_NAME_PATTERN = (
    r"(arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:layer:[a-zA-Z0-9-_]+)"
    "|[a-zA-Z0-9-_]+"
)
_VERSION_ARN_PATTERN = (
    r"(arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:layer:[a-zA-Z0-9-_]+"
    r":[0-9]+)|(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-zA-Z0-9-_]+)"
)
_ARN = re.compile(
    r"arn:aws[a-zA-Z-]*:lambda:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):layer:(?P<name>[a-zA-Z0-9_-]+)(?::(?P<version>[0-9]{1,18}))?",
    re.ASCII,
)
_NAME = re.compile(r"[a-zA-Z0-9_-]+", re.ASCII)
_MISSING = "The resource you requested does not exist."


@dataclass(frozen=True, slots=True)
class LayerVersion:
    """One published zip, and where it is unpacked."""

    name: str
    number: int
    folder: Path
    content_bytes: int
    sha256: str
    unpacked_bytes: int
    request: LayerRequest
    created_at: float

    @property
    def arn(self) -> str:
        return f"{layer_arn(self.name)}:{self.number}"

    @property
    def opt(self) -> Path:
        """What it holds."""
        return self.folder / "opt"

    @property
    def archive(self) -> Path:
        """The zip as it was published."""
        return self.folder / "layer.zip"


@dataclass(slots=True)
class _Versions:
    next_number: int = 1
    by_number: dict[int, LayerVersion] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The layers of a configuration, and the folder that is its /opt; none without layers."""

    layers: tuple[Layer, ...]
    opt: Path | None


class Layers:
    """Publishes, finds and deletes layer versions; what they hold lies in the lab's own folder."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._folder = lab.folder / "layers"
        self._layers: dict[str, _Versions] = {}
        self._merged: dict[tuple[str, ...], Path] = {}
        self._gate = asyncio.Lock()

    async def publish(self, name: str, body: bytes, *, base_url: str) -> dict[str, object]:
        """PublishLayerVersion; raises InvokeRefusedError for what is no layer."""
        name = _parse_name(name, "PublishLayerVersion")
        request = parse(body, LayerRequest, also=("LayerName",))
        _check(request)
        content = await sources.fetch(self._lab, request.content)
        folder = self._folder / uuid.uuid4().hex
        unpacked = await self._lab.aside(archives.store, content, folder / "layer.zip", folder / "opt")
        sha256 = base64.b64encode(hashlib.sha256(content).digest()).decode()
        request = msgspec.structs.replace(request, content=None)
        versions = self._layers.setdefault(name, _Versions())
        number = versions.next_number
        versions.next_number += 1
        version = LayerVersion(name, number, folder, len(content), sha256, unpacked, request, time.time())
        versions.by_number[number] = version
        return _body(version, base_url) | {"Content": _content_body(version, base_url)}

    def get(self, name: str, number: str, *, base_url: str) -> dict[str, object]:
        version = self._find(_parse_name(name, "GetLayerVersion", number), _parse_number(number))
        return _body(version, base_url) | {"Content": _content_body(version, base_url)}

    def get_by_arn(self, arn: str, *, base_url: str) -> dict[str, object]:
        match = _ARN.fullmatch(arn)
        if match is None or match["version"] is None:
            raise refusals.pattern_violation(arn, "arn", _VERSION_ARN_PATTERN)
        return self.get(*arn.rsplit(":", 1), base_url=base_url)

    def version_arn(self, name: str, number: str, action: str) -> str:
        """The ARN of a version that is there; raises InvokeRefusedError (404) in the words of its permissions."""
        name, wanted = _parse_name(name, action, number), _parse_number(number)
        arn = f"{layer_arn(name)}:{wanted}"
        if wanted not in self._layers.get(name, _Versions()).by_number:
            raise refusals.missing(f"Layer version {arn} does not exist.")
        return arn

    async def content(self, name: str, number: str) -> bytes:
        """The zip as it was published."""
        version = self._find(_parse_name(name, "GetLayerVersion", number), _parse_number(number))
        return await self._lab.aside(version.archive.read_bytes)

    def delete(self, name: str, number: str) -> None:
        """DeleteLayerVersion: functions that have it keep it, and nobody gets it anew."""
        versions = self._layers.get(_parse_name(name, "DeleteLayerVersion", number))
        wanted = _parse_number(number)
        if versions is not None:
            versions.by_number.pop(wanted, None)

    def list_layers(self, query: Mapping[str, str], *, base_url: str) -> dict[str, object]:
        _check_filters(query)
        found: list[dict[str, object]] = []
        for name in sorted(self._layers):
            matching = self._matching(name, query)
            if matching:
                latest = _body(matching[0], base_url)
                arn = latest.pop("LayerArn")
                _drop_empty(latest)
                found.append({"LayerName": name, "LayerArn": arn, "LatestMatchingVersion": latest})
        page, marker = pages.cut(found, query, limit=_MAX_ITEMS)
        answer: dict[str, object] = {"Layers": page}
        return answer if marker is None else answer | {"NextMarker": marker}

    def list_versions(self, name: str, query: Mapping[str, str], *, base_url: str) -> dict[str, object]:
        _check_filters(query)
        name = _parse_name(name, "ListLayerVersions")
        page, marker = pages.cut(self._matching(name, query), query, limit=_MAX_ITEMS)
        bodies = [_body(version, base_url) for version in page]
        for body in bodies:
            del body["LayerArn"]
            _drop_empty(body)
        answer: dict[str, object] = {"LayerVersions": bodies}
        return answer if marker is None else answer | {"NextMarker": marker}

    async def choose(self, arns: Sequence[str], *, code_bytes: int) -> Chosen:
        """The layers that a configuration names, in its order; raises InvokeRefusedError (400) as Lambda refuses.

        `code_bytes` is what the function's code has beside them.
        """
        if len(arns) > MAX_LAYERS:
            raise refusals.invalid(f"Cannot reference more than {MAX_LAYERS} layers.")
        versions = [self._named(arn) for arn in arns]
        seen: dict[str, str] = {}
        for version, arn in zip(versions, arns, strict=True):
            if version.name in seen:
                raise refusals.invalid(
                    "Two different versions of the same layer are not allowed to be referenced in the same function. "
                    f"{seen[version.name]} and {arn} are versions of the same layer."
                )
            seen[version.name] = arn
        if not versions:
            return Chosen((), None)
        layers = tuple(
            Layer(version.arn, version.content_bytes, version.unpacked_bytes) for version in versions
        )
        check_size(code_bytes, layers)
        return Chosen(layers, await self._merge(versions))

    async def _merge(self, versions: Sequence[LayerVersion]) -> Path:
        if len(versions) == 1:
            return versions[0].opt
        key = tuple(version.arn for version in versions)
        async with self._gate:
            if key not in self._merged:
                target = self._folder / f"merged-{len(self._merged)}" / "opt"
                await self._lab.aside(archives.merge, [version.opt for version in versions], target)
                self._merged[key] = target
        return self._merged[key]

    def _named(self, arn: str) -> LayerVersion:
        match = _ARN.fullmatch(arn)
        if match is None or match["version"] is None:
            raise refusals.violation(
                f"[{arn}]",
                "layers",
                "Member must satisfy constraint: [Member must have length less than or equal to 2048, Member must have "
                f"length greater than or equal to 1, Member must satisfy regular expression pattern: "
                f"{_VERSION_ARN_PATTERN}, Member must not be null]",
            )
        _check_own(match, arn)
        if match["region"] != REGION:
            raise refusals.invalid(
                f"Layers are not in the same region as the function. Layers are expected to be in region {REGION}."
            )
        versions = self._layers.get(match["name"])
        version = versions.by_number.get(int(match["version"])) if versions is not None else None
        if version is None or version.arn != arn:
            raise refusals.invalid(f"Layer version {arn} does not exist.")
        return version

    def _matching(self, name: str, query: Mapping[str, str]) -> list[LayerVersion]:
        """The versions of a layer that fit a list's filters, latest first."""
        versions = self._layers.get(name, _Versions()).by_number.values()
        runtime, architecture = query.get("CompatibleRuntime"), query.get("CompatibleArchitecture")
        found = [
            version
            for version in versions
            if (runtime is None or runtime in (version.request.compatible_runtimes or ()))
            and (architecture is None or architecture in (version.request.compatible_architectures or ()))
        ]
        return sorted(found, key=lambda version: version.number, reverse=True)

    def _find(self, name: str, number: int) -> LayerVersion:
        versions = self._layers.get(name)
        if versions is None or number not in versions.by_number:
            raise refusals.missing(_MISSING)
        return versions.by_number[number]


def check_size(code_bytes: int, layers: Sequence[Layer]) -> None:
    """Raise InvokeRefusedError (400) for code that is too large together with its layers."""
    size = code_bytes + sum(layer.unpacked_bytes for layer in layers)
    if size > sources.MAX_UNPACKED_BYTES:
        raise refusals.invalid(
            "Function code combined with layers exceeds the maximum allowed size of "
            f"{sources.MAX_UNPACKED_BYTES} bytes. The actual size is {size} bytes."
        )


def layer_arn(name: str) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:{name}"


def _parse_name(text: str, action: str, number: str | None = None) -> str:
    """The name in a request for `action`; raises InvokeRefusedError for none, and for a layer that is not the lab's own."""
    match = _ARN.fullmatch(text)
    if match is not None and match["version"] is None:
        _check_own(match, text if number is None else f"{text}:{number}", action)
        if match["region"] != REGION:
            raise refusals.invalid(f"Invalid Layer name: {text}")
        return match["name"]
    if len(text) > _MAX_NAME or not _NAME.fullmatch(text):
        raise refusals.pattern_violation(text, "layerName", _NAME_PATTERN)
    return text


def _check_own(layer: re.Match[str], arn: str, action: str = "GetLayerVersion") -> None:
    """Raise InvokeRefusedError (403) for another account's layer: the lab sees no policy of it."""
    if layer["account"] != ACCOUNT:
        raise InvokeRefusedError(
            403,
            "AccessDeniedException",
            f"User: arn:aws:iam::{ACCOUNT}:root is not authorized to perform: lambda:{action} on resource: {arn} because no "
            f"resource-based policy allows the lambda:{action} action",
            is_typed=False,
        )


def _parse_number(text: str) -> int:
    number = int(text) if re.fullmatch(r"-?[0-9]{1,18}", text, re.ASCII) else 0
    if number < 1:
        raise refusals.invalid("Layer Version Cannot be less than 1")
    return number


def _check(request: LayerRequest) -> None:
    checks = Checks()
    checks.length(request.description, "description", most=MAX_DESCRIPTION)
    sources.check_content(checks, request.content, "content.")
    runtimes = request.compatible_runtimes or []
    checks.length(runtimes, "compatibleRuntimes", most=_MAX_RUNTIMES)
    if not _RUNTIMES.issuperset(runtimes):
        constraint = f"Member must satisfy enum value set: [{', '.join(RUNTIMES)}]"
        checks.note(f"[{', '.join(runtimes)}]", "compatibleRuntimes", constraint)
    checks.length(request.license_info, "licenseInfo", most=_MAX_LICENSE)
    architectures = request.compatible_architectures or []
    checks.length(architectures, "compatibleArchitectures", most=len(_ARCHITECTURES))
    if not {*_ARCHITECTURES}.issuperset(architectures):
        checks.note(
            f"[{', '.join(architectures)}]",
            "compatibleArchitectures",
            "Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], Member must not be null]",
        )
    checks.settle()


def _check_filters(query: Mapping[str, str]) -> None:
    """Raise InvokeRefusedError (400) for a list of what no layer can be compatible with."""
    checks = Checks()
    checks.one_of(query.get("CompatibleArchitecture"), "compatibleArchitecture", _ARCHITECTURES)
    checks.one_of(query.get("CompatibleRuntime"), "compatibleRuntime", sorted(_RUNTIMES))
    checks.settle()


def _content_body(version: LayerVersion, base_url: str) -> dict[str, object]:
    return {
        "Location": f"{base_url.rstrip('/')}/lab/layers/{version.name}/{version.number}",
        "CodeSha256": version.sha256,
        "CodeSize": version.content_bytes,
    }


def _drop_empty(listed: dict[str, object]) -> None:
    """Lists leave out a description that was never given (moto's test_list_lambda_layers, verified against AWS)."""
    if not listed["Description"]:
        del listed["Description"]


def _body(version: LayerVersion, base_url: str) -> dict[str, object]:
    request = version.request
    body: dict[str, object] = {
        "LayerArn": layer_arn(version.name),
        "LayerVersionArn": version.arn,
        "Version": version.number,
        "Description": request.description or "",
        "CreatedDate": stamp(version.created_at),
    }
    if request.compatible_runtimes:
        body["CompatibleRuntimes"] = request.compatible_runtimes
    if request.compatible_architectures:
        body["CompatibleArchitectures"] = request.compatible_architectures
    if request.license_info is not None:
        body["LicenseInfo"] = request.license_info
    return body

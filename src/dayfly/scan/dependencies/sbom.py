"""Writes what a function brings along as CycloneDX 1.6 JSON, the same text for the same project."""

from __future__ import annotations

import hashlib
import json
from email.parser import HeaderParser
from typing import TYPE_CHECKING

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL

from dayfly.scan.dependencies.installed import read_record
from dayfly.scan.dependencies.manifests import read_manifests
from dayfly.scan.dependencies.requirement import Origin, normalise, parse_requirement
from dayfly.scan.model import Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from dayfly.scan.dependencies.requirement import Manifest, Requirement
    from dayfly.scan.source.project import Distribution, Project
    from dayfly.scan.template.model import LambdaFunction

_ALGORITHMS = {
    "sha256": HashAlgorithm.SHA_256,
    "sha384": HashAlgorithm.SHA_384,
    "sha512": HashAlgorithm.SHA_512,
}
_DIGITS = {"sha256": 64, "sha384": 96, "sha512": 128}
_MAX_METADATA = 1_000_000


def build_sbom(
    project: Project,
    functions: Sequence[LambdaFunction] = (),
    *,
    serial: UUID,
    now: datetime,
    version: str = "",
) -> str:
    """The bill of materials of everything that is installed or locked; `serial` and `now` are the caller's.

    Installed packages come first: what is there is what runs. A locked version that is not installed is listed
    with the hashes of its lock. Layers of the functions are components of their own.
    """
    bom = Bom(serial_number=serial)
    bom.metadata.timestamp = now
    root = Component(
        name=project.name or "function",
        type=ComponentType.APPLICATION,
        bom_ref="function",
        version=version or None,
    )
    bom.metadata.component = root
    manifests = read_manifests(project)
    components: dict[tuple[str, str], Component] = {}
    needs: dict[tuple[str, str], list[str]] = {}
    for distribution in project.distributions:
        key = (normalise(distribution.name), distribution.version)
        components[key] = _installed(project, distribution)
        needs[key] = _needs(project, distribution)
    for requirement in _locked(manifests):
        key = (requirement.name, requirement.version)
        if key not in components:
            components[key] = _of_lock(requirement)
            needs[key] = list(requirement.needs)
    for component in components.values():
        bom.components.add(component)
    by_name: dict[str, list[Component]] = {}
    for (name, _), component in components.items():
        by_name.setdefault(name, []).append(component)
    required: set[str] = set()
    for key, component in sorted(components.items()):
        targets = [one for name in needs[key] for one in by_name.get(name, ())]
        required |= {str(one.bom_ref) for one in targets if one is not component}
        bom.register_dependency(component, targets)
    asked = {
        one.name
        for manifest in manifests
        if not manifest.is_lock
        for one in manifest.requirements
        if not one.group
    }
    direct = [
        one
        for (name, _), one in sorted(components.items())
        if name in asked or (not asked and str(one.bom_ref) not in required)
    ]
    layers = list(_layers(functions))
    for layer in layers:
        bom.components.add(layer)
    bom.register_dependency(root, [*direct, *layers])
    return _text(bom)


def _text(bom: Bom) -> str:
    output = make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string()
    return json.dumps(json.loads(output), indent=2, sort_keys=True) + "\n"


def _installed(project: Project, distribution: Distribution) -> Component:
    headers = HeaderParser().parsestr(
        project.others[distribution.metadata_path]()[:_MAX_METADATA].decode("utf-8", "replace")
    )
    component = _component(normalise(distribution.name), distribution.version)
    licence = (
        str(headers.get("License-Expression") or headers.get("License") or "").strip().partition("\n")[0]
    )
    if licence and licence.upper() != "UNKNOWN" and len(licence) < 100:
        component.licenses.add(LicenseFactory().make_from_string(licence))
    if headers.get("Summary"):
        component.description = str(headers["Summary"])[:300]
    if headers.get("Home-page"):
        _reference(component, str(headers["Home-page"]))
    rows = read_record(project, distribution)
    # Not of the archive, which is gone: of what is installed, file by file as RECORD has it.
    if rows:
        digest = hashlib.sha256(
            "".join(f"{path}\0{value}\n" for path, value in sorted(rows.items())).encode()
        ).hexdigest()
        component.properties.add(Property(name="dayfly:record:sha256", value=digest))
    component.properties.add(Property(name="dayfly:path", value=distribution.metadata_path))
    return component


def _reference(component: Component, url: str) -> None:
    if url.startswith(("http://", "https://")):
        component.external_references.add(
            ExternalReference(type=ExternalReferenceType.WEBSITE, url=XsUri(url))
        )


def _of_lock(requirement: Requirement) -> Component:
    component = _component(requirement.name, requirement.version)
    for one in requirement.hashes:
        algorithm, _, digest = one.partition(":")
        if algorithm in _ALGORITHMS and len(digest) == _DIGITS[algorithm]:
            # Hashes of a component itself would say that one file has them all: a lock names several archives.
            component.external_references.add(
                ExternalReference(
                    type=ExternalReferenceType.DISTRIBUTION,
                    url=XsUri(
                        f"https://pypi.org/project/{requirement.name}/{requirement.version}/#{digest[:16]}"
                    ),
                    hashes=[HashType(alg=_ALGORITHMS[algorithm], content=digest)],
                )
            )
    if requirement.origin in (Origin.VCS, Origin.ARCHIVE) and requirement.url:
        address = requirement.url.removeprefix("git+")
        scheme, _, rest = address.partition("://")
        authority, slash, path = rest.partition("/")
        kind = (
            ExternalReferenceType.VCS
            if requirement.origin is Origin.VCS
            else ExternalReferenceType.DISTRIBUTION
        )
        component.external_references.add(
            ExternalReference(type=kind, url=XsUri(f"{scheme}://{authority.rpartition('@')[2]}{slash}{path}"))
        )
    component.properties.add(Property(name="dayfly:path", value=requirement.place.path))
    return component


def _component(name: str, version: str) -> Component:
    purl = PackageURL("pypi", None, name, version or None)
    return Component(
        name=name, version=version or None, type=ComponentType.LIBRARY, purl=purl, bom_ref=str(purl)
    )


def _locked(manifests: Sequence[Manifest]) -> Iterable[Requirement]:
    for manifest in sorted(manifests, key=lambda one: (not one.is_lock, one.path)):
        for one in manifest.requirements:
            if (
                one.version
                and one.origin is not Origin.LOCAL
                and one.name not in manifest.own_names
                and not one.group
            ):
                yield one


def _needs(project: Project, distribution: Distribution) -> list[str]:
    """Names of Requires-Dist without those of extras."""
    headers = HeaderParser().parsestr(
        project.others[distribution.metadata_path]()[:_MAX_METADATA].decode("utf-8", "replace")
    )
    found = []
    for line in headers.get_all("Requires-Dist") or ():
        one = parse_requirement(str(line), Place(distribution.metadata_path))
        if one is not None and "extra" not in one.marker:
            found.append(one.name)
    return found


def _layers(functions: Sequence[LambdaFunction]) -> Iterable[Component]:
    seen: set[str] = set()
    for function in functions:
        for layer in function.layers:
            text = layer if isinstance(layer, str) else layer.expression
            if text in seen:
                continue
            seen.add(text)
            parts = text.split(":")
            is_arn = len(parts) >= 7 and parts[5] == "layer"
            name = parts[6] if is_arn else text
            number = parts[7] if is_arn and len(parts) > 7 else None
            component = Component(
                name=name, version=number, type=ComponentType.FRAMEWORK, bom_ref=f"layer:{text}"
            )
            component.properties.add(Property(name="aws:lambda:layer", value=text))
            yield component

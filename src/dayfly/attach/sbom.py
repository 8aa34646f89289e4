"""Writes what is in a layer as a CycloneDX bill of materials: the same layer always gives the same bytes.

CycloneDX 1.6, https://cyclonedx.org/docs/1.6/json/. Written by hand, since `layer build` needs no package that it would
take to do otherwise; the tests hold it against the published schema.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence

from dayfly.attach.layout import Entry

# One name space for the serial numbers of layers: the same layer has the same number.
_LAYERS = uuid.uuid5(uuid.NAMESPACE_URL, "https://cyclonedx.org/dayfly/layer")
# SPDX names, as each package's metadata has them.
LICENCES: Mapping[str, str] = {
    "dayfly-runtime": "Apache-2.0",
    "awslambdaric": "Apache-2.0",
    "snapshot-restore-py": "Apache-2.0",
    "simplejson": "MIT OR AFL-2.1",
}


def write_sbom(
    *,
    version: str,
    clients: Mapping[str, str],
    pythons: Iterable[str],
    entries: Sequence[Entry],
    sha256: str,
) -> str:
    """Return the bill of a layer with this checksum: its packages, and each file with its own. Pure."""
    root = "layer"
    packages = [
        _package("dayfly-runtime", version),
        *(_package(name, one) for name, one in sorted(clients.items())),
    ]
    files = [
        {
            "type": "file",
            "bom-ref": f"file:{entry.path}",
            "name": entry.path,
            "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(entry.data).hexdigest()}],
        }
        for entry in entries
    ]
    references = [str(one["bom-ref"]) for one in packages]
    bill = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": uuid.uuid5(_LAYERS, sha256).urn,
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": root,
                "name": "dayfly-layer",
                "version": version,
                "hashes": [{"alg": "SHA-256", "content": sha256}],
                "properties": [{"name": "dayfly:python", "value": python} for python in sorted(pythons)],
            },
        },
        "components": [*packages, *files],
        "dependencies": [
            {"ref": root, "dependsOn": [references[0]]},
            {"ref": references[0], "dependsOn": references[1:]},
            *({"ref": reference} for reference in references[1:]),
        ],
        # Nothing else is in it, and none of these needs more than is named.
        "compositions": [
            {"aggregate": "complete", "assemblies": [root], "dependencies": [root, *references]}
        ],
    }
    return json.dumps(bill, indent=2, sort_keys=True) + "\n"


def _package(name: str, version: str) -> dict[str, object]:
    licence = LICENCES.get(name)
    return {
        "type": "library",
        "bom-ref": f"pkg:pypi/{name}@{version}",
        "purl": f"pkg:pypi/{name}@{version}",
        "name": name,
        "version": version,
        **({"licenses": [{"expression": licence}]} if licence else {}),
    }

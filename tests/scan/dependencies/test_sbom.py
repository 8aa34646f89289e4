"""The bill of materials is valid, complete, and the same every time."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import UUID

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from tests.scan.dependencies.projects import installed, project_of
from tests.scan.dependencies.readers.test_locks import LOCKS

from dayfly.scan.dependencies.sbom import build_sbom
from dayfly.scan.model import Place
from dayfly.scan.template.model import LambdaFunction, Unresolved

SERIAL = UUID("12345678-1234-5678-1234-567812345678")
NOW = datetime(2026, 11, 25, tzinfo=UTC)
LAYER = "arn:aws:lambda:eu-west-1:123456789012:layer:shared:7"


def build(files: dict[str, str | bytes], *functions: LambdaFunction) -> dict[str, object]:
    text = build_sbom(project_of(files), functions, serial=SERIAL, now=NOW)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    assert text == build_sbom(project_of(dict(reversed(files.items()))), functions, serial=SERIAL, now=NOW)
    document: dict[str, object] = json.loads(text)
    return document


def with_needs(files: dict[str, str | bytes], name: str, need: str) -> dict[str, str | bytes]:
    return {
        path: f"{content!s}Requires-Dist: {need}\n"
        if path.startswith(name) and path.endswith("METADATA")
        else content
        for path, content in files.items()
    }


def test_what_is_installed_is_listed_with_its_graph() -> None:
    files = {
        **with_needs(
            installed("requests", "2.31.0", {"requests/__init__.py": ""}), "requests", "urllib3<3,>=1.21"
        ),
        **installed("urllib3", "2.0.0", {"urllib3/__init__.py": ""}),
    }
    document = build(files)
    components = document["components"]
    assert isinstance(components, list)
    assert [one["purl"] for one in components] == ["pkg:pypi/requests@2.31.0", "pkg:pypi/urllib3@2.0.0"]
    assert components[0]["licenses"] == [{"license": {"id": "MIT"}}]
    graph = {one["ref"]: one.get("dependsOn", []) for one in document["dependencies"]}  # type: ignore[attr-defined]
    assert graph["pkg:pypi/requests@2.31.0"] == ["pkg:pypi/urllib3@2.0.0"]
    assert graph["function"] == ["pkg:pypi/requests@2.31.0"]


def test_what_is_locked_is_listed_with_hashes_and_its_own_project_is_not() -> None:
    document = build({"uv.lock": LOCKS["uv.lock"]})
    components = {one["name"]: one for one in document["components"]}  # type: ignore[attr-defined]
    assert set(components) == {"requests", "acme"}
    assert components["requests"]["externalReferences"][0]["hashes"] == [
        {"alg": "SHA-256", "content": "ab" * 32}
    ]
    assert components["acme"]["externalReferences"][0]["type"] == "vcs"


def test_layers_are_components() -> None:
    function = LambdaFunction(
        "F",
        "app.handler",
        Place("template.yaml"),
        layers=(LAYER, Unresolved("${Layer}", Place("template.yaml"))),
    )
    document = build({"app.py": ""}, function, function)
    components = {one["name"]: one.get("version") for one in document["components"]}  # type: ignore[attr-defined]
    assert components == {"shared": "7", "${Layer}": None}


def test_a_function_without_anything_has_a_bill_too() -> None:
    document = build({"app.py": ""})
    assert document["serialNumber"] == f"urn:uuid:{SERIAL}"
    assert document["specVersion"] == "1.6"


def test_no_secret_of_a_url_is_written_down() -> None:
    lock = '[[package]]\nname = "a"\nversion = "1"\nsource = { git = "https://user:s3cret@host.example/a#0123" }\n'
    assert "s3cret" not in json.dumps(build({"uv.lock": lock}))

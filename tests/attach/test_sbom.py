"""The bill of materials names what is in the layer, is valid, and is the same for the same layer."""

from __future__ import annotations

import hashlib
import json
import sys
import zipfile

import pytest
from cyclonedx.model.bom import Bom
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

import dayfly
from dayfly.attach.build import CLIENT, BuiltLayer, build_layer
from dayfly.attach.layout import Entry
from dayfly.attach.sbom import LICENCES, write_sbom


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> BuiltLayer:
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    layer = build_layer(tmp_path_factory.mktemp("sbom") / "layer.zip", [python])
    layer.write_sbom()
    return layer


@pytest.fixture(scope="module")
def text(built: BuiltLayer) -> str:
    return built.path.with_name("layer.zip.cdx.json").read_text()


def test_it_is_what_the_schema_asks_for(text: str) -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


def test_others_read_it(text: str) -> None:
    bom = Bom.from_json(json.loads(text))  # type: ignore[attr-defined]
    assert bom.validate() is True


def test_it_names_every_package_with_version_and_licence(text: str, built: BuiltLayer) -> None:
    packages = {
        one["name"]: (one["version"], one["licenses"][0]["expression"])
        for one in json.loads(text)["components"]
        if one["type"] == "library"
    }
    versions = {"dayfly-runtime": dayfly.__version__, **built.clients}
    assert packages == {name: (versions[name], LICENCES[name]) for name in ("dayfly-runtime", *CLIENT)}


def test_it_names_every_file_with_its_checksum(text: str, built: BuiltLayer) -> None:
    named = {
        one["name"]: one["hashes"][0]["content"]
        for one in json.loads(text)["components"]
        if one["type"] == "file"
    }
    with zipfile.ZipFile(built.path) as file:
        assert named == {name: hashlib.sha256(file.read(name)).hexdigest() for name in file.namelist()}


def test_the_layer_itself_has_its_checksum(text: str, built: BuiltLayer) -> None:
    (named,) = json.loads(text)["metadata"]["component"]["hashes"]
    assert named["content"] == hashlib.sha256(built.path.read_bytes()).hexdigest() == built.sha256


def _bill(data: bytes) -> str:
    digest = hashlib.sha256(data).hexdigest()
    return write_sbom(version="1", clients={}, pythons=["3.12"], entries=[Entry("a", data)], sha256=digest)


def test_the_same_layer_has_the_same_bill_and_another_has_another() -> None:
    assert _bill(b"1") == _bill(b"1")
    assert json.loads(_bill(b"1"))["serialNumber"] != json.loads(_bill(b"2"))["serialNumber"]

"""A local copy is read from a folder or a zip, in JSON or YAML, whatever lies beside it."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
import yaml
from tests.scan.dependencies.advisories import ALL, PYYAML, REQUESTS_GHSA, REQUESTS_PYSEC

from dayfly.scan.dependencies.osv.database import read_database

NAMES = frozenset({"requests", "pyyaml"})


def ids(path: Path, names: frozenset[str] = NAMES) -> list[str]:
    return sorted(one.id for one in read_database(path, names).found)


def test_a_folder_of_json_is_read(tmp_path: Path) -> None:
    for one in ALL:
        (tmp_path / f"{one['id']}.json").write_text(json.dumps(one))
    result = read_database(tmp_path, NAMES)
    assert sorted(one.id for one in result.found) == [
        "GHSA-0000-0000-0000",
        "GHSA-8q59-q68h-6hv4",
        "GHSA-x84v-xcm2-53pg",
        "PYSEC-2018-28",
    ]
    assert result.modified == "2024-10-09T20:56:00Z"
    assert result.records == len(ALL)


def test_the_layout_of_pypas_database_is_read(tmp_path: Path) -> None:
    for folder, one in (
        ("requests", REQUESTS_PYSEC),
        ("pyyaml", PYYAML),
        ("other", {"id": "PYSEC-1", "affected": []}),
    ):
        (tmp_path / "vulns" / folder).mkdir(parents=True)
        (tmp_path / "vulns" / folder / f"{one['id']}.yaml").write_text(yaml.safe_dump(one))
    result = read_database(tmp_path, NAMES)
    assert sorted(one.id for one in result.found) == ["GHSA-8q59-q68h-6hv4", "PYSEC-2018-28"]
    assert result.modified == "2024-09-16T21:00:00Z"


def test_osvs_export_is_read(tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for one in ALL:
            archive.writestr(f"{one['id']}.json", json.dumps(one))
    assert "GHSA-x84v-xcm2-53pg" in ids(path)


@pytest.mark.parametrize("spelling", ["PyYAML", "pyyaml", "Py-YAML", "py_yaml", "py.yaml"])
def test_names_are_found_however_they_are_spelled(spelling: str, tmp_path: Path) -> None:
    record = {
        "id": "X-1",
        "affected": [{"package": {"ecosystem": "PyPI", "name": spelling}, "versions": ["1"]}],
    }
    (tmp_path / "x.json").write_text(json.dumps(record, indent=2))
    wanted = "pyyaml" if "-" not in spelling and "_" not in spelling and "." not in spelling else "py-yaml"
    assert ids(tmp_path, frozenset({wanted})) == ["X-1"]


def test_a_broken_record_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"name": "requests", ')
    (tmp_path / "b.yaml").write_text("name: requests\n\t- [")
    (tmp_path / "c.json").write_text(json.dumps(REQUESTS_GHSA))
    result = read_database(tmp_path, NAMES)
    assert [one.id for one in result.found] == ["GHSA-x84v-xcm2-53pg"]
    assert len(result.problems) == 2


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x05\x06" + b"\0" * 10])
def test_what_is_no_database_is_an_error(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    path.write_bytes(content)
    with pytest.raises(OSError, match="zip"):
        read_database(path, NAMES)
    with pytest.raises(OSError, match="neither"):
        read_database(tmp_path / "absent", NAMES)

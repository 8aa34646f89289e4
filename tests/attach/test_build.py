"""The layer that is built holds what runs beside a function, reproducibly, and is written whole or not at all."""

from __future__ import annotations

import hashlib
import io
import json
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from tests.interpreters import found_interpreters

import dayfly
from dayfly.attach import build
from dayfly.attach.build import build_layer, client_sources, own_sources
from dayfly.attach.layout import ARCHITECTURES, HOME, MAX_BYTES, MAX_NATIVE_BYTES, LayerError, is_guards
from dayfly.attach.pythons import find_python

HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> build.BuiltLayer:
    return build_layer(tmp_path_factory.mktemp("layer") / "layer.zip", [HERE])


def test_two_builds_are_the_same_bytes(layer: build.BuiltLayer, tmp_path: Path) -> None:
    again = build_layer(tmp_path / "other-name.zip", [HERE])
    assert again.path.read_bytes() == layer.path.read_bytes()
    assert again.sha256 == layer.sha256 == hashlib.sha256(layer.path.read_bytes()).hexdigest()


@pytest.mark.parametrize("version", [found.version for found in found_interpreters()])
def test_every_layer_is_within_the_budget(version: str, tmp_path: Path) -> None:
    built = build_layer(tmp_path / "layer.zip", [version])
    with zipfile.ZipFile(built.path) as file:
        native = sum(info.file_size for info in file.infolist() if info.filename.startswith(f"{HOME}/bin/"))
        total = sum(info.file_size for info in file.infolist())
        assert built.files == len(file.infolist())
    assert built.unzipped_bytes == total
    assert 100_000 < total - native <= MAX_BYTES == 1_350_000
    assert 100_000 < native <= MAX_NATIVE_BYTES
    assert built.bytes == built.path.stat().st_size
    assert list(built.compiled) == [version]
    assert built.not_compiled == ()


def test_only_what_runs_beside_a_function_ships(layer: build.BuiltLayer) -> None:
    with zipfile.ZipFile(layer.path) as file:
        names = file.namelist()
        client = zipfile.ZipFile(io.BytesIO(file.read("dayfly.d/client.zip"))).namelist()
        archive = f"dayfly.d/{sys.implementation.cache_tag}.late.zip"
        late = zipfile.ZipFile(io.BytesIO(file.read(archive))).namelist()
        packed = file.read(f"dayfly.d/{sys.implementation.cache_tag}.guard.bin")
        manifest = json.loads(file.read("dayfly.d/manifest.json"))
        modes = {info.filename: info.external_attr >> 16 & 0o777 for info in file.infolist()}
    assert modes["dayfly"] == 0o755
    # Bytecode alone, each module's once.
    tag = f"dayfly.d/{sys.implementation.cache_tag}/"
    files = {name.removeprefix(tag) for name in names if name.startswith(tag)}
    index = json.loads(packed.partition(b"\n")[0])
    guards = {name for name, _ in index}
    assert len(files) + len(late) + len(guards) == len(files | set(late) | guards)
    modules = files | set(late) | guards
    assert not [name for name in modules if not name.endswith(".pyc")]
    own = {name[:-1] for name in modules}
    assert own == {source.path for source in own_sources(Path(dayfly.__file__).parent)}
    assert {name.split("/")[1] for name in own} == {
        "__init__.py",
        "errors.py",
        "core",
        "_sys",
        "runtime",
        "attach",
    }
    assert sorted(name for name in own if name.startswith("dayfly/attach/")) == [
        "dayfly/attach/__init__.py",
        "dayfly/attach/enter.py",
    ]
    assert guards == {f"{name}c" for name in own if is_guards(name)}
    assert {"dayfly/runtime/guard/hooks.py", "dayfly/core/structure/python.py"} <= {
        name[:-1] for name in guards
    }
    programs = {f"dayfly.d/bin/{one}/{name}" for one in ARCHITECTURES for name in ("supervisor", "launcher")}
    libraries = {f"dayfly.d/bin/{one}/{name}" for one in ARCHITECTURES for name in ("threads.so", "audit.so")}
    assert {modes[name] for name in libraries} == {0o444}
    # Executed, not read: so memory is closed.
    assert {modes[name] for name in programs} == {0o111}
    assert {name for name in names if not name.startswith(tag)} == programs | libraries | {
        "dayfly",
        "dayfly.d/boot.py",
        "dayfly.d/client.zip",
        "dayfly.d/failure.py",
        archive,
        f"dayfly.d/{sys.implementation.cache_tag}.guard.bin",
        "dayfly.d/licences.zip",
        "dayfly.d/manifest.json",
    }
    assert {name.split("/")[0] for name in client} == {"client", "needs"}
    assert not [name for name in client if not name.endswith(".py") or "tests" in name.split("/")]
    assert manifest == {
        "dayfly": dayfly.__version__,
        "bytecode": [HERE],
        "clients": {
            name: metadata.version(name) for name in ("awslambdaric", "snapshot-restore-py", "simplejson")
        },
    }


def test_licences_of_others_are_included(layer: build.BuiltLayer) -> None:
    with zipfile.ZipFile(layer.path) as file:
        archive = zipfile.ZipFile(io.BytesIO(file.read("dayfly.d/licences.zip")))
    texts = {name: archive.read(name) for name in archive.namelist()}
    assert set(texts) == {
        "licences/awslambdaric-LICENSE",
        "licences/awslambdaric-NOTICE",
        "licences/simplejson-LICENSE.txt",
    }
    assert b"Apache License" in texts["licences/awslambdaric-LICENSE"]
    assert b"MIT License" in texts["licences/simplejson-LICENSE.txt"]


def test_the_client_ships_without_its_compiled_parts_and_tests() -> None:
    paths = {source.path for source in client_sources()}
    assert {
        "client/awslambdaric/bootstrap.py",
        "needs/simplejson/encoder.py",
        "needs/snapshot_restore_py.py",
    } <= paths
    assert all(path.endswith(".py") and "/tests/" not in path for path in paths)


def test_every_module_of_the_shipped_packages_is_found() -> None:
    package = Path(dayfly.__file__).parent
    paths = {source.path for source in own_sources(package)}
    assert {
        "dayfly/runtime/start.py",
        "dayfly/core/settings.py",
        "dayfly/errors.py",
    } <= paths
    assert not {path for path in paths if path.split("/")[1] in {"cli", "lab", "testing"}}


def test_a_python_that_is_not_here_is_told_and_served_from_source(tmp_path: Path) -> None:
    missing = [version for version in ("3.11", "3.12", "3.13", "3.14") if find_python(version) is None]
    if not missing:
        pytest.skip("every Python is installed")
    built = build_layer(tmp_path / "layer.zip", missing)
    assert built.not_compiled == tuple(missing)
    assert built.compiled == {}
    with zipfile.ZipFile(built.path) as file:
        inner = zipfile.ZipFile(io.BytesIO(file.read("dayfly.d/source.zip"))).namelist()
    # With the guard's: this Python finds them nowhere else.
    assert set(inner) == {source.path for source in own_sources(Path(dayfly.__file__).parent)}


def test_beside_the_python_that_is_here_one_that_is_not_is_served_from_source(tmp_path: Path) -> None:
    missing = [version for version in ("3.11", "3.12", "3.13", "3.14") if find_python(version) is None]
    if not missing:
        pytest.skip("every Python is installed")
    built = build_layer(tmp_path / "layer.zip", [HERE, missing[-1]])
    assert (list(built.compiled), built.not_compiled) == ([HERE], (missing[-1],))
    with zipfile.ZipFile(built.path) as file:
        inner = zipfile.ZipFile(io.BytesIO(file.read("dayfly.d/source.zip"))).namelist()
        names = file.namelist()
        bytecode = f"dayfly.d/{sys.implementation.cache_tag}.zip"
        compiled = zipfile.ZipFile(io.BytesIO(file.read(bytecode))).namelist()
    assert "dayfly/runtime/client.py" in inner
    assert [name for name in inner if is_guards(name)]
    assert {"dayfly/core/__init__.pyc", "dayfly/runtime/sealing.pyc"} <= set(compiled)
    assert f"{bytecode}.guard.bin" in names


def test_a_file_that_cannot_be_written_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    for output in (tmp_path / "no-such-folder" / "layer.zip", tmp_path):
        with pytest.raises(LayerError) as caught:
            build_layer(output, [])
        assert f"{output} cannot be written: " in caught.value.message
    assert list(tmp_path.iterdir()) == []
    assert not list(tmp_path.parent.glob(f".{tmp_path.name}-*"))


def test_a_layer_that_is_there_is_replaced(tmp_path: Path) -> None:
    output = tmp_path / "layer.zip"
    output.write_bytes(b"older")
    built = build_layer(output, [])
    assert output.read_bytes()[:2] == b"PK"
    assert [path.name for path in tmp_path.iterdir()] == ["layer.zip"]
    assert built.path.stat().st_mode & 0o777 == 0o644

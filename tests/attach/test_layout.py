"""The layer's files are where they belong, always the same bytes, and within the budget."""

from __future__ import annotations

import ast
import io
import json
import zipfile
from pathlib import Path

import pytest
from tests.layer.manifest import ALLOWED

import dayfly
from dayfly.attach import layout
from dayfly.attach.build import own_sources
from dayfly.attach.layout import (
    Entry,
    LayerError,
    Source,
    archive,
    arrange,
    cache_tag,
    check_budget,
    parse_pythons,
)
from dayfly.runtime.guard import late as late_modules

SOURCES = [Source("dayfly/__init__.py", b"x = 1\n")]
CLIENT = [Source("client/awslambdaric/__init__.py", b'"""Words."""\ny = 2\n')]
WRAPPER = Entry("dayfly", b"#!/bin/sh\n", 0o755)


def test_archives_are_the_same_whatever_the_order() -> None:
    entries = [Entry("b", b"2"), Entry("a", b"1"), WRAPPER]
    assert archive(entries) == archive(list(reversed(entries)))


def test_archives_carry_modes_and_no_times() -> None:
    with zipfile.ZipFile(io.BytesIO(archive([WRAPPER, Entry("data", b"1")]))) as file:
        infos = {info.filename: info for info in file.infolist()}
    assert {info.date_time for info in infos.values()} == {(1980, 1, 1, 0, 0, 0)}
    assert oct(infos["dayfly"].external_attr >> 16) == "0o100755"
    assert oct(infos["data"].external_attr >> 16) == "0o100644"
    # 3 is Unix: without it, unpackers ignore the modes.
    assert {info.create_system for info in infos.values()} == {3}


def test_one_python_lies_in_files() -> None:
    entries = arrange([], CLIENT, {"3.12": {"dayfly/__init__.py": b"code"}}, [WRAPPER], {"dayfly": "1"})
    paths = [entry.path for entry in entries]
    assert paths == sorted(paths)
    assert paths == [
        "dayfly",
        "dayfly.d/client.zip",
        "dayfly.d/cpython-312.late.zip",
        "dayfly.d/cpython-312/dayfly/__init__.pyc",
        "dayfly.d/manifest.json",
    ]
    assert json.loads(entries[-1].data) == {"dayfly": "1"}


def test_several_pythons_lie_in_archives_and_every_source_that_is_needed_is_there_once() -> None:
    bytecode = {version: {"dayfly/__init__.py": version.encode()} for version in ("3.12", "3.13")}
    entries = {entry.path: entry.data for entry in arrange(SOURCES, CLIENT, bytecode, [], {})}
    assert set(entries) == {
        "dayfly.d/client.zip",
        "dayfly.d/cpython-312.zip",
        "dayfly.d/cpython-313.zip",
        "dayfly.d/manifest.json",
        "dayfly.d/source.zip",
    }
    with zipfile.ZipFile(io.BytesIO(entries["dayfly.d/cpython-313.zip"])) as file:
        assert file.read("dayfly/__init__.pyc") == b"3.13"
    with zipfile.ZipFile(io.BytesIO(entries["dayfly.d/source.zip"])) as file:
        assert file.namelist() == ["dayfly/__init__.py"]
    # As it is: others' words and licences stay in it.
    with zipfile.ZipFile(io.BytesIO(entries["dayfly.d/client.zip"])) as file:
        assert file.read("client/awslambdaric/__init__.py") == CLIENT[0].text


def test_the_guards_sources_are_there_beside_bytecode_as_well() -> None:
    sources = [*SOURCES, Source("dayfly/core/event_values.py", b"z = 3\n")]
    cases: list[tuple[dict[str, dict[str, bytes]], list[str]]] = [
        ({"3.12": {}}, ["dayfly/__init__.py", "dayfly/core/event_values.py"]),
        ({}, ["dayfly/__init__.py", "dayfly/core/event_values.py"]),
    ]
    for bytecode, expected in cases:
        entries = {entry.path: entry.data for entry in arrange(sources, [], bytecode, [], {})}
        with zipfile.ZipFile(io.BytesIO(entries["dayfly.d/source.zip"])) as file:
            assert file.namelist() == expected


def test_a_layer_without_bytecode_has_its_sources() -> None:
    assert [entry.path for entry in arrange(SOURCES, CLIENT, {}, [], {})] == [
        "dayfly.d/client.zip",
        "dayfly.d/manifest.json",
        "dayfly.d/source.zip",
    ]


def test_the_budget_is_the_last_size_that_passes() -> None:
    assert check_budget([Entry("a", b"12"), Entry("b", b"3")], 3) == 3
    with pytest.raises(LayerError) as caught:
        check_budget([Entry("a", b"12"), Entry("b", b"34")], 3)
    assert caught.value.message == "the layer has 4 bytes unzipped, 1 more than its 3; largest: a 2, b 2"
    assert "--python" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "expected"),
    [("3.12", ("3.12",)), ("3.13, 3.11", ("3.11", "3.13")), ("3.12,3.12", ("3.12",)), ("3.14", ("3.14",))],
)
def test_versions_are_read_oldest_first(text: str, expected: tuple[str, ...]) -> None:
    assert parse_pythons(text) == expected


@pytest.mark.parametrize("text", ["", "3.10", "3", "3.12;3.13", "python3.12", "3.12,", "3.2"])
def test_other_versions_are_refused_by_name(text: str) -> None:
    with pytest.raises(LayerError) as caught:
        parse_pythons(text)
    assert "3.11,3.12,3.13,3.14" in caught.value.hint


def test_the_tag_is_cpythons_own() -> None:
    import sys

    assert cache_tag(f"{sys.version_info[0]}.{sys.version_info[1]}") == sys.implementation.cache_tag


def test_what_is_late_exists_and_is_loaded_by_no_start() -> None:
    shipped = {source.path for source in own_sources(Path(dayfly.__file__).parent)}
    assert shipped >= layout._LATE
    late = {path for path in shipped if layout.is_late(path)}
    assert len(late) > len(layout._LATE)
    boot = {
        line.split("#")[0].strip()
        for page in ALLOWED.glob("*.txt")
        for line in page.read_text().splitlines()
        if line.startswith("dayfly")
    }
    assert boot
    assert {path.removesuffix(".py").replace("/", ".") for path in late} & boot == set()


def _imported(tree: ast.AST) -> set[str]:
    """Modules that the code imports when it runs, anywhere in it."""
    if isinstance(tree, ast.If) and isinstance(tree.test, ast.Name) and tree.test.id == "TYPE_CHECKING":
        return set()
    if isinstance(tree, ast.Import):
        return {alias.name for alias in tree.names}
    if isinstance(tree, ast.ImportFrom):
        return {tree.module or ""}
    return {name for child in ast.iter_child_nodes(tree) for name in _imported(child)}


@pytest.mark.parametrize("path", sorted(layout._LATE_GUARD))
def test_what_the_guard_loads_late_imports_what_was_kept_for_it_alone(path: str) -> None:
    tree = ast.parse((Path(dayfly.__file__).parents[1] / path).read_text())
    imported = {name for name in _imported(tree) if name != "__future__" and not name.startswith("dayfly.")}
    assert imported <= set(late_modules._STANDARD)
    expressions = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "re"
    }
    # Types in annotations are not looked up.
    assert expressions - {"Match", "Pattern"} <= vars(late_modules._Expressions).keys()

"""Declarations of every common tool are understood, with the line that each stands on."""

from __future__ import annotations

import pytest
from tests.scan.dependencies.projects import project_of

from dayfly.scan.dependencies.readers.pyproject import read_pipfile, read_pyproject, read_setup_cfg
from dayfly.scan.dependencies.requirement import Manifest, Origin
from dayfly.scan.model import NoteKind


def read(text: str) -> Manifest:
    manifest = read_pyproject(project_of({"pyproject.toml": text}), "pyproject.toml")
    assert manifest is not None
    return manifest


def test_pep_621_with_extras_and_groups() -> None:
    manifest = read(
        '[project]\nname = "My_Function"\ndependencies = [\n  "requests>=2",\n  "six==1.0",\n]\n'
        '[project.optional-dependencies]\nfast = ["orjson"]\n[dependency-groups]\ndev = ["pytest", {include-group = "lint"}]\n'
    )
    assert [(one.name, one.version, one.group, one.place.line) for one in manifest.requirements] == [
        ("requests", "", "", 4),
        ("six", "1.0", "", 5),
        ("orjson", "", "extra fast", 8),
        ("pytest", "", "group dev", 10),
    ]
    assert manifest.own_names == {"my-function"}


@pytest.mark.parametrize(
    ("version", "specifier", "exact"),
    [
        ("^2.3", ">=2.3,<3", ""),
        ("^0.3.1", ">=0.3.1,<0.4", ""),
        ("^0.0.3", ">=0.0.3,<0.0.4", ""),
        ("~1.2.3", ">=1.2.3,<1.3", ""),
        ("1.2.3", "==1.2.3", "1.2.3"),
        ("==1.2.3", "==1.2.3", "1.2.3"),
        ("*", "", ""),
        (">=1,<2", ">=1,<2", ""),
    ],
)
def test_poetrys_versions_are_put_in_words_of_pep_440(version: str, specifier: str, exact: str) -> None:
    (one,) = read(f'[tool.poetry.dependencies]\npython = "^3.11"\nacme = "{version}"\n').requirements
    assert (one.specifier, one.version) == (specifier, exact)


def test_poetrys_tables() -> None:
    manifest = read(
        '[tool.poetry]\nname = "f"\n[tool.poetry.dependencies]\na = {git = "https://host.example/a.git", branch = "main"}\n'
        'b = {path = "../b"}\nc = {version = "1.0", optional = true}\n[tool.poetry.group.dev.dependencies]\nd = "*"\n'
        '[[tool.poetry.source]]\nname = "acme"\nurl = "https://acme.example"\npriority = "supplemental"\n'
        '[[tool.poetry.source]]\nname = "other"\nurl = "https://other.example"\n'
    )
    assert [(one.name, one.origin, one.is_exact, one.group) for one in manifest.requirements] == [
        ("a", Origin.VCS, False, ""),
        ("b", Origin.LOCAL, True, ""),
        ("c", Origin.INDEX, True, "extra"),
        ("d", Origin.INDEX, False, "group dev"),
    ]
    assert [(one.url, one.is_extra) for one in manifest.indexes] == [
        ("https://acme.example", False),
        ("https://other.example", True),
    ]


def test_uvs_sources_and_indexes() -> None:
    manifest = read(
        '[project]\nname = "f"\ndependencies = ["a", "b", "c"]\n[tool.uv.sources]\na = {git = "https://host.example/a", rev = "main"}\n'
        'b = {workspace = true}\nc = {index = "acme"}\n[[tool.uv.index]]\nname = "acme"\nurl = "https://acme.example"\n'
    )
    assert [one.origin for one in manifest.requirements] == [Origin.VCS, Origin.LOCAL, Origin.INDEX]
    assert [one.is_extra for one in manifest.indexes] == [False]  # uv asks in order


def test_pipfile() -> None:
    project = project_of(
        {
            "Pipfile": '[[source]]\nurl = "https://pypi.org/simple"\nverify_ssl = false\n[packages]\nrequests = "*"\nsix = "==1.0"\n[dev-packages]\npytest = "*"\n'
        }
    )
    manifest = read_pipfile(project, "Pipfile")
    assert manifest is not None
    assert [(one.name, one.version, one.group) for one in manifest.requirements] == [
        ("requests", "", ""),
        ("six", "1.0", ""),
        ("pytest", "", "group dev"),
    ]
    assert manifest.indexes[0].is_unverified


def test_setup_cfg() -> None:
    project = project_of(
        {
            "setup.cfg": "[metadata]\nname = f\n[options]\ninstall_requires =\n    requests>=2\n    six==1.0\n[options.extras_require]\nfast = orjson\n"
        }
    )
    manifest = read_setup_cfg(project, "setup.cfg")
    assert manifest is not None
    assert [(one.name, one.group, one.place.line) for one in manifest.requirements] == [
        ("requests", "", 5),
        ("six", "", 6),
        ("orjson", "extra fast", 8),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "[project",
        "a = [" * 3000,
        "project = 3\n",
        "[project]\ndependencies = 3\n",
        '[project]\ndependencies = [3, "!!"]\n',
        "[tool]\npoetry = 1\n",
    ],
)
def test_other_shapes_are_no_crash(text: str) -> None:
    project = project_of({"pyproject.toml": text})
    manifest = read_pyproject(project, "pyproject.toml")
    assert manifest is None or manifest.requirements == ()
    assert (manifest is None) is bool(project.notes)
    assert all(note.kind is NoteKind.NOT_ANALYSABLE for note in project.notes)

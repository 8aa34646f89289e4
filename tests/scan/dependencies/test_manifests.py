"""Files that name requirements are found by their names; those of installed packages are not the function's."""

from __future__ import annotations

import pytest
from tests.scan.dependencies.projects import installed, project_of

from dayfly.scan.dependencies.manifests import is_development, read_manifests


@pytest.mark.parametrize(
    "path",
    [
        "requirements.txt",
        "src/requirements.txt",
        "requirements-prod.txt",
        "requirements/base.txt",
        "prod.requirements.txt",
        "layer.zip!/requirements.txt",
    ],
)
def test_requirements_files_are_found_by_their_names(path: str) -> None:
    assert [one.path for one in read_manifests(project_of({path: "six==1.0\n"}))] == [path]


@pytest.mark.parametrize(
    "path",
    [
        "notes.txt",
        "requirements.md",
        "requirements.in",
        "my_requirements_of_life.rst",
        "site-packages/acme/requirements.txt",
    ],
)
def test_other_files_are_left_alone(path: str) -> None:
    assert read_manifests(project_of({path: "six==1.0\n"})) == ()


def test_files_of_an_installed_package_are_its_own_business() -> None:
    files = installed("acme", "1.0", {"acme/__init__.py": "", "acme/requirements.txt": "six\n"})
    assert read_manifests(project_of(files)) == ()


def test_a_file_that_another_includes_is_read_with_it() -> None:
    files = {"requirements.txt": "-r requirements-base.txt\n", "requirements-base.txt": "six==1.0\n"}
    (manifest,) = read_manifests(project_of(files))
    assert manifest.path == "requirements.txt"
    assert [one.place.path for one in manifest.requirements] == ["requirements-base.txt"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("requirements-dev.txt", True),
        ("dev-requirements.txt", True),
        ("tests/requirements.txt", True),
        ("docs/requirements.txt", True),
        ("requirements.txt", False),
        ("src/orders/requirements.txt", False),
        ("latest/requirements.txt", False),
        ("requirements-prod.txt", False),
    ],
)
def test_packages_for_development_are_told_by_path(path: str, expected: bool) -> None:
    assert is_development(path) is expected

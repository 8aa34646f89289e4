"""Modules in the place of others are found where Lambda looks for them."""

from __future__ import annotations

import pytest
from tests.scan.dependencies.projects import installed, project_of

from dayfly.scan.dependencies.manifests import read_manifests
from dayfly.scan.dependencies.shadowing import find_shadowing
from dayfly.scan.model import Finding, Place, Severity
from dayfly.scan.template.model import LambdaFunction


def found(files: dict[str, str | bytes], *functions: LambdaFunction) -> list[Finding]:
    project = project_of(files)
    return list(find_shadowing(project, read_manifests(project), functions))


@pytest.mark.parametrize(
    "path", ["json.py", "logging/__init__.py", "secrets.py", "python/json.py", "layer.zip!/python/json.py"]
)
def test_a_standard_name_where_imports_begin_is_found(path: str) -> None:
    (finding,) = found({path: "X = 1\n", "app.py": ""})
    assert "instead of the standard module" in finding.message
    assert finding.severity is Severity.MEDIUM


@pytest.mark.parametrize(
    "path",
    ["app/json.py", "json/data.py", "sys.py", "test/__init__.py", "orders.py", "site-packages/json.py"],
)
def test_other_names_and_places_are_left_alone(path: str) -> None:
    assert found({path: "X = 1\n", "app.py": ""}) == []


def test_with_a_template_imports_begin_in_the_functions_folder() -> None:
    function = LambdaFunction("F", "app.handler", Place("template.yaml"), code="src/")
    files: dict[str, str | bytes] = {"json.py": "", "src/app.py": "", "src/email.py": ""}
    assert [one.place.path for one in found(files, function)] == ["src/email.py"]


@pytest.mark.parametrize(
    "files",
    [
        {"requests.py": "", "requirements.txt": "requests==2.31.0\n"},
        {"boto3/__init__.py": "", "app.py": ""},
        {"yaml.py": "", "requirements.txt": "PyYAML==6.0\n"},
    ],
)
def test_the_name_of_a_package_that_is_brought_is_found(files: dict[str, str | bytes]) -> None:
    (finding,) = found(files)
    assert finding.severity is Severity.HIGH


def test_the_package_itself_and_unwanted_names_are_left_alone() -> None:
    assert found(installed("requests", "2.31.0", {"requests/__init__.py": ""})) == []
    assert found(installed("boto3", "1.40", {"boto3/__init__.py": ""}, root="python/")) == []
    assert found({"requests.py": "", "app.py": ""}) == []


def test_a_package_that_installs_a_standard_name_is_found() -> None:
    (finding,) = found(installed("acme", "1.0", {"json.py": "", "acme/__init__.py": ""}))
    assert finding.severity is Severity.HIGH
    (backport,) = found(installed("dataclasses", "0.8", {"dataclasses.py": ""}))
    assert backport.severity is Severity.LOW

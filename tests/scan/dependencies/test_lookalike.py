"""Names a slip away from popular ones are found; honest neighbours are not."""

from __future__ import annotations

import pytest
from tests.scan.dependencies.projects import installed, project_of

from dayfly.scan.dependencies.lookalike import find_lookalikes, resembles
from dayfly.scan.dependencies.manifests import read_manifests


@pytest.mark.parametrize(
    ("name", "popular"),
    [
        ("reqeusts", "requests"),
        ("requestss", "requests"),
        ("request", "requests"),
        ("botocre", "botocore"),
        ("bto3", "boto3"),
        ("pandsa", "pandas"),
        ("numpi", "numpy"),
        ("nmpy", "numpy"),
        ("djanga", "django"),
        ("colourama", "colorama"),
        ("jeilyfish", "jellyfish"),
        ("rnatplotlib", "matplotlib"),
        ("pythondateutil", "python-dateutil"),
        ("python3-dateutil", "python-dateutil"),
        ("tensorfow", "tensorflow"),
        ("crytpography", "cryptography"),
        ("urllib", "urllib3"),
        ("python-requests", "requests"),
        ("requests3", "requests"),
        ("aws-lambda-powertool", "aws-lambda-powertools"),
    ],
)
def test_a_slip_is_found(name: str, popular: str) -> None:
    found = resembles(name)
    assert found is not None
    assert found[0] == popular


@pytest.mark.parametrize(
    "name",
    [
        "attr", "attrs", "boto", "boto3", "python-dateutil", "pytest-mock", "pytest-cov", "jwt", "pyjwt", "bs4", "beautifulsoup4",
        "sklearn", "scikit-learn", "dotenv", "python-dotenv", "typing", "typing-extensions", "httpx", "psycopg", "psycopg2",
        "redis", "fastapi", "starlette", "flask", "pillow", "aiohttp", "orders", "invoicing", "acme-common", "shared", "utils", "core",
        "models", "service", "my-function", "payments-api", "db-client", "mycompany-auth", "handlers", "six", "ujson", "orjson",
    ],
)  # fmt: skip
def test_an_honest_name_is_left_alone(name: str) -> None:
    assert resembles(name) is None


def test_it_is_reported_once_with_everything_that_brings_it() -> None:
    files = {
        "requirements.txt": "reqeusts==1.0\n",
        **installed("reqeusts", "1.0", {"reqeusts/__init__.py": ""}),
    }
    project = project_of(files)
    (finding,) = find_lookalikes(project, read_manifests(project))
    assert str(finding.place) == "requirements.txt:1"
    assert finding.evidence["places"] == ["requirements.txt:1", "reqeusts-1.0.dist-info/METADATA"]
    assert "reqeusts/__init__.py" in str(finding.evidence["files"])


def test_a_projects_own_name_and_local_packages_are_left_alone() -> None:
    files: dict[str, str | bytes] = {
        "pyproject.toml": '[project]\nname = "reqeusts"\ndependencies = []\n',
        "requirements.txt": "-e ./botocre\nreqeusts==1\n",
    }
    project = project_of(files)
    assert list(find_lookalikes(project, read_manifests(project))) == []

"""Versions that float, hashes that are missing and sources that can change are found, and locked twins are not."""

from __future__ import annotations

import pytest
from tests.scan.dependencies.projects import project_of
from tests.scan.dependencies.readers.test_locks import LOCKS

from dayfly.scan.dependencies.locking import find_sources, find_unlocked
from dayfly.scan.dependencies.manifests import read_manifests
from dayfly.scan.model import Finding, Severity

HASH = "--hash=sha256:" + "ab" * 32
COMMIT = "8b1a9953c4611296a827abf8c47804d7e6c49c6b"
PROJECT = '[project]\nname = "f"\ndependencies = ["requests"]\n'


def unlocked(**files: str) -> list[Finding]:
    named = {
        name.replace("__", "/")
        .replace("_txt", ".txt")
        .replace("_toml", ".toml")
        .replace("_lock", ".lock"): text
        for name, text in files.items()
    }
    return list(find_unlocked(read_manifests(project_of(named))))


def test_a_version_that_floats_is_one_finding_for_its_file() -> None:
    (finding,) = unlocked(requirements_txt="six==1.0\nrequests\nboto3>=1\n")
    assert finding.check == "dependency.unlocked"
    assert (
        finding.message
        == "requirements.txt allows more than one version of requests, boto3, and no lock file selects one"
    )
    assert finding.place.line == 2


@pytest.mark.parametrize(
    "files",
    [
        {"requirements_txt": f"requests==2.31.0 {HASH}\n"},
        {"pyproject_toml": PROJECT, "uv_lock": LOCKS["uv.lock"]},
        {"fn__pyproject_toml": PROJECT, "uv_lock": LOCKS["uv.lock"]},
        {"pyproject_toml": PROJECT, "poetry_lock": LOCKS["poetry.lock"]},
        {"pyproject_toml": PROJECT, "requirements_txt": f"requests==2.31.0 {HASH}\n"},
        {"pyproject_toml": "[tool.ruff]\nline-length = 100\n"},
        {"requirements_dev_txt": "pytest\n"},
        {"tests__requirements_txt": "pytest\n"},
        {"requirements_txt": ""},
        {"requirements_txt": f"-e .\nacme @ git+https://host.example/acme@{COMMIT}\n"},
    ],
)
def test_what_is_locked_is_left_alone(files: dict[str, str]) -> None:
    assert unlocked(**files) == []


def test_a_lock_elsewhere_does_not_count() -> None:
    (finding,) = unlocked(a__pyproject_toml=PROJECT, b__uv_lock=LOCKS["uv.lock"])
    assert finding.place.path == "a/pyproject.toml"


def test_a_lock_of_pyproject_does_not_lock_a_requirements_file() -> None:
    found = unlocked(pyproject_toml=PROJECT, uv_lock=LOCKS["uv.lock"], requirements_txt="requests\n")
    assert [(one.check, one.place.path) for one in found] == [("dependency.unlocked", "requirements.txt")]


def test_versions_without_hashes_are_found_with_less_weight() -> None:
    (finding,) = unlocked(requirements_txt="requests==2.31.0\nsix==1.16.0\n")
    assert (finding.check, finding.severity) == ("dependency.unhashed", Severity.LOW)


def test_a_lock_without_hashes_is_found() -> None:
    (finding,) = unlocked(poetry_lock='[[package]]\nname = "six"\nversion = "1.0"\nfiles = []\n')
    assert finding.check == "dependency.unhashed"


@pytest.mark.parametrize(
    ("line", "severity", "words"),
    [
        ("acme @ git+https://host.example/acme@main", Severity.MEDIUM, "can be changed"),
        ("acme @ git+https://host.example/acme@v1.0", Severity.MEDIUM, "can be changed"),
        (
            "acme @ git+https://user:s3cret@host.example/acme",
            Severity.MEDIUM,
            "git+https://host.example/acme",
        ),
        (f"acme @ git+http://host.example/acme@{COMMIT}", Severity.HIGH, "unencrypted connection"),
        ("acme @ http://host.example/acme-1.0.zip", Severity.HIGH, "unencrypted connection"),
        ("acme @ https://host.example/acme-1.0.zip", Severity.MEDIUM, "without a hash"),
        ("-i http://host.example/simple\nsix==1", Severity.HIGH, "unencrypted connection"),
        (
            "--extra-index-url https://user:s3cret@host.example/simple\nsix==1",
            Severity.MEDIUM,
            "https://host.example/simple is used in addition to another index",
        ),
        ("--trusted-host host.example\nsix==1", Severity.HIGH, "without a valid certificate"),
    ],
)
def test_a_source_that_others_choose_is_found(line: str, severity: Severity, words: str) -> None:
    (finding,) = find_sources(read_manifests(project_of({"requirements.txt": line + "\n"})))
    assert finding.severity is severity
    assert words in finding.message
    assert "s3cret" not in str(finding)


@pytest.mark.parametrize(
    "line",
    [
        f"acme @ git+https://host.example/acme@{COMMIT}",
        "acme @ https://host.example/acme-1.0.zip#sha256=" + "ab" * 32,
        f"https://host.example/acme-1.0-py3-none-any.whl {HASH}",
        "-i https://host.example/simple\nsix==1",
        f"--extra-index-url https://host.example/simple\nsix==1 {HASH}",
        "-i http://localhost:3141/simple\nsix==1",
        "./vendored/acme",
    ],
)
def test_a_source_that_is_fixed_is_left_alone(line: str) -> None:
    assert list(find_sources(read_manifests(project_of({"requirements.txt": line + "\n"})))) == []


def test_a_configuration_of_pip_beside_the_code_is_read() -> None:
    text = "[global]\nindex-url = https://a.example/simple\nextra-index-url =\n    https://b.example/simple\n    http://c.example/simple\n"
    found = list(find_sources(read_manifests(project_of({"pip.conf": text}))))
    assert [one.place.line for one in found] == [4, 5, 5]
    assert list(find_sources(read_manifests(project_of({"pip.conf": "[global]\ntimeout = 60\n"})))) == []
    assert list(find_sources(read_manifests(project_of({"pip.conf": "nonsense"})))) == []

"""Lock files of five tools say the same of the same packages."""

from __future__ import annotations

import json

import pytest
from tests.scan.dependencies.projects import project_of

from dayfly.scan.dependencies.manifests import read_manifests
from dayfly.scan.dependencies.requirement import Manifest, Origin

DIGEST = "ab" * 32
COMMIT = "8b1a9953c4611296a827abf8c47804d7e6c49c6b"
LOCKS = {
    "uv.lock": f"""version = 1
[[package]]
name = "requests"
version = "2.31.0"
source = {{ registry = "https://pypi.org/simple" }}
dependencies = [{{ name = "urllib3" }}]
sdist = {{ url = "https://f.example/requests.tar.gz", hash = "sha256:{DIGEST}" }}
[[package]]
name = "acme"
version = "1.0"
source = {{ git = "https://host.example/acme?rev=main#{COMMIT}" }}
[[package]]
name = "own"
version = "0.1"
source = {{ editable = "." }}
""",
    "poetry.lock": f"""[[package]]
name = "requests"
version = "2.31.0"
files = [{{file = "requests.tar.gz", hash = "sha256:{DIGEST}"}}]
[package.dependencies]
urllib3 = ">=1.21"
[[package]]
name = "acme"
version = "1.0"
files = []
[package.source]
type = "git"
url = "https://host.example/acme"
reference = "main"
resolved_reference = "{COMMIT}"
""",
    "pdm.lock": f"""[[package]]
name = "requests"
version = "2.31.0"
dependencies = ["urllib3<3,>=1.21"]
files = [{{file = "requests.tar.gz", hash = "sha256:{DIGEST}"}}]
[[package]]
name = "acme"
version = "1.0"
git = "https://host.example/acme"
revision = "{COMMIT}"
""",
    "pylock.toml": f"""lock-version = "1.0"
created-by = "x"
[[packages]]
name = "requests"
version = "2.31.0"
dependencies = [{{name = "urllib3"}}]
wheels = [{{name = "requests.whl", url = "https://f.example/r.whl", hashes = {{sha256 = "{DIGEST}"}}}}]
[[packages]]
name = "acme"
vcs = {{type = "git", url = "https://host.example/acme", commit-id = "{COMMIT}"}}
""",
    "Pipfile.lock": json.dumps(
        {
            "_meta": {"sources": [{"url": "https://pypi.org/simple", "verify_ssl": True}]},
            "default": {
                "requests": {"version": "==2.31.0", "hashes": [f"sha256:{DIGEST}"]},
                "acme": {"git": "https://host.example/acme", "ref": COMMIT},
            },
        },
        indent=2,
    ),
}


def read(name: str, text: str) -> Manifest:
    (manifest,) = read_manifests(project_of({name: text}))
    return manifest


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_versions_hashes_and_commits(name: str) -> None:
    manifest = read(name, LOCKS[name])
    assert manifest.is_lock
    assert manifest.kind == name
    requests, acme = manifest.requirements[:2]
    assert (requests.name, requests.version, requests.hashes) == ("requests", "2.31.0", (f"sha256:{DIGEST}",))
    assert requests.place.line > 0
    assert (acme.origin, acme.is_exact) == (Origin.VCS, True)
    if name != "Pipfile.lock":
        assert requests.needs == ("urllib3",)


def test_members_of_the_workspace_are_the_projects_own() -> None:
    manifest = read("uv.lock", LOCKS["uv.lock"])
    assert manifest.own_names == {"own"}
    assert manifest.requirements[2].origin is Origin.LOCAL


@pytest.mark.parametrize("name", LOCKS)
@pytest.mark.parametrize(
    "text",
    [
        "",
        "[",
        "[[package]]\n",
        "package = 3\n",
        "[[package]]\nname = 3\nversion = []\nsource = 1\n",
        "{",
        "[]",
        '{"default": {"a": 3}}',
        "[" * 10_000,
    ],
)
def test_other_shapes_are_no_crash(name: str, text: str) -> None:
    project = project_of({name: text})
    for manifest in read_manifests(project):
        assert manifest.is_lock

"""`make release` gives the same bytes wherever and whenever it is run, and refuses what must not be released."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from tests.interpreters import found_interpreters

import dayfly

ROOT = Path(__file__).parents[2]
TAG = f"v{dayfly.__version__}"
# Two people's machines: what differs between them must not be in the files.
ONE = {"LC_ALL": "C", "TZ": "UTC", "PYTHONHASHSEED": "1"}
OTHER = {"LC_ALL": "C.UTF-8", "TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "77", "SOURCE_DATE_EPOCH": "1"}
_LEFT_OUT = (
    ".git",
    ".venv",
    ".venvs",
    ".cache",
    "dist",
    "build",
    "out",
    "__pycache__",
    ".*_cache",
    ".hypothesis",
)


def git(folder: Path, *arguments: str) -> None:
    """Run git there, as somebody without settings of their own."""
    settings = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "core.hooksPath=/dev/null"]
    variables = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
    subprocess.run(["git", *settings, *arguments], cwd=folder, check=True, capture_output=True, env=variables)


# Without `make setup`, by the environment that runs the tests: its compiler has built the C libraries before.
AS_SET_UP = ("--old-file=setup", "RUN=", "ARGS=")
SET_UP = {
    "PYTHONPATH": "src",
    "UV_NO_BUILD_ISOLATION": "1",
    "UV_PYTHON": sys.executable,
}


def make_release(
    folder: Path, variables: Mapping[str, str], mask: int, arguments: Sequence[str] = ()
) -> dict[str, bytes]:
    """Run `make release` there and return the files of dist/."""
    inherited = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    # The checkout's own uv, where the machine has none.
    path = f"{Path(sys.executable).parent}:{ROOT / '.cache' / 'uv' / 'bin'}:{os.environ['PATH']}"
    run = subprocess.run(
        ["make", *arguments, "release"],
        cwd=folder,
        env={**inherited, "PATH": path, **variables},
        umask=mask,
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return {path.name: path.read_bytes() for path in (folder / "dist").iterdir()}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository of its own with all that is here."""
    one = tmp_path / "one"
    shutil.copytree(ROOT, one, symlinks=True, ignore=shutil.ignore_patterns(*_LEFT_OUT))
    git(one, "init", "--quiet")
    git(one, "add", "--all")
    git(one, "commit", "--quiet", "--message", "all", "--date", "2026-01-02T03:04:05Z")
    return one


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_release_lists_every_file_and_can_be_installed(checkout: Path) -> None:
    made = make_release(checkout, {**ONE, **SET_UP}, 0o022, AS_SET_UP)

    names = {name for name in made if name.endswith((".whl", ".tar.gz"))}
    assert {Path(name).suffix for name in names} == {".whl", ".gz"}
    for interpreter in found_interpreters():
        assert f"dayfly-layer-{dayfly.__version__}-python{interpreter.version}.zip" in made
    listed = dict(line.split("  ")[::-1] for line in made["SHA256SUMS"].decode().splitlines())
    assert listed == {
        name: hashlib.sha256(data).hexdigest() for name, data in made.items() if name != "SHA256SUMS"
    }
    bill = made["dayfly.cdx.json"].decode()
    assert JsonStrictValidator(SchemaVersion.V1_5).validate_str(bill) is None
    for name in names:
        assert listed[name] in bill

    tried = subprocess.run(
        [sys.executable, str(checkout / "scripts" / "try_release.py"), str(checkout / "dist")],
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert tried.returncode == 0, tried.stderr


# Each sets up an environment and compiles the native programs and their C libraries for two processors.
@pytest.mark.slow
@pytest.mark.nightly
@pytest.mark.timeout(1800)
def test_two_builds_in_different_folders_and_times_give_the_same_bytes(
    checkout: Path, tmp_path: Path
) -> None:
    other = tmp_path / "an öther"
    git(tmp_path, "clone", "--quiet", str(checkout), str(other))
    for path in other.rglob("*"):
        if ".git" not in path.parts and path.is_file():
            os.utime(path, (1_000_000_000, 1_000_000_000))

    first, second = make_release(checkout, ONE, 0o022), make_release(other, OTHER, 0o077)
    assert sorted(name for name in {*first, *second} if first.get(name) != second.get(name)) == []


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose only file is the script, committed."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "release.py", tmp_path / "scripts")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "--message", "all")
    return tmp_path


def refusal(repository: Path, *arguments: str) -> str:
    """What the script says on refusing, in one line and without a traceback."""
    run = subprocess.run(
        [sys.executable, str(repository / "scripts" / "release.py"), *arguments],
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert run.returncode == 2, run.stdout + run.stderr
    assert len(run.stderr.splitlines()) == 1
    assert not (repository / "dist").exists()
    return run.stderr


def test_changes_that_are_not_committed_are_refused_by_name(repository: Path) -> None:
    (repository / "new.py").touch()
    assert "the working tree has changes (new.py): commit, stash or remove them" in refusal(repository)
    (repository / "new.py").unlink()
    (repository / ".git" / "info" / "exclude").write_text("hidden.py\n")
    git(repository, "config", "status.showUntrackedFiles", "no")
    (repository / "hidden.py").touch()
    assert "(hidden.py)" in refusal(repository)
    (repository / "hidden.py").unlink()
    (repository / "scripts" / "release.py").open("a").write("# changed\n")
    assert "(scripts/release.py)" in refusal(repository)


@pytest.mark.parametrize("tags", [("v9.9.9",), ("v9.9.9", TAG)])
def test_a_tag_of_another_version_is_refused(repository: Path, tags: tuple[str, ...]) -> None:
    for tag in tags:
        git(repository, "tag", tag)
    assert f"tag v9.9.9 does not match version {dayfly.__version__}" in refusal(repository)


def test_a_real_release_needs_its_tag(repository: Path) -> None:
    assert f"this commit has no tag {TAG}" in refusal(repository, "--tagged")


@pytest.mark.parametrize(
    "heading", ["## [Unreleased]", f"## [{dayfly.__version__}] - soon", "## [0.0.9] - 2026-01-02"]
)
def test_a_real_release_needs_its_section_of_the_changelog(repository: Path, heading: str) -> None:
    (repository / "CHANGELOG.md").write_text(f"# Changelog\n\n{heading}\n")
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message", "changelog")
    git(repository, "tag", TAG)
    assert f"no section ## [{dayfly.__version__}]" in refusal(repository, "--tagged")


def test_a_folder_that_is_no_repository_is_refused(repository: Path) -> None:
    shutil.rmtree(repository / ".git")
    run = subprocess.run(
        [sys.executable, str(repository / "scripts" / "release.py")],
        capture_output=True,
        text=True,
        timeout=500,
        env={**os.environ, "GIT_CEILING_DIRECTORIES": str(repository.parent)},
    )
    assert run.returncode == 2
    assert "not a git repository" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_folder_without_wheels_is_refused(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "try_release.py"), str(tmp_path)],
        capture_output=True,
        text=True,
    )
    assert run.returncode == 2
    assert "with wheels in it" in run.stderr

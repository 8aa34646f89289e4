"""--diff asks git for changed lines, and runs nothing that a repository would have it run."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from dayfly.cli.scan_git import read_change
from dayfly.errors import DayflyError


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.invalid", "-c", "init.defaultBranch=main")
    return subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    (folder / "src").mkdir(parents=True)
    git(folder, "init", "--quiet")
    (folder / "src" / "app.py").write_text("a = 1\nb = 2\nc = 3\n")
    (folder / "ü b.py").write_text("x = 1\n")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "first")
    return folder


def test_changed_lines_new_files_and_odd_names(repository: Path) -> None:
    (repository / "src" / "app.py").write_text("a = 1\nb = 20\nc = 3\n")
    (repository / "ü b.py").write_text("x = 2\n")
    (repository / "new.py").write_text("n = 1\n")
    change = read_change("HEAD", repository)
    assert change.lines == {"src/app.py": (range(2, 3),), "ü b.py": (range(1, 2),)}
    assert change.files == {"new.py"}


def test_paths_are_seen_from_the_working_directory(repository: Path) -> None:
    (repository / "src" / "app.py").write_text("a = 10\nb = 2\nc = 3\n")
    change = read_change("HEAD", repository / "src")
    assert change.lines == {"app.py": (range(1, 2),)}


def test_three_dots_compare_with_where_the_branch_began(repository: Path) -> None:
    git(repository, "checkout", "--quiet", "-b", "feature")
    (repository / "src" / "app.py").write_text("a = 1\nb = 2\nc = 30\n")
    git(repository, "commit", "--quiet", "-am", "mine")
    git(repository, "checkout", "--quiet", "main")
    (repository / "src" / "app.py").write_text("a = 99\nb = 2\nc = 3\n")
    git(repository, "commit", "--quiet", "-am", "theirs")
    git(repository, "checkout", "--quiet", "feature")
    assert read_change("main...", repository).lines == {"src/app.py": (range(3, 4),)}
    assert read_change("main...HEAD", repository).lines == {"src/app.py": (range(3, 4),)}


@pytest.mark.parametrize(
    "revision", ["", "--output=/tmp/x", "-O/tmp/x", "nope", "main..other", "main...other"]
)
def test_what_is_no_revision_is_refused(repository: Path, revision: str) -> None:
    with pytest.raises(DayflyError):
        read_change(revision, repository)


def test_outside_a_repository_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(DayflyError, match="not a git repository"):
        read_change("HEAD", tmp_path)


def test_without_git_that_is_said(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(DayflyError, match="needs git"):
        read_change("HEAD", repository)


def test_a_repositorys_configuration_runs_nothing(repository: Path, tmp_path: Path) -> None:
    evidence = tmp_path / "it-ran"
    script = tmp_path / "evil.sh"
    script.write_text(f"#!/bin/sh\ntouch {evidence}\n")
    script.chmod(0o755)
    for name in ("core.fsmonitor", "diff.external", "diff.evil.textconv", "diff.evil.command", "core.pager"):
        git(repository, "config", name, str(script))
    (repository / ".gitattributes").write_text("*.py diff=evil\n")
    (repository / "src" / "app.py").write_text("a = 10\nb = 2\nc = 3\n")
    assert read_change("HEAD", repository).lines["src/app.py"] == (range(1, 2),)
    assert not evidence.exists()

"""Asks git which lines differ from a revision. The scanner itself starts nothing; this is the command line's."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from dayfly.errors import DayflyError
from dayfly.scan.report.differences import Change, read_diff

_TIMEOUT_S = 120.0
# What the configuration of a repository could have git run on a diff.
_INERT = (
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.pager=cat",
    "-c",
    "diff.external=",
)


def read_change(revision: str, base: Path) -> Change:
    """Lines of the working tree that are not as in `revision`, by paths seen from `base`; untracked files whole.

    Raises DayflyError where there is no git, no repository or no such revision.
    """
    if revision.startswith("-") or not revision.strip():
        raise DayflyError(
            f"{revision!r} is not a git revision",
            hint="use for example --diff main, --diff HEAD~1 or --diff origin/main...",
        )
    top = Path(_git(base, "rev-parse", "--show-toplevel").rstrip("\n"))
    # Three dots would compare commits alone; what is not committed yet counts, too.
    start = revision
    for dots in ("...", ".."):
        if dots in revision:
            left, _, right = revision.partition(dots)
            start = left or "HEAD"
            if right not in ("", "HEAD"):
                raise DayflyError(
                    f"{revision!r} compares two commits, but scan reads the working tree",
                    hint=f"--diff {start}{'...' if dots == '...' else ''}",
                )
            if dots == "...":
                start = _git(base, "merge-base", "--end-of-options", start, "HEAD").strip()
            break
    _git(
        base, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{start}^{{commit}}", revision=revision
    )
    text = _git(
        top, "diff", "--unified=0", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", "--relative",
        "--src-prefix=a/", "--dst-prefix=b/", "--ignore-submodules", "--end-of-options", start, "--",
    )  # fmt: skip
    new = _git(top, "ls-files", "--others", "--exclude-standard", "-z", "--full-name").split("\0")
    lines = {_seen_from(top, path, base): ranges for path, ranges in read_diff(text).items()}
    return Change(lines, frozenset(_seen_from(top, path, base) for path in new if path))


def _seen_from(top: Path, path: str, base: Path) -> str:
    full = os.path.join(top, path)
    inner = os.path.relpath(full, os.path.realpath(base))
    return full if inner.startswith(".." + os.sep) else inner


def _git(folder: Path, *arguments: str, revision: str = "") -> str:
    try:
        done = subprocess.run(
            ["git", *_INERT, *arguments],
            cwd=folder,
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"},
        )
    except FileNotFoundError as error:
        raise DayflyError("--diff needs git, which is not installed", hint="install git") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DayflyError(
            f"git could not be run: {error}", hint="check that `git diff` works in this directory"
        ) from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().partition("\n")[0].removeprefix("fatal: ")
        what = f"unknown git revision {revision!r}" if revision else f"git {arguments[0]}: {said or 'failed'}"
        raise DayflyError(what, hint="give a revision of the repository in the working directory")
    return done.stdout.decode("utf-8", "surrogateescape")

"""A repository for the handlers that ask git."""

import os
import subprocess

GIT = {
    "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
    "HOME": "/tmp/workbench",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    **{
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "Zoe"), ("EMAIL", "zoe@example.net"), ("DATE", "2026-05-02T12:00:00Z"))
    },
}


def repository(work):
    folder = work / "repository"
    if not folder.exists():
        folder.mkdir()
        (folder / "README").write_text("README: a start\nit's (a) tool\n")
        for arguments in (
            ["init", "-q", "-b", "main"],
            ["add", "."],
            ["commit", "-q", "-m", "first: it's a start"],
            ["branch", "fix/o'brien-1"],
        ):
            subprocess.run(["git", *arguments], cwd=folder, env=GIT, check=True, capture_output=True)
    return folder

"""An installed Dayfly: the programs it brought, and what a command printed and ended with."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

COMMAND_TIMEOUT_S = 120


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, object]:
        """Standard output as one JSON object; fails for anything before, after or instead of it."""
        value = json.loads(self.out)
        assert isinstance(value, dict), self.out
        return value

    def refused(self) -> str:
        """Check that the command refused in the way of all commands, and return its message."""
        assert (self.code, self.out) == (2, ""), self
        assert self.err.strip(), "exit code 2 without a word"
        return self.err


@dataclass(frozen=True)
class Installed:
    """Dayfly installed in an environment of its own, and the folder its commands run in."""

    venv: Path
    folder: Path

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.venv / "bin" / "python"

    @property
    def program(self) -> Path:
        """The `dayfly` that the wheel brought."""
        return self.venv / "bin" / "dayfly"

    @property
    def environment(self) -> dict[str, str]:
        """A user's shell: a home of its own, no PYTHONPATH, no AWS account."""
        return {
            "PATH": f"{self.venv / 'bin'}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "COLUMNS": "100",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def write(self, files: Mapping[str, str], *, below: str = ".") -> Path:
        """Write a project's files, readable by everybody; return its folder."""
        root = self.folder / below
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return root

    def run(self, *words: str | Path, text: str | None = None, **environment: str) -> Done:
        """Type `dayfly WORDS`; no command may end in a traceback."""
        done = subprocess.run(
            [str(self.program), *map(str, words)],
            cwd=self.folder,
            env={**self.environment, **environment},
            input=text,
            stdin=subprocess.DEVNULL if text is None else None,
            capture_output=True,
            text=True,
            timeout=COMMAND_TIMEOUT_S,
        )
        assert "Traceback" not in done.stdout + done.stderr, done.stderr
        return Done(done.returncode, done.stdout, done.stderr)

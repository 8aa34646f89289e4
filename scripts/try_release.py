"""Tries the wheels of a folder in a bare environment: installs them, imports them, serves events, starts the command.

`python scripts/try_release.py dist`, with any supported Python; needs nothing but the standard library. CI runs it
before a release is published.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

_TIMEOUT_S = 300
_HANDLER = "import os\ndef handler(event, context):\n    return [event, os.getpid()]\n"


class TrialError(Exception):
    """A wheel that does not work; the message says at which step."""


def main(arguments: Sequence[str]) -> int:
    """Try the wheels of the folder that is named; 1 and the reason where they do not work, 2 where there are none."""
    if arguments == ["--serve"]:
        serve()
        return 0
    wheels = sorted(Path(arguments[0]).resolve().glob("*.whl")) if len(arguments) == 1 else []
    if not wheels:
        sys.stderr.write(
            f"usage: {sys.argv[0]} FOLDER, with wheels in it (make release writes them to dist/)\n"
        )
        return 2
    try:
        with tempfile.TemporaryDirectory() as folder:
            try_wheels(wheels, Path(folder))
    except TrialError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{', '.join(one.name for one in wheels)}: fine on Python {sys.version.split()[0]}\n")
    return 0


def try_wheels(wheels: Sequence[Path], folder: Path) -> None:
    """Install the wheels into an environment in `folder` and use them; raises TrialError."""
    python = str(folder / "venv" / "bin" / "python")
    version = wheels[0].name.split("-")[1]
    names = sorted({one.name.split("-")[0].replace("_", "-") for one in wheels})
    pip = [python, "-I", "-m", "pip", "install", "--disable-pip-version-check", "--quiet"]
    _run([sys.executable, "-I", "-m", "venv", str(folder / "venv")], folder)
    # Ours from the folder alone, then what they need from the index: nothing of ours may come from there.
    _run([*pip, "--no-index", "--no-deps", "--find-links", str(wheels[0].parent), *names], folder)
    _run([*pip, *(f"{name}=={version}" for name in names)], folder)
    _run([python, "-I", "-m", "pip", "check"], folder)
    (folder / "app.py").write_text(_HANDLER)
    _run([python, "-I", str(Path(__file__).resolve()), "--serve"], folder)
    _run([*pip, f"dayfly[cli]=={version}"], folder)
    printed = _run([str(folder / "venv" / "bin" / "dayfly"), "--version"], folder)
    if version not in printed:
        raise TrialError(f"dayfly --version printed {printed!r}, not {version}")


def serve() -> None:
    """Serve two events with the installed runtime; each must be answered by a process of its own."""
    import dayfly
    from dayfly.testing.runtime_api import FakeRuntimeApi

    if not Path(dayfly.__file__).is_relative_to(sys.prefix):
        raise SystemExit(f"dayfly comes from {dayfly.__file__}, not from the wheel")
    with FakeRuntimeApi() as api:
        runtime = subprocess.Popen(
            [sys.executable, "-I", "-m", "dayfly.runtime", "app.handler"],
            env={
                "PATH": os.environ["PATH"],
                "AWS_LAMBDA_RUNTIME_API": api.address,
                "LAMBDA_TASK_ROOT": str(Path.cwd()),
            },
        )
        try:
            answers = [api.invoke({"number": number}, deadline_s=60).payload for number in (1, 2)]
        finally:
            runtime.terminate()
            runtime.wait(30)
    match answers:
        case [[{"number": 1}, int(first)], [{"number": 2}, int(second)]] if first != second:
            return
        case _:
            raise SystemExit(f"two events were answered with {answers}, not by two processes")


def _run(command: Sequence[str], folder: Path) -> str:
    try:
        run = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=_TIMEOUT_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise TrialError(f"{' '.join(command)} did not run: {error}") from error
    if run.returncode != 0:
        raise TrialError(f"{' '.join(command)} failed:\n{run.stdout}{run.stderr}")
    return run.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

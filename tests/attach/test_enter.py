"""Command lines of Python are understood as the interpreter does, or not at all."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.layer.managed import HERE
from tests.rie import ROOT

from dayfly.attach.enter import KNOWN_CLIENTS, CannotStartError, check_bootstrap, understand

BOOTSTRAP = "/var/runtime/bootstrap.py"
BOOT = ROOT / "src" / "dayfly" / "attach" / "files" / "boot.py"


@pytest.mark.parametrize(
    ("command", "kind", "name", "options", "arguments"),
    [
        ("python3.12 /var/runtime/bootstrap.py", "bootstrap", BOOTSTRAP, "", ""),
        ("python3.12 -X importtime /var/runtime/bootstrap.py", "bootstrap", BOOTSTRAP, "-X importtime", ""),
        (
            "python -Ximporttime -u -W error b.py x -y",
            "bootstrap",
            "b.py",
            "-Ximporttime -u -W error",
            "x -y",
        ),
        ("python -Werror -bb -OO b.py", "bootstrap", "b.py", "-Werror -bb -OO", ""),
        (
            "python --check-hash-based-pycs never b.py",
            "bootstrap",
            "b.py",
            "--check-hash-based-pycs never",
            "",
        ),
        ("python -m awslambdaric app.handler", "client", "awslambdaric", "", "app.handler"),
        ("python -mawslambdaric app.handler more", "client", "awslambdaric", "", "app.handler more"),
        ("python -I -m awslambdaric app.handler", "client", "awslambdaric", "-I", "app.handler"),
        ("python -m dayfly.runtime app.handler", "dayfly", "dayfly.runtime", "", "app.handler"),
    ],
)
def test_what_is_started_is_understood(
    command: str, kind: str, name: str, options: str, arguments: str
) -> None:
    target = understand(command.split())
    assert (target.kind, target.name) == (kind, name)
    assert target.options == options.split()
    assert target.arguments == arguments.split()


@pytest.mark.parametrize(
    "command",
    [
        "python",
        "python -",
        "python -u",
        "python -X",
        "python -c pass",
        "python -V",
        "python --help",
        "python -m",
        "python -m awslambdaric",
        "python -m app app.handler",
        "python -um awslambdaric app.handler",
        "python --unheard-of b.py",
    ],
)
def test_what_is_not_understood_is_refused(command: str) -> None:
    with pytest.raises(CannotStartError):
        understand(command.split())


def test_every_option_that_is_let_through_is_one_of_the_interpreters() -> None:
    """An option that takes a value would swallow the name of the program."""
    from dayfly.attach.enter import _PLAIN_FLAGS

    assert _PLAIN_FLAGS
    for flag in sorted(_PLAIN_FLAGS):
        run = subprocess.run(
            [sys.executable, f"-{flag}", "-c", "print('ran')"], capture_output=True, text=True, timeout=60
        )
        # -x skips the first line, and with it the only one.
        assert run.stdout.endswith("ran\n") or flag == "x", flag


def test_a_bootstrap_that_calls_something_else_is_refused() -> None:
    known = (HERE / "image" / "bootstrap.py").read_bytes()
    check_bootstrap(BOOTSTRAP, known)
    for source in (b"", b"import awslambdaric\nawslambdaric.run()\n", b"# awslambdaric.__main__\n"):
        with pytest.raises(CannotStartError, match=BOOTSTRAP):
            check_bootstrap(BOOTSTRAP, source)


def test_the_clients_that_are_known_are_those_the_tests_try() -> None:
    from tests.layer.test_wrapper import IMAGES

    tried = {image.client for image in IMAGES}
    assert tried == {"<3", ">=3,<4", ">=4,<5"}
    assert KNOWN_CLIENTS == ("2", "3", "4")


@pytest.mark.parametrize("role", ["_DAYFLY_CLERK", "_DAYFLY_ZYGOTE"])
def test_what_the_supervisor_started_never_runs_the_function_without_dayfly(
    tmp_path: Path, role: str
) -> None:
    """A worker can cause some of the faults that end here: a clerk is started beside workers."""
    shutil.copy(BOOT, tmp_path)
    command = [sys.executable, "-S", str(tmp_path / "boot.py"), "echo", "the function"]
    done = subprocess.run(command, env={role: "3:4"}, capture_output=True, text=True, timeout=60)
    assert done.returncode == 70
    assert done.stdout == ""
    assert "this layer was not built for" in done.stderr

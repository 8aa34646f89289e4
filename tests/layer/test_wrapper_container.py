"""The Dockerfiles' lines work as processes, with Dayfly installed from its wheels and nothing else of this checkout."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.interpreters import CACHE, UV
from tests.layer.managed import unpack
from tests.rie import ROOT, Rie
from tests.wheels import DAYFLY, RUNTIME, wheel_of

EXAMPLES = ROOT / "docs" / "container"
LIMIT_S = 500
pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Installed:
    """A fresh environment with what a function needs of Dayfly, from its wheel."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"


@pytest.fixture(scope="module")
def installed() -> Iterator[Installed]:
    CACHE.mkdir(parents=True, exist_ok=True)
    # Not in /tmp: code that lies there is code that any invocation could change, and Dayfly does not fork it.
    with tempfile.TemporaryDirectory(prefix="container-", dir=CACHE) as name:
        yield _install(Path(name))


def _install(folder: Path) -> Installed:
    folder.chmod(0o755)
    environment = Installed(folder / "venv")
    _run(UV, "venv", "--quiet", "--seed", "--python", sys.executable, str(environment.folder))
    _run(str(environment.python), "-m", "pip", "install", "--quiet", str(wheel_of(RUNTIME)))
    return environment


def instruction(dockerfile: str, name: str) -> list[str]:
    """The words of an instruction in its JSON form."""
    lines = (EXAMPLES / dockerfile).read_text().splitlines()
    (line,) = [line for line in lines if line.startswith(f"{name} ")]
    words = json.loads(line.removeprefix(f"{name} "))
    assert isinstance(words, list)
    return words


def test_the_package_is_an_entry_point(installed: Installed) -> None:
    lines = (EXAMPLES / "Dockerfile").read_text().splitlines()
    assert "RUN pip install --no-cache-dir dayfly-runtime" in lines
    words = instruction("Dockerfile", "ENTRYPOINT")
    assert words[0] == "python"
    command = [str(installed.python), *words[1:], *instruction("Dockerfile", "CMD")]
    with Rie(EXAMPLES, command=command, confined=True, binds=[installed.folder]) as rie:
        answers = [rie.invoke({}).payload for _ in range(3)]
        log = rie.wait_for_log('"isolation":"invocation"')
    assert answers == [{"calls": 1}] * 3
    assert "not active" not in log


def test_the_installed_command_builds_the_layer_and_the_layer_is_an_entry_point(
    installed: Installed,
) -> None:
    wheel = f"{wheel_of(DAYFLY)}[cli]"
    _run(str(installed.python), "-m", "pip", "install", "--quiet", wheel)
    built = installed.folder.parent / "dayfly-layer.zip"
    done = subprocess.run(
        [installed.folder / "bin" / "dayfly", "layer", "build", "--json", "--output", built],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        cwd="/",
        check=True,
    )
    told = json.loads(done.stdout)
    assert list(told["compiled"]) == [f"{sys.version_info[0]}.{sys.version_info[1]}"]
    opt = installed.folder.parent / "layer"
    unpack(built, opt)
    words = instruction("Dockerfile.layer", "ENTRYPOINT")
    assert words[:2] == ["/opt/dayfly", "python"]
    command = [
        str(opt / "dayfly"),
        str(installed.python),
        *words[2:],
        *instruction("Dockerfile.layer", "CMD"),
    ]
    with Rie(EXAMPLES, command=command, confined=True, binds=[installed.folder, opt]) as rie:
        answers = [rie.invoke({}).payload for _ in range(3)]
        log = rie.wait_for_log('"isolation":"invocation"')
    assert answers == [{"calls": 1}] * 3
    assert "not active" not in log


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, cwd="/")
    assert done.returncode == 0, done.stderr

"""The Dockerfiles' lines in images of every kind: AWS's, slim ones, ones without a shell, read-only, for a user without a home."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.interpreters import found_interpreters
from tests.layer.conftest import WriteFunction
from tests.layer.managed import Image, ManagedRuntime, client_packages, confine, started_as
from tests.layer.roots import EXAMPLES, Root, RootRuntime, instruction, make_venv
from tests.native.test_unprotected import UNPROTECTED
from tests.rie import ROOT

NEWEST = found_interpreters()[-1]
pytestmark = pytest.mark.usefixtures("confined")

# As on Lambda, where nothing else runs as this user; here nothing of the platform tells it.
ALONE = {"DAYFLY_SCOPE": "environment"}
WAYS = {
    "slim, package": ("Dockerfile", True, False, True),
    "slim, layer": ("Dockerfile.layer", False, True, True),
    "no shell, package": ("Dockerfile.distroless", True, False, False),
    "no shell, layer": ("Dockerfile.distroless-layer", False, True, False),
}


@pytest.fixture(scope="module")
def venvs(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Path]:
    folder = tmp_path_factory.mktemp("venvs")
    return {has: make_venv(folder / str(has), NEWEST, has_dayfly=has) for has in (True, False)}


def command_of(dockerfile: str) -> list[str]:
    """Entry point and command, `python` being the virtual environment's as PATH has it in a slim image."""
    words = [*instruction(dockerfile, "ENTRYPOINT"), *instruction(dockerfile, "CMD")]
    return ["/venv/bin/python" if word == "python" else word for word in words]


@pytest.mark.parametrize(("dockerfile", "has_dayfly", "has_layer", "has_shell"), WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("scope", ["environment", "descendants"])
def test_a_read_only_image_without_a_home_runs_under_dayfly(
    dockerfile: str,
    has_dayfly: bool,
    has_layer: bool,
    has_shell: bool,
    scope: str,
    opt: Path,
    venvs: dict[bool, Path],
) -> None:
    root = Root(NEWEST, venvs[has_dayfly], opt if has_layer else None, has_shell=has_shell)
    with RootRuntime(root, command_of(dockerfile), environment={"DAYFLY_SCOPE": scope}) as runtime:
        answers = [runtime.invoke({}).payload for _ in range(3)]
        started = started_as(runtime)
        said = runtime.output()
    assert answers == [{"calls": 1}] * 3
    assert (started["isolation"], started["scope"]) == ("invocation", scope)
    assert said == ""


def test_an_image_without_a_shell_has_none(venvs: dict[bool, Path]) -> None:
    """Else the tests above show nothing."""
    root = Root(NEWEST, venvs[True])
    names = 'import os; print([os.path.exists(p) for p in ("/bin/sh", "/usr/bin/env", "/etc/passwd")])'
    home = "print(os.path.expanduser('~'), os.access('/', os.W_OK), os.access('/tmp', os.W_OK))"
    done = subprocess.run(
        root.wrap(["/venv/bin/python", "-c", f"{names}; {home}"], EXAMPLES),
        capture_output=True,
        text=True,
        timeout=60,
        env={},
    )
    assert done.stdout == "[False, False, False]\n~ False True\n", done.stderr


@pytest.mark.parametrize("value", ["Stop", "yes"])
def test_without_a_shell_a_misspelt_choice_for_failures_stops_the_function(
    value: str, opt: Path, venvs: dict[bool, Path]
) -> None:
    root = Root(NEWEST, venvs[False], opt)
    environment = {**ALONE, "DAYFLY_ON_FAILURE": value}
    with RootRuntime(root, command_of("Dockerfile.distroless-layer"), environment=environment) as runtime:
        assert runtime.wait_exit() == 2
        assert runtime.output() == f"dayfly: error: DAYFLY_ON_FAILURE is {value}\n  hint: use run or stop\n"


def test_without_a_shell_the_supervisor_reads_no_search_path_of_the_functions(
    opt: Path, venvs: dict[bool, Path], write_function: WriteFunction
) -> None:
    """A module of the function's by a name that the supervisor loads is the function's alone."""
    files = {
        "app.py": "import extra, os, sys\ndef handler(e, c): return [extra.WHO, '/var/task/more' in sys.path, os.environ['PYTHONPATH']]",
        "more/extra.py": "WHO = 'extra'\n",
        "more/dayfly/__init__.py": "raise OSError('loaded from the search path of the function')\n",
        "more/sitecustomize.py": "import os\nos.write(2, b'customized\\n')\n",
    }
    root = Root(NEWEST, venvs[False], opt)
    environment = {**ALONE, "PYTHONPATH": "/var/task/more"}
    command = command_of("Dockerfile.distroless-layer")
    with RootRuntime(root, command, environment=environment, folder=write_function(files)) as runtime:
        answer = runtime.invoke({}).payload
        started = started_as(runtime)
        said = runtime.output()
    assert answer == ["extra", True, "/var/task/more"]
    assert started["isolation"] == "invocation"
    assert said == "customized\n"


def test_without_a_shell_another_wrapper_is_told_and_not_lost_silently(
    opt: Path, venvs: dict[bool, Path]
) -> None:
    root = Root(NEWEST, venvs[False], opt)
    environment = {**ALONE, "DAYFLY_NEXT_WRAPPER": "/opt/other"}
    with RootRuntime(root, command_of("Dockerfile.distroless-layer"), environment=environment) as runtime:
        runtime.api.wait_until_ready()
        said = runtime.output()
    assert said.startswith(f"{UNPROTECTED}RuntimeError: DAYFLY_NEXT_WRAPPER is set")
    assert said.count("\n") == 1


def test_a_broken_package_ends_the_image_and_says_so(venvs: dict[bool, Path], tmp_path: Path) -> None:
    """The package is the entry point: there is nothing to go back to."""
    venv = shutil.copytree(venvs[True], tmp_path / "venv", symlinks=True)
    next(venv.glob("lib/python3*/site-packages/dayfly/runtime/native.py")).unlink()
    with RootRuntime(Root(NEWEST, venv), command_of("Dockerfile.distroless"), environment=ALONE) as runtime:
        assert runtime.wait_exit() == 1
        assert "No module named 'dayfly.runtime.native'" in runtime.output()


def test_the_package_stops_on_managed_instances_where_that_was_asked_for(venvs: dict[bool, Path]) -> None:
    environment = {**ALONE, "DAYFLY_ON_FAILURE": "stop", "AWS_LAMBDA_MAX_CONCURRENCY": "4"}
    root = Root(NEWEST, venvs[True])
    with RootRuntime(root, command_of("Dockerfile.distroless"), environment=environment) as runtime:
        assert runtime.wait_exit() == 1
        assert "AWS_LAMBDA_MAX_CONCURRENCY (Managed Instances) is not supported" in runtime.output()


@dataclass(frozen=True)
class _WithPackage(Image):
    """AWS's base image in which pip has put a package beside its client."""

    packages: Path

    @property
    def binds(self) -> list[tuple[Path, str]]:
        own = f"/var/lang/lib/python{self.interpreter.version}/site-packages"
        return [(self.packages if where == own else path, where) for path, where in super().binds]


class _AwsImage(ManagedRuntime):
    """AWS's base image with an entry point of its own."""

    def __init__(self, image: Image, command: list[str]) -> None:
        super().__init__(EXAMPLES, command[-1], image, opt=None, wrapper="", telemetry=True)
        self._command = confine(command, image, task=EXAMPLES, opt=None, is_rapid=True)


def test_awss_base_image_runs_the_package_as_its_entry_point(tmp_path: Path) -> None:
    own = [
        found for found in found_interpreters() if not Path(found.path).resolve().is_relative_to("/usr/bin")
    ]
    if not own:
        pytest.skip("every Python here is the system's, whose site-packages are elsewhere")
    packages = tmp_path / "packages"
    shutil.copytree(client_packages(own[-1], ">=4,<5"), packages)
    ignored = shutil.ignore_patterns("__pycache__", "scan", "fleet", "lab", "cli")
    shutil.copytree(ROOT / "src" / "dayfly", packages / "dayfly", ignore=ignored)
    for path in [packages, *packages.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    image = _WithPackage(own[-1], ">=4,<5", packages)
    words = [*instruction("Dockerfile.aws-package", "ENTRYPOINT"), "app.handler"]
    assert words[0] == "/var/lang/bin/python3.13"
    command = [f"/var/lang/bin/python{own[-1].version}", *words[1:]]
    with _AwsImage(image, command) as runtime:
        answers = [runtime.invoke({}).payload for _ in range(3)]
        started = started_as(runtime)
    assert answers == [{"calls": 1}] * 3
    assert (started["isolation"], started["scope"]) == ("invocation", "environment")


def test_awss_base_image_runs_the_layer_by_one_variable(opt: Path) -> None:
    lines = (EXAMPLES / "Dockerfile.aws").read_text().splitlines()
    assert "COPY layer/ /opt/" in lines
    (variable,) = [line.removeprefix("ENV ") for line in lines if line.startswith("ENV ")]
    name, _, wrapper = variable.partition("=")
    assert name == "AWS_LAMBDA_EXEC_WRAPPER"
    handler = instruction("Dockerfile.aws", "CMD")[0]
    image = Image(NEWEST, ">=4,<5")
    with ManagedRuntime(EXAMPLES, handler, image, opt=opt, wrapper=wrapper, telemetry=True) as runtime:
        answers = [runtime.invoke({}).payload for _ in range(3)]
        started = started_as(runtime)
    assert answers == [{"calls": 1}] * 3
    assert started["isolation"] == "invocation"

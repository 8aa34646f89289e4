"""At an environment's first start a layer that does not fit leaves the function as it was, and one line says why."""

from __future__ import annotations

import platform
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.interpreters import Interpreter, found_interpreters
from tests.layer.managed import (
    HERE,
    Image,
    ManagedRuntime,
    finding_of,
    look,
    reason_of,
    started_as,
    unpacked_layer,
)
from tests.native.test_unprotected import DAMAGES, UNPROTECTED, lose_mode

from dayfly.attach.layout import cache_tag
from dayfly.attach.pythons import find_python

FUNCTIONS = HERE / "functions"
NEWEST = found_interpreters()[-1]
IMAGE = Image(NEWEST, ">=4,<5")
pytestmark = pytest.mark.usefixtures("confined")


def libraries(opt: Path) -> list[Path]:
    return [*opt.glob("dayfly.d/cpython-*")]


def drop_module(opt: Path, name: str) -> None:
    """Take a module, or with a slash at the end a package, out of the interpreters' libraries."""
    for path in opt.glob(f"dayfly.d/cpython-*/dayfly/{name}"):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def drop_libraries(opt: Path) -> None:
    for path in libraries(opt):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def spoil_archive(opt: Path) -> None:
    """Leave no bytecode, and an archive of sources that is none."""
    drop_libraries(opt)
    (opt / "dayfly.d" / "source.zip").write_bytes(b"no archive")


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "no boot file": (lambda opt: (opt / "dayfly.d" / "boot.py").unlink(), "/opt/dayfly.d/boot.py is missing"),
    "no directory": (lambda opt: shutil.rmtree(opt / "dayfly.d"), "/opt/dayfly.d/boot.py is missing"),
    "no library": (drop_libraries, f"this layer was not built for {cache_tag(NEWEST.version)}"),
    "spoilt archive": (spoil_archive, "dayfly"),
    "no supervisor": (lambda opt: shutil.rmtree(opt / "dayfly.d" / "bin"), "supervisor is missing"),
    # Found out in the zygote, behind the supervisor's back.
    "no client": (
        lambda opt: drop_module(opt, "runtime/client.pyc"),
        "the function's interpreter cannot begin",
    ),
    "no runtime": (lambda opt: drop_module(opt, "runtime"), "dayfly.runtime"),
}


@pytest.fixture
def copied_opt(opt: Path, tmp_path: Path) -> Path:
    """A layer of this test's own."""
    return shutil.copytree(opt, tmp_path / "opt")


@pytest.mark.parametrize(
    ("name", "scope"),
    [
        # By day one scope by turns.
        pytest.param(name, scope, marks=[pytest.mark.nightly] * ((number + turn) % 2))
        for number, name in enumerate(BROKEN)
        for turn, scope in enumerate(("environment", "descendants"))
    ],
)
def test_a_broken_layer_leaves_the_function_as_it_was(name: str, scope: str, copied_opt: Path) -> None:
    break_layer, reason = BROKEN[name]
    break_layer(copied_opt)
    variables = {"DAYFLY_SCOPE": scope, "PYTHONPATH": "/var/task:/opt/python"}
    plain = ManagedRuntime(
        FUNCTIONS, "managed.view", IMAGE, opt=copied_opt, wrapper="", environment=variables, telemetry=True
    )
    dayfly = ManagedRuntime(
        FUNCTIONS, "managed.view", IMAGE, opt=copied_opt, environment=variables, telemetry=True
    )
    with plain, dayfly:
        plain.api.wait_until_ready()
        dayfly.api.wait_until_ready()
        said = dayfly.new_output()
        expected, seen = look(plain, dayfly)
    assert reason in reason_of(said, UNPROTECTED)
    assert seen == expected


@pytest.mark.parametrize("name", ["no boot file", "no supervisor", "no client"])
def test_the_function_is_stopped_where_that_was_asked_for(name: str, copied_opt: Path) -> None:
    break_layer, reason = BROKEN[name]
    break_layer(copied_opt)
    runtime = ManagedRuntime(
        FUNCTIONS, "managed.view", IMAGE, opt=copied_opt, environment={"DAYFLY_ON_FAILURE": "stop"}
    )
    with runtime:
        assert runtime.wait_exit() == 1
        said = runtime.output()
        assert runtime.api.requests == []
    assert reason in reason_of(said, "dayfly: cannot start, and DAYFLY_ON_FAILURE is stop: ")


@pytest.mark.parametrize("damage", DAMAGES)
def test_where_the_supervisor_cannot_run_nothing_protects_and_everybody_is_told(
    damage: str, copied_opt: Path
) -> None:
    """The wrapper is a shell script, and a shell ends where it cannot execute a program."""
    act, why = DAMAGES[damage]
    act(copied_opt / "dayfly.d" / "bin" / platform.machine() / "supervisor")
    with ManagedRuntime(FUNCTIONS, "managed.handler", IMAGE, opt=copied_opt) as runtime:
        answers = [runtime.invoke({}).payload for _ in range(2)]
        said = runtime.output()
    assert [answer["calls"] for answer in answers if isinstance(answer, dict)] == [1, 2]
    assert why in reason_of(said, UNPROTECTED)
    assert finding_of(said, "environment.unprotected")["severity"] == "Critical"


def test_without_its_mode_the_supervisor_runs_from_memory(copied_opt: Path) -> None:
    for program in copied_opt.glob("dayfly.d/bin/*/*"):
        lose_mode(program)
    with ManagedRuntime(FUNCTIONS, "managed.handler", IMAGE, opt=copied_opt, telemetry=True) as runtime:
        answers = [runtime.invoke({}).payload for _ in range(2)]
        started = started_as(runtime)
    assert [answer["calls"] for answer in answers if isinstance(answer, dict)] == [1, 1]
    assert started["memory"] == "closed"


def test_a_fault_of_the_zygote_that_is_not_the_layers_ends_the_runtime(copied_opt: Path) -> None:
    """Before the first event: something is wanting that a request may have used up."""
    shutil.rmtree(copied_opt)
    unpacked_layer(copied_opt, [])
    archive = copied_opt / "dayfly.d" / "source.zip"
    with zipfile.ZipFile(archive) as file:
        sources = {one: file.read(one) for one in file.namelist()}
    sources["dayfly/runtime/startup.py"] += b"\ndef shut_user_site():\n    raise MemoryError('invented')\n"
    with zipfile.ZipFile(archive, "w") as file:
        for one, data in sources.items():
            file.writestr(one, data)
    with ManagedRuntime(FUNCTIONS, "managed.view", IMAGE, opt=copied_opt) as runtime:
        assert runtime.wait_exit() == 1
        said = runtime.output()
        assert runtime.api.requests == []
    assert "dayfly: cannot start: MemoryError: invented\n" in said


def test_a_zygote_that_cannot_be_built_again_ends_the_runtime_and_says_why(copied_opt: Path) -> None:
    with ManagedRuntime(FUNCTIONS, "managed.handler", IMAGE, opt=copied_opt) as runtime:
        assert runtime.invoke({}).kind == "response"
        drop_module(copied_opt, "runtime/client.pyc")
        runtime.invoke({"kill": "zygote"})
        if runtime.process.poll() is None:
            runtime.api.send({})
        assert runtime.wait_exit() == 1
        said = runtime.output()
    assert "\ndayfly: ImportError: cannot import name 'client' from 'dayfly.runtime'" in said
    assert "not active" not in said


def test_a_misspelt_choice_for_failures_stops_the_function(opt: Path) -> None:
    runtime = ManagedRuntime(
        FUNCTIONS, "managed.view", IMAGE, opt=opt, environment={"DAYFLY_ON_FAILURE": "Stop"}
    )
    with runtime:
        assert runtime.wait_exit() == 2
        assert runtime.output() == "dayfly: error: DAYFLY_ON_FAILURE is Stop\n  hint: use run or stop\n"


def test_on_failure_changes_nothing_where_dayfly_starts(opt: Path) -> None:
    runtime = ManagedRuntime(
        FUNCTIONS, "managed.view", IMAGE, opt=opt, environment={"DAYFLY_ON_FAILURE": "stop"}
    )
    with runtime:
        answer = runtime.invoke({}).payload
        assert '"isolation":"invocation"' in runtime.output()
        assert "no settings" not in runtime.output()
    assert isinstance(answer, dict)
    assert "DAYFLY_ON_FAILURE" not in answer["environ"]


def test_an_unsupported_python_leaves_the_function_as_it_was(opt: Path) -> None:
    """The boot file is read by Pythons that could not read the rest."""
    old = sorted(Path.home().glob(".pyenv/versions/3.[89].*")) + sorted(
        Path.home().glob(".pyenv/versions/3.10.*")
    )
    if not old:
        pytest.skip("no Python before 3.11 is installed")
    for root in old:
        version = ".".join(root.name.split(".")[:2])
        said = _run_alone(root / "bin" / f"python{version}", opt)
        assert said == f"{UNPROTECTED}RuntimeError: this Python is older than 3.11\nhere\n"


def test_a_python_that_the_layer_was_not_built_for_leaves_the_function_as_it_was(tmp_path: Path) -> None:
    """A layer holds bytecode for the named versions alone; the command line names the wrong one easily."""
    others = [found for found in found_interpreters() if found != NEWEST]
    if not others:
        pytest.skip("one Python is installed")
    layer = unpacked_layer(tmp_path / "opt", [NEWEST.version])
    for other in others:
        image = Image(other, ">=3,<4")
        with (
            ManagedRuntime(FUNCTIONS, "managed.view", image, opt=layer, wrapper="") as plain,
            ManagedRuntime(FUNCTIONS, "managed.view", image, opt=layer) as dayfly,
        ):
            plain.api.wait_until_ready()
            dayfly.api.wait_until_ready()
            reason = f"RuntimeError: this layer was not built for {cache_tag(other.version)}"
            assert reason_of(dayfly.new_output(), UNPROTECTED) == reason
            expected, seen = look(plain, dayfly)
        assert seen == expected


def test_a_python_that_was_not_there_runs_from_the_layers_sources(tmp_path: Path) -> None:
    """As 3.14 does where it is named and nobody has it: the sources are there, the guard's among them."""
    others = [found for found in found_interpreters() if found != NEWEST]
    missing = [version for version in ("3.12", "3.13", "3.14") if find_python(version) is None]
    if not others or not missing:
        pytest.skip("one Python is installed, or every one")
    layer = unpacked_layer(tmp_path / "opt", [NEWEST.version, missing[-1]])
    for interpreter, guard in ((others[0], "block"), (NEWEST, "block")):
        image = Image(interpreter, ">=4,<5")
        with ManagedRuntime(
            FUNCTIONS, "managed.view", image, opt=layer, environment={"DAYFLY_GUARD": "block"}, telemetry=True
        ) as runtime:
            assert isinstance(runtime.invoke({}).payload, dict)
            started = started_as(runtime)
        assert (started["isolation"], started["guard"]) == ("invocation", guard), started.get("guard_reason")


def test_commands_that_start_no_runtime_are_left_as_they_are(opt: Path, tmp_path: Path) -> None:
    import subprocess

    script = tmp_path / "script.py"
    script.write_text("print('here')\n")
    cases = {
        ("/bin/echo", "here"): "the command does not start Python: /bin/echo here",
        (NEWEST.path, "-c", "print('here')"): "unknown interpreter option -c",
        (
            NEWEST.path,
            str(script),
        ): f"{script} does not start awslambdaric in a supported way",
        (NEWEST.path, "-m", "this", "x"): "the module this is not awslambdaric",
    }
    for command, reason in cases.items():
        done = subprocess.run([opt / "dayfly", *command], capture_output=True, text=True, timeout=60, env={})
        assert done.returncode == 0
        assert done.stderr == f"{UNPROTECTED}{reason}\n"
        assert "here" in done.stdout or command[1] == "-m"


def _run_alone(python: Path, opt: Path) -> str:
    import subprocess

    script = opt.parent / "bootstrap.py"
    script.write_text("import os\nos.write(2, b'here\\n')\n")
    done = subprocess.run(
        [opt / "dayfly", python, script], capture_output=True, text=True, timeout=60, env={}, check=True
    )
    return done.stderr


@pytest.mark.parametrize("interpreter", found_interpreters(), ids=lambda found: found.version)
def test_the_layers_own_client_stands_in_for_a_missing_one(interpreter: Interpreter, opt: Path) -> None:
    with ManagedRuntime(FUNCTIONS, "managed.view", Image(interpreter, ""), opt=opt) as runtime:
        answer = runtime.invoke({}).payload
        said = runtime.output()
    assert isinstance(answer, dict)
    library = "/opt/dayfly.d/client.zip"
    places = ["client/awslambdaric/__init__.py", "needs/simplejson/__init__.py"]
    assert answer["client"] == ["4.2.2", *(f"{library}/{place}" for place in places)]
    assert "dayfly: this image has no awslambdaric; Dayfly uses the layer's version 4.2.2\n" in said


def test_the_layers_own_client_stands_in_for_an_unknown_one(opt: Path, tmp_path: Path) -> None:
    folder = tmp_path / "function"
    (folder / "newer" / "awslambdaric").mkdir(parents=True)
    (folder / "newer" / "awslambdaric" / "__init__.py").write_text("__version__ = '9.0.1'\n")
    shutil.copy(FUNCTIONS / "managed.py", folder)
    folder.chmod(0o755)
    variables = {"PYTHONPATH": "/var/task/newer"}
    # One whose image has its packages where PYTHONPATH comes before them.
    image = Image(found_interpreters()[0], ">=3,<4")
    with ManagedRuntime(folder, "managed.view", image, opt=opt, environment=variables) as runtime:
        answer = runtime.invoke({}).payload
        said = runtime.output()
    assert isinstance(answer, dict)
    assert answer["client"][0] == "4.2.2"
    # What it needs is the image's.
    assert answer["client"][2].startswith("/var/")
    assert (
        "dayfly: this image's awslambdaric 9.0.1 is not supported; Dayfly uses the layer's version 4.2.2\n"
        in said
    )

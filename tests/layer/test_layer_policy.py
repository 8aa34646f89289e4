"""What a layer carries is what its functions start with: settings, a policy, and what happens where Dayfly cannot start."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.interpreters import found_interpreters
from tests.layer.conftest import WriteFunction
from tests.layer.managed import Image, ManagedRuntime, started_as, unpack

from dayfly.attach.build import build_layer
from dayfly.attach.carrying import build_policy_layer, compile_table

NEWEST = found_interpreters()[-1]
IMAGE = Image(NEWEST, ">=4,<5")
pytestmark = pytest.mark.usefixtures("confined")

READS = """
import subprocess
def handler(event, context):
    return subprocess.run(["/bin/echo", "ran"], capture_output=True, text=True).stdout
"""
CARRIED = compile_table(
    {"isolation": "window", "guard": "block", "policy": {"process": {"allow": []}}}, where="dayfly.toml"
)


def refused(answer: object) -> bool:
    """Say whether the guard refused, by the policy."""
    return isinstance(answer, dict) and answer["errorType"] == "Dayfly.Refused"


@pytest.fixture(scope="module")
def carrying(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A layer with a policy, that stops where Dayfly cannot start, as Lambda unpacks it."""
    folder = tmp_path_factory.mktemp("carrying")
    built = build_layer(folder / "layer.zip", [NEWEST.version], policy=CARRIED, stops_on_failure=True)
    unpack(built.path, folder / "opt")
    return folder / "opt"


@pytest.mark.parametrize(
    ("damage", "mode"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:-10]), "run"),
        (lambda path: path.chmod(0), "stop"),
        (lambda path: path.write_bytes(b""), "stop"),
    ],
    ids=["cut short", "unreadable", "empty"],
)
def test_a_policy_that_nobody_can_read_starts_nothing(
    damage: Callable[[Path], object],
    mode: str,
    carrying: Path,
    write_function: WriteFunction,
    tmp_path: Path,
) -> None:
    """What it would have refused is not known: neither mode for failures may go on without it."""
    opt = shutil.copytree(carrying, tmp_path / "opt")
    damage(opt / "dayfly.d/policy")
    folder = write_function({"app.py": READS})
    environment = {"DAYFLY_ON_FAILURE": mode}
    with ManagedRuntime(folder, "app.handler", IMAGE, opt=opt, environment=environment) as runtime:
        assert runtime.wait_exit() == 2
        said = runtime.output()
    assert "dayfly: error: /opt/dayfly.d/policy" in said
    assert "not in force" not in said


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("/tmp/policy", "where any invocation may write"),
        ("policy", "must be an absolute path"),
        ("/opt/nothing", "cannot be read"),
        ("/opt/nothing.toml", "cannot be read"),
    ],
)
def test_a_policy_that_is_not_where_it_should_be_starts_nothing(
    place: str, words: str, carrying: Path, write_function: WriteFunction
) -> None:
    folder = write_function({"app.py": READS})
    with ManagedRuntime(
        folder, "app.handler", IMAGE, opt=carrying, environment={"DAYFLY_POLICY": place}
    ) as runtime:
        assert runtime.wait_exit() == 2
        assert words in runtime.output()


def test_a_carried_policy_is_in_force_and_wins_over_the_packages(
    carrying: Path, write_function: WriteFunction
) -> None:
    package = 'isolation = "process"\nguard = "off"\ntmp = "keep"\n[policy.process]\nallow = ["*"]\n'
    folder = write_function({"app.py": READS, "dayfly.toml": package})
    with ManagedRuntime(folder, "app.handler", IMAGE, opt=carrying, telemetry=True) as runtime:
        answer = runtime.invoke({}).payload
        started = started_as(runtime)
    assert refused(answer)
    assert (started["isolation"], started["guard"], started["policy"]) == (
        "window",
        "block",
        "/opt/dayfly.d/policy",
    )


def test_a_functions_own_variables_win_over_what_is_carried(
    carrying: Path, write_function: WriteFunction
) -> None:
    folder = write_function({"app.py": READS})
    environment = {"DAYFLY_ISOLATION": "invocation", "DAYFLY_GUARD": "observe"}
    with ManagedRuntime(
        folder, "app.handler", IMAGE, opt=carrying, environment=environment, telemetry=True
    ) as runtime:
        answer = runtime.invoke({}).payload
        started = started_as(runtime)
    assert answer == "ran\n"
    assert (started["isolation"], started["guard"]) == ("invocation", "observe")


def test_a_second_layer_brings_the_policy_of_one_function(
    opt: Path, write_function: WriteFunction, tmp_path: Path
) -> None:
    """Lambda unpacks all layers of a function into /opt."""
    build_policy_layer(tmp_path / "policy.zip", CARRIED)
    both = shutil.copytree(opt, tmp_path / "opt")
    with zipfile.ZipFile(tmp_path / "policy.zip") as file:
        file.extractall(both)
    folder = write_function({"app.py": READS})
    with ManagedRuntime(folder, "app.handler", IMAGE, opt=both) as runtime:
        assert refused(runtime.invoke({}).payload)


def test_a_policy_may_lie_beside_the_code(opt: Path, write_function: WriteFunction) -> None:
    folder = write_function({"app.py": READS, "strict/dayfly.toml": 'guard = "block"\n[policy.process]\n'})
    environment = {"DAYFLY_POLICY": "/var/task/strict/dayfly.toml"}
    with ManagedRuntime(folder, "app.handler", IMAGE, opt=opt, environment=environment) as runtime:
        assert refused(runtime.invoke({}).payload)


@pytest.mark.parametrize(
    ("environment", "status", "words"),
    [
        ({}, 1, "dayfly: cannot start, and DAYFLY_ON_FAILURE is stop"),
        ({"DAYFLY_ON_FAILURE": ""}, 1, "dayfly: cannot start, and DAYFLY_ON_FAILURE is stop"),
        ({"DAYFLY_ON_FAILURE": "run"}, None, "dayfly: not in force, the function runs without it"),
    ],
)
@pytest.mark.parametrize("lost", ["boot.py", "library"])
def test_a_layer_built_to_stop_does_where_the_function_does_not_say_otherwise(
    environment: dict[str, str],
    status: int | None,
    words: str,
    lost: str,
    carrying: Path,
    write_function: WriteFunction,
    tmp_path: Path,
) -> None:
    opt = shutil.copytree(carrying, tmp_path / "opt")
    if lost == "boot.py":
        (opt / "dayfly.d/boot.py").unlink()
    else:
        shutil.rmtree(next(opt.glob("dayfly.d/cpython-*[0-9]")))
    folder = write_function({"app.py": READS})
    with ManagedRuntime(folder, "app.handler", IMAGE, opt=opt, environment=environment) as runtime:
        if status is None:
            runtime.api.wait_until_ready()
        else:
            assert runtime.wait_exit() == status
        assert words in runtime.output()

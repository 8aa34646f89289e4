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
from tests.native.test_unprotected import UNPROTECTED

from dayfly.attach.build import build_layer
from dayfly.attach.carrying import Carried, build_policy_layer
from dayfly.core import policylayer

NEWEST = found_interpreters()[-1]
IMAGE = Image(NEWEST, ">=4,<5")
pytestmark = pytest.mark.usefixtures("confined")

READS = """
import subprocess
def handler(event, context):
    return subprocess.run(["/bin/echo", "ran"], capture_output=True, text=True).stdout
"""
CARRIED = Carried(policylayer.render({"mode": "block", "process": {"allow": []}}), ())


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


DAMAGES: dict[str, Callable[[Path], object]] = {
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-10]),
    "unreadable": lambda path: path.chmod(0),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_policy_that_nobody_can_read_stops_a_function_that_is_to_fail_closed(
    damage: Callable[[Path], object], carrying: Path, write_function: WriteFunction, tmp_path: Path
) -> None:
    opt = shutil.copytree(carrying, tmp_path / "opt")
    damage(opt / "dayfly.policy/policy.json")
    folder = write_function({"app.py": READS})
    environment = {"DAYFLY_GUARD_ON_FAULT": "closed"}
    with ManagedRuntime(folder, "app.handler", IMAGE, opt=opt, environment=environment) as runtime:
        assert runtime.wait_exit() == 2
        assert "dayfly: error: the policy cannot be used, and guard_on_fault is closed" in runtime.output()


def test_a_policy_that_nobody_can_read_is_told_where_a_function_goes_on(
    carrying: Path, write_function: WriteFunction, tmp_path: Path
) -> None:
    opt = shutil.copytree(carrying, tmp_path / "opt")
    DAMAGES["cut short"](opt / "dayfly.policy/policy.json")
    folder = write_function({"app.py": READS})
    with ManagedRuntime(folder, "app.handler", IMAGE, opt=opt) as runtime:
        assert runtime.invoke({}).payload == "ran\n"
        assert "it is not valid JSON" in runtime.output()


def test_a_carried_policy_is_in_force_and_wins_over_the_packages(
    carrying: Path, write_function: WriteFunction
) -> None:
    package = 'guard = "block"\n[policy.process]\nallow = ["*"]\n'
    folder = write_function({"app.py": READS, "dayfly.toml": package})
    with ManagedRuntime(folder, "app.handler", IMAGE, opt=carrying, telemetry=True) as runtime:
        answer = runtime.invoke({}).payload
        started = started_as(runtime)
    assert refused(answer)
    assert (started["guard"], started["policy"]) == ("block", "layer")


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


@pytest.mark.parametrize(
    ("environment", "status", "words"),
    [
        ({}, 1, "dayfly: cannot start, and DAYFLY_ON_FAILURE is stop"),
        ({"DAYFLY_ON_FAILURE": ""}, 1, "dayfly: cannot start, and DAYFLY_ON_FAILURE is stop"),
        ({"DAYFLY_ON_FAILURE": "run"}, None, UNPROTECTED),
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

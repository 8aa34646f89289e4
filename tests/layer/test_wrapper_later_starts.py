"""A request that disturbs the next start of its environment never gets a function without Dayfly."""

from __future__ import annotations

import http.client
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from tests.interpreters import found_interpreters
from tests.layer.managed import HERE, Image, ManagedRie, ManagedRuntime
from tests.layer.test_wrapper_failures import BROKEN
from tests.layer.test_wrapper_hardship import DAMAGES
from tests.runtimes import RuntimeProcess

FUNCTIONS = HERE / "functions"
IMAGE = Image(found_interpreters()[-1], ">=4,<5")
NOT_ACTIVE = "dayfly: not active"
IN_USE = (
    "dayfly: cannot start, and after an environment's first start the function must not run without Dayfly: "
)
KILL = "os.kill(supervisor(), signal.SIGKILL)"
pytestmark = pytest.mark.usefixtures("confined")


ALL_DAMAGES: Mapping[str, Callable[[Path], object]] = {
    **{name: one for name, (one, _) in BROKEN.items()},
    **{name: one for name, one in DAMAGES.items() if name != "closed"},
}


@pytest.mark.parametrize("name", ALL_DAMAGES)
def test_a_layer_that_fails_in_a_later_start_ends_the_runtime(name: str, opt: Path, tmp_path: Path) -> None:
    copied = shutil.copytree(opt, tmp_path / "opt")
    with ManagedRuntime(FUNCTIONS, "attacked.handler", IMAGE, opt=copied, starts=2) as runtime:
        assert runtime.invoke({}).payload == {"dayfly": True}
        ALL_DAMAGES[name](copied)
        runtime.api.send({"code": KILL})
        assert runtime.wait_exit() == 1
        said = runtime.output()
    assert IN_USE in said
    assert NOT_ACTIVE not in said


def test_a_later_start_is_protected_like_the_first(opt: Path) -> None:
    """What an ordinary crash brings: nothing is reported that an attacker would have left."""
    with ManagedRuntime(FUNCTIONS, "attacked.handler", IMAGE, opt=opt, starts=2, telemetry=True) as runtime:
        assert runtime.invoke({}).payload == {"dayfly": True}
        assert runtime.api.send({"code": KILL}).wait().kind == "lost"
        assert runtime.invoke({}).payload == {"dayfly": True}
        assert "environment.earlier-life" not in runtime.telemetry()


# What a start needs of the kernel, taken away by the wrapper before it, at an environment's first start.
SCARCE = {
    "descriptors": ("ulimit -n {}", (4, 5, 6, 8, 10, 12, 16, 20)),
    "processes": ("ulimit -u {}", (1, 2)),
    "memory": ("ulimit -v {}", (12_000, 16_000, 20_000, 24_000, 30_000)),
    "file sizes": ("ulimit -f {}", (0, 1, 4000)),
}


@pytest.mark.parametrize("kind", SCARCE)
def test_no_want_of_resources_runs_a_function_without_dayfly(kind: str, opt: Path, tmp_path: Path) -> None:
    limit, amounts = SCARCE[kind]
    copied = shutil.copytree(opt, tmp_path / "opt")
    for amount in amounts:
        (copied / "scarce").write_text(f'#!/bin/sh\n{limit.format(amount)}\nexec "$@"\n')
        (copied / "scarce").chmod(0o755)
        environment = {"DAYFLY_NEXT_WRAPPER": "/opt/scarce"}
        with ManagedRuntime(
            FUNCTIONS, "attacked.handler", IMAGE, opt=copied, environment=environment
        ) as runtime:
            runtime.api.send({})
            _assert_protected_or_over(runtime)


def _assert_protected_or_over(runtime: RuntimeProcess) -> None:
    invocation = runtime.api.send({})
    while runtime.process.poll() is None:
        try:
            outcome = invocation.wait(0.1)
        except TimeoutError:
            continue
        assert outcome.kind == "lost" or outcome.payload == {"dayfly": True}
        break
    assert NOT_ACTIVE not in runtime.output()


# Left by a request before it kills the supervisor: children that act on whatever starts next, for some seconds.
SURVIVOR = (
    """
import ctypes, resource, time
for _ in range({count}):
    if os.fork() == 0:
        os.setsid()
        if os.fork():
            os._exit(0)
        for number in (1, 2, 15):
            signal.signal(number, signal.SIG_IGN)
        old = set(os.listdir("/proc"))
        end = time.monotonic() + 60
        while time.monotonic() < end:
            for name in set(os.listdir("/proc")) - old:
                if name.isdigit() and int(name) != os.getpid():
                    try:
                        {act}
                    except (OSError, ValueError):
                        pass
        os._exit(0)
time.sleep(0.05)
"""
    + KILL
)
ACTS = {
    "descriptors": "resource.prlimit(int(name), resource.RLIMIT_NOFILE, ({n}, {n}))",
    "soft descriptors": "resource.prlimit(int(name), resource.RLIMIT_NOFILE, ({n}, 1024))",
    "memory": "resource.prlimit(int(name), resource.RLIMIT_AS, ({n} << 20, {n} << 20))",
    "processes": "resource.prlimit(int(name), resource.RLIMIT_NPROC, (1, 1))",
    "file sizes": "resource.prlimit(int(name), resource.RLIMIT_FSIZE, (0, 0))",
    "stopped": "os.kill(int(name), signal.SIGSTOP); time.sleep(0.0{n}); os.kill(int(name), signal.SIGCONT)",
    "killed": "time.sleep(0.0{n}); os.kill(int(name), signal.SIGKILL)",
}
FILLS = """
for place in ("/tmp", "/dev/shm"):
    try:
        with open(place + "/fill", "wb") as file:
            while True:
                file.write(bytes(1 << 20))
    except OSError:
        pass
"""


@pytest.mark.parametrize("act", ACTS)
def test_no_survivor_of_a_request_makes_the_function_run_without_dayfly(act: str, opt: Path) -> None:
    """https://attack.mitre.org/techniques/T1562/001/: a killed supervisor, and children that starve the next one."""
    answers: list[Mapping[str, object]] = []
    with ManagedRie(FUNCTIONS, "attacked.handler", IMAGE, opt=opt) as rie:
        for amount in (4, 5, 6, 8, 16, 40):
            code = SURVIVOR.format(count=2, act=ACTS[act].format(n=amount))
            for event in ({"code": code}, {}, {}):
                try:
                    answers.append(json.loads(rie.invoke(event).body))
                except (ValueError, OSError, http.client.HTTPException):
                    continue
        said = rie.logs()
    served = [one for one in answers if "dayfly" in one]
    assert served, said
    assert all(one["dayfly"] for one in served)
    assert NOT_ACTIVE not in said

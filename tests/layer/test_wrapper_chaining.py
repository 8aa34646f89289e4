"""Other wrappers before and after Dayfly's: ones that execute, that spawn, and that add options to the interpreter."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.interpreters import found_interpreters
from tests.layer.managed import HERE, WRAPPER, Image, ManagedRuntime
from tests.native.test_unprotected import UNPROTECTED
from tests.runtimes import Pair

FUNCTIONS = HERE / "functions"
IMAGE = Image(found_interpreters()[-1], ">=4,<5")
pytestmark = pytest.mark.usefixtures("confined")

# The shapes of AWS's own samples: runtimes-modify in the Lambda guide, aws-lambda-extensions' python-example-wrapper.
EXECUTES = '#!/bin/sh\nexport SEEN_WRAPPER="${SEEN_WRAPPER:-}$(basename "$0") "\nexec "$@"\n'
ADDS_OPTIONS = """#!/bin/bash
args=("$@")
extra_args=("-X" "utf8=0" "-u")
args=("${args[@]:0:$#-1}" "${extra_args[@]}" "${args[@]: -1}")
exec "${args[@]}"
"""
SPAWNS = """#!/usr/bin/env python3
import os, sys
os.environ["SEEN_WRAPPER"] = "spawns "
status = os.system(" ".join(sys.argv[1:]))
sys.exit(os.waitstatus_to_exitcode(status))
"""
LEADS_TO_DAYFLY = '#!/bin/sh\nexport SEEN_WRAPPER="first "\nexec /opt/dayfly "$@"\n'
SPAWNS_DAYFLY = """#!/usr/bin/env python3
import os, sys
os.environ["SEEN_WRAPPER"] = "spawns "
status = os.system("/opt/dayfly " + " ".join(sys.argv[1:]))
sys.exit(os.waitstatus_to_exitcode(status))
"""


@pytest.fixture
def chained_opt(opt: Path, tmp_path: Path) -> Path:
    """The layer beside another layer's wrappers."""
    folder = shutil.copytree(opt, tmp_path / "opt")
    wrappers = {
        "executes": EXECUTES,
        "adds-options": ADDS_OPTIONS,
        "spawns": SPAWNS,
        "leads": LEADS_TO_DAYFLY,
        "spawns-dayfly": SPAWNS_DAYFLY,
    }
    for name, text in wrappers.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    (folder / "no-program").write_text(EXECUTES)
    (folder / "no-program").chmod(0o644)
    return folder


CHAINS: dict[str, tuple[str, dict[str, str], str | None]] = {
    "the next executes": (WRAPPER, {"DAYFLY_NEXT_WRAPPER": "/opt/executes"}, "executes "),
    "the next spawns": (WRAPPER, {"DAYFLY_NEXT_WRAPPER": "/opt/spawns"}, "spawns "),
    "another comes first": ("/opt/leads", {}, "first "),
    "another spawns Dayfly": ("/opt/spawns-dayfly", {}, "spawns "),
    "the next adds options": (WRAPPER, {"DAYFLY_NEXT_WRAPPER": "/opt/adds-options"}, None),
}


@pytest.mark.parametrize(("wrapper", "variables", "mark"), CHAINS.values(), ids=CHAINS)
def test_wrappers_chain(wrapper: str, variables: dict[str, str], mark: str | None, chained_opt: Path) -> None:
    plain_wrapper = variables.get("DAYFLY_NEXT_WRAPPER", "/opt/executes")
    plain = ManagedRuntime(
        FUNCTIONS, "managed.view", IMAGE, opt=chained_opt, wrapper=plain_wrapper, telemetry=True
    )
    dayfly = ManagedRuntime(
        FUNCTIONS,
        "managed.view",
        IMAGE,
        opt=chained_opt,
        wrapper=wrapper,
        environment=variables,
        telemetry=True,
    )
    with plain, dayfly:
        plain.api.wait_until_ready()
        dayfly.api.wait_until_ready()
        assert dayfly.new_output() == ""
        expected, seen = Pair(plain, dayfly).look({})
    assert isinstance(expected.payload, dict)
    assert isinstance(seen.payload, dict)
    assert seen.payload["environ"].pop("SEEN_WRAPPER", None) == mark
    expected.payload["environ"].pop("SEEN_WRAPPER", None)
    assert seen == expected
    if mark is None:
        assert seen.payload["orig_argv"][1:4] == ["-X", "utf8=0", "-u"]


@pytest.mark.parametrize("chain", ["the next executes", "another spawns Dayfly", "the next adds options"])
def test_a_chained_function_forgets_and_is_built_again(chain: str, chained_opt: Path) -> None:
    wrapper, variables, _ = CHAINS[chain]
    runtime = ManagedRuntime(
        FUNCTIONS, "managed.handler", IMAGE, opt=chained_opt, wrapper=wrapper, environment=variables
    )
    with runtime:
        answers = [runtime.invoke({}).payload for _ in range(2)]
        runtime.invoke({"kill": "zygote"})
        answers.append(runtime.invoke({}).payload)
        assert '"scope":"environment"' in runtime.output()
    assert [answer["calls"] for answer in answers if isinstance(answer, dict)] == [1, 1, 1]


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [("nowhere", 127, "does not exist"), ("no-program", 126, "is not an executable")],
)
def test_a_next_wrapper_that_cannot_run_stops_the_function_as_lambda_does(
    name: str, status: int, words: str, chained_opt: Path
) -> None:
    alone = ManagedRuntime(FUNCTIONS, "managed.view", IMAGE, opt=chained_opt, wrapper=f"/opt/{name}")
    chained = ManagedRuntime(
        FUNCTIONS, "managed.view", IMAGE, opt=chained_opt, environment={"DAYFLY_NEXT_WRAPPER": f"/opt/{name}"}
    )
    for runtime in (alone, chained):
        with runtime:
            assert runtime.wait_exit() == status
            assert f"/opt/{name}: {words}" in runtime.output()


def test_the_wrapper_runs_in_a_strict_posix_shell(opt: Path) -> None:
    """Images differ in what /bin/sh is: bash on Amazon Linux, dash and busybox elsewhere."""
    import subprocess

    shells = [path for name in ("dash", "busybox", "bash") if (path := shutil.which(name))]
    assert shells, "no shell to try"
    for shell in shells:
        options = {"busybox": ["sh"], "bash": ["--posix"]}.get(Path(shell).name, [])
        done = subprocess.run(
            [shell, *options, str(opt / "dayfly"), "/bin/echo", "a b", "$c", "d\\ne"],
            capture_output=True,
            text=True,
            timeout=60,
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": ""},
        )
        assert done.stdout == "a b $c d\\ne\n"
        reason = "the command does not start Python: /bin/echo a b $c d\\ne\n"
        assert done.stderr == f"{UNPROTECTED}{reason}"
        nothing = [shell, *options, str(opt / "dayfly")]
        assert subprocess.run(nothing, capture_output=True, timeout=60, env={}).returncode == 127

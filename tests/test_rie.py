"""AWS's emulator runs functions, confined as on Lambda where the machine allows it, and leaves nothing behind."""

from __future__ import annotations

import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest
from tests.confined import FIRST_UID, confinement_here
from tests.processes import state_of
from tests.rie import MODULES, ROOT, Rie, Runtime, both_runtimes, rie_binary

SOURCE = """
import os, resource, subprocess
def handler(event, context):
    print("printed", event)
    return {
        "event": event, "uid": os.getuid(), "cwd": os.getcwd(), "tmp": sorted(os.listdir("/tmp")), "pid": os.getpid(),
        "limits": [resource.getrlimit(kind)[1] for kind in (resource.RLIMIT_NPROC, resource.RLIMIT_NOFILE)],
        "client": context.client_context and context.client_context.custom,
    }
def detach(event, context):
    return subprocess.Popen(["sleep", "300"], start_new_session=True).pid
"""
every_runtime = pytest.mark.parametrize("runtime", MODULES)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(SOURCE)
    return tmp_path


def test_the_emulator_is_fetched_once() -> None:
    assert rie_binary() == rie_binary()
    assert rie_binary().stat().st_size > 1_000_000


@every_runtime
def test_a_function_is_invoked_and_its_output_kept(folder: Path, runtime: Runtime) -> None:
    with Rie(folder, runtime=runtime) as rie:
        answer = rie.invoke({"a": "ü"}, client_context={"custom": {"k": "v"}})
        assert isinstance(answer.payload, dict)
        assert answer.payload["event"] == {"a": "ü"}
        assert answer.payload["client"] == {"k": "v"}
        rie.wait_for_log("printed {'a': 'ü'}")
        assert len(rie.runtime_pids()) >= 1
    assert "printed" in rie.logs()


@every_runtime
def test_a_confined_function_is_alone_and_unprivileged(folder: Path, runtime: Runtime) -> None:
    if confinement_here().kind == "none":
        warnings.warn(f"not confined here: {confinement_here().reason}", stacklevel=1)
    with Rie(folder, runtime=runtime, confined=True) as rie:
        payload = rie.invoke({}).payload
        assert isinstance(payload, dict)
        if rie.confinement.kind != "none":
            assert (payload["cwd"], payload["tmp"]) == ("/var/task", [])
            # A worker of Dayfly's has 128 processes less than its zygote.
            assert payload["limits"] == [742 if runtime == "plain" else 614, 1024]
            assert payload["uid"] >= FIRST_UID
            assert payload["pid"] < 100
            if runtime == "dayfly":
                assert '"scope":"environment"' in rie.logs()


@pytest.mark.parametrize("confined", [False, True])
def test_nothing_is_left_also_of_what_detached_itself(folder: Path, confined: bool) -> None:
    with Rie(folder, "app.detach", runtime="plain", confined=confined) as rie:
        rie.invoke({})
        family = rie.tree()
        assert len(family) >= 3
    assert [pid for pid in family if state_of(pid) not in {"", "Z", "X"}] == []


def test_both_runtimes_run_side_by_side(folder: Path) -> None:
    with both_runtimes(folder) as (plain, dayfly):
        answers = [side.invoke({"n": 1}).payload for side in (plain, dayfly)]
    assert all(isinstance(answer, dict) and answer["event"] == {"n": 1} for answer in answers)


@pytest.mark.parametrize("confined", [False, True])
def test_a_test_run_that_is_killed_leaves_no_emulator(folder: Path, confined: bool) -> None:
    program = (
        "import sys; from pathlib import Path; from tests.rie import Rie\n"
        f"rie = Rie(Path({str(folder)!r}), confined={confined}).__enter__(); rie.invoke({{}})\n"
        "print(*rie.tree(), flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as run:
        assert run.stdout is not None
        family = [int(pid) for pid in run.stdout.readline().split()]
        run.kill()
    assert len(family) >= 3
    end = time.monotonic() + 60
    while alive := [pid for pid in family if state_of(pid) not in {"", "Z", "X"}]:
        assert time.monotonic() < end, f"still there: {alive}"
        time.sleep(0.05)

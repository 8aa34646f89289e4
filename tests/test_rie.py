"""AWS's emulator runs functions, confined as on Lambda where the machine allows it, and leaves nothing behind."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from tests.confined import FIRST_UID, confinement_here
from tests.processes import state_of
from tests.rie import MODULES, Rie, Runtime, both_runtimes, rie_binary

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
            assert (payload["cwd"], payload["tmp"], payload["limits"]) == ("/var/task", [], [742, 1024])
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

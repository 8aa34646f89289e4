"""What ends a window at once, as `retire_on` says, and what ends it in any case."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.confined import confinement_here
from tests.rie import Rie
from tests.runtimes import RuntimeProcess

FUNCTIONS = Path(__file__).parent / "functions"
# Each act, and what of `retire_on` it is.
ACTS = {
    "nothing": set[str](),
    "file": {"residue"},
    "child": {"residue", "suspicion"},
    "raise": {"error"},
    "exit": {"residue", "suspicion", "error", ""},
}


def ask(process: RuntimeProcess, **event: object) -> dict[str, object]:
    payload = process.invoke(event).payload
    assert isinstance(payload, dict), payload
    return payload


@pytest.mark.parametrize("retire_on", ["", "residue", "suspicion", "error", "residue:suspicion:error"])
@pytest.mark.parametrize("lock", ["off", "on"])
def test_a_window_ends_after_what_the_setting_names_and_after_nothing_else(retire_on: str, lock: str) -> None:
    environment = {
        "DAYFLY_ISOLATION": "window",
        "DAYFLY_RETIRE_ON": retire_on,
        "DAYFLY_API_LOCK": lock,
        "DAYFLY_JITTER": "0",
    }
    with RuntimeProcess(FUNCTIONS, "policies.handler", runtime="dayfly", environment=environment) as process:
        for act, kinds in ACTS.items():
            before = ask(process)
            process.invoke({"act": act})
            after = ask(process)
            is_over = after["pid"] != before["pid"]
            assert is_over is bool(kinds & set(retire_on.split(":"))), f"{act}: {process.output()[-2000:]}"
            if is_over:
                assert (after["seen"], after["init"], after["files"]) == (1, before["init"], [])
            elif act == "file":
                assert after["files"] == ["left"]
                # Gone before the acts that follow.
                process.invoke({"act": "exit"})
        assert "environment.not-clean" not in process.output()


def test_a_process_left_behind_is_ended_even_where_the_window_goes_on() -> None:
    environment = {"DAYFLY_ISOLATION": "window", "DAYFLY_RETIRE_ON": ""}
    with RuntimeProcess(FUNCTIONS, "policies.handler", runtime="dayfly", environment=environment) as process:
        first = ask(process, act="child")
        assert ask(process)["pid"] == first["pid"]
        commands = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in process.tree()]
        assert not any(b"sleep" in command for command in commands)
        assert "residue.process" in process.output()


@pytest.mark.skipif(confinement_here().kind == "none", reason="System V objects are only ours in a namespace")
def test_shared_memory_left_behind_is_residue() -> None:
    environment = {"DAYFLY_ISOLATION": "window", "DAYFLY_RETIRE_ON": "residue"}
    with Rie(FUNCTIONS, "policies.handler", environment=environment, confined=True) as rie:
        left, after = (rie.invoke({"act": act}).payload for act in ("shared memory", "nothing"))
        assert isinstance(left, dict)
        assert isinstance(after, dict)
        assert left["pid"] != after["pid"]
        rie.wait_for_log('"types":["residue.ipc"]')


def test_jitter_ends_windows_at_different_counts() -> None:
    environment = {
        "DAYFLY_ISOLATION": "window",
        "DAYFLY_MAX_INVOCATIONS": "10",
        "DAYFLY_JITTER": "0.9",
    }
    with RuntimeProcess(FUNCTIONS, "policies.handler", runtime="dayfly", environment=environment) as process:
        lengths: list[int] = []
        previous: dict[str, object] = {}
        # That 20 windows in a row have one length happens once in 10^19 runs.
        while len(lengths) < 20 and len(set(lengths)) < 2:
            current = ask(process)
            if previous and current["pid"] != previous["pid"]:
                assert isinstance(previous["seen"], int)
                lengths.append(previous["seen"])
            previous = current
        assert len(set(lengths)) > 1
        assert all(1 <= length <= 10 for length in lengths)

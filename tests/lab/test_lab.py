"""The lab behaves as Lambda does: cold and warm, frozen, throttled, and gone when it is left."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from tests.lab.running import (
    DEADLINE_S,
    basic,
    both_confinements,
    is_alive,
    needs_bubblewrap,
    run,
    running_lab,
    until,
)

from dayfly.lab.model import ConfinementChoice, InvokeRefusedError, LabError


@both_confinements
def test_a_second_invocation_meets_the_same_warm_environment(confinement: ConfinementChoice) -> None:
    async def scenario() -> None:
        async with running_lab(confinement) as running:
            first = await running.call({"n": 1})
            second = await running.call({"n": 2})
        assert json.loads(first.payload)["echo"] == {"n": 1}
        assert json.loads(second.payload)["served"] == 2
        assert (first.cold_start, second.cold_start) == (True, False)
        assert first.environment_id == second.environment_id
        assert first.function_error is None
        assert first.executed_version == "$LATEST"
        kinds = running.kinds()
        assert kinds[:2] == ["cold_start", "init_done"]
        assert kinds[-1] == "shutdown"

    run(scenario())


def test_invocations_at_once_get_an_environment_each_and_the_last_used_serves_next() -> None:
    async def scenario() -> None:
        async with running_lab("none") as running:
            slow = asyncio.create_task(running.call({"do": "wait"}))
            await until(lambda: "invoke_start" in running.kinds())
            quick = await running.call()
            await until(lambda: [view.state for view in running.lab.environments("f")].count("busy") == 1)
            running.release()
            other = (await slow).environment_id
            assert quick.environment_id != other
            await until(lambda: all(view.state == "idle" for view in running.lab.environments("f")))
            assert (await running.call()).environment_id == other

    run(scenario())


@both_confinements
def test_nothing_runs_between_invocations(confinement: ConfinementChoice) -> None:
    async def scenario() -> None:
        async with running_lab(confinement) as running:
            await running.ask("count", detached=confinement == "bubblewrap")
            await until(lambda: running.kinds()[-1] == "frozen")
            assert running.events[-1].detail["complete"] == 1
            pids = next(iter(running.lab.processes("f").values()))
            assert len(pids) >= 2
            before = {pid: _cpu_and_switches(pid) for pid in pids}
            # Time passes for real: another environment is started and serves meanwhile.
            await running.lab.add_function(basic(name="g"))
            await running.lab.invoke("g", b"{}")
            assert {pid: _cpu_and_switches(pid) for pid in pids} == before
            # And it goes on afterwards: the child is not dead, it was stopped.
            while await running.ask("counted") <= 0:
                pass

    run(scenario())


def _cpu_and_switches(pid: int) -> list[str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return [line for line in lines if "ctxt_switches" in line]


def test_reserved_concurrency_throttles_as_lambda_words_it() -> None:
    async def scenario() -> None:
        async with running_lab("none", config=basic(reserved_concurrency=1)) as running:
            slow = asyncio.create_task(running.call({"do": "wait"}))
            await until(lambda: "invoke_start" in running.kinds())
            with pytest.raises(InvokeRefusedError) as refusal:
                await running.call()
            assert refusal.value.status_code == 429
            assert refusal.value.error_type == "TooManyRequestsException"
            assert refusal.value.reason == "ReservedFunctionConcurrentInvocationLimitExceeded"
            running.release()
            assert (await slow).function_error is None
            # One after the other never exceeds it, however quick the caller is.
            for _ in range(5):
                assert (await running.call()).function_error is None
            assert running.kinds().count("cold_start") == 1

    run(scenario())


def test_at_capacity_an_idle_environment_of_another_function_makes_room() -> None:
    async def scenario() -> None:
        async with running_lab("none", max_environments=1) as running:
            await running.lab.add_function(basic(name="g"))
            first = await running.call()
            await until(lambda: running.kinds()[-1] == "frozen")
            second = await running.lab.invoke("g", b"{}")
            assert second.environment_id != first.environment_id
            await until(lambda: "shutdown" in running.kinds())
            assert running.lab.environments("f") == ()
            slow = asyncio.create_task(running.lab.invoke("g", b'{"do": "wait"}'))
            await until(lambda: running.lab.environments("g")[0].state == "busy")
            with pytest.raises(InvokeRefusedError, match="Rate Exceeded"):
                await running.call()
            running.release("g")
            await slow

    run(scenario())


def test_an_idle_environment_expires() -> None:
    async def scenario() -> None:
        async with running_lab(config=basic(idle_expiry_s=0.2)) as running:
            first = await running.call()
            await until(lambda: running.kinds()[-1] == "shutdown")
            assert "expired" in running.kinds()
            assert running.lab.environments("f") == ()
            assert (await running.call()).environment_id != first.environment_id

    run(scenario())


def test_recycle_ends_every_environment_and_counts_them() -> None:
    async def scenario() -> None:
        async with running_lab() as running:
            calls = [running.call({"do": "sleep", "seconds": 0.3}) for _ in range(3)]
            await asyncio.gather(*calls)
            pids = [pid for found in running.lab.processes("f").values() for pid in found]
            assert await running.lab.recycle("f") == 3
            assert pids
            assert not any(is_alive(pid) for pid in pids)
            assert running.lab.environments("f") == ()
            assert (await running.call()).cold_start

    run(scenario())


def test_recycle_ends_a_busy_environment_and_its_caller_is_told() -> None:
    async def scenario() -> None:
        async with running_lab() as running:
            slow = asyncio.create_task(running.call({"do": "sleep", "seconds": 15}))
            await until(lambda: "invoke_start" in running.kinds())
            assert await running.lab.recycle("f") == 1
            result = await slow
            assert result.function_error == "Unhandled"
            assert b"Runtime.ExitError" in result.payload
            await until(lambda: running.kinds()[-1] in ("shutdown", "invoke_end"))
            assert "frozen" not in running.kinds()
            assert running.lab.counters["environment_faults"] == 0
            assert (await running.call()).function_error is None

    run(scenario())


@needs_bubblewrap
def test_a_start_that_fails_says_why(tmp_path: Path) -> None:
    async def scenario() -> None:
        folder = tmp_path / "code"
        shutil.copytree(basic().folder, folder)
        tmp_path.chmod(0o755)
        async with running_lab("bubblewrap", config=basic(folder=folder)) as running:
            shutil.rmtree(folder)
            with pytest.raises(LabError, match="did not start; its output: bwrap: "):
                await running.call()
            assert running.lab.environments("f") == ()

    run(scenario())


def test_tenants_never_share_an_environment() -> None:
    async def scenario() -> None:
        async with running_lab("none", config=basic(tenancy="PER_TENANT")) as running:
            first = await running.call(tenant_id="one")
            second = await running.call(tenant_id="two")
            again = await running.call({"do": "context"}, tenant_id="one")
            assert first.environment_id == again.environment_id != second.environment_id
            assert json.loads(again.payload)["tenant"] == "one"

    run(scenario())


def test_an_event_is_answered_at_once_and_tried_three_times() -> None:
    async def scenario() -> None:
        async with running_lab("none") as running:
            result = await running.call({"do": "raise"}, invocation_type="Event")
            assert (result.status_code, result.payload) == (202, b"")
            await until(lambda: running.lab.counters["dropped_events"] == 1)
            assert running.kinds().count("invoke_start") == 3
            starts = {event.request_id for event in running.events if event.kind == "invoke_start"}
            assert starts == {result.request_id}

    run(scenario())


def test_a_dry_run_starts_nothing() -> None:
    async def scenario() -> None:
        async with running_lab("none") as running:
            result = await running.call(invocation_type="DryRun")
            assert (result.status_code, result.payload) == (204, b"")
            assert running.kinds() == []

    run(scenario())


@pytest.mark.parametrize(
    ("name", "payload", "status", "error_type"),
    [
        ("absent", b"{}", 404, "ResourceNotFoundException"),
        ("f", b"{oops", 400, "InvalidRequestContentException"),
        ("f", b'"' + b"x" * (6 * 1024 * 1024) + b'"', 413, "RequestTooLargeException"),
    ],
)
def test_the_front_end_refuses_what_lambda_refuses(
    name: str, payload: bytes, status: int, error_type: str
) -> None:
    async def scenario() -> None:
        async with running_lab("none") as running:
            with pytest.raises(InvokeRefusedError) as refusal:
                await running.lab.invoke(name, payload)
            assert (refusal.value.status_code, refusal.value.error_type) == (status, error_type)
            assert running.kinds() == []

    run(scenario())


def test_a_folder_or_interpreter_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running_lab("none") as running:
            with pytest.raises(LabError, match="is not a folder"):
                await running.lab.add_function(basic(name="g", folder=tmp_path / "absent"))
            with pytest.raises(LabError, match="cannot run the Python interpreter"):
                await running.lab.add_function(basic(name="g", python=tmp_path / "python"))
            with pytest.raises(LabError, match="already exists"):
                await running.lab.add_function(basic())

    run(scenario())


@both_confinements
def test_leaving_the_lab_ends_every_process(confinement: ConfinementChoice) -> None:
    pids: list[int] = []

    async def fail_inside() -> None:
        async with running_lab(confinement) as running:
            await running.ask("count", detached=True)
            slow = asyncio.create_task(running.call({"do": "sleep", "seconds": 10}))
            slow.add_done_callback(lambda task: task.cancelled() or task.exception())
            await until(lambda: running.kinds().count("invoke_start") == 2)
            pids.extend(pid for found in running.lab.processes("f").values() for pid in found)
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        run(fail_inside())
    assert len(pids) >= 2
    assert not any(is_alive(pid) for pid in pids)


_VICTIM = """
import asyncio, sys
from pathlib import Path
from dayfly.lab.lab import Lab
from dayfly.lab.model import FunctionConfig
async def main():
    async with Lab(confinement=sys.argv[1]) as lab:
        await lab.add_function(FunctionConfig("f", Path(sys.argv[2]), "app.handler"))
        await lab.invoke("f", b'{"do": "count"}')
        while lab.environments("f")[0].state != "idle":
            await asyncio.sleep(0.005)
        print(*(pid for pids in lab.processes("f").values() for pid in pids), flush=True)
        await asyncio.Event().wait()
asyncio.run(main())
"""


@both_confinements
def test_a_lab_that_is_killed_leaves_no_frozen_process_behind(confinement: ConfinementChoice) -> None:
    folder = str(basic().folder)
    command = [sys.executable, "-c", _VICTIM, confinement, folder]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as victim:
        assert victim.stdout is not None
        pids = [int(word) for word in victim.stdout.readline().split()]
        assert len(pids) >= 2
        os.kill(victim.pid, signal.SIGKILL)
    prefix = f"dayfly-lab-{victim.pid}-*"
    deadline = time.monotonic() + DEADLINE_S
    while any(is_alive(pid) for pid in pids):
        assert time.monotonic() < deadline, f"alive: {[pid for pid in pids if is_alive(pid)]}"
        os.sched_yield()

    async def another_lab() -> None:
        async with running_lab("none") as running:
            assert running.kinds() == []

    run(another_lab())
    assert list(Path(tempfile.gettempdir()).glob(prefix)) == []


def test_descriptors_beyond_a_thousand_do_no_harm() -> None:
    # select() ends there; a lab of some 150 environments gets that far.
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 2048:
        pytest.skip("this machine allows fewer")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2048), hard))
    null = os.open("/dev/null", os.O_RDONLY)
    taken = [os.dup(null) for _ in range(1100)]
    try:

        async def scenario() -> None:
            async with running_lab() as running:
                assert (await running.call()).function_error is None
                assert (await running.call({"do": "exit", "code": 1})).function_error == "Unhandled"
                assert (await running.call()).function_error is None

        run(scenario())
    finally:
        for descriptor in (null, *taken):
            os.close(descriptor)


@pytest.mark.slow
def test_a_hundred_environments_serve_a_burst_of_several_hundred() -> None:
    async def scenario() -> None:
        async with running_lab(max_environments=100) as running:
            calls = [running.call({"do": "sleep", "seconds": 0.2}) for _ in range(300)]
            results = await asyncio.gather(*calls, return_exceptions=True)
            served = [r for r in results if not isinstance(r, BaseException)]
            refused = [r for r in results if isinstance(r, InvokeRefusedError)]
            assert len(served) + len(refused) == 300
            assert all(result.function_error is None for result in served)
            assert len(running.lab.environments("f")) == 100
            assert len({result.environment_id for result in served}) == 100

    run(scenario())

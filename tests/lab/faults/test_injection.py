"""Each fault of a plan reaches the runtime as it says, and the lab's own account of the invocation stays true."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from tests.lab.running import basic, needs_bubblewrap, run, running_lab, until

from dayfly.lab.faults.injection import Injection
from dayfly.lab.faults.plan import Act, Fault, FaultPlan, Limits, Moment
from dayfly.lab.model import ConfinementChoice
from dayfly.lab.runtime_api import InvocationEvent, RuntimeApi

_NEXT = b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: a\r\n\r\n"
_ANSWER = (
    b"POST /2018-06-01/runtime/invocation/r1/response HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
    b"Content-Length: 2\r\n\r\n"
)


class _NoTree:
    """Faults of the wire ask nobody's processes."""


async def _talk(fault: Fault) -> tuple[list[bytes], RuntimeApi, list[str]]:
    """Serve one event to a client of raw bytes under one fault; return what it read at each step."""
    api = RuntimeApi("f", "app.handler")
    told: list[str] = []
    injection = Injection(
        FaultPlan((fault,)),
        _NoTree(),  # type: ignore[arg-type]  # never asked
        tell=lambda one, failure: told.append(one.do),
    )
    api.intercept = injection.handle
    await api.start()
    api.new_life()
    host, port = api.address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    seen: list[bytes] = []

    async def step(data: bytes) -> None:
        writer.write(data)
        try:
            seen.append(await asyncio.wait_for(reader.read(65536), 60))
        except ConnectionResetError:
            seen.append(b"RESET")

    try:
        writer.write(_NEXT)
        if fault.route == "next" and fault.at == "request":
            await step(b"")
            return seen, api, told
        await asyncio.wait_for(api.settled.wait(), 60)
        api.deliver(InvocationEvent("r1", b"{}", "arn", 1_000_000))
        await step(b"")
        while fault.do == "slow" and not seen[0].endswith(b"{}"):
            seen[0] += await asyncio.wait_for(reader.read(65536), 60)
        if fault.route == "response":
            await step(_ANSWER)
            if b"100" in seen[-1][:12]:
                await step(b"{}")
        return seen, api, told
    finally:
        writer.close()
        await api.close()


@pytest.mark.parametrize(
    ("fault", "last"),
    [
        (Fault("next", "request", "status", status=503), b"HTTP/1.1 503"),
        (Fault("next", "reply", "status", status=500), b"HTTP/1.1 500"),
        (Fault("next", "reply", "reset"), b"RESET"),
        (Fault("next", "reply", "close"), b""),
        (Fault("next", "reply", "truncate", bytes=12), b"HTTP/1.1 200"),
        (Fault("next", "reply", "garbage"), b"\x16\x03\x01"),
        (Fault("next", "reply", "skew", seconds=-1000), b"HTTP/1.1 200"),
        (Fault("response", "request", "reset"), b"RESET"),
        (Fault("response", "request", "status", status=403), b"HTTP/1.1 403"),
        (Fault("response", "continue", "reset"), b"RESET"),
        (Fault("response", "reply", "status", status=500), b"HTTP/1.1 500"),
    ],
    ids=lambda value: f"{value.route}-{value.at}-{value.do}" if isinstance(value, Fault) else "",
)
def test_a_client_gets_what_the_plan_says(fault: Fault, last: bytes) -> None:
    async def scenario() -> None:
        seen, _, told = await _talk(fault)
        assert seen[-1].startswith(last)
        if fault.do == "truncate":
            assert len(seen[-1]) == fault.bytes
        if fault.do == "skew":
            assert b"Deadline-Ms: 0\r\n" in seen[-1]
        assert told == [fault.do]

    run(scenario())


@pytest.mark.parametrize(("at", "is_accepted"), [("request", False), ("reply", True)])
def test_a_refusal_before_the_platform_acts_and_one_after_it_look_the_same_to_the_runtime(
    at: Moment, is_accepted: bool
) -> None:
    async def scenario() -> None:
        seen, api, _ = await _talk(Fault("response", at, "status", status=500))
        assert seen[-1].startswith(b"HTTP/1.1 500")
        assert api.outcome.done() is is_accepted

    run(scenario())


def test_a_stall_and_a_slow_reply_take_their_time_and_change_nothing() -> None:
    async def scenario(do: Act) -> None:
        began = asyncio.get_running_loop().time()
        seen, _, _ = await _talk(Fault("next", "reply", do, seconds=0.2))
        assert asyncio.get_running_loop().time() - began >= 0.15
        assert seen[0].startswith(b"HTTP")

    run(scenario("stall"))
    run(scenario("slow"))


@needs_bubblewrap
def test_processes_die_and_disks_fill_at_the_moment_that_is_named_and_the_lab_says_so() -> None:
    plan = FaultPlan(
        (
            Fault("next", "sent", "fill", nth=2),
            Fault("response", "sent", "free", nth=2),
            Fault("next", "sent", "kill", nth=3, process="runtime"),
            Fault("next", "sent", "kill", nth=4, process="zygote"),
        )
    )

    async def scenario() -> None:
        async with running_lab(config=basic(faults=plan)) as running:
            first = await running.call()
            assert first.function_error is None
            second = await running.call({"do": "sleep", "seconds": 0.05})
            assert second.function_error is None
            third = await running.call({"do": "sleep", "seconds": 5})
            assert json.loads(third.payload)["errorType"] == "Runtime.ExitError"
            assert b"killed" in third.payload
            fourth = await running.call()
            assert json.loads(fourth.payload)["served"] == 1
            await until(lambda: len([e for e in running.events if e.kind == "fault"]) == 4)
        faults = [event for event in running.events if event.kind == "fault"]
        assert [event.detail["do"] for event in faults] == ["fill", "free", "kill", "kill"]
        assert faults[3].detail["failure"] == "no process has the role zygote now"

    run(scenario())


@needs_bubblewrap
def test_limits_bind_every_process_of_the_environment() -> None:
    plan = FaultPlan(limits=Limits(descriptors=99, processes=88))

    async def scenario() -> None:
        async with running_lab(config=basic(faults=plan)) as running:
            facts = await running.ask("facts")
        assert (facts["nofile"], facts["nproc"]) == ([99, 99], [88, 88])

    run(scenario())


def test_memory_and_processor_time_are_limited_by_a_cgroup_that_ends_with_the_environment() -> None:
    from dayfly.lab.faults.limits import find_mounts

    mounts = find_mounts()
    plan = FaultPlan(limits=Limits(memory_mb=64, cpu=0.5))

    async def scenario(confinement: ConfinementChoice) -> None:
        async with running_lab(confinement, config=basic(faults=plan)) as running:
            await running.ask("facts")
            (pids,) = running.lab.processes("f").values()
            groups = Path(f"/proc/{pids[0]}/cgroup").read_text()
            assert groups.count("dayfly-faults-") == 2
        assert not list(mounts["memory"].glob("dayfly-faults-*"))

    if not {"memory", "cpu"} <= set(mounts):
        pytest.skip("no cgroup for memory and processor time here")
    run(scenario("none"))

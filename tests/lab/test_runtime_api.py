"""What the comparison with the emulator cannot show: freezing moments, new lives, and event headers."""

from __future__ import annotations

import asyncio
import contextlib

from tests.lab.raw_http import RawConnection
from tests.lab.running import run

from dayfly.lab.runtime_api import InvocationEvent, RuntimeApi

_EVENT = InvocationEvent("id-1", b"{}", "arn:x", 123, trace_id="Root=1", tenant_id="t")
_NEXT = "/2018-06-01/runtime/invocation/next"


def test_empty_headers_are_left_out() -> None:
    names = [name for name, _ in _EVENT.headers()]
    assert "Lambda-Runtime-Aws-Tenant-Id" in names
    assert "Lambda-Runtime-Client-Context" not in names
    assert "Lambda-Runtime-Cognito-Identity" not in names


def test_it_is_settled_only_while_the_runtime_polls() -> None:
    async def scenario() -> None:
        api = RuntimeApi("f", "app.handler")
        await api.start()
        api.new_life()
        connection = await asyncio.to_thread(RawConnection, api.address)
        with contextlib.closing(connection):
            assert not api.settled.is_set()
            connection.send_request("GET", _NEXT)
            await asyncio.wait_for(api.settled.wait(), 60)
            api.deliver(_EVENT)
            assert not api.settled.is_set()
            answer = await asyncio.to_thread(connection.read)
            assert answer.header("lambda-runtime-aws-request-id") == "id-1"
            path = "/2018-06-01/runtime/invocation/id-1/response"
            assert (await asyncio.to_thread(connection.request, "POST", path, b"1")).status == 202
            assert (await api.outcome).payload == b"1"
            assert not api.settled.is_set()
            connection.send_request("GET", _NEXT)
            await asyncio.wait_for(api.settled.wait(), 60)
        await api.close()

    run(scenario())


def test_a_poll_left_over_from_an_earlier_life_gets_the_next_event_as_well() -> None:
    async def scenario() -> None:
        api = RuntimeApi("f", "app.handler")
        await api.start()
        api.new_life()
        survivor = await asyncio.to_thread(RawConnection, api.address)
        runtime = await asyncio.to_thread(RawConnection, api.address)
        with contextlib.closing(survivor), contextlib.closing(runtime):
            survivor.send_request("GET", _NEXT)
            await asyncio.wait_for(api.settled.wait(), 60)
            api.new_life()
            assert not api.settled.is_set()
            runtime.send_request("GET", _NEXT)
            await asyncio.wait_for(api.settled.wait(), 60)
            api.deliver(_EVENT)
            for connection in (survivor, runtime):
                answer = await asyncio.to_thread(connection.read)
                assert answer.header("lambda-runtime-aws-request-id") == "id-1"
        await api.close()

    run(scenario())

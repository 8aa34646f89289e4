"""gRPC channels made and used at init: the same stubs work in every worker, over a channel of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.real.remote_procedures import GrpcServer
from tests.runtime.sealers.libraries import library_python
from tests.runtime.sealers.serving import Run, run

# Dayfly watches before the function imports anything.
CHANNEL = """
from dayfly.runtime import recorded
recorded.watch()
import json, os, grpc
def encode(order): return json.dumps(order).encode()
channel = grpc.insecure_channel(os.environ["GRPC_TARGET"], options=(("grpc.max_receive_message_length", 4096),))
put = channel.unary_unary("/shop.Orders/Put", request_serializer=encode, response_deserializer=json.loads)
def call(label="x"):
    return put({"label": label, "amount": 3}, timeout=60, wait_for_ready=True)
"""


@pytest.fixture(scope="module")
def server() -> Iterator[GrpcServer]:
    with GrpcServer() as running:
        yield running


def serve(source: str, server: GrpcServer, **environment: str) -> Run:
    return run(source, python=library_python(), environment={"GRPC_TARGET": server.target, **environment})


@pytest.mark.parametrize("fork_support", ["0", "1"])
def test_a_channel_of_init_is_one_of_each_workers_own(server: GrpcServer, fork_support: str) -> None:
    seen = serve(
        CHANNEL
        + """
first = call("r00000001-init")
registered = channel.unary_unary("/shop.Orders/Put", encode, json.loads, _registered_method=True)
registered({"label": "r00000001-init", "amount": 3}, timeout=60)
same = channel, put
WORKERS = 200
def handler(number):
    import threading
    from dayfly.runtime import natives
    before = natives.count(), threading.active_count()
    label = f"r00000002-{number:03d}"
    answers = [call(label), registered({"label": label, "amount": 3}, timeout=60),
               put.future({"label": label, "amount": 3}, timeout=60).result()]
    return [before, answers == [first] * 3, (channel, put) == same, type(channel).__name__]
""",
        server,
        GRPC_ENABLE_FORK_SUPPORT=fork_support,
    )
    assert seen.reasons == []
    assert seen.answers == [[[0, 1], True, True, "Channel"]] * 200
    by_worker: dict[str, set[str]] = {}
    for entry in server.ledger.entries("r00000002"):
        by_worker.setdefault(entry.invocation, set()).add(entry.connection)
    init = {entry.connection for entry in server.ledger.entries("r00000001")}
    assert len(by_worker) == 200
    assert not init & set().union(*by_worker.values())


def test_interceptors_and_readiness_of_init_do_not_matter(server: GrpcServer) -> None:
    seen = serve(
        CHANNEL
        + """
grpc.channel_ready_future(channel).result(timeout=60)
class Count(grpc.UnaryUnaryClientInterceptor):
    calls = 0
    def intercept_unary_unary(self, continuation, details, request):
        self.calls += 1
        return continuation(details, request)
count = Count()
watched = grpc.intercept_channel(channel, count).unary_unary("/shop.Orders/Put", encode, json.loads)
watched({"label": "x", "amount": 3}, timeout=60)
def handler(number):
    watched({"label": "x", "amount": 3}, timeout=60)
    return count.calls
""",
        server,
    )
    assert seen.reasons == []
    assert seen.answers == [2, 2, 2]


def test_a_channel_that_init_made_and_did_not_use_works(server: GrpcServer) -> None:
    seen = serve(CHANNEL + "def handler(number): return call() is not None", server)
    assert seen.reasons == []
    assert seen.answers == [True] * 3


def test_a_channel_closed_at_init_stays_closed(server: GrpcServer) -> None:
    seen = serve(
        CHANNEL
        + """
call()
channel.close()
def handler(number):
    try:
        call()
    except ValueError as error:
        return str(error)
""",
        server,
    )
    assert seen.reasons == []
    assert seen.answers == ["Cannot invoke RPC on closed channel!"] * 3


def test_a_channel_that_is_watched_is_refused_by_name_and_works_on(server: GrpcServer) -> None:
    seen = serve(
        CHANNEL
        + """
states = []
channel.subscribe(states.append)
call()
def handler(number):
    return call() is not None
""",
        server,
    )
    assert any(
        f"the gRPC channel to {server.target} created at init is being watched" in reason
        for reason in seen.reasons
    )
    assert seen.answers == [True]


def test_a_call_in_progress_is_refused_by_name(server: GrpcServer) -> None:
    seen = serve(
        CHANNEL
        + """
import threading
done = threading.Event()
unfinished = channel.stream_unary("/shop.Orders/Put", encode, json.loads).future(iter(lambda: done.wait(60), 1))
def handler(number):
    unfinished.cancel()
    done.set()
    return call() is not None
""",
        server,
    )
    assert any("has a call in progress: finish it at init" in reason for reason in seen.reasons)
    assert seen.answers == [True]


def test_a_channel_nobody_saw_being_made_is_refused(server: GrpcServer) -> None:
    seen = serve(
        CHANNEL.replace("recorded.watch()", "")
        + """
call()
def handler(number):
    return call() is not None
""",
        server,
    )
    assert any("was created before Dayfly could record its arguments" in reason for reason in seen.reasons)
    assert seen.answers == [True]


ASYNCHRONOUS = (
    CHANNEL
    + """
import asyncio
loop = asyncio.new_event_loop()
async def make():
    return grpc.aio.insecure_channel(os.environ["GRPC_TARGET"])
later = loop.run_until_complete(make())
kind = type(later)
put_later = later.unary_unary("/shop.Orders/Put", request_serializer=encode, response_deserializer=json.loads)
async def ask(label):
    return await put_later({"label": label, "amount": 3}, timeout=60, wait_for_ready=True)
"""
)


@pytest.mark.parametrize("use", ["first = loop.run_until_complete(ask('r00000003-init'))", "first = call()"])
def test_an_asynchronous_channel_of_init_is_one_of_each_workers_own(server: GrpcServer, use: str) -> None:
    seen = serve(
        ASYNCHRONOUS
        + use
        + """
WORKERS = 50
def handler(number):
    label = f"r00000004-{number:03d}"
    return [loop.run_until_complete(ask(label)) == first, call(label) == first, type(later) is kind]
""",
        server,
    )
    assert seen.reasons == []
    assert seen.answers == [[True, True, True]] * 50
    init = {entry.connection for entry in server.ledger.entries("r00000003")}
    assert not init & {entry.connection for entry in server.ledger.entries("r00000004")}


def test_an_asynchronous_call_in_progress_is_refused_by_name(server: GrpcServer) -> None:
    seen = serve(
        ASYNCHRONOUS
        + """
async def begin():
    return later.stream_unary("/shop.Orders/Put", encode, json.loads)()
unfinished = loop.run_until_complete(begin())
def handler(number):
    unfinished.cancel()
    return call() is not None
""",
        server,
    )
    assert any("created at init has a call in progress: finish it" in reason for reason in seen.reasons)
    assert seen.answers == [True]

"""Event loops made at init: the same loop in every worker, with descriptors of the worker's own."""

from __future__ import annotations

import socket

import pytest
from tests.real.environment import LIBRARIES, real_python
from tests.runtime.sealers.serving import run

# Inodes of epoll sets are all one; what tells two apart is whether one sees the other's descriptors.
HELPERS = """
import asyncio, os, select, signal, threading, time
def ends(loop):
    return [os.fstat(sock.fileno()).st_ino for sock in (loop._ssock, loop._csock)]
async def work(number):
    reader, writer = os.pipe()
    arrived = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().add_reader(reader, lambda: arrived.done() or arrived.set_result(os.read(reader, 9)))
    os.write(writer, b"%d" % number)
    try:
        got = await asyncio.wait_for(arrived, 60)
        return int(got) + await asyncio.get_running_loop().run_in_executor(None, int, "1")
    finally:
        asyncio.get_running_loop().remove_reader(reader)
        os.close(reader); os.close(writer)
"""

MADE = {
    "new_event_loop": "loop = asyncio.new_event_loop()",
    "set as current": "loop = asyncio.new_event_loop(); asyncio.set_event_loop(loop)",
    "run at init": "loop = asyncio.new_event_loop(); assert loop.run_until_complete(work(4)) == 5",
    "of a Runner": "runner = asyncio.Runner(); loop = runner.get_loop()",
    "run by a Runner": "runner = asyncio.Runner(); assert runner.run(work(4)) == 5; loop = runner.get_loop()",
    "with a selector of another kind": (
        "import selectors; loop = asyncio.SelectorEventLoop(selectors.SelectSelector())"
    ),
}


@pytest.mark.parametrize("case", MADE)
def test_a_loop_made_at_init_runs_in_every_worker(case: str) -> None:
    seen = run(
        HELPERS
        + f"""
WORKERS = 100
{MADE[case]}
same, selector, was = loop, loop._selector, ends(loop)
def handler(number):
    mine = ends(loop)
    got = [loop.run_until_complete(work(number)), loop.run_until_complete(work(number))]
    return [got == [number + 1] * 2, loop is same, loop._selector is selector, not set(was) & set(mine), mine]
"""
    )
    assert seen.reasons == seen.faults == []
    assert [answer[:4] for answer in seen.answers] == [[True] * 4] * 100
    pairs = [inode for answer in seen.answers for inode in answer[4]]
    assert len(set(pairs)) == len(pairs)


def test_a_woken_loop_wakes_no_other_workers() -> None:
    """A byte in a shared self-pipe, or a registration in a shared epoll set, would."""
    seen = run(
        HELPERS
        + """
loop = asyncio.new_event_loop()
loop.run_until_complete(work(1))
def handler(number):
    ready = loop._selector.select(0)
    reader, writer = os.pipe()
    loop.add_reader(reader, print)
    os.write(writer, b"left")
    loop._write_to_self()
    os.set_inheritable(reader, True)
    return [len(ready), len(loop._selector.select(1))]
"""
    )
    assert seen.answers == [[0, 2]] * 3


def test_tasks_and_timers_of_init_go_on_when_the_handler_runs_the_loop() -> None:
    seen = run(
        HELPERS
        + """
loop = asyncio.new_event_loop()
ticks = []
async def sleeper():
    await asyncio.sleep(0.05)
    ticks.append("woke")
async def start():
    globals()["task"] = asyncio.create_task(sleeper())
    asyncio.get_running_loop().call_later(0.01, ticks.append, "timer")
loop.run_until_complete(start())
def handler(number):
    before = list(ticks)
    loop.run_until_complete(asyncio.wait_for(task, 60))
    return [before, ticks]
"""
    )
    assert seen.reasons == []
    assert seen.answers == [[[], ["timer", "woke"]]] * 3


def test_a_signal_reaches_the_loop_of_the_worker_that_got_it() -> None:
    seen = run(
        HELPERS
        + """
loop = asyncio.new_event_loop()
caught = []
loop.add_signal_handler(signal.SIGUSR1, caught.append, "signal")
def BEFORE():
    assert signal.set_wakeup_fd(-1) == -1
def handler(number):
    async def wait():
        if number == 1:
            os.kill(os.getpid(), signal.SIGUSR1)
        for _ in range(500 if number == 1 else 3):
            if caught:
                return
            await asyncio.sleep(0.01)
    loop.run_until_complete(wait())
    return caught
"""
    )
    assert seen.reasons == []
    assert seen.answers == [[], ["signal"], []]


IN_THREADS = {
    "run_forever as the target": """
loop = asyncio.new_event_loop()
thread = threading.Thread(target=loop.run_forever, name="io", daemon=True)
thread.start()
""",
    "a function that would close it": """
loop = asyncio.new_event_loop()
def serve():
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        loop.close()
        print("function code ran in the zygote", flush=True)
thread = threading.Thread(target=serve, name="io", daemon=True)
thread.start()
""",
    "a function that makes it": """
ready = threading.Event()
def serve():
    global loop
    loop = asyncio.new_event_loop()
    ready.set()
    loop.run_forever()
thread = threading.Thread(target=serve, name="io", daemon=True)
thread.start()
ready.wait()
""",
    "a subclass of Thread": """
class Io(threading.Thread):
    def __init__(self):
        super().__init__(name="io", daemon=True)
        self.loop = asyncio.new_event_loop()
        self.start()
    def run(self):
        self.loop.run_forever()
thread = Io()
loop = thread.loop
""",
    "asyncio.run() of a main task": """
ready = threading.Event()
async def main():
    global loop
    loop = asyncio.get_running_loop()
    ready.set()
    await asyncio.Event().wait()
thread = threading.Thread(target=asyncio.run, args=(main(),), name="io", daemon=True)
thread.start()
ready.wait()
""",
}


@pytest.mark.parametrize("case", IN_THREADS)
def test_a_loop_that_runs_in_a_thread_runs_in_every_workers(case: str) -> None:
    seen = run(
        HELPERS
        + IN_THREADS[case]
        + """
WORKERS = 100
same, same_loop = thread, loop
def call(number):
    return asyncio.run_coroutine_threadsafe(work(number), loop).result(60)
assert call(1) == 2
def handler(number):
    return [call(number) == number + 1, call(7), thread.is_alive(), thread is same, thread.name, thread.daemon,
            loop is same_loop, loop.is_running(), [item.name for item in threading.enumerate() if item.name == "io"]]
"""
    )
    assert seen.reasons == seen.faults == []
    assert seen.answers == [[True, 8, True, True, "io", True, True, True, ["io"]]] * 100
    assert "function code ran" not in seen.output


def test_what_such_a_loop_does_by_itself_goes_on_in_workers_and_not_in_the_zygote() -> None:
    seen = run(
        HELPERS
        + """
loop = asyncio.new_event_loop()
rounds = []
async def refresh():
    while True:
        rounds.append(os.getpid())
        await asyncio.sleep(0.01)
threading.Thread(target=loop.run_forever, daemon=True).start()
asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result(60)
task = asyncio.run_coroutine_threadsafe(refresh(), loop)
at_init = []
def BEFORE():
    at_init.append(len(rounds))
    time.sleep(0.03)
def handler(number):
    until = time.monotonic() + 60
    while os.getpid() not in rounds and time.monotonic() < until:
        time.sleep(0.005)
    return [os.getpid() in rounds, len(set(at_init))]
"""
    )
    assert seen.reasons == []
    assert seen.answers == [[True, 1]] * 3


def test_a_loop_in_a_thread_can_be_stopped_and_joined_by_a_worker() -> None:
    seen = run(
        HELPERS
        + """
loop = asyncio.new_event_loop()
thread = threading.Thread(target=loop.run_forever)
thread.start()
def handler(number):
    loop.call_soon_threadsafe(loop.stop)
    thread.join(60)
    return [thread.is_alive(), loop.is_running()]
"""
    )
    assert seen.answers == [[False, False]] * 3


CULPRITS = {
    "a connection": (
        "server = socket.create_server(('127.0.0.1', 0)); reader, writer = loop.run_until_complete(asyncio.open_connection(*server.getsockname()))",
        "an asyncio connection to 127.0.0.1:",
        "writer.write(b'on') or loop.run_until_complete(writer.drain()) or server.accept()[0].recv(9).decode()",
        "on",
    ),
    "a server": (
        "server = loop.run_until_complete(asyncio.start_server(lambda r, w: w.close(), '127.0.0.1', 0))",
        "a socket that listens on 127.0.0.1:",
        "server.is_serving()",
        True,
    ),
    "a busy loop in a thread": (
        "go = threading.Event(); threading.Thread(target=loop.run_forever, name='io', daemon=True).start(); loop.call_soon_threadsafe(go.wait, 30)",
        "the event loop of thread 'io' was still busy 1 s after init",
        "go.set() or asyncio.run_coroutine_threadsafe(work(2), loop).result(60)",
        3,
    ),
    "a loop in a thread and a culprit": (
        "threading.Thread(target=loop.run_forever, name='io', daemon=True).start(); server = socket.create_server(('127.0.0.1', 0))",
        "a socket that listens on 127.0.0.1:",
        "asyncio.run_coroutine_threadsafe(work(2), loop).result(60)",
        3,
    ),
    "a thread that shall not be restarted": (
        "THREADS = 'refuse'; threading.Thread(target=loop.run_forever, name='io', daemon=True).start(); asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result(60)",
        "the event loop of thread 'io' would not run in a worker",
        "asyncio.run_coroutine_threadsafe(work(2), loop).result(60)",
        3,
    ),
}


@pytest.mark.parametrize("case", CULPRITS)
def test_what_a_loop_waits_for_is_named_and_goes_on_without_a_fork(case: str) -> None:
    init, text, act, answer = CULPRITS[case]
    seen = run(
        HELPERS
        + f"""
import socket
loop = asyncio.new_event_loop()
{init}
def handler(number):
    return {act}
"""
    )
    assert text in "\n".join(seen.reasons)
    assert "eventpoll" not in "\n".join(seen.reasons)
    assert seen.answers == [answer]


def test_a_closed_loop_is_nobodys_business() -> None:
    seen = run(
        HELPERS
        + """
assert asyncio.run(work(1)) == 2
def handler(number):
    return asyncio.run(work(number))
"""
    )
    assert seen.reasons == []
    assert seen.answers == [1, 2, 3]


WAITS = {
    "for a pipe": (
        "ends = os.pipe(); loop.add_reader(ends[0], lambda: got.append(os.read(ends[0], 9)))",
        "os.write(ends[1], b'%d' % number)",
    ),
    "for a socket pair": (
        "near, far = socket.socketpair(); loop.add_reader(near, lambda: got.append(near.recv(9)))",
        "far.send(b'%d' % number)",
    ),
    "for an eventfd": (
        "counter = os.eventfd(0); loop.add_reader(counter, lambda: got.append(b'%d' % os.eventfd_read(counter)))",
        "os.eventfd_write(counter, number)",
    ),
    "for a stream over a socket pair": (
        "near, far = socket.socketpair(); reader, writer = loop.run_until_complete(asyncio.open_connection(sock=near))",
        "far.send(b'%d' % number) and got.append(loop.run_until_complete(reader.read(9)))",
    ),
}


@pytest.mark.parametrize("case", WAITS)
@pytest.mark.parametrize("maker", ["asyncio", "asyncio, in a thread"])
def test_a_loop_waits_in_every_worker_for_what_init_had_it_wait(case: str, maker: str) -> None:
    init, act = WAITS[case]
    if maker.endswith("thread"):
        if "stream" in case:
            pytest.skip("the test runs the loop itself")
        run_loop = "threading.Thread(target=loop.run_forever, daemon=True).start(); asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result(60)"
        wait = """
    until = time.monotonic() + 60
    while not got and time.monotonic() < until:
        time.sleep(0.001)
"""
    else:
        run_loop, wait = (
            "",
            """
    async def wait():
        while not got:
            await asyncio.sleep(0.001)
    loop.run_until_complete(asyncio.wait_for(wait(), 60))
""",
        )
    seen = run(
        HELPERS
        + f"""
import socket
WORKERS = 20
got = []
loop = asyncio.new_event_loop()
{init}
{run_loop}
def handler(number):
    number += 1
    {act}
{wait}
    answer = [int(one) for one in got] == [number]
    {act.partition(" and ")[0]}
    return answer
""",
    )
    assert seen.reasons == seen.faults == []
    assert seen.answers == [True] * 20


def test_an_epoll_set_of_the_functions_own_is_each_workers_own_beside_a_loop() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        seen = run(
            HELPERS
            + f"""
loop = asyncio.new_event_loop()
mine = select.epoll()
handler = lambda number: mine.poll(0) == [] and {server.getsockname()[1]} > 0
"""
        )
    assert seen.reasons == []
    assert seen.answers == [True] * 3


def test_gevents_loop_has_descriptors_of_a_worker_s_own_before_it_first_waits_there() -> None:
    """Else what a thread sends it during the first wait may be lost when it makes them."""
    seen = run(
        """
import gevent, os
gevent.get_hub().threadpool.spawn(int).get()
# Goes on before the wait.
gevent.sleep(0)
def generation():
    # libev's, of the descriptors of one fork: the upper half of what its epoll set reports.
    epoll = next(n for n in os.listdir("/proc/self/fd") if "eventpoll" in os.readlink(f"/proc/self/fd/{n}"))
    words = open(f"/proc/self/fdinfo/{epoll}").read().split()
    return int(words[words.index("data:") + 1], 16) >> 32
first = generation()
def handler(number):
    gevent.sleep(0.001)
    return generation() - first
""",
        python=real_python(LIBRARIES),
    )
    assert seen.reasons == []
    assert seen.answers == [1] * 3

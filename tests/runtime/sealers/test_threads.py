"""Threads that init started: each worker has those it needs, and what cannot be had is refused by name."""

from __future__ import annotations

import pytest
from tests.runtime.sealers.serving import run

CONSUMERS = {
    "queue.get": "work.get()",
    "queue.get with a limit": "get_in_turns()",
    "SimpleQueue.get": "simple.get()",
    "SimpleQueue.get with a limit": "get_simple_in_turns()",
    "condition": "wait_at_condition()",
    "semaphore": "wait_at_semaphore()",
}
CONSUMER = """
import collections, queue, threading

work, simple = queue.Queue(), queue.SimpleQueue()
answers = queue.Queue()
condition, semaphore, items = threading.Condition(), threading.Semaphore(0), collections.deque()

def get_in_turns():
    while True:
        try:
            return work.get(timeout=0.3)
        except queue.Empty:
            continue

def get_simple_in_turns():
    while True:
        try:
            return simple.get(timeout=0.3)
        except queue.Empty:
            continue

def wait_at_condition():
    with condition:
        while not items:
            condition.wait()
        return items.popleft()

def wait_at_semaphore():
    semaphore.acquire()
    return items.popleft()

def put(item):
    work.put(item); simple.put(item)
    with condition:
        items.append(item)
        condition.notify()
    semaphore.release()

def consume():
    while True:
        answers.put(TAKE * 2)

thread = threading.Thread(target=consume, name="consumer", daemon=True)
thread.start()
put(1)
assert answers.get(timeout=60) == 2
"""


@pytest.mark.parametrize("consumer", CONSUMERS)
def test_a_consumer_serves_every_worker(consumer: str) -> None:
    seen = run(
        CONSUMER.replace("TAKE", CONSUMERS[consumer])
        + """
items.clear(); work.queue.clear()
while not simple.empty(): simple.get()
while semaphore.acquire(blocking=False): pass
WORKERS = 20
def handler(number):
    put(number)
    return [answers.get(timeout=60), thread.is_alive(), thread.name, threading.active_count()]
"""
    )
    assert seen.reasons == []
    assert seen.answers == [[2 * number, True, "consumer", 2] for number in range(20)]


def test_two_hundred_workers_have_their_consumer() -> None:
    seen = run(
        CONSUMER.replace("TAKE", "work.get()")
        + """
WORKERS = 200
def handler(number):
    work.put(number)
    return answers.get(timeout=60)
"""
    )
    assert seen.answers == [2 * number for number in range(200)]


def test_a_thread_of_an_own_class_is_started_again_as_the_same_object() -> None:
    seen = run(
        """
import queue, threading
class Writer(threading.Thread):
    def __init__(self, work):
        super().__init__(daemon=True, name="writer")
        self.work, self.done = work, []
    def run(self):
        while True:
            self.done.append(self.work.get())
            self.work.task_done()
writer = Writer(queue.Queue())
writer.start()
def handler(number):
    writer.work.put(number)
    writer.work.join()
    return writer.done
"""
    )
    assert seen.answers == [[0], [1], [2]]


def test_what_a_worker_queued_is_done_before_its_answer() -> None:
    source = """
import os, queue, threading, time
work = queue.Queue()
def write():
    while True:
        item = work.get()
        time.sleep(0.1)
        os.write(1, f"DONE {item}\\n".encode())
        COUNT
threading.Thread(target=write, daemon=True).start()
def handler(number):
    work.put(number)
    return number
"""
    for count in ("work.task_done()", "pass"):
        seen = run(source.replace("COUNT", count))
        assert sorted(seen.output.split()) == ["0", "1", "2", "DONE", "DONE", "DONE"]
        assert seen.late == [[], [], []]


REFRESHER = """
import threading, time
rounds, stop = [], threading.Event()
def refresh():
    while True:
        rounds.append(time.monotonic())
        PAUSE
thread = threading.Thread(target=refresh, daemon=True)
thread.start()
"""


@pytest.mark.parametrize("pause", ["stop.wait(0.05)", "time.sleep(0.05)"])
def test_a_refresher_goes_on_in_the_zygote_and_workers_inherit_its_rounds(pause: str) -> None:
    seen = run(
        REFRESHER.replace("PAUSE", pause)
        + """
WORKERS = 4
def BEFORE():
    until = time.monotonic() + 60
    had = len(rounds)
    while len(rounds) == had and time.monotonic() < until:
        time.sleep(0.01)
def handler(number):
    had = len(rounds)
    time.sleep(0.12)
    return [had, len(rounds) - had, threading.active_count()]
"""
    )
    assert seen.reasons == []
    assert seen.notes == [
        "thread function.refresh runs in the zygote, not in workers of invocation isolation"
    ]
    inherited = [answer[0] for answer in seen.answers]
    assert inherited == sorted(set(inherited))
    assert [answer[1:] for answer in seen.answers] == [[0, 1]] * 4


def test_a_refresher_runs_in_a_worker_of_a_window() -> None:
    seen = run(
        REFRESHER.replace("PAUSE", "stop.wait(0.05)")
        + """
WINDOW = True
def handler(number):
    had, until = len(rounds), time.monotonic() + 60
    while len(rounds) < had + 3 and time.monotonic() < until:
        time.sleep(0.01)
    return len(rounds) >= had + 3
"""
    )
    assert (seen.reasons, seen.notes) == ([], [])
    assert seen.answers == [True] * 3


def test_an_event_wakes_nobody_who_is_not_there() -> None:
    seen = run(
        REFRESHER.replace("PAUSE", "stop.wait(60)")
        + """
def handler(number):
    woken = []
    waiter = threading.Thread(target=lambda: woken.append(stop.wait(60)), daemon=True)
    waiter.start()
    with stop._cond:
        stop._cond.notify()  # the only waiter that counts is the worker's
    stop.set()
    waiter.join(60)
    return woken
"""
    )
    assert seen.answers == [[True]] * 3


def test_a_sleeper_starts_in_the_worker_that_wakes_it() -> None:
    seen = run(
        """
import threading
wanted, refreshed = threading.Event(), threading.Event()
rounds = []
def refresh():
    while True:
        wanted.wait(60)
        wanted.clear()
        rounds.append(1)
        refreshed.set()
threading.Thread(target=refresh, daemon=True).start()
WORKERS = 50
def handler(number):
    before = threading.active_count()
    answers = []
    for _ in range(3):
        refreshed.clear()
        wanted.set()
        answers.append(refreshed.wait(60))
    return [before, answers, len(rounds), threading.active_count()]
"""
    )
    assert seen.reasons == []
    assert seen.answers == [[1, [True] * 3, 3, 2]] * 50


@pytest.mark.parametrize("window", [False, True])
def test_a_timer_that_sets_the_next_one_ticks_in_every_worker(window: bool) -> None:
    # Many forks beside a timer that fires every few milliseconds: one is always about to.
    seen = run(
        f"""
import sys, threading, time
ticks = []
def tick():
    ticks.append(1)
    timer = threading.Timer(0.01, tick)
    timer.daemon = True
    timer.start()
tick()
WINDOW, WORKERS = {window}, 100
interval = sys.getswitchinterval()
def handler(number):
    had, until = len(ticks), time.monotonic() + 60
    while len(ticks) < had + 2 and time.monotonic() < until:
        time.sleep(0.002)
    return [len(ticks) >= had + 2, sys.getswitchinterval() == interval]
"""
    )
    assert seen.reasons == []
    assert seen.answers == [[True, True]] * 100


def test_a_connection_that_a_round_opened_is_cut_off_in_workers() -> None:
    seen = run(
        """
import socket, threading, time
server = socket.create_server(("127.0.0.1", 0))
address = server.getsockname()
server.close()
opened, go = [], threading.Event()
listening = []
def refresh():
    while True:
        go.wait(0.05)
        if go.is_set() and not opened:
            listening.append(socket.create_server(address))
            opened.append(socket.create_connection(address))
            go.clear()
threading.Thread(target=refresh, daemon=True).start()
def BEFORE():
    if not opened:
        go.set()
    until = time.monotonic() + 60
    while not opened and time.monotonic() < until:
        time.sleep(0.01)
def handler(number):
    # What urllib3 asks before it uses a connection again: readable means that the other side has closed it.
    return [opened[0].recv(1) == b"", opened[0].family.name]
"""
    )
    assert seen.reasons == []
    assert seen.answers == [[True, "AF_INET"]] * 3


REFUSED = {
    "work": ("spin()", "is running"),
    "socket": ("left.recv(1)", "is running"),
    "lock held": ("hold()", "holds the lock 'guard'"),
    "reentrant lock held": ("hold_again()", "holds the lock 'again'"),
    "join": ("other.join()", "is running"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_thread_that_cannot_be_started_again_is_refused_by_name(case: str) -> None:
    act, words = REFUSED[case]
    seen = run(
        f"""
import queue, socket, threading, time
left, right = socket.socketpair()
work, guard, again = queue.Queue(), threading.Lock(), threading.RLock()
other = threading.Thread(target=work.get, daemon=True)
other.start()
def spin():
    while True:
        sum(range(1000))
def hold():
    with guard:
        work.get()
def hold_again():
    with again:
        work.get()
def busy():
    {act}
threading.Thread(target=busy, daemon=True).start()
time.sleep(0.05)
def handler(number):
    return "served"
"""
    )
    assert any(
        "thread function.busy started at init" in reason and words in reason for reason in seen.reasons
    )
    assert seen.answers == ["served"]


def test_a_thread_without_an_object_is_refused() -> None:
    seen = run(
        """
import _thread, queue
def loose():
    queue.Queue().get()
_thread.start_new_thread(loose, ())
import time; time.sleep(0.05)
def handler(number):
    return "served"
"""
    )
    assert any("loose in function.py" in reason for reason in seen.reasons)


def test_threads_that_gevent_stands_for_are_not_looked_at_but_named() -> None:
    patched = """
import sys, types
monkey = sys.modules["gevent.monkey"] = types.ModuleType("gevent.monkey")
monkey.is_module_patched = lambda name: IS_PATCHED
def handler(number):
    return "served"
"""
    seen = run("IS_PATCHED = True" + patched)
    assert [reason for reason in seen.reasons if "patch_all(thread=False)" in reason]
    assert run("IS_PATCHED = False" + patched).reasons == []


def test_a_thread_of_logurus_is_named_by_what_started_it() -> None:
    seen = run(
        """
import threading
def busy():
    while True:
        sum(range(1000))
threading.Thread(target=busy, name="loguru-writer-1", daemon=True).start()
def handler(number):
    return "served"
"""
    )
    assert any("enqueue=True" in reason for reason in seen.reasons)


def test_no_thread_is_started_again_where_the_settings_say_so() -> None:
    seen = run(
        CONSUMER.replace("TAKE", "work.get()")
        + """
THREADS = "refuse"
def handler(number):
    return "served"
"""
    )
    assert any("function.consume" in reason and 'threads = "auto"' in reason for reason in seen.reasons)
    assert seen.answers == ["served"]


def test_a_thread_that_its_library_starts_again_is_left_to_it() -> None:
    seen = run(
        """
import os, queue, threading
class Hooked:
    def __init__(self):
        self.work, self.answers = queue.Queue(), queue.Queue()
        self.start()
        os.register_at_fork(after_in_child=self.start)
    def start(self):
        self.work = queue.Queue()
        self.thread = threading.Thread(target=self.consume, daemon=True)
        self.thread.start()
    def consume(self):
        while True:
            self.answers.put(self.work.get())
class Minding(Hooked):
    def __init__(self):
        self.work, self.answers = queue.Queue(), queue.Queue()
        self.ensure()
    def ensure(self):
        if getattr(self, "_pid", None) != os.getpid():
            self._pid = os.getpid()
            self.start()
hooked, minding = Hooked(), Minding()
def handler(number):
    before = threading.active_count()
    minding.ensure()
    for one in (hooked, minding):
        one.work.put(number)
    return [before, threading.active_count(), hooked.answers.get(timeout=60), minding.answers.get(timeout=60)]
"""
    )
    assert seen.reasons == []
    assert seen.answers == [[2, 3, number, number] for number in range(3)]

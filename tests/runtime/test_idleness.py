"""Threads that wait, told from threads that work, in a process that may read all of itself and in one that may not."""

from __future__ import annotations

import json
import os
import subprocess

import pytest
from tests.interpreters import found_interpreters
from tests.rie import ROOT
from tests.unprivileged import UID, as_user

SCRIPT = """
import ctypes, json, os, queue, sys, threading, time
sys.path.insert(0, SOURCE)
if sys.argv[1] == "unreadable":
    # PR_SET_DUMPABLE: what /proc has of this process belongs to root, as with a program that cannot be read.
    ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)
from dayfly.runtime import idleness
lock = threading.Lock()
lock.acquire()
items = queue.SimpleQueue()
event = threading.Event()
def acquire(): lock.acquire()
def acquire_for(): lock.acquire(timeout=50)
def acquire_blocking_for(): lock.acquire(True, 50)
def get():
    while True: items.get()
def get_for():
    while True: items.get(timeout=50)
def sleep():
    while True: time.sleep(50)
def wait(): event.wait()
def wait_for(): event.wait(50)
def work():
    while True: {}.get(1)
def read(end=os.pipe()): os.read(end[0], 1)
targets = [acquire, acquire_for, acquire_blocking_for, get, get_for, sleep, wait, wait_for, work, read, lock.acquire, items.get]
threads = [threading.Thread(target=target, daemon=True) for target in targets]
for thread in threads:
    thread.start()
def look():
    return {target.__qualname__: idleness.look_at(thread).state for target, thread in zip(targets, threads)}
# Until all have come to rest, that come to rest; `work` never does, and is read as working whenever it runs.
end = time.monotonic() + 60
while True:
    time.sleep(0.02)
    seen = look()
    if list(seen.values()).count("works") <= 2 or time.monotonic() > end:
        break
is_hidden = not os.access(f"/proc/self/task/{threads[0].native_id}/syscall", os.R_OK)
print(json.dumps([is_hidden, seen]))
sys.stdout.flush()
os._exit(0)
"""
EXPECTED = {
    "acquire": "waits",
    "acquire_for": "sleeps",
    "acquire_blocking_for": "sleeps",
    "get": "waits",
    "get_for": "waits",
    "sleep": "sleeps",
    "wait": "waits",
    "wait_for": "sleeps",
    "read": "works",
    "lock.acquire": "waits",
    "SimpleQueue.get": "waits",
}


@pytest.mark.parametrize("how", ["readable", "unreadable"])
def test_a_thread_is_read_the_same_where_the_system_call_it_is_in_is_hidden(how: str) -> None:
    pythons = [found.path for found in found_interpreters()]
    pythons = [path for path in pythons if as_user(lambda path=path: os.access(path, os.X_OK))]  # type: ignore[misc]
    assert pythons
    for python in pythons:
        done = subprocess.run(
            [python, "-c", f"SOURCE = {str(ROOT / 'src')!r}\n{SCRIPT}", how],
            user=UID if os.geteuid() == 0 else None,
            capture_output=True,
            text=True,
            timeout=60,
            cwd="/",
        )
        assert done.returncode == 0, done.stderr
        is_hidden, seen = json.loads(done.stdout)
        assert is_hidden is (how == "unreadable")
        del seen["work"]
        assert seen == EXPECTED

"""Do what the event names, and show which worker does it: for windows, tenants, ages and timeouts."""

import ctypes
import os
import subprocess
import tempfile
import time

INIT = os.urandom(8).hex()
SEEN = 0
TENANTS = []
TEMPORARY = tempfile.gettempdir()


def _file():
    with open(os.path.join(TEMPORARY, "left"), "w") as file:
        file.write("x")


def _shared_memory():
    identifier = ctypes.CDLL(None).shmget(0, 4096, 0o1600)
    assert identifier >= 0


def _wait():
    time.sleep(60)


def _files():
    _file()
    time.sleep(60)


def _children():
    subprocess.Popen(["/bin/sleep", "300"], start_new_session=True)
    time.sleep(60)


def _print():
    while True:
        print("x" * 1000)


ACTS = {
    "file": _file,
    "shared memory": _shared_memory,
    "child": lambda: subprocess.Popen(["/bin/sleep", "300"]),
    "raise": lambda: 1 / 0,
    "exit": lambda: os._exit(3),
    "wait": _wait,
    "print": _print,
    "children": _children,
    "files": _files,
    "nothing": lambda: None,
}


def handler(event, context):
    global SEEN
    SEEN += 1
    TENANTS.append(event.get("tenant", context.tenant_id))
    found = sorted(os.listdir(TEMPORARY))
    ACTS[event.get("act", "nothing")]()
    return {
        "pid": os.getpid(),
        "seen": SEEN,
        "init": INIT,
        "tenants": TENANTS,
        "files": found,
        "request": context.aws_request_id,
    }

"""Processes that outlive their invocation (L2, L3; T1543 Create or Modify System Process, T1564 Hide Artifacts).

Each payload leaves something that reports that it lives, in every way there is to hide from a process that
looks at /proc. None may be heard while a later customer is served.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.attacks.shop import FUNCTIONS, Shop, needs_confinement

pytestmark = needs_confinement()

LIVE = """
def live(seconds=3):
    end = time.time() + seconds
    while time.time() < end:
        leak("alive")
        time.sleep(0.005)
    os._exit(0)
"""
LEFTOVERS = {
    "child": "if os.fork() == 0: live()",
    "double fork with a session of its own": """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        live()
    os._exit(0)
""",
    "executed program with a cleared environment and another name": """
if os.fork() == 0:
    os.setsid()
    code = "import socket,time,sys\\nend=time.time()+3\\nwhile time.time()<end:\\n s=socket.socket(2,2); s.sendto(b'alive',('127.0.0.1',%d)); s.close(); time.sleep(.005)" % event["sink"]
    os.execve(sys.executable, ["[kworker/0:1]", "-c", code], {})
time.sleep(0.1)
""",
    "child that ignores every signal it may": """
import signal
if os.fork() == 0:
    for number in signal.valid_signals():
        try: signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError): pass
    live()
""",
    "stopped child that a sibling continues": """
import signal
first = os.fork()
if first == 0:
    os.kill(os.getpid(), signal.SIGSTOP); live()
if os.fork() == 0:
    time.sleep(0.3); os.kill(first, signal.SIGCONT); live()
time.sleep(0.02)
""",
    "child that holds the outputs open and writes": """
if os.fork() == 0:
    end = time.time() + 3
    while time.time() < end:
        os.write(1, b"alive in the log\\n"); leak("alive"); time.sleep(0.002)
    os._exit(0)
""",
    "children that hold the worker's socket": """
frame = sys._getframe()
while "lambda_runtime_client" not in frame.f_locals: frame = frame.f_back
wire = frame.f_locals["lambda_runtime_client"]._work.socket
for _ in range(5):
    if os.fork() == 0:
        live()
""",
    "storm of two hundred": """
for _ in range(200):
    try:
        if os.fork() == 0: live(2)
    except OSError: break
""",
    "tree of ten levels and two branches each": """
def grow(levels):
    for _ in range(2):
        if os.fork() == 0:
            if levels: grow(levels - 1)
            live(2)
grow(5)
""",
    "chain that forks and exits": """
if os.fork() == 0:
    end = time.time() + 2
    while time.time() < end:
        if os.fork(): os._exit(0)
        os.setsid()
    leak("alive"); live()
""",
    "sixteen chains that fork and exit": """
import signal
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for _ in range(16):
    if os.fork() == 0:
        end = time.time() + 2
        while time.time() < end:
            if os.fork(): os._exit(0)
        leak("alive"); live()
""",
    "leader that ended while a thread goes on": """
import ctypes, threading
if os.fork() == 0:
    threading.Thread(target=live).start()
    ctypes.CDLL(None).syscall(60 if os.uname().machine == "x86_64" else 93, 0)
time.sleep(0.05)
""",
    "thread that takes its leader's place by an exec": """
import threading
code = "import socket,time,sys\\nend=time.time()+3\\nwhile time.time()<end:\\n s=socket.socket(2,2); s.sendto(b'alive',('127.0.0.1',%d)); s.close(); time.sleep(.005)" % event["sink"]
for _ in range(8):
    if os.fork() == 0:
        threading.Thread(target=lambda: os.execv(sys.executable, ["x", "-c", code])).start()
        time.sleep(9)
""",
    "unreadable program that is undumpable": """
import shutil
shutil.copy("/bin/sh", "/tmp/sh")
os.chmod("/tmp/sh", 0o111)
if os.fork() == 0:
    os.setsid()
    os.execv("/tmp/sh", ["sh", "-c", "while :; do %s -c 'import socket; socket.socket(2,2).sendto(b\\"alive\\",(\\"127.0.0.1\\",%d))'; done" % (sys.executable, event["sink"])])
time.sleep(0.2)
""",
    "process that made itself undumpable": """
import ctypes
if os.fork() == 0:
    ctypes.CDLL(None).prctl(4, 0, 0, 0, 0); live()
time.sleep(0.02)
""",
    "child by CLONE_PARENT, a sibling of the worker": """
import ctypes
pid = ctypes.CDLL(None).syscall(56, 0x00008000 | 17, 0, 0, 0, 0)
if pid == 0: live()
time.sleep(0.02)
""",
    "siblings by CLONE_PARENT that hop": """
import ctypes
call = ctypes.CDLL(None).syscall
if call(56, 0x00008000 | 17, 0, 0, 0, 0) == 0:
    end = time.time() + 2
    while time.time() < end:
        if call(56, 0x00008000 | 17, 0, 0, 0, 0): os._exit(0)
    live()
time.sleep(0.02)
""",
    "tracer that holds its tracee at its exit": """
import ctypes
libc = ctypes.CDLL(None)
if os.fork() == 0:
    child = os.fork()
    if child == 0: live()
    libc.ptrace(0x4206, child, 0, 0x40)
    live()
time.sleep(0.05)
""",
    "processes in a namespace of their own": """
import ctypes
if os.fork() == 0:
    ctypes.CDLL(None).unshare(0x10000000 | 0x20000000)
    if os.fork() == 0: live()
    live()
time.sleep(0.05)
""",
    "memory file that is executed": """
memory = os.memfd_create("x")
with open("/bin/sh", "rb") as file: os.write(memory, file.read())
if os.fork() == 0:
    os.setsid()
    os.execv("/proc/self/fd/%d" % memory, ["sh", "-c", "while :; do %s -c 'import socket; socket.socket(2,2).sendto(b\\"alive\\",(\\"127.0.0.1\\",%d))'; done" % (sys.executable, event["sink"])])
time.sleep(0.2)
""",
    "listener that waits for a customer": """
if os.fork() == 0:
    server = socket.create_server(("127.0.0.1", 0)); live()
time.sleep(0.02)
""",
}


@pytest.fixture(scope="module")
def hunted_shop() -> Iterator[Shop]:
    """An environment of its own: the attacks leave zombies that only PID 1 could reap."""
    with Shop("dayfly") as shop:
        yield shop


def _is_heard(shop: Shop) -> bool:
    # What was sent before the attack's end may still lie in the socket.
    for _ in range(100_000):
        if not shop.sink.received(quiet_s=0.0001):
            break
    shop.serve(2, takes=0.1)
    return "alive" in shop.sink.received()


@pytest.mark.parametrize("name", LEFTOVERS)
def test_nothing_that_was_left_runs_beside_a_later_customer(name: str, hunted_shop: Shop) -> None:
    for _ in range(2):
        hunted_shop.attack(LIVE + LEFTOVERS[name])
        assert not _is_heard(hunted_shop)


@pytest.mark.parametrize("name", ["child", "double fork with a session of its own"])
def test_it_does_when_plain(name: str, plain_shop: Shop) -> None:
    plain_shop.attack(LIVE + LEFTOVERS[name])
    plain_shop.serve(1, takes=0.1)
    assert "alive" in plain_shop.sink.received(quiet_s=0.02)


HOPPER = r"""
#include <sys/socket.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <signal.h>
int main(int count, char **words) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(words[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int out = socket(AF_INET, SOCK_DGRAM, 0);
    time_t end = time(0) + 4;
    signal(SIGCHLD, SIG_IGN);
    for (int branch = 0; branch < 15; branch++) if (fork() == 0) break;
    for (long hop = 0; time(0) < end && hop < 40; hop++) {
        if (fork() != 0) _exit(0);
        if (hop % 64 == 0) sendto(out, "alive", 5, 0, (void *)&to, sizeof to);
    }
    return 0;
}
"""


def test_native_chains_that_fork_faster_than_anybody_looks_are_ended(tmp_path: Path) -> None:
    """2.1, L3: sixteen static hoppers outlived nine of twelve clean passes over /proc."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler on this machine")
    for file in FUNCTIONS.glob("*.py"):
        shutil.copy(file, tmp_path)
    (tmp_path / "hopper.c").write_text(HOPPER)
    subprocess.run(
        [compiler, "-O2", "-o", tmp_path / "hopper", tmp_path / "hopper.c"], check=True, timeout=60
    )
    with Shop("dayfly", function=tmp_path) as shop:
        shop.serve(1)
        # Few and short: every hop leaves a zombie that the emulator, as PID 1, never reaps.
        for _ in range(3):
            shop.attack(
                "if os.fork() == 0: os.execv('/var/task/hopper', ['hopper', str(event['sink'])])\ntime.sleep(0.005)"
            )
            assert not _is_heard(shop)

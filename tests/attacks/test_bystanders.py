"""Rule 0 on a developer's machine (L2; T1489, T1485 Data Destruction): Dayfly harms nothing that is not its own.

Scope `descendants`, processes and files of the same user beside the function. Attack code in the worker
tries to have Dayfly end or remove them; what it leaves itself is still found.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.attacks.shop import Shop
from tests.processes import started_at, state_of

ATTEMPTS = {
    "a child that names a bystander": "if os.fork() == 0: os.execv('/bin/sleep', ['bystander', '5'])",
    "a temporary directory that is a link": """
import shutil
own = os.environ["TMPDIR"]
shutil.rmtree(own)
os.symlink(event["precious"], own)
""",
    "a link in the temporary directory": "os.symlink(event['precious'], os.environ['TMPDIR'] + '/link')",
    "a hard link to a precious file": "os.link(event['precious'] + '/file', os.environ['TMPDIR'] + '/hard')",
    "a directory of links": """
d = os.environ["TMPDIR"] + "/d"
os.mkdir(d)
for n in range(50): os.symlink(event["precious"], d + "/%d" % n)
os.symlink("..", d + "/up")
""",
    "a dead zygote and orphans": "z = os.getppid()\nfor _ in range(5):\n if os.fork() == 0: time.sleep(9)\nos.kill(z, 9)",
    "orphans that hop": """
import signal
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    for _ in range(2000):
        if os.fork(): os._exit(0)
    time.sleep(9)
""",
    "a dead supervisor": """
import signal
os.kill(int(open("/proc/%d/stat" % os.getppid()).read().rpartition(")")[2].split()[1]), signal.SIGTERM)
time.sleep(1)
""",
}


@pytest.fixture
def precious(tmp_path: Path) -> Path:
    """A directory of the user's own."""
    folder = tmp_path / "precious"
    folder.mkdir()
    (folder / "file").write_text("keep me")
    (folder / "inner").mkdir()
    (folder / "inner" / "file").write_text("me too")
    return folder


@pytest.fixture
def bystanders() -> Iterator[list[int]]:
    """Processes of the same user: a plain one, one in a session of its own, one that spawns children."""
    # Longer than any test: they must not end by themselves.
    busy = f"import os, subprocess\nwhile os.getppid() == {os.getpid()}: subprocess.run(['/bin/true'])"
    processes = [
        subprocess.Popen(["/bin/sleep", "3600"]),
        subprocess.Popen(["/bin/sleep", "3600"], start_new_session=True),
        subprocess.Popen([sys.executable, "-c", busy]),
    ]
    yield [process.pid for process in processes]
    for process in processes:
        process.kill()
        process.wait()


@pytest.mark.parametrize("name", ATTEMPTS)
def test_no_bystander_is_touched(name: str, precious: Path, bystanders: list[int], tmp_path: Path) -> None:
    started = [started_at(pid) for pid in bystanders]
    private = tmp_path / "tmp"
    private.mkdir()
    other = private / "of-another-program"
    other.write_text("not Dayfly's")
    with Shop(
        "dayfly", confined=False, environment={"DAYFLY_SCOPE": "descendants", "TMPDIR": str(private)}
    ) as shop:
        shop.serve(1)
        for _ in range(2):
            shop.attack(ATTEMPTS[name], precious=str(precious))
            shop.rie.invoke({"card": "4000111122223333"})
            shop.serve(2)
    assert [started_at(pid) for pid in bystanders] == started
    assert all(state_of(pid) not in {"Z", "T", ""} for pid in bystanders)
    assert (precious / "file").read_text() == "keep me"
    assert (precious / "inner" / "file").read_text() == "me too"
    assert other.read_text() == "not Dayfly's"


@pytest.mark.parametrize(
    "leave",
    [
        "if os.fork() == 0: time.sleep(600)",
        "if os.fork() == 0:\n os.setsid()\n if os.fork() == 0: time.sleep(600)\n os._exit(0)",
        "if os.fork() == 0:\n os.setsid()\n os.execve('/bin/sleep', ['x', '600'], {})\ntime.sleep(0.05)",
    ],
)
def test_what_the_function_itself_left_is_ended(leave: str, tmp_path: Path) -> None:
    # Its lock is held as long as the worker lives, or any process that it left and that has it open.
    lock = """
import fcntl
held = os.open(event["lock"], os.O_RDWR | os.O_CREAT)
os.set_inheritable(held, True)
fcntl.flock(held, fcntl.LOCK_EX)
"""
    path = tmp_path / "lock"
    with Shop("dayfly", confined=False, environment={"DAYFLY_SCOPE": "descendants"}) as shop:
        shop.serve(2)
        assert isinstance(shop.result_of(f"{lock}{leave}\nresult = os.getpid()", lock=str(path)), int)
        shop.serve(1)
        end = time.monotonic() + 120
        with path.open("r+") as file:
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    assert time.monotonic() < end, "what the function left is still alive"
                    time.sleep(0.01)


def test_an_environment_that_was_asked_for_is_refused_in_the_machines_own_namespace(
    bystanders: list[int],
) -> None:
    """DAYFLY_SCOPE=environment on a laptop would end every process of its user."""
    namespace = os.readlink("/proc/self/ns/pid")
    if namespace != "pid:[4026531836]":
        pytest.skip("these tests run in a PID namespace of their own already")
    with Shop("dayfly", confined=False, environment={"DAYFLY_SCOPE": "environment"}) as shop:
        shop.serve(2)
        assert all(state_of(pid) not in {"Z", ""} for pid in bystanders)
        assert '"scope":"descendants"' in shop.rie.logs()


SIBLINGS = """
import ctypes
call = ctypes.CDLL(None).syscall
number = 56 if os.uname().machine == "x86_64" else 220
# CLONE_PARENT: every hop is a child of the zygote, which reaps nothing it was not told to.
if call(number, 0x00008000 | 17, 0, 0, 0, 0) == 0:
    for _ in range(150):
        if call(number, 0x00008000 | 17, 0, 0, 0, 0):
            os._exit(0)
    end = time.time() + 1
    while time.time() < end:
        leak("alive")
        time.sleep(0.005)
    os._exit(0)
time.sleep(0.003)
"""


def test_siblings_that_hop_are_ended_too() -> None:
    """2.1, L3: a chain below the zygote moved no count of the dead that the supervisor reaps."""
    with Shop("dayfly", confined=False, environment={"DAYFLY_SCOPE": "descendants"}) as shop:
        shop.serve(1)
        for _ in range(6):
            shop.attack(SIBLINGS)
            while shop.sink.received(quiet_s=0.0001):
                pass
            shop.serve(2, takes=0.05)
            assert "alive" not in shop.sink.received()

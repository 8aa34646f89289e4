"""Two environments of one user on one machine, one attacked: the other serves, finds nothing, and keeps what is its own (rule 0).

On Lambda each has a virtual machine. On other hosts of containers they may share a user, and with it the kernel's keys, and on a
developer's machine the process numbers and System V objects, too.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import pytest
from tests.attacks.shop import Shop, needs_confinement
from tests.confined import confinement_here, unused_uid

pytestmark = needs_confinement()

ADD_KEY = """
import ctypes
libc = ctypes.CDLL(None)
def add_key(name, ring):
    return libc.syscall({"x86_64": 248, "aarch64": 217}[os.uname().machine], b"user", name, b"x", 1, ring)
"""
# Processes out of its session, and numbers of processes by the hundred; where it has namespaces of its own, kernel keys in the
# rings that all of a user's processes share, System V objects and files, too.
LEAVES = (
    ADD_KEY
    + """
import signal
if event["owns"]:
    for ring in (-4, -5): add_key(b"left", ring)
    libc.shmget(0x5eed, 4096, 0o1600)
    libc.semget(0x5eed, 1, 0o1600)
    libc.msgget(0x5eed, 0o1600)
    open("/tmp/left", "w").close()
open(os.environ.get("TMPDIR", "/tmp") + "/left", "w").close()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(60)
    os._exit(0)
for _ in range(200):
    pid = os.fork()
    if pid == 0: os._exit(0)
    os.waitpid(pid, 0)
"""
)
# What an honest function does beside it: a child that works for a while.
HOLDS = """
import subprocess, sys
child = subprocess.run([sys.executable, "-S", "-c", "print('done')"], capture_output=True, text=True)
result = [child.stdout.strip(), child.returncode]
"""
# A bystander of the same user: it makes a key in the ring that they share at its start and for each line that it reads, and says
# in the end how many of them it can still read.
BYSTANDER = (
    ADD_KEY.replace("import ctypes", "import ctypes, os, sys")
    + """
keys = []
def make():
    keys.append(add_key(b"a bystander's %d" % len(keys), -4))
    print(keys[-1], flush=True)
make()
while sys.stdin.readline(): make()
buffer = ctypes.create_string_buffer(8)
read = {"x86_64": 250, "aarch64": 219}[os.uname().machine]
print(sum(libc.syscall(read, 11, key, buffer, 8, 0) == 1 for key in keys), flush=True)
"""
)
ROUNDS = 2


@contextmanager
def beside(scope: str, uid: int, *, confines: bool = False) -> Iterator[tuple[Shop, Shop]]:
    """An attacked environment and its neighbour, both of this user; `confines`: system calls of workers are filtered."""
    is_confined = scope == "environment"
    variables = {"DAYFLY_SCOPE": scope, "DAYFLY_CONFINE": "auto" if confines else "off"}
    with ExitStack() as stack:
        shops = []
        for _ in range(2):
            shop = Shop(
                "dayfly",
                environment=variables,
                confined=is_confined,
                timeout_s=60,
                refusals=False if confines else None,
            )
            if is_confined:
                shop.rie.confinement = replace(confinement_here(), uid=uid)
            shops.append(stack.enter_context(shop))
        for shop in shops:
            shop.serve(1)
        yield shops[0], shops[1]


@pytest.mark.parametrize("scope", ["descendants", "environment"])
def test_who_is_beside_an_attacked_environment_serves_and_is_not_blamed(scope: str) -> None:
    with beside(scope, unused_uid()) as (attacked, other):
        for _ in range(ROUNDS):
            attacked.result_of(LEAVES, owns=scope == "environment")
            assert other.result_of(HOLDS) == ["done", 0]
            other.serve(2)
            attacked.serve(1)
        assert "residue.process" in attacked.findings()
        assert other.findings() == []
        assert other.log().count('"types":["environment.started"]') == 1


class Bystander:
    """A process of a user, outside the namespaces of the environments."""

    def __init__(self, uid: int) -> None:
        as_user = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]
        python = os.path.realpath(sys.executable)
        self._process = subprocess.Popen(
            [*as_user, python, "-I", "-S", "-c", BYSTANDER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Bystander:
        self._process.__enter__()
        if self._said() < 0:
            self._process.kill()
            pytest.skip("no kernel keys here")
        return self

    def __exit__(self, *fault: object) -> None:
        self._process.kill()
        self._process.__exit__(None, None, None)

    def _said(self) -> int:
        assert self._process.stdout is not None
        # Kernels without keys: -1.
        return int(self._process.stdout.readline() or -1)

    def make_key(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        assert self._said() > 0

    def keys_left(self) -> int:
        """Of those made before this call, which ends it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        return self._said()


@pytest.mark.skipif(os.geteuid() != 0, reason="a bystander of another user is started by root alone")
def test_a_key_of_a_bystander_costs_nobody_the_fork_and_blames_nobody() -> None:
    uid = unused_uid()
    with Bystander(uid) as bystander, beside("environment", uid) as shops:
        for shop in shops:
            pids = {shop.result_of("result = os.getpid()") for _ in range(3)}
            assert len(pids) == 3, "it serves unforked"
            shop.serve(2)
            assert shop.findings() == []
        # Between two events, when no worker lives.
        for _ in range(ROUNDS):
            bystander.make_key()
            for shop in shops:
                shop.serve(1)
        assert [shop.findings() for shop in shops] == [[], []]
        assert bystander.keys_left() == 1 + ROUNDS, "its key was taken"


# Says that it lives, and lives until it is told to go on.
LIVE = """
with socket.create_connection(("127.0.0.1", event["port"]), timeout=60) as test:
    result = test.recv(1).decode()
"""


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="a bystander of another user is started by root alone")
def test_where_no_worker_can_make_keys_a_key_of_a_bystander_s_is_his_while_a_worker_lives() -> None:
    uid = unused_uid()
    with (
        Bystander(uid) as bystander,
        beside("environment", uid, confines=True) as shops,
        socket.create_server(("127.0.0.1", 0)) as server,
        ThreadPoolExecutor(1) as pool,
    ):
        server.settimeout(60)
        assert shops[0].result_of(ADD_KEY + "result = add_key(b'mine', -4)") == -1, "it is not confined"
        for _ in range(ROUNDS):
            for shop in shops:
                answer = pool.submit(shop.result_of, LIVE, port=server.getsockname()[1])
                with server.accept()[0] as worker:
                    bystander.make_key()
                    worker.send(b"x")
                    assert answer.result(timeout=60) == "x"
                shop.serve(1)
        assert [shop.findings() for shop in shops] == [[], []]
        assert bystander.keys_left() == 1 + ROUNDS * len(shops), "its key was taken"

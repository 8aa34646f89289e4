"""What connections of dead workers keep in the kernel (L2; T1499 Endpoint Denial of Service).

A connection outlives its process: for a minute in TIME_WAIT, or until its peer has read what was sent. It holds a port that
the function may need, and memory. The environment is as people get it on AWS.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Iterator

import pytest
from tests.attacks.shop import Shop, needs_confinement
from tests.aws import Aws
from tests.rie import Answer

pytestmark = [needs_confinement(), pytest.mark.slow, pytest.mark.usefixtures("own_connections")]

# Chosen by the function, and outside the range from which the kernel gives ports out.
PORT = 8_127
SERVE = f"socket.create_server(('127.0.0.1', {PORT})).close()\nresult = 'free'"
# Whose own end must be reusable, or no server gets the port, a careful one (SO_REUSEADDR) neither.
FROM_PORT = f"""
def connect(to, **options):
    one = socket.socket(**options)
    one.bind(('0.0.0.0', {PORT}))
    one.connect(to)
    one.setblocking(False)
    return one
def fill(one, flags=0):
    try:
        while True: one.send(bytes(4096), flags)
    except OSError: pass
"""
WITHIN = """
server = socket.create_server(('127.0.0.1', 0))
one = connect(server.getsockname())
other, _ = server.accept()
server.close()
"""
CLOSED_HERE = {
    "from a port": "one.close()\nother.close()",
    "by a death": "os.kept = one, other",
}
UNREAD = {
    "bytes": ("one = connect(to)\nfill(one)", "a port that a function may need"),
    "bytes of a multipath connection": (
        "one = connect(to, proto=262)\nfill(one)",
        "a port that a function may need",
    ),
}
# A ring of io_uring lives as long as what it sends without a copy, and so does each file that it was given, that connection too.
RING = f"""
import ctypes, fcntl, mmap, struct
libc = ctypes.CDLL(None, use_errno=True)
one = socket.create_connection(tuple(event['to']))
one.setblocking(False)
fill(one)
one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 23)
lock = open('/var/task/app.py')
fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
server = socket.create_server(('127.0.0.1', {PORT}))
told = ctypes.create_string_buffer(120)
ring = libc.syscall(425, 4, told)
held = one, lock, server
if ring >= 0:
    offsets = struct.unpack_from('7I', told, 40)
    numbers = (ctypes.c_int * 3)(*(file.fileno() for file in held))
    assert libc.syscall(427, ring, 2, numbers, 3) == 0
    queue = mmap.mmap(ring, offsets[6] + 16)
    entries = mmap.mmap(ring, 256, offset=0x10000000)
    memory = mmap.mmap(-1, 4096)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    # SEND_ZC of all of it, with the first of these files.
    entries[:64] = struct.pack('BBHiQQIIQ', 47, 1, 0, 0, 0, address, len(memory), 0x40, 1).ljust(64, b'\\0')
    struct.pack_into('I', queue, offsets[1], 1)
    assert libc.syscall(426, ring, 1, 1, 1, None, 0) == 1
    os.kept = queue, entries, memory
for file in held: file.close()
result = 'closed'
"""
# Where a kernel refuses no ring, its files are closed a moment after it.
TAKE = f"""
import errno, fcntl, time
def take(act):
    for _ in range(200):
        try: return act()
        except OSError as error: last = error
        time.sleep(0.005)
    raise last
take(lambda: socket.create_server(('127.0.0.1', {PORT})))
lock = open('/var/task/app.py')
take(lambda: fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB))
result = 'free'
"""
LOCK_MEMORY = """
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
one.setsockopt(socket.SOL_SOCKET, 60, 1)
try: one.sendto(b'x', 0x4000000, ('127.0.0.1', 9)); result = ['sent']
except OSError as error: result = [errno.errorcode[error.errno]]
key = libc.shmget(0, 4096, 0o1600)
result.append('locked' if libc.shmctl(key, 11, None) == 0 else errno.errorcode[ctypes.get_errno()])
"""


@pytest.fixture(scope="module")
def aws_shop() -> Iterator[Shop]:
    aws = Aws("pip")
    if aws.missing:
        pytest.skip(aws.missing)
    with Shop("dayfly", aws=aws, timeout_s=60) as shop:
        shop.serve(1)
        yield shop


class Peer:
    """Another host's server, which reads nothing until it is closed."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = self._server.getsockname()

    def close(self) -> None:
        """Reset what was connected."""
        self._server.close()


@pytest.fixture
def peer() -> Iterator[Peer]:
    with contextlib.closing(Peer()) as peer:
        yield peer


@pytest.mark.parametrize("how", CLOSED_HERE)
def test_a_port_that_a_closed_connection_holds_is_free_for_the_next_customer(
    how: str, aws_shop: Shop
) -> None:
    assert aws_shop.result_of(FROM_PORT + WITHIN + CLOSED_HERE[how] + "\nresult = 'closed'") == "closed"
    assert aws_shop.result_of(SERVE) == "free"


@pytest.mark.parametrize("what", UNREAD)
def test_what_a_peer_has_not_read_is_waited_for(what: str, aws_shop: Shop, peer: Peer) -> None:
    attack, lack = UNREAD[what]
    code = f"to = tuple(event['to'])\n{FROM_PORT}{attack}\nresult = 'sent'"
    said: list[Answer] = []
    sender = threading.Thread(target=lambda: said.append(aws_shop.attack(code, to=peer.address)))
    count = aws_shop.log().count(lack)
    sender.start()
    while aws_shop.log().count(lack) == count and sender.is_alive():
        sender.join(0.05)
    is_waiting = sender.is_alive()
    peer.close()
    sender.join()
    if "EPROTONOSUPPORT" in repr(said) or "Protocol not" in repr(said):
        pytest.skip("this kernel has no multipath connections")
    assert said[0].payload == "sent"
    assert is_waiting
    assert aws_shop.result_of(SERVE) == "free"
    assert "environment.not-clean" not in aws_shop.findings()


def test_no_memory_is_locked_for_the_user(aws_shop: Shop) -> None:
    assert aws_shop.result_of(LOCK_MEMORY) == ["ENOBUFS", "EPERM"]


def test_a_ring_outlives_nobody_for_the_sake_of_a_peer_that_does_not_read(aws_shop: Shop, peer: Peer) -> None:
    assert aws_shop.result_of(FROM_PORT + RING, to=peer.address) == "closed"
    assert aws_shop.result_of(TAKE) == "free"


def test_what_is_not_read_in_time_ends_the_environment_and_blames_its_sender(peer: Peer) -> None:
    aws = Aws("pip")
    if aws.missing:
        pytest.skip(aws.missing)
    with Shop("dayfly", aws=aws, timeout_s=20) as shop:
        shop.serve(1)
        code = f"to = tuple(event['to'])\n{FROM_PORT}{UNREAD['bytes'][0]}\nprint('asked', context.aws_request_id)"
        shop.attack(code, to=peer.address)
        log = shop.wait_for_log("was not released", deadline_s=60)
        (retired,) = [
            json.loads(line)
            for line in log.split("\n")
            if line.startswith("{") and "was not released" in line
        ]
        assert f"asked {retired['unmapped']['request_id']}" in log
        # The connection lasts. The next runtime makes nobody wait for it.
        shop.serve(3)
        assert shop.findings().count("environment.not-clean") == 1

"""Attacks on the supervisor through what the worker sends it (L2, L3; T1557 Adversary-in-the-Middle, T1499).

The attacker writes to his end of the socket, in every way the protocol does not foresee. He must neither end the supervisor, nor answer anybody but his own caller, nor smuggle a
request, nor keep the next customer waiting.
"""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
from tests.attacks.shop import Shop, needs_confinement
from tests.rie import Rie

pytestmark = needs_confinement()

# The client's frames, from the attacker's knowledge of the source.
CLIENT = """
import struct
frame = sys._getframe()
while "lambda_runtime_client" not in frame.f_locals:
    frame = frame.f_back
client = frame.f_locals["lambda_runtime_client"]
wire, nonce = client._work.socket, client._nonce
def head(kind=1, meta=b"application/json", length=0, nonce=nonce):
    return struct.pack("!16sBIQ", nonce, kind, len(meta), length) + meta
def answer(body, **more):
    return head(length=len(body), **more) + body
"""
HOSTILE = {
    "garbage": "wire.sendall(os.urandom(65536)); time.sleep(60)",
    "zeros": "wire.sendall(bytes(65536)); time.sleep(60)",
    "another nonce": "wire.sendall(answer(b'1', nonce=bytes(16))); time.sleep(60)",
    "unknown kind": "wire.sendall(answer(b'1', kind=77)); time.sleep(60)",
    "a header of four gigabytes": "wire.sendall(struct.pack('!16sBIQ', nonce, 1, 0xffffffff, 1)); time.sleep(60)",
    "second request in the content type": (
        "wire.sendall(answer(b'1', meta=b'a/b\\r\\n\\r\\nGET /2018-06-01/runtime/invocation/next HTTP/1.1')); "
        "time.sleep(60)"
    ),
    "second request in the X-Ray cause": (
        "wire.sendall(answer(b'{}', kind=2, meta=b'{}\\r\\nX: y\\r\\n\\r\\n')); time.sleep(60)"
    ),
    "content type of a megabyte": "wire.sendall(answer(b'1', meta=b'a' * 1048576)); time.sleep(60)",
    "empty content type": "wire.sendall(answer(b'1', meta=b'')); time.sleep(60)",
    "eight bits in the content type": "wire.sendall(answer(b'1', meta=b'\\xff\\xfe')); time.sleep(60)",
    "closed socket and a process that lives on": "wire.close(); time.sleep(60)",
    "half-closed socket": "import socket; wire.shutdown(socket.SHUT_WR); time.sleep(60)",
    "half a frame and the end": "wire.sendall(answer(b'1')[:20]); os._exit(3)",
    "half a body and the end": "wire.sendall(head(length=9) + b'1'); os.kill(os.getpid(), 9)",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_frame_costs_the_worker_and_never_the_supervisor(name: str, dayfly_shop: Shop) -> None:
    supervisor = dayfly_shop.rie.runtime_pids()[0]
    answer = dayfly_shop.attack(CLIENT + HOSTILE[name])
    assert answer.error_type == "Runtime.ExitError"
    dayfly_shop.serve(3)
    assert dayfly_shop.rie.runtime_pids()[0] == supervisor


HARMLESS = {
    "two answers": ("wire.sendall(answer(b'1') + answer(b'2'))", 1),
    "an answer and garbage": ("wire.sendall(answer(b'1') + os.urandom(4096))", 1),
    "an answer and a thread that sends another": (
        """
import threading
def send():
    for _ in range(500):
        wire.sendall(answer(b'2'))
        time.sleep(0.001)
threading.Thread(target=send, daemon=True).start()
wire.sendall(answer(b'1'))
""",
        1,
    ),
    "an answer from a child": (
        "if os.fork() == 0:\n wire.sendall(answer(b'7'))\n time.sleep(5)\n os._exit(0)\ntime.sleep(3)",
        7,
    ),
    "an answer of nothing": ("wire.sendall(answer(b''))\ntime.sleep(3)", None),
    "an answer in single bytes": ("for byte in answer(b'1'):\n wire.sendall(bytes([byte]))\n", 1),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_whatever_follows_an_answer_reaches_nobody(name: str, dayfly_shop: Shop) -> None:
    code, expected = HARMLESS[name]
    answer = dayfly_shop.attack(CLIENT + code)
    given = json.loads(answer.body) if answer.body else None
    # Which of his own answers his own caller gets is the attacker's choice.
    assert given in (expected, 2)
    dayfly_shop.serve(3)


def test_eight_announced_gigabytes_take_no_memory(dayfly_shop: Shop) -> None:
    supervisor = dayfly_shop.rie.runtime_pids()[0]
    code = """
wire.sendall(head(length=8 << 30))
sent = 0
try:
    while sent < (64 << 20):
        sent += wire.send(bytes(1 << 20))
except OSError:
    pass
time.sleep(3)
"""
    answer = dayfly_shop.attack(CLIENT + code)
    # Lambda's own refusal of too large an answer: 413 at the Runtime API.
    assert answer.error_type in {"Function.ResponseSizeTooLarge", ""}
    dayfly_shop.serve(3)
    status = Path(f"/proc/{supervisor}/status").read_text()
    peak_kb = int(status.split("VmHWM:")[1].split()[0])
    assert peak_kb < 120_000, "the supervisor kept what a worker announced"
    assert dayfly_shop.rie.runtime_pids()[0] == supervisor


def test_a_slow_drip_ends_with_the_platforms_timeout() -> None:
    code = """
for byte in answer(b'1' * 4000):
    wire.sendall(bytes([byte]))
    time.sleep(0.05)
"""
    with Shop("dayfly", timeout_s=6) as shop:
        shop.serve(1)
        answer = shop.attack(CLIENT + code)
        assert b"timed out" in answer.body or answer.error_type, answer.body
        shop.serve(3)


def test_a_connection_left_in_flight_keeps_nobody_waiting(dayfly_shop: Shop) -> None:
    """T1499: the last to hold a connection that lingers waits for its peer, and that is who closes the worker's socket."""
    code = """
import array, signal, socket
out = socket.create_connection(("127.0.0.1", event["port"]))
out.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 3600))
out.setblocking(False)
try:
    while True:
        out.send(bytes(65536))
except BlockingIOError:
    pass
def rights(descriptor):
    return [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))]
zygote = open(f"/proc/{os.getppid()}/stat").read().rpartition(")")[2].split()
# It reads the answer only once what follows is there, too.
os.kill(int(zygote[1]), signal.SIGSTOP)
wire.sendmsg([answer(b"1")], rights(os.open("/dev/null", os.O_RDONLY)))
wire.sendmsg([b"x"], rights(out.fileno()))
out.close()
time.sleep(3)
"""
    supervisor = dayfly_shop.rie.runtime_pids()[0]
    with socket.create_server(("127.0.0.1", 0)) as silent:
        answer = dayfly_shop.attack(CLIENT + code, port=silent.getsockname()[1])
        assert answer.payload == 1
        dayfly_shop.serve(2)
    assert dayfly_shop.rie.runtime_pids()[0] == supervisor


# An L1 attacker's: what he has observed in children of the function's is reported while it answers.
CHILDREN = """
import os, time
def handler(event, context):
    for number in range(event.get("children", 0)):
        if os.fork() == 0:
            time.sleep(number * 0.0002)
            eval(event["price"])
            os._exit(0)
    return "x" * event["size"]
"""


def test_what_children_report_is_no_part_of_a_long_answer(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(CHILDREN)
    size = 5_000_000
    with Rie(tmp_path, confined=True, refusals=True, is_lambda=True) as rie:
        for _ in range(3):
            event = {"children": 40, "price": "().__class__.__base__", "size": size}
            assert rie.invoke(event).body == b'"' + b"x" * size + b'"'
        assert "guard.observed" in rie.logs()
        assert "worker.hostile" not in rie.logs()

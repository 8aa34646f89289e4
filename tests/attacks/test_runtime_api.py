"""Answers stay with their requests (L2, L3; T1557 Adversary-in-the-Middle), whatever happened to the worker before.

Who takes the runtime's place is in the catalogue, and in test_runtime_api_unlocked.py where nothing is locked.
"""

from __future__ import annotations

import json
import os
import random
import time

import pytest
from tests.attacks.shop import Shop, needs_confinement

pytestmark = needs_confinement()

MIXED = {
    "pays": "",
    "raises": "raise ValueError('no')",
    "exits": "os._exit(3)",
    "leaves by sys.exit": "sys.exit(1)",
    "is killed": "os.kill(os.getpid(), 9)",
    "crashes": "import ctypes; ctypes.string_at(0)",
    "forks": "if os.fork() == 0: time.sleep(3)",
    "forks and kills the zygote": "z = os.getppid()\nif os.fork() == 0: time.sleep(3)\nos.kill(z, 9)",
    "writes files": "open('/tmp/%d' % os.getpid(), 'w').write('x' * 100)",
    "answers twice": """
import struct
frame = sys._getframe()
while "lambda_runtime_client" not in frame.f_locals: frame = frame.f_back
client = frame.f_locals["lambda_runtime_client"]
body = b'"mine"'
client._work.socket.sendall((struct.pack("!16sBIQ", client._nonce, 1, 3, len(body)) + b"a/b" + body) * 2)
""",
}


@pytest.mark.slow
def test_three_hundred_mixed_invocations_cross_no_answers() -> None:
    """Every answer is its own request's, whatever happened to the worker before."""
    order = random.Random(20260101)
    with Shop("dayfly") as shop:
        shop.serve(1)
        rebuilt = 0
        for at in range(300):
            kind = order.choice(list(MIXED))
            # A rebuilt zygote is a cold start; a few show what a hundred would.
            if kind == "forks and kills the zygote":
                rebuilt += 1
                if rebuilt > 8:
                    kind = "forks"
            answer = shop.rie.invoke({"card": f"{at:016d}", "mark": f"mark-{at}"})
            assert json.loads(answer.body)["mark"] == f"mark-{at}", f"after {at} invocations"
            if kind != "pays":
                code = MIXED[kind] + f"\nresult = 'mark-{at}'"
                body = shop.attack(code).body
                named = {f"mark-{other}" for other in range(max(0, at - 20), at + 20)} & set(
                    body.decode().replace('"', " ").split()
                )
                assert named <= {f"mark-{at}"}
        supervisor = shop.rie.runtime_pids()[0]
        descriptors = len(os.listdir(f"/proc/{supervisor}/fd"))
        assert descriptors < 40, "descriptors leak"


# A request whose end the kernel holds back until after the death of whoever wrote it; ten segments go out unpaced.
LATE = r"""
import struct
host, _, port = event["api"].rpartition(":")
def send_late(seconds):
    made = socket.create_connection((host, int(port)))
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    made.setsockopt(socket.SOL_SOCKET, 47, struct.pack("Q", int(4000 / seconds)))
    for byte in b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nX: ":
        made.send(bytes([byte]))
    made.send(b"a" * 4000)
    time.sleep(0.001)
    made.send(b"\r\nHost: x\r\n\r\n")
    made.close()
for number in range(30):
    send_late(0.1 + 0.013 * number)
result = "sent"
"""


@pytest.mark.parametrize("isolation", ["invocation", "window", "process"])
def test_a_request_that_comes_after_its_sender_s_death_is_given_nobody_s_event(isolation: str) -> None:
    """SO_MAX_PACING_RATE: under the lock it is on its way, and arrives between two later events."""
    settings = {"DAYFLY_ISOLATION": isolation, "DAYFLY_MAX_INVOCATIONS": "5"}
    with Shop("dayfly", environment=settings, timeout_s=8) as shop:
        shop.serve(2)
        assert shop.result_of(LATE) == "sent"
        end = time.monotonic() + 0.8
        while time.monotonic() < end:
            shop.serve(1)
        assert shop.log().count('"types":["environment.started"]') == 1

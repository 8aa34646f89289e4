"""Attacks on a window (L2, L3): what is planted lives as long as its worker, and not one event longer.

Within its window an attacker has what he has on a plain warm environment; that is what the setting says. None of it
may outlast the window, and what would outlast it ends the window at once: each technique of the catalogue is tried on a
window too, by test_techniques.py.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.attacks.shop import Shop, needs_confinement
from tests.attacks.test_frames import CLIENT
from tests.rie import Answer

pytestmark = needs_confinement()

WINDOW = 4


ENVIRONMENT = {"DAYFLY_ISOLATION": "window", "DAYFLY_MAX_INVOCATIONS": str(WINDOW)}


@pytest.fixture(scope="module")
def window() -> Iterator[Shop]:
    with Shop("dayfly", environment=ENVIRONMENT) as shop:
        yield shop


def end_window(shop: Shop) -> None:
    """Serve until a fresh worker has served its first event."""
    before = shop.result_of("result = os.getpid()")
    for _ in range(WINDOW):
        if shop.result_of("result = os.getpid()") != before:
            return
    pytest.fail("no window ended")


BETWEEN = {
    "a thread that reports": """
import threading
def report():
    while True:
        leak("between")
        time.sleep(0.0005)
threading.Thread(target=report, daemon=True).start()
""",
    "a timer's signal": """
import signal
signal.signal(signal.SIGALRM, lambda *_: leak("between"))
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
""",
    "a thread that continues the worker when it is stopped": """
import threading, signal
def report():
    while True:
        os.kill(os.getpid(), signal.SIGCONT)
        leak("between")
threading.Thread(target=report, daemon=True).start()
""",
}


@pytest.mark.parametrize("name", BETWEEN)
def test_between_two_events_the_worker_does_nothing(name: str, window: Shop) -> None:
    end_window(window)
    window.result_of(BETWEEN[name] + "\ntime.sleep(0.02)")
    # What was under way when the answer was given may still arrive, once.
    window.sink.received(quiet_s=0.1)
    assert window.sink.received(quiet_s=0.2) == []
    window.serve(1)


SKIM = """
import http.client, threading
def call(method, path, body=None):
    connection = http.client.HTTPConnection(event["api"], timeout=2)
    try:
        connection.request(method, "/2018-06-01/runtime/invocation/" + path, body)
        reply = connection.getresponse()
        return reply.status, reply.headers.get("Lambda-Runtime-Aws-Request-Id", ""), reply.read().decode()
    except OSError:
        return 0, "", ""
    finally:
        connection.close()
def skim():
    while True:
        status, found, body = call("GET", "next")
        if status == 200:
            leak(body)
            call("POST", found + "/response", '{"mark": "stolen"}')
for _ in range(4): threading.Thread(target=skim, daemon=True).start()
time.sleep(0.02)
"""


def test_threads_that_poll_the_runtime_api_get_nothing_of_what_comes_after_their_window(window: Shop) -> None:
    """The API is locked while their worker runs, and while it is not locked they do not run."""
    for _ in range(5):
        end_window(window)
        window.attack(SKIM)
        # These are the attacker's, as on a plain warm environment, answers too.
        for number in range(WINDOW - 2):
            window.rie.invoke({"card": f"within {number}"})
        window.sink.received()
        cards = window.serve(WINDOW + 1, may_time_out=1)
        assert window.stolen(cards) == 0


def test_files_of_a_window_go_with_it(window: Shop) -> None:
    end_window(window)
    write = "open('/tmp/planted.py', 'w').write('x = 1'); result = os.listdir('/tmp')"
    assert window.result_of(write) == ["planted.py"]
    end_window(window)
    assert window.result_of("result = os.listdir('/tmp')") == []


# What a worker sends with, before or after the answer it owes, so that it may answer the next customer.
AHEAD = {
    "a thread that goes on sending": """
    import threading
    wire.sendall(mine)
    def send():
        while True: wire.sendall(forged)
    threading.Thread(target=send, daemon=True).start()
""",
    "two answers in one write": "wire.sendall(mine + forged)",
    "an answer after its answer": "wire.sendall(mine); wire.sendall(forged)",
    "an answer before its answer": "wire.sendall(forged); wire.sendall(mine)",
    "half a frame": "wire.sendall(mine + forged[:20])",
    "half a body": "wire.sendall(mine + forged[:-5])",
    "a head that takes the next answer for its body": "wire.sendall(mine + head(length=200))",
    "a single byte": "wire.sendall(mine + b'x')",
    "a note": "wire.sendall(mine + head(kind=3, meta=b'Wforged'))",
    "a refusal": "wire.sendall(mine + head(kind=4, length=2) + b'{}')",
    "a refusal of no nonce": "wire.sendall(mine + head(kind=4, length=2, nonce=bytes(16)) + b'{}')",
    "an answer of no nonce": 'wire.sendall(mine + answer(b\'{"mark": "forged"}\', nonce=bytes(16)))',
    "many of random nonces": (
        "wire.sendall(mine + b''.join(answer(b'{\"mark\": \"forged\"}', nonce=os.urandom(16)) for _ in range(500)))"
    ),
    "the end of the stream": "wire.sendall(mine); wire.shutdown(socket.SHUT_WR)",
    "a descriptor": (
        "import array; wire.sendall(mine); "
        "wire.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [wire.fileno()]))])"
    ),
}
SENDING = """
forged = answer(b'{"mark": "forged"}')
def send_ahead(kind, meta, body):
    mine = answer(body, kind=kind, meta=meta)
    {code}
client._answer = send_ahead
result = os.getpid()
"""


@pytest.mark.parametrize("name", AHEAD)
def test_a_frame_sent_ahead_never_answers_the_next_customer(name: str, window: Shop) -> None:
    """T1557. The nonce is drawn with each event; what else came from the worker ends it before the next one.

    Stopped between two writes, it makes the second when the next event wakes it: that customer of the same window may
    get an error, as from whatever else the attacker does to him there, and never the forged answer.
    """
    is_one_write = AHEAD[name].count("wire.s") == 1
    for _ in range(1 if is_one_write else 4):
        end_window(window)
        # His own caller may get either of what he sent.
        assert window.attack(CLIENT + SENDING.replace("{code}", AHEAD[name])).body
        first = window.rie.invoke({"card": "4000"})
        assert (first.error_type == "Runtime.ExitError" and not is_one_write) or _paid(first)[
            "mark"
        ] == "4000"
        # Every customer gets his own answer: `serve` looks at each.
        window.serve(WINDOW)
        assert window.findings()[-1] in (
            {"worker.hostile"} if is_one_write else {"worker.hostile", "worker.died"}
        )


def _paid(answer: Answer) -> dict[str, object]:
    assert isinstance(answer.payload, dict)
    return answer.payload

"""The worker that becomes the runtime where the platform cannot be locked (L2; T1557, M5), as on Lambda by default.

Nothing keeps it from answering its own event and taking others': it must be seen doing so, within some events,
and be ended; every customer after that is answered by the function, once, and what is said of it is no more
than what it did.
"""

from __future__ import annotations

import http.client
import json
import time
from contextlib import suppress

import pytest
from tests.attacks.shop import Shop, needs_confinement
from tests.aws import COMBINATIONS, MAIN, Aws

from dayfly.lab.gauntlet.payloads import client
from dayfly.lab.gauntlet.technique import Technique, load_techniques

pytestmark = needs_confinement()

# Less patient, it would miss events that a busy machine answers late.
CLIENT = client(1.5)
ATTACKS = {
    "answers for itself and polls on": "call('POST', mine + '/response', '1'); skim(90)",
    "polls in the window, by a child": "if os.fork() == 0: skim(90); os._exit(0)",
    "polls in the window, by a hidden child": """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0: skim(90)
    os._exit(0)
time.sleep(0.02)
""",
    "polls in the window, by threads": """
import threading
for _ in range(8): threading.Thread(target=skim, args=(90,), daemon=True).start()
time.sleep(0.02)
""",
    "reports an error for itself and polls on": "call('POST', mine + '/error', '{}'); skim(90)",
    "has a poll outstanding when it answers": """
out = socket.create_connection(tuple(address.split(":")))
out.sendall(b"GET " + base.encode() + b"next HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
""",
    "hides among connections of the same port": """
port = int(address.split(":")[1])
there = socket.create_server(("127.0.0.7", port), backlog=512)
many = [socket.create_connection(("127.0.0.7", port)) for _ in range(480)]
many += [there.accept()[0] for _ in many]
call('POST', mine + '/response', '1'); skim(90)
""",
}
# An attack that works robs somebody among the first of them.
CUSTOMERS = 80
FOUND = "environment.infected"
# Of a machine on which others run: until the supervisor had a processor often enough to see who polls on.
FOUND_S = 60.0

# One connection and no library: the platform's replies are never read, so that it is reset at the end.
RAW = """
import select
mine = context.aws_request_id.encode()
base = b"/2018-06-01/runtime/invocation/"
def connect():
    return socket.create_connection(tuple(event["api"].split(":")))
def ask(out):
    out.sendall(b"GET " + base + b"next HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
def open_answer(out, identifier, kind=b"/response"):
    out.sendall(b"POST " + base + identifier + kind + b" HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 9\\r\\n\\r\\n1")
def take(out):
    found = out.recv(65536)
    leak(found)
    return found[found.lower().index(b"aws-request-id: ") + 16:][:36]
def answer(out, identifier, kind=b"/response", body=b"1"):
    head = b"POST " + base + identifier + kind + b" HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: %d\\r\\n\\r\\n"
    out.sendall(head % len(body) + body)
"""
STATES = {
    "answers and never asks": "answer(connect(), mine); time.sleep(9)",
    "reports an error and never asks": "answer(connect(), mine, b'/error', b'{}'); time.sleep(9)",
    "asks and never answers": "out = connect(); ask(out); time.sleep(9)",
    "waits for an event, its replies unread": "out = connect(); answer(out, mine); ask(out); time.sleep(9)",
    "waits for an event, its replies read": """
out = connect(); answer(out, mine); out.recv(65536); ask(out); time.sleep(9)
""",
    "eight wait for an event": """
first = connect(); answer(first, mine); first.recv(65536)
waiting = [connect() for _ in range(8)]
for out in waiting: ask(out)
time.sleep(9)
""",
    "holds an event": """
out = connect(); answer(out, mine); out.recv(65536); ask(out)
leak(out.recv(65536)); time.sleep(9)
""",
    "children wait, and it answers as ever": """
for _ in range(3):
    if os.fork() == 0:
        out = connect(); ask(out); time.sleep(9)
time.sleep(0.05)
""",
    "holds its own answer open": "open_answer(connect(), mine); time.sleep(9)",
    "holds its own error open": "out = connect(); open_answer(out, mine, b'/error'); time.sleep(9)",
    "holds the answer to an event open": """
out = connect(); answer(out, mine); out.recv(65536); ask(out)
open_answer(out, take(out)); time.sleep(9)
""",
    "holds the error of an event open": """
out = connect(); answer(out, mine); out.recv(65536); ask(out)
open_answer(out, take(out), b"/error"); time.sleep(9)
""",
    "by an address that says it otherwise": """
host, port = event["api"].split(":")
out = socket.socket(socket.AF_INET6)
out.connect(("::ffff:" + host, int(port)))
answer(out, mine); out.recv(65536); ask(out); time.sleep(9)
""",
    "from another address of the loopback": """
out = socket.socket()
out.bind(("127.0.0.7", 0))
out.connect(tuple(event["api"].split(":")[:1]) + (int(event["api"].split(":")[1]),))
answer(out, mine); out.recv(65536); ask(out); time.sleep(9)
""",
    "a hidden child waits": """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        out = connect(); answer(out, mine); out.recv(65536); ask(out)
        time.sleep(9)
    os._exit(0)
time.sleep(9)
""",
}
ISOLATIONS = ("invocation", "window", "process")
POLLING = [
    one for one in load_techniques() if one.family == "M5" and one.plant and not one.needs_more_than_lambda
]


def evidence(shop: Shop) -> list[dict[str, object]]:
    """What the findings say of infections, the first one's first."""
    found = []
    for line in shop.rie.logs().split("\n"):
        if line.startswith("{") and f'"{FOUND}"' in line:
            record = json.loads(line)
            found.append({**record["unmapped"]["evidence"], "request": record["unmapped"]["request_id"]})
    return found


def list_of(value: object) -> list[object]:
    """A list of evidence."""
    assert isinstance(value, list)
    return value


def taken(shop: Shop) -> int:
    """How many events the findings say were taken, at least."""
    counts = [item["events_taken_at_least"] for item in evidence(shop)]
    return sum(count for count in counts if isinstance(count, int))


def unlocked(isolation: str, aws: Aws = MAIN) -> Shop:
    """As on AWS where no HTTP service makes the events, but for the guard: Python code in the worker can switch it off."""
    settings = {"DAYFLY_ISOLATION": isolation, "DAYFLY_GUARD": "off"}
    return Shop("dayfly", environment=settings, timeout_s=4, aws=aws)


def must_be_found(shop: Shop, attack: str) -> None:
    """Attack, and let customers pay until it is found: from then on nobody is robbed."""
    shop.serve(1)
    # What it stops may be the worker that is to answer it.
    with suppress(ConnectionError, http.client.HTTPException):
        shop.attack(attack)
    served = stolen = 0
    end = time.monotonic() + FOUND_S
    is_found, late = False, 1
    while late and not is_found:
        while FOUND not in shop.findings() and (stolen or served < CUSTOMERS):
            assert time.monotonic() < end, f"{stolen} of {served} customers were robbed by somebody unseen"
            stolen += shop.serve_beside_a_thief(4)
            served += 4
        # One that it had been given when it was ended reached nobody else.
        assert taken(shop) <= stolen + 1, "more is said than was done"
        is_found = FOUND in shop.findings()
        # One that gets a processor only now is still to be found.
        late = shop.stolen(shop.serve(5))
        stolen, served = stolen + late, served + 5
    # From then on no other is, but for one that it held when it was found.
    assert late <= 1
    assert not late or shop.stolen(shop.serve(5)) == 0


@pytest.mark.parametrize("isolation", ISOLATIONS)
@pytest.mark.parametrize("name", ATTACKS)
def test_a_thief_is_found_and_takes_nothing_from_then_on_and_every_customer_is_answered(
    name: str, isolation: str
) -> None:
    """How many events it takes before it is found depends on who gets a processor when: no test can bound that."""
    with unlocked(isolation) as shop:
        must_be_found(shop, CLIENT + ATTACKS[name])


@pytest.mark.slow
@pytest.mark.parametrize("aws", COMBINATIONS, ids=str)
@pytest.mark.parametrize("technique", POLLING, ids=[one.name for one in POLLING])
def test_so_is_each_of_the_catalogue(technique: Technique, aws: Aws) -> None:
    if aws.missing:
        pytest.skip(f"{aws}: {aws.missing}")
    with unlocked("invocation", aws) as shop:
        must_be_found(shop, technique.plant)


@pytest.mark.parametrize("name", STATES)
def test_whatever_state_it_leaves_the_platform_in_who_was_not_robbed_is_answered(name: str) -> None:
    with unlocked("invocation") as shop:
        shop.serve(1)
        shop.attack(RAW + STATES[name])
        assert shop.serve_beside_a_thief(12) <= 1
        assert taken(shop) <= 1


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_its_finding_names_the_request_that_brought_it_in(isolation: str) -> None:
    with unlocked(isolation) as shop:
        shop.serve(1)
        shop.attack(RAW + "leak(mine.decode())\n" + STATES["waits for an event, its replies read"])
        request = shop.sink.received()[0]
        shop.serve(3)
        shop.wait_for_finding(FOUND)
        assert {item["request"] for item in evidence(shop)} == {request}
        # A look may have met it before it had answered.
        first = evidence(shop)[0]
        assert first["answered_for_itself"] or first["seen"] == "connection"


def test_who_comes_between_two_events_is_blamed_on_those_whom_its_process_has_served() -> None:
    """In a process that serves all: the event that comes next brought nothing in, and any before may have."""
    later = (
        RAW
        + """
import threading
def come():
    time.sleep(0.3)
    out = connect()
    leak("here")
    time.sleep(60)
threading.Thread(target=come, daemon=True).start()
leak(mine.decode())
"""
    )
    with unlocked("process") as shop:
        shop.serve(2)
        shop.attack(later)
        request = shop.sink.received()[0]
        shop.sink.wait_for("here")
        shop.serve(3)
        shop.wait_for_finding(FOUND)
        (found,) = evidence(shop)
        assert found["request"] == request
        assert found["served_before"] == len(list_of(found["earlier_requests"])) == 2


def test_an_event_it_held_is_counted_and_served_by_the_function() -> None:
    """The customer whose event it took and did not answer gets his own answer, not an error."""
    slow = RAW + STATES["holds an event"].replace("leak(", "time.sleep(0.02); leak(")
    held = 0
    with unlocked("invocation") as shop:
        shop.serve(1)
        for _ in range(12):
            shop.attack(slow)
            held += shop.serve_beside_a_thief(2)
        assert taken(shop) <= held + 12
        named = [item.get("taken_request", "") for item in evidence(shop) if item["events_taken_at_least"]]
        assert len(set(named)) == len(named)
        assert set(named).isdisjoint(item["request"] for item in evidence(shop))
        assert "worker.hostile" not in shop.findings()
        assert len([item for item in evidence(shop) if "status" in item]) == 12


def test_an_answer_given_twice_is_refused_and_named() -> None:
    """Too quick for any look: it answers for itself, closes, and then answers as ever."""
    quick = RAW + "out = connect(); answer(out, mine); out.recv(65536); out.close()"
    with unlocked("invocation") as shop:
        shop.serve(1)
        for _ in range(5):
            shop.attack(quick)
            shop.serve(2)
        # A look may have met it before it had answered.
        found = evidence(shop)
        assert len(found) == 5
        assert all(item["answered_for_itself"] or item["seen"] == "connection" for item in found)
        assert taken(shop) == 0


def test_honest_functions_are_never_accused() -> None:
    """Connections of every other kind, to the address the function was given too, at any rate."""
    honest = """
import http.client, threading
def server():
    made = socket.create_server(("127.0.0.1", 0))
    def serve():
        while True: made.accept()[0].close()
    threading.Thread(target=serve, daemon=True).start()
    return made.getsockname()[1]
port = server()
end = time.time() + 0.15
while time.time() < end:
    socket.create_connection(("127.0.0.1", port)).close()
    host, _, own = os.environ["AWS_LAMBDA_RUNTIME_API"].rpartition(":")
    asked = http.client.HTTPConnection(host, int(own), timeout=1)
    asked.request("GET", "/2018-06-01/runtime/invocation/next")
    assert asked.getresponse().status == 403
    asked.close()
result = "done"
"""
    with unlocked("invocation") as shop:
        for _ in range(8):
            assert shop.result_of(honest) == "done"
        assert {FOUND, "worker.hostile"}.isdisjoint(shop.findings())


def test_a_plain_environment_is_taken_over_for_good(plain_shop: Shop) -> None:
    plain_shop.attack(CLIENT + ATTACKS["answers for itself and polls on"])
    assert plain_shop.stolen(plain_shop.serve(CUSTOMERS)) == CUSTOMERS


# Its finding lies in the socket when the supervisor comes to see that it was held down.
HELD_DOWN = """
import signal
supervisor = int(open(f"/proc/{os.getppid()}/stat").read().rpartition(")")[2].split()[1])
os.kill(supervisor, signal.SIGSTOP)
eval(event["price"])
os.sched_setscheduler(supervisor, os.SCHED_IDLE, os.sched_param(0))
time.sleep(9)
"""


def test_what_the_guard_found_is_reported_of_a_worker_that_held_the_supervisor_down() -> None:
    settings = {"DAYFLY_API_LOCK": "off", "DAYFLY_GUARD": "observe"}
    with Shop("dayfly", environment=settings) as shop:
        shop.serve(1)
        with suppress(ConnectionError, http.client.HTTPException):
            shop.attack(
                f"import app; exec(compile({HELD_DOWN!r}, app.__file__, 'exec'))",
                price="().__class__.__base__",
            )
        shop.wait_for_finding(FOUND)
        assert '"place":"app.py:5 <module>"' in shop.log()

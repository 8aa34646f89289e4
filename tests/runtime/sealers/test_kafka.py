"""Kafka producers made at init: each worker's connects by itself, and sends its own messages alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.real.environment import LIBRARIES, real_python
from tests.real.programs import program_server
from tests.runtime.sealers.serving import Run, run

HELPERS = """
import os, socket
from confluent_kafka import Producer
COPIES = True

def names():
    "What each descriptor of this process leads to, as the kernel says; librdkafka's threads close some meanwhile."
    found = []
    for number in map(int, os.listdir("/proc/self/fd")):
        try:
            found.append((number, os.readlink(f"/proc/self/fd/{number}")))
        except OSError:
            continue
    return found

def connections():
    "Connections of this process over TCP and UDP."
    found = []
    for number, name in names():
        try:
            if name.startswith("socket:"):
                with socket.socket(fileno=os.dup(number)) as one:
                    if one.family == socket.AF_INET:
                        found.append(os.readlink(f"/proc/self/fd/{one.fileno()}"))
        except OSError:
            continue
    return found

def pipes():
    "Pipes both of whose ends are here."
    found = [name for number, name in names() if number > 2 and name.startswith("pipe:")]
    return [name for name in found if found.count(name) > 1]

def send(producer, number):
    reports = []
    producer.produce("orders", f"{number}", on_delivery=lambda error, message: reports.append([str(error), message.value().decode()]))
    return [producer.flush(30), reports]

settings = {"bootstrap.servers": os.environ["BROKERS"], "linger.ms": 0}
"""


@pytest.fixture(scope="module")
def brokers() -> Iterator[str]:
    with program_server("kafka_broker") as address:
        yield address


def serve(source: str, brokers: str) -> Run:
    return run(HELPERS + source, python=real_python(LIBRARIES), environment={"BROKERS": brokers})


@pytest.mark.parametrize("use", ["pass", "assert send(producer, 7) == [0, [['None', '7']]]"])
def test_every_worker_sends_over_connections_of_its_own(brokers: str, use: str) -> None:
    seen = serve(
        f"""
producer = Producer(settings)
{use}
WORKERS = 50
def BEFORE():
    global here
    here = connections() + pipes()
def handler(number):
    return [send(producer, number), sorted(set(connections() + pipes()) & set(here)), len(connections()) > 0]
""",
        brokers,
    )
    assert seen.reasons == []
    assert seen.answers == [[[0, [["None", str(number)]]], [], True] for number in range(50)]
    assert "Disconnected" not in seen.output


def test_a_worker_is_cut_off_from_what_the_zygote_s_threads_open_later(brokers: str) -> None:
    seen = serve(
        """
producer = Producer(settings)
opened = []
def BEFORE():
    global here
    if not opened:
        host, _, port = os.environ["BROKERS"].partition(":")
        # Under the number that a connection of init had, and others.
        opened.extend([socket.create_connection((host, int(port))).detach(), *os.pipe()])
        # As the resolver has them.
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one.connect(("127.0.0.1", 53))
        opened.append(one.detach())
    here = connections() + pipes()
def handler(number):
    assert here
    os.write(opened[2], b"x")
    return [sorted(set(connections() + pipes()) & set(here)), os.read(opened[1], 9).decode()]
""",
        brokers,
    )
    assert seen.reasons == []
    assert seen.answers == [[[], "x"]] * 3


def test_what_a_worker_has_queued_is_sent_before_its_answer(brokers: str) -> None:
    seen = serve(
        """
producer = Producer({**settings, "linger.ms": 200})
DELIVER = (30.0,)
def handler(number):
    producer.produce("orders", b"late", on_delivery=lambda error, message: os.write(1, f"sent {error}\\n".encode()))
    return len(producer)
""",
        brokers,
    )
    assert seen.reasons == []
    assert seen.answers == [1] * 3
    assert seen.late == [[]] * 3
    assert seen.output.count("sent None") == 3


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        ('Producer({**settings, "enable.idempotence": True})', "without enable.idempotence"),
        ('Producer({**settings, "transactional.id": "t"})', "sequence numbers"),
        ('__import__("confluent_kafka").Consumer({**settings, "group.id": "g"})', "one member of its group"),
        ('Producer({"bootstrap.servers": "127.0.0.1:9"})', "call flush() at init"),
    ],
)
def test_what_two_workers_must_not_both_be_or_send_is_refused(brokers: str, made: str, reason: str) -> None:
    seen = serve(
        f"""
client = {made}
if hasattr(client, "produce"):
    try:
        client.produce("orders", b"on its way")
    except Exception:
        pass
def handler(number):
    return "served"
""",
        brokers,
    )
    assert any(reason in one for one in seen.reasons), seen.reasons
    assert seen.answers == ["served"]


def test_a_closed_consumer_and_a_client_for_administration_do_not_forbid_the_fork(brokers: str) -> None:
    seen = serve(
        """
from confluent_kafka import Consumer
from confluent_kafka.admin import AdminClient
consumer = Consumer({**settings, "group.id": "g"})
consumer.close()
client = AdminClient({"bootstrap.servers": os.environ["BROKERS"]})
def handler(number):
    return len(client.list_topics(timeout=30).brokers)
""",
        brokers,
    )
    assert seen.reasons == []
    assert seen.answers == [1] * 3

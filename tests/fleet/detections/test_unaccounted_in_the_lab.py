"""Real log streams: honest ones, and one of an environment without the Runtime API lock in which a worker serves others' events."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tests.fleet.detections.planted import answers
from tests.lab.running import basic, needs_bubblewrap, running_lab, until

from dayfly.fleet.ingest.envelopes import Bad, Whose, open_batch
from dayfly.fleet.records.events import Intake
from dayfly.fleet.records.judging import LineReader
from dayfly.fleet.records.rows import Detection, Environment
from dayfly.fleet.store.store import Store
from dayfly.lab.gauntlet.payloads import client
from dayfly.lab.gauntlet.sink import PRELUDE, Sink
from dayfly.lab.gauntlet.technique import FUNCTIONS
from dayfly.lab.model import LogLine
from dayfly.lab.shipping import subscription_records

_KEY = bytes(range(32))
# Holds the supervisor down while it serves in its place.
_TAKEOVER = (
    """
import signal
zygote = os.getppid()
supervisor = int(open(f"/proc/{zygote}/stat").read().rpartition(")")[2].split()[1])
os.sched_setscheduler(supervisor, os.SCHED_IDLE, os.sched_param(0))
if os.fork() == 0:
    os.setsid()
    end = time.time() + 60
    while time.time() < end:
        os.kill(supervisor, signal.SIGSTOP)
        time.sleep(0.0001)
    os._exit(0)
"""
    + client(1.5)
    + "call('POST', mine + '/response', '1'); skim(60)"
)
_CUSTOMERS = 12
pytestmark = needs_bubblewrap


async def _play(sink: Sink, *payloads: str) -> tuple[list[LogLine], set[str], set[str]]:
    """Return the log, the attacks' requests, and those of customers whom the attacker answered."""
    environment = {
        "DAYFLY_API_LOCK": "off",
        "DAYFLY_FLEET_KEY": _KEY.hex(),
        "DAYFLY_LOG_INVOCATIONS": "on",
        "DAYFLY_CONFINE": "off",
        "DAYFLY_GUARD": "off",
    }
    config = basic(folder=FUNCTIONS, runtime="dayfly", environment=environment, timeout_s=5.0)
    attacks: set[str] = set()
    stolen: set[str] = set()
    async with running_lab("bubblewrap", config=config, max_environments=1) as running:

        async def pay(times: int) -> None:
            for number in range(times):
                result = await running.call({"card": f"4000{number:012d}"})
                if b'"mark"' in result.payload and b'"stored"' not in result.payload:
                    stolen.add(result.request_id)

        await pay(2)
        for payload in payloads:
            api = running.lab.environments("f")[-1].runtime_api
            result = await running.call({"code": PRELUDE + payload, "sink": sink.port, "api": api})
            attacks.add(result.request_id)
            await pay(_CUSTOMERS)
        many = 2 + len(payloads) * (1 + _CUSTOMERS)
        await until(lambda: sum(one.text.startswith("REPORT") for one in running.lines) == many)
    return running.lines, attacks, stolen


def _judge(store: Store, lines: Sequence[LogLine]) -> list[Detection]:
    intake, reader = Intake(), LineReader([_KEY])
    for event in open_batch("records", "lab", Whose(), subscription_records(lines, first_id=0)):
        assert not isinstance(event, Bad), event
        reader.read(event, intake)
    for table, rows in intake.rows.items():
        store.insert(table, rows)
    homes = [row for row in intake.rows["environments"] if isinstance(row, Environment)]
    assert {(row.log_invocations, row.trust) for row in homes} == {("on", "verified")}
    return list(answers(store, "unaccounted_invocations", now=intake.newest + 400.0).values())


def test_errors_deaths_and_restarts_are_accounted_for(store: Store) -> None:
    killed = "os.kill(int(open(f'/proc/{os.getppid()}/stat').read().rpartition(')')[2].split()[1]), 9); time.sleep(9)"
    with Sink() as sink:
        lines, _, _ = asyncio.run(
            _play(sink, "1 / 0", "os._exit(3)", "result = open('/tmp/x', 'w').write('x')", killed)
        )
    assert [one for one in _judge(store, lines) if one.severity > 1] == []


def test_who_serves_in_the_supervisors_place_is_told(store: Store) -> None:
    with Sink() as sink:
        lines, attacks, stolen = asyncio.run(_play(sink, _TAKEOVER))
    told = {request for one in _judge(store, lines) if one.severity == 5 for request in one.request_ids}
    assert told <= stolen | attacks
    # How many it takes before it is ended is not for this test; fewer may be the end of a life, which is unknown.
    assert len(stolen) <= 2 or stolen <= told

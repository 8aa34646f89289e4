"""Fills a store with hours of honest traffic, attacks among it, and everything else that the console shows."""

from __future__ import annotations

import random
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from bench.fleet.attacks import plant, probing, stuffing
from bench.fleet.traffic import fill

from dayfly.fleet.detections.rules import load_rules
from dayfly.fleet.detections.runner import Runner
from dayfly.fleet.records.rows import (
    Batch,
    Behaviour,
    Detection,
    Environment,
    Finding,
    Invocation,
    Package,
    Platform,
    Quarantined,
    Triage,
)
from dayfly.fleet.store.backfilling import backfill
from dayfly.fleet.store.schema import migrations
from dayfly.fleet.store.store import Store

FUNCTION = "checkout"
ATTACKER = 0x5E1F1E5500C0FFEE
HOSTILE = "pay\u202e\u0007<script>alert(1)</script>"
FORGED = '{"metadata":{"product":{"name":"Dayfly"}},"card":"4111111111111111"}'


@dataclass(frozen=True, slots=True)
class Planted:
    """What was planted, for tests to look for."""

    now: float
    function: str
    infected: tuple[int, ...]
    burst: str
    finding: str


def fill_console(
    store: Store, *, invocations: int = 40_000, hours: float = 4.0, now: float | None = None
) -> Planted:
    """Fill an empty store with the hours before `now`."""
    now = now or time.time()
    begin = now - hours * 3600
    fill(store, invocations, begin=datetime.fromtimestamp(begin, UTC), span=hours * 3600)
    store.command(
        f"ALTER TABLE invocations DELETE WHERE time > fromUnixTimestamp64Milli({int(now * 1000)})",
        settings={"mutations_sync": 1},
    )
    store.command(
        f"ALTER TABLE platform DELETE WHERE time > fromUnixTimestamp64Milli({int(now * 1000)})",
        settings={"mutations_sync": 1},
    )
    plant(store, probing(now - 5400))
    plant(store, stuffing(now - 3600 * 3, requests=300))
    shop = _shop(store, now)
    sum_up_anew(store)
    infected = shop.environments[4:18]
    _findings(store, now, FUNCTION, infected, shop.requests)
    _detections(store, now, FUNCTION, infected, [ATTACKER], shop.requests)
    _ingest(store, now, FUNCTION)
    Runner(store, load_rules(), lambda: now).tick()
    return Planted(now, FUNCTION, tuple(infected), "b" * 32, f"{infected[0]:016x}:7:residue.memory")


def sum_up_anew(store: Store) -> None:
    """Fill the tables that sum lines up from the lines that are there: planting takes lines away, and adds them again."""
    for file in migrations():
        for statement in file.statements:
            backfill(store, statement)


@dataclass(frozen=True, slots=True)
class _Shop:
    environments: list[int]
    requests: list[str]


def _shop(store: Store, now: float) -> _Shop:
    """A function in process isolation: customers all along, one burst 40 minutes ago into 14 of its environments, then pings."""
    chance = random.Random(7)
    environments = [chance.getrandbits(64) for _ in range(24)]
    births = [now - 7200 + 250 * number for number in range(24)]
    ends = [min(now - 20, birth + chance.uniform(2400, 9000)) for birth in births]
    rows: list[Invocation] = []
    requests = [str(uuid.UUID(int=chance.getrandbits(128), version=4)) for _ in range(120)]
    numbers = dict.fromkeys(environments, 0)

    def call(time: float, environment: int, **more: object) -> None:
        numbers[environment] += 1
        values: dict[str, object] = {
            "request_id": str(uuid.UUID(int=chance.getrandbits(128), version=4)), "source": chance.getrandbits(64),
            "principal": chance.getrandbits(64), "shape": 11, "pattern": 12, "status": 200,
            "duration_us": chance.randrange(9_000, 60_000), "overhead_us": chance.randrange(380, 1100), **more,
        }  # fmt: skip
        birth = births[environments.index(environment)]
        rows.append(Invocation(
            time=time, account="111122223333", region="eu-central-1", function=FUNCTION, version="3", environment=environment,
            stream=environment, sequence=numbers[environment], worker=1, invocation=numbers[environment], trigger="api",
            route="POST /pay", age_ms=int((time - birth) * 1000), code=99, trust="verified", **values,  # type: ignore[arg-type]
        ))  # fmt: skip

    for number, environment in enumerate(environments):
        moments = sorted(
            chance.uniform(births[number], ends[number]) for _ in range(chance.randrange(14, 60))
        )
        if 4 <= number < 18:
            moments += [now - 2400 + chance.uniform(0, 6) for _ in range(8)]
            moments += [
                now - 1900 + 240 * ping for ping in range(8) if now - 1900 + 240 * ping < ends[number]
            ]
        attack = iter(requests[max(number - 4, 0) * 8 :])
        for moment in sorted(moments):
            is_attack = 4 <= number < 18 and 0 <= moment - (now - 2400) <= 6
            more: dict[str, object] = (
                {"source": ATTACKER, "pattern": 66, "principal": 0, "duration_us": 210_000}
                if is_attack
                else {}
            )
            call(moment, environment, **more, **({"request_id": next(attack)} if is_attack else {}))
    store.insert("invocations", rows)
    store.insert("environments", [
        Environment(
            time=birth, account="111122223333", region="eu-central-1", function=FUNCTION, version="3", environment=environment,
            stream=environment, log_group=f"/aws/lambda/{FUNCTION}", log_stream=f"2026/11/26/[3]{environment:032x}", dayfly_version="1.0",
            isolation="process", guard="observe", scope="environment", platform="lambda", api_lock="on", code=99, trust="verified",
            not_promised=["what an earlier request planted in the process is met by later ones"],
        )
        for environment, birth in zip(environments, births, strict=True)
    ])  # fmt: skip
    store.insert(
        "packages",
        [
            Package(time=births[0], function=FUNCTION, version="3", package=name, package_version=version)
            for name, version in (
                ("boto3", "1.40.2"),
                ("jinja2", "3.1.6"),
                ("stripe", "12.1.0"),
                ("urllib3", "2.5.0"),
            )
        ],
    )
    store.insert("behaviours", [
        Behaviour(time=births[0] + 5, function=FUNCTION, version="3", environment=environments[0], kind="network", target="api.stripe.com:443", package="stripe", package_version="12.1.0", verdict="used"),
        Behaviour(time=births[0] + 5, function=FUNCTION, version="3", environment=environments[0], kind="read", target="/opt/ca.pem", package="urllib3", package_version="2.5.0", verdict="used"),
        Behaviour(time=now - 2398, function=FUNCTION, version="3", environment=environments[5], kind="network", target="cdn-metrics.example:443", verdict="observed", technique="T1041"),
    ])  # fmt: skip
    return _Shop(environments, requests)


def _findings(store: Store, now: float, function: str, infected: list[int], requests: list[str]) -> None:
    rows = [
        Finding(
            time=now - 2400 + number / 3, account="111122223333", region="eu-central-1", function=function, version="3",
            environment=environment, sequence=9, uid=f"{environment:016x}:7:residue.memory", kind="residue.memory", severity=5,
            technique="T1574", title="Invocation modified the function's memory",
            message="Dayfly: 1 function was replaced: app.charge; the code is of no file of the deployment", invocation=7,
            request_id=requests[number], source_request=requests[number],
            evidence='{"changed":["app.charge"],"code_of":"<string>","worker":7}', trust="verified",
        )
        for number, environment in enumerate(infected)
    ]  # fmt: skip
    rows += [
        Finding(
            time=now - 2300 + number / 3, account="111122223333", region="eu-central-1", function=function, version="3",
            environment=environment, sequence=10, uid=f"{environment:016x}:7:guard.observed", kind="guard.observed", severity=4,
            technique="T1190", title="Guard detection (observe mode)",
            message="Dayfly: code came with the event and was run at app.py:41 (eval)", invocation=7, request_id=requests[number],
            evidence='{"rule":"event.code","where":"app.py:41"}', trust="verified",
        )
        for number, environment in enumerate(infected[:6])
    ]  # fmt: skip
    rows += [
        Finding(
            time=now - 900, account="111122223333", region="eu-central-1", function=HOSTILE, environment=1, sequence=1,
            uid="0000000000000001:1:zygote.not-forkable", kind="zygote.not-forkable", severity=3,
            title="The function cannot be forked and runs in process isolation",
            message="Dayfly: a thread started at init cannot be inherited: <b>kafka</b>\u202e " + "x" * 300, trust="consistent",
        ),
        Finding(
            time=now - 7000, account="111122223333", region="eu-central-1", function=function, version="3", environment=infected[0], sequence=2,
            uid=f"{infected[0]:016x}:0:zygote.not-forkable", kind="zygote.not-forkable", severity=3,
            title="The function cannot be forked and runs in process isolation",
            message="Dayfly: a thread that a library started at init cannot be inherited: 'metrics-flush' of statsd; start it in the handler, or name it in fork.after",
            trust="verified",
        ),
    ]  # fmt: skip
    store.insert("findings", rows)
    store.insert("environments", [
        Environment(time=now - 1000, account="111122223333", region="eu-central-1", function=HOSTILE, environment=1, isolation="process", guard="observe", dayfly_version="1.0", version="$LATEST"),
    ])  # fmt: skip
    store.insert("platform", [
        Platform(time=now - 3600 + 30 * n, function="legacy-report", stream=n // 40 + 1, kind="start" if n % 2 else "report", request_id=str(uuid.uuid4()), duration_us=90_000)
        for n in range(118)
    ])  # fmt: skip


def _detections(
    store: Store, now: float, function: str, environments: list[int], sources: list[int], requests: list[str]
) -> None:
    store.insert("detections", [
        Detection(
            uid="b" * 32, updated=now - 2300, rule="infection_burst", title="New request pattern hit many environments in one burst", severity=5,
            reasons=["120 requests with one pattern within 6 s", f"{len(environments)} environments within 6 s, none after that", "the pattern was new to this function"],
            technique="T1190, T1546",
            story=f"Within 6 seconds, 120 requests with one pattern, new to {function}, reached {len(environments)} of its environments. The pattern did not occur again.",
            account="111122223333", region="eu-central-1", functions=[function], environments=environments[:100], environments_all=len(environments),
            sources=sources, request_ids=requests[:100], events=120, first_time=now - 2400, last_time=now - 2394, subject_key=f"{function} burst",
        ),
        Detection(
            uid="c" * 32, updated=now - 86_400 * 2, rule="keep_warm", title="Unknown caller keeps environments warm", severity=3, reasons=["every 240 s"],
            story="A caller not seen before invoked the function every 4 minutes. The invocations do almost no work.", functions=[function], events=72, first_time=now - 86_400 * 2, last_time=now - 86_400 * 2 + 300,
        ),
    ])  # fmt: skip
    store.insert("triage", [
        Triage(time=now - 3000, subject="c" * 32, action="acknowledge", actor="ines", reason="the monitoring of the web team"),
        Triage(time=now - 2000, subject=f"function:{function}", action="retire", actor="ines", reason="burst"),
    ])  # fmt: skip


def _ingest(store: Store, now: float, function: str) -> None:
    store.insert("batches", [
        Batch(received=now - 20 - 60 * n, token=f"t{n}", road="firehose" if n % 3 else "telemetry", sender="production", bytes=48_000 + 300 * (n % 17), lines=160 + n % 40, ours=80, platform=60, other=20 + n % 40, duplicates=2 if n % 25 == 0 else 0, malformed=1 if n % 40 == 0 else 0, forged=1 if n == 30 else 0, newest=now - 24 - 60 * n)
        for n in range(220)
    ])  # fmt: skip
    store.insert("quarantine", [
        Quarantined(received=now - 1800, time=now - 1802, reason="forged", detail="missing signature, but other records of this log stream are signed", account="111122223333", region="eu-central-1", function=function, log_group=f"/aws/lambda/{function}", log_stream="2026/11/26/[$LATEST]0123456789abcdef0123456789abcdef", road="firehose", bytes=len(FORGED), line=FORGED),
        *(Quarantined(received=now - 600 * n, time=now - 600 * n - 2, reason="malformed", detail="invalid JSON object", function=function, log_stream=f"2026/11/26/[3]{n:032x}", road="telemetry", bytes=90 + n, line=f"{{\"x\": {n}") for n in range(1, 6)),
    ])  # fmt: skip

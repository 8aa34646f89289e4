"""Puts attacks into a filled store and says what the truth is.

An attack's invocations are served by environments that were there; the sequence numbers, invocation numbers and ages of all
that these environments served are counted anew, as if the attack had always been among it.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import cast

import msgspec

from dayfly.fleet.records.rows import Finding, Invocation, Platform
from dayfly.fleet.store.sqlfiles import read_sql
from dayfly.fleet.store.store import Store

# How long before and after an attack's call an environment must have served to be one that may serve it.
_NEAR = 900.0


@dataclass(frozen=True, slots=True)
class Attack:
    """Calls of one attacker; `begin` in seconds since the epoch, the other times in seconds.

    Without `function` the one with the most environments at the time. `period` spaces the calls regularly, each within
    `jitter`; 0 spreads them by chance over `seconds`. `most_environments` takes only so many of those that serve.
    `statuses` are the answers, one of them by chance for each call. `is_disguised` calls look like the honest one that
    their environment served last. `trigger` is another than the environment's own. `is_scaling`
    calls come at once, so that Lambda makes environments for them.
    """

    name: str
    begin: float
    requests: int
    seconds: float
    function: str = ""
    sources: int = 1
    principals: int = 0
    patterns: int = 1
    shapes: int = 1
    subjects: int = 0
    statuses: Sequence[int] = (404,)
    period: float = 0.0
    jitter: float = 0.0
    duration: float = 0.05
    cpu_share: float = 0.5
    outcome: str = "success"
    bytes_out: int = 90
    most_environments: int = 10_000
    residue: int = 0
    is_disguised: bool = False
    trigger: str = ""
    is_scaling: bool = False


@dataclass(frozen=True, slots=True)
class Truth:
    """What a detection should find."""

    attack: Attack
    functions: tuple[str, ...]
    environments: frozenset[int]
    sources: frozenset[int]
    patterns: frozenset[int]
    request_ids: frozenset[str]
    first: float
    last: float


def probing(begin: float, **more: object) -> Attack:
    """One source looks for the same weakness everywhere, a few calls a minute: no environment sees more than two."""
    return _with(Attack("probing", begin, 30, 480, patterns=1, subjects=30, statuses=(400, 404, 500)), more)


def enumeration(begin: float, **more: object) -> Attack:
    """Many sources ask for one identifier after another, slowly; most are not there."""
    return _with(
        Attack("enumeration", begin, 240, 3600, sources=6, subjects=240, statuses=(404, 404, 404, 200)), more
    )


def stuffing(begin: float, **more: object) -> Attack:
    """Stolen names and passwords, each once, from a hundred addresses: one shape, another subject every time."""
    calm = Attack("stuffing", begin, 400, 3600, sources=100, subjects=400, statuses=(401,) * 49 + (200,))
    return _with(calm, more)


def scraping(begin: float, **more: object) -> Attack:
    """Everything there is, by few sources, and all of it is there."""
    return _with(
        Attack("scraping", begin, 900, 3600, sources=3, subjects=900, statuses=(200,), bytes_out=9000), more
    )


def infection_burst(begin: float, **more: object) -> Attack:
    """As many environments as there are get the same payload within seconds; then nothing."""
    return _with(Attack("infection burst", begin, 120, 6, subjects=1, statuses=(200,), duration=0.4), more)


def keep_warm(begin: float, **more: object) -> Attack:
    """Every few minutes a call that does nothing, for hours, so that infected environments are not recycled."""
    ping = Attack(
        "keep-warm", begin, 72, 72 * 240.0, subjects=1, statuses=(200,), period=240, jitter=4, duration=0.002, cpu_share=0.2,
        bytes_out=20, most_environments=4,
    )  # fmt: skip
    return _with(ping, more)


def leech(begin: float, **more: object) -> Attack:
    """Denial of wallet, slowly: calls that take as long as the function may, a few a minute, all day."""
    slow = Attack(
        "leech",
        begin,
        500,
        6 * 3600,
        sources=5,
        subjects=1,
        statuses=(0,),
        duration=14.9,
        outcome="timeout",
        cpu_share=0.9,
    )
    return _with(slow, more)


def wallet_burst(begin: float, **more: object) -> Attack:
    """Denial of wallet at once: thousands of slow calls within minutes."""
    storm = Attack(
        "wallet burst",
        begin,
        3000,
        600,
        sources=40,
        subjects=3,
        statuses=(200,),
        duration=6.0,
        cpu_share=0.95,
    )
    return _with(storm, more)


def recursion(begin: float, **more: object) -> Attack:
    """Denial of wallet by oneself: a function whose output calls it again, over and over, about one thing."""
    loop = Attack(
        "recursion", begin, 600, 600, sources=0, subjects=1, statuses=(0,), duration=0.8, trigger="s3"
    )
    return _with(loop, more)


ATTACKS: tuple[Callable[[float], Attack], ...] = (
    probing, enumeration, stuffing, scraping, infection_burst, keep_warm, leech, wallet_burst, recursion,
)  # fmt: skip


def plant(
    store: Store, attack: Attack, *, seed: int = 1, with_platform: bool = True, is_counted: bool = True
) -> Truth:
    """Write an attack's invocations into the environments that serve at the time, and return what is true of it.

    Without `is_counted` the other invocations of these environments stay as they are, so that what the store sums up as
    lines come in sums up nothing twice.
    """
    chance = random.Random(f"{seed} {attack}")
    end = attack.begin + max(attack.seconds, attack.period * attack.requests)
    function = attack.function or _busiest(store, attack.begin, end)
    serving = _rows(store, "serving", {"function": function, **_window(attack.begin - _NEAR, end + _NEAR)})
    if not serving:
        raise ValueError(f"nothing serves {function!r} at that time")
    chosen = chance.sample(serving, min(len(serving), attack.most_environments))
    hashes = _Hashes(chance, attack)
    planted = [
        _invocation(attack, function, chosen, hashes, number, chance) for number in range(attack.requests)
    ]
    if is_counted:
        write(store, planted, with_platform=with_platform)
    else:
        beside = [
            msgspec.structs.replace(one, sequence=1_000_000 + number) for number, one in enumerate(planted)
        ]
        store.insert("invocations", beside, token=f"plant-{uuid.uuid4()}")
    return Truth(
        attack,
        (function,),
        frozenset(one.environment for one in planted),
        frozenset(one.source for one in planted if one.source),
        frozenset() if attack.is_disguised else frozenset(one.pattern for one in planted),
        frozenset(one.request_id for one in planted),
        min(one.time for one in planted),
        max(one.time for one in planted),
    )


def write(store: Store, planted: Sequence[Invocation], *, with_platform: bool = True) -> None:
    """Put invocations among those their environments have already, and count these anew."""
    environments = sorted({one.environment for one in planted})
    lives: dict[int, list[Invocation]] = {}
    for row in _rows(store, "of_environments", {"environments": environments}):
        lives.setdefault(cast("int", row["environment"]), []).append(msgspec.convert(row, Invocation))
    for one in planted:
        lives.setdefault(one.environment, []).append(one)
    findings: dict[str, list[Finding]] = {}
    for row in _rows(store, "findings_of_environments", {"environments": environments}):
        finding = msgspec.convert(row, Finding)
        findings.setdefault(finding.request_id, []).append(finding)
    store.command(_sql("forget_environments"), {"environments": environments})
    store.command(_sql("forget_findings"), {"environments": environments})
    counted: list[Invocation] = []
    told: list[Finding] = []
    for life in lives.values():
        _count(life, findings, counted, told)
    # The token is new every time: the same rows as before are no repetition here.
    store.insert("invocations", counted, token=f"plant-{uuid.uuid4()}")
    store.insert("findings", told, token=f"plant-{uuid.uuid4()}")
    if with_platform:
        lines = [line for one in planted for line in _platform(one)]
        store.insert("platform", lines, token=f"plant-{uuid.uuid4()}")


def _count(
    life: Sequence[Invocation],
    findings: dict[str, list[Finding]],
    counted: list[Invocation],
    told: list[Finding],
) -> None:
    """Number one environment's lines: each invocation, and after it what was found of it."""
    known = [one for one in life if one.sequence]
    sequence = min((one.sequence - one.invocation for one in known), default=2)
    born = min((one.time - one.age_ms / 1000 for one in known), default=min(one.time for one in life) - 0.2)
    for number, one in enumerate(sorted(life, key=lambda one: one.time), start=1):
        sequence += 1
        age_ms = max(0, int((one.time - born) * 1000))
        counted.append(
            msgspec.structs.replace(one, sequence=sequence, worker=number, invocation=number, age_ms=age_ms)
        )
        for finding in sorted(findings.get(one.request_id, ()), key=lambda finding: finding.sequence):
            sequence += 1
            uid = f"{one.environment:016x}:{number}:{finding.kind}"
            told.append(msgspec.structs.replace(finding, sequence=sequence, invocation=number, uid=uid))


class _Hashes:
    """The keyed hashes that tell one attacker's calls from all others."""

    def __init__(self, chance: random.Random, attack: Attack) -> None:
        self.sources = [chance.getrandbits(64) for _ in range(attack.sources)]
        self.principals = [chance.getrandbits(64) for _ in range(attack.principals)] or [0]
        self.patterns = [chance.getrandbits(64) for _ in range(attack.patterns)]
        self.shapes = [chance.getrandbits(64) for _ in range(attack.shapes)]
        self.subjects = [chance.getrandbits(64) for _ in range(attack.subjects)] or [0]


def _invocation(
    attack: Attack,
    function: str,
    serving: Sequence[dict[str, object]],
    hashes: _Hashes,
    number: int,
    chance: random.Random,
) -> Invocation:
    if attack.period:
        at = attack.begin + number * attack.period + chance.uniform(-attack.jitter, attack.jitter)
    else:
        at = attack.begin + chance.uniform(0, attack.seconds)
    near = [
        one
        for one in serving
        if cast("float", one["first"]) - _NEAR <= at <= cast("float", one["last"]) + _NEAR
    ]
    place = chance.choice(near or serving)
    micros = int(attack.duration * 1e6 * chance.uniform(0.8, 1.1))
    return Invocation(
        time=round(at, 3),
        function=function,
        request_id=str(uuid.UUID(int=chance.getrandbits(128), version=4)),
        source=chance.choice(hashes.sources) if hashes.sources else 0,
        principal=chance.choice(hashes.principals),
        pattern=cast("int", place["pattern"]) if attack.is_disguised else chance.choice(hashes.patterns),
        shape=cast("int", place["shape"]) if attack.is_disguised else chance.choice(hashes.shapes),
        subject=hashes.subjects[number % len(hashes.subjects)],
        outcome=attack.outcome,
        status=chance.choice(attack.statuses),
        duration_us=micros,
        cpu_us=int(micros * attack.cpu_share),
        overhead_us=chance.randrange(350, 1200),
        bytes_in=chance.randrange(300, 900),
        bytes_out=attack.bytes_out,
        residue=attack.residue,
        **_place(attack, place, chance),  # type: ignore[arg-type]  # the query's columns
    )


def _place(attack: Attack, place: dict[str, object], chance: random.Random) -> dict[str, object]:
    taken = {name: place[name] for name in _OF_THE_PLACE}
    if attack.is_scaling and chance.random() < 0.8:
        taken["environment"] = chance.getrandbits(64)
    return {**taken, "trigger": attack.trigger, "route": ""} if attack.trigger else taken


_OF_THE_PLACE = ("account", "region", "version", "environment", "stream", "trigger", "route", "code", "trust")


def _platform(one: Invocation) -> tuple[Platform, Platform]:
    start = Platform(
        time=one.time,
        account=one.account,
        region=one.region,
        function=one.function,
        version=one.version,
        stream=one.stream,
        kind="start",
        request_id=one.request_id,
    )
    took = one.duration_us + one.overhead_us
    report = msgspec.structs.replace(
        start,
        time=round(one.time + took / 1e6, 3),
        kind="report",
        status="" if one.outcome == "success" else one.outcome,
        duration_us=took,
        billed_ms=took // 1000 + 1,
        memory_mb=512,
        used_mb=130,
    )
    return start, report


def _busiest(store: Store, begin: float, end: float) -> str:
    found = _rows(store, "busiest", {**_window(begin, end), "count": 1})
    if not found:
        raise ValueError("nobody is served at that time")
    return str(found[0]["function"])


def _rows(store: Store, name: str, parameters: dict[str, object]) -> list[dict[str, object]]:
    return store.rows(read_sql("bench.fleet", f"sql/{name}"), parameters)


def _window(begin: float, end: float) -> dict[str, datetime]:
    return {
        "begin": datetime.fromtimestamp(begin, UTC).replace(tzinfo=None),
        "end": datetime.fromtimestamp(end, UTC).replace(tzinfo=None),
    }


def _sql(name: str) -> str:
    return read_sql("bench.fleet", f"sql/{name}").text


def _with(attack: Attack, more: dict[str, object]) -> Attack:
    return replace(attack, **more)  # type: ignore[arg-type]  # checked by dataclass

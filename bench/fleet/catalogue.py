"""Several hundred honest functions and who calls them: all that makes a naive detection cry wolf.

Every group of callers is a stream of sessions: `burst` calls `gap` seconds apart. A visitor is a session of eight calls, a
health check one that lasts all day, a job that enumerates orders one of thousands, a queue nothing but single calls.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

DAY = 86_400.0
NEVER = 10 * DAY
REGIONS = ("eu-west-1", "us-east-1", "ap-southeast-2")
ACCOUNTS = ("111122223333", "444455556666", "777788889999")


@dataclass(frozen=True, slots=True)
class Callers:
    """One stream: times and durations in seconds, shares from 0 to 1.

    A session begins with the chance `flat` anywhere from `begin` to `end`, else around `peak`. `sources` is how many
    addresses they have, `people` tells one population from another, `principals` how many have signed in; 0: none.
    `subjects` are what they ask for, `subject_mode` how they choose: as others do, one, one a session, one after another.
    `is_pinned`: every session meets an environment of its own, as simultaneous calls do.
    """

    kind: str
    rows: int
    burst: int = 1
    gap: float = 0.0
    jitter: float = 0.0
    begin: float = 0.0
    end: float = DAY
    flat: float = 0.3
    peak: float = 15 * 3600.0
    width: float = 6 * 3600.0
    is_pinned: bool = False
    trigger: str = "api"
    route: str = "GET /items/"
    routes: int = 6
    sources: int = 0
    people: int = 0
    principals: int = 0
    shapes: int = 3
    subjects: int = 1000
    subject_mode: str = "popular"
    refused: float = 0.01
    refused_status: int = 404
    errors: float = 0.001
    timeouts: float = 0.0001
    duration: float = 0.12
    payload: int = 1500


@dataclass(frozen=True, slots=True)
class Function:
    """One function: what it is called for, and what happens to it during the day (seconds from its begin)."""

    name: str
    account: str
    region: str
    callers: tuple[Callers, ...]
    version: int
    is_latest: bool = False
    deploy: float = NEVER
    bug: float = NEVER
    timeout: float = 15.0
    residue: float = 0.0
    residues: int = 1
    is_provisioned: bool = False


def _every(
    kind: str, gap: float, sessions: int, budget: int, span: float, **more: object
) -> Iterator[Callers]:
    """Calls by the clock from `sessions` places, as many as fit into `budget`."""
    burst = max(1, int(span / gap))
    sessions = min(sessions, budget // burst)
    if sessions:
        regular = Callers(kind, sessions * burst, burst=burst, gap=gap, flat=1.0, end=gap, subject_mode="one")
        yield replace(regular, **{"shapes": 1, "refused": 0.0, **more})  # type: ignore[arg-type]  # checked by dataclass


def _web(budget: int, n: int, span: float) -> Iterator[Callers]:
    regular = [
        *_every("canary", 60, 5, budget // 10, span, sources=5, people=71, duration=0.06),
        *_every(
            "health check",
            30,
            15,
            budget // 12,
            span,
            sources=15,
            people=72,
            duration=0.004,
            route="GET /health/",
        ),
        *(
            _every("uptime robot", 300, 2, budget // 40, span, sources=2, people=73, duration=0.01)
            if n % 3 == 0
            else ()
        ),
        *(_warmed(budget, span) if n % 5 == 0 else ()),
    ]
    yield from regular
    rest = budget - sum(one.rows for one in regular)
    visit = Callers(
        "visitor", int(rest * 0.5), burst=8, gap=20, jitter=18, sources=max(20, rest // 14), people=n % 7 * 10_000_000,
        route=("GET /items/", "ANY /shop/", "POST /cart/", "GET /v2/")[n % 4], subjects=5000, shapes=6,
        duration=0.08 + n % 5 * 0.09,
    )  # fmt: skip
    yield visit
    yield replace(
        visit, kind="mobile carrier", rows=int(rest * 0.2), sources=9, people=74, principals=rest // 10 + 1
    )
    yield replace(
        visit, kind="office", rows=int(rest * 0.09), sources=3, people=800 + n, principals=240, flat=0.05,
        peak=9.5 * 3600, width=3 * 3600, burst=15, gap=40,
    )  # fmt: skip
    yield replace(
        visit, kind="search bot", rows=int(rest * 0.05), sources=24, people=75, burst=min(150, max(1, rest // 100)),
        gap=6, jitter=4, flat=1.0, subject_mode="sequence", refused=0.03, shapes=2,
    )  # fmt: skip
    yield replace(
        visit, kind="background scan", rows=min(2000, int(rest * 0.004)), burst=3, gap=2, flat=1.0, refused=1.0,
        sources=max(3, rest // 600), people=76_000_000 + n * 1000, subject_mode="session", shapes=40,
    )  # fmt: skip
    yield replace(
        visit, kind="retries", rows=int(rest * 0.03), burst=4, gap=3, jitter=2, subject_mode="session", refused=0.7,
        refused_status=429, shapes=1, sources=max(10, rest // 100), people=77_000_000,
    )  # fmt: skip
    sale = replace(
        visit,
        kind="flash crowd",
        rows=int(rest * 0.12),
        burst=5,
        gap=6,
        flat=0.0,
        width=600,
        peak=12.2 * 3600,
    )
    yield (
        replace(sale, people=78_000_000, shapes=2, subjects=3, sources=max(10, rest // 40))
        if n % 2
        else replace(visit, rows=sale.rows, people=visit.people + 5_000_000)
    )


def _warmed(budget: int, span: float) -> Iterator[Callers]:
    """serverless-plugin-warmup: every five minutes, so many at once, an event that the handler answers at once."""
    return _every(
        "warm-up plugin", 300, 4, budget // 15, span, is_pinned=True, trigger="direct", routes=0, duration=0.0015, payload=60,
        begin=30.0, end=30.4, errors=0.0, timeouts=0.0,
    )  # fmt: skip


def _login(budget: int, n: int, span: float) -> Iterator[Callers]:
    attempt = Callers(
        "sign-in", int(budget * 0.6), burst=2, gap=15, jitter=10, route="POST /login/", routes=2, refused=0.07,
        refused_status=401, sources=max(30, budget // 3), people=n * 10_000_000, subject_mode="session", shapes=2,
        duration=0.35,
    )  # fmt: skip
    yield attempt
    yield replace(
        attempt, kind="office", rows=int(budget * 0.15), sources=4, people=900 + n, refused=0.12, flat=0.0, peak=9 * 3600,
        width=3600,
    )  # fmt: skip
    yield replace(attempt, kind="mobile carrier", rows=int(budget * 0.2), sources=9, people=74)
    # An application whose stored password is old tries every minute, from one address, always the same account.
    yield from _every(
        "old password", 60, 2, budget // 20, span, sources=2, people=79 + n, refused=1.0, refused_status=401,
        route="POST /login/", duration=0.3,
    )  # fmt: skip


def _partner(budget: int, n: int, span: float) -> Iterator[Callers]:
    """Batch jobs that go through all orders in order, some of which are no more."""
    job = Callers(
        "partner's batch", int(budget * 0.4), burst=max(1, int(budget * 0.1)), gap=min(0.9, 9000 / max(1, budget * 0.1)),
        jitter=0.3, flat=1.0, begin=1800, end=5 * 3600, sources=1, people=1000 + n, principals=1, subject_mode="sequence",
        refused=0.04, shapes=1, route="GET /orders/", routes=1, duration=0.25,
    )  # fmt: skip
    yield job
    yield replace(
        job, kind="partner", rows=int(budget * 0.5), burst=20, gap=3, sources=40, principals=40, begin=0, end=DAY, flat=0.5,
        subject_mode="popular", shapes=4,
    )  # fmt: skip
    yield from _every(
        "poll", 30, 2, budget // 10, span, sources=2, people=1100 + n, principals=2, route="GET /status/"
    )


def _devices(budget: int, n: int, span: float) -> Iterator[Callers]:
    """Ten thousands that call every five minutes and make little work; a third of them from one factory's address."""
    calls = max(1, int(span / 300))
    device = Callers(
        "device", budget * 2 // 3 // calls * calls, burst=calls, gap=300, jitter=1.5, flat=1.0, end=300, route="POST /state/",
        routes=1, sources=max(1, budget // calls), people=n * 3_000_000, principals=max(1, budget // calls),
        subject_mode="session", shapes=1, duration=0.012, payload=300, refused=0.0, trigger="function-url",
    )  # fmt: skip
    yield device
    yield replace(device, kind="factory", rows=budget // 3 // calls * calls, sources=1, people=2000 + n)


def _worker(trigger: str, duration: float, errors: float) -> Callable[[int, int, float], Iterator[Callers]]:
    def callers(budget: int, n: int, span: float) -> Iterator[Callers]:
        batch = Callers(
            "queue", int(budget * 0.7), trigger=trigger, routes=0, subjects=100_000, errors=errors, duration=duration,
            timeouts=0.0005, payload=4000, shapes=4,
        )  # fmt: skip
        yield batch
        # A backlog: what waited comes at once, in as many environments as Lambda gives.
        yield replace(
            batch, kind="backlog", rows=int(budget * 0.2), flat=0.0, peak=(3 + n % 20) * 3600.0, width=120
        )
        yield replace(
            batch,
            kind="redelivery",
            rows=int(budget * 0.1),
            burst=3,
            gap=30,
            errors=0.6,
            subject_mode="session",
        )

    return callers


def _internal(budget: int, n: int, span: float) -> Iterator[Callers]:
    call = Callers(
        "service",
        int(budget * 0.9),
        trigger="direct",
        routes=0,
        principals=4,
        people=3000 + n,
        duration=0.03,
        shapes=2,
    )
    yield call
    yield from _every("warm-up plugin", 300, 6, budget // 10, span, is_pinned=True, trigger="direct", routes=0,
                      duration=0.0015, payload=60, begin=30.0, end=30.4)  # fmt: skip


def _cron(budget: int, n: int, span: float) -> Iterator[Callers]:
    yield from _every("cron", 60, 1, budget, span, trigger="schedule", routes=0, duration=1.2, timeouts=0.002)
    yield from _every("hourly", 3600, 1, budget, span, trigger="schedule", routes=0, duration=40, shapes=1)


def _slow(budget: int, n: int, span: float) -> Iterator[Callers]:
    """Documents and language models: seconds each, so there are many environments, and some calls time out."""
    for one in _web(budget // 2, n, span):
        yield replace(one, duration=one.duration * 12, timeouts=0.004) if one.duration > 0.05 else one


def _staging(budget: int, n: int, span: float) -> Iterator[Callers]:
    """Nobody for hours; then a load test of one shape from few addresses on many environments, then nobody."""
    test = Callers(
        "load test", int(budget * 0.45), flat=0.0, peak=15.5 * 3600, width=900, sources=3, people=4000 + n, shapes=1,
        subjects=20, duration=0.4, route="POST /orders/", routes=1, refused=0.0, principals=1,
    )  # fmt: skip
    yield test
    yield replace(
        test, kind="smoke test", rows=int(budget * 0.02), burst=30, gap=0.4, sources=1, width=5 * 3600
    )
    yield replace(
        test, kind="load test, evening", rows=int(budget * 0.3), peak=19 * 3600, sources=1, refused=0.08
    )


def _rare(budget: int, n: int, span: float) -> Iterator[Callers]:
    yield Callers(
        "operator", 6 + n % 9, sources=2, people=5000, principals=3, flat=0.0, peak=11 * 3600, duration=0.6
    )


KINDS: Sequence[tuple[str, Callable[[int, int, float], Iterator[Callers]]]] = (
    ("shop", _web), ("login", _login), ("orders-worker", _worker("sqs", 0.4, 0.004)), ("partner-api", _partner),
    ("devices", _devices), ("catalogue", _web), ("pricing", _internal), ("documents", _slow), ("report", _cron),
    ("staging-shop", _staging), ("thumbnails", _worker("s3", 1.4, 0.002)), ("account", _web), ("admin-export", _rare),
    ("search", _web), ("events", _worker("kinesis", 0.2, 0.001)), ("assistant", _slow), ("notify", _worker("sns", 0.1, 0.001)),
    ("cleanup", _cron), ("projection", _worker("dynamodb", 0.08, 0.001)), ("mobile", _web),
)  # fmt: skip


def catalogue(invocations: int, *, seed: int, span: float = DAY) -> list[Function]:
    """Return functions whose streams make about so many invocations: 22 to 440 of them, few busy and many not."""
    count = max(20, min(400, invocations // 25_000))
    made = invocations
    budget = invocations
    # What goes by the clock takes what it takes, so the others have to make up for it.
    for _ in range(3):
        budget = budget * invocations // made
        functions = _functions(count, budget, seed=seed, span=span)
        made = sum(callers.rows for one in functions for callers in one.callers)
    return functions


def _functions(count: int, invocations: int, *, seed: int, span: float) -> list[Function]:
    chance = random.Random(seed)
    weights = [1 / (n // len(KINDS) + 1.5) ** 0.7 * chance.uniform(0.5, 1.5) for n in range(count)]
    functions = []
    for n in range(count):
        name, make = KINDS[n % len(KINDS)]
        budget = int(invocations * weights[n] / sum(weights))
        calls = tuple(one for one in make(budget, n, span) if one.rows)
        ordinary = Function(
            name=f"{name}-{n // len(KINDS)}" if n >= len(KINDS) else name,
            account=ACCOUNTS[n % 3],
            region=REGIONS[n // 7 % 3],
            callers=_fitted(calls, span),
            version=1 + chance.randrange(90),
            is_latest=n % 4 == 1,
            deploy=(13.5 + n % 5 * 0.4) * 3600 * span / DAY if n % 3 == 0 else NEVER,
            bug=10 * 3600 * span / DAY if n % 23 == 5 else NEVER,
            timeout=60.0 if make in (_cron, _slow) else 15.0,
            residue=(0.0, 0.0, 0.3, 0.02)[n % 4],
            residues=(1, 1, 1, 6)[n % 4],
            is_provisioned=n % 11 == 5,
        )
        functions.append(ordinary)
        if n % 10 == 0:
            # The same name in another account: other code under the same version, and nothing wrong with it.
            functions.append(
                replace(
                    ordinary,
                    account=ACCOUNTS[(n + 1) % 3],
                    region=REGIONS[0],
                    callers=_fitted(calls[:2], span),
                )
            )
    return functions


def _fitted(callers: Sequence[Callers], span: float) -> tuple[Callers, ...]:
    """Squeeze hours of the day into a shorter span; what goes by the clock keeps its period."""
    part = span / DAY
    return tuple(
        replace(
            one,
            rows=max(1, one.rows // one.burst) * one.burst,
            begin=one.begin * part if one.end > 3600 else one.begin,
            end=one.end * part if one.end > 3600 else one.end,
            peak=one.peak * part,
            width=one.width * part,
        )
        for one in callers
    )

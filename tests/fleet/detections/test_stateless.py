"""Each stateless rule finds the attack it is for and is silent about what is like it and honest, whole and on two shards."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Sequence

import pytest

from dayfly.fleet.detections.rules import Rule, load_rules
from dayfly.fleet.detections.running import run_rule
from dayfly.fleet.records.rows import Detection, Finding, Invocation
from dayfly.fleet.store.store import Store

DAY = 86_400
# A day begins with the epoch's own, so that hours are hours.
BEGIN = 1_763_942_400.0
NOW = BEGIN + 20 * 3600
ROUTE = "GET /orders/{id}"
RULES = {rule.name: rule for rule in load_rules()}


def call(time: float, number: int, **more: object) -> Invocation:
    """One honest call: of one of two hundred people, answered well by one of twenty environments."""
    plain: dict[str, object] = {
        "time": round(time, 3),
        "function": "orders",
        "account": "111122223333",
        "region": "eu-west-1",
        "environment": 1 + number % 20,
        "sequence": number,
        "request_id": f"{number:08x}-0000-4000-8000-000000000000",
        "trigger": "http-api",
        "route": ROUTE,
        "source": 1_000 + number % 200,
        "pattern": 1 + number % 3,
        "shape": 1,
        "subject": 1_000_000 + number * 7_919 % 500,
        "status": 200,
        "duration_us": 100_000,
    }
    return Invocation(**(plain | more))  # type: ignore[arg-type]  # the fields are the struct's own


def background(begin: float = BEGIN, end: float = NOW, *, period: float = 20.0) -> list[Invocation]:
    """An honest day: a call every twenty seconds, one in fifty not found, one in a hundred failing."""
    count = int((end - begin) / period)
    return [
        call(
            begin + number * period,
            number,
            status=404 if number % 50 == 0 else 200,
            outcome="error" if number % 100 == 1 else "success",
        )
        for number in range(count)
    ]


def look(reader: Store, name: str, *, whole: bool = False, now: float = NOW) -> list[Detection]:
    """Run a rule live or over the whole day."""
    rule = RULES[name]
    return run_rule(reader, rule, start=BEGIN if whole else now - rule.lookback, now=now).detections


def found_everywhere(store: Store, shards: Store, name: str, *, now: float = NOW) -> list[Detection]:
    """Run a rule live and over the whole day, on one machine and on two shards; all must agree."""
    results = [
        look(reader, name, whole=whole, now=now)
        for reader, whole in itertools.product((store, shards), (False, True))
    ]
    keys = [{each.subject_key for each in result} for result in results]
    assert all(each == keys[0] for each in keys), keys
    counts = [sorted(each.events for each in result) for result in results]
    assert counts[0] == counts[2]
    assert counts[1] == counts[3]
    for result in results:
        for each in result:
            assert "(unknown)" not in each.story
            assert each.reasons
    return results[0]


def enumeration() -> Iterator[Invocation]:
    """One caller counts through forty orders in ten minutes; one in ten is there."""
    for number in range(40):
        status = 200 if number % 10 == 0 else 404
        yield call(NOW - 900 + 15 * number, 50_000 + number, source=7, subject=number + 1, status=status)


def stuffing() -> Iterator[Invocation]:
    for number in range(30):
        status = 200 if number == 20 else 401
        yield call(
            NOW - 1800 + 50 * number, 50_000 + number, source=7, subject=number + 1, status=status, pattern=1
        )


def stuffing_by_many() -> Iterator[Invocation]:
    """Sixty callers with two tries each, in the form of honest requests."""
    for number in range(120):
        yield call(
            NOW - 1500 + 10 * number,
            50_000 + number,
            source=5_000 + number % 60,
            subject=number + 1,
            status=401,
        )


def probing() -> Iterator[Invocation]:
    for number in range(24):
        yield call(
            NOW - 900 + 30 * number, 50_000 + number, source=7 + number % 5, subject=number + 1, pattern=99,
            status=(400, 404, 500)[number % 3],
        )  # fmt: skip


def slowly() -> Iterator[Invocation]:
    for number in range(90):
        yield call(
            NOW - 9 * 3600 + 330 * number,
            50_000 + number,
            source=6_000 + number % 45,
            subject=number + 1,
            pattern=98,
            status=404,
        )


def scraping() -> Iterator[Invocation]:
    for number in range(400):
        yield call(NOW - 3 * 3600 + 10 * number, 50_000 + number, source=7, subject=number + 1, pattern=1)


def burst() -> Iterator[Invocation]:
    for number in range(60):
        yield call(
            NOW - 1500 + number * 0.05,
            50_000 + number,
            source=7,
            subject=1,
            pattern=97,
            environment=900 + number,
        )


def pings() -> Iterator[Invocation]:
    for number in range(72):
        yield call(
            NOW - 5 * 3600 + number // 3 * 240 + number % 3 * 0.1, 50_000 + number, source=7, subject=1, pattern=96,
            duration_us=2_000, environment=1 + number % 3,
        )  # fmt: skip


def leech() -> Iterator[Invocation]:
    for number in range(60):
        yield call(
            NOW - 5 * 3600 + 290 * number, 50_000 + number, source=7 + number % 3, subject=1, pattern=95, duration_us=14_900_000,
            outcome="timeout", status=0,
        )  # fmt: skip


def storm() -> Iterator[Invocation]:
    for number in range(900):
        yield call(
            NOW - 1500 + number, 50_000 + number, source=7 + number % 10, subject=1, pattern=94, duration_us=5_000_000,
            environment=900 + number % 50,
        )  # fmt: skip


def loop() -> Iterator[Invocation]:
    for number in range(200):
        yield call(
            NOW - 900 + 2 * number, 50_000 + number, source=0, subject=1, pattern=93, trigger="s3", route="", status=0,
            function="thumbnails",
        )  # fmt: skip


ATTACKS: dict[str, Callable[[], Iterator[Invocation]]] = {
    "enumeration": enumeration,
    "credential_stuffing": stuffing,
    "distributed_refusals": stuffing_by_many,
    "probing": probing,
    "low_and_slow": slowly,
    "scraping": scraping,
    "infection_burst": burst,
    "keep_warm": pings,
    "slow_leech": leech,
    "wallet_burst": storm,
    "recursion": loop,
}


@pytest.mark.parametrize("name", ATTACKS)
def test_a_rule_finds_its_attack_and_nothing_else(store: Store, shards: Store, name: str) -> None:
    store.insert("invocations", background())
    if name == "recursion":
        store.insert("invocations", [
            call(BEGIN + 60 * number, 80_000 + number, function="thumbnails", trigger="s3", route="", status=0, source=0)
            for number in range(1200)
        ])  # fmt: skip
    assert look(store, name, whole=True) == []
    planted = list(ATTACKS[name]())
    store.insert("invocations", planted)
    found = found_everywhere(store, shards, name)
    assert len(found) == 1
    ids = {one.request_id for one in planted}
    # A caller of whom the hour shows nothing but one failure may be an honest one.
    assert len(set(found[0].request_ids) - ids) <= 5
    assert 3 <= found[0].severity <= 4
    assert found[0].functions == [planted[0].function]


def many(sources: Sequence[int], count: int, **more: object) -> list[Invocation]:
    return [
        call(
            NOW - 1700 + 1600 * number / count, 60_000 + number, source=sources[number % len(sources)], **more
        )
        for number in range(count)
    ]


HONEST: dict[str, tuple[str, list[Invocation]]] = {
    "a client that retries what is refused": (
        "enumeration",
        many([7], 200, subject=1, status=404),
    ),
    "an application with an old password": ("credential_stuffing", many([7], 200, subject=1, status=401)),
    "an office behind one address, mostly answered": (
        "enumeration",
        [
            call(NOW - 1700 + number, 60_000 + number, source=7, principal=1 + number % 90, subject=number + 1, pattern=1,
                 status=404 if number % 20 == 0 else 200)
            for number in range(1600)
        ],
    ),
    "a limit that refuses many (429)": ("distributed_refusals", many(range(3_000, 3_200), 400, status=429)),
    "a release in which everybody's same thing is not found": (
        "distributed_refusals",
        many(range(3_000, 3_200), 400, subject=1, status=404),
    ),
    "a new client's requests, answered well": ("probing", many(range(3_000, 3_020), 100, pattern=99)),
    "a flash crowd with a new kind of request": (
        "infection_burst",
        [
            call(NOW - 1500 + number * 0.1, 60_000 + number, source=9_000 + number, pattern=97, environment=900 + number % 60)
            for number in range(400)
        ],
    ),
    "a person who comes back now and then": (
        "keep_warm",
        [
            call(NOW - 5 * 3600 + 240 * number + (number * 7919 % 13) * 90, 60_000 + number, source=7, subject=1, pattern=96,
                 duration_us=2_000)
            for number in range(60)
        ],
    ),
    "a caller who was there all day": ("keep_warm", [
        call(BEGIN + 240 * number, 60_000 + number, source=7, subject=1, pattern=96, duration_us=2_000) for number in range(299)
    ]),
    "a backlog of different things": ("recursion", [
        call(NOW - 900 + number * 0.5, 60_000 + number, source=0, subject=number + 1, trigger="sqs", route="", status=0)
        for number in range(1000)
    ]),
    "a sale: many callers, many kinds of request": ("wallet_burst", [
        call(NOW - 1500 + number * 0.5, 60_000 + number, source=9_000 + number, duration_us=1_000_000) for number in range(2000)
    ]),
    "customers who ask for what is new every few seconds": ("recursion", [
        call(NOW - 1700 + number * 2, 60_000 + number, source=1 + number % 12, principal=1 + number % 12, subject=1, trigger=trigger)
        for number in range(800) for trigger in ("http-api", "rest-api", "alb", "websocket")[number % 4 :][:1]
    ]),
    "a database that is slow for everybody for half an hour": ("slow_leech", [
        call(NOW - 4000 + number, 60_000 + number, source=9_000 + number * 7 % 83, duration_us=6_000_000) for number in range(1800)
    ]),
    "a customer who is signed in and looks at all that is new": (
        "scraping", [
            call(NOW - 1700 + number * 6, 60_000 + number, source=7, principal=7, subject=5_000 + number) for number in range(240)
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", HONEST)
def test_a_rule_is_silent_about_what_is_like_it(store: Store, case: str) -> None:
    name, calls = HONEST[case]
    store.insert("invocations", background() + calls)
    assert look(store, name) == []
    assert look(store, name, whole=True) == []


def test_findings_make_a_burst_critical(store: Store) -> None:
    planted = list(burst())
    store.insert("invocations", background() + planted)
    store.insert("findings", [
        Finding(time=one.time, function=one.function, environment=one.environment, uid=str(one.sequence), kind="residue.memory",
                severity=4, request_id=one.request_id)
        for one in planted[:9]
    ])  # fmt: skip
    (found,) = look(store, "infection_burst")
    assert found.severity == 5
    assert "9 of the requests caused findings" in " ".join(found.reasons)


def test_pings_after_a_burst_are_high(store: Store) -> None:
    store.insert("invocations", background() + list(pings()))
    (before,) = look(store, "keep_warm")
    assert before.severity == 3
    burst_found = Detection(
        uid="b", updated=NOW, rule="infection_burst", title="", severity=4, reasons=[], story="", functions=["orders"],
        first_time=NOW - 6 * 3600, last_time=NOW - 6 * 3600,
    )  # fmt: skip
    store.insert("detections", [burst_found])
    (after,) = look(store, "keep_warm")
    assert after.severity == 4


def test_a_known_sender_s_new_kind_of_event_is_told_low(store: Store) -> None:
    senders = [
        call(BEGIN + 600 * number, 90_000 + number, source=one)
        for number, one in enumerate(sorted({one.source for one in burst()}) * 12)
    ]
    store.insert("invocations", background() + senders + list(burst()))
    (found,) = look(store, "infection_burst")
    assert found.severity == 2


def test_after_a_burst_calls_that_come_by_chance_but_never_stop_are_told(store: Store) -> None:
    chance = random.Random(3)
    times = itertools.accumulate([NOW - 5 * 3600, *(chance.expovariate(1 / 240) for _ in range(70))])
    store.insert(
        "invocations",
        background()
        + [
            call(one, 60_000 + number, source=7, subject=1, pattern=96, duration_us=2_000)
            for number, one in enumerate(times)
        ],
    )
    assert look(store, "keep_warm") == []
    store.insert("findings", [
        Finding(time=NOW - 6 * 3600, function="orders", environment=1, uid="1", kind="residue.memory", severity=4)
    ])  # fmt: skip
    (found,) = look(store, "keep_warm")
    assert found.severity == 4
    assert "at irregular intervals without a long pause" in found.story


def test_a_load_test_of_somebody_signed_in_is_told_low(store: Store) -> None:
    planted = [
        call(
            one.time,
            one.sequence,
            source=one.source,
            principal=5,
            pattern=94,
            subject=1,
            duration_us=5_000_000,
        )
        for one in storm()
    ]
    store.insert("invocations", background() + planted)
    (found,) = look(store, "wallet_burst")
    assert found.severity == 2


def test_one_function_of_two_accounts_is_two_functions(store: Store) -> None:
    other = [
        call(one.time, one.sequence, account="444455556666", pattern=99, status=200, source=one.source)
        for one in background()
    ]
    store.insert("invocations", background() + other + list(probing()))
    (found,) = look(store, "probing")
    assert found.account == "111122223333"


def all_rules() -> list[Rule]:
    return list(RULES.values())


def test_on_an_empty_store_rules_find_nothing(store: Store, shards: Store) -> None:
    for rule in all_rules():
        for reader in (store, shards):
            assert run_rule(reader, rule, start=NOW - rule.lookback, now=NOW).all == 0, rule.name

"""The runner writes what is new or has changed, once, and a rule that fails costs only itself."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import pytest

from dayfly.fleet.detections.late import late_spans
from dayfly.fleet.detections.muting import rule_subject
from dayfly.fleet.detections.rules import Rule, load_rules, parse_text
from dayfly.fleet.detections.runner import Runner
from dayfly.fleet.detections.running import Found
from dayfly.fleet.records.rows import Invocation, Triage
from dayfly.fleet.store.sqlfiles import parse_sql
from dayfly.fleet.store.store import Row, Store

NOW = 1_764_000_000.0
_ROWS = parse_sql("rows", "SELECT rule, uid, severity, events FROM detections ORDER BY updated")
BROKEN = """-- rule: broken
-- title: Broken
-- severity: high
-- every: 10
-- lookback: 60
-- story: none
-- do: none
-- explain: none
SELECT 'x' AS subject_key, {now:DateTime64(3)} AS episode, '' AS account, '' AS region, [] AS functions,
    [] AS environments, 0 AS environments_all, [] AS sources, [] AS request_ids, 0 AS events,
    {start:DateTime64(3)} AS first_time, {now:DateTime64(3)} AS last_time, 1 AS severity, [] AS reasons,
    toString(throwIf(1, 'on purpose')) AS facts
"""
FLOOD = """-- rule: flood
-- title: Flood
-- severity: low
-- every: 10
-- lookback: 60
-- story: The {number}th
-- do: none
-- explain: none
SELECT toString(number) AS subject_key, toStartOfHour({now:DateTime64(3)}) AS episode, '' AS account, '' AS region,
    ['f'] AS functions, [number] AS environments, 1 AS environments_all, [] AS sources, [] AS request_ids,
    number AS events, {start:DateTime64(3)} AS first_time, {now:DateTime64(3)} AS last_time, 2 AS severity,
    ['so it is'] AS reasons, toJSONString(map('number', number)) AS facts
FROM numbers(10000)
"""


class Clock:
    """A clock that stands until it is put forward."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def enumeration() -> Rule:
    return next(rule for rule in load_rules() if rule.name == "enumeration")


def attack(
    *, begin: float = NOW - 500, count: int = 40, source: int = 2**63 + 5, first: int = 0
) -> list[Invocation]:
    return [
        Invocation(
            time=begin + 5 * number,
            function="orders",
            route="GET /orders/{id}",
            environment=100 + number % 10,
            sequence=first + number,
            source=source,
            subject=first + number + 1,
            status=404 if number % 10 else 200,
        )
        for number in range(count)
    ]


def test_what_a_rule_finds_is_written_once(store: Store, clock: Clock) -> None:
    store.insert("invocations", attack())
    runner = Runner(store, [enumeration()], clock)
    (first,) = runner.tick()
    assert first.is_new
    assert not first.is_muted
    assert "requested 36 different things from orders" in first.detection.story
    assert "9 environments" in first.detection.story
    clock.now += 30
    assert runner.tick() == []
    assert Runner(store, [enumeration()], clock).tick() == []
    assert len(store.rows(_ROWS)) == 1


def test_an_attack_that_goes_on_is_the_same_detection(store: Store, clock: Clock) -> None:
    runner = Runner(store, [enumeration()], clock)
    store.insert("invocations", attack())
    (first,) = runner.tick()
    # Half an hour later, when the first requests are out of the rule's sight.
    store.insert("invocations", attack(begin=NOW + 1300, first=100, count=60))
    clock.now += 1700
    second = runner.tick()[-1]
    assert not second.is_new
    assert second.detection.uid == first.detection.uid
    assert second.detection.first_time == first.detection.first_time
    assert second.detection.last_time > first.detection.last_time
    assert second.detection.events > first.detection.events


def test_two_schedulers_come_to_the_same_uid(store: Store, clock: Clock) -> None:
    store.insert("invocations", attack())
    ours, theirs = Runner(store, [enumeration()], clock), Runner(store, [enumeration()], clock)
    found = [ours._run, theirs._run]
    uids = {
        written.detection.uid
        for run in found
        for written in run(enumeration(), start=NOW - 1200, now=NOW, muted=frozenset(), at=NOW)
    }
    assert len(uids) == 1


def test_a_rule_that_fails_costs_only_itself_and_is_tried_more_and_more_seldom(
    store: Store, clock: Clock
) -> None:
    store.insert("invocations", attack())
    runner = Runner(store, [parse_text("broken", BROKEN), enumeration()], clock)
    written = runner.tick()
    assert sorted(each.detection.rule for each in written) == ["enumeration", "rule_failed"]
    (failed,) = (each.detection for each in written if each.detection.rule == "rule_failed")
    assert failed.severity == 3
    assert "on purpose" in failed.story
    assert runner.status["broken"].failures == 1
    clock.now += 10
    assert runner.tick() == []
    clock.now += 10
    (again,) = runner.tick()
    assert not again.is_new
    assert runner.status["broken"].failed_in_a_row == 2


def test_a_rule_that_takes_too_long_is_ended(store: Store, clock: Clock) -> None:
    slow = BROKEN.replace("rule: broken", "rule: slow").replace("-- do: none", "-- do: none\n-- limit: 1")
    slow = slow.replace(
        "toString(throwIf(1, 'on purpose')) AS facts",
        "toString(count()) AS facts FROM numbers(1000000) WHERE sleepEachRow(0.001) = 0",
    )
    runner = Runner(store, [parse_text("slow", slow)], clock)
    (failed,) = runner.tick()
    assert failed.detection.rule == "rule_failed"
    assert runner.status["slow"].last_seconds < 8


def test_a_rule_that_finds_ten_thousand_writes_the_worst_hundred_and_says_so(
    store: Store, clock: Clock
) -> None:
    runner = Runner(store, [parse_text("flood", FLOOD)], clock)
    written = runner.tick()
    assert len(written) == 101
    assert min(each.detection.events for each in written[:100]) == 9900
    assert written[0].detection.story == "The 9,999th"
    assert "found 10,000 subjects" in written[100].detection.story


def test_what_is_muted_is_written_and_nobody_is_alerted(store: Store, clock: Clock) -> None:
    store.insert("invocations", attack())
    mute = Triage(
        time=NOW - 10, subject=rule_subject("enumeration"), action="mute", actor="ada", expires=NOW + 100
    )
    store.insert("triage", [mute])
    (written,) = Runner(store, [enumeration()], clock).tick()
    assert written.is_muted
    store.insert("invocations", attack(source=77))
    clock.now += 200
    (later,) = Runner(store, [enumeration()], clock).tick()
    assert not later.is_muted


def test_lines_that_come_in_hours_late_are_looked_at(store: Store, clock: Clock) -> None:
    runner = Runner(store, [enumeration()], clock, catch_up=True)
    assert runner.tick() == []
    # `ingested` is the store's own now; the lines themselves are of two days ago.
    store.insert("invocations", attack(begin=NOW - 2 * 86_400))
    clock.now += 61
    (written,) = runner.tick()
    assert written.is_new
    assert written.detection.first_time == pytest.approx(NOW - 2 * 86_400 + 5)


def test_neighbouring_late_hours_are_one_span_of_at_most_about_a_day() -> None:
    hour = int(NOW) - int(NOW) % 3600
    hours = [(hour - 3600 * back, float(hour - 3600 * back)) for back in range(60, 1, -1)]
    spans = late_spans(hours, lookback=1200, now=NOW)
    assert spans[0][0] == hour - 60 * 3600 - 1200
    assert spans[-1][1] >= hour - 3600
    assert all(end - start <= 86_400 + 2400 for start, end in spans)
    assert all(later[0] <= earlier[1] for earlier, later in itertools.pairwise(spans))
    assert late_spans([(int(NOW) - 600, NOW - 600)], lookback=1200, now=NOW) == []


def test_a_store_that_is_away_leaves_everything_due(store: Store, clock: Clock) -> None:
    runner = Runner(store, [enumeration()], clock)
    store.command("DROP TABLE triage")
    assert runner.tick() == []
    assert runner.store_error
    assert runner.next_due() == 0.0


def test_rules_that_began_together_come_one_after_the_other(store: Store, clock: Clock) -> None:
    quiet = FLOOD.replace("numbers(10000)", "numbers(0)").replace("every: 10", "every: 60")
    names = [f"quiet_{letter}" for letter in "abcdefgh"]
    runner = Runner(
        store, [parse_text(name, quiet.replace("rule: flood", f"rule: {name}")) for name in names], clock
    )
    runner.tick()
    at_once = []
    for _ in range(60):
        clock.now += 1
        before = sum(status.runs for status in runner.status.values())
        runner.tick()
        at_once.append(sum(status.runs for status in runner.status.values()) - before)
    assert sum(at_once) == len(names)
    assert max(at_once) <= 3


class Stopwatch:
    """Stands but for what a rule's own clause says that it takes."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def paced(store: Store, monkeypatch: pytest.MonkeyPatch) -> tuple[Clock, Stopwatch, list[str], Store]:
    """A clock, a stopwatch and who ran: every rule takes what its severity says, in hundredths of a second."""
    stopwatch, ran, clock = Stopwatch(), list[str](), Clock()

    def run(
        _store: Store, rule: Rule, *, start: float, now: float, suspects: Sequence[Row] | None = None
    ) -> Found:
        ran.append(rule.name if now == clock.now or suspects else f"late {rule.name}")
        stopwatch.now += rule.severity * 0.02
        return Found([], 0)

    def look(_store: Store, rule: Rule, *, start: float, now: float) -> list[Row]:
        ran.append(f"{rule.name} looks")
        stopwatch.now += rule.severity * 0.02
        return [{"suspect": 1}]

    monkeypatch.setattr("dayfly.fleet.detections.runner.run_rule", run)
    monkeypatch.setattr("dayfly.fleet.detections.runner.find_suspects", look)
    monkeypatch.setattr("dayfly.fleet.detections.runner.muted_subjects", lambda _store, *, now: frozenset())
    return clock, stopwatch, ran, store


def _of(name: str, *, every: int, hundredths: int) -> Rule:
    text = FLOOD.replace("rule: flood", f"rule: {name}").replace("every: 10", f"every: {every}")
    return replace(parse_text(name, text.replace("lookback: 60", "lookback: 900")), severity=hundredths // 2)


def test_a_tick_holds_what_fits_and_leaves_the_rest_to_the_next(
    paced: tuple[Clock, Stopwatch, list[str], Store],
) -> None:
    clock, stopwatch, ran, store = paced
    rules = [_of(f"rule_{number}", every=60, hundredths=4) for number in range(9)]
    runner = Runner(store, rules, clock, budget=0.08, catch_up=False, stopwatch=stopwatch)
    longest, ticks = 0.0, list[int]()
    for _ in range(240):
        before, already = stopwatch.now, len(ran)
        runner.tick()
        longest = max(longest, stopwatch.now - before)
        ticks.append(len(ran) - already)
        clock.now += 1
    # Of a rule that never ran it is not known what it takes.
    assert max(ticks[1:]) <= 3
    assert longest <= 0.4
    counts = [ran.count(rule.name) for rule in rules]
    assert min(counts) >= 4


def test_no_rule_is_starved_by_those_that_are_due_all_the_time(
    paced: tuple[Clock, Stopwatch, list[str], Store],
) -> None:
    clock, stopwatch, ran, store = paced
    rules = [_of(f"busy_{number}", every=1, hundredths=6) for number in range(4)]
    rules += [_of("dear", every=60, hundredths=10), _of("seldom", every=600, hundredths=10)]
    runner = Runner(store, rules, clock, budget=0.08, catch_up=False, stopwatch=stopwatch)
    for _ in range(4000):
        runner.tick()
        clock.now += 1
    # There is more than three times too much to do, and each comes at about a quarter of its pace.
    assert ran.count("dear") >= 15
    assert ran.count("seldom") >= 1
    assert min(ran.count(f"busy_{number}") for number in range(4)) >= 900


def test_late_hours_have_their_turn_beside_rules_that_fill_every_tick(
    paced: tuple[Clock, Stopwatch, list[str], Store],
) -> None:
    clock, stopwatch, ran, store = paced
    rules = [_of("busy", every=1, hundredths=8), _of("other", every=1, hundredths=8)]
    runner = Runner(store, rules, clock, budget=0.08, stopwatch=stopwatch)
    runner.tick()
    store.insert("invocations", attack(begin=NOW - 2 * 86_400))
    ran.clear()
    for _ in range(140):
        clock.now += 1
        runner.tick()
    assert sorted(name for name in ran if name.startswith("late")) == ["late busy", "late other"]
    assert min(ran.count("busy"), ran.count("other")) >= 60


def test_a_rule_that_suspects_something_judges_it_in_the_next_tick_where_both_are_too_much(
    paced: tuple[Clock, Stopwatch, list[str], Store],
) -> None:
    clock, stopwatch, ran, store = paced
    rule = replace(enumeration(), severity=3)
    runner = Runner(store, [rule], clock, budget=0.08, catch_up=False, stopwatch=stopwatch)
    runner.tick()
    assert ran == ["enumeration looks"]
    clock.now += 1
    runner.tick()
    assert ran == ["enumeration looks", "enumeration"]
    assert runner.status["enumeration"].runs == 1
    assert runner.status["enumeration"].last_seconds == pytest.approx(0.12)
    clock.now += 1
    runner.tick()
    assert len(ran) == 2
    # With time for both they come at once.
    both = Runner(store, [rule], clock, budget=0.3, catch_up=False, stopwatch=stopwatch)
    both.tick()
    assert ran[2:] == ["enumeration looks", "enumeration"]

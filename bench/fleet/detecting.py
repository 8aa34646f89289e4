"""How much of planted attacks the rules find, what they say of honest traffic, and what that costs.

    python -m bench.fleet.detecting /tmp/day --fill 10000000      # once: a day of honest traffic
    python -m bench.fleet.detecting /tmp/day --seed 1             # plants into it, looks, tells; a folder is used up by this

The attacks are planted at four strengths into different functions at different times; an attack is found when a detection
names one of its callers or its pattern. A detection that names none of any attack is a false alarm.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from bench.fleet import attacks
from bench.fleet.attacks import Attack, Truth, plant
from bench.fleet.traffic import BEGIN, fill
from dayfly.fleet.detections.backtest import backtest
from dayfly.fleet.detections.rules import Rule, load_rules
from dayfly.fleet.detections.runner import Runner
from dayfly.fleet.detections.running import run_rule
from dayfly.fleet.records.rows import Detection
from dayfly.fleet.store.schema import Deployment, migrate
from dayfly.fleet.store.sqlfiles import read_sql
from dayfly.fleet.store.store import Place, Store

DAY = 86_400.0
STRENGTHS = (0.25, 0.5, 1.0, 2.0)
# What each attack is planted into, and the rules of which one must find it.
_WHERE = {"stuffing": "login", "stuffing, one caller": "login", "stuffing, honest form": "login"}
EXPECTED: dict[str, tuple[str, ...]] = {
    "probing": ("probing", "enumeration"),
    "enumeration": ("enumeration", "probing", "low_and_slow", "distributed_refusals"),
    "enumeration, one caller": ("enumeration",),
    "stuffing": ("probing", "low_and_slow", "distributed_refusals", "credential_stuffing"),
    "stuffing, one caller": ("credential_stuffing",),
    "stuffing, honest form": ("distributed_refusals",),
    "low and slow": ("low_and_slow", "probing"),
    "scraping": ("scraping",),
    "infection burst": ("infection_burst",),
    "infection burst, scaling": ("infection_burst",),
    "keep-warm": ("keep_warm",),
    "leech": ("slow_leech",),
    "leech, one caller": ("slow_leech",),
    "wallet burst": ("wallet_burst",),
    "recursion": ("recursion",),
}


def campaign(begin: float) -> list[Attack]:
    """Return the attacks at full strength: C's catalogue and variants that hide better."""
    return [
        attacks.probing(begin),
        attacks.enumeration(begin),
        attacks.enumeration(begin, name="enumeration, one caller", sources=1, requests=120, subjects=120, is_disguised=True),
        attacks.stuffing(begin),
        attacks.stuffing(begin, name="stuffing, one caller", sources=1, requests=60, subjects=60, is_disguised=True),
        attacks.stuffing(begin, name="stuffing, honest form", sources=200, is_disguised=True),
        attacks.enumeration(
            begin - 5 * 3600, name="low and slow", sources=120, requests=240, subjects=240, seconds=9 * 3600, statuses=(404,)
        ),
        attacks.scraping(begin),
        attacks.infection_burst(begin),
        attacks.infection_burst(begin, name="infection burst, scaling", is_scaling=True),
        attacks.keep_warm(begin - 2 * 3600),
        attacks.leech(begin - 2 * 3600),
        attacks.leech(begin - 2 * 3600, name="leech, one caller", sources=1, duration=6.0, outcome="success", statuses=(200,)),
        attacks.wallet_burst(begin),
        attacks.recursion(begin),
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Planted:
    """An attack as it was planted, at which strength."""

    strength: float
    truth: Truth


@dataclass(frozen=True, slots=True)
class Costs:
    """Seconds: a whole day, and the median of live looks at different hours; and the processor's, of all cores."""

    day: float
    live: float
    day_processor: float
    live_processor: float


def plant_all(store: Store, *, seed: int, copies: int) -> list[Planted]:
    """Plant every attack at every strength, `copies` times, each into a function and at a time of its own."""
    chance = random.Random(seed)
    functions = [
        str(row["function"])
        for row in store.rows(
            read_sql("bench.fleet", "sql/many_environments"), {"least": 8, "begin": BEGIN.timestamp()}
        )
    ]
    done = []
    for copy in range(copies):
        for strength in STRENGTHS:
            for attack in campaign(BEGIN.timestamp() + chance.uniform(11, 17) * 3600):
                wanted = _WHERE.get(attack.name, "")
                choice = [name for name in functions if name.startswith(wanted)] or functions
                scaled = replace(
                    attack,
                    function=chance.choice(choice),
                    requests=max(1, int(attack.requests * strength)),
                    subjects=max(1, int(attack.subjects * strength))
                    if attack.subjects > 10
                    else attack.subjects,
                    # A weaker ping is a shorter one: its period is what keeps an environment.
                    period=attack.period,
                )
                done.append(
                    Planted(
                        strength,
                        plant(store, scaled, seed=seed * 1000 + copy, is_counted=False, with_platform=False),
                    )
                )
    return done


def is_of(detection: Detection, truth: Truth) -> bool:
    """Tell whether a detection is about an attack: by a caller, a pattern, or the requests themselves."""
    if truth.sources & set(detection.sources) or truth.request_ids & set(detection.request_ids):
        return True
    facts = msgspec.json.decode(detection.facts)
    return isinstance(facts, dict) and facts.get("pattern") in truth.patterns


def measure(store: Store, rule: Rule, begin: float) -> Costs:
    """Time a whole day and live looks, the rule's own look-back long."""
    live = []
    for number in range(9):
        now = begin + (10 + number) * 3600 + 137
        live.append(_timed(store, rule, now - rule.lookback, now))
    middle = len(live) // 2
    day, day_processor = _timed(store, rule, begin, begin + DAY)
    return Costs(
        day, sorted(wall for wall, _ in live)[middle], day_processor, sorted(used for _, used in live)[middle]
    )


def ticks(store: Store, rules: Sequence[Rule], begin: float, seconds: int) -> str:
    """Let a runner tick every second of `seconds`, and tell how long the ticks took that ran a rule."""
    now = begin
    runner = Runner(store, rules, lambda: now, catch_up=False)
    runner.tick()
    took: list[tuple[float, float]] = []
    for step in range(1, seconds + 1):
        now = begin + step
        if runner.next_due() > now:
            continue
        wall, used = time.perf_counter(), time.process_time()
        runner.tick()
        took.append((time.perf_counter() - wall, time.process_time() - used))
    walls, processors = sorted(wall for wall, _ in took), sorted(used for _, used in took)
    parts = [("half", 0.5), ("95 %", 0.95), ("all", 1.0)]
    told = [
        f"{name} within {walls[int((len(took) - 1) * part)] * 1000:.0f} ms "
        f"({processors[int((len(took) - 1) * part)] * 1000:.0f} of processor)"
        for name, part in parts
    ]
    return (
        f"{len(rules)} rules, {len(took)} ticks of {seconds} s ran a rule: {', '.join(told)}; "
        f"{sum(processors) / seconds:.1%} of one core"
    )


def _timed(store: Store, rule: Rule, start: float, now: float) -> tuple[float, float]:
    wall, used = time.perf_counter(), time.process_time()
    run_rule(store, rule, start=start, now=now)
    return time.perf_counter() - wall, time.process_time() - used


def main(arguments: Sequence[str]) -> None:
    """Fill, or plant and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--fill", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--copies", type=int, default=2)
    parser.add_argument("--rules", nargs="*", default=[])
    parser.add_argument("--untimed", action="store_true", help="leave the times out")
    parser.add_argument("--ticks", type=int, default=0, help="so many seconds of a live runner instead")
    parser.add_argument("--honest", action="store_true", help="plant nothing")
    chosen = parser.parse_args(arguments)
    with Store(Place(folder=chosen.folder)) as store:
        migrate(store, Deployment.SINGLE)
        if chosen.fill:
            fill(store, chosen.fill, seed=chosen.seed)
            return
        # The time limit is for a store that serves, not for a machine that does other things beside.
        rules = [
            replace(rule, limit=60) for rule in load_rules() if not chosen.rules or rule.name in chosen.rules
        ]
        if chosen.ticks:
            print(ticks(store, rules, BEGIN.timestamp() + 15 * 3600, chosen.ticks))
            return
        planted = [] if chosen.honest else plant_all(store, seed=chosen.seed, copies=chosen.copies)
        _tell(store, rules, planted, is_timed=not chosen.untimed)


def _tell(store: Store, rules: Sequence[Rule], planted: Sequence[Planted], *, is_timed: bool) -> None:
    begin = BEGIN.timestamp()
    found: dict[str, list[Detection]] = {}
    print(
        "| rule | false alarms a day | a whole day, ms (of processor) | live look, ms (of processor) |\n|---|---|---|---|"
    )
    for tried in backtest(store, rules, begin, begin + DAY):
        found[tried.rule.name] = tried.detections
        costs = measure(store, tried.rule, begin) if is_timed else Costs(tried.seconds, 0, 0, 0)
        false = [one for one in tried.detections if not any(is_of(one, each.truth) for each in planted)]
        print(
            f"| `{tried.rule.name}` | {tried.error or len(false)} | {costs.day * 1000:.0f} ({costs.day_processor * 1000:.0f}) "
            f"| {costs.live * 1000:.0f} ({costs.live_processor * 1000:.0f}) |",
            flush=True,
        )
        for one in false[:5]:
            print(f"  false: {one.severity} {one.story[:300]}", file=sys.stderr)
    if not planted:
        return
    print("\n| attack | " + " | ".join(f"× {strength:g}" for strength in STRENGTHS) + " | found by |")
    print("|---|" + "---|" * (len(STRENGTHS) + 1))
    for name in EXPECTED:
        cells = []
        by: dict[str, int] = {}
        for strength in STRENGTHS:
            these = [each for each in planted if each.truth.attack.name == name and each.strength == strength]
            hits = 0
            for each in these:
                names = {rule for rule, seen in found.items() if any(is_of(one, each.truth) for one in seen)}
                hits += bool(names & set(EXPECTED[name]))
                for rule in names:
                    by[rule] = by.get(rule, 0) + 1
            cells.append(f"{hits}/{len(these)}")
        print(
            f"| {name} | {' | '.join(cells)} | {', '.join(f'{rule} {count}' for rule, count in sorted(by.items()))} |"
        )


if __name__ == "__main__":
    main(sys.argv[1:])

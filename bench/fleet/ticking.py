"""How long detections take: each rule at moments of the day, a minute of ticks at its busiest, and the whole day at once."""

from __future__ import annotations

import time

from bench.fleet.size import Kept, Measured, Planted, milliseconds
from dayfly.fleet.detections.backtest import Tried, backtest
from dayfly.fleet.detections.rules import load_rules
from dayfly.fleet.detections.runner import Runner
from dayfly.fleet.detections.running import run_rule
from dayfly.fleet.records.rows import Detection
from dayfly.fleet.service.assembling import TICK_SECONDS
from dayfly.fleet.service.detecting import BUDGET

# Hours: night, morning, the flash crowds, the load test, evening, midnight.
_HOURS = (3.0, 9.5, 12.25, 15.6, 19.1, 24.0)
# As many that every rule but the most seldom has come more than once, by the service's own pace.
_TICKS = 180


def measure(measured: Measured) -> dict[str, object]:
    """Milliseconds by rule, of ticks, and of the whole day; what the whole day found of the attacks and besides."""
    store, day = measured.store, measured.day
    rules = load_rules()
    live: dict[str, list[float]] = {rule.name: [] for rule in rules}
    cpu: dict[str, list[float]] = {rule.name: [] for rule in rules}
    for hour in _HOURS:
        now = day.begin + hour * 3600
        for rule in rules:
            began, used = time.perf_counter(), time.process_time()
            run_rule(store, rule, start=now - rule.lookback, now=now)
            live[rule.name].append(time.perf_counter() - began)
            cpu[rule.name].append(time.process_time() - used)
    began, used = time.perf_counter(), time.process_time()
    whole = {tried.rule.name: tried for tried in backtest(store, rules, day.begin, day.end)}
    whole_s, whole_cpu = time.perf_counter() - began, time.process_time() - used
    clock = [day.begin + 12.2 * 3600]
    runner = Runner(store, rules, lambda: clock[0], budget=BUDGET, catch_up=False)
    ticks = []
    ticks_cpu = []
    for _ in range(_TICKS):
        began, used = time.perf_counter(), time.process_time()
        runner.tick()
        ticks.append(time.perf_counter() - began)
        ticks_cpu.append(time.process_time() - used)
        clock[0] += TICK_SECONDS
    return {
        "ticks": {
            "every_s": TICK_SECONDS,
            "first_ms": round(ticks[0] * 1000, 1),
            **milliseconds(ticks[1:]),
            "cpu": milliseconds(ticks_cpu[1:]),
        },
        "whole_day_all_rules_s": round(whole_s, 2),
        "whole_day_all_rules_cpu_s": round(whole_cpu, 2),
        "rules": [
            {
                "rule": rule.name,
                "every_s": rule.every,
                "lookback_s": rule.lookback,
                **milliseconds(live[rule.name]),
                # Of both cores; on a machine that does other things, too, it says more than time.
                "cpu_ms": milliseconds(cpu[rule.name])["median_ms"],
                "whole_day_s": round(whole[rule.name].seconds, 2),
                "found": whole[rule.name].all,
                "error": whole[rule.name].error[:120],
            }
            for rule in rules
        ],
        "attacks": [
            {
                "attack": attack.name,
                "function": attack.function,
                "found_by": " ".join(_found(day, attack.name, whole)),
            }
            for attack in day.attacks
        ],
        "false_alarms_a_day": sum(len(_false(day, tried)) for tried in whole.values()),
        "false_alarms": [
            {
                "rule": name,
                "subject": one.subject_key,
                "functions": " ".join(one.functions),
                "severity": one.severity,
            }
            for name, tried in whole.items()
            for one in _false(day, tried)
        ][:40],
    }


def _found(day: Kept, name: str, whole: dict[str, Tried]) -> list[str]:
    attack = next(one for one in day.attacks if one.name == name)
    return [rule for rule, tried in whole.items() if any(_is_of(one, attack) for one in tried.detections)]


def _false(day: Kept, tried: Tried) -> list[Detection]:
    """Detections of functions that nobody attacked at the time."""
    return [one for one in tried.detections if not any(_is_of(one, attack) for attack in day.attacks)]


def _is_of(detection: Detection, attack: Planted) -> bool:
    return (
        attack.function in detection.functions
        and detection.first_time <= attack.last + 3600
        and detection.last_time >= attack.first - 3600
    )

"""Measures the hunting rules on a day of honest traffic: false alarms, time, and what they see of attacks by strength.

python -m bench.fleet.hunting FOLDER            # a folder with a day that bench.fleet.traffic made
python -m bench.fleet.hunting FOLDER --plant    # plants the attacks first; the folder is not honest afterwards
"""

from __future__ import annotations

import itertools
import json
import random
import sys
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import cast

import msgspec

from dayfly.fleet.detections.concluding import conclude
from dayfly.fleet.detections.rules import Rule, load_rules
from dayfly.fleet.detections.running import run_rule
from dayfly.fleet.records.rows import (
    ApiCall,
    Behaviour,
    Environment,
    Finding,
    Invocation,
    Package,
    Platform,
    Quarantined,
)
from dayfly.fleet.store.sqlfiles import read_sql
from dayfly.fleet.store.store import Place, Row, Store

RULES = (
    "divergence", "code_changed", "residue_divergence", "new_behaviour", "foothold", "supply_chain",
    "stolen_credentials", "log_gaps", "protection_gone", "forged_lines", "campaign",
    "unaccounted_invocations",
)  # fmt: skip
_MANY_TRIALS = 5


@dataclass(frozen=True, slots=True)
class Trial:
    """One planted attack: the rule that should see it, how strong it is, and what its subject begins with."""

    rule: str
    strength: str
    subject: str


class Planter:
    """Plants attacks into functions of the day, each in functions of its own."""

    def __init__(self, store: Store, end: float) -> None:
        self._store = store
        self._end = end
        self._chance = random.Random(5)
        rows = store.rows(
            read_sql("bench.fleet", "sql/hunting_homes"), {"since": end - 6 * 3600, "until": end - 600}
        )
        self._chance.shuffle(rows)
        # Different attacks may meet in one function; the same attack does not come twice.
        self._functions = itertools.cycle(rows)
        self.trials: list[Trial] = []

    def all(self) -> None:
        """Plant every kind in every strength, several times."""
        for _ in range(_MANY_TRIALS):
            for plant in (
                self._divergence,
                self._changed,
                self._behaviour,
                self._foothold,
                self._credentials,
                self._forged,
                self._residue,
                self._stolen,
            ):
                plant()
        for functions in (3, 6, 12):
            self._supply_chain(functions)
        for functions in (3, 6):
            self._campaign(functions)

    def _next(self) -> Row:
        return next(self._functions)

    def _divergence(self) -> None:
        for odd in (1, 2, 5):
            home = self._next()
            rows = [_environment(home, self._end - 5 * 3600 + at * 3000, code=99) for at in range(odd)]
            self._store.insert("environments", rows)
            self.trials.append(
                Trial("divergence", f"{odd} environments", f"{home['function']} {home['version']} 63")
            )

    def _changed(self) -> None:
        home = self._next()
        life = _lives(home)[0]
        self._store.insert("invocations", [_invocation(home, life, self._end - 900, 10**6, code=98)])
        self.trials.append(
            Trial("code_changed", "1 environment, 1 invocation", f"{home['function']} {home['version']}")
        )

    def _residue(self) -> None:
        for repeats in (3, 6):
            home = self._next()
            life = _lives(home)[0]
            rows = [
                _invocation(home, life, self._end - 3600 + n, 10**6 + n, residue=4242) for n in range(repeats)
            ]
            self._store.insert("invocations", rows)
            self.trials.append(
                Trial(
                    "residue_divergence",
                    f"{repeats} times in 1 environment",
                    f"{home['function']} {home['version']} 1092",
                )
            )

    def _behaviour(self) -> None:
        for kind, target in (("process", "/bin/sh"), ("network", "collect.example:443")):
            home = self._next()
            environment = _lives(home)[0][0]
            target = f"{target}?{uuid.UUID(int=self._chance.getrandbits(128))}"
            self._store.insert("behaviours", [_behaviour(home, environment, self._end - 1200, kind, target)])
            self.trials.append(
                Trial("new_behaviour", f"{kind}, 1 environment", f"{home['function']} {kind} {target}")
            )

    def _foothold(self) -> None:
        for served in (1, 20, 150):
            home = self._next()
            life = _lives(home)[0]
            number = 2 * 10**6
            rows = [
                _invocation(home, life, self._end - 3600 + n, number + n, worker=number)
                for n in range(served + 1)
            ]
            self._store.insert("invocations", rows)
            self._store.insert("findings", [_finding(home, life[0], rows[0], "residue.memory")])
            self.trials.append(Trial("foothold", f"{served} requests since", f"{home['function']} "))

    def _credentials(self) -> None:
        cli = "aws-cli/2.31 md/awscrt os/linux"
        for strength, agent, address, names in (
            ("1 call of aws-cli", cli, "203.0.113.7", ["ListBuckets"]),
            ("3 calls of boto3 on a laptop", "Boto3/1.40.0 md/Botocore#1.40.0", "198.51.100.3", ["GetItem"] * 3),
            ("2 calls, the same user agent", "Boto3/1.40.0 md/Botocore#1.40.0 exec-env/AWS_Lambda_python3.13", "198.51.100.9", ["GetItem"] * 2),
        ):  # fmt: skip
            home = self._next()
            key = self._store.rows(
                read_sql("bench.fleet", "sql/hunting_key"),
                {"function": home["function"]},
            )
            if not key:
                continue
            number = cast(int, key[0]["access_key"])
            self._store.insert(
                "api_calls",
                [
                    _call(home, number, self._end - 1800 + n, name, agent, address)
                    for n, name in enumerate(names)
                ],
            )
            self.trials.append(Trial("stolen_credentials", strength, f"{home['function']} "))

    def _forged(self) -> None:
        home = self._next()
        self._store.insert("quarantine", [_forged(home, self._end - 300)])
        self.trials.append(Trial("forged_lines", "1 line", f"{home['function']} "))

    def _stolen(self) -> None:
        for strength, first, count in (
            ("1 between two records", -0.001, 1),
            ("3 after the last record", 0.5, 3),
            ("20 after the last record", 0.5, 20),
        ):
            home = self._next()
            _, stream, _, last = _lives(home)[0]
            times = [last / 1000 + first + n for n in range(count)]
            self._store.insert("platform", [row for at in times for row in _started(home, stream, at)])
            self.trials.append(Trial("unaccounted_invocations", strength, f"{home['function']} "))

    def _supply_chain(self, functions: int) -> None:
        package = f"jsonish{functions}"
        homes = [self._next() for _ in range(functions + 4)]
        packages = [_package(home, self._end - 20 * 3600, package, "1.0") for home in homes]
        packages += [_package(home, self._end - 5 * 3600, package, "1.1") for home in homes[:functions]]
        self._store.insert("packages", packages)
        uses = [
            _behaviour(
                home,
                _lives(home)[0][0],
                self._end - 3600 + n,
                "network",
                f"{package}.example:443",
                package=package,
            )
            for n, home in enumerate(homes[:functions])
        ]
        self._store.insert("behaviours", uses)
        self.trials.append(Trial("supply_chain", f"{functions} functions", f"{package} 1.1"))

    def _campaign(self, functions: int) -> None:
        pattern = 1000 + functions
        for n in range(functions):
            home = self._next()
            life = _lives(home)[0]
            row = _invocation(home, life, self._end - 2000 + 60 * n, 3 * 10**6, pattern=pattern)
            self._store.insert("invocations", [row])
            self._store.insert(
                "findings", [_finding(home, life[0], row, "guard.refused", technique="T1059.006")]
            )
        self.trials.append(Trial("campaign", f"{functions} functions", f"pattern 0{pattern:X}"))


def _lives(home: Row) -> list[tuple[int, int, int, int]]:
    return cast("list[tuple[int, int, int, int]]", home["lives"])


def _whose(home: Row, at: float) -> dict[str, object]:
    return {"time": at, **{key: home[key] for key in ("function", "version", "account", "region")}}


def _environment(home: Row, at: float, *, code: int) -> Environment:
    return msgspec.convert(
        {
            **_whose(home, at),
            "environment": random.Random(f"{home}{at}").getrandbits(63),
            "code": code,
            "trust": "verified",
        },
        Environment,
    )


def _invocation(
    home: Row, life: tuple[int, int, int, int], at: float, number: int, **more: object
) -> Invocation:
    environment, stream, code, _ = life
    return msgspec.convert(
        {
            **_whose(home, at), "environment": environment, "stream": stream, "code": code, "invocation": number, "worker": number,
            "request_id": str(uuid.UUID(int=(environment << 64) + number)), "trust": "verified", **more,
        },
        Invocation,
    )  # fmt: skip


def _started(home: Row, stream: int, at: float) -> list[Platform]:
    request = str(uuid.UUID(int=(stream << 64) + int(at * 1000)))
    kinds = (("start", at), ("report", at + 0.02))
    return [
        msgspec.convert(
            {**_whose(home, time), "stream": stream, "kind": kind, "request_id": request}, Platform
        )
        for kind, time in kinds
    ]


def _finding(home: Row, environment: int, row: Invocation, kind: str, technique: str = "") -> Finding:
    return msgspec.convert(
        {
            **_whose(home, row.time), "environment": environment, "uid": f"{environment:016x}:{row.invocation}:{kind}", "kind": kind, "severity": 5,
            "technique": technique, "invocation": row.invocation, "request_id": row.request_id, "evidence": json.dumps({"rule": "python.eval", "worker": row.worker}),
        },
        Finding,
    )  # fmt: skip


def _behaviour(
    home: Row, environment: int, at: float, kind: str, target: str, package: str = ""
) -> Behaviour:
    return msgspec.convert(
        {
            **_whose(home, at),
            "environment": environment,
            "kind": kind,
            "target": target,
            "package": package,
            "verdict": "used",
        },
        Behaviour,
    )


def _package(home: Row, at: float, package: str, version: str) -> Package:
    return msgspec.convert({**_whose(home, at), "package": package, "package_version": version}, Package)


def _call(home: Row, key: int, at: float, name: str, agent: str, address: str) -> ApiCall:
    return msgspec.convert(
        {
            **_whose(home, at), "event_id": str(uuid.uuid4()), "role": f"{home['function']}-role", "access_key": key, "event_source": "s3.amazonaws.com",
            "event_name": name, "source_ip": address, "user_agent": agent,
        },
        ApiCall,
    )  # fmt: skip


def _forged(home: Row, at: float) -> Quarantined:
    return msgspec.convert(
        {
            "received": at, "time": at, "reason": "forged", "detail": "the proof does not fit", "account": home["account"], "region": home["region"],
            "function": home["function"], "stream": 1, "road": "firehose", "bytes": 9, "line": "x",
        },
        Quarantined,
    )  # fmt: skip


def measure(store: Store, rule: Rule, begin: float, end: float) -> dict[str, object]:
    """Time one tick and one whole day, and count what ticks through the day would have told."""
    seconds = []
    for _ in range(3):
        began = perf_counter()
        run_rule(store, rule, start=end - 600 - rule.lookback, now=end - 600)
        seconds.append(perf_counter() - began)
    began = perf_counter()
    run_rule(store, rule, start=begin - 1, now=end)
    day = perf_counter() - began
    found = [
        each
        for at in _moments(rule, begin, end)
        for each in run_rule(store, rule, start=at - rule.lookback, now=at, most=5000).detections
    ]
    told = [one.detection for one in conclude(rule, found, [])]
    severities = {str(level): sum(each.severity == level for each in told) for level in range(1, 6)}
    return {
        "rule": rule.name, "tick_ms": round(min(seconds) * 1000), "day_ms": round(day * 1000), "told": len(told),
        "severities": severities, "subjects": [each.subject_key for each in told],
    }  # fmt: skip


def _moments(rule: Rule, begin: float, end: float) -> Iterator[float]:
    step = rule.lookback / 2 if rule.lookback < 43_200 else 3 * 3600
    at = begin + step
    while at < end + step:
        yield min(at, end)
        at += step


def say(value: object) -> None:
    """Print one JSON line."""
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def main(arguments: Sequence[str]) -> int:
    """Print a JSON line per rule, and per kind and strength of a planted attack."""
    with Store(Place(folder=Path(arguments[0]))) as store:
        (span,) = store.rows(read_sql("bench.fleet", "sql/hunting_span"))
        begin, end = float(cast(int, span["begin"])), float(cast(int, span["end"]))
        trials: list[Trial] = []
        if "--plant" in arguments:
            planter = Planter(store, end)
            planter.all()
            trials = planter.trials
        rules = {rule.name: rule for rule in load_rules() if rule.name in RULES}
        for name in RULES:
            told = measure(store, rules[name], begin, end)
            subjects = cast("list[str]", told.pop("subjects"))
            say({**told, "examples": subjects[:3]})
            own = [trial for trial in trials if trial.rule == name]
            for strength in dict.fromkeys(trial.strength for trial in own):
                same = [trial for trial in own if trial.strength == strength]
                seen = sum(any(subject.startswith(trial.subject) for subject in subjects) for trial in same)
                say({"rule": name, "strength": strength, "planted": len(same), "seen": seen})
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

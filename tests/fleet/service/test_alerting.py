"""Everybody is told once, those who do not answer are told later, and what was held back is said."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.fleet.formats.test_formats import detection

from dayfly.fleet.records.rows import Triage
from dayfly.fleet.service.alerts.alert import SUMMARY_RULE, Alert, ChannelError
from dayfly.fleet.service.alerts.alerting import Alerting
from dayfly.fleet.service.ledger import Ledger
from dayfly.fleet.service.settings import Webhook
from dayfly.fleet.store.store import Store

T = 1_790_000_000.0


class FakeCarrier:
    """Takes alerts, or does not, as it is told."""

    most = 2

    def __init__(self) -> None:
        self.taken: list[Alert] = []
        self.fault = ""
        self.refuses: set[str] = set()

    def send(self, alerts: Sequence[Alert]) -> dict[str, str]:
        if self.fault:
            raise ChannelError(self.fault)
        refused = {alert.uid: "not this one" for alert in alerts if alert.uid in self.refuses}
        self.taken += [alert for alert in alerts if alert.uid not in refused]
        return refused


class Bench:
    """Alerting with one channel, and a clock that is moved by hand."""

    def __init__(self, store: Store, folder: Path, **settings: object) -> None:
        self.store = store
        self.folder = folder
        self.now = T
        self.carrier = FakeCarrier()
        self.settings = Webhook(name="hook", url="https://h.example", secret="s" * 16, **settings)  # type: ignore[arg-type]
        self.begin()
        self.alerting.collect()

    def begin(self) -> None:
        self.ledger = Ledger(self.folder, clock=lambda: self.now)
        self.alerting = Alerting(
            self.store, self.ledger, [self.settings], carriers={"hook": self.carrier}, jitter=lambda: 0.5
        )

    def write(self, number: int, **changes: object) -> None:
        self.store.insert(
            "detections", [detection(uid=f"{number:032x}", updated=self.now, first_time=self.now, **changes)]
        )

    def run(self, seconds: float = 1.0) -> list[str]:
        """Let time pass, collect and deliver; returns the rules or uids that were taken."""
        self.now += seconds
        before = len(self.carrier.taken)
        self.alerting.collect()
        self.alerting.deliver("hook")
        return [
            str(alert.row["rule"]) if alert.row["rule"] == SUMMARY_RULE else alert.uid.lstrip("0")
            for alert in self.carrier.taken[before:]
        ]


def test_history_is_no_news(store: Store, tmp_path: Path) -> None:
    store.insert("detections", [detection(updated=T - 10)])
    assert Bench(store, tmp_path).run() == []


def test_a_detection_is_told_once_and_again_only_when_it_gets_worse(store: Store, tmp_path: Path) -> None:
    bench = Bench(store, tmp_path)
    bench.write(1, severity=4)
    assert bench.run() == ["1"]
    bench.write(1, severity=4, events=99)
    assert bench.run() == []
    bench.write(1, severity=5)
    assert bench.run() == ["1"]
    assert [alert.is_update for alert in bench.carrier.taken] == [False, True]
    bench.write(1, severity=4)
    assert bench.run() == []


def test_what_is_muted_below_the_severity_or_of_other_rules_is_not_told(store: Store, tmp_path: Path) -> None:
    bench = Bench(store, tmp_path, rules=["infection_burst"])
    muted = [f"{1:032x}", "function:quiet", "subject:infection_burst:known"]
    store.insert(
        "triage",
        [Triage(time=T - 5, subject=one, action="mute", actor="ann", reason="known") for one in muted],
    )
    bench.write(1)
    bench.write(2, functions=["quiet"])
    bench.write(3, subject_key="known")
    bench.write(4, severity=3)
    bench.write(5, rule="other")
    bench.write(6)
    assert bench.run() == ["6"]


def test_a_channel_that_is_away_gets_everything_when_it_is_back_even_after_a_restart(
    store: Store, tmp_path: Path
) -> None:
    bench = Bench(store, tmp_path)
    bench.carrier.fault = "it answered 500"
    bench.write(1)
    bench.write(2)
    for _ in range(4):
        assert bench.run(40) == []
    assert "hook failed" in bench.alerting.faults()[0]
    assert "500" in bench.alerting.faults()[0]
    bench.ledger.close()
    bench.begin()
    bench.carrier.fault = ""
    assert sorted(bench.run(1000)) == ["1", "2"]
    assert bench.run(1000) == []
    assert bench.alerting.faults() == []


def test_a_failing_channel_is_a_detection_that_it_is_not_told_itself(store: Store, tmp_path: Path) -> None:
    bench = Bench(store, tmp_path, severity="low")
    bench.carrier.fault = "away"
    bench.write(1)
    for _ in range(5):
        bench.run(60)
    bench.carrier.fault = ""
    assert bench.run(1000) == ["1"]
    from dayfly.fleet.store.sqlfiles import SqlFile

    rows = store.rows(
        SqlFile("q", {}, "SELECT rule, story FROM detections WHERE rule = 'alert_channel_failing'")
    )
    assert len(rows) == 1
    assert "away" in str(rows[0]["story"])


@pytest.mark.slow
def test_tries_come_more_and_more_seldom_and_end(store: Store, tmp_path: Path) -> None:
    bench = Bench(store, tmp_path)
    bench.carrier.fault = "away"
    bench.write(1)
    tried = []
    for _ in itertools.repeat(None, 95):
        calls = bench.ledger.one("SELECT tries FROM alerts")
        bench.run(1000)
        if bench.ledger.one("SELECT tries FROM alerts") != calls:
            tried.append(bench.now)
    state = bench.ledger.one("SELECT state, tries FROM alerts")
    assert state is not None
    assert state[0] == "dropped"
    assert 20 < int(str(state[1])) < 110
    assert "dropped" in bench.alerting.faults()[-1] or bench.now - T > 24 * 3600


def test_one_that_is_refused_does_not_hold_up_the_others(store: Store, tmp_path: Path) -> None:
    bench = Bench(store, tmp_path)
    bench.carrier.refuses = {f"{2:032x}"}
    for number in (1, 2, 3, 4):
        bench.write(number)
    assert sorted(bench.run()) == ["1", "3", "4"]
    bench.carrier.refuses = set()
    assert bench.run(60) == ["2"]


def test_a_flood_is_bounded_the_worst_first_and_what_was_held_back_is_said(
    store: Store, tmp_path: Path
) -> None:
    bench = Bench(store, tmp_path, per_hour=3)
    for number in range(1, 11):
        bench.write(number, severity=5 if number == 7 else 4)
    told = bench.run()
    assert told[0] == "7"
    assert len(told) == 4
    assert told[-1] == SUMMARY_RULE
    summary = bench.carrier.taken[-1]
    assert "7 alerts exceeded" in str(summary.row["story"])
    assert "7 of infection_burst" in str(summary.row["story"])
    bench.write(11)
    assert bench.run(60) == []  # no second summary within the hour, and nothing lost:
    assert bench.run(3600) == [SUMMARY_RULE]
    bench.write(12)
    assert bench.run() == ["c"]


def test_the_body_is_the_detection_as_it_was(store: Store, tmp_path: Path) -> None:
    bench = Bench(store, tmp_path)
    bench.write(1)
    bench.run()
    told = bench.carrier.taken[0].ocsf()
    json.dumps(told)
    assert told["severity_id"] == 4
    assert told["unmapped"]["environments"][1] == "f" * 16  # type: ignore[index]


@pytest.mark.parametrize("name", ["nobody", ""])
def test_a_channel_that_is_none_is_said(store: Store, tmp_path: Path, name: str) -> None:
    from dayfly.errors import DayflyError

    with pytest.raises(DayflyError, match="unknown channel"):
        Bench(store, tmp_path).alerting.test(name)

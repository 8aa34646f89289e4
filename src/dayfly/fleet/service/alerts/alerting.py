"""Decides which alert goes to whom, once each, and tries again until it has arrived.

What is still to be said is in the ledger, so that a restart says nothing twice and forgets nothing. Each channel has a
thread of its own: one that hangs holds up neither the others nor the detections.
"""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from dayfly.errors import DayflyError
from dayfly.fleet.detections.concluding import uid_of
from dayfly.fleet.detections.muting import is_muted, muted_subjects
from dayfly.fleet.records.rows import Detection
from dayfly.fleet.service.alerts.alert import SUMMARY_RULE, TEST_RULE, Alert, Carrier, ChannelError
from dayfly.fleet.service.alerts.carriers import carrier
from dayfly.fleet.service.alerts.telling import detection_of, told
from dayfly.fleet.service.settings import SEVERITIES, AnyChannel
from dayfly.fleet.store.sqlfiles import read_sql

if TYPE_CHECKING:
    from dayfly.fleet.service.ledger import Ledger
    from dayfly.fleet.store.store import Store

_DETECTIONS = read_sql("dayfly.fleet.formats", "sql/detections")
# Rows of another scheduler, or of a clock that is behind, may come in with an earlier time.
_OVERLAP_SECONDS = 120.0
_HOUR = 3600.0
_FIRST_WAIT = 5.0
_LONGEST_WAIT = 900.0
# After that it is no news any more; it stays in the console, and the channel's fault says that it was dropped.
_GIVE_UP_SECONDS = 24 * _HOUR
# A channel that has failed so often in a row is a fault of the fleet's own.
_FAULT_AFTER = 3
_RULE_FAILING = "alert_channel_failing"
_WATERMARK = "alerts-watermark"
_BEGAN = "alerts-began"


class Alerting:
    """The channels of one service. `collect` finds out what is to be said, `deliver` says it."""

    def __init__(
        self,
        store: Store,
        ledger: Ledger,
        channels: Sequence[AnyChannel],
        *,
        url: str = "",
        carriers: Mapping[str, Carrier] | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._store = store
        self._ledger = ledger
        self.channels = {channel.name: channel for channel in channels}
        self._carriers = (
            dict(carriers) if carriers is not None else {one.name: carrier(one) for one in channels}
        )
        self._url = url
        self._jitter = jitter
        self._lock = threading.Lock()
        self._failing: dict[str, tuple[int, str, float]] = {}

    def collect(self) -> int:
        """Put what is new or worse into the ledger, for each channel that it is for; returns how much that was."""
        if not self.channels:
            return 0
        now = self._ledger.clock()
        rows = self._store.rows(
            _DETECTIONS, {"since": f"{self._since(now):.3f}", "until": f"{now + _HOUR:.3f}"}
        )
        muted = muted_subjects(self._store, now=now)
        queued = 0
        for row in rows:
            detection = detection_of(row)
            if detection.severity < 1 or is_muted(detection, muted):
                continue
            for channel in self.channels.values():
                queued += self._queue(channel, detection, now)
        self._keep(_WATERMARK, now)
        return queued

    def deliver(self, name: str) -> int:
        """Send what is due to one channel; returns how many were taken. Raises nothing for a channel's failure."""
        channel, sender = self.channels[name], self._carriers[name]
        now = self._ledger.clock()
        due = self._ledger.all(
            "SELECT uid, severity, tries, created, body FROM alerts WHERE channel = ? AND state = 'waiting' AND due <= ?"
            " ORDER BY severity DESC, created LIMIT 500",
            (name, now),
        )
        allowed = channel.per_hour - self._sent_lately(name, now)
        taken = 0
        for start in range(0, min(len(due), max(0, allowed)), sender.most):
            batch = due[start : min(start + sender.most, allowed)]
            alerts = [self._alert(json.loads(str(row[4]))) for row in batch]
            refused = self._send(name, sender, alerts)
            for row, alert in zip(batch, alerts, strict=True):
                if alert.uid in refused:
                    self._try_later(name, row, refused[alert.uid], now)
                else:
                    self._mark(name, alert.uid, "sent", now)
                    taken += 1
            if len(refused) == len(batch):
                break  # the channel is unreachable: do not wait again for each alert
        self._hold(name, due[max(0, allowed) :], now)
        self._summarise(name, sender, now)
        return taken

    def test(self, name: str) -> str:
        """Send a test alert to one channel now; returns "" or the error."""
        if name not in self.channels:
            known = ", ".join(self.channels) or "none"
            raise DayflyError(f"unknown channel {name[:80]!r}", hint=f"channels in fleet.toml: {known}")
        now = self._ledger.clock()
        alert = self._alert(
            told(
                TEST_RULE,
                "Test alert",
                "This is a test of the alert channel. No action is required.",
                1,
                now,
            )
        )
        try:
            return self._carriers[name].send([alert]).get(alert.uid, "")
        except ChannelError as error:
            return str(error)

    def faults(self) -> list[str]:
        """The faults of the channels, in words."""
        with self._lock:
            failing = dict(self._failing)
        found = [
            f"alerts: channel {name} failed {count} times in a row: {fault}"
            for name, (count, fault, _since) in failing.items()
            if count >= _FAULT_AFTER
        ]
        dropped = self._ledger.all(
            "SELECT channel, count(*) FROM alerts WHERE state = 'dropped' AND due > ? GROUP BY channel",
            (self._ledger.clock() - 24 * _HOUR,),
        )
        return found + [
            f"alerts: {count!s} alerts to channel {name!s} could not be delivered and were dropped"
            for name, count in dropped
        ]

    def health(self) -> dict[str, object]:
        """How many alerts are in which state, by channel."""
        counted: dict[str, object] = {}
        for name, state, count in self._ledger.all(
            "SELECT channel, state, count(*) FROM alerts GROUP BY 1, 2"
        ):
            counted[f"{name!s} {state!s}"] = count
        return counted

    def _queue(self, channel: AnyChannel, detection: Detection, now: float) -> bool:
        if detection.severity < SEVERITIES[channel.severity]:
            return False
        if channel.rules and detection.rule not in channel.rules:
            return False
        if detection.rule == _RULE_FAILING and detection.subject_key == channel.name:
            return False  # it would wait for itself
        known = self._ledger.one(
            "SELECT severity FROM alerts WHERE channel = ? AND uid = ?", (channel.name, detection.uid)
        )
        if known is not None and int(str(known[0])) >= detection.severity:
            return False
        body = json.dumps({**msgspec.to_builtins(detection), "is_update": known is not None})
        self._ledger.change(
            "INSERT INTO alerts (channel, uid, severity, created, state, due, body) VALUES (?, ?, ?, ?, 'waiting', ?, ?)"
            " ON CONFLICT (channel, uid) DO UPDATE SET severity = excluded.severity, state = 'waiting', tries = 0,"
            " created = excluded.created, due = excluded.due, body = excluded.body",
            (channel.name, detection.uid, detection.severity, now, now, body),
        )
        return True

    def _send(self, name: str, sender: Carrier, alerts: Sequence[Alert]) -> dict[str, str]:
        try:
            refused = sender.send(alerts)
        except ChannelError as error:
            refused = {alert.uid: str(error) for alert in alerts}
        except (
            Exception
        ) as error:  # trust boundary: another system's client; counted and told as the channel's fault
            refused = {alert.uid: f"failed: {type(error).__name__}" for alert in alerts}
        with self._lock:
            if not refused:
                self._failing.pop(name, None)
                return refused
            count, _, since = self._failing.get(name, (0, "", self._ledger.clock()))
            fault = next(iter(refused.values()))
            self._failing[name] = (count + 1, fault, since)
        if count + 1 == _FAULT_AFTER:
            self._tell_fault(name, fault, since)
        return refused

    def _tell_fault(self, name: str, fault: str, since: float) -> None:
        story = f"Dayfly cannot send alerts to channel {name}: {fault}. The alerts are queued, and Dayfly retries."
        made = told(
            _RULE_FAILING,
            "Alert channel failing",
            story,
            3,
            self._ledger.clock(),
            subject=name,
            first=since,
        )
        made["uid"] = uid_of(_RULE_FAILING, name, int(since * 1000))
        self._store.insert("detections", [msgspec.convert(made, Detection)])

    def _try_later(self, name: str, row: tuple[object, ...], fault: str, now: float) -> None:
        uid, tries, created = str(row[0]), int(str(row[2])), float(str(row[3]))
        wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** min(tries, 10)) * (0.75 + 0.5 * self._jitter())
        state = "dropped" if now - created > _GIVE_UP_SECONDS else "waiting"
        self._ledger.change(
            "UPDATE alerts SET tries = tries + 1, due = ?, fault = ?, state = ? WHERE channel = ? AND uid = ?",
            (now + wait, fault[:200], state, name, uid),
        )

    def _mark(self, name: str, uid: str, state: str, now: float) -> None:
        self._ledger.change(
            "UPDATE alerts SET state = ?, due = ?, fault = '' WHERE channel = ? AND uid = ?",
            (state, now, name, uid),
        )

    def _hold(self, name: str, rows: Sequence[tuple[object, ...]], now: float) -> None:
        for row in rows:
            self._mark(name, str(row[0]), "held", now)

    def _summarise(self, name: str, sender: Carrier, now: float) -> None:
        """Send one summary of the suppressed alerts per hour."""
        held = self._ledger.all(
            "SELECT uid, severity, body, due FROM alerts WHERE channel = ? AND state = 'held'", (name,)
        )
        row = self._ledger.one("SELECT max(due) FROM alerts WHERE channel = ? AND state = 'summary'", (name,))
        last = float(str(row[0])) if row and row[0] is not None else 0.0
        if not held or now - last < _HOUR:
            return
        rules = Counter(str(json.loads(str(one[2]))["rule"]) for one in held)
        worst = max(int(str(one[1])) for one in held)
        what = ", ".join(f"{count} of {rule}" for rule, count in rules.most_common(10))
        story = (
            f"{len(held)} alerts exceeded the hourly limit of this channel ({self.channels[name].per_hour}) and were not sent: "
            f"{what}. The console shows all of them."
        )
        made = told(
            SUMMARY_RULE,
            f"{len(held)} alerts suppressed by the hourly limit",
            story,
            worst,
            now,
            events=len(held),
        )
        if self._send(name, sender, [self._alert(made)]):
            return
        with self._ledger.together():
            for one in held:
                self._mark(name, str(one[0]), "summarised", now)
            self._ledger.change(
                "INSERT OR REPLACE INTO alerts (channel, uid, severity, created, state, due, body)"
                " VALUES (?, 'summary', 0, ?, 'summary', ?, '{}')",
                (name, now, now),
            )

    def _sent_lately(self, name: str, now: float) -> int:
        row = self._ledger.one(
            "SELECT count(*) FROM alerts WHERE channel = ? AND state = 'sent' AND due > ?",
            (name, now - _HOUR),
        )
        return int(str(row[0])) if row else 0

    def _alert(self, row: dict[str, object]) -> Alert:
        is_update = bool(row.pop("is_update", False))
        return Alert(row, is_update=is_update, url=self._url)

    def _since(self, now: float) -> float:
        """From when on to look; at the very first start nothing, since what happened before is history, not news."""
        began = self._number(_BEGAN)
        if began is None:
            self._keep(_BEGAN, now)
            return now
        return max(began, (self._number(_WATERMARK) or began) - _OVERLAP_SECONDS)

    def _number(self, name: str) -> float | None:
        row = self._ledger.one("SELECT value FROM secrets WHERE name = ?", (name,))
        return float(row[0].decode()) if row and isinstance(row[0], bytes) else None

    def _keep(self, name: str, value: float) -> None:
        self._ledger.change("INSERT OR REPLACE INTO secrets VALUES (?, ?)", (name, repr(value).encode()))

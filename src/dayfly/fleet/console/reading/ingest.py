"""Ingestion: sources, lag, rejected and quarantined records, and whether logs arrive at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from dayfly.fleet.console.reading.cells import moment, moment_or_none, whole
from dayfly.fleet.console.span import iso, read_moment
from dayfly.fleet.store.sqlfiles import read_sql

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dayfly.fleet.console.console import Console
    from dayfly.fleet.console.span import Span
    from dayfly.fleet.store.store import Row

# Firehose buffers records for up to 5 minutes by default; an active fleet sends logs within this time.
SILENT_AFTER = timedelta(minutes=15)
# Records older than this on arrival are delayed: the console shows old data as current.
_LATE = 300.0
# Longer than Firehose buffers records: no recent logs, but not yet an alarm.
_QUIET = timedelta(minutes=6)
# Clocks differ by seconds.
_AHEAD = timedelta(minutes=5)
_PAGE = 50

Voice = Literal["empty", "broken", "silent", "late", "quiet", "well"]


@dataclass(frozen=True, slots=True)
class Voices:
    """Whether logs arrive. `voice` is empty (never any), broken (the collector reports an error), silent (none for
    SILENT_AFTER), late (records are old, or their age is unknown), quiet (none for some minutes) or well."""

    voice: Voice
    sentence: str
    last_received: datetime | None
    newest: datetime | None

    @property
    def is_trustworthy(self) -> bool:
        """Say whether an empty page means that nothing happened."""
        return self.voice == "well"


@dataclass(frozen=True, slots=True)
class IngestView:
    """The whole page."""

    voices: Voices
    roads: tuple[Row, ...]
    plot: Mapping[str, object] | None
    reasons: tuple[Row, ...]
    quarantine: tuple[Row, ...]
    next: str
    health: Mapping[str, object]
    says: tuple[tuple[str, str], ...]
    lines: int
    bytes: int
    duplicates: int
    malformed: int
    forged: int


def hear(console: Console, now: datetime) -> Voices:
    """Judge whether logs arrive now."""
    last, newest = console.ask(
        (read_sql("dayfly.fleet.console", "sql/ingest_last"), {}),
        (read_sql("dayfly.fleet.console", "sql/newest_lines"), {}),
    )
    return judge(
        console.health(), moment_or_none(last[0], "last_received"), moment_or_none(newest[0], "newest"), now
    )


def is_new(console: Console) -> bool:
    """Whether no log record was ever received."""
    return hear(console, console.now()).voice == "empty"


def judge(
    health: Mapping[str, object], received: datetime | None, newest: datetime | None, now: datetime
) -> Voices:
    """Judge by the collector's health, the last batch and the newest record."""
    if fault := str(health.get("store_fault") or ""):
        return Voices("broken", f"The collector cannot write to the store: {fault}", received, newest)
    if health.get("is_alive") is False:
        return Voices(
            "broken",
            "The collector has stopped. It rejects incoming data, and this console shows no new data. Restart the service.",
            received,
            newest,
        )
    if newest is None:
        return Voices("empty", "Send logs to see data here.", received, newest)
    heard = received or newest
    waiting = _number(health.get("lag_s"))
    if waiting > 60:
        return Voices(
            "late",
            f"The collector is behind: records wait {waiting / 60:.0f} min before they are stored.",
            received,
            newest,
        )
    if now - heard > SILENT_AFTER:
        return Voices(
            "silent",
            "No logs received for more than 15 minutes. Either the functions have no traffic, or log delivery is broken. The data below is not current.",
            received,
            newest,
        )
    if received is not None and (late := (received - newest).total_seconds()) > _LATE:
        return Voices(
            "late",
            f"Logs arrive {late / 60:.0f} min after they were written. The data shown as current is that old.",
            received,
            newest,
        )
    if newest - now > _AHEAD:
        return Voices(
            "late",
            "The latest log record has a time in the future: a sender's clock is wrong, or the record is forged. The lag of other records is unknown.",
            received,
            newest,
        )
    if now - heard > _QUIET:
        minutes = (now - heard).total_seconds() / 60
        return Voices("quiet", f"No logs received for {minutes:.0f} min.", received, newest)
    return Voices("well", "Receiving logs.", received, newest)


def read_ingest(
    console: Console, span: Span, *, reason: str = "", function: str = "", after: str = ""
) -> IngestView:
    """Return the page's content."""
    health = console.health()
    package, step = "dayfly.fleet.console", max(int(span.seconds / 240) // 10 * 10, 10)
    before = read_moment(after) or span.end + timedelta(days=1)
    wanted = {**span.parameters, "reason": reason, "function": function, "before": before, "most": _PAGE + 1}
    rates, roads, reasons, lines = console.ask(
        (read_sql(package, "sql/ingest_rates"), {**span.parameters, "step": step}),
        (read_sql(package, "sql/ingest_roads"), span.parameters),
        (read_sql(package, "sql/quarantine_counts"), span.parameters),
        (read_sql(package, "sql/quarantine_list"), wanted),
    )
    return IngestView(
        voices=hear(console, console.now()),
        roads=tuple(roads),
        plot=_plot(rates, span, step),
        reasons=tuple(reasons),
        quarantine=tuple(lines[:_PAGE]),
        next=iso(moment(lines[_PAGE - 1], "received")) if len(lines) > _PAGE else "",
        health=health,
        says=tuple(_say(health)),
        lines=sum(whole(row, "lines") for row in roads),
        bytes=sum(whole(row, "bytes") for row in roads),
        duplicates=sum(whole(row, "duplicates") for row in roads),
        malformed=sum(whole(row, "malformed") for row in roads),
        forged=sum(whole(row, "forged") for row in roads),
    )


def _plot(rows: list[Row], span: Span, step: int) -> Mapping[str, object] | None:
    if not rows:
        return None
    begin = int(span.start.replace(tzinfo=UTC).timestamp()) // step * step
    x = list(range(begin, int(span.end.replace(tzinfo=UTC).timestamp()) + 1, step))
    at = {stamp: number for number, stamp in enumerate(x)}
    ours, lambdas, aside = ([0] * len(x) for _ in range(3))
    for row in rows:
        place = at.get(int(moment(row, "bucket").replace(tzinfo=UTC).timestamp()))
        if place is not None:
            ours[place] += whole(row, "ours")
            lambdas[place] += whole(row, "platform") + whole(row, "other")
            aside[place] += whole(row, "malformed") + whole(row, "forged")
    return {
        "x": x, "height": 220, "series": [
            {"label": "Dayfly", "values": ours, "colour": "--safe-mark", "fill": "--safe-wash"},
            {"label": "Lambda and other", "values": lambdas, "colour": "--note-mark"},
            {"label": "quarantined", "values": aside, "colour": "--harm-mark", "width": 2},
        ],
    }  # fmt: skip


_LABELS = {
    "is_alive": "Accepting data", "store_fault": "Store error", "queue_batches": "Queued batches",
    "queue_bytes": "Queued bytes", "lag_s": "Oldest queued batch (s)", "lines_per_s": "Records per second", "lines": "Records since start",
    "rows": "Rows written", "duplicates": "Duplicates", "malformed": "Malformed", "forged": "Forged", "refused": "Rejected",
    "torn_bytes": "Bytes lost in a crash", "damaged_bytes": "Corrupted bytes", "tokens": "Batch IDs remembered",
}  # fmt: skip


def _say(health: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for key, value in health.items():
        label = _LABELS.get(key)
        if label is None or value in ("", None, {}):
            continue
        if isinstance(value, bool):
            yield label, "yes" if value else "no"
        elif isinstance(value, dict):
            yield label, ", ".join(f"{name}: {count}" for name, count in value.items())
        else:
            yield label, f"{value:,}".replace(",", "\u2009") if isinstance(value, int) else str(value)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0

"""Reads what an observe period left in a function's log, in the forms in which logs leave CloudWatch.

A line that Dayfly did not write is the function's or the platform's and is passed over; the supervisor sees to it that
none of those can pass for one of Dayfly's (`core/loglines.py`). A finding that cannot be read costs itself alone.
"""

from __future__ import annotations

import gzip
import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dayfly.core.loglines import PRODUCT
from dayfly.core.shapes import SHAPE
from dayfly.policy.model import Gathered, PolicyError, Seen
from dayfly.policy.uses import use_from

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

CAPABILITY = "guard.capability"
_RULE = "capability."
# Beside one of these, in the same request, a use may be an attacker's.
SUSPECT = frozenset(
    (
        "guard.refused",
        "guard.observed",
        "environment.infected",
        "worker.hostile",
        "residue.code",
        "residue.memory",
    )
)
_MAX_LOG_BYTES = 1 << 30
_GZIP = b"\x1f\x8b"
_START = "START RequestId: "


@dataclass(frozen=True, slots=True)
class Entry:
    """One use that a finding told of.

    `request_id` is "" for init. `verdict` is what became of it: used (it was new), observed or refused (the policy in
    force did not allow it). `is_suspect` says that the guard saw more than uses in that request.
    """

    seen: Seen
    request_id: str
    verdict: str
    is_suspect: bool


@dataclass(frozen=True, slots=True)
class Log:
    """What a log holds: the uses, the requests and environments in order, and how much of it could not be read.

    `shapes` are those of statements and commands, `observed` is what else the guard observed: the subject of each rule (`sql`), and when.
    """

    entries: tuple[Entry, ...]
    shapes: tuple[Entry, ...]
    requests: tuple[str, ...]
    environments: tuple[str, ...]
    observed: tuple[tuple[str, float | None], ...]
    lines: int
    malformed: int
    begins: float | None
    ends: float | None

    @property
    def suspects(self) -> tuple[Entry, ...]:
        """Return the uses of requests in which the guard saw more than a use."""
        return tuple(entry for entry in self.entries if entry.is_suspect)

    @property
    def tells_allowed(self) -> bool:
        """Say whether uses that a policy allowed are in it as well: guard_learn was on."""
        return any(entry.verdict == "used" for entry in self.entries)

    def gather(self) -> Gathered:
        """Return what can be learned of it: not the uses of suspect requests."""
        notes: list[str] = []
        suspects = self.suspects
        if suspects:
            requests = len({entry.request_id for entry in suspects})
            uses = f"{len(suspects)} use{'s' if len(suspects) > 1 else ''}"
            where = f"{requests} request{'s' if requests > 1 else ''}"
            notes.append(f"{uses} of {where} left out: the guard also saw an attack there")
        if not self.tells_allowed:
            notes.append(
                "guard_learn was off: the log contains only uses that the active policy does not allow"
            )
        return Gathered(
            source="log",
            seen=tuple(entry.seen for entry in self.entries if not entry.is_suspect),
            # A new use is told once by an environment, so that a request tells little of what it used.
            units=self.environments,
            malformed=self.malformed,
            lines=self.lines,
            begins=self.begins,
            ends=self.ends,
            notes=tuple(notes),
            shapes=tuple(entry.seen for entry in self.shapes if not entry.is_suspect),
        )


def read_log(path: Path) -> Log:
    """Return what the file holds, or standard input for `-`; gzip is read as well.

    Raises PolicyError for what cannot be read at all.
    """
    try:
        if str(path) == "-":
            data = sys.stdin.buffer.read(_MAX_LOG_BYTES + 1)
        else:
            with path.open("rb") as file:
                data = file.read(_MAX_LOG_BYTES + 1)
        if data.startswith(_GZIP):
            data = gzip.decompress(data)
    except (OSError, EOFError) as fault:
        raise PolicyError(
            f"{path} cannot be read: {getattr(fault, 'strerror', None) or fault}",
            hint="give a log file",
        ) from fault
    if len(data) > _MAX_LOG_BYTES:
        raise PolicyError(f"{path} is larger than 1 GiB", hint="split the log into smaller files")
    return parse_log(data.decode("utf-8", "replace"))


def parse_log(text: str) -> Log:
    """Return what log lines hold: bare, with a time before them, or in the JSON of AWS's command line."""
    entries: list[tuple[Seen, str, str]] = []
    observed: list[tuple[str, float | None]] = []
    requests: dict[str, None] = {}
    environments: dict[str, None] = {}
    suspects: set[str] = set()
    lines = malformed = 0
    begins: float | None = None
    ends: float | None = None
    for at, message in _messages(text):
        lines += 1
        record = _record(message)
        if record is not None:
            at = _time_of(record) or at
        elif CAPABILITY in message and PRODUCT in message and message.lstrip()[:1] != "[":
            malformed += 1
        if at is not None:
            begins = at if begins is None else min(begins, at)
            ends = at if ends is None else max(ends, at)
        if request := _started(message, record):
            requests[request] = None
        if record is None or not _is_ours(record):
            continue
        detail = _mapping(record.get("unmapped"))
        request, environment = _text(detail.get("request_id")), _text(detail.get("environment"))
        environments[environment] = None
        kinds = _mapping(record.get("finding_info")).get("types")
        kind = kinds[0] if isinstance(kinds, list) and kinds else None
        evidence = _mapping(detail.get("evidence"))
        rule = _text(evidence.get("rule"))
        if kind != CAPABILITY and not rule.startswith(_RULE):
            if kind in SUSPECT and request:
                suspects.add(request)
            if kind == "guard.observed":
                observed.append((rule.partition(".")[0], at))
            continue
        told = use_from({"kind": rule.removeprefix(_RULE), **evidence})
        if told is None:
            malformed += 1
            continue
        if request:
            requests[request] = None
        use, place = told
        verdict = _text(evidence.get("verdict"))
        if kind != CAPABILITY:
            verdict = "refused" if kind == "guard.refused" else "observed"
        entries.append((Seen(use, "log", environment, place, at), request, verdict))
    found = [Entry(seen, request, verdict, request in suspects) for seen, request, verdict in entries]
    return Log(
        tuple(entry for entry in found if entry.seen.use.kind != SHAPE),
        tuple(entry for entry in found if entry.seen.use.kind == SHAPE),
        tuple(requests),
        tuple(environments),
        tuple(observed),
        lines,
        malformed,
        begins,
        ends,
    )


def _messages(text: str) -> Iterator[tuple[float | None, str]]:
    if text.lstrip()[:1] in ("{", "["):
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            pass
        else:
            events = list(_events(document))
            if events:
                yield from events
                return
    for line in text.split("\n"):
        if not line.strip():
            continue
        at, message = _stamped(line)
        if message.lstrip()[:1] == "{" and '"message"' in message:
            inner = _envelope(message)
            if inner is not None:
                yield inner
                continue
        yield at, message


def _events(document: object) -> Iterable[tuple[float | None, str]]:
    """Yield the messages of `aws logs filter-log-events`, `get-log-events` or `get-query-results`."""
    rows = document
    if isinstance(document, dict):
        rows = document.get("events", document.get("results", document.get("logEvents")))
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and isinstance(row.get("message"), str):
            yield _milliseconds(row.get("timestamp")), row["message"]
        elif isinstance(row, dict) and isinstance(row.get("@message"), str):
            yield _stamp(_text(row.get("@timestamp"))), row["@message"]
        elif isinstance(row, list):
            fields = {_text(_mapping(cell).get("field")): _text(_mapping(cell).get("value")) for cell in row}
            if fields.get("@message"):
                yield _stamp(fields.get("@timestamp", "")), fields["@message"]


def _envelope(line: str) -> tuple[float | None, str] | None:
    """Return the message of a line `{"timestamp": …, "message": …}`; None for other JSON, such as a finding itself."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(row, dict) or "finding_info" in row or not isinstance(row.get("message"), str):
        return None
    if row["message"].lstrip()[:1] != "{":
        return None
    return _milliseconds(row.get("timestamp")), row["message"]


def _stamped(line: str) -> tuple[float | None, str]:
    """Take the time, and the name of a log stream, from before a message."""
    first, _, rest = line.replace("\t", " ").lstrip().partition(" ")
    at = _stamp(first)
    if at is None:
        return None, line
    brace = rest.find("{")
    # `aws logs tail` puts the stream between: 2026/11/24/[$LATEST]0123456789abcdef
    if brace > 0 and " " not in rest[:brace].strip():
        rest = rest[brace:]
    return at, rest


def _stamp(text: str) -> float | None:
    if len(text) < 16 or not text[:4].isdigit():
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _milliseconds(value: object) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value / 1000.0
    return _stamp(value) if isinstance(value, str) else None


def _record(message: str) -> dict[str, object] | None:
    text = message.strip()
    if text[:1] != "{":
        return None
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _is_ours(record: dict[str, object]) -> bool:
    product = _mapping(_mapping(record.get("metadata")).get("product"))
    return record.get("class_uid") == 2004 and product.get("name") == PRODUCT


def _time_of(record: dict[str, object]) -> float | None:
    return _milliseconds(record.get("time")) if "class_uid" in record else None


def _started(message: str, record: dict[str, object] | None) -> str:
    """Return the request that a platform's line says has begun, as text or as JSON."""
    if message.startswith(_START):
        return message[len(_START) :].partition(" ")[0].strip()
    if record is not None and record.get("type") == "platform.start":
        return _text(_mapping(record.get("record")).get("requestId"))
    return ""


def _mapping(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""

"""Reads lines of logs: Dayfly's, the platform's, everybody else's; says which are Dayfly's indeed.

Whatever comes in, a line costs only itself: what is broken or forged is counted and kept for inspection.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from typing import Literal

from dayfly.core.limits import MAX_FINDING_BYTES
from dayfly.core.loglines import NOT_OURS, PRODUCT
from dayfly.core.proofs import FleetKey, canonical, split_seal
from dayfly.fleet.lifetimes.messages import name_of_function
from dayfly.fleet.records.events import Intake, LogEvent
from dayfly.fleet.records.lines import (
    BrokenError,
    FindingLine,
    InvocationLine,
    NotOursError,
    decode,
    imitates_finding,
    parse,
    parse_fast,
    short,
)
from dayfly.fleet.records.making import Context, add_finding, add_invocation
from dayfly.fleet.records.platform import PREFIXES, read_platform
from dayfly.fleet.records.rows import Quarantined
from dayfly.fleet.records.streams import (
    Claim,
    Proof,
    Streams,
    is_lambda_stream,
    stream_number,
    version_of_stream,
)

_NAME = f'"{PRODUCT}"'
_MARK = NOT_OURS.decode()
# As the runtime's lines begin, whose names are sorted.
_BEGINNINGS = ('{"activity_id":1,"activity_name":"Create","category_name":"Findings",', '{"age_ms":')
_GROUP = "/aws/lambda/"
_MAX_KEPT = 4096
_LAST_TIME = 4_102_444_800.0  # the year 2100
# How far a line's own clock may be from its collector's; beyond it the collector's holds.
_MAX_SKEW_S = 3600.0
_MANY_SOURCES = 100_000
# Fields that a forwarder may have made texts of, by their place.
_NUMBERS = frozenset(
    """activity_id category_uid class_uid type_uid severity_id status_id time sequence invocation worker age_ms status
    duration_us cpu_us overhead_us bytes_in bytes_out""".split()
)


class _Source:
    """What is known of a log stream by its name, worked out once."""

    __slots__ = ("claimed", "function", "is_lambda", "log_group", "log_stream", "number", "version")

    def __init__(self, event: LogEvent) -> None:
        scope = f"{event.account}\0{event.region}\0{event.log_group}"
        self.number = stream_number(event.log_stream, scope)
        self.is_lambda = is_lambda_stream(event.log_stream)
        self.log_group = short(event.log_group, 512)
        self.log_stream = short(event.log_stream, 512)
        self.version = event.version or version_of_stream(event.log_stream)
        named = name_of_function(event.log_stream, event.log_group)
        self.function = short(event.function or named)
        # Whose log it is, where the platform says so: by the group, and in a group that several share by the stream.
        in_stream = name_of_function(event.log_stream) if self.is_lambda else ""
        of_group = event.log_group.removeprefix(_GROUP) if event.log_group.startswith(_GROUP) else ""
        self.claimed = frozenset(name for name in (of_group, in_stream) if name)


class LineReader:
    """Makes rows of log events; one thread's.

    `keys` are the fleet's, the one in use first; `clock` gives the time of quarantine.
    """

    def __init__(self, keys: Sequence[bytes], *, clock: Callable[[], float] = time.time) -> None:
        self._keys = [FleetKey(key) for key in keys]
        self._streams = Streams(has_keys=bool(keys))
        self._clock = clock
        self._sources: dict[tuple[str, str, str, str, str, str], _Source] = {}

    def read(self, event: LogEvent, intake: Intake) -> None:
        """Count one event and add what it tells to `intake`. Never raises."""
        intake.lines += 1
        try:
            if 0 <= event.time < _LAST_TIME:
                intake.newest = max(intake.newest, event.time)
                self._read(event, intake)
            else:
                self._quarantine(event, intake, "malformed", "invalid timestamp")
        except Exception as fault:  # trust boundary: anybody's line; it costs itself and nothing else
            self._quarantine(event, intake, "malformed", f"parse error: {type(fault).__name__}")

    def know(
        self,
        environment: int,
        *,
        account: str,
        region: str,
        function: str,
        version: str,
        log_stream: str,
        time: float,
    ) -> None:
        """Remember an environment that was verified before: what lacks its proof is forged from the first line on."""
        self._streams.know(
            environment,
            function=function,
            stream=stream_number(log_stream) if is_lambda_stream(log_stream) else 0,
            deployed=_deployed(account, region, function, version),
            time=time,
        )

    # ---- what kind of line ----------------------------------------------------------------------

    def _read(self, event: LogEvent, intake: Intake) -> None:
        message = event.message
        if isinstance(message, dict):
            self._read_object(event, message, b"", intake)
            return
        if message.startswith(_MARK):
            self._quarantine(event, intake, "forged", "printed by function code (marked by the runtime)")
        elif _NAME in message:
            self._read_text(event, message, intake)
        elif event.is_platform is not False and (
            message.startswith(PREFIXES) or (message.startswith("{") and '"platform.' in message)
        ):
            self._read_platform(event, message, intake)
        elif message.startswith(_BEGINNINGS) and decode(message.encode("utf-8", "replace")) is None:
            self._quarantine(event, intake, "malformed", "incomplete Dayfly record")
        elif "\\u00" in message and "{" in message:
            self._read_disguised(event, message, intake)
        else:
            intake.other += 1

    def _read_text(self, event: LogEvent, message: str, intake: Intake) -> None:
        data = message.encode("utf-8", "surrogatepass").strip()
        if data[:1] != b"{":
            if b"\n" in data:
                self._read_lines(event, message, intake)
            else:
                # It speaks of Dayfly, as who handles its findings does.
                intake.other += 1
            return
        line = parse_fast(data)
        if line is not None:
            proof = self._check_text(data)
            # One that bears a proof elsewhere, or a wrong one, was perhaps written anew by who carried it.
            if proof == "good" or b'"proof"' not in data:
                self._take(event, line, proof, intake, hash(data))
                return
        record = decode(data)
        if record is not None:
            self._read_object(event, record, data, intake)
        elif b"\n" in data:
            self._read_lines(event, message, intake)
        elif len(data) <= MAX_FINDING_BYTES and imitates_finding(data):
            self._quarantine(event, intake, "malformed", "invalid JSON object")
        else:
            intake.other += 1

    def _read_lines(self, event: LogEvent, message: str, intake: Intake) -> None:
        """One event of several lines: those that are Dayfly's, or claim to be, are judged and counted each."""
        before = intake.ours + intake.malformed + intake.forged
        for part in message.splitlines():
            text = part.strip()
            if text.startswith(_MARK):
                self._quarantine(event, intake, "forged", "printed by function code (marked by the runtime)")
            elif text.startswith("{") and _NAME in text:
                others = intake.other
                self._read_text(event, text, intake)
                intake.other = others
        found = intake.ours + intake.malformed + intake.forged - before
        if found:
            intake.lines += found - 1
        else:
            intake.other += 1

    def _read_disguised(self, event: LogEvent, message: str, intake: Intake) -> None:
        """Names spelt with escapes, which Dayfly never writes: to a parser they are the same."""
        data = message.encode("utf-8", "surrogatepass").strip()
        if data[:1] == b"{" and imitates_finding(data):
            record = decode(data)
            if record is not None:
                try:
                    parse(record)
                except NotOursError:
                    pass
                except BrokenError:
                    self._quarantine(event, intake, "forged", "obfuscated imitation of a Dayfly record")
                    return
                else:
                    self._quarantine(event, intake, "forged", "obfuscated imitation of a Dayfly record")
                    return
        intake.other += 1

    def _read_object(self, event: LogEvent, record: dict[str, object], data: bytes, intake: Intake) -> None:
        """An object: `data` is its text, empty where a platform had parsed it."""
        kind = record.get("type")
        if isinstance(kind, str) and kind.startswith("platform.") and "record" in record:
            if event.is_platform is not False:
                self._read_platform(event, json.dumps(record), intake)
            else:
                intake.other += 1
            return
        try:
            line = parse(record)
        except NotOursError:
            text = record.get("message")
            if isinstance(text, str) and text.startswith(_MARK):
                self._quarantine(event, intake, "forged", "printed by function code (marked by the runtime)")
            else:
                intake.other += 1
            return
        except BrokenError as fault:
            self._quarantine(event, intake, "malformed", str(fault))
            return
        proof: Proof = self._check_text(data) if data else "none"
        if proof != "good" and "proof" in record:
            proof = self._check_object(record)
        content = hash(data) if data else hash(canonical(record))
        self._take(event, line, proof, intake, content)

    def _read_platform(self, event: LogEvent, message: str, intake: Intake) -> None:
        source = self._source(event)
        row = read_platform(
            message,
            stream=source.number,
            time=event.time,
            account=short(event.account),
            region=short(event.region),
            function=source.function,
            version=source.version,
        )
        intake.platform += 1
        if row is not None:
            intake.add("platform", row)

    # ---- whether it is Dayfly's -----------------------------------------------------------------

    def _check_text(self, data: bytes) -> Proof:
        body, proof = split_seal(data)
        if not proof:
            return "none"
        return "good" if self._proves(body, proof) else "bad"

    def _check_object(self, record: dict[str, object]) -> Proof:
        proof = record.get("proof")
        if not isinstance(proof, str) or not self._keys:
            return "bad"
        rest = {name: value for name, value in record.items() if name != "proof"}
        wanted = proof.encode("ascii", "replace")
        try:
            if self._proves(canonical(rest), wanted):
                return "good"
            repaired, count = _repair(rest)
            if count and self._proves(canonical(repaired), wanted):
                return "good"
        except (ValueError, RecursionError):
            return "bad"
        # What a forwarder changed cannot be proved, and is no proof of forgery either.
        return "damaged" if count else "bad"

    def _proves(self, body: bytes, proof: bytes) -> bool:
        for at, key in enumerate(self._keys):
            if key.prove(body) == proof:
                if at:
                    # The next line will be of the same key.
                    self._keys.insert(0, self._keys.pop(at))
                return True
        return False

    def _take(
        self,
        event: LogEvent,
        line: InvocationLine | FindingLine,
        proof: Proof,
        intake: Intake,
        content: int,
    ) -> None:
        source = self._source(event)
        if source.claimed and line.function and line.function not in source.claimed:
            self._quarantine(
                event, intake, "forged", f"record of function {line.function} in another function's log"
            )
            return
        at = line.time if line.time and abs(line.time - event.time) <= _MAX_SKEW_S else event.time
        verdict = self._streams.judge(
            Claim(
                line.environment,
                line.function,
                source.number if source.is_lambda else 0,
                line.sequence,
                at,
                content,
                proof,
                is_start=isinstance(line, FindingLine) and line.kind == "environment.started",
                deployed=_deployed(event.account, event.region, line.function, line.version),
            )
        )
        if verdict.forged:
            self._quarantine(event, intake, "forged", verdict.forged)
            return
        intake.ours += 1
        context = Context(
            at,
            event.account,
            event.region,
            source.function,
            source.version,
            source.number,
            source.log_group,
            source.log_stream,
            verdict.trust,
        )
        if isinstance(line, InvocationLine):
            add_invocation(context, line, intake)
        else:
            add_finding(context, line, intake)

    def _source(self, event: LogEvent) -> _Source:
        key = (event.log_stream, event.log_group, event.function, event.version, event.account, event.region)
        source = self._sources.get(key)
        if source is None:
            if len(self._sources) >= _MANY_SOURCES:
                self._sources.clear()
            source = self._sources[key] = _Source(event)
        return source

    def _quarantine(
        self, event: LogEvent, intake: Intake, reason: Literal["malformed", "forged"], detail: str
    ) -> None:
        if reason == "forged":
            intake.forged += 1
        else:
            intake.malformed += 1
        try:
            text = (
                event.message if isinstance(event.message, str) else json.dumps(event.message, default=repr)
            )
        except (ValueError, RecursionError):
            text = ""
        source = self._source(event)
        intake.add(
            "quarantine",
            Quarantined(
                received=self._clock(),
                time=event.time if 0 <= event.time < _LAST_TIME else 0.0,
                reason=reason,
                detail=short(detail, 512),
                account=short(event.account),
                region=short(event.region),
                function=source.function,
                log_group=source.log_group,
                log_stream=source.log_stream,
                stream=source.number,
                road=event.road,
                bytes=len(text.encode("utf-8", "replace")),
                line=short(text, _MAX_KEPT),
            ),
        )


def _deployed(account: str, region: str, function: str, version: str) -> str:
    """Name a published version; "" for `$LATEST`, whose variables can change."""
    return f"{account} {region} {function} {version}" if version.isascii() and version.isdigit() else ""


def _repair(value: object, name: str = "") -> tuple[object, int]:
    """Return an object with the numbers that became texts as numbers, and how many they were."""
    if isinstance(value, dict):
        parts = {key: _repair(item, key) for key, item in value.items()}
        return {key: part[0] for key, part in parts.items()}, sum(part[1] for part in parts.values())
    if isinstance(value, list):
        items = [_repair(item) for item in value]
        return [item[0] for item in items], sum(item[1] for item in items)
    if (
        name in _NUMBERS
        and isinstance(value, str)
        and value.isascii()
        and value.isdigit()
        and len(value) < 20
    ):
        return int(value), 1
    return value, 0

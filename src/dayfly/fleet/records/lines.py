"""Dayfly's own lines as data: of this format and the earlier one, as text or as what a platform made of it."""

from __future__ import annotations

import re
from dataclasses import dataclass

import msgspec

from dayfly.core.loglines import INVOCATION_MESSAGE, PRODUCT
from dayfly.fleet.records.rows import NO_REQUEST

_UINT16 = 2**16 - 1
_UINT32 = 2**32 - 1
_UINT64 = 2**64 - 1
_FINDING = 2004
_MAX_TEXT = 4096
_MAX_NAME = 256
_MAX_LIST = 100
_REQUEST = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_HEX = re.compile(r"[0-9a-f]{16}")

_ESCAPE = re.compile(rb"\\u00([0-9a-fA-F]{2})")
# What every reader of findings looks for; a record without one of these is none.
_PARTS = (b"metadata", b"product", PRODUCT.encode())


class NotOursError(Exception):
    """A JSON object that is no line of Dayfly's."""


class BrokenError(Exception):
    """A line that says it is Dayfly's and lacks what each has; the message names it."""


@dataclass(slots=True)
class InvocationLine:
    """An invocation's line, every value within its column's bounds; `time` is 0 where it says none."""

    time: float
    environment: int
    function: str
    version: str
    sequence: int
    worker: int
    invocation: int
    request_id: str
    trigger: str
    route: str
    source: int
    principal: int
    shape: int
    pattern: int
    subject: int
    outcome: str
    status: int
    duration_us: int
    cpu_us: int
    overhead_us: int
    bytes_in: int
    bytes_out: int
    age_ms: int
    code: int
    residue: int


@dataclass(slots=True)
class FindingLine:
    """A finding's line, every value within its column's bounds."""

    time: float
    environment: int
    function: str
    version: str
    sequence: int
    uid: str
    kind: str
    severity: int
    technique: str
    title: str
    message: str
    invocation: int
    request_id: str
    product_version: str
    evidence: dict[str, object]


class _Product(msgspec.Struct):
    name: str
    version: str = ""


class _Metadata(msgspec.Struct):
    product: _Product


class _Invocation(msgspec.Struct):
    """The fast road: a line as the runtime writes it."""

    message: str
    metadata: _Metadata
    environment: str
    function: str = ""
    version: str = ""
    time: int = 0
    sequence: int = 0
    worker: int = 0
    invocation: int = 0
    request_id: str = ""
    trigger: str = ""
    route: str = ""
    source: str = ""
    principal: str = ""
    shape: str = ""
    pattern: str = ""
    subject: str = ""
    outcome: str = ""
    status: int = 0
    duration_us: int = 0
    cpu_us: int = 0
    overhead_us: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    age_ms: int = -1
    code: str = ""
    residue: str = ""


_DECODER = msgspec.json.Decoder(_Invocation)
_ANY = msgspec.json.Decoder(dict[str, object])


def parse_fast(text: bytes) -> InvocationLine | None:
    """Return an invocation's line that is as the runtime writes it; None where it takes a closer look."""
    try:
        line = _DECODER.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    if line.message != INVOCATION_MESSAGE or line.metadata.product.name != PRODUCT or line.age_ms < 0:
        return None
    environment = hexadecimal(line.environment)
    if not environment:
        return None
    return InvocationLine(
        line.time / 1000 if 0 < line.time < 1e14 else 0.0,
        environment,
        short(line.function),
        short(line.version),
        number(line.sequence),
        number(line.worker),
        number(line.invocation),
        request(line.request_id),
        short(line.trigger),
        short(line.route),
        hexadecimal(line.source),
        hexadecimal(line.principal),
        hexadecimal(line.shape),
        hexadecimal(line.pattern),
        hexadecimal(line.subject),
        short(line.outcome) or "success",
        number(line.status, _UINT16),
        number(line.duration_us),
        number(line.cpu_us),
        number(line.overhead_us),
        number(line.bytes_in),
        number(line.bytes_out),
        number(line.age_ms, _UINT64),
        hexadecimal(line.code),
        hexadecimal(line.residue),
    )


def decode(text: bytes) -> dict[str, object] | None:
    """Return the JSON object that a text is, None for everything else."""
    try:
        return _ANY.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def parse(record: dict[str, object]) -> InvocationLine | FindingLine:
    """Return what an object says that claims to be a line of Dayfly's; numbers may have become texts on the way.

    Raises NotOursError where it makes no such claim, BrokenError where it lacks what every such line has.
    """
    product = _dict(_dict(record.get("metadata")).get("product"))
    if product.get("name") != PRODUCT:
        raise NotOursError
    if record.get("message") == INVOCATION_MESSAGE:
        return _invocation(record)
    if number(record.get("class_uid")) == _FINDING:
        return _finding(record, str(product.get("version", "")))
    raise BrokenError("neither an invocation nor a finding record")


def _invocation(record: dict[str, object]) -> InvocationLine:
    def value(name: str) -> int:
        return number(record.get(name))

    def hashed(name: str) -> int:
        return hexadecimal(record.get(name))

    age = number(record.get("age_ms"), _UINT64)
    if "age_ms" not in record:
        # The earlier format's.
        age = _milliseconds(record.get("age_s"))
    return InvocationLine(
        time=_time(record.get("time")),
        environment=_environment(record.get("environment")),
        function=short(record.get("function")),
        version=short(record.get("version")),
        sequence=value("sequence"),
        worker=value("worker"),
        invocation=value("invocation"),
        request_id=request(record.get("request_id")),
        trigger=short(record.get("trigger")),
        route=short(record.get("route")),
        source=hashed("source"),
        principal=hashed("principal"),
        shape=hashed("shape"),
        pattern=hashed("pattern"),
        subject=hashed("subject"),
        outcome=short(record.get("outcome")) or "success",
        status=number(record.get("status"), _UINT16),
        duration_us=value("duration_us"),
        cpu_us=value("cpu_us"),
        overhead_us=value("overhead_us"),
        bytes_in=value("bytes_in"),
        bytes_out=value("bytes_out"),
        age_ms=age,
        code=hashed("code"),
        residue=hashed("residue"),
    )


def _finding(record: dict[str, object], product_version: str) -> FindingLine:
    unmapped = _dict(record.get("unmapped"))
    info = _dict(record.get("finding_info"))
    types = info.get("types")
    kind = short(types[0]) if isinstance(types, list) and types else ""
    if not kind:
        raise BrokenError("finding without a type")
    attacks = info.get("attacks")
    technique = _dict(_dict(attacks[0]).get("technique")) if isinstance(attacks, list) and attacks else {}
    resources = record.get("resources")
    resource = _dict(resources[0]) if isinstance(resources, list) and resources else {}
    environment = _environment(unmapped.get("environment"))
    invocation = number(unmapped.get("invocation"))
    return FindingLine(
        time=_time(record.get("time")),
        environment=environment,
        function=short(resource.get("name")),
        version=short(resource.get("version")),
        sequence=number(unmapped.get("sequence")),
        uid=short(info.get("uid")) or f"{environment:016x}:{invocation}:{kind}",
        kind=kind,
        severity=min(max(1, number(record.get("severity_id"))), 6),
        technique=short(technique.get("uid")),
        title=short(info.get("title")),
        message=short(record.get("message"), _MAX_TEXT),
        invocation=invocation,
        request_id=request(unmapped.get("request_id")),
        product_version=short(product_version),
        evidence=_dict(unmapped.get("evidence")),
    )


def number(value: object, limit: int = _UINT32) -> int:
    """Return a whole number from 0 to `limit`: what is none is 0, what is beyond is the bound."""
    if type(value) is int:
        return value if 0 <= value <= limit else 0 if value < 0 else limit
    if isinstance(value, float) and value == value and abs(value) < 1e18:
        return min(max(0, int(value)), limit)
    if isinstance(value, str) and len(value) <= 20 and value.isascii() and value.isdigit():
        return min(int(value), limit)
    return 0


def hexadecimal(value: object) -> int:
    """Return the number that 16 hexadecimal digits are, 0 for everything else."""
    return int(value, 16) if isinstance(value, str) and _HEX.fullmatch(value) else 0


def request(value: object) -> str:
    """Return a request id as the store takes it, NO_REQUEST for what is none."""
    if isinstance(value, str) and _REQUEST.fullmatch(value):
        return value.lower()
    return NO_REQUEST


def short(value: object, limit: int = _MAX_NAME) -> str:
    """Return a text that the store can hold, cut; "" for what is no text."""
    if not isinstance(value, str):
        return ""
    if value.isascii():
        return value if len(value) <= limit else value[:limit]
    return value[:limit].encode("utf-8", "replace").decode()


def texts(value: object, limit: int = _MAX_LIST) -> list[str]:
    """Return the texts in a list, the first `limit` of them."""
    if not isinstance(value, list):
        return []
    return [short(item, 1024) for item in value[:limit] if isinstance(item, str)]


def _environment(value: object) -> int:
    found = hexadecimal(value)
    if not found:
        raise BrokenError("missing environment ID")
    return found


def _time(value: object) -> float:
    found = number(value, _UINT64)
    return found / 1000 if found < 1e14 else 0.0


def _milliseconds(value: object) -> int:
    try:
        seconds = float(value) if isinstance(value, int | float | str) else 0.0
    except (ValueError, OverflowError):
        return 0
    return int(seconds * 1000) if 0 <= seconds < 1e12 else 0


def _dict(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def imitates_finding(line: bytes) -> bool:
    """Say whether a reader could take `line` for one of Dayfly's own records.

    Decodes the JSON escapes of ASCII characters first: "Dayf\\u006cy" is "Dayfly" to a parser.
    """
    if b"{" not in line:
        return False
    # NUL bytes between characters are UTF-16 to a lenient reader.
    text = line.replace(b"\x00", b"")
    if b"\\u00" in text:
        text = _ESCAPE.sub(lambda match: bytes((int(match[1], 16),)), text)
    return all(part in text for part in _PARTS)

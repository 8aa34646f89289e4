"""Reads CloudTrail's records, in whatever wrapping they come, and keeps the calls that functions' roles made.

Lambda assumes the execution role with the function's name as the session's, so `assumed-role/ROLE/FUNCTION` names the
caller; newer records say it outright in `inScopeOf`. The record of Lambda's own AssumeRole says which key it handed out.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
"""

from __future__ import annotations

import hashlib
import re
import uuid
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from dayfly.errors import DayflyError
from dayfly.fleet.records.rows import ApiCall

# CloudTrail closes a file at 50 MB before compression; what grows beyond this is a bomb.
MAX_BYTES = 256_000_000
_GZIP = b"\x1f\x8b"
_PERSON = b"dayfly.accesskey"
_ROLE_SESSION = re.compile(r"arn:[a-z-]+:sts::\d*:assumed-role/([^/]+)/([^/]+)")
_ROLE = re.compile(r"arn:[a-z-]+:iam::\d*:role/(?:.*/)?([^/]+)")
_FUNCTION_ARN = re.compile(r"arn:[a-z-]+:lambda:[a-z0-9-]*:\d*:function:([A-Za-z0-9_-]{1,64})(?::.*)?")
_FUNCTION = re.compile(r"[A-Za-z0-9_-]{1,64}")
# Sessions that look like a function's name and are none: EC2 instances, ECS tasks, people's and services' sessions.
_NO_FUNCTION = re.compile(
    r"i-[0-9a-f]{8,17}|[0-9a-f]{32}|botocore-session-\d+|AWSCLI-Session|AWSServiceRoleFor.*"
)
_PEOPLE = ("AWSReservedSSO_", "AWSServiceRoleFor")
_LAMBDA = "lambda.amazonaws.com"
_MANY_CHARACTERS = 300


@dataclass(slots=True)
class Trail:
    """What was in some records: calls of functions, how many records there were, and how many could not be read."""

    calls: list[ApiCall] = field(default_factory=list)
    records: int = 0
    malformed: int = 0


def read_trail(data: bytes, *, key: bytes) -> Trail:
    """Take a log file, a list of records, EventBridge's events or several JSON objects in a row; gzip or not.

    `key` makes hashes of access keys, which are never kept. Raises DayflyError where it is no JSON or too large; a
    record that cannot be read costs only itself.
    """
    trail = Trail()
    for record in _records(_plain(data)):
        if record is None:
            trail.records += 1
            trail.malformed += 1
            continue
        trail.records += 1
        try:
            call = call_of(record, key=key)
        except (ValueError, TypeError, OverflowError):
            trail.malformed += 1
            continue
        if call is not None:
            trail.calls.append(call)
    return trail


def is_record(value: object) -> bool:
    """Say whether a decoded object is one of CloudTrail's records, bare or as EventBridge's event."""
    record = _unwrapped(value)
    return record is not None and "eventSource" in record and "eventName" in record and "eventTime" in record


def call_of(value: object, *, key: bytes) -> ApiCall | None:
    """Return the call that a record tells of, None where no function made it.

    Raises ValueError for a record that is none.
    """
    record = _unwrapped(value)
    if record is None or not is_record(record):
        raise ValueError("not a CloudTrail record")
    who = _object(record, "userIdentity")
    function, role, access_key = _caller(record, who)
    if not function:
        return None
    return ApiCall(
        time=_seconds(_text(record, "eventTime")),
        account=_text(record, "recipientAccountId") or _text(who, "accountId"),
        region=_text(record, "awsRegion"),
        function=function,
        role=role,
        event_id=_event_id(record),
        access_key=hash_access_key(access_key, key=key),
        event_source=_text(record, "eventSource"),
        event_name=_text(record, "eventName"),
        source_ip=_text(record, "sourceIPAddress"),
        user_agent=_text(record, "userAgent"),
        error_code=_text(record, "errorCode"),
    )


def hash_access_key(access_key: str, *, key: bytes) -> int:
    """Return the keyed hash that stands for an access key, 0 for none."""
    if not key:
        raise ValueError("access keys are stored as keyed hashes only")
    if not access_key:
        return 0
    digest = hashlib.blake2b(access_key.encode(), digest_size=8, key=key[:64], person=_PERSON).digest()
    return int.from_bytes(digest, "big") or 1


def _caller(record: dict[str, object], who: dict[str, object]) -> tuple[str, str, str]:
    """Return function, role and access key; an empty function where the caller is none."""
    kind = _text(who, "type")
    if kind == "AWSService":
        return _issued(record, who)
    if kind != "AssumedRole":
        return "", "", ""
    session = _ROLE_SESSION.fullmatch(_text(who, "arn"))
    role = session[1] if session else ""
    scope = _object(who, "inScopeOf")
    for name in ("credentialsIssuedTo", "sourceArn"):
        if (match := _FUNCTION_ARN.fullmatch(_text(scope, name))) is not None:
            return match[1], role, _text(who, "accessKeyId")
    if session is None or role.startswith(_PEOPLE) or not _is_function(session[2]):
        return "", "", ""
    return session[2], role, _text(who, "accessKeyId")


def _issued(record: dict[str, object], who: dict[str, object]) -> tuple[str, str, str]:
    """Read Lambda's own AssumeRole: whom it gave which key."""
    if _text(who, "invokedBy") != _LAMBDA or _text(record, "eventName") != "AssumeRole":
        return "", "", ""
    asked = _object(record, "requestParameters")
    session = _text(asked, "roleSessionName")
    role = _ROLE.fullmatch(_text(asked, "roleArn"))
    if not _is_function(session):
        return "", "", ""
    credentials = _object(_object(record, "responseElements"), "credentials")
    return session, role[1] if role else "", _text(credentials, "accessKeyId")


def _is_function(session: str) -> bool:
    return _FUNCTION.fullmatch(session) is not None and _NO_FUNCTION.fullmatch(session) is None


def _plain(data: bytes) -> bytes:
    if data[:2] != _GZIP:
        if len(data) > MAX_BYTES:
            raise DayflyError(
                "the CloudTrail file is too large",
                hint="use CloudTrail's own files, which have at most 50 MB",
            )
        return data
    out = bytearray()
    rest = data
    try:
        # Files that were joined are several gzip members.
        while rest[:2] == _GZIP:
            unpack = zlib.decompressobj(wbits=31)
            out += unpack.decompress(rest, MAX_BYTES + 1 - len(out))
            if len(out) > MAX_BYTES:
                raise DayflyError(
                    "the CloudTrail file is too large when decompressed",
                    hint="use CloudTrail's own files, which have at most 50 MB",
                )
            if not unpack.eof:
                raise DayflyError("the CloudTrail file is truncated", hint="download it again")
            rest = unpack.unused_data
    except zlib.error as error:
        raise DayflyError(
            f"the CloudTrail file cannot be decompressed: {error}", hint="download it again"
        ) from error
    return bytes(out)


def _records(text: bytes) -> Iterator[dict[str, object] | None]:
    """Yield every record; None for what should be one and is not."""
    try:
        values: list[object] = [msgspec.json.decode(text)]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        # Firehose joins events with nothing between them, or a line feed each.
        values = list(_joined(text))
        if not any(isinstance(value, dict) for value in values):
            raise DayflyError(
                f"not a CloudTrail file: {error}",
                hint='use {"Records": […]}, one event, or one event per line',
            ) from error
    for value in values:
        yield from _flat(value)


def _flat(value: object) -> Iterator[dict[str, object] | None]:
    if isinstance(value, dict) and isinstance(value.get("Records"), list):
        value = value["Records"]
    for item in value if isinstance(value, list) else [value]:
        yield item if isinstance(item, dict) else None


def _joined(text: bytes) -> Iterator[object]:
    for line in re.sub(rb"\}\s*\{(?=\s*\")", b"}\n{", text).split(b"\n"):
        if not line.strip():
            continue
        try:
            yield msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            yield None


def _unwrapped(value: object) -> dict[str, object] | None:
    if not isinstance(value, dict):
        return None
    for name in ("detail", "eventData"):
        inner = value.get(name)
        if isinstance(inner, dict) and "eventName" in inner:
            return inner
    return value


def _object(record: dict[str, object], name: str) -> dict[str, object]:
    value = record.get(name)
    return value if isinstance(value, dict) else {}


def _text(record: dict[str, object], name: str) -> str:
    value = record.get(name)
    return value[:_MANY_CHARACTERS] if isinstance(value, str) else ""


def _seconds(text: str) -> float:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without a time zone")
    return moment.timestamp()


def _event_id(record: dict[str, object]) -> str:
    """Return the record's own id; a record without one gets what it says as its id, so that it is one row, too."""
    try:
        return str(uuid.UUID(_text(record, "eventID")))
    except ValueError:
        text = msgspec.json.encode(record, order="deterministic")
        return str(uuid.UUID(bytes=hashlib.blake2b(text, digest_size=16).digest()))

"""What Sigma's log sources and fields are in the fleet's tables."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType


class Kind(Enum):
    """How a column's values are compared."""

    TEXT = "text"
    NUMBER = "number"
    HASH = "hash"
    REQUEST = "request"
    TIME = "time"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; `expression` where a field is no column of its own."""

    expression: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Source:
    """A table as Sigma sees it: its fields, and those that a keyword is looked for in."""

    table: str
    fields: MappingProxyType[str, Column]
    searched: tuple[str, ...]


_COMMON = "account region function version"


def _source(
    table: str, *, text: str, numbers: str = "", hashes: str = "", searched: str, lists: str = "", has_request: bool = True, **renamed: str
) -> Source:  # fmt: skip
    fields = {name: Column(name, Kind.TEXT) for name in text.split()}
    fields |= {name: Column(name, Kind.NUMBER) for name in numbers.split()}
    fields |= {name: Column(name, Kind.HASH) for name in hashes.split()}
    fields |= {name: Column(name, Kind.LIST) for name in lists.split()}
    fields["time"] = Column("time", Kind.TIME)
    if has_request:
        fields["request_id"] = Column("request_id", Kind.REQUEST)
    fields |= {name.replace("__", "."): fields[column] for name, column in renamed.items()}
    return Source(table, MappingProxyType(fields), tuple(searched.split()))


INVOCATIONS = _source(
    "invocations",
    text=f"{_COMMON} trigger route outcome trust",
    numbers="status worker invocation sequence duration_us cpu_us overhead_us bytes_in bytes_out age_ms",
    hashes="environment source principal shape pattern subject code residue",
    searched="function version trigger route outcome",
)
FINDINGS = _source(
    "findings",
    text=f"{_COMMON} kind technique title message evidence uid trust",
    numbers="severity invocation sequence",
    hashes="environment",
    searched="function kind technique title message evidence",
)
BEHAVIOURS = _source(
    "behaviours",
    text=f"{_COMMON} kind target package package_version verdict technique trust",
    numbers="sequence",
    hashes="environment",
    searched="function kind target package verdict",
)
PLATFORM = _source(
    "platform",
    text=f"{_COMMON} kind status",
    numbers="init_us duration_us billed_ms memory_mb used_mb",
    hashes="stream",
    searched="function kind status",
)
ENVIRONMENTS = _source(
    "environments",
    text=f"{_COMMON} log_group log_stream dayfly_version isolation guard scope platform api_lock memory network log_invocations trust",
    hashes="environment code",
    lists="not_promised",
    searched="function log_stream isolation guard scope platform",
    has_request=False,
)
CLOUDTRAIL = _source(
    "api_calls",
    text="account region function role event_source event_name source_ip user_agent error_code",
    hashes="access_key",
    searched="function role event_source event_name source_ip user_agent error_code",
    has_request=False,
    eventSource="event_source",
    eventName="event_name",
    sourceIPAddress="source_ip",
    userAgent="user_agent",
    errorCode="error_code",
    awsRegion="region",
    recipientAccountId="account",
    eventTime="time",
    userIdentity__sessionContext__sessionIssuer__userName="role",
)
# (product, category or service)
SOURCES: MappingProxyType[tuple[str, str], Source] = MappingProxyType(
    {
        ("dayfly", "invocation"): INVOCATIONS,
        ("dayfly", "finding"): FINDINGS,
        ("dayfly", "behaviour"): BEHAVIOURS,
        ("dayfly", "platform"): PLATFORM,
        ("dayfly", "environment"): ENVIRONMENTS,
        ("aws", "cloudtrail"): CLOUDTRAIL,
    }
)

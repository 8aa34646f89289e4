"""The rows of the store's tables, as they are written: one class per table, one field per column.

Times are seconds since the epoch. Identifiers of environments, log streams and keyed hashes are numbers of 64 bits, 0
where they are not known; request ids are UUIDs in their text form, NO_REQUEST where there is none.
"""

from __future__ import annotations

from typing import Literal

import msgspec

NO_REQUEST = "00000000-0000-0000-0000-000000000000"

# verified: it bears the proof that only a supervisor with the fleet's key can make. consistent: no key is known here,
# and everything else agrees. unverified: something is missing, and nothing contradicts.
Trust = Literal["verified", "consistent", "unverified"]
Road = Literal["firehose", "telemetry", "lab", "import", "pull"]


class Line(msgspec.Struct, kw_only=True, frozen=True):
    """What every row of a line has: when, and whose."""

    time: float
    account: str = ""
    region: str = ""
    function: str
    version: str = ""


class Invocation(Line, kw_only=True, frozen=True):
    """`invocations`: one invocation as the supervisor saw it."""

    environment: int
    stream: int = 0
    sequence: int = 0
    worker: int = 0
    invocation: int = 0
    request_id: str = NO_REQUEST
    trigger: str = ""
    route: str = ""
    source: int = 0
    principal: int = 0
    shape: int = 0
    pattern: int = 0
    subject: int = 0
    outcome: str = "success"
    status: int = 0
    duration_us: int = 0
    cpu_us: int = 0
    overhead_us: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    age_ms: int = 0
    code: int = 0
    residue: int = 0
    trust: Trust = "unverified"


class Environment(Line, kw_only=True, frozen=True):
    """`environments`: the first log line of an environment under Dayfly."""

    environment: int
    stream: int = 0
    log_group: str = ""
    log_stream: str = ""
    dayfly_version: str = ""
    isolation: str = ""
    guard: str = ""
    scope: str = ""
    platform: str = ""
    api_lock: str = ""
    memory: str = ""
    network: str = ""
    log_invocations: str = ""
    not_promised: list[str] = []
    code: int = 0
    trust: Trust = "unverified"


class Package(Line, kw_only=True, frozen=True):
    """`packages`: one distribution that a function's version carries."""

    package: str
    package_version: str = ""


class Finding(Line, kw_only=True, frozen=True):
    """`findings`: one finding of the runtime; `evidence` is its JSON object."""

    environment: int
    stream: int = 0
    sequence: int = 0
    uid: str
    kind: str
    severity: int
    technique: str = ""
    title: str = ""
    message: str = ""
    invocation: int = 0
    request_id: str = NO_REQUEST
    source_request: str = NO_REQUEST
    evidence: str = "{}"
    trust: Trust = "unverified"


class Behaviour(Line, kw_only=True, frozen=True):
    """`behaviours`: one use of a capability that was new to its environment."""

    environment: int
    stream: int = 0
    sequence: int = 0
    request_id: str = NO_REQUEST
    kind: str
    target: str
    package: str = ""
    package_version: str = ""
    verdict: str = ""
    technique: str = ""
    trust: Trust = "unverified"


class Platform(Line, kw_only=True, frozen=True):
    """`platform`: INIT_START, START or REPORT; `status` is REPORT's, "" for success."""

    stream: int
    kind: Literal["init", "start", "report"]
    request_id: str = NO_REQUEST
    status: str = ""
    init_us: int = 0
    duration_us: int = 0
    billed_ms: int = 0
    memory_mb: int = 0
    used_mb: int = 0


class ApiCall(Line, kw_only=True, frozen=True):
    """`api_calls`: one call to AWS by a function's role, from CloudTrail; `access_key` is a keyed hash."""

    event_id: str
    role: str = ""
    access_key: int = 0
    event_source: str = ""
    event_name: str = ""
    source_ip: str = ""
    user_agent: str = ""
    error_code: str = ""


class Quarantined(msgspec.Struct, kw_only=True, frozen=True):
    """`quarantine`: a line that was not understood or must not be believed, kept for inspection."""

    received: float
    time: float
    reason: Literal["malformed", "forged"]
    detail: str
    account: str = ""
    region: str = ""
    function: str = ""
    log_group: str = ""
    log_stream: str = ""
    stream: int = 0
    road: Road
    bytes: int
    line: str


class Batch(msgspec.Struct, kw_only=True, frozen=True):
    """`batches`: what became of one batch."""

    received: float
    token: str
    road: Road
    sender: str = ""
    bytes: int
    lines: int
    ours: int = 0
    platform: int = 0
    other: int = 0
    duplicates: int = 0
    malformed: int = 0
    forged: int = 0
    newest: float = 0.0


class Detection(msgspec.Struct, kw_only=True, frozen=True):
    """`detections`: what a rule concluded; see `dayfly.fleet.detections`.

    `environments` are at most some hundred of the `environments_all`; `facts` is a JSON object with what the rule's
    story and its evidence query need.
    """

    uid: str
    updated: float
    rule: str
    title: str
    severity: int
    reasons: list[str]
    technique: str = ""
    story: str
    account: str = ""
    region: str = ""
    functions: list[str]
    environments: list[int] = []
    environments_all: int = 0
    sources: list[int] = []
    request_ids: list[str] = []
    events: int = 0
    first_time: float
    last_time: float
    subject_key: str = ""
    facts: str = "{}"


class Triage(msgspec.Struct, kw_only=True, frozen=True):
    """`triage`: what somebody decided about a detection, finding, rule or function."""

    time: float
    subject: str
    action: Literal["acknowledge", "reopen", "mute", "unmute", "retire"]
    actor: str
    reason: str = ""
    expires: float = 0.0
    facts: str = "{}"

"""Findings: OCSF Detection Findings as one JSON line, never holding the data they are about.

Class 2004 of the Open Cybersecurity Schema Framework, https://schema.ocsf.io/1.6.0/classes/detection_finding
`level` and `timestamp` come on top, so that Lambda's log-level filter keeps the line.
"""

from __future__ import annotations

import time

from dayfly import __version__
from dayfly.core.limits import MAX_FINDING_BYTES
from dayfly.core.loglines import PRODUCT
from dayfly.core.proofs import canonical

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from dayfly.core.proofs import FleetKey

OCSF_VERSION = "1.6.0"
ATTACK_VERSION = "18.1"
# Characters of a line that had to be shortened. One takes 12 bytes at most (a surrogate pair, escaped), so
# these and the fixed part stay below MAX_FINDING_BYTES together.
_SHORT_MESSAGE = 600
_SHORT_NAME = 160


class FindingKind:
    """What Dayfly can find: stable id, title, OCSF severity (1 informational to 5 critical), ATT&CK."""

    __slots__ = ("attack", "meaning", "severity", "title", "triggers", "uid")

    def __init__(
        self, uid: str, title: str, severity: int, attack: tuple[str, str] | None, meaning: str
    ) -> None:
        self.uid = uid
        self.title = title
        self.severity = severity
        self.attack = attack
        self.meaning = meaning
        # What of `retire_on` it is: so a finding that is added later ends windows without another list.
        residue = frozenset(["residue"] if uid.startswith("residue.") else [])
        self.triggers = residue | frozenset(["suspicion"] if attack is not None else [])


_SEVERITY = {1: "Informational", 2: "Low", 3: "Medium", 4: "High", 5: "Critical"}
_LEVEL = {1: "INFO", 2: "WARN", 3: "WARN", 4: "ERROR", 5: "ERROR"}

ENVIRONMENT_STARTED = FindingKind(
    "environment.started",
    "Dayfly is active",
    1,
    None,
    "the first log record of an environment: the active protections and their limits",
)
ENVIRONMENT_PACKAGES = FindingKind(
    "environment.packages",
    "Packages of the function",
    1,
    None,
    "the distributions in the function's package, as `name==version`; written with `log_invocations` or a "
    "fleet key, and split into several records if necessary",
)
EARLIER_LIFE = FindingKind(
    "environment.earlier-life",
    "Leftovers from before a runtime restart",
    3,
    ("T1543", "Create or Modify System Process"),
    "the runtime restarted in this environment, and before function code ran Dayfly removed what an invocation had left: "
    "processes (`programs` as they called themselves, `api_connections` of theirs to the Runtime API), kernel objects, or "
    "changed files. The last request before it in the log stream is the last that was served",
)
RESTARTED = FindingKind(
    "environment.restarted",
    "Runtime restarted",
    1,
    None,
    "the runtime restarted in this environment, and no process of an invocation was left: the platform does so after an init "
    "of more than ten seconds, a timeout or a crash. Before function code ran, Dayfly ended processes of the init or removed files",
)
PROCESS_LEFT = FindingKind(
    "residue.process",
    "Invocation left processes running",
    3,
    ("T1543", "Create or Modify System Process"),
    "processes outlived their invocation; Dayfly ended them before the next one",
)
FILE_LEFT = FindingKind(
    "residue.file",
    "Invocation left files",
    2,
    ("T1074.001", "Local Data Staging"),
    "Dayfly removed files in temporary directories or in other directories that the function can write, or put back what it changed of init's",
)
IPC_LEFT = FindingKind(
    "residue.ipc",
    "Invocation left System V objects or kernel keys",
    3,
    ("T1559", "Inter-Process Communication"),
    "Dayfly removed shared memory, semaphores, message queues or kernel keys",
)
LIMITS_CHANGED = FindingKind(
    "residue.limits",
    "Invocation changed limits or priorities of Dayfly's processes",
    4,
    ("T1499", "Endpoint Denial of Service"),
    "resource limits, CPU affinity or scheduling of the supervisor, the zygote or a spare worker were "
    "changed; Dayfly restored them or replaced the process",
)
SIGNALLED = FindingKind(
    "residue.signals",
    "Dayfly's processes received signals",
    4,
    ("T1489", "Service Stop"),
    (
        "a process of the function's user stopped, killed or signalled the supervisor, the zygote or a spare "
        "worker"
    ),
)
KEPT_FILE_CHANGED = FindingKind(
    "residue.kept-file",
    "Invocation changed a file created at init",
    4,
    ("T1565.001", "Stored Data Manipulation"),
    "the file may have influenced init, so Dayfly rebuilt the zygote from the deployed code",
)
CODE_CHANGED = FindingKind(
    "residue.code",
    "Invocation changed the function's code",
    5,
    ("T1554", "Compromise Host Software Binary"),
    (
        "files that Python can execute were changed or removed in a directory that the function can write; see "
        "`changed_code`"
    ),
)
WORKER_DIED = FindingKind(
    "worker.died",
    "A worker ended before it answered",
    2,
    None,
    "the caller received Lambda's standard error; the next event gets a fresh worker",
)
WORKER_TIMED_OUT = FindingKind(
    "worker.timed-out",
    "A worker timed out",
    2,
    None,
    "`on_timeout = answer`: Dayfly ended the worker before the platform's timeout; the caller received "
    "Lambda's standard error, and the next event gets a fresh worker",
)
WORK_DISCARDED = FindingKind(
    "worker.work-discarded",
    "Background work was discarded",
    2,
    None,
    "threads or tasks of the invocation were still running after its response and ended with the worker; "
    "wait for them in the handler",
)
NOT_DELIVERED = FindingKind(
    "worker.not-delivered",
    "Buffered telemetry was not sent in time",
    2,
    None,
    "spans, metrics or log records that a library had buffered were lost with the worker; see `fork.deliver`",
)
WORKER_HOSTILE = FindingKind(
    "worker.hostile",
    "A worker violated the protocol",
    4,
    ("T1557", "Adversary-in-the-Middle"),
    "its answer did not come from Dayfly's client; Dayfly ended it and the caller received an error",
)
LOG_DROPPED = FindingKind(
    "worker.log-dropped",
    "A worker wrote invalid log frames",
    3,
    ("T1562.006", "Indicator Blocking"),
    "Dayfly dropped bytes that are not a valid telemetry frame",
)
NOT_FORKABLE = FindingKind(
    "zygote.not-forkable",
    "The function cannot be forked and runs in process isolation",
    3,
    None,
    "init left resources that processes must not share; the finding names each one with its fix",
)
ZYGOTE_LOST = FindingKind(
    "zygote.lost",
    "The zygote failed and is rebuilt",
    4,
    ("T1499", "Endpoint Denial of Service"),
    "the zygote ended or stopped answering; a new interpreter initialises the function again",
)
INFECTED = FindingKind(
    "environment.infected",
    "A worker took over the Runtime API",
    5,
    ("T1557", "Adversary-in-the-Middle"),
    "a worker connected to the Runtime API, or the platform received an answer that the supervisor did not "
    "send; Dayfly ended the worker, which may have served requests of this environment until then",
)
NOT_CLEAN = FindingKind(
    "environment.not-clean",
    "The environment could not be cleaned and retires",
    5,
    ("T1543", "Create or Modify System Process"),
    "a leftover survived every attempt to remove it; this environment serves no further event",
)
RENEWED = FindingKind(
    "environment.renewed",
    "Environment renewed at its maximum age",
    1,
    None,
    "`environment_max_age` or `zygote.max_age` was reached, or credentials were about to expire: a new "
    "interpreter initialised the function between two invocations",
)
NOT_RENEWED = FindingKind(
    "environment.not-renewed",
    "Environment could not be renewed",
    3,
    None,
    "a maximum age was reached, but init failed or takes longer than an invocation allows; if possible, "
    "the previous zygote keeps serving, and Dayfly tries again later",
)
ZOMBIES = FindingKind(
    "environment.zombies",
    "Zombie processes accumulate",
    3,
    ("T1499.001", "OS Exhaustion Flood"),
    "PID 1 does not reap dead processes; recycle the environment before it reaches the process limit",
)
MEMORY_CHANGED = FindingKind(
    "residue.memory",
    "Invocation modified the function's memory",
    5,
    ("T1574", "Hijack Execution Flow"),
    "memory differs from the initialised function: new code that does not come from the deployment, or any "
    "other change after the guard saw code in the event. Unless `retire_on` excludes it, the finding ends "
    "a window, and a process that is not forked is initialised again",
)
SERVED_AFTERWARDS = FindingKind(
    "residue.served",
    "Request served by a modified worker",
    5,
    ("T1565.002", "Transmitted Data Manipulation"),
    "`source_request` is the request that caused the finding `residue.memory`; one such finding for each "
    "later request of that worker lists the affected requests",
)
GUARD_REFUSED = FindingKind(
    "guard.refused",
    "Guard refusal (block mode)",
    4,
    ("T1190", "Exploit Public-Facing Application"),
    "`guard = block`: data of the event was about to become code, a command, part of a statement's "
    "structure, a path outside its directory or a destination. The guard refused it; the caller received "
    "an error, or one record of a batch failed. The finding names the rule's ATT&CK technique",
)
GUARD_OBSERVED = FindingKind(
    "guard.observed",
    "Guard detection (observe mode)",
    4,
    ("T1190", "Exploit Public-Facing Application"),
    (
        "as `guard.refused`, but the operation WAS EXECUTED: `guard = observe`, or it was detected only "
        "afterwards"
    ),
)
GUARD_CAPABILITY = FindingKind(
    "guard.capability",
    "A capability was used",
    3,
    None,
    "a use that `[policy]` does not allow, in observe mode (`verdict` observed, with the ATT&CK "
    "technique); with `guard_learn`, each use that is new to the environment (`verdict` used)",
)
GUARD_UNKNOWN = FindingKind(
    "guard.unknown",
    "Code or command of unknown origin",
    2,
    None,
    "code or a command came from a database, a file or another service, perhaps stored there by an earlier "
    "event. It was not refused. Each worker reports it once per place in the code",
)
GUARD_COMPUTED = FindingKind(
    "guard.computed",
    "Arithmetic expression evaluated",
    1,
    None,
    "an expression of literals and operators of limited size (`49.90 * 2`), which can only compute a "
    "value; every guard mode allows it",
)
GUARD_FAULT = FindingKind(
    "guard.fault",
    "Guard fault",
    3,
    None,
    "the guard failed to check an operation; `guard_on_fault` decides whether the operation continued",
)
CANNOT_CHECK = FindingKind(
    "environment.cannot-check",
    "A protection is not active",
    2,
    None,
    "the host does not permit a requested protection; the finding gives the reason",
)

UNPROTECTED = FindingKind(
    "environment.unprotected",
    "The function runs WITHOUT Dayfly",
    5,
    None,
    "Dayfly cannot run here, and `DAYFLY_ON_FAILURE` is run: NOTHING protects this environment. The finding gives the "
    "reason; it is written once, at the environment's first start",
)

KINDS = tuple(value for value in list(globals().values()) if isinstance(value, FindingKind))


class Where:
    """The environment a finding belongs to: nothing of it comes from an event."""

    __slots__ = ("environment", "function", "version")

    def __init__(self, *, environment: str, function: str, version: str) -> None:
        self.environment = environment
        self.function = function
        self.version = version


def finding_line(
    kind: FindingKind,
    where: Where,
    *,
    now: float,
    message: str,
    number: int = 0,
    request_id: str = "",
    evidence: Mapping[str, object] | None = None,
    sequence: int = 0,
    key: FleetKey | None = None,
) -> bytes:
    """Return one finding as a JSON line, ended.

    `now` in seconds since the epoch, `number` the invocation's number in its environment (0: none), `sequence` the line's.
    With a `key` the line bears its proof.
    `message` and `evidence` must hold counts, kinds and names of the function's own making at init,
    never anything that came with an event. A line over MAX_FINDING_BYTES loses its evidence, and long
    texts are cut.
    """
    detail: dict[str, object] = {"environment": where.environment}
    if sequence:
        detail["sequence"] = sequence
    if number:
        detail["invocation"] = number
    if request_id:
        detail["request_id"] = request_id
    info: dict[str, object] = {
        "uid": f"{where.environment}:{number}:{kind.uid}",
        "title": kind.title,
        "types": [kind.uid],
        "desc": kind.meaning,
    }
    if technique := kind.attack:
        info["attacks"] = [
            {"version": ATTACK_VERSION, "technique": {"uid": technique[0], "name": technique[1]}}
        ]
    record: dict[str, object] = {
        "timestamp": timestamp(now),
        "level": _LEVEL[kind.severity],
        "message": f"{PRODUCT}: {message}",
        "activity_id": 1,
        "activity_name": "Create",
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": 2004,
        "class_name": "Detection Finding",
        "type_uid": 200401,
        "type_name": "Detection Finding: Create",
        "severity_id": kind.severity,
        "severity": _SEVERITY[kind.severity],
        "status_id": 1,
        "status": "New",
        "time": int(now * 1000),
        "finding_info": info,
        "metadata": {
            "version": OCSF_VERSION,
            "product": {"name": PRODUCT, "vendor_name": PRODUCT, "version": __version__},
        },
        "resources": [{"type": "AWS::Lambda::Function", "name": where.function, "version": where.version}],
        "unmapped": {**detail, "evidence": dict(evidence or {})},
    }
    line = seal(record, key)
    if len(line) >= MAX_FINDING_BYTES:
        record["message"] = f"{PRODUCT}: {message}"[:_SHORT_MESSAGE]
        record["resources"] = [
            {
                "type": "AWS::Lambda::Function",
                "name": where.function[:_SHORT_NAME],
                "version": where.version[:_SHORT_NAME],
            }
        ]
        if request_id:
            detail["request_id"] = request_id[:_SHORT_NAME]
        record["unmapped"] = {**detail, "evidence": {"left_out": "too long for one record"}}
        line = seal(record, key)
    return line + b"\n"


def seal(record: dict[str, object], key: FleetKey | None) -> bytes:
    """Return a record as canonical JSON, with its proof where there is a key."""
    line = canonical(record)
    return line if key is None else key.seal(line)


def timestamp(now: float) -> str:
    """Return a time in seconds since the epoch as log records have it: UTC, to the millisecond."""
    seconds, milliseconds = divmod(int(now * 1000), 1000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{milliseconds:03d}Z"

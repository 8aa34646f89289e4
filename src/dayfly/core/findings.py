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

    from dayfly.core.activity import Activity
    from dayfly.core.proofs import FleetKey

OCSF_VERSION = "1.6.0"
ATTACK_VERSION = "18.1"
INVOCATION_MESSAGE = f"{PRODUCT}: invocation"
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
    "Dayfly is in force",
    1,
    None,
    "the first line of an environment: what is promised here and what is not",
)
ENVIRONMENT_PACKAGES = FindingKind(
    "environment.packages",
    "What the function carries",
    1,
    None,
    "the distributions beside the function's code, as `name==version`: with `log_invocations` or a fleet's key, and in several "
    "lines where they do not fit into one",
)
EARLIER_LIFE = FindingKind(
    "environment.earlier-life",
    "An earlier life of this environment left something",
    3,
    ("T1543", "Create or Modify System Process"),
    "at start, before any function code, processes were ended or files removed",
)
PROCESS_LEFT = FindingKind(
    "residue.process",
    "An invocation left processes running",
    3,
    ("T1543", "Create or Modify System Process"),
    "processes outlived their invocation and were ended before the next one",
)
FILE_LEFT = FindingKind(
    "residue.file",
    "An invocation left files",
    2,
    ("T1074.001", "Local Data Staging"),
    "files written to temporary directories, or to other places that the function may write, were removed",
)
IPC_LEFT = FindingKind(
    "residue.ipc",
    "An invocation left System V objects or keys",
    3,
    ("T1559", "Inter-Process Communication"),
    "shared memory, semaphores, message queues or kernel keys were removed",
)
LIMITS_CHANGED = FindingKind(
    "residue.limits",
    "An invocation changed limits or priorities of Dayfly's processes",
    4,
    ("T1499", "Endpoint Denial of Service"),
    "resource limits, processors or scheduling of the supervisor, the zygote or a worker forked ahead: put back, or who "
    "has them is given up",
)
SIGNALLED = FindingKind(
    "residue.signals",
    "Dayfly's processes were sent signals",
    4,
    ("T1489", "Service Stop"),
    "somebody of the function's user stopped, killed or signalled the supervisor, the zygote or a worker forked ahead",
)
KEPT_FILE_CHANGED = FindingKind(
    "residue.kept-file",
    "An invocation changed a file made at init",
    4,
    ("T1565.001", "Stored Data Manipulation"),
    "the zygote was rebuilt from the deployed code, since what it read at init may have been changed",
)
CODE_CHANGED = FindingKind(
    "residue.code",
    "An invocation changed the function's code",
    5,
    ("T1554", "Compromise Host Software Binary"),
    "files that Python may execute were changed or removed in a directory that the function may write; see `changed_code`",
)
WORKER_DIED = FindingKind(
    "worker.died",
    "A worker ended before it answered",
    2,
    None,
    "the caller got Lambda's own error; the next event gets a fresh worker",
)
WORKER_TIMED_OUT = FindingKind(
    "worker.timed-out",
    "A worker took too long",
    2,
    None,
    "`on_timeout = answer`: it was ended ahead of the platform's timeout; the caller got Lambda's own error, and the "
    "next event gets a fresh worker",
)
WORK_DISCARDED = FindingKind(
    "worker.work-discarded",
    "Work that was to go on after the answer was discarded",
    2,
    None,
    "threads or tasks started by the invocation still ran when its answer was in, and ended with the worker; "
    "wait for them in the handler",
)
NOT_DELIVERED = FindingKind(
    "worker.not-delivered",
    "What a library had recorded was not sent in time",
    2,
    None,
    "spans, metrics or records that a library holds back for a batch ended with the worker; see `fork.deliver`",
)
WORKER_HOSTILE = FindingKind(
    "worker.hostile",
    "A worker broke the protocol",
    4,
    ("T1557", "Adversary-in-the-Middle"),
    "what it sent was no answer of Dayfly's client; it was ended and the caller got an error",
)
LOG_DROPPED = FindingKind(
    "worker.log-dropped",
    "A worker wrote broken log frames",
    3,
    ("T1562.006", "Indicator Blocking"),
    "bytes that were no telemetry frame were dropped",
)
NOT_FORKABLE = FindingKind(
    "zygote.not-forkable",
    "The function cannot be forked and runs in process isolation",
    3,
    None,
    "init left something that two processes must not share; each culprit is named with its fix",
)
ZYGOTE_LOST = FindingKind(
    "zygote.lost",
    "The zygote was lost and is rebuilt",
    4,
    ("T1499", "Endpoint Denial of Service"),
    "it ended or stopped answering; a fresh interpreter initialises the function again",
)
INFECTED = FindingKind(
    "environment.infected",
    "A worker took the runtime's place",
    5,
    ("T1557", "Adversary-in-the-Middle"),
    "it was seen at the Runtime API, or the platform had an answer that the supervisor did not send; it was ended, "
    "and whoever was served from this environment meanwhile may have been served by it",
)
NOT_CLEAN = FindingKind(
    "environment.not-clean",
    "The environment could not be cleaned and retires",
    5,
    ("T1543", "Create or Modify System Process"),
    "something survived every attempt to remove it; no further event is served from this environment",
)
RENEWED = FindingKind(
    "environment.renewed",
    "The environment reached its age and was renewed",
    1,
    None,
    "`environment_max_age`, `zygote.max_age` or credentials about to end: the function was initialised anew in a fresh "
    "interpreter, between two invocations",
)
NOT_RENEWED = FindingKind(
    "environment.not-renewed",
    "The environment is older than it should be",
    3,
    None,
    "an age was reached, and the init failed or does not fit into an invocation's time; where it could be kept, the "
    "function that was initialised before goes on serving, and it is tried again later",
)
ZOMBIES = FindingKind(
    "environment.zombies",
    "Dead processes pile up",
    3,
    ("T1499.001", "OS Exhaustion Flood"),
    "PID 1 does not reap them; when the process limit is near, recycle the environment",
)
MEMORY_CHANGED = FindingKind(
    "residue.memory",
    "An invocation planted something in the function's memory",
    5,
    ("T1574", "Hijack Execution Flow"),
    "compared with the initialised function: code that is neither the deployment's nor made by it, or, after the guard saw "
    "code come with the event, whatever else changed. It ends a window, and a process that is not forked is initialised "
    "anew, unless `retire_on` says otherwise",
)
SERVED_AFTERWARDS = FindingKind(
    "residue.served",
    "A request was served by a worker that had been changed",
    5,
    ("T1565.002", "Transmitted Data Manipulation"),
    "`patient_zero` is the request that planted what `residue.memory` tells of; with one of these for each later request of "
    "that worker they are the blast radius",
)
GUARD_REFUSED = FindingKind(
    "guard.refused",
    "The guard refused what an event tried",
    4,
    ("T1190", "Exploit Public-Facing Application"),
    "`guard = block`: what the event brought was about to become code, a command, a statement's structure, a path out of its "
    "directory or a destination; the caller got an error, or one record of a batch failed. The rule's own technique is given",
)
GUARD_OBSERVED = FindingKind(
    "guard.observed",
    "The guard saw what it would refuse",
    4,
    ("T1190", "Exploit Public-Facing Application"),
    "as `guard.refused`, but it HAPPENED: `guard = observe`, or it was only seen afterwards",
)
GUARD_CAPABILITY = FindingKind(
    "guard.capability",
    "A capability was used",
    3,
    None,
    "what `[policy]` does not allow, while it is observed (`verdict` observed, with the technique it would be); with "
    "`guard_learn`, each use that is new to the environment (`verdict` used)",
)
GUARD_UNKNOWN = FindingKind(
    "guard.unknown",
    "Code or a command came from neither the event nor the function",
    2,
    None,
    "from a database, a file or another service, perhaps stored there by an earlier event; it was not refused. Told once for "
    "each place in the code by each worker",
)
GUARD_COMPUTED = FindingKind(
    "guard.computed",
    "Plain arithmetic was evaluated",
    1,
    None,
    "an expression of literals and operators alone, of bounded size (`49.90 * 2`): it can do nothing but compute a value, and "
    "passes in every mode",
)
GUARD_FAULT = FindingKind(
    "guard.fault",
    "The guard failed to judge",
    3,
    None,
    "a fault of its own; whether the operation went on is `guard_on_fault`",
)
CANNOT_CHECK = FindingKind(
    "environment.cannot-check",
    "A protection is not in force here",
    2,
    None,
    "the host does not allow it; the reason is named",
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
    attack: tuple[str, str] | None = None,
    sequence: int = 0,
    key: FleetKey | None = None,
) -> bytes:
    """Return one finding as a JSON line, ended; `attack` is a technique that says more than its kind's.

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
    if technique := attack or kind.attack:
        info["attacks"] = [
            {"version": ATTACK_VERSION, "technique": {"uid": technique[0], "name": technique[1]}}
        ]
    record: dict[str, object] = {
        "timestamp": _timestamp(now),
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
    line = _sealed(record, key)
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
        record["unmapped"] = {**detail, "evidence": {"left_out": "too long for one line"}}
        line = _sealed(record, key)
    return line + b"\n"


def invocation_line(
    where: Where,
    *,
    now: float,
    number: int,
    worker: int,
    age_ms: int,
    outcome: str,
    request_id: str,
    sequence: int = 0,
    activity: Activity | None = None,
    key: FleetKey | None = None,
) -> bytes:
    """Return the compact line of one invocation (off by default), ended.

    `age_ms` is the environment's age, `worker` the worker's number, `outcome` one of `success`, `error`, `crash`, `activity`
    what else is known of it. With a `key` the line bears its proof.
    """
    record: dict[str, object] = {
        "timestamp": _timestamp(now),
        "time": int(now * 1000),
        "level": "INFO",
        "message": INVOCATION_MESSAGE,
        "metadata": {"product": {"name": PRODUCT, "version": __version__}},
        "environment": where.environment,
        "function": where.function,
        "version": where.version,
        "worker": worker,
        "age_ms": age_ms,
        "invocation": number,
        "outcome": outcome,
        "request_id": request_id,
    }
    if sequence:
        record["sequence"] = sequence
    if activity is not None:
        record |= activity.facts()
    return _sealed(record, key) + b"\n"


def _sealed(record: dict[str, object], key: FleetKey | None) -> bytes:
    line = canonical(record)
    return line if key is None else key.seal(line)


def _timestamp(now: float) -> str:
    seconds, milliseconds = divmod(int(now * 1000), 1000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{milliseconds:03d}Z"

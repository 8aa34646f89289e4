"""Decides what of a handler's deeds lets one customer see another's data, and says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dayfly.scan.checks import CHECKS
from dayfly.scan.model import Confidence, Finding, Severity, Step
from dayfly.scan.state import wording
from dayfly.scan.state.combining import Effects, Judged
from dayfly.scan.state.deeds import OUTLETS, Outlet
from dayfly.scan.state.keeping import covers, is_open, is_prefix, overlap
from dayfly.scan.state.leftovers import judge_drawn, judge_registration, judge_work
from dayfly.scan.state.values import BOUND_KEYS, RootKind, is_deciding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dayfly.scan.model import Place
    from dayfly.scan.state.deeds import Deeds, Flow, Write
    from dayfly.scan.state.values import Part, Read
    from dayfly.scan.taint.results import Effect

# Who is asked for: a key with one of these tells customers apart.
_IDENTITY = (
    "user", "customer", "tenant", "account", "session", "sub", "principal", "claims", "authorizer", "email", "token",
    "identity", "cognito", "owner", "member", "subscriber", "clientid", "client_id", "org", "authorization", "apikey", "api_key",
    "username", "caller", "person", "patient", "employee",
)  # fmt: skip
# One for each event: nobody else's event has the same.
_ONCE = (
    "idempot",
    "requestid",
    "request_id",
    "messageid",
    "message_id",
    "eventid",
    "event_id",
    "nonce",
    "receipthandle",
    "digest",
)


def judge(
    deeds: Deeds, *, source: Place | None, function: str, effects: Sequence[Effect] = ()
) -> Iterator[Finding]:
    """Findings of one entry; the worst one for each kept thing.

    `effects` are what the taint engine saw: where it knows that nothing of the event is kept, that holds.
    """
    best: dict[tuple[str, str, str, str], Finding] = {}
    for judged in _judge_all(deeds, source, function, Effects(effects)):
        known = best.get(judged.subject)
        if known is None or (judged.finding.severity, known.place) > (known.severity, judged.finding.place):
            best[judged.subject] = judged.finding
    # What is said of a client or a cache need not be said of the global that holds it.
    yield from sorted(best.values(), key=lambda finding: (finding.place, finding.check))


def _judge_all(deeds: Deeds, source: Place | None, function: str, effects: Effects) -> Iterator[Judged]:
    for write in deeds.writes.values():
        if effects.denies(write):
            continue
        found = _judge_write(write, deeds)
        if found is None:
            continue
        check, severity, confidence, flow = found
        subject = (
            check,
            write.spot.root.owner,
            write.spot.root.name,
            write.spot.field[0] if write.spot.field and write.spot.field[0].startswith(".") else "",
        )
        before = effects.steps(write) or ((Step(source, "the event"),) if source is not None else ())
        yield Judged(_finding(check, severity, confidence, write, flow, before, function), subject)
    yield from effects.unseen(deeds, function)
    yield from judge_drawn(deeds, function)
    for work in deeds.works.values():
        yield from judge_work(work, function)
    for registration in deeds.registrations:
        yield from judge_registration(registration, deeds, function)


def _stale(read: Read, write: Write) -> bool:
    """Whether the read may see what an earlier invocation wrote."""
    if read.is_test or read.spot.root != write.spot.root or not overlap(read.spot.field, write.spot.field):
        return False
    for fresh in read.fresh:
        if is_prefix(fresh, read.spot.field):
            return False
        if is_prefix(fresh, write.spot.field) and not any(is_open(step) for step in fresh):
            return False
    return True


def _uncovered(write: Write) -> frozenset[Part]:
    """Parts of the event that the value depends on and its key does not tell apart."""
    rest = frozenset(part for part in write.parts if not covers(write.key, frozenset({part})))
    if any(_names(part, _ONCE) for part in write.key):
        return frozenset()
    if any(_names(part, _IDENTITY) for part in write.key):
        return frozenset(part for part in rest if _names(part, _IDENTITY))
    return rest


def _names(part: Part, words: Iterable[str]) -> bool:
    return any(word in step.lower() for step in part for word in words)


def _is_kept(write: Write, deeds: Deeds) -> bool:
    return any(spot.root == write.spot.root and overlap(spot.field, write.spot.field) for spot in deeds.dirty)


def _flow_of(write: Write, deeds: Deeds) -> Flow | None:
    """The worst way of what was written into a later invocation's doings."""
    is_covered = bool(write.key) and not _uncovered(write)
    found = [
        flow
        for flow in deeds.flows
        if _stale(flow.read, write)
        and not (is_covered and flow.read.key and len(flow.read.spot.field) >= len(write.spot.field))
    ]
    if not found:
        return None
    return min(found, key=lambda flow: (OUTLETS.index(flow.outlet), flow.place, flow.what))


def _judge_write(write: Write, deeds: Deeds) -> tuple[str, Severity, Confidence, Flow | None] | None:
    kind = write.spot.root.kind
    if not write.parts and not write.key and not write.is_code:
        return None
    if not _is_kept(write, deeds) or (deeds.clears_keys and write.spot.root == BOUND_KEYS):
        return None
    flow = _flow_of(write, deeds)
    match kind:
        case RootKind.CACHE:
            return _judge_cache(write, flow)
        case RootKind.FILE:
            return _judge_file(write, flow)
        case RootKind.ENVIRONMENT:
            if not write.parts or (write.is_implied and flow is None):
                return None
            severity = (
                Severity.HIGH
                if flow is not None
                else Severity.MEDIUM
                if write.is_conditional
                else Severity.LOW
            )
            if write.is_credential and flow is None:
                severity = Severity.MEDIUM
            return "state.environment", severity, Confidence.HIGH, flow
        case RootKind.MODULE | RootKind.SETTING:
            return _judge_module(write, flow)
        case _:
            return _judge_memory(write, flow, deeds)


def _judge_cache(write: Write, flow: Flow | None) -> tuple[str, Severity, Confidence, Flow | None] | None:
    if not write.parts:
        return None
    if _uncovered(write) and flow is not None:
        check = "state.client" if write.is_client else "state.cache"
        return check, Severity.HIGH if flow.outlet in OUTLETS[:2] else Severity.MEDIUM, Confidence.HIGH, flow
    if write.spot.root.drawn == "unbounded":
        return "state.cache", Severity.INFORMATIONAL, Confidence.MEDIUM, None
    return None


def _judge_file(write: Write, flow: Flow | None) -> tuple[str, Severity, Confidence, Flow | None] | None:
    if not write.parts:
        return None
    if flow is not None and flow.outlet in OUTLETS[:2] and write.spot.root.drawn != "unique":
        return "state.temporary", Severity.HIGH, Confidence.HIGH, flow
    return "state.temporary", Severity.LOW, Confidence.HIGH, None


def _judge_module(write: Write, flow: Flow | None) -> tuple[str, Severity, Confidence, Flow | None] | None:
    if write.parts and (write.is_credential or write.is_client):
        return "state.client", Severity.MEDIUM, Confidence.HIGH, flow
    if write.is_code:
        if write.parts:
            return "state.module", Severity.MEDIUM, Confidence.HIGH, flow
        return None if write.guards else ("state.module", Severity.LOW, Confidence.MEDIUM, flow)
    if not write.parts or write.is_implied:
        return None
    return (
        "state.module",
        Severity.MEDIUM if write.is_conditional or flow else Severity.LOW,
        Confidence.MEDIUM,
        flow,
    )


def _judge_memory(
    write: Write, flow: Flow | None, deeds: Deeds
) -> tuple[str, Severity, Confidence, Flow | None] | None:
    check = _check_of(write, flow)
    is_keyed_only = not write.parts and bool(write.key)
    if flow is not None:
        if is_keyed_only and (flow.read.key or flow.outlet is not Outlet.ANSWER):
            return None
        severity = {
            Outlet.ANSWER: Severity.HIGH,
            Outlet.OUTSIDE: Severity.HIGH,
            Outlet.DECISION: Severity.MEDIUM,
            Outlet.LOG: Severity.MEDIUM,
        }[flow.outlet]
        confidence = Confidence.HIGH
        if flow.outlet is Outlet.DECISION and is_deciding(write.spot.root):
            severity = Severity.HIGH
        if write.is_implied:
            if flow.outlet is Outlet.LOG or (
                flow.outlet is Outlet.DECISION and not is_deciding(write.spot.root)
            ):
                return None
            severity, confidence = Severity.MEDIUM, Confidence.MEDIUM
        if check == "state.context" and flow.outlet is Outlet.LOG:
            severity = Severity.LOW
        if is_keyed_only:
            severity = Severity.MEDIUM
        return check, severity, confidence, flow
    if is_keyed_only or write.is_implied or check == "state.context":
        return None
    if check == "state.client" and write.key and not _uncovered(write):
        return None
    if check == "state.client":
        return (
            check,
            Severity.LOW if write.is_whole and not write.is_credential else Severity.MEDIUM,
            Confidence.MEDIUM,
            None,
        )
    if any(is_prefix(fresh, write.spot.field) for fresh in write.fresh):
        return None
    if write.is_whole and not any(is_open(step) for step in write.spot.field):
        return check, Severity.INFORMATIONAL, Confidence.LOW, None
    if write.spot.root in deeds.evicted:
        return None
    if write.is_queue:
        return None
    reads = [read for read in deeds.reads if read.spot.root == write.spot.root]
    if write.key and not _uncovered(write) and any(read.key or read.is_test for read in reads):
        return None
    if any(spot.root == write.spot.root and overlap(spot.field, write.spot.field) for spot in deeds.tested):
        return None
    return check, Severity.LOW, Confidence.MEDIUM, None


def _check_of(write: Write, flow: Flow | None) -> str:
    root, field = write.spot.root, write.spot.field
    if write.parts and (write.is_client or (write.is_credential and _is_like_client(write))):
        return "state.client"
    if write.is_memo:
        return "state.cache"
    if root.kind is RootKind.CONTEXT:
        return "state.context"
    if root.kind is RootKind.DEFAULT:
        return "state.default"
    if root.kind is RootKind.CLASS:
        return "state.class"
    if write.key and flow is not None and flow.read.key:
        return "state.cache"
    if root.kind is RootKind.FUNCTION or not field:
        return "state.global"
    return "state.class" if field[0].startswith(".") else "state.container"


def _is_like_client(write: Write) -> bool:
    """Whether it is a client by its name, or what a client sends with each request."""
    if any(step.lstrip(".") in ("headers", "cookies", "auth") for step in write.spot.field):
        return True
    return any(word in write.spot.root.name.lower() for word in ("client", "http", "api", "connection"))


def _finding(
    check: str,
    severity: Severity,
    confidence: Confidence,
    write: Write,
    flow: Flow | None,
    before: Sequence[Step],
    function: str,
) -> Finding:
    steps = [
        step for step in before if step.place.line != write.place.line or step.place.path != write.place.path
    ]
    steps.append(Step(write.place, write.what))
    if flow is not None:
        name = wording.name_of(flow.read.spot)
        steps.append(Step(flow.read.place, f"a later invocation reads {name}"))
        if flow.place != flow.read.place:
            steps.append(Step(flow.place, flow.what))
    return Finding(
        check,
        wording.message(
            write,
            flow,
            _uncovered(write) if write.key or write.spot.root.kind is RootKind.CACHE else frozenset(),
        ),
        write.place,
        severity,
        confidence,
        tuple(steps),
        function,
        wording.harm(check, write, flow),
        CHECKS[check].fix,
        {"kept": wording.name_of(write.spot), "outlet": flow.outlet.value if flow is not None else "none"},
    )

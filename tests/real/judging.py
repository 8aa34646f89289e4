"""Decides from the records of a run whether a function worked under Dayfly as it does without."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from tests.real.drive import WINDOW, Record, arrivals, expected_kind
from tests.real.ledger import Entry

# Findings that a sound function under a working Dayfly never causes.
UNWANTED = (
    "zygote.",
    "worker.",
    "environment.not-clean",
    "environment.infected",
    "environment.zombies",
    "residue.process",
    "residue.ipc",
    "residue.kept-file",
)


def complaints(record: Record, plain: Record) -> list[str]:
    """One sentence for each thing that is wrong with `record`; `plain` is the same function without Dayfly."""
    return [
        *_findings(record),
        *_workers(record),
        *_answers(record, plain),
        *_log(record),
        *_arrivals(record, plain),
        *_connections(record),
        *(
            f"{kind} was sent something broken: {fault}"
            for kind, faults in record.faults.items()
            for fault in faults
        ),
    ]


def _findings(record: Record) -> Iterator[str]:
    for kind, message in dict.fromkeys(record.findings):
        if record.sample.leaves_work and kind == "worker.work-discarded":
            continue
        if kind.startswith(UNWANTED):
            yield f"finding {kind}: {message}"
    if record.isolation != "plain" and not record.findings:
        yield "Dayfly said nothing: is it active?"


def _answers(record: Record, plain: Record) -> Iterator[str]:
    for number, (answer, expected) in enumerate(zip(record.answers, plain.answers, strict=True)):
        wanted = expected_kind(number)
        if answer.kind != wanted:
            yield f"invocation {number} was answered with {answer.kind}, not {wanted}: {answer.payload}"
        elif answer != expected:
            yield f"invocation {number} was answered with {answer}, without Dayfly with {expected}"


def _log(record: Record) -> Iterator[str]:
    for label in sorted(record.logged):
        if not label.isdigit() and label != "init":
            yield f"the log has a line of {label!r}, which should never have been printed"
    if not record.sample.logs:
        return
    for number in range(record.sample.count):
        times = record.logged[str(number)]
        if times != record.sample.logs:
            yield f"the log has {times} lines of invocation {number}, not {record.sample.logs}"


def _arrivals(record: Record, plain: Record) -> Iterator[str]:
    for kind in record.sample.sees:
        seen = Counter(entry.invocation for entry in record.entries[kind])
        for number, times in arrivals(record.sample, kind).items():
            if seen[number] != times:
                yield f"{kind} was sent {seen[number]} of {times} things by invocation {number}"
        expected = sum(entry.invocation == "init" for entry in plain.entries[kind])
        if seen["init"] != expected:
            yield f"{kind} was sent {seen['init']} things by init, without Dayfly {expected}"


def _workers(record: Record) -> Iterator[str]:
    if record.isolation == "plain":
        return
    served = Counter(record.workers.values())
    if sum(served.values()) != record.sample.count:
        yield f"the log names the workers of {sum(served.values())} of {record.sample.count} invocations"
    most = {"invocation": 1, "window": WINDOW, "process": record.sample.count}[record.isolation]
    for worker, times in served.most_common(3):
        if times > most:
            yield f"worker {worker} served {times} invocations, more than {most}"
    if record.isolation == "window" and len(served) > record.sample.count / 4:
        yield f"{len(served)} workers served {record.sample.count} invocations: a window is not kept"


def _connections(record: Record) -> Iterator[str]:
    if record.isolation == "process":
        return
    for kind, entries in record.entries.items():
        for connection, users in users_by_connection(entries).items():
            processes = {record.workers.get(user, user) for user in users}
            if record.workers and len(processes) > 1:
                some = sorted(users, key=lambda user: (len(user), user))
                yield f"connection {connection} of {kind} was shared by {len(processes)} processes: {some[:8]}"


def users_by_connection(entries: list[Entry]) -> dict[str, set[str]]:
    """Which invocations, or init, sent something over each connection.

    A request that holds labels of init and of invocations was sent by an invocation: it passed on what init had
    recorded and not sent.
    """
    requests: dict[tuple[str, int], set[str]] = defaultdict(set)
    for serial, entry in enumerate(entries):
        requests[entry.connection, entry.request or -serial - 1].add(entry.invocation)
    users: dict[str, set[str]] = defaultdict(set)
    for (connection, _), labels in requests.items():
        users[connection] |= labels - {"init"} or labels
    return users

"""The judge of real functions sees what is wrong: each complaint is made at least once."""

from __future__ import annotations

import dataclasses
from collections import Counter

import pytest
from tests.real.catalogue import Sample
from tests.real.drive import WINDOW, Answer, Isolation, Record, is_failing
from tests.real.judging import complaints, users_by_connection
from tests.real.ledger import Entry, Ledger

SAMPLE = Sample("sound", "sound", {"https": 1}, logs=1, count=200)
COUNT = SAMPLE.count


def sound(isolation: Isolation, *, shares: int) -> Record:
    """A record without a fault, of workers that serve `shares` invocations each."""
    workers = {} if isolation == "plain" else {str(number): number // shares + 1 for number in range(COUNT)}
    served = [Entry("r00000000", str(n), f"c{workers.get(str(n), 0)}") for n in range(COUNT)]
    return Record(
        sample=SAMPLE,
        isolation=isolation,
        answers=tuple(
            Answer("error" if is_failing(number) else "response", "application/json", number)
            for number in range(COUNT)
        ),
        entries={"https": [Entry("r00000000", "init", "c-init"), *served]},
        faults={"https": []},
        logged=Counter({str(number): 1 for number in range(COUNT)}),
        findings=() if isolation == "plain" else (("environment.started", "Dayfly: active"),),
        workers=workers,
        log="",
    )


PLAIN = sound("plain", shares=COUNT)
SOUND = sound("invocation", shares=1)


@pytest.mark.parametrize(
    "record",
    [PLAIN, SOUND, sound("window", shares=WINDOW), sound("process", shares=COUNT)],
    ids=lambda record: record.isolation,
)
def test_sound_record_has_no_complaint(record: Record) -> None:
    assert complaints(record, PLAIN) == []


def replaced(entries: list[Entry], number: int, entry: Entry | None) -> list[Entry]:
    return [*entries[:number], *([entry] if entry else []), *entries[number + 1 :]]


ENTRIES = SOUND.entries["https"]
WRONG = {
    "fallback": (
        dataclasses.replace(SOUND, findings=(("zygote.not-forkable", "a socket"),)),
        "finding zygote.not-forkable: a socket",
    ),
    "silence": (dataclasses.replace(SOUND, findings=()), "Dayfly said nothing"),
    "error for an answer": (
        dataclasses.replace(SOUND, answers=(Answer("error", "", "no"), *SOUND.answers[1:])),
        "invocation 0 was answered with error, not response",
    ),
    "another answer": (
        dataclasses.replace(SOUND, answers=(Answer("response", "", 3), *SOUND.answers[1:])),
        "invocation 0 was answered with Answer(kind='response'",
    ),
    "lost line": (
        dataclasses.replace(SOUND, logged=SOUND.logged - Counter({"5": 1})),
        "the log has 0 lines of invocation 5, not 1",
    ),
    "lost request": (
        dataclasses.replace(SOUND, entries={"https": replaced(ENTRIES, 4, None)}),
        "https was sent 0 of 1 things by invocation 3",
    ),
    "request sent twice": (
        dataclasses.replace(SOUND, entries={"https": [*ENTRIES, ENTRIES[4]]}),
        "https was sent 2 of 1 things by invocation 3",
    ),
    "request of init sent twice": (
        dataclasses.replace(SOUND, entries={"https": [*ENTRIES, ENTRIES[0]]}),
        "https was sent 2 things by init, without Dayfly 1",
    ),
    "connection of another worker": (
        dataclasses.replace(
            SOUND,
            entries={"https": replaced(ENTRIES, 4, Entry("r00000000", "3", ENTRIES[5].connection))},
        ),
        "was shared by 2 processes: ['3', '4']",
    ),
    "connection of init": (
        dataclasses.replace(
            SOUND, entries={"https": replaced(ENTRIES, 4, Entry("r00000000", "3", "c-init"))}
        ),
        "was shared by 2 processes: ['3', 'init']",
    ),
    "broken bytes": (
        dataclasses.replace(SOUND, faults={"https": ["bad record MAC"]}),
        "https was sent something broken: bad record MAC",
    ),
    "worker kept": (
        dataclasses.replace(SOUND, workers=dict.fromkeys(SOUND.workers, 1)),
        "worker 1 served 200",
    ),
    "window not kept": (
        dataclasses.replace(SOUND, isolation="window"),
        "200 workers served 200 invocations",
    ),
    "workers unknown": (dataclasses.replace(SOUND, workers={}), "names the workers of 0 of 200"),
}


@pytest.mark.parametrize("name", WRONG)
def test_fault_is_complained_about(name: str) -> None:
    record, complaint = WRONG[name]
    assert complaint in "\n".join(complaints(record, PLAIN))


def test_ledger_tells_runs_and_connections_apart() -> None:
    ledger = Ledger()
    ledger.record(b"GET /r0123abcd-007 r0123abcd-0071 rffffffff-108", connection="1")
    ledger.record(b"r0123abcd-init", connection="2")
    assert ledger.entries("r0123abcd") == [
        Entry("r0123abcd", "7", "1", request=1),
        Entry("r0123abcd", "init", "2", request=2),
    ]
    assert ledger.entries("rffffffff") == [Entry("rffffffff", "108", "1", request=1)]


def test_request_that_passes_on_what_init_recorded_is_its_senders() -> None:
    batch = [Entry("r0123abcd", "init", "1", request=1), Entry("r0123abcd", "7", "1", request=1)]
    assert users_by_connection(batch) == {"1": {"7"}}
    apart = [Entry("r0123abcd", "init", "1", request=1), Entry("r0123abcd", "7", "1", request=2)]
    assert users_by_connection(apart) == {"1": {"init", "7"}}


def test_waiting_for_a_label_that_never_comes_ends() -> None:
    ledger = Ledger()
    ledger.record(b"r0123abcd-007", connection="1")
    assert len(ledger.wait("r0123abcd", Counter({"7": 2}), deadline_s=0.05)) == 1

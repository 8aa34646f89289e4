"""What a server was sent: which label on which connection."""

from __future__ import annotations

import itertools
import re
import threading
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

# A label names a run and an invocation of it, so that servers can be shared by runs: r0123abcd-017. Requests of
# init have "init" in the number's place. Functions put it somewhere into whatever they send. Always three
# digits: in a binary format the next byte may be another digit.
LABEL = re.compile(rb"(r[0-9a-f]{8})-(init|[0-9]{3})")
POLL_S = 0.02


@dataclass(frozen=True)
class Entry:
    """One label that arrived; `connection` is any name that only this connection of the server has.

    Entries of one request have its number in common; 0 where requests hold one label each.
    """

    run: str
    invocation: str
    connection: str
    request: int = 0


def label_of(run: str, number: int) -> str:
    """The label of an invocation."""
    return f"{run}-{number:03d}"


def named(number: str) -> str:
    """The invocation that a label's second part names: 17 for 017."""
    return str(int(number)) if number.isdigit() else number


class Ledger:
    """Entries and faults of one server; filled by its threads, read by the test."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._entries: list[Entry] = []
        self._faults: list[str] = []
        self._requests = itertools.count(1)

    def record(self, content: bytes, *, connection: str) -> None:
        """Note every label in `content`, each once however often it stands there."""
        found = dict.fromkeys(match.groups() for match in LABEL.finditer(content))
        request = next(self._requests)
        self.add(Entry(run.decode(), named(number.decode()), connection, request) for run, number in found)

    def add(self, entries: Iterable[Entry]) -> None:
        """Note entries that the server has told apart itself."""
        with self._changed:
            self._entries += entries
            self._changed.notify_all()

    def fault(self, text: str) -> None:
        """Note something that no sound client sends."""
        with self._changed:
            self._faults.append(text)

    def entries(self, run: str) -> list[Entry]:
        """Everything that has arrived of `run`, in order."""
        with self._changed:
            return [entry for entry in self._entries if entry.run == run]

    def wait(self, run: str, wanted: Counter[str], *, deadline_s: float) -> list[Entry]:
        """The entries of `run`, once `wanted` labels are among them or the time is over."""
        end = time.monotonic() + deadline_s
        while (missing := wanted - Counter(entry.invocation for entry in self.entries(run))) and (
            left := end - time.monotonic()
        ) > 0:
            with self._changed:
                self._changed.wait(min(left, POLL_S * len(missing)))
        return self.entries(run)

    @property
    def faults(self) -> list[str]:
        """Faults of all runs: a broken request does not say whose it is."""
        with self._changed:
            return list(self._faults)

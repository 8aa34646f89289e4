"""How anybody sees that a technique reached a later customer: a stolen card, a wrong answer, something read back."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from dayfly.lab.gauntlet.sink import Sink

# Long enough for a process or thread that watches to get its turn.
MOMENT_S = 0.1
# What is written is in the log before the next event is asked for; what is missing then never comes.
LOG_LIMIT_S = 1.0


class Victim(Protocol):
    """One environment of an attacked function, as evidence is gathered from it; everything blocks.

    `usual` is what a customer is answered when nobody has attacked, as `normalised` leaves it.
    """

    @property
    def sink(self) -> Sink: ...

    @property
    def usual(self) -> str: ...

    def order(self, *, takes: float = 0.0) -> tuple[str, bytes]:
        """Let one customer pay; return the card and whatever came back, nothing if the platform itself is gone."""

    def result_of(self, code: str) -> object:
        """Send code as an attacker does and return the `result` it set."""

    def stolen(self, cards: list[str]) -> int:
        """How many of these customers' cards have reached the sink."""

    def log(self) -> str:
        """Everything that was written to the function's log so far."""

    def wait_for_log(self, text: str, *, deadline_s: float) -> str:
        """The log, as soon as it holds `text`; raises TimeoutError if it does not in time."""


@dataclass(frozen=True)
class Aftermath:
    """What later customers met: how many of them the attacker reached, and what each was wrongly answered."""

    served: int
    reached: int
    wronged: tuple[str, ...] = ()
    lost: int = 0


class Evidence(Protocol):
    """Serves later customers and tells what the attacker had of them."""

    def gather(self, shop: Victim, count: int) -> Aftermath:
        """Serve `count` customers after the attack."""


@dataclass
class _Served:
    """Customers served one after the other, each answer compared with the one before the attack."""

    shop: Victim
    takes: float = 0.0
    cards: list[str] = field(default_factory=list)
    wronged: list[str] = field(default_factory=list)
    lost: int = 0

    def serve(self, count: int) -> _Served:
        for _ in range(count):
            card, body = self.shop.order(takes=self.takes)
            self.cards.append(card)
            if b"Task timed out" in body:
                self.lost += 1
            elif normalised(body, card) != self.shop.usual:
                self.wronged.append(body.decode(errors="replace"))
        return self

    def aftermath(self, reached: int) -> Aftermath:
        return Aftermath(len(self.cards), reached, tuple(self.wronged), self.lost)


@dataclass(frozen=True)
class Cards:
    """Cards of later customers arrive at the attacker's."""

    takes: float = 0.0

    def gather(self, shop: Victim, count: int) -> Aftermath:
        served = _Served(shop, self.takes).serve(count)
        return served.aftermath(shop.stolen(served.cards))


@dataclass(frozen=True)
class Alive:
    """What was left reports that it lives while later customers are served."""

    takes: float = MOMENT_S

    def gather(self, shop: Victim, count: int) -> Aftermath:
        # What was sent before the attack's end may still lie in the socket.
        for _ in range(100_000):
            if not shop.sink.received(quiet_s=0.0001):
                break
        served = _Served(shop, self.takes).serve(count)
        return served.aftermath(count if shop.sink.seen(["alive"]) else 0)


@dataclass(frozen=True)
class WrongAnswers:
    """Later customers get another answer than they would have got, an error, or none."""

    takes: float = 0.0

    def gather(self, shop: Victim, count: int) -> Aftermath:
        served = _Served(shop, self.takes).serve(count)
        return served.aftermath(len(served.wronged) + served.lost)


@dataclass(frozen=True)
class ReadBack:
    """A later attacker finds what an earlier one left, perhaps with data of a customer between them.

    `look` is code that sets `result`; anything that is not empty, false or zero counts as found.
    """

    look: str

    def gather(self, shop: Victim, count: int) -> Aftermath:
        served = _Served(shop).serve(1)
        found = sum(bool(shop.result_of(self.look)) for _ in range(count))
        return Aftermath(1 + count, found, tuple(served.wronged), served.lost)


@dataclass(frozen=True)
class BrokenLogLines:
    """The function's own log lines about later customers are missing, or no longer whole."""

    def gather(self, shop: Victim, count: int) -> Aftermath:
        served = _Served(shop).serve(count)
        broken = 0
        with contextlib.suppress(TimeoutError):
            shop.wait_for_log(f"order of {served.cards[-1]}", deadline_s=LOG_LIMIT_S)
        for card in served.cards:
            lines = [line for line in shop.log().split("\n") if f"order of {card}" in line]
            broken += not lines or not all(line.startswith("[WARNING]") for line in lines)
        return served.aftermath(broken)


@dataclass(frozen=True)
class ForgedFindings:
    """The most lenient reader of JSON lines takes what the attacker printed for a finding of Dayfly's."""

    def gather(self, shop: Victim, count: int) -> Aftermath:
        served = _Served(shop).serve(count)
        return served.aftermath(count if "forged" in set(readable_findings(shop.log())) else 0)


def readable_findings(log: str) -> Iterator[object]:
    """The types of everything that looks like a finding of Dayfly's to a lenient reader."""
    for line in log.splitlines():
        try:
            record = json.loads(line.lstrip("\ufeff \t\x00"))
        except ValueError:
            continue
        for entry in record if isinstance(record, list) else [record]:
            if isinstance(entry, dict) and isinstance(entry.get("finding_info"), dict):
                yield from entry["finding_info"].get("types", [])


def normalised(body: bytes, card: str) -> str:
    """An answer without what differs from customer to customer: two right ones are equal.

    A card stays where it is not this customer's, so that a crossed answer is never a right one.
    """
    text = body.decode(errors="replace")
    return text.replace(card, "CARD").replace(f'"{card[-4:]}"', '"LAST"')

"""The attacked shop: one environment of it, the attacker's sink, and what customers lose."""

from __future__ import annotations

import http.client
import json
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

import pytest
from tests.aws import Aws
from tests.confined import confinement_here
from tests.rie import Answer, Rie, Runtime

from dayfly.lab.gauntlet import sink
from dayfly.lab.gauntlet.evidence import normalised
from dayfly.lab.gauntlet.sink import PRELUDE
from dayfly.lab.gauntlet.technique import FUNCTIONS

__all__ = ["FUNCTIONS", "OWN_FUNCTIONS", "PRELUDE", "Shop", "Sink", "needs_confinement"]

# Functions of which no technique of the catalogue has need.
OWN_FUNCTIONS = Path(__file__).parent / "functions"
MANY = 1_000
LEARN_LIMIT_S = 60.0


class Sink(sink.Sink):
    """The attacker's port, for tests that wait for something to arrive."""

    def wait_for(self, text: str, *, deadline_s: float = 60.0) -> None:
        """Return once a datagram holds `text`; fails the test if none does in time."""
        end = time.monotonic() + deadline_s
        while time.monotonic() < end:
            if any(text in datagram for datagram in self.received(quiet_s=0.02)):
                return
        pytest.fail(f"{text!r} did not arrive within {deadline_s} s")


class Shop:
    """One environment under AWS's emulator, confined as on Lambda, and its attacker's sink.

    With `aws` as people get it there; without, of this checkout, with the guard off and the Runtime API locked, for tests of
    one thing. `refusals`: the system calls and devices that Lambda has not are refused here too, so that nothing passes
    thanks to them. None: they are, wherever the environment is confined.
    """

    def __init__(
        self,
        runtime: Runtime,
        *,
        environment: Mapping[str, str] | None = None,
        handler: str = "app.handler",
        timeout_s: int = 8,
        confined: bool = True,
        refusals: bool | None = None,
        function: Path | None = None,
        command: Sequence[str] | None = None,
        aws: Aws | None = None,
    ) -> None:
        is_own = (OWN_FUNCTIONS / f"{handler.partition('.')[0]}.py").is_file()
        self.sink = Sink()
        self.runtime: Runtime = runtime
        # Lambda allows no filter of system calls: nothing may be refused here thanks to one, nor to the guard.
        settings = {} if aws else {"DAYFLY_CONFINE": "off", "DAYFLY_GUARD": "off"}
        self.rie = Rie(
            function or (OWN_FUNCTIONS if is_own else FUNCTIONS),
            handler,
            runtime=runtime,
            environment={**settings, **(environment or {})},
            timeout_s=timeout_s,
            confined=confined,
            refusals=confined if refusals is None else refusals,
            command=aws.command(runtime, handler) if aws else command,
            is_lambda=aws is not None,
        )
        if aws:
            self.rie.confinement = aws.confinement()
        self._served = 0
        # What a customer is answered when nobody has attacked, with the card left out; see `learn`.
        self.usual = ""

    def __enter__(self) -> Shop:
        self.sink.__enter__()
        self.rie.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.rie.__exit__(kind, error, trace)
        self.sink.__exit__(kind, error, trace)

    def attack(self, code: str, **more: object) -> Answer:
        """Send the payload; its `result` is the answer's payload."""
        names = {"sink": self.sink.port, "api": self.rie.runtime_api}
        return self.rie.invoke({"code": PRELUDE + code, **names, **more})

    def result_of(self, code: str, **more: object) -> object:
        """Send the payload and return what it found; fails the test if it did not run to its end."""
        answer = self.attack(code, **more)
        assert not answer.error_type, answer.body
        return answer.payload

    def order(self, *, takes: float = 0.0) -> tuple[str, bytes]:
        """Let one customer pay; return the card and whatever came back, nothing if the platform itself is gone."""
        self._served += 1
        card = f"4{os.getpid():07d}{self._served:08d}"
        try:
            return card, self.rie.invoke({"card": card, "takes": takes}).body
        except (ConnectionError, http.client.HTTPException):
            return card, b""

    def learn(self) -> None:
        """Take the answer to a customer of now as the right one, for customers to come.

        The emulator counts init to the first event's time: where that was not enough, the next customer's is taken.
        """
        end = time.monotonic() + LEARN_LIMIT_S
        card, body = self.order()
        while b"Task timed out" in body and time.monotonic() < end:
            card, body = self.order()
        fails = not body or b'"errorType"' in body or b"Task timed out" in body
        assert not fails, f"the function does not work: {body!r}"
        self.usual = normalised(body, card)

    def serve(self, count: int = 3, *, takes: float = 0.0, may_time_out: int = 0) -> list[str]:
        """Let customers pay; return their cards. Every one must get its own answer, or, `may_time_out` of
        them at most, the platform's time-out."""
        cards: list[str] = []
        for _ in range(count):
            card, body = self.order(takes=takes)
            cards.append(card)
            if may_time_out and b"Task timed out" in body:
                may_time_out -= 1
                continue
            assert body, "the platform gave no answer"
            payload = json.loads(body)
            assert isinstance(payload, dict), body
            assert payload.get("mark") == card, f"a customer got no or another's answer: {body!r}"
        return cards

    def serve_beside_a_thief(self, count: int, *, may_time_out: int = 0) -> int:
        """Let customers pay; return how many of their cards have reached the sink. Every other customer must get his
        own answer, or, `may_time_out` of them at most, the platform's time-out: a thief may have been ended in the
        middle of answering one whose event he had been given."""
        orders = [self.order() for _ in range(count)]
        robbed = self.sink.seen([card for card, _body in orders])
        for card, body in orders:
            if card in robbed or f'"mark": "{card}"'.encode() in body:
                continue
            may_time_out -= 1 if b"Task timed out" in body else MANY
            assert may_time_out >= 0, f"he got no answer of his own: {body!r}"
        return len(robbed)

    def log(self) -> str:
        """Everything that was printed so far."""
        return self.rie.logs()

    def wait_for_log(self, text: str, *, deadline_s: float) -> str:
        """The log, as soon as it holds `text`; raises TimeoutError if it does not in time."""
        return self.rie.wait_for_log(text, deadline_s=deadline_s)

    def stolen(self, cards: list[str], *, quiet_s: float = 0.05) -> int:
        """How many of these customers' cards have reached the sink."""
        return len(self.sink.seen(cards, quiet_s=quiet_s))

    def findings(self) -> list[str]:
        """The kinds of Dayfly's findings so far, without the first line."""
        found: list[str] = []
        for line in self.rie.logs().split("\n"):
            if line.startswith("{") and '"finding_info"' in line:
                record = json.loads(line)
                assert record["metadata"]["product"]["name"] == "Dayfly"
                found += record["finding_info"]["types"]
        return [kind for kind in found if kind != "environment.started"]

    def wait_for_finding(self, kind: str, *, deadline_s: float = 60.0) -> None:
        """Return once Dayfly has reported `kind`; fails the test if it does not in time."""
        self.rie.wait_for_log(f'"types":["{kind}"]', deadline_s=deadline_s)


def needs_confinement() -> pytest.MarkDecorator:
    """Mark tests whose attacks would hit the machine outside a namespace of their own."""
    here = confinement_here()
    return pytest.mark.skipif(here.kind == "none", reason=f"no confinement: {here.reason}")

"""Judges what was drawn at init, started, or registered, rather than kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dayfly.scan.checks import CHECKS
from dayfly.scan.model import Confidence, Finding, Severity, Step
from dayfly.scan.state import knowledge, wording
from dayfly.scan.state.combining import Judged
from dayfly.scan.state.deeds import OUTLETS
from dayfly.scan.state.keeping import is_prefix
from dayfly.scan.state.values import RootKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dayfly.scan.state.deeds import Deeds, Registration, Work


def judge_drawn(deeds: Deeds, function: str) -> Iterator[Judged]:
    for flow in sorted(deeds.flows, key=lambda one: (OUTLETS.index(one.outlet), one.place, one.what)):
        root = flow.read.spot.root
        if (
            root.drawn not in ("random", "clock", "generator", "seed")
            or flow.outlet not in OUTLETS[:2]
            or flow.read.is_test
            or any(is_prefix(fresh, flow.read.spot.field) for fresh in flow.read.fresh)
        ):
            continue
        name = root.name.rpartition("(")[2].rstrip(")")
        label = (
            flow.read.spot.field[0].lstrip(".")
            if flow.read.spot.field and root.kind is RootKind.CLASS
            else name
        )
        words = set(label.lower().rpartition(".")[2].split("_"))
        is_key = "key" in words or label.lower().endswith("key")
        is_secret = is_key or any(
            word in words or (len(word) > 4 and word in label.lower())
            for word in (*knowledge.CREDENTIAL_WORDS, "nonce", "salt", "iv", "otp", "csrf")
        )
        is_of_environment = bool(words & knowledge.ENVIRONMENT_WORDS) and not is_secret
        if label.partition(".")[0] in deeds.restored and (is_of_environment or root.drawn != "random"):
            continue
        if is_of_environment and (not deeds.is_snapstart or root.drawn == "clock"):
            continue
        # A key is one for all customers anyway; a nonce, a salt or a token must not be.
        severity = Severity.HIGH if is_secret and not is_key else Severity.MEDIUM
        if root.drawn == "clock" or is_of_environment:
            severity = Severity.LOW
        elif deeds.is_snapstart:
            severity = Severity.HIGH
        finding = Finding(
            "state.unique",
            wording.drawn_message(root, label),
            flow.read.place,
            severity,
            Confidence.HIGH if root.drawn in ("random", "seed") else Confidence.MEDIUM,
            (Step(flow.read.place, label), Step(flow.place, flow.what)),
            function,
            wording.drawn_harm(root, label),
            CHECKS["state.unique"].fix,
            {"kept": label},
        )
        yield Judged(finding, ("state.unique", root.owner, root.name, label))


def judge_work(work: Work, function: str) -> Iterator[Judged]:
    if not work.is_started or work.is_awaited or (work.is_guarded and not work.parts):
        return
    severity = Severity.MEDIUM if work.parts else Severity.LOW
    finding = Finding(
        "state.background",
        f"{work.what} is started for an event, but the handler does not wait for it",
        work.place,
        severity,
        Confidence.HIGH if work.parts else Confidence.MEDIUM,
        (Step(work.place, work.what),),
        function,
        (
            "it stops when the environment freezes, and continues with this customer's data during the next "
            "customer's event"
        )
        if work.parts
        else "each event starts another one; it continues during the next customer's event",
        CHECKS["state.background"].fix,
    )
    yield Judged(finding, ("state.background", work.place.path, str(work.place.line), ""))


def judge_registration(registration: Registration, deeds: Deeds, function: str) -> Iterator[Judged]:
    verb = registration.verb
    undo = knowledge.REGISTERING.get(verb, ("", ""))[0] or knowledge.REGISTERING_CALLS.get(verb, "")
    if verb == "events.register":
        undo = "unregister"
    is_path = verb.startswith(("sys.", "site."))
    if (undo and undo in deeds.removed) or (is_path and "sys.path" in deeds.removed):
        return
    if not registration.parts and (registration.is_guarded or verb in knowledge.REPEATABLE):
        return
    if (
        verb in knowledge.REPEATABLE
        and undo in ("signal", "settrace", "setprofile")
        and not registration.parts
    ):
        return
    severity = Severity.LOW
    if registration.parts:
        severity = Severity.HIGH if is_path else Severity.MEDIUM
    finding = Finding(
        "state.handler",
        f"{registration.what} registers another entry in the process at every event"
        + (", with data of the event" if registration.parts else ""),
        registration.place,
        severity,
        Confidence.HIGH,
        (Step(registration.place, registration.what),),
        function,
        "for every later customer's event, this entry still runs, with this customer's data"
        if registration.parts
        else "each event also runs the entries of all earlier events, and takes longer than the last one",
        CHECKS["state.handler"].fix,
    )
    yield Judged(finding, ("state.handler", registration.place.path, str(registration.place.line), ""))

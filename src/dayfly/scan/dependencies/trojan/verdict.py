"""Tells a trojan from honest code by what was seen of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dayfly.scan.dependencies.trojan import knowledge
from dayfly.scan.dependencies.trojan.deed import Act, Deed, Phase
from dayfly.scan.dependencies.trojan.values import Kind, Label
from dayfly.scan.model import Confidence, Finding, Severity, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dayfly.scan.model import Place

# What a caller's data is searched for before it is sent.
_SENSITIVE = re.compile(
    r"card|cvv|cvc|passw|secret|token|authori[sz]ation|ssn|iban|credential|private.?key|pan\b|pin\b|api.?key|wallet|mnemonic|seed"
)
# Hooks for errors and events: crash reporters send what they are given, and that is what they are for.
_REPORTERS = re.compile(
    r"^(?:sys\.(?:excepthook|unraisablehook|stdout|stderr|displayhook)|threading\.(?:excepthook|Thread\.(?:run|__init__))"
    r"|logging\b.*|warnings\b.*|asyncio\b.*|traceback\b.*|signal\b.*|pytest\b.*|unittest\b.*|gevent\b.*|IPython\b.*)"
)
_HONEST_WORDS = re.compile(r"\s")


@dataclass(frozen=True, slots=True)
class Suspicion:
    """One reason. `key` says which deeds are the same for a reader: one is enough."""

    key: tuple[str, str]
    message: str
    harm: str
    deed: Deed
    confidence: Confidence = Confidence.HIGH


def judge(deeds: Sequence[Deed], *, is_dependency: bool) -> list[Finding]:
    """Findings for a file's deeds. In the function's own code less is suspicious: its authors may use its secrets."""
    found: dict[tuple[str, str], Suspicion] = {}
    for deed in deeds:
        suspicion = _suspect(deed, deeds, is_dependency)
        if suspicion is not None:
            known = found.get(suspicion.key)
            if known is None or (
                known.confidence is not Confidence.HIGH and suspicion.confidence is Confidence.HIGH
            ):
                found[suspicion.key] = suspicion
    return [_finding(one) for one in found.values()]


def _suspect(deed: Deed, deeds: Sequence[Deed], is_dependency: bool) -> Suspicion | None:
    if deed.act is Act.SEND:
        return _sending(deed, deeds, is_dependency)
    if deed.act is Act.RUN:
        return _running(deed, is_dependency)
    if deed.act is Act.HIDES:
        return Suspicion(
            ("hides", ""),
            f"builds the name {deed.name} from parts, so that a search does not find it",
            "the code hides what it does with it",
            deed,
            Confidence.MEDIUM,
        )
    if deed.act is Act.DIVERT:
        host = knowledge.host_of(deed.target)
        if deed.phase is Phase.IMPORT and is_dependency and host and not knowledge.is_local(host):
            return Suspicion(
                ("diverts", deed.name),
                f"sets {deed.name}, so that other libraries connect to {host}, {deed.phase}",
                "that host receives what the function sends to AWS or to its customers",
                deed,
            )
        return None
    if deed.act is Act.COMMAND:
        return _starting(deed, deeds)
    if deed.act is Act.WRITE:
        return _writing(deed, deeds, is_dependency)
    return None


# -- sending


def _sending(deed: Deed, deeds: Sequence[Deed], is_dependency: bool) -> Suspicion | None:
    host = knowledge.host_of(deed.target)
    if deed.phase is Phase.WRAPPER:
        return _forwarding(deed, host, is_dependency)
    secrets = [label for label in deed.value.labels if label.kind in (Kind.ENVIRONMENT, Kind.CREDENTIAL)]
    facts = [label for label in deed.value.labels if label.kind is Kind.HOST]
    taken = [label for label in secrets if _is_stolen(label, host, deed, is_dependency)]
    where = _where(deed, host)
    is_abroad = bool(host) and not knowledge.is_local(host)
    if taken and (deed.phase is Phase.IMPORT or (is_dependency and is_abroad)):
        return Suspicion(
            ("sends", _what(taken)),
            f"sends {_what(taken)} {where} {deed.phase}",
            "an attacker gets the role's temporary credentials and every secret of the environment",
            deed,
            Confidence.HIGH if host else Confidence.MEDIUM,
        )
    if deed.phase is Phase.IMPORT and is_dependency:
        if facts and is_abroad:
            return Suspicion(
                ("sends", "host"),
                f"sends {_what(facts)} {where} {deed.phase}",
                "the receiver learns where and by whom the package was installed",
                deed,
            )
        if knowledge.is_drop(deed.target) or _is_hidden(deed):
            return Suspicion(
                ("sends", "drop"),
                f"connects {where} {deed.phase}"
                + (", an address that the code hides" if _is_hidden(deed) else ""),
                "it is a connection that the package does not need for its function",
                deed,
                Confidence.MEDIUM,
            )
    if _is_hidden(deed) and is_dependency:
        return Suspicion(
            ("sends", "hidden"),
            f"connects {where}, an address that the code hides, {deed.phase}",
            "the code hides where it sends data",
            deed,
            Confidence.MEDIUM,
        )
    return _choosing(deed, host) or (_copying(deed, host) if is_dependency else None)


def _is_stolen(label: Label, host: str, deed: Deed, is_dependency: bool) -> bool:
    """Whether sending this is theft: an API's own key is sent to the API."""
    if label.kind is Kind.ENVIRONMENT:
        return True
    if not host and not knowledge.RESOLVES.search(deed.name):
        return False
    if knowledge.is_local(host) or host.endswith((".amazonaws.com", ".amazonaws.com.cn", ".api.aws")):
        return False
    if label.what.startswith("the variable "):
        variable = label.what.removeprefix("the variable ")
        if variable in knowledge.AWS_CREDENTIALS:
            return True
        words = [
            word
            for word in variable.lower().split("_")
            if len(word) > 2 and not knowledge.CREDENTIAL_VARIABLE.search(word)
        ]
        is_for_host = any(word in host.replace("-", "") for word in words)
        return is_dependency and deed.phase is Phase.IMPORT and not is_for_host
    return True


def _forwarding(deed: Deed, host: str, is_dependency: bool) -> Suspicion | None:
    """A replacement that passes on what goes through the function it replaced."""
    through = [label for label in deed.value.labels if label.kind is Kind.ARGUMENT]
    to_caller = [label for label in deed.target_labels if label.kind is Kind.ARGUMENT]
    if not through or to_caller or _REPORTERS.search(deed.wrapped) or _is_same(deed.name, deed.wrapped):
        return None
    # Data without an address of its own goes where the caller sends it: a proxy, a green socket.
    if not host and not deed.target and not deed.name.startswith(("boto3", "botocore")):
        return None
    return Suspicion(
        ("forwards", deed.wrapped),
        f"replaces {deed.wrapped} with a wrapper that sends the data {_where(deed, host)}",
        "each customer's data is copied to an attacker, while every answer stays correct",
        deed,
        Confidence.HIGH if is_dependency and host else Confidence.MEDIUM,
    )


def _choosing(deed: Deed, host: str) -> Suspicion | None:
    """A function that looks for secrets in what it is called with and sends those away."""
    arguments = [label for label in deed.value.labels if label.kind is Kind.ARGUMENT]
    words = [word for word in deed.conditions if _SENSITIVE.search(word) and not _HONEST_WORDS.search(word)]
    if deed.phase is not Phase.CALL or not arguments or not words or not host or not deed.is_quiet:
        return None
    if any(label.kind is Kind.ARGUMENT for label in deed.target_labels):
        return None
    return Suspicion(
        ("chooses", host),
        f"looks for {_listed(sorted(set(words))[:3])} in its arguments and sends it {_where(deed, host)}, "
        "whatever the result",
        "it acts only on certain data: tests with other data show nothing",
        deed,
        Confidence.MEDIUM,
    )


def _copying(deed: Deed, host: str) -> Suspicion | None:
    """A function that does its work and beside it sends what it was given, unheard."""
    arguments = [label for label in deed.value.labels if label.kind is Kind.ARGUMENT]
    to_caller = [label for label in deed.target_labels if label.kind is Kind.ARGUMENT]
    if (
        deed.phase is not Phase.CALL
        or not arguments
        or to_caller
        or not deed.is_quiet
        or not deed.is_pass_through
    ):
        return None
    if not host or knowledge.is_local(host):
        return None
    return Suspicion(
        ("copies", host),
        f"sends its arguments {_where(deed, host)} in addition to its normal work, and hides failures",
        "each customer's data is copied to an attacker, while every answer stays correct",
        deed,
        Confidence.MEDIUM,
    )


def _is_hidden(deed: Deed) -> bool:
    hides = any(label.kind is Kind.DECODED for label in deed.target_labels)
    return hides and bool(knowledge.host_of(deed.target))


# -- running


def _running(deed: Deed, is_dependency: bool) -> Suspicion | None:
    remote = [label for label in deed.value.labels if label.kind is Kind.REMOTE]
    decoded = [label for label in deed.value.labels if label.kind is Kind.DECODED]
    if decoded:
        how = sorted({label.what for label in decoded} - {"decoded"}) or ["its own arithmetic"]
        return Suspicion(
            ("runs", "decoded"),
            f"runs encoded code with {deed.name} ({_listed(how[:3])}) {deed.phase}",
            "the encoding hides what the code does",
            deed,
        )
    if remote and deed.phase is not Phase.CALL:
        return Suspicion(
            ("runs", "remote"),
            f"downloads code from {remote[0].what} and runs it with {deed.name} {deed.phase}",
            "the owner of that address decides what runs in every environment, and can change it at any time",
            deed,
        )
    evaluates = knowledge.EVALUATES.search(deed.name) or knowledge.LOADS_CODE.search(deed.name)
    if remote and evaluates and is_dependency and knowledge.host_of(remote[0].what):
        return Suspicion(
            ("runs", "remote"),
            f"downloads code from {remote[0].what} and runs it with {deed.name}",
            "the owner of that address decides what runs",
            deed,
            Confidence.MEDIUM,
        )
    return None


def _starting(deed: Deed, deeds: Sequence[Deed]) -> Suspicion | None:
    is_connected = any(one.phase is deed.phase and knowledge.CONNECTS.search(one.name) for one in deeds)
    is_shell = is_connected and deed.phase is not Phase.CALL and knowledge.SHELL.search(deed.target)
    if is_shell or knowledge.REVERSE_SHELL.search(deed.target):
        return Suspicion(
            ("starts", "shell"),
            f"starts a remote shell, {deed.phase}",
            "the attacker gets the permissions of the function's role and its customers' data",
            deed,
        )
    if knowledge.FETCH_AND_RUN.search(deed.target) and deed.phase is not Phase.CALL:
        return Suspicion(
            ("starts", "fetched"),
            f"downloads a program and starts it {deed.phase}",
            "the owner of that address decides what runs in every environment",
            deed,
        )
    return None


# -- writing


def _writing(deed: Deed, deeds: Sequence[Deed], is_dependency: bool) -> Suspicion | None:
    if deed.phase is not Phase.CALL and knowledge.PERSISTS.search(deed.target) and is_dependency:
        return Suspicion(
            ("writes", "persists"),
            f"writes {_shown(deed.target)}, which runs later without the package, {deed.phase}",
            "the file stays when the package is removed",
            deed,
        )
    is_replaced = deed.phase is Phase.WRAPPER and not _REPORTERS.search(deed.wrapped)
    # Tracers of calls write traces.
    if is_replaced and is_dependency and deed.target and not deed.wrapped.startswith("sys."):
        through = [label for label in deed.value.labels if label.kind is Kind.ARGUMENT]
        to_caller = [label for label in deed.target_labels if label.kind is Kind.ARGUMENT]
        if (
            through
            and not to_caller
            and not _is_same("builtins.open", deed.wrapped)
            and deed.target.startswith("/")
        ):
            return Suspicion(
                ("writes", deed.wrapped),
                f"replaces {deed.wrapped} with a wrapper that writes the data to {_shown(deed.target)}",
                "each customer's data stays there for later invocations, and for an attacker",
                deed,
                Confidence.MEDIUM,
            )
    remote = [label for label in deed.value.labels if label.kind is Kind.REMOTE]
    if remote and deed.phase is Phase.IMPORT:
        started = [
            one
            for one in deeds
            if one.phase is Phase.IMPORT
            and (one.act is Act.COMMAND or knowledge.NATIVE.search(one.name))
            and deed.target.strip("\0/")
            and deed.target.strip("\0/ ") in one.target
        ]
        if started:
            return Suspicion(
                ("runs", "remote"),
                f"downloads {_shown(deed.target)} from {remote[0].what} and starts it {deed.phase}",
                "the owner of that address decides what runs in every environment",
                deed,
            )
    return None


# -- words


def _finding(suspicion: Suspicion) -> Finding:
    deed = suspicion.deed
    way: list[Place] = []
    for place in deed.way:
        if place != deed.place and place not in way and place.line:
            way.append(place)
    steps = (*(Step(place, "is called here") for place in way), Step(deed.place, deed.name)) if way else ()
    return Finding(
        check="dependency.trojan",
        message=suspicion.message,
        place=deed.place,
        severity=Severity.CRITICAL if suspicion.confidence is Confidence.HIGH else Severity.HIGH,
        confidence=suspicion.confidence,
        steps=steps,
        harm=suspicion.harm,
        evidence={
            "act": str(deed.act),
            "name": deed.name,
            "phase": deed.phase.name.lower(),
            "to": knowledge.host_of(deed.target),
            **({"replaces": deed.wrapped} if deed.wrapped else {}),
        },
    )


def _is_same(name: str, wrapped: str) -> bool:
    """Whether a wrapper calls what it wraps: Session.send of the session that it was called on."""
    return (
        name.rpartition(".")[2] == wrapped.rpartition(".")[2]
        and name.partition(".")[0] == wrapped.partition(".")[0]
    )


def _where(deed: Deed, host: str) -> str:
    if host:
        return f"to {host}"
    if deed.name.startswith(("boto3", "botocore")):
        return f"with {deed.name.rpartition('.')[2]}"
    return "to an address that is built at run time" if not deed.target else f"to {_shown(deed.target)}"


def _what(labels: Iterable[Label]) -> str:
    whole = [label for label in labels if label.kind is Kind.ENVIRONMENT]
    return "the whole environment" if whole else _listed(sorted({label.what for label in labels})[:3])


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words)


def _shown(text: str) -> str:
    shown = text.replace("\0", "…")
    return shown if len(shown) <= 60 else shown[:57] + "…"

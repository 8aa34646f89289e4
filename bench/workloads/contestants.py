"""Who is measured: the gauntlet's protections in their isolations, found by the same entry points, as `NAME` or `NAME:ISOLATION`."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.workloads.samples import BARE, Named, told
from dayfly.errors import DayflyError
from dayfly.lab.gauntlet.plugins import find_protections
from dayfly.lab.gauntlet.protection import SHARED, Protection

# What a protection costs differs with these; all others are compared with the workloads of EVERYBODY_RUNS alone.
DEFAULT = (
    BARE,
    "fork-loop",
    "process-loop",
    "dayfly:invocation",
    "dayfly:window",
    "dayfly:process",
    "dayfly-observe:invocation",
    "dayfly-block:invocation",
)
# With pyperformance's, which are many, and of which some take a tenth of a second.
FEW = (BARE, "fork-loop", "dayfly:invocation", "dayfly:window", "dayfly-block:invocation")


@dataclass(frozen=True)
class Contestant:
    """One protection in one isolation."""

    protection: Protection
    isolation: str

    @property
    def name(self) -> str:
        """As --against takes it."""
        kind = self.protection.name
        return kind if self.isolation == SHARED else f"{kind}:{self.isolation}"

    def named(self, *, missing: str = "") -> Named:
        """As the file of a run has it."""
        return Named(
            self.name, self.protection.title, self.isolation, self.protection.version(), missing=missing
        )


def others() -> list[str]:
    """Every installed protection but Dayfly's own, which DEFAULT chooses from."""
    return [name for name, one in find_protections().items() if one.family != "dayfly"]


def choose(names: Sequence[str], known: Mapping[str, Protection] | None = None) -> list[Contestant]:
    """Contestants in the order they were named, plain awslambdaric always first; `all` is everybody.

    `known` are all protections by name; without, those that are installed. Raises DayflyError for a name that is none.
    """
    known = find_protections() if known is None else known
    chosen: dict[str, Contestant] = {}
    for name in [BARE, *names]:
        for one in known if name == "all" else [name]:
            for contestant in _named(one, known):
                chosen.setdefault(contestant.name, contestant)
    return list(chosen.values())


def install(contestants: Sequence[Contestant], cache: Path) -> tuple[list[Contestant], list[Named]]:
    """Get ready what needs it: those that can run, and the others with the reason that was seen."""
    able: list[Contestant] = []
    missing: list[Named] = []
    reasons: dict[str, str] = {}
    for one in contestants:
        kind = one.protection.name
        if kind not in reasons:
            try:
                one.protection.install(cache / kind)
                reasons[kind] = ""
            except DayflyError as fault:
                reasons[kind] = " ".join(filter(None, (fault.message, fault.hint)))
            except (OSError, subprocess.SubprocessError) as fault:
                # Boundary: somebody else's way to install. One that fails must not take the others' figures along.
                reasons[kind] = f"it cannot be installed: {fault}"
        if reasons[kind]:
            missing.append(one.named(missing=told(reasons[kind])))
        else:
            able.append(one)
    return able, missing


def _named(name: str, known: Mapping[str, Protection]) -> list[Contestant]:
    kind, _, isolation = name.partition(":")
    one = known.get(kind)
    if one is None:
        raise DayflyError(f"unknown protection {kind!r}", hint=f"choose from {', '.join(known)}, or all")
    if isolation and isolation not in one.isolations:
        raise DayflyError(
            f"{kind} has no isolation {isolation!r}", hint=f"choose from {', '.join(one.isolations)}"
        )
    wanted = [isolation] if isolation else one.default_isolations or one.isolations
    return [Contestant(one, each) for each in wanted]

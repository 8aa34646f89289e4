"""What a policy has to allow so that everything that was seen may happen again; pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dayfly.policy.generalise import generalise, matches_everything
from dayfly.policy.matching import finder
from dayfly.policy.model import KINDS, TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dayfly.policy.model import Gathered, Seen


@dataclass(frozen=True, slots=True)
class Needs:
    """What one table needs: `always` is needed while events are served (and perhaps at init), `init` at init alone."""

    always: tuple[str, ...] = ()
    init: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Learned:
    """Targets by kind, for each that has a table, and kinds by package."""

    tables: Mapping[str, Needs]
    packages: Mapping[str, Needs]
    warnings: tuple[str, ...] = ()


def learn(gathered: Sequence[Gathered]) -> Learned:
    """Return what is needed for everything that was seen, in as few patterns as do not widen it without need."""
    targets: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    packages: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    every = [seen for one in gathered for seen in one.seen]
    for seen in every:
        use = seen.use
        targets[use.kind][use.phase].add(use.target)
        for package in use.packages:
            packages[package][use.phase].add(use.kind)
    tables = {kind: _split(kind, targets[kind]) for kind in TABLES}
    return Learned(
        tables=tables,
        packages={name: _kinds(phases) for name, phases in sorted(packages.items())},
        warnings=tuple(_warnings(tables, every)),
    )


def _split(kind: str, targets: Mapping[str, Iterable[str]]) -> Needs:
    always = generalise(kind, targets.get("invoke", ()))
    find = finder(kind, always)
    init = [target for target in targets.get("init", ()) if not find(target)]
    return Needs(always, generalise(kind, init))


def _kinds(phases: Mapping[str, Iterable[str]]) -> Needs:
    always, init = set(phases.get("invoke", ())), set(phases.get("init", ()))
    return Needs(
        tuple(kind for kind in KINDS if kind in always),
        tuple(kind for kind in KINDS if kind in init - always),
    )


def _warnings(tables: Mapping[str, Needs], every: Sequence[Seen]) -> Iterable[str]:
    for kind, needs in tables.items():
        for pattern in (*needs.always, *needs.init):
            if matches_everything(kind, pattern):
                place = next((seen.place for seen in every if seen.use.target == pattern and seen.place), "")
                where = f" ({place})" if place else ""
                yield (
                    f'[policy.{kind}] "{pattern}" ALLOWS EVERYTHING: events chose the whole of the target{where}; '
                    "name what may be used instead"
                )
            elif kind == "network" and _is_loopback(pattern):
                yield (
                    f'[policy.network] "{pattern}" is this machine: where a test put something in place of a service, '
                    "the service's own name is missing"
                )


def _is_loopback(pattern: str) -> bool:
    host = pattern.rpartition(":")[0] or pattern
    return host in ("localhost", "127.0.0.1", "[::1]", "::1") or host.startswith("127.")

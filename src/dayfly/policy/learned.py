"""What a policy has to allow so that everything that was seen may happen again; pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dayfly.core.policy import KINDS, TABLES
from dayfly.policy.generalise import generalise, is_loopback, matches_everything, split_port
from dayfly.policy.matching import fault_of, fault_of_package, finder
from dayfly.policy.shapes import usual_shapes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dayfly.core.shapes import Shape
    from dayfly.policy.model import Gathered


@dataclass(frozen=True, slots=True)
class Needs:
    """What one table needs: `always` is needed while events are served (and perhaps at init), `init` at init alone."""

    always: tuple[str, ...] = ()
    init: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Learned:
    """Targets by kind, for each that has a table, kinds by package, and the usual shapes."""

    tables: Mapping[str, Needs]
    packages: Mapping[str, Needs]
    warnings: tuple[str, ...] = ()
    shapes: tuple[Shape, ...] = ()


def learn(gathered: Sequence[Gathered]) -> Learned:
    """Return what is needed for everything that was seen, in as few patterns as do not widen it without need.

    What would allow everything, and what no policy can name, is left out with a warning.
    """
    targets: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    packages: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    warnings: dict[str, None] = {}
    for seen in (seen for one in gathered for seen in one.seen):
        use = seen.use
        where = f" ({seen.place})" if seen.place else ""
        if use.kind in TABLES:
            if left_out := _why_not(use.kind, use.target):
                warnings[f"{use.kind} {use.target!r} was NOT ADDED{where}: {left_out}"] = None
            else:
                targets[use.kind][use.phase].add(use.target)
        for package in use.packages:
            if fault_of_package(package):
                warnings[f"{use.kind} by code of no package was NOT ADDED{where}: its origin is unknown"] = (
                    None
                )
            else:
                packages[package][use.phase].add(use.kind)
    tables = {kind: _split(kind, targets[kind]) for kind in TABLES}
    for entry in (*tables["network"].always, *tables["network"].init):
        if is_loopback(split_port(entry)[0]):
            warnings[
                f"network {entry!r} is this machine: if it replaced a real service, add that service's host"
            ] = None
    if "*" in (*tables["environment"].always, *tables["environment"].init):
        place = next(
            (
                seen.place
                for one in gathered
                for seen in one.seen
                if seen.use.kind == "environment" and seen.use.target == "*"
            ),
            "",
        )
        warnings[
            (
                f"environment '*' ALLOWS EVERY VARIABLE: {place} reads all variables, or one that the event "
                "chooses"
            )
        ] = None
    return Learned(
        tables=tables,
        packages={name: _kinds(phases) for name, phases in sorted(packages.items())},
        warnings=tuple(warnings),
        shapes=usual_shapes(gathered),
    )


def _why_not(kind: str, target: str) -> str:
    if kind == "threads":
        return ""
    if kind == "environment" and target == "*":
        # Code that takes all variables at once cannot do with less. What else it can mean is in the warning.
        return ""
    if matches_everything(kind, target):
        return (
            "the event chose the whole target, so the entry would allow everything; list the allowed "
            "targets yourself"
        )
    return fault_of(kind, target)


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

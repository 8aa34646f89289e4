"""Decides by which means AWS honours each part of a function is reached, and names what is not; pure.

`$LATEST` by a change of its configuration. What runs a published version never changes
(https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html): a new version is published and the alias moved.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dayfly.attach.recycle.model import LATEST
from dayfly.errors import DayflyError

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class AliasState:
    """Where an alias leads: to `version`, but for the share of `weights`.

    AWS allows one additional version (https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html).
    """

    version: str
    weights: tuple[tuple[str, float], ...] = ()

    @property
    def versions(self) -> tuple[str, ...]:
        return (self.version, *(version for version, _ in self.weights if version != self.version))

    def replaced(self, old: Sequence[str], new: str) -> AliasState:
        """The same split with `new` where a version of `old` was."""
        main = new if self.version in old else self.version
        shares: dict[str, float] = {}
        for version, weight in self.weights:
            name = new if version in old else version
            if name != main:
                shares[name] = min(1.0, shares.get(name, 0.0) + weight)
        return AliasState(main, tuple(sorted(shares.items())))

    def __str__(self) -> str:
        split = "".join(f", with {weight:.0%} on {version}" for version, weight in self.weights)
        return f"version {self.version}{split}"


@dataclass(frozen=True, slots=True)
class AliasFacts:
    """An alias as it was found; `provisioned` is its requested provisioned concurrency, 0 for none."""

    name: str
    state: AliasState
    provisioned: int = 0


@dataclass(frozen=True, slots=True)
class AliasMove:
    """What becomes of one alias; `retired` are the versions that it serves now and that the new one replaces."""

    alias: str
    before: AliasState
    retired: tuple[str, ...]
    provisioned: int = 0

    def target(self, new: str) -> AliasState:
        """Where the alias leads at the end."""
        return self.before.replaced(self.retired, new)

    def states(self, new: str, percents: Sequence[int]) -> tuple[AliasState, ...]:
        """Where it leads, step by step, the target last."""
        if self.before.weights or not percents:
            return (self.target(new),)
        steps = [AliasState(self.before.version, ((new, percent / 100),)) for percent in percents[:-1]]
        return (*steps, self.target(new))


@dataclass(frozen=True, slots=True)
class Plan:
    """What is done about one function, and in words what that reaches and what it does not.

    `provisioned` are versions that have provisioned concurrency of their own, with the number asked for. `left` are those
    of `unreached` that go on serving from old environments without anybody naming a version.
    """

    moves: tuple[AliasMove, ...]
    provisioned: tuple[tuple[str, int], ...]
    reached: tuple[str, ...]
    unreached: tuple[str, ...]
    notes: tuple[str, ...]
    left: tuple[str, ...] = ()

    @property
    def is_complete(self) -> bool:
        return not self.unreached

    @property
    def needs_version(self) -> bool:
        """Say whether a version must be published."""
        return bool(self.moves or self.provisioned)

    @property
    def retired(self) -> tuple[str, ...]:
        """Published versions that nothing leads to afterwards, as far as this plan goes."""
        return tuple(sorted({version for move in self.moves for version in move.retired}))


def plan(
    *,
    aliases: Sequence[AliasFacts],
    published: Sequence[str],
    provisioned: Mapping[str, int],
    differences: Mapping[str, tuple[str, ...] | None],
    is_latest_only: bool = False,
    is_stepped: bool = False,
) -> Plan:
    """Decide about one function.

    `provisioned` tells the number asked for by qualifier, `differences` in which fields a version differs from `$LATEST`
    (none: the same; None: nobody could say). `is_latest_only` leaves aliases where they are; `is_stepped` is a move by
    weights, which is not possible for an alias that splits its traffic already.
    """
    reached = ["invocations without a qualifier, and of $LATEST"]
    unreached: list[str] = []
    notes: list[str] = []
    moves: list[AliasMove] = []
    is_same = {version: found is not None and not found for version, found in differences.items()}
    for alias in aliases:
        served = [version for version in alias.state.versions if version != LATEST]
        if not served:
            reached.append(f"the alias {alias.name}")
            continue
        retired = tuple(version for version in served if is_same.get(version))
        reasons = [
            f"the alias {alias.name}, which serves version {version}: {_why_not(differences.get(version))}"
            for version in served
            if version not in retired
        ]
        if is_latest_only:
            unreached.append(
                f"the alias {alias.name}, which serves version {' and '.join(served)}: --only-latest"
            )
            continue
        if retired and is_stepped and alias.state.weights:
            unreached.append(
                f"the alias {alias.name} already splits traffic ({alias.state}), and an alias can split it "
                "between two versions only; end that split, or remove --shift"
            )
            continue
        unreached += reasons
        if retired:
            moves.append(AliasMove(alias.name, alias.state, retired, alias.provisioned))
            reached.append(f"the alias {alias.name}, moved from version {' and '.join(retired)} to a new one")
    by_version = []
    names = {alias.name for alias in aliases}
    for qualifier, count in provisioned.items():
        if qualifier in names:
            if not any(move.alias == qualifier for move in moves):
                unreached.append(f"{count} provisioned environments of the alias {qualifier}")
            continue
        if is_same.get(qualifier) and qualifier.isdecimal() and not is_latest_only:
            by_version.append((qualifier, count))
            notes.append(
                f"the {count} provisioned environments of version {qualifier} are recreated on the new "
                f"version; a scaling target of Application Auto Scaling that names version {qualifier} "
                "stays as it is"
            )
        else:
            why = "--only-latest" if is_latest_only else _why_not(differences.get(qualifier))
            what = f"version {qualifier}" if qualifier.isdecimal() else qualifier
            unreached.append(f"{count} provisioned environments of {what}: {why}")
    left = tuple(unreached)
    if published:
        shown = ", ".join(published[:_SHOWN]) + (" and more" if len(published) > _SHOWN else "")
        unreached.append(f"invocations of a published version by its number: {shown}")
    return Plan(tuple(moves), tuple(by_version), tuple(reached), tuple(unreached), tuple(notes), left)


def check_percents(percents: Sequence[int]) -> None:
    """Raises DayflyError for steps that are none."""
    if not percents:
        return
    is_rising = all(a < b for a, b in itertools.pairwise(percents))
    if not is_rising or percents[0] < 1 or percents[-1] != 100:
        raise DayflyError(
            f"--shift {','.join(map(str, percents))} is not valid",
            hint="use rising percentages that end with 100, for example --shift 10,50,100",
        )


def _why_not(found: tuple[str, ...] | None) -> str:
    if found is None:
        return "it could not be compared with $LATEST"
    return (
        "it differs from $LATEST in "
        f"{', '.join(found[:_SHOWN])}{' and more' if len(found) > _SHOWN else ''}, and a new version would "
        "deploy that; release it with your usual deployment, which also replaces its environments"
    )

"""Finds little-known names that differ from a popular one by a slip."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from dayfly.scan.dependencies.requirement import Origin, normalise
from dayfly.scan.model import Confidence, Finding, Place, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dayfly.scan.dependencies.requirement import Manifest
    from dayfly.scan.source.project import Project

# How far down the list a name is worth imitating. Beyond, names are near each other by chance.
_TARGETS = 3_000
_AFFIXED = 250
_SHORT = 5  # below, one edit reaches too many honest names
_FAMOUS = 400  # so well known that one edit counts in short names, too
_LONG = 11  # from here on two edits still read as the same word
_TWO_EDITS = 600
_AFFIXES = (
    "python",
    "python3",
    "python2",
    "py",
    "py3",
    "lib",
    "pip",
    "official",
    "dev",
    "sdk",
    "core",
    "api",
)
_ENDINGS = (
    "2",
    "3",
    "4",
    "-py",
    "py",
    "-python",
    "-python3",
    "-lib",
    "-dev",
    "-official",
    "-pip",
    "-pypi",
    "s",
)
_LOOKS = (("rn", "m"), ("vv", "w"), ("0", "o"), ("1", "l"), ("i", "l"), ("5", "s"), ("3", "e"))


def find_lookalikes(project: Project, manifests: Sequence[Manifest]) -> Iterator[Finding]:
    """One finding for each name, at the first place that brings it; names of the project's own are left out."""
    own = {name for manifest in manifests for name in manifest.own_names}
    places: dict[str, list[Place]] = {}
    for manifest in manifests:
        for one in manifest.requirements:
            if one.origin in (Origin.INDEX, Origin.ARCHIVE):
                places.setdefault(one.name, []).append(one.place)
    installed = {}
    for distribution in project.distributions:
        name = normalise(distribution.name)
        places.setdefault(name, []).append(Place(distribution.metadata_path))
        installed[name] = distribution
    for name, found in places.items():
        target = None if name in own else resembles(name)
        if target is None:
            continue
        popular, how, confidence = target
        there = installed.get(name)
        yield Finding(
            check="dependency.lookalike",
            message=f"{name} resembles {popular}: {how}",
            place=found[0],
            severity=Severity.MEDIUM if confidence is not Confidence.LOW else Severity.LOW,
            confidence=confidence,
            fix=f"install {popular} if you meant that package",
            evidence={
                "package": name,
                "resembles": popular,
                "places": [str(one) for one in found],
                **({"files": sorted(there.files)[:10]} if there is not None else {}),
            },
        )


def resembles(name: str) -> tuple[str, str, Confidence] | None:
    """The popular package that a normalised name could be taken for, how, and how sure; None for honest names.

    A name that is itself among the most downloaded is honest, however near it is to another.
    """
    ranks = _ranks()
    if name in ranks or len(name) < 4:
        return None
    by_shape = _shapes().get(_shape(name))
    if by_shape is not None and by_shape != name and len(name) >= _SHORT:
        return by_shape, "letters that look the same, or different separators", Confidence.HIGH
    slips = sorted(_slips(name), key=lambda one: ranks[one])
    if slips:
        return slips[0], "one letter is missing, added, changed or swapped", Confidence.MEDIUM
    for number in "23":
        if ranks.get(name + number, _FAMOUS + 1) <= _FAMOUS:
            return name + number, "its number is missing", Confidence.MEDIUM
    if len(name) >= _LONG:
        for popular in _by_length(len(name)):
            if ranks[popular] <= _TWO_EDITS and _distance(name, popular, 2) == 2 and popular[0] == name[0]:
                return popular, "two letters differ", Confidence.LOW
    for popular, how in _without_affix(name):
        if ranks.get(popular, _AFFIXED + 1) <= _AFFIXED and len(popular) >= _SHORT:
            return popular, how, Confidence.LOW
    return None


def _slips(name: str) -> set[str]:
    """Popular names one slip away. Digits are versions and separators words: a change there is none."""
    found = set()
    for length in (len(name) - 1, len(name), len(name) + 1):
        for popular in _by_length(length):
            if _is_slip(name, popular, shortest=4 if _ranks()[popular] <= _FAMOUS else _SHORT):
                found.add(popular)
    return found


def _is_slip(name: str, popular: str, *, shortest: int) -> bool:
    if popular[:1] != name[:1] and popular[1:2] != name[1:2] and sorted(popular[:2]) != sorted(name[:2]):
        return False
    if len(name) == len(popular):
        differing = [index for index in range(len(name)) if name[index] != popular[index]]
        if len(differing) == 2 and differing[1] == differing[0] + 1:
            first, second = differing
            is_swap = name[first] == popular[second] and name[second] == popular[first]
            return is_swap and name[first].isalpha() and name[second].isalpha()
        if len(differing) != 1 or len(name) <= shortest:
            return False
        return name[differing[0]].isalpha() and popular[differing[0]].isalpha()
    longer, shorter = (name, popular) if len(name) > len(popular) else (popular, name)
    if len(shorter) < shortest:
        return False
    at = next((index for index, letter in enumerate(shorter) if longer[index] != letter), len(shorter))
    return longer[at].isalpha() and longer[at + 1 :] == shorter[at:]


def _distance(first: str, second: str, most: int) -> int:
    """Edits between two words, `most` + 1 where there are more."""
    if abs(len(first) - len(second)) > most:
        return most + 1
    row = list(range(len(second) + 1))
    for number, letter in enumerate(first, 1):
        above, row[0] = row[0], number
        for index, other in enumerate(second, 1):
            above, row[index] = row[index], min(row[index] + 1, row[index - 1] + 1, above + (letter != other))
        if min(row) > most:
            return most + 1
    return row[-1]


def _without_affix(name: str) -> Iterator[tuple[str, str]]:
    for affix in _AFFIXES:
        for joint in ("-", ""):
            if name.startswith(affix + joint) and (joint or affix in ("python", "py")):
                yield name.removeprefix(affix + joint), f"it has the prefix {affix}{joint}"
    for ending in _ENDINGS:
        if name.endswith(ending):
            yield name.removesuffix(ending), f"it has the suffix {ending}"


def _shape(name: str) -> str:
    shape = name.replace("python3-", "python-").replace("-", "")
    for written, seen in _LOOKS:
        shape = shape.replace(written, seen)
    return shape


def popular_names(count: int) -> frozenset[str]:
    """The most downloaded packages, normalised."""
    return frozenset(name for name, rank in _ranks().items() if rank <= count)


@cache
def _ranks() -> Mapping[str, int]:
    text = (Path(__file__).parent / "popular.txt").read_text(encoding="utf-8")
    names = [normalise(line) for line in text.splitlines() if line and not line.startswith("#")]
    return {name: rank for rank, name in reversed(list(enumerate(names, 1)))}


@cache
def _shapes() -> Mapping[str, str]:
    targets = sorted((rank, name) for name, rank in _ranks().items() if rank <= _TARGETS)
    return {_shape(name): name for _, name in reversed(targets)}


@cache
def _by_length(length: int) -> tuple[str, ...]:
    return tuple(name for name, rank in _ranks().items() if rank <= _TARGETS and len(name) == length)

"""Which shapes of statements and commands a policy may hold of those that were seen: the usual ones of usual call sites; pure."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from dayfly.core.shapes import MANY_ENTRIES, parse_entry, parse_shape
from dayfly.policy.confidence import MIN_OBSERVATIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from dayfly.core.shapes import Shape
    from dayfly.policy.model import Gathered, Source

# Events or environments in which a site ran. With fewer, the estimate of what was not seen is worth nothing.
MIN_UNITS = MIN_OBSERVATIONS
# A shape that fewer had, or a smaller share of them, may be one sender's: an attacker's whom nobody noticed.
MIN_UNITS_OF_SHAPE = 2
MIN_SHARE = 0.1
# A site with more usual shapes puts its statements together, and one of which a larger share is seen once (Good and Turing's
# estimate of what comes next) has not shown what it does.
MAX_SHAPES = 4
MAX_UNSEEN = 0.1
# What nobody has confirmed for so long counts no longer: a season, with its month's and quarter's ends.
VALID = timedelta(days=90)
# Learned again in the last third of that, an entry is written again.
RENEWED = timedelta(days=30)


def usual_shapes(gathered: Sequence[Gathered]) -> tuple[Shape, ...]:
    """Return the usual shapes of the sites that have few, and have had those alone in enough units."""
    sites: dict[tuple[str, str], dict[str, set[tuple[Source, str]]]] = defaultdict(lambda: defaultdict(set))
    shapes: dict[str, Shape] = {}
    for one in gathered:
        for seen in one.shapes:
            shape = parse_shape(seen.use.target)
            if shape is not None:
                shapes.setdefault(str(shape), shape)
                sites[shape.key][str(shape)].add((seen.source, seen.unit))
    found: list[Shape] = []
    for units in sites.values():
        all_units = set[tuple["Source", str]]().union(*units.values())
        needed = max(MIN_UNITS_OF_SHAPE, MIN_SHARE * len(all_units))
        usual = [shapes[text] for text, had in units.items() if len(had) >= needed]
        once = sum(len(had) == 1 for had in units.values())
        unseen = once / sum(map(len, units.values()))
        if len(all_units) >= MIN_UNITS and len(usual) <= MAX_SHAPES and unseen <= MAX_UNSEEN:
            found += usual
    return tuple(sorted(found, key=str))


def new_entries(known: Iterable[str], shapes: Sequence[Shape], today: date) -> list[str]:
    """Return the entries that a policy with the entries `known` lacks, as many as it has room for."""
    lasting = today + VALID - RENEWED
    entries = [one for one in map(parse_entry, known) if one is not None]
    there = {(shape.key, shape.hash) for shape, until in entries if until >= lasting.isoformat()}
    until = (today + VALID).isoformat()
    lacking = [f"{shape} {until}" for shape in shapes if (shape.key, shape.hash) not in there]
    return lacking[: max(0, MANY_ENTRIES - len(entries))]

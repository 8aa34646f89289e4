"""What invocations build up inside the process: caches, module state, flags, objects made on first use; pure."""

from __future__ import annotations

import dataclasses
import itertools
import sys
from collections import defaultdict
from typing import TYPE_CHECKING

from dayfly.lab.plan.model import Loss

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dayfly.lab.plan.sightings import SeenCache, SeenState, Sighting
    from dayfly.lab.plan.source import Source

# Of the invocations, the share in which something must have grown or changed to be called steady: an event
# that takes another branch may leave it alone.
_STEADY = 0.8
_MIN_DROPS = 1
_COLD_WORDS = ("cold", "first", "warm")


def find_caches(sightings: Sequence[Sighting], *, cycle: int, source: Source) -> list[Loss]:
    """Return caches of functools that later invocations profited from, own ones by name, others by package.

    `cycle` is the number of events replayed in turn. An invocation profits when it computes less anew
    than the first invocation with the same event did.
    """
    count = len(sightings) - 1
    by_id: dict[int, dict[int, SeenCache]] = defaultdict(dict)
    for sighting in sightings:
        for cache in sighting.caches:
            by_id[cache.id][sighting.number] = cache
    losses: list[Loss] = []
    by_package: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for seen in by_id.values():
        uses, saved = _profit(seen, count, cycle)
        if not uses:
            continue
        last = seen[max(seen)]
        if last.site:
            maker = source.function(last.name)
            is_fixed = last.arguments == 0 and maker is not None and not maker.takes_arguments
            losses.append(
                Loss(
                    kind="cache",
                    what=f"{last.name} (lru_cache)",
                    where=last.site,
                    uses=uses,
                    invocations=count,
                    consequence=f"computed again by every worker, {saved:.0f} × per invocation",
                    prime=(last.name,) if is_fixed else (),
                )
            )
        else:
            package = last.name.partition(".")[0]
            if package and package not in sys.stdlib_module_names:
                by_package[package].append((uses, saved))
    for package, items in sorted(by_package.items()):
        caches = f"{len(items)} internal cache{'s' if len(items) > 1 else ''}"
        losses.append(
            Loss(
                kind="cache",
                what=f"{package}: {caches}",
                where="",
                uses=max(uses for uses, _ in items),
                invocations=count,
                consequence=f"filled again by every worker, {sum((s for _, s in items)):.0f} × per invocation",
            )
        )
    return losses + _library_caches(sightings)


def _profit(seen: dict[int, SeenCache], count: int, cycle: int) -> tuple[int, float]:
    """Return in how many invocations less was computed than at the event's first time, and how much less."""
    misses = [seen[number].misses if number in seen else 0 for number in range(count + 1)]
    # A cache that is garbage later is no longer seen; what it held last counts on.
    for number in range(1, count + 1):
        misses[number] = max(misses[number], misses[number - 1])
    uses, saved = 0, 0
    for number in range(cycle + 1, count + 1):
        first = (number - 1) % cycle + 1
        less = (misses[first] - misses[first - 1]) - (misses[number] - misses[number - 1])
        if less > 0:
            uses += 1
            saved += less
    return uses, saved / uses if uses else 0.0


def _library_caches(sightings: Sequence[Sighting]) -> list[Loss]:
    names = sorted({name for sighting in sightings for name in sighting.library_caches})
    losses: list[Loss] = []
    for name in names:
        sizes = [sighting.library_caches.get(name, 0) for sighting in sightings]
        if sizes[-1] > sizes[0]:
            first = next(number for number, size in enumerate(sizes) if size > sizes[0])
            losses.append(
                Loss(
                    kind="cache",
                    what=name,
                    where="",
                    uses=len(sizes) - 1 - first,
                    invocations=len(sizes) - 1,
                    consequence=f"{sizes[-1] - sizes[0]} entries are fetched again by every worker",
                )
            )
    return losses


def find_state(sightings: Sequence[Sighting], *, cycle: int, source: Source) -> list[Loss]:
    """Return what own modules hold and invocations changed."""
    count = len(sightings) - 1
    history: dict[str, list[SeenState | None]] = {}
    for position, sighting in enumerate(sightings):
        for entry in sighting.state:
            history.setdefault(entry.name, [None] * len(sightings))[position] = entry
    losses: list[Loss] = []
    for name, entries in history.items():
        if entries[-1] is None:
            continue
        found = (
            _container(name, entries, count=count, cycle=cycle)
            or _flag(name, entries, count)
            or _object(name, entries, count=count, source=source)
            or _counter(name, entries, count)
        )
        if found is not None:
            losses.append(_placed(found, name, source))
    return losses


def find_library_flags(sightings: Sequence[Sighting]) -> list[Loss]:
    """Return cold-start flags of libraries that the first invocation flipped."""
    own = {entry.name for entry in sightings[-1].state}
    count = len(sightings) - 1
    losses: list[Loss] = []
    for name in sightings[-1].flags:
        values = [sighting.flags.get(name) for sighting in sightings]
        if name not in own and count > 1 and _flips_once(values):
            losses.append(_cold_start(name, count))
    return losses


def _placed(loss: Loss, name: str, source: Source) -> Loss:
    if loss.where:
        return loss
    return dataclasses.replace(loss, where=source.line_of(name))


def _container(name: str, entries: Sequence[SeenState | None], *, count: int, cycle: int) -> Loss | None:
    sizes = [entry.size if entry is not None and entry.kind == "container" else 0 for entry in entries]
    last = entries[-1]
    if last is None or last.kind != "container" or max(sizes) == min(sizes):
        return None
    steps = [after - before for before, after in itertools.pairwise(sizes)]
    grown = sum(step > 0 for step in steps)
    drops = sum(step < 0 for step in steps)
    what = f"{name} ({last.type_name.rpartition('.')[2]})"
    if drops >= _MIN_DROPS and grown >= 2:
        return Loss(
            "state", what, "", grown, count,
            (
                f"collects over invocations and is emptied {drops} × in {count}: data that a worker collected "
                "is lost with it"
            ),
        )  # fmt: skip
    if grown >= _STEADY * count and count > cycle:
        return Loss(
            "state",
            what,
            "",
            grown,
            count,
            "grows with every invocation; every worker starts with its state from init",
        )
    if grown and sizes[-1] > sizes[0]:
        filled = max(number for number, step in enumerate(steps, 1) if step > 0)
        uses = count - filled if filled <= cycle else count - grown
        return Loss(
            "cache",
            what,
            "",
            uses,
            count,
            f"{sizes[-1] - sizes[0]} entries are created again by every worker",
        )
    return None


def _flag(name: str, entries: Sequence[SeenState | None], count: int) -> Loss | None:
    values = [entry.flag if entry is not None else None for entry in entries]
    if count < 2 or not _flips_once(values):
        return None
    attribute = name.rpartition(".")[2].lower()
    if any(word in attribute for word in _COLD_WORDS):
        return _cold_start(name, count)
    return Loss(
        "lazy-object",
        f"{name} (bool)",
        "",
        count - 1,
        count,
        "every worker repeats this step",
    )


def _cold_start(name: str, count: int) -> Loss:
    return Loss(
        "cold-start-flag", name, "", count - 1, count, "every invocation looks like a cold start in logs and metrics"
    )  # fmt: skip


def _flips_once(values: Sequence[bool | None]) -> bool:
    """Say whether init left one value and the first invocations turned it for good."""
    before = values[0]
    if before is None or values[-1] is None or values[-1] == before:
        return False
    turns = sum(one != other for one, other in itertools.pairwise(values))
    return turns == 1


def _object(name: str, entries: Sequence[SeenState | None], *, count: int, source: Source) -> Loss | None:
    """Something that was None or not there after init, and was made once."""
    last = entries[-1]
    if last is None or last.kind not in ("object", "value", "container") or count < 2:
        return None
    kinds = [entry.kind if entry is not None else "none" for entry in entries]
    if kinds[0] != "none":
        return None
    made = next(number for number, kind in enumerate(kinds) if kind != "none")
    again = sum(bool(entry and entry.is_changed) for entry in entries[made + 1 :])
    if again or "none" in kinds[made:]:
        return None
    maker = source.maker_of(name)
    return Loss(
        kind="lazy-object",
        what=f"{name} ({last.type_name})",
        where=maker.where if maker is not None else "",
        uses=count - made,
        invocations=count,
        consequence="created by the first invocation and kept; every worker creates it again",
        prime=(f"{name.rpartition('.')[0]}.{maker.name}",)
        if maker is not None and not maker.takes_arguments
        else (),
        is_data=last.kind != "object",
    )


def _counter(name: str, entries: Sequence[SeenState | None], count: int) -> Loss | None:
    """A number that every invocation changes: request-scoped text is left alone, nobody reads it later."""
    last = entries[-1]
    if last is None or last.kind != "value" or last.type_name not in ("int", "float"):
        return None
    changes = sum(bool(entry and entry.is_changed) for entry in entries[1:])
    if count < 2 or changes < _STEADY * count:
        return None
    return Loss(
        "state", f"{name} ({last.type_name})", "", changes, count, "counts over invocations; every worker starts with the value from init"
    )  # fmt: skip

"""The state of a followed invocation: local names, and what of kept things it has overwritten or filled so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dayfly.scan.state.values import CONSTANT, NOTHING, Value, join

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dayfly.scan.state.values import Field, Part, Root, Spot


def is_prefix(outer: Field, inner: Field) -> bool:
    return inner[: len(outer)] == outer


def overlap(one: Field, other: Field) -> bool:
    """Whether two fields of a root may be, or lie within, each other."""
    for mine, its in zip(one, other, strict=False):
        if mine != its and not is_open(mine) and not is_open(its):
            return False
    return True


def is_open(step: str) -> bool:
    """Whether a step of a field is known only at run time."""
    return step.startswith(("*", ".*"))


def element(index: Value, text: str | None) -> str:
    """The field name of an element: its constant key, or which parts of the event make its key."""
    if text is not None and "{" not in text and not index.parts:
        return text
    if not index.parts:
        return "*"
    return "*" + (text or "") + ",".join(".".join(part) for part in sorted(index.parts))


class State:
    """One path through an invocation. `fresh`: surely overwritten by it; `dirty`: may hold data of the event."""

    __slots__ = ("dirty", "emptied", "fresh", "is_live", "locals", "store")

    def __init__(self, names: Mapping[str, Value] | None = None) -> None:
        self.locals: dict[str, Value] = dict(names or {})
        self.fresh: frozenset[Spot] = frozenset()
        self.dirty: frozenset[Spot] = frozenset()
        self.emptied: frozenset[Spot] = frozenset()  # in place: whoever held it holds nothing
        self.store: dict[Spot, Value] = {}
        self.is_live = True

    def copy(self) -> State:
        other = State(self.locals)
        other.take_world(self)
        other.is_live = self.is_live
        return other

    def take_world(self, other: State) -> None:
        """What is kept is as `other` left it; the local names stay."""
        self.fresh, self.dirty, self.store = other.fresh, other.dirty, dict(other.store)
        self.emptied = other.emptied

    def merge(self, others: Iterable[State]) -> None:
        """Go on where any of these paths, and no other, may have come from."""
        states = [state for state in others if state.is_live]
        if not states:
            self.is_live = False
            return
        self.is_live = True
        names = dict.fromkeys(name for state in states for name in state.locals)
        merged = {
            name: join(*(state.locals[name] for state in states if name in state.locals)) for name in names
        }
        # The same dict goes on: functions defined meanwhile look their names up in it.
        self.locals.clear()
        self.locals.update(merged)
        self.merge_worlds(states)

    def merge_worlds(self, states: list[State]) -> None:
        first = states[0]
        fresh, dirty, emptied = first.fresh, first.dirty, first.emptied
        for state in states[1:]:
            fresh, dirty, emptied = fresh & state.fresh, dirty | state.dirty, emptied & state.emptied
        store: dict[Spot, Value] = {}
        for spot in dict.fromkeys(spot for state in states for spot in state.store):
            store[spot] = join(*(state.store[spot] for state in states if spot in state.store))
        self.fresh, self.dirty, self.store, self.emptied = fresh, dirty, store, emptied

    def fresh_fields(self, root: Root) -> frozenset[Field]:
        return frozenset(spot.field for spot in self.fresh if spot.root == root)

    def is_fresh(self, spot: Spot) -> bool:
        return any(one.root == spot.root and is_prefix(one.field, spot.field) for one in self.fresh)

    def stored(self, spot: Spot) -> Value:
        """What this invocation put there, as far as it did."""
        found = self.store.get(spot)
        if found is not None and spot in self.fresh:
            return found
        inner = [
            value if len(one.field) >= len(spot.field) else _within(value, spot.field[len(one.field) :])
            for one, value in self.store.items()
            if one.root == spot.root and overlap(one.field, spot.field)
        ]
        return join(*inner) if inner else NOTHING

    def put(self, spot: Spot, value: Value, *, is_whole: bool, is_dirty: bool) -> None:
        if is_whole:
            for one in [
                one for one in self.store if one.root == spot.root and is_prefix(spot.field, one.field)
            ]:
                del self.store[one]
            self.dirty = frozenset(
                one for one in self.dirty if one.root != spot.root or not is_prefix(spot.field, one.field)
            )
            self.fresh |= {spot}
            self.store[spot] = value
        else:
            self.store[spot] = join(self.store.get(spot, NOTHING), value)
        if is_dirty:
            self.dirty |= {spot}

    def empty(self, spot: Spot) -> None:
        """Nothing is left in it."""
        self.put(spot, CONSTANT, is_whole=True, is_dirty=False)
        self.emptied |= {spot}

    def is_emptied(self, spot: Spot) -> bool:
        return any(one.root == spot.root and is_prefix(one.field, spot.field) for one in self.emptied)

    def remove(self, spot: Spot) -> None:
        """An element or attribute was taken away."""
        self.dirty = frozenset(
            one for one in self.dirty if one.root != spot.root or not is_prefix(spot.field, one.field)
        )


def _within(value: Value, field: Field) -> Value:
    for name in field:
        item = value.item(name)
        if item is None:
            return value.derived()
        value = item
    return value


def covers(key: frozenset[Part], parts: frozenset[Part]) -> bool:
    """Whether a key made of `key` tells apart whatever differs in `parts`."""
    return all(any(part[: len(one)] == one for one in key) for part in parts)

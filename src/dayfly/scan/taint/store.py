"""The state of the interpreted program, with branches that are tried, taken back and merged."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from dayfly.scan.taint.joining import bake, join, join_contents
from dayfly.scan.taint.values import NO_FACT, Fact, Series, Symbol, Table

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from dayfly.scan.taint.values import Content, Value


class Absent:
    """No value: a name that is not bound on this path."""

    __slots__ = ()


ABSENT = Absent()
Cell: TypeAlias = "Value | Content | Fact | Absent"
Diff: TypeAlias = "dict[Hashable, Cell]"


class Store:
    """Cells by key, and what they held before each open branch.

    Keys: a location (contents of a container), `(scope or location, name)` (a variable, an attribute), a
    Symbol (facts about it). A branch costs what it changes, never the size of the store.
    """

    def __init__(self) -> None:
        self.cells: Diff = {}
        self.frames: list[Diff] = []
        self.work = 0  # cells that were joined: what interpretation costs besides its steps

    @property
    def depth(self) -> int:
        return len(self.frames)

    def get(self, key: Hashable) -> Cell:
        return self.cells.get(key, ABSENT)

    def set(self, key: Hashable, cell: Cell) -> None:
        if self.frames:
            frame = self.frames[-1]
            if key not in frame:
                frame[key] = self.cells.get(key, ABSENT)
        self.cells[key] = cell

    def value(self, key: Hashable) -> Value | None:
        """The value of a variable or attribute."""
        cell = self.cells.get(key)
        if cell is None or isinstance(cell, (Absent, Fact, Series, Table)):
            return None
        return cell

    def fact(self, symbol: Symbol) -> Fact:
        """All that is known of a symbol on this path, that of its origins included."""
        found = NO_FACT
        one: Symbol | None = symbol
        is_self = True
        while one is not None:
            cell = self.cells.get(one)
            if isinstance(cell, Fact):
                # Where an origin begins and ends says nothing of its pieces.
                found = found | (cell if is_self else Fact(cell.cleansed, cell.lacks))
            one, is_self = one.origin, False
        return found

    def learn(self, symbol: Symbol, fact: Fact) -> None:
        """A check on this path has shown this."""
        one: Symbol | None = symbol
        while one is not None:
            known = self.cells.get(one)
            self.set(one, known | fact if isinstance(known, Fact) else fact)
            if one.besides is not None:
                fact = Fact(lacks=fact.lacks - one.besides)
            elif one.carries is None:
                fact = Fact(fact.cleansed, fact.lacks)
            else:
                fact = Fact(fact.cleansed & one.carries)
            one = one.mirrors

    def begin(self) -> None:
        self.frames.append({})

    def end(self) -> Diff:
        """Take back what was done since `begin`, and return it."""
        frame = self.frames.pop()
        cells = self.cells
        done: Diff = {}
        for key, old in frame.items():
            done[key] = cells.get(key, ABSENT)
            if old is ABSENT:
                cells.pop(key, None)
            else:
                cells[key] = old
        return done

    def keep(self, diff: Diff) -> None:
        """Write what outlives every open branch: a module that was imported on the way."""
        self.cells.update(diff)

    def snapshot(self, depth: int) -> Diff:
        """What was changed since the frame at `depth` began, as it is now."""
        cells = self.cells
        return {key: cells.get(key, ABSENT) for frame in self.frames[depth:] for key in frame}

    def merge(self, diffs: Sequence[Diff]) -> bool:
        """Go on as if one of these had happened, unknown which; says whether anything is different now."""
        if len(diffs) == 1:
            for key, cell in diffs[0].items():
                self.set(key, cell)
            return bool(diffs[0])
        has_changed = False
        keys: dict[Hashable, None] = {}
        for diff in diffs:
            keys.update(dict.fromkeys(diff))
        self.work += len(keys)
        facts = [{k: v for k, v in diff.items() if isinstance(v, Fact)} for diff in diffs]
        for key in keys:
            current = self.get(key)
            cells = [
                self._baked(diff.get(key, current), known) for diff, known in zip(diffs, facts, strict=True)
            ]
            joined = join_cells(cells)
            if joined is not current and joined != current:
                self.set(key, joined)
                has_changed = True
        return has_changed

    def _baked(self, cell: Cell, facts: dict[Hashable, Fact]) -> Cell:
        """A value with what is known of it on its branch alone, since that knowledge ends with the branch."""
        if not facts or isinstance(cell, (Absent, Fact)):
            return cell

        def known(symbol: Symbol) -> Fact:
            one: Symbol | None = symbol
            found = NO_FACT
            while one is not None:
                fact = facts.get(one)
                if isinstance(fact, Fact):
                    found = found | Fact(fact.cleansed, fact.lacks)
                one = one.origin
            return found

        if isinstance(cell, Series):
            kept = tuple(bake(one, known) for one in cell.items)
            rest = None if cell.rest is None else bake(cell.rest, known)
            is_same = rest == cell.rest and kept == cell.items
            return cell if is_same else replace(cell, items=kept, rest=rest)
        if isinstance(cell, Table):
            entries = {key: bake(one, known) for key, one in cell.entries.items()}
            rest = None if cell.rest is None else bake(cell.rest, known)
            rest_keys = None if cell.rest_keys is None else bake(cell.rest_keys, known)
            if rest == cell.rest and rest_keys == cell.rest_keys and entries == cell.entries:
                return cell
            return replace(cell, entries=entries, rest=rest, rest_keys=rest_keys)
        return bake(cell, known)


def join_cells(cells: Sequence[Cell]) -> Cell:
    """What holds whichever of these is the case."""
    first = cells[0]
    if all(cell is first for cell in cells):
        return first
    if any(isinstance(cell, Fact) for cell in cells):
        joined: Fact | None = None
        for cell in cells:
            fact = cell if isinstance(cell, Fact) else NO_FACT
            joined = fact if joined is None else joined & fact
        return joined or NO_FACT
    present = [cell for cell in cells if not isinstance(cell, Absent)]
    if not present:
        return ABSENT
    result = present[0]
    for cell in present[1:]:
        if isinstance(cell, (Series, Table)) and isinstance(result, (Series, Table)):
            result = join_contents(result, cell)
        elif not isinstance(cell, (Fact, Series, Table)) and not isinstance(result, (Fact, Series, Table)):
            result = join(result, cell)
    return result

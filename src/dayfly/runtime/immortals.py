"""Chooses what of the initialised function becomes immortal: code, constants and plain values, never what holds a resource.

Functions, classes, modules' names, code objects and constants are used by every event and freed by none. Plain values
are texts, numbers and what cannot be changed and refers to such and to code alone: freeing one does nothing that
anybody could see. Instances, lists and dicts keep their counts: a worker may put a file into one and drop it, and what
a worker drops is closed and finalised as always.
"""

from __future__ import annotations

import gc
import sys
import time
import types
import weakref

from dayfly._sys import immortal
from dayfly.runtime import heap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

# No object has as many references; immortal ones say so.
_UNCOUNTED = 2**31
# What one slice may take. Objects are looked through a batch at a time, 0.3 ms.
_SLICE_S = 0.003
_BATCH = 200
# What it costs grows with the heap, 3 µs an object; what it saves each worker, 150 to 200 page faults, does not.
_MOST_OBJECTS = 100_000
# Tuples within tuples: init's are made in order, the inner one first.
_DEPTH = 4
_CONSTANTS = (str, bytes, int, float, complex, frozenset)
_ATOMS = (str, bytes, int, float, complex, range)
_CODE = (
    types.FunctionType,
    types.ModuleType,
    types.WrapperDescriptorType,
    types.MethodDescriptorType,
    types.ClassMethodDescriptorType,
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
    staticmethod,
    classmethod,
    property,
)
# Objects that are as they were made, and refer to what decides whether they are plain.
_UNCHANGING = (tuple, frozenset, types.BuiltinFunctionType, types.MethodType)


class Immortaliser:
    """Works through the heap a slice at a time; `is_done` once nothing is left, or it cannot be done here."""

    def __init__(self) -> None:
        self.is_done = not immortal.is_supported()
        patterns = sys.modules.get("re")
        self._atoms = frozenset((*_ATOMS, patterns.Pattern) if patterns else _ATOMS)
        self._left: Iterator[list[object]] = iter(()) if self.is_done else self._choose()

    def spend_a_moment(self) -> None:
        """Do one slice."""
        end = time.perf_counter() + _SLICE_S
        for batch in self._left:
            immortal.immortalise(batch)
            if time.perf_counter() > end:
                return
        self.is_done = True

    def _choose(self) -> Iterator[list[object]]:
        objects = heap.everything()
        if len(objects) > _MOST_OBJECTS:
            return
        # Code first: what refers to it is plain then.
        for choose in (self._of_code, self._plain):
            for at in range(0, len(objects), _BATCH):
                yield [item for part in objects[at : at + _BATCH] for item in choose(part)]

    def _of_code(self, item: object) -> Iterator[object]:
        kind = type(item)
        if kind is types.FunctionType:
            function: types.FunctionType = item  # type: ignore[assignment]
            yield from self._code(function.__code__)
            yield from self._constants((function.__name__, function.__qualname__))
            if not function.__closure__:
                yield from self._constant(item)
        elif issubclass(kind, type):
            yield from self._constant(item)
            yield from self._constants(item.__mro__)  # type: ignore[attr-defined]
            yield from self._constant(item.__mro__)  # type: ignore[attr-defined]
            for name, value in item.__dict__.items():
                yield from self._constant(name)
                if type(value) in _CODE:
                    yield from self._constant(value)
        elif kind is types.ModuleType:
            yield from self._constant(item)
            yield from self._constants(item.__dict__)
        elif kind in _CODE:
            yield from self._constant(item)

    def _plain(self, item: object) -> Iterator[object]:
        """Yield what is plain of an object and of what it refers to."""
        for part in gc.get_referents(item):
            kind = type(part)
            if kind in self._atoms:
                yield from self._constant(part)
            elif kind is dict and not gc.is_tracked(part):
                # Nobody lists it: what is in it refers to nothing.
                for inner in gc.get_referents(part):
                    if self._is_plain(inner):
                        yield from self._constant(inner)
            elif kind in _UNCHANGING and self._is_plain(part):
                yield from self._constant(part)
        if issubclass(type(item), type):
            for value in item.__dict__.values():
                if self._is_plain_descriptor(value):
                    yield from self._constant(value)
        elif self._is_plain(item):
            yield from self._constant(item)
            if type(item) is types.FunctionType and item.__closure__:
                # Its own for ever; what is in them may change, and keeps its count.
                yield from self._constant(item.__closure__)
                for cell in item.__closure__:
                    yield from self._constant(cell)

    def _is_plain(self, item: object, depth: int = _DEPTH) -> bool:
        kind = type(item)
        if kind in self._atoms or _is_immortal(item):
            return True
        if kind is types.FunctionType:
            return depth > 0 and all(self._is_plain(part, depth - 1) for part in _in_cells(item))
        if kind is weakref.ref:
            # With a callback, dropping it is how a function cancels that.
            return item.__callback__ is None  # type: ignore[attr-defined]
        if kind not in _UNCHANGING or depth == 0:
            return False
        return all(self._is_plain(part, depth - 1) for part in gc.get_referents(item))

    def _is_plain_descriptor(self, item: object) -> bool:
        """Say whether a class's attribute is code in all but name: a namedtuple's field, a property of a library's own."""
        defined = {
            name for kind in type(item).__mro__ for name in ("__get__", "__del__") if name in vars(kind)
        }
        if defined != {"__get__"} or _is_immortal(item):
            return False
        state: list[object] = []
        for part in gc.get_referents(item):
            state += gc.get_referents(part) if type(part) is dict else (part,)
        return all(self._is_plain(part) for part in state)

    def _code(self, code: types.CodeType) -> Iterator[object]:
        if _is_immortal(code):
            return
        yield from self._constant(code)
        for part in (code.co_names, code.co_consts, code.co_varnames, code.co_freevars, code.co_cellvars):
            yield from self._constants(part)
            yield from self._constant(part)
        yield from self._constants(
            (code.co_name, code.co_qualname, code.co_filename, code.co_linetable, code.co_exceptiontable)
        )
        for part in code.co_consts:
            if type(part) is types.CodeType:
                yield from self._code(part)

    def _constants(self, items: object) -> Iterator[object]:
        for item in items:  # type: ignore[attr-defined]
            if type(item) in _CONSTANTS:
                yield from self._constant(item)

    def _constant(self, item: object) -> Iterator[object]:
        if not _is_immortal(item):
            yield item


def _in_cells(function: object) -> list[object]:
    return [part for cell in function.__closure__ or () for part in gc.get_referents(cell)]  # type: ignore[attr-defined]


def _is_immortal(item: object) -> bool:
    return sys.getrefcount(item) >= _UNCOUNTED

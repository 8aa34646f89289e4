"""Chooses what of the initialised function becomes immortal: code and its constants, never what holds a resource.

Functions, classes, modules' names, code objects and constants are used by every event and freed by none. Instances
keep their counts: what a worker drops is closed and finalised as always.
"""

from __future__ import annotations

import gc
import sys
import types

from dayfly._sys import immortal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

# No object has as many references; immortal ones say so.
_UNCOUNTED = 2**31
# A slice takes some 3 ms.
_SLICE = 4000
_CONSTANTS = (str, bytes, int, float, complex, frozenset)
_CODE = (
    types.FunctionType,
    types.ModuleType,
    types.WrapperDescriptorType,
    types.MethodDescriptorType,
    types.ClassMethodDescriptorType,
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
    types.BuiltinFunctionType,
    staticmethod,
    classmethod,
    property,
)


class Immortaliser:
    """Works through the heap a slice at a time; `is_done` once nothing is left, or it cannot be done here."""

    def __init__(self) -> None:
        self.is_done = not immortal.is_supported()
        self._left: Iterator[object] = iter(()) if self.is_done else self._choose()

    def spend_a_moment(self) -> None:
        """Do one slice."""
        done = 0
        for item in self._left:
            done += immortal.immortalise((item,))
            if done >= _SLICE:
                return
        self.is_done = True

    def _choose(self) -> Iterator[object]:
        # What is frozen is not listed.
        gc.unfreeze()
        objects = gc.get_objects()
        gc.freeze()
        for item in objects:
            kind = type(item)
            if kind is types.FunctionType:
                yield from self._constant(item)
                yield from self._code(item.__code__)
                yield from self._constants((item.__name__, item.__qualname__))
            elif issubclass(kind, type):
                yield from self._constant(item)
                yield from self._constants(item.__mro__)
                yield from self._constant(item.__mro__)
                for name, value in item.__dict__.items():
                    yield from self._constant(name)
                    if type(value) in _CODE:
                        yield from self._constant(value)
            elif kind is types.ModuleType:
                yield from self._constant(item)
                yield from self._constants(item.__dict__)
            elif kind in _CODE:
                yield from self._constant(item)
            elif kind is tuple and all(
                type(part) in _CONSTANTS or issubclass(type(part), type) for part in item
            ):
                yield from self._constants(item)
                yield from self._constant(item)

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


def _is_immortal(item: object) -> bool:
    return sys.getrefcount(item) >= _UNCOUNTED

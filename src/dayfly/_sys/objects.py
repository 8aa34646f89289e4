"""Gives an object another class, also where the language refuses: objects of classes written in C.

Loads ctypes (1.7 ms) only for those; "unsupported" is a return value.
"""

from __future__ import annotations

import sys

# CPython's PyObject: the count of references, then the class. Builds without the GIL differ.
_CLASS_AT = 8
# PyMemberDescrObject: object head (16), class, name, qualified name, then the PyMemberDef's address;
# PyMemberDef: name, type, offset (Include/descrobject.h, unchanged since 3.2).
_MEMBER_AT = 40
_MEMBER_KIND_AT = 8
_MEMBER_OFFSET_AT = 16
_T_LONG = 2
_HAVE_GC = 1 << 14


def change_class(item: object, kind: type) -> bool:
    """Make `item` an instance of `kind`, which must add nothing to the layout of its class or take nothing.

    False where this interpreter's objects are of another shape than we know; then nothing has changed.
    """
    try:
        object.__setattr__(item, "__class__", kind)
    except TypeError:
        return _overwrite_class(item, kind)
    return True


def _overwrite_class(item: object, kind: type) -> bool:
    before = type(item)
    if not _is_known_build() or _layout(before) != _layout(kind):
        return False
    if not (issubclass(kind, before) or issubclass(before, kind)):
        return False
    import ctypes

    slot = ctypes.c_void_p.from_address(id(item) + _CLASS_AT)
    if slot.value != id(before):
        return False
    # An instance holds a reference to its class where that was made at run time; to one too many for a
    # class written in C, which is never freed.
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(kind))
    slot.value = id(kind)
    return True


def write_long_member(item: object, name: str, value: int) -> bool:
    """Set the read-only member `name`, a C long, of an object of a class written in C.

    False where it is no such member or its place cannot be told for sure.
    """
    member = next((vars(kind)[name] for kind in type(item).__mro__ if name in vars(kind)), None)
    if type(member).__name__ != "member_descriptor" or not _is_known_build():
        return False
    import ctypes

    definition = ctypes.c_void_p.from_address(id(member) + _MEMBER_AT).value
    if not definition:
        return False
    told = ctypes.c_void_p.from_address(definition).value
    if not told or ctypes.string_at(told) != name.encode():
        return False
    offset = ctypes.c_ssize_t.from_address(definition + _MEMBER_OFFSET_AT).value
    kind = ctypes.c_int.from_address(definition + _MEMBER_KIND_AT).value
    if kind != _T_LONG or not 16 <= offset < type(item).__basicsize__:
        return False
    place = ctypes.c_long.from_address(id(item) + offset)
    if place.value != object.__getattribute__(item, name):
        return False
    place.value = value
    return True


def _is_known_build() -> bool:
    return sys.implementation.name == "cpython" and sys.maxsize > 2**32 and getattr(sys, "abiflags", "") == ""


def _layout(kind: type) -> tuple[int, ...]:
    # An object that the collector tracks has a head before it: a class that expects one where none is
    # would free another address than was allocated.
    is_tracked = kind.__flags__ & _HAVE_GC
    return (kind.__basicsize__, kind.__itemsize__, kind.__dictoffset__, kind.__weakrefoffset__, is_tracked)

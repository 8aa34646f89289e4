"""Knows the code of Dayfly, of AWS's client and of the import system by the code objects, wherever they are installed.

Anybody can give a code object any file name, so none is believed. Dayfly's code is what was there before the function's was
loaded, and what the import system reads from Dayfly's folder later. It counts as Dayfly's only while it runs with the globals of
its own module, since anybody can make a function of another's code.
"""

from __future__ import annotations

import gc
import os
import sys
from _operator import attrgetter, is_
from itertools import compress, repeat
from types import CodeType, FunctionType

import dayfly

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import CellType, FrameType, ModuleType

# Dayfly, AWS's loop with what comes with it, and what imports modules.
DAYFLY = "dayfly"
CLIENT = frozenset(("awslambdaric", "runtime_client", "snapshot_restore_py"))
_IMPORTERS = frozenset(("_frozen_importlib", "_frozen_importlib_external", "zipimport"))
GUARD = "dayfly.runtime.guard."
# Where Dayfly lies: a folder, or a folder and an archive.
FOLDERS = tuple(os.path.normpath(folder) + "/" for folder in dayfly.__path__)

# Deeper stacks say nothing.
_MANY_FRAMES = 400
# An object's own number, as `id`, which raises an audit event each time: six times as long where there is a hook, and init
# asks for ten thousand. Of a class's slot, it does not ask the object, and takes the address.
number_of = object.__hash__
# The module of each code object, both by identity; the objects are kept by their numbers, so that no others get them.
_CODES: dict[int, int] = {}
_MODULES: dict[int, str] = {}
_KEPT: dict[int, object] = {}


def take() -> None:
    """Take the modules of these names for what they are called; the function's code must not be loaded yet."""
    new = {
        number_of(vars(module)): name
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] in (DAYFLY, *CLIENT, *_IMPORTERS)
        and number_of(vars(module)) not in _MODULES
    }
    if not new:
        return
    _MODULES.update(new)
    _keep(vars(sys.modules[name]) for name in new.values())
    # There are ten thousand objects, and init waits: loops in C.
    objects = gc.get_objects()
    functions = list(compress(objects, map(is_, map(type, objects), repeat(FunctionType))))
    places = list(map(number_of, map(attrgetter("__globals__"), functions)))
    is_new = list(map(new.__contains__, places))
    codes = map(attrgetter("__code__"), compress(functions, is_new))
    _add(zip(codes, compress(places, is_new), strict=True))


def take_stack() -> None:
    """Take what leads here for Dayfly's as well, after `take`: the image's or the layer's script that started this process."""
    for frame in stack(sys._getframe(1)):
        if number_of(frame.f_globals) not in _MODULES:
            _MODULES[number_of(frame.f_globals)] = str(frame.f_globals.get("__name__"))
            _keep([frame.f_globals])
        _add([(frame.f_code, number_of(frame.f_globals))])


def load(code: CodeType, path: str, module: ModuleType) -> None:
    """The import system executes a module's code that it read from the file `path`, which lies in one of FOLDERS."""
    if os.path.normpath(path) == path:
        _MODULES[number_of(vars(module))] = module.__name__
        _keep([vars(module)])
        _add([(code, number_of(vars(module)))])


def _keep(objects: Iterable[object]) -> None:
    _KEPT.update((number_of(one), one) for one in objects)


def _add(codes: Iterable[tuple[CodeType, int]]) -> None:
    """Take code objects, and all that is nested in them, for those of the modules with these globals."""
    level = [one for one in codes if number_of(one[0]) not in _CODES]
    while level:
        _CODES.update([(number_of(code), module) for code, module in level])
        _keep([code for code, _ in level])
        level = [
            (constant, module)
            for code, module in level
            for constant in code.co_consts
            if type(constant) is CodeType and number_of(constant) not in _CODES
        ]


def within(code: CodeType) -> list[CodeType]:
    found = [code]
    for one in found:
        found += [constant for constant in one.co_consts if type(constant) is CodeType]
    return found


def stack(frame: FrameType | None, most: int = _MANY_FRAMES) -> Iterator[FrameType]:
    """Yield a frame and those that called it, `most` of them."""
    for _ in range(most):
        if frame is None:
            return
        yield frame
        frame = frame.f_back


def content_of(cell: CellType) -> object:
    """Return what a closure's cell holds, None where it is empty."""
    try:
        return cell.cell_contents
    except ValueError:
        return None


def module_of(frame: FrameType) -> str:
    """Return the name of the module, one of those above, whose code runs in this frame; "" for any other."""
    module = _CODES.get(number_of(frame.f_code))
    return _MODULES[module] if module is not None and module == number_of(frame.f_globals) else ""


def function_of(frame: FrameType) -> tuple[str, str]:
    return module_of(frame), frame.f_code.co_name


def is_importing(frame: FrameType) -> bool:
    return module_of(frame) in _IMPORTERS


def is_globals(dictionary: dict[str, object]) -> bool:
    return number_of(dictionary) in _MODULES


def is_own(code: CodeType) -> bool:
    """Say whether this is a code object of one of those modules; only a frame shows with whose globals it runs."""
    return number_of(code) in _CODES

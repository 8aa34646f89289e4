"""Tells whose code is whose as it is executed: the import system's from a file, or anybody's from anywhere else."""

from __future__ import annotations

import _frozen_importlib_external
import sys
from _frozen_importlib_external import SourceFileLoader, SourcelessFileLoader
from _operator import is_
from types import CodeType, ModuleType
from zipimport import zipimporter

from dayfly.runtime.guard import owncode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from dayfly.runtime.guard.capabilities import Capabilities

    Arguments = tuple[object, ...]

# What executes modules: a loader's method of this name, frozen ones itself, files' through a function of importlib's.
_EXECUTE = "exec_module"
_FROZEN_LOADER, _CALL = ("_frozen_importlib", _EXECUTE), ("_frozen_importlib", "_call_with_frames_removed")
_FILE_LOADER = ("_frozen_importlib_external", _EXECUTE)
# What a loader does in its own way where it is one of these: a name that stands there was put there.
_REPLACEABLE = frozenset(("get_code", "get_data", "source_to_code", "path_stats", "get_source"))


def on_exec(capabilities: Capabilities, arguments: Arguments, frame: FrameType) -> None:
    """Code is executed: a module's that was loaded from its file, or somebody's."""
    code = arguments[0]
    if type(code) is not CodeType:
        return
    path, _module = loaded_from(frame, code)
    if path and are_loaders_own():
        capabilities.origins.loads(code, path)
    else:
        capabilities.origins.makes(code, frame)


def loaded_from(frame: FrameType, code: CodeType) -> tuple[str, ModuleType | None]:
    """Return the file and the module that the import system executes here, "" and None where it is somebody else who does.

    True as long as `are_loaders_own`.
    """
    nothing = ("", None)
    function = owncode.function_of(frame)
    if function == _FROZEN_LOADER and code.co_filename.startswith("<frozen "):
        return code.co_filename, frame.f_locals.get("module")
    above = frame.f_back
    if function != _CALL or above is None or owncode.function_of(above) != _FILE_LOADER:
        return nothing
    loader, module = above.f_locals.get("self"), above.f_locals.get("module")
    if type(module) is not ModuleType:
        return nothing
    if type(loader) is zipimporter:
        # The name in its bytecode may say anything.
        return f"{loader.archive}/{loader.prefix}{module.__name__.rpartition('.')[2]}.py", module
    if type(loader) is not SourceFileLoader and type(loader) is not SourcelessFileLoader:
        return nothing
    values = vars(loader)
    path = values.get("path")
    if type(path) is not str or not _REPLACEABLE.isdisjoint(values):
        return nothing
    # Code from a source has the name of the file that was read.
    return (path, module) if type(loader) is SourcelessFileLoader or code.co_filename == path else nothing


def on_set_attribute(capabilities: Capabilities, arguments: Arguments, frame: FrameType) -> None:
    if arguments[1] == "__code__" and type(arguments[2]) is CodeType:
        capabilities.origins.makes(arguments[2], frame)


def _places() -> Iterator[tuple[Callable[[str], object], str]]:
    """Yield where what decides how the import system makes code of a file is found: a dictionary's `get`, and a name."""
    yield vars(sys).get, "pycache_prefix"
    for name in ("cache_from_source", "_compile_bytecode", "_path_stat"):
        yield vars(_frozen_importlib_external).get, name
    for kind in (SourceFileLoader, SourcelessFileLoader, zipimporter):
        for owner in kind.__mro__[:-1]:
            for name in ("exec_module", "get_code", "get_data", "source_to_code", "path_stats"):
                yield vars(owner).get, name


_PLACES = tuple(_places())
_AT_FIRST = tuple(get(name) for get, name in _PLACES)


def are_loaders_own() -> bool:
    """Say whether the import system reads files as it did at first: who changes it says what a file's code is."""
    # 411 modules of boto3's ask.
    return all(map(is_, _AT_FIRST, [get(name) for get, name in _PLACES]))

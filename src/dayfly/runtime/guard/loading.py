"""Tells whose code is whose as it is executed: the import system's from a file, or anybody's from anywhere else."""

from __future__ import annotations

from importlib.machinery import SourceFileLoader, SourcelessFileLoader
from types import CodeType, ModuleType
from zipimport import zipimporter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

    from dayfly.runtime.guard.capabilities import Capabilities

    Arguments = tuple[object, ...]

IMPORTLIB = ("<frozen importlib._bootstrap>", "<frozen importlib._bootstrap_external>", "<frozen zipimport>")
# What a loader does in its own way where it is one of these: a name that stands there was put there.
_REPLACEABLE = frozenset(("get_code", "get_data", "source_to_code", "path_stats", "get_source"))


def on_exec(capabilities: Capabilities, arguments: Arguments, frame: FrameType) -> None:
    """Code is executed: a module's that was loaded from its file, or somebody's."""
    code = arguments[0]
    if type(code) is not CodeType:
        return
    path = _loaded_from(capabilities, frame, code)
    if path:
        capabilities.origins.loads(code, path)
    else:
        capabilities.origins.makes(code, frame)


def _loaded_from(capabilities: Capabilities, frame: FrameType, code: CodeType) -> str:
    """Return the file that the import system executes here, "" where it is somebody else who does."""
    origins = capabilities.origins
    if origins.unpacks(frame):
        # Dayfly's own modules, from their archive.
        return code.co_filename
    if (
        frame.f_code.co_filename not in IMPORTLIB
        or origins.owner(frame.f_code)
        or not origins.are_loaders_own()
    ):
        return ""
    if code.co_filename.startswith("<frozen ") and frame.f_code.co_name == "exec_module":
        return code.co_filename
    above = frame.f_back
    if above is None or above.f_code.co_name != "exec_module" or origins.owner(above.f_code):
        return ""
    loader, module = above.f_locals.get("self"), above.f_locals.get("module")
    if type(module) is not ModuleType:
        return ""
    if type(loader) is zipimporter:
        return origins.path_in_archive(loader.archive, code)
    if type(loader) is not SourceFileLoader and type(loader) is not SourcelessFileLoader:
        return ""
    values = vars(loader)
    path = values.get("path")
    if type(path) is not str or not _REPLACEABLE.isdisjoint(values):
        return ""
    # Code from a source has the name of the file that was read.
    return path if type(loader) is SourcelessFileLoader or code.co_filename == path else ""


def on_set_attribute(capabilities: Capabilities, arguments: Arguments, frame: FrameType) -> None:
    """Code is put into a function."""
    if arguments[1] == "__code__" and type(arguments[2]) is CodeType:
        capabilities.origins.makes(arguments[2], frame)

"""Tells code of the deployment from code that was made or put there later, and names places in it."""

from __future__ import annotations

import os
import sys

from dayfly.runtime.guard import owncode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

FROZEN = "<frozen "
# Taken before there is code that could replace it.
_fspath = os.fspath


class Places:
    """What was there when init was done: `task` is the function's package, `temporary` what is emptied.

    `since` is the time of that (seconds since the epoch): a file of code that changed later was planted.
    """

    __slots__ = ("_library", "roots", "since", "task", "temporary")

    def __init__(self, task: str, temporary: tuple[str, ...], *, since: float) -> None:
        self.task = _folder(task)
        self.since = since
        self.temporary = tuple({_folder(place) for place in (*temporary, "/tmp", "/var/tmp", "/dev/shm")})
        self._library = _folder(os.path.dirname(os.__file__))
        entries = [entry if entry else os.getcwd() for entry in sys.path if isinstance(entry, str)]
        self.roots = tuple(
            {self.task, self._library, *owncode.FOLDERS, *(_folder(entry) for entry in entries)}
        )

    def is_deployed(self, name: str) -> bool:
        """Say whether code of this file name is the function's, a library's or the interpreter's.

        A name is what its author says it is: code that was never let in cannot say it.
        """
        return name.startswith((*self.roots, FROZEN))

    def is_library(self, name: str) -> bool:
        return name.startswith((self._library, FROZEN)) and "/site-packages/" not in name

    def is_functions(self, name: str) -> bool:
        """Say whether code of this file name is the function's, without the libraries beside it, Dayfly among them."""
        return (
            name.startswith(self.task)
            and "/site-packages/" not in name
            and not self.is_library(name)
            and not name.startswith(owncode.FOLDERS)
        )

    def file_of(self, module: str) -> str:
        """Return the file in the function's folder from which a module of this name is loaded, "" without one."""
        steps = module.split(".")
        if not all(map(str.isidentifier, steps)) or steps[0] in sys.stdlib_module_names:
            return ""
        start = self.task + "/".join(steps)
        return next((one for one in (f"{start}/__init__.py", f"{start}.py") if os.path.isfile(one)), "")

    def is_temporary(self, path: str) -> bool:
        return os.path.abspath(path).startswith(self.temporary) and not path.startswith(self.roots)

    def is_planted(self, path: str) -> bool:
        """Say whether a file of code lies where functions write, or has changed since init."""
        path = os.path.abspath(path)
        if self.is_temporary(path):
            return True
        if path.endswith(".pyc"):
            # Written by the import system itself where it may, from a source that is looked at as well.
            return False
        try:
            return os.stat(path).st_ctime > self.since
        except OSError:
            return False

    def is_importing(self, frame: FrameType | None) -> bool:
        """Say whether the import system is executing a module of the deployment's here, at its top level."""
        for found in owncode.stack(frame):
            if found.f_code.co_name == "<module>" and self.is_deployed(found.f_code.co_filename):
                return found.f_back is not None and owncode.is_importing(found.f_back)
        return False

    def name(self, frame: FrameType | None) -> str:
        """Return file, line and function of the function's own code that led here; a library's where there is none."""
        first = ""
        for step in owncode.stack(frame):
            code, name = step.f_code, step.f_code.co_filename
            if owncode.module_of(step) or name.startswith(owncode.FOLDERS):
                pass
            elif name.startswith(self.task) and not self.is_library(name):
                found = f"{name[len(self.task) :]}:{step.f_lineno} {code.co_name}"
                if self.is_functions(name):
                    return found
                first = first or found
            elif not first and self.is_deployed(name) and not self.is_library(name):
                first = f"{os.path.basename(name)}:{step.f_lineno} {code.co_name}"
        return first


def text_of(value: object) -> str | None:
    """Return what the operating system would take a value for; a subclass says nothing of its own here."""
    if isinstance(value, os.PathLike):
        value = _fspath(value)
    if isinstance(value, bytes):
        return bytes.decode(value, "utf-8", "surrogateescape")
    return str.__str__(value) if isinstance(value, str) else None


def _folder(path: str) -> str:
    return os.path.abspath(path).rstrip(os.sep) + os.sep

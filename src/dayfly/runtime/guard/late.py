"""Modules of the guard's that few functions call for: loaded when something asks first, by a worker, and by the zygote for later ones."""

from __future__ import annotations

import re
import re._compiler as compiler  # type: ignore[import-not-found]
import sys
from _frozen_importlib_external import FileFinder, SourceFileLoader, SourcelessFileLoader
from importlib import import_module
from zipimport import ZipImportError, zipimporter

from dayfly.runtime.guard import builtin, owncode, switch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

    from dayfly.runtime.guard.guarding import Guard

_OURS = ("__future__", "dayfly.")
# What libraries say whose business is to write code: written.py.
_TEXTS = "texts"
# The layer compresses these modules, and what they alone are made of: `_LATE_GUARD` in attach/layout.py.
NAMES = frozenset(("commands", "computing", "documents", "statements", _TEXTS))
_LOADERS = (SourceFileLoader, (".py",)), (SourcelessFileLoader, (".pyc",))


class _Expressions:
    """`re` for these modules: past its functions and its cache, which code of an event's may have replaced and filled by now."""

    IGNORECASE, S = re.IGNORECASE, re.S

    @staticmethod
    def compile(pattern: str | bytes, flags: int = 0) -> Any:
        return compiler.compile(pattern, int(flags))


# What these modules import of the standard library, as it was before the function's code was loaded. `compile` imports unicodedata
# for names beyond ASCII.
_STANDARD: dict[str, Any] = {
    name: import_module(name)
    for name in "_blake2 _sre bisect builtins collections.abc io itertools json os sys types unicodedata".split()
} | {"re": _Expressions}


def _import(name: str, *arguments: Any) -> Any:
    found = _STANDARD.get(name)
    if found is None and not name.startswith(_OURS):
        raise ImportError(f"{name} is not among what the guard imports late")
    return found or builtin._OWN["__import__"](name, *arguments)


_BUILTINS = {**builtin._OWN, "__import__": _import}


class _OwnFiles:
    """Finds Dayfly's modules where Dayfly lies, whatever finders and hooks were added: libraries' that trace, or somebody's."""

    def find_spec(self, name: str, *path_and_target: Any) -> ModuleSpec | None:
        package = "/".join(name.split(".")[1:-1])
        for folder in owncode.FOLDERS:
            try:
                finder = zipimporter(folder + package) if ".zip/" in folder else None
            except ZipImportError:
                continue
            spec = (finder or FileFinder(folder + package, *_LOADERS)).find_spec(name, *path_and_target[1:])  # type: ignore[arg-type]
            if spec is not None:
                return spec
        return None


class LateModules:
    """Those of a guard's that are loaded, and texts that are read. In the zygote it is a learner: workers tell what they had to load."""

    MARK = "&"
    MANY = 100
    __slots__ = ("_guard", "_modules", "_told", "_wanted", "loaded")

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        # The import system looks into what `sys.modules` names, which may be a table of somebody else's by then.
        self._modules = sys.modules
        self.loaded: dict[str, ModuleType] = {}
        self._told: set[str] = set()
        self._wanted: set[str] = set()

    def load(self, name: str) -> ModuleType:
        """Return a module, loaded and sealed; raises what importing it raises, switch.Planted for somebody else's.

        Code that an event brought may run in this process by now. It counts only if all that is new of the judge's was read from
        Dayfly's own folder: so nothing here is imported `from` a package, where somebody may have put a name.
        """
        whole = owncode.GUARD + name
        given, sys.modules = sys.modules, self._modules
        try:
            with builtin.OwnBuiltins(_OwnFiles(), _BUILTINS):
                __import__(whole)
            if self._guard.is_sealed:
                switch.extend(self._guard.switch)
            module = self.loaded[name] = self._modules[whole]
        finally:
            sys.modules = given
        return module

    def prepare(self, names: AbstractSet[str]) -> None:
        """Load some of NAMES; raises what `load` does."""
        for name in names - self._here():
            if name == _TEXTS:
                self._guard.written.is_constant("", generators=True)
            else:
                self.load(name)

    def _here(self) -> set[str]:
        return {*self.loaded, *((_TEXTS,) if self._guard.written.has_read_generators else ())}

    def told(self) -> list[str]:
        """Return in a worker what is loaded and was not told yet."""
        new = self._here() - self._told
        self._told |= new
        return list(new)

    def hear(self, lines: list[str]) -> None:
        """In the zygote: who owns a worker can have the guard's own modules loaded, and nothing else."""
        self._wanted |= NAMES.intersection(lines) - self._here()

    def waits_alone(self) -> bool:
        return False

    def spend_a_moment(self) -> None:
        """Load one of those that workers had to load."""
        if self._wanted:
            try:
                self.prepare({self._wanted.pop()})
            except Exception:
                # Trust boundary: the import system is the function's, too. Workers go on loading it, and say what became of that.
                return

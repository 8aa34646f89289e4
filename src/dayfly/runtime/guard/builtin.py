"""Gives the guard's modules built-in functions of their own: whoever replaces `len` or `sorted` does not replace theirs."""

from __future__ import annotations

import builtins
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

_OURS = "dayfly."
# Made before the function's code is loaded; a function takes its built-ins from the module that it is defined in.
_OWN = dict(vars(builtins))


class OwnBuiltins:
    """While it is entered, Dayfly's modules that are imported get the built-in functions of now.

    Or those given. They are found by `finder`, or by those of the import system.
    """

    def __init__(self, finder: Any = None, given: dict[str, Any] = _OWN) -> None:
        self._finder = finder
        self._given = given

    def __enter__(self) -> OwnBuiltins:
        sys.meta_path.insert(0, self)
        return self

    def __exit__(self, *_: object) -> None:
        sys.meta_path.remove(self)

    def find_spec(self, name: str, *path_and_target: Any) -> ModuleSpec | None:
        """Return how whoever else finds a module of Dayfly's would load it, with built-ins of its own."""
        if not name.startswith(_OURS):
            return None
        for finder in sys.meta_path if self._finder is None else [self._finder]:
            spec = None if finder is self else finder.find_spec(name, *path_and_target)
            if spec is not None:
                spec.loader = _Loader(spec.loader, self._given)
                return spec
        return None


class _Loader:
    def __init__(self, loader: object, given: dict[str, Any]) -> None:
        self._loader = loader
        self._given = given

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)  # type: ignore[attr-defined, no-any-return]

    def exec_module(self, module: ModuleType) -> None:
        vars(module)["__builtins__"] = self._given
        self._loader.exec_module(module)  # type: ignore[attr-defined]
        module.__loader__ = self._loader  # type: ignore[assignment]
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader  # type: ignore[assignment]

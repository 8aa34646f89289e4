"""Keeps what gRPC's channels were made of, so that each worker can make its own: gRPC itself forgets it.

Nothing is imported here. When the function imports gRPC's core, its channel classes are replaced by
subclasses that remember their arguments.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

_CORE = "grpc._cython.cygrpc"
_CLASSES = ("Channel", "AioChannel")
_ATTRIBUTE = "dayfly_arguments"


def watch() -> None:
    """Have gRPC's channels recorded from its import on; costs each other import 0.1 µs."""
    if _CORE not in sys.modules:
        sys.meta_path.insert(0, _Watcher())


def arguments_of(core: object) -> tuple[object, ...] | None:
    """Return what `core` was made of, None where it was made unseen."""
    found: tuple[object, ...] | None = getattr(core, _ATTRIBUTE, None)
    return found


def remember_channels(core: ModuleType) -> None:
    """Replace the channel classes of gRPC's core module."""
    for name in _CLASSES:
        kind = getattr(core, name, None)
        if isinstance(kind, type):
            setattr(core, name, _remembering(kind))


class _Watcher:
    """A finder that finds nothing: it waits for one name and steps aside."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != _CORE:
            return None
        sys.meta_path.remove(self)
        for finder in sys.meta_path:
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                if spec.loader is not None and hasattr(spec.loader, "exec_module"):
                    spec.loader = _Loader(spec.loader)  # type: ignore[assignment]
                return spec
        return None


class _Loader:
    """The module's own loader, and a last step after it."""

    def __init__(self, loader: object) -> None:
        self._loader = loader

    def __getattr__(self, name: str) -> object:
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        made: ModuleType | None = self._loader.create_module(spec)  # type: ignore[attr-defined]
        return made

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)  # type: ignore[attr-defined]
        module.__loader__ = self._loader  # type: ignore[assignment]
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader  # type: ignore[assignment]
        remember_channels(module)


def _remembering(kind: type) -> type:
    def __init__(self: object, *arguments: object) -> None:
        setattr(self, _ATTRIBUTE, arguments)

    namespace = {
        "__module__": kind.__module__,
        "__qualname__": kind.__qualname__,
        "__doc__": kind.__doc__,
        "__init__": __init__,
    }
    return type(kind.__name__, (kind,), namespace)

"""Loads the guard's modules from the one file in which they lie in a layer."""

from __future__ import annotations

import json
import marshal
import os
import sys
from importlib.machinery import ModuleSpec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

# What stands before the code in a file of bytecode.
_HEAD_BYTES = 16
# No bytecode of any version begins so.
_COMPRESSED = b"x\xda"


def unpack(library: str) -> None:
    """Have the modules beside the folder `library` (where `dayfly` lies) found, if such a file is there."""
    path = library + ".guard.bin"
    if not os.path.exists(path):
        return
    # Not compressed: inflating it took 4.5 ms of the 8.5 that reading and unmarshalling take.
    with open(path, "rb", buffering=0) as file:
        index, _, data = file.read().partition(b"\n")
    sys.meta_path.insert(0, Unpacked(json.loads(index), data, library))


class Unpacked:
    """Finds and loads modules by their paths in `index`, one after the other in `data`, some of them compressed (zlib).

    What of their packages is loaded late lies beside: in the archive `library`, or the one for that.
    """

    def __init__(self, index: Sequence[tuple[str, int]], data: bytes, library: str) -> None:
        self._folders = f"{library}/", f"{library}.late.zip/"
        self._code: dict[str, bytes] = {}
        self._packages: set[str] = set()
        at = 0
        for path, size in index:
            name = path.removesuffix(".pyc").replace("/", ".")
            if name.endswith(".__init__"):
                name = name.removesuffix(".__init__")
                self._packages.add(name)
            self._code[name] = data[at : at + size]
            at += size

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how a module is loaded, None for one of another's."""
        if name not in self._code:
            return None
        spec = ModuleSpec(name, self, is_package=name in self._packages)  # type: ignore[arg-type]
        if spec.submodule_search_locations is not None:
            spec.submodule_search_locations += [one + name.replace(".", "/") for one in self._folders]
        return spec

    def create_module(self, spec: ModuleSpec) -> None:
        """Leave it to the import system."""

    def exec_module(self, module: ModuleType) -> None:
        """Run a module's code, once."""
        code = self._code.pop(module.__name__)
        if code.startswith(_COMPRESSED):
            import zlib

            code = zlib.decompress(code)
        exec(marshal.loads(memoryview(code)[_HEAD_BYTES:]), vars(module))

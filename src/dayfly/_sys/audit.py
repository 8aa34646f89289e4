"""Loads audit.so, and no ctypes for it: its built-in functions, which no Python code can change."""

from __future__ import annotations

import os
import sys

import dayfly

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def functions() -> dict[str, Callable[..., Any]]:
    """Return its functions by name, as native/audit/audit.h has them; raises OSError that says why it cannot be loaded."""
    package = dayfly.__path__[0]
    # In a layer the programs lie beside the archive of the package.
    for folder in (package, os.path.dirname(os.path.dirname(package))):
        path = os.path.join(folder, "bin", os.uname().machine, "audit.so")
        if not os.path.exists(path):
            continue
        if sys.implementation.name != "cpython" or sys.abiflags:
            raise OSError(
                f"audit.so does not support this interpreter ({sys.implementation.name}{sys.abiflags})"
            )
        try:
            # Not `ctypes`, as in `_sys/dictwatch.py`.
            import _ctypes

            address = _ctypes.dlsym(_ctypes.dlopen(path, os.RTLD_NOW), "audit_functions")
            flags = _ctypes.FUNCFLAG_CDECL | _ctypes.FUNCFLAG_PYTHONAPI
            value = type("", (_ctypes._SimpleCData,), {"_type_": "O"})
            found = type("", (_ctypes.CFuncPtr,), {"_flags_": flags, "_restype_": value})(address)()
        except (ImportError, AttributeError, OSError) as fault:
            raise OSError(f"audit.so cannot be loaded ({fault})") from fault
        return {one.__name__: one for one in found}
    raise OSError("audit.so is missing: install dayfly-runtime again")

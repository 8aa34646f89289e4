"""What this process does otherwise once somebody has set it, and no object of Python's shows."""

from __future__ import annotations

import _codecs
import _locale
import gc
import sys

# How codecs treat what they cannot code.
_ERRORS = ("strict", "ignore", "replace", "backslashreplace", "surrogateescape")
# What a module has that nobody has loaded yet.
_LOG = (30, 0)
_ROUNDING = (28, "ROUND_HALF_EVEN")


def settings() -> dict[str, object]:
    """Return what holds for code of the whole process, by name: limits, rounding, time limits, errors in place of warnings."""
    sockets, logs, warnings = map(sys.modules.get, ("_socket", "logging", "warnings"))
    arithmetic = sys.modules["decimal"].getcontext() if "decimal" in sys.modules else None
    return {
        "recursion": sys.getrecursionlimit(),
        "digits": getattr(sys, "get_int_max_str_digits", int)(),
        "switch interval": sys.getswitchinterval(),
        "collector": (gc.isenabled(), gc.get_threshold()),
        "sockets": sockets and sockets.getdefaulttimeout(),
        "log": (logs.root.level, logs.root.manager.disable) if logs else _LOG,
        "codecs": tuple(map(id, map(_codecs.lookup_error, _ERRORS))),
        "rounding": (arithmetic.prec, arithmetic.rounding) if arithmetic else _ROUNDING,
        "URLs": id(getattr(sys.modules.get("urllib.request"), "_opener", None)),
        "warnings": sum(entry[0] == "error" for entry in getattr(warnings, "filters", ())),
        "locale": _locale.setlocale(_locale.LC_ALL, None),
    }

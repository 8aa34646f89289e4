"""Starts a probe before any code of the function, then takes away what it could be noticed by.

Python imports a module of this name at start. The folder it lies in is first in PYTHONPATH, so a
`sitecustomize` of the function or of the interpreter is hidden; it is imported from here.
"""

from __future__ import annotations

import os
import sys

_VARIABLE = "DAYFLY_PLAN_PROBE"
# Stays: interpreters that are started from here on are watched as well.
_LASTING = "DAYFLY_LEARN_WATCH"
_HERE = os.path.dirname(os.path.abspath(__file__))


def _begin() -> None:
    orders = os.environ.pop(_VARIABLE, "")
    if orders:
        __import__("dayfly_probe.start").start.begin(orders)
    if watched := os.environ.get(_LASTING, ""):
        __import__("dayfly_probe.watching").watching.begin(watched)
    while _HERE in sys.path:
        sys.path.remove(_HERE)
    own = sys.modules.pop("sitecustomize", None)
    try:
        __import__("sitecustomize")
    except ImportError:
        if own is not None:
            sys.modules["sitecustomize"] = own


if __name__ == "sitecustomize":
    _begin()

"""Makes objects immortal, so that using one in a forked worker does not write to its page.

CPython counts references in the object itself: a worker that calls a function copies the page its code
object lies on, 2 to 4 µs each time. Since 3.12 an object may say that it is not counted (PEP 683,
https://peps.python.org/pep-0683/): its count is all ones in the lower half. No public function sets that.
Only versions whose layout is known are served, and only after a try.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

# `_Py_IMMORTAL_REFCNT` of a 64-bit build in Include/object.h of 3.12 and 3.13; 3.14 has another layout.
_VERSIONS = ((3, 12), (3, 13))
_COUNT = 0xFFFFFFFF


def is_supported() -> bool:
    """Say whether `immortalise` works in this interpreter: known layout, ordinary build, and tried."""
    if (
        sys.implementation.name != "cpython"
        or sys.version_info[:2] not in _VERSIONS
        or hasattr(sys, "gettotalrefcount")
        or "t" in sys.abiflags
        or sys.maxsize != 2**63 - 1
        or sys.byteorder != "little"
    ):
        return False
    tried = object()
    before = sys.getrefcount(tried)
    immortalise([tried])
    others = [tried, tried]
    return before < 100 and sys.getrefcount(tried) == _COUNT and len(others) == 2


def immortalise(objects: Iterable[object]) -> int:
    """Make each object immortal; return how many. They are never freed: only for what lives as long as the process."""
    # 1.7 ms; only environments that have served many events get here.
    import ctypes

    at = ctypes.c_uint32.from_address
    number = 0
    for item in objects:
        # The lower half of ob_refcnt, the first field of every object.
        at(id(item)).value = _COUNT
        number += 1
    return number

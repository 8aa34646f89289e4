"""A fingerprint of the function's code as init left it: equal in all environments of one version.

What is hashed is what runs, not what the files say: a module that patches another at import, or defines something else in
one environment than in the next, changes it. Code of the interpreter's image and of Dayfly is left out, since the platform
renews an image under a version. Who runs at init runs in this process, and could lie here as anywhere.
"""

from __future__ import annotations

import marshal
import os
from _blake2 import blake2b

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import CodeType

_MANY = 200_000
# Without marks of what was interned or shared, which differ from process to process: the format before.
_FORMAT = 2


def _here() -> None:
    """Have a code object, whose type this is."""


_FUNCTION = type(_here)
_CODE = type(_here.__code__)


def image_places() -> tuple[str, ...]:
    """Return where code lies that is the image's or Dayfly's, as beginnings of paths."""
    standard = os.path.dirname(os.__file__) + "/"
    own = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + "/"
    return (standard, own, "/var/lang/", "/var/runtime/", "<frozen ")


def fingerprint(modules: Mapping[str, object], places: tuple[str, ...]) -> int:
    """Return the hash of all functions that `modules` hold, less those whose code lies in `places`; never 0."""
    packages = tuple(place + name for place in places[:1] for name in ("site-packages/", "dist-packages/"))
    total = 0
    left = _MANY
    for name, module in sorted(modules.items()):
        if name == "__main__" or name.partition(".")[0] == "dayfly":
            continue
        found: list[CodeType] = []
        for code in _codes(name, getattr(module, "__dict__", {}), left):
            file = code.co_filename
            if not file.startswith(places) or file.startswith(packages):
                found.append(code)
        left -= len(found)
        file = getattr(module, "__file__", None) or ""
        if found or (
            isinstance(file, str) and file and (not file.startswith(places) or file.startswith(packages))
        ):
            # In the order of the names, which is the module's own.
            digest = blake2b(marshal.dumps([name, *found], _FORMAT), digest_size=8)
            total += int.from_bytes(digest.digest(), "big")
    return (total & (1 << 64) - 1) or 1


def _codes(name: str, names: object, left: int) -> Iterable[CodeType]:
    """Yield the code of a module's functions and of its classes' methods, each once."""
    seen: set[int] = set()
    todo = [names]
    while todo and len(seen) < left:
        known = todo.pop()
        try:
            values = list(known.values())  # type: ignore[attr-defined]
        except Exception:  # trust boundary: a module may be any object of the function's
            continue
        for value in values:
            kind = type(value)
            if kind is staticmethod or kind is classmethod:
                value = value.__func__
                kind = type(value)
            if kind is _FUNCTION:
                code = value.__code__
                if type(code) is _CODE and id(code) not in seen:
                    seen.add(id(code))
                    yield code
            elif kind is type and id(value) not in seen and value.__module__ == name:
                seen.add(id(value))
                todo.append(value.__dict__)

"""Tells the function's own code from libraries, and names where in it something was done."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

# Frames of one call chain that are looked at; a recursion deeper than this has no place.
_MAX_FRAMES = 200


class Places:
    """Knows the package's folder and which top-level names in it are vendored libraries."""

    def __init__(self, root: str, vendored: Sequence[str]) -> None:
        self._root = root.rstrip("/") + "/"
        self._vendored = frozenset(vendored)

    def contains(self, path: str) -> bool:
        """Say whether an absolute path lies in the package."""
        return path.startswith(self._root)

    def relative(self, filename: object) -> str:
        """Return a file's path in the package; "" for one that is not the function's own code."""
        if not isinstance(filename, str):
            return ""
        if not filename.startswith("/"):
            path = filename.removeprefix("./")
            if path.startswith("<"):
                return ""
        elif filename.startswith(self._root):
            path = filename[len(self._root) :]
        else:
            return ""
        first = path.partition("/")[0]
        return "" if first in self._vendored or first.removesuffix(".py") in self._vendored else path

    def caller(self) -> str:
        """Return `file:line` of the innermost own code of this thread; "" where none is on the stack."""
        frame: FrameType | None = sys._getframe(1)
        for _ in range(_MAX_FRAMES):
            if frame is None:
                return ""
            path = self.relative(frame.f_code.co_filename)
            if path:
                return f"{path}:{frame.f_lineno}"
            frame = frame.f_back
        return ""

    def importer(self) -> tuple[str, bool]:
        """Return `file:line` of own code that imports directly, and whether it does so in a function."""
        frame: FrameType | None = sys._getframe(1)
        for _ in range(_MAX_FRAMES):
            if frame is None:
                return "", False
            name = frame.f_code.co_filename
            if not name.startswith("<frozen importlib") and "/dayfly_probe/" not in name:
                path = self.relative(name)
                is_lazy = frame.f_code.co_name != "<module>"
                return (f"{path}:{frame.f_lineno}", is_lazy) if path else ("", False)
            frame = frame.f_back
        return "", False

    def of_code(self, function: object) -> str:
        """Return `file:line` of a function's definition if it is the function's own."""
        code = getattr(getattr(function, "__func__", function), "__code__", None)
        path = self.relative(getattr(code, "co_filename", None))
        return f"{path}:{code.co_firstlineno}" if path and code is not None else ""

"""Tells which functions of a package's own code nothing called."""

from __future__ import annotations

from types import CodeType
from typing import TYPE_CHECKING

from dayfly.lab.plan.packages import list_vendored

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MAX_FILES = 2000
_MAX_BYTES = 1 << 20
_SKIPPED = frozenset(("__pycache__", "node_modules", "site-packages", "venv"))


def find_unreached(folder: Path, reached: set[str]) -> tuple[str, ...]:
    """Return functions of own code, as `app.py:12 refund`, that are not among the reached ones."""
    return tuple(name for name in _functions(folder) if name not in reached)


def is_test(path: str) -> bool:
    """Say whether a file of the package is a test's, by the names that pytest and unittest look for."""
    *folders, name = path.split("/")
    return (
        "tests" in folders
        or "test" in folders
        or name == "conftest.py"
        or name.startswith("test_")
        or name.endswith("_test.py")
    )


def _functions(folder: Path) -> Iterator[str]:
    vendored = set(list_vendored(folder))
    for number, path in enumerate(_sources(folder, vendored)):
        if number >= _MAX_FILES:
            return
        name = path.relative_to(folder).as_posix()
        if is_test(name):
            continue
        try:
            source = path.read_bytes()
            code = compile(source, name, "exec", dont_inherit=True) if len(source) <= _MAX_BYTES else None
        except (OSError, SyntaxError, ValueError, RecursionError):
            continue
        if code is not None:
            yield from (f"{name}:{one.co_firstlineno} {one.co_qualname}" for one in _within(code))


def _sources(folder: Path, vendored: set[str]) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        name = entry.name
        if name.startswith(".") or name in _SKIPPED or name.removesuffix(".py") in vendored:
            continue
        if entry.is_dir() and not entry.is_symlink():
            if not (entry / "pyvenv.cfg").exists():
                yield from _sources(entry, set())
        elif name.endswith(".py"):
            yield entry


def _within(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            # A class's body is none, and is executed where the module is; what is in it may be.
            if not constant.co_name.startswith("<") and constant.co_flags & _NEW_LOCALS:
                yield constant
            yield from _within(constant)


# CO_NEWLOCALS: functions have it, bodies of classes do not.
_NEW_LOCALS = 0x2

"""Says which top-level names a function can import: of its package, of its layers, of Lambda's own runtime."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# In Lambda's managed Python runtimes, beside the standard library:
# https://docs.aws.amazon.com/lambda/latest/dg/python-package.html#python-package-dependencies
_RUNTIME = frozenset(
    (
        "awslambdaric",
        "boto3",
        "botocore",
        "dateutil",
        "jmespath",
        "s3transfer",
        "six",
        "snapshot_restore_py",
        "urllib3",
    )
)
_SUFFIXES = (".py", ".so", ".pyc")
# Where a layer keeps what Python imports, under its root.
_LAYER_PLACES = ("python", "python/lib/*/site-packages")


def find_missing(names: Sequence[str], folder: Path, layers: Sequence[Path]) -> tuple[str, ...]:
    """Return which of the names nothing here has.

    A folder without a single installed distribution is a source tree, whose packages are looked for in this
    interpreter's environment as well.
    """
    places = [folder, *(place for layer in layers for place in _of_layer(layer))]
    known = set(_RUNTIME)
    for place in places:
        known |= _top_level(place)
    is_source = not any(any(place.glob("*.dist-info")) for place in places)
    return tuple(name for name in names if name not in known and not (is_source and _is_importable(name)))


def _of_layer(layer: Path) -> list[Path]:
    return [layer, *(place for pattern in _LAYER_PLACES for place in layer.glob(pattern))]


def _top_level(place: Path) -> set[str]:
    if not place.is_dir():
        return set()
    names = set()
    for entry in place.iterdir():
        if entry.is_dir() or entry.name.endswith(_SUFFIXES):
            names.add(entry.name.partition(".")[0])
    return names


def _is_importable(name: str) -> bool:
    try:
        # Of a top-level name this imports nothing.
        return importlib.util.find_spec(name.partition(".")[0]) is not None
    except (ImportError, ValueError):
        return False

"""Which distribution a test is about, by tests/distributions.toml."""

from __future__ import annotations

import tomllib
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
MAP: dict[str, list[str]] = tomllib.loads((TESTS / "distributions.toml").read_text())


def prefix_of(path: str) -> str:
    """The name in the map that decides about a file, relative to tests/; "" for none."""
    named = [prefix for prefixes in MAP.values() for prefix in prefixes if path.startswith(prefix)]
    return max(named, key=len, default="")


def distribution_of(path: str) -> str:
    """The distribution of a test file, relative to tests/, or `repository`; "" for one that the map does not name."""
    prefix = prefix_of(path)
    return next((name for name, prefixes in MAP.items() if prefix in prefixes), "")

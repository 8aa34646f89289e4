"""Moments as Lambda's API writes them."""

from __future__ import annotations

import time


def stamp(at: float) -> str:
    """Return seconds since the epoch as text."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + f".{int(at % 1 * 1000):03d}+0000"

"""Packages that functions and extensions of these tests use: pinned, and installed on first use."""

from __future__ import annotations

import functools
from pathlib import Path

from tests.lab.package_layers import POWERTOOLS, package_layer
from tests.rie import ROOT

from dayfly.lab.gauntlet.peers.installing import install


def powertools_layer() -> Path:
    """A layer's folder with Powertools."""
    return package_layer("powertools", POWERTOOLS)


@functools.cache
def datadog_python() -> Path:
    """An interpreter that has datadog-lambda, as the gauntlet pins it."""
    return install("datadog", ROOT / ".cache" / "peers" / "datadog")

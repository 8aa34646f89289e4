"""Web adapters that functions behind URLs use: pinned, and installed on first use."""

from __future__ import annotations

from pathlib import Path

from tests.lab.package_layers import POWERTOOLS, package_layer


def adapters_layer() -> Path:
    """A layer's folder with Mangum and Powertools."""
    return package_layer("url-adapters", ("mangum==0.22.0", *POWERTOOLS))

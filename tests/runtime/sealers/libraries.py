"""The interpreter that has the libraries whose state is sealed."""

from __future__ import annotations

import os
from pathlib import Path

from tests.real.environment import real_python


def library_python() -> Path:
    """tests/real's environment, or the one SEALERS_PYTHON names, to try other versions of a library."""
    chosen = os.environ.get("SEALERS_PYTHON")
    return Path(chosen) if chosen else real_python()

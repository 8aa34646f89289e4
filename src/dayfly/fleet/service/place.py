"""Where the service keeps its things, and how others on this machine find it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def default_folder(variables: Mapping[str, str]) -> Path:
    """DAYFLY_FLEET_FOLDER, else the place for programs' data of this user."""
    if named := variables.get("DAYFLY_FLEET_FOLDER"):
        return Path(named)
    data = variables.get("XDG_DATA_HOME") or os.path.join(variables.get("HOME", "."), ".local", "share")
    return Path(data) / "dayfly" / "fleet"

"""What a caller decides about the checks of dependencies."""

from __future__ import annotations

import time
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


@dataclass(frozen=True)
class Options:
    """Nothing here is asked of the network unless `osv_url` is set.

    `osv_database` is a folder of OSV records or OSV's export as a zip, `osv_url` a service that speaks OSV's API;
    the database goes first. `now` is the time of the scan, to tell how old a database is. `capabilities_lock` is the
    text of the recorded capabilities, `capabilities_path` its name in messages. `memory` keeps what was found out
    about a file's content from one scan to the next, as JSON by a hash.
    """

    osv_database: Path | None = None
    osv_url: str = ""
    now: datetime | None = None
    capabilities_lock: str | None = None
    capabilities_path: str = "dayfly.capabilities.json"
    memory: MutableMapping[str, str] | None = None
    wait: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

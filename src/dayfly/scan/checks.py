"""Every check of the scanner by its id."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from dayfly.errors import DayflyError
from dayfly.scan.tables import configuration, dependency, event, permission, secret, state, weak

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dayfly.scan.check import Check

_TABLES = (event, weak, state, permission, dependency, secret, configuration)
CHECKS: Mapping[str, Check] = {check.id: check for table in _TABLES for check in table.CHECKS}


def find_check(name: str) -> Check:
    """The check with this id; DayflyError naming the nearest ids where there is none."""
    if name in CHECKS:
        return CHECKS[name]
    near = difflib.get_close_matches(name, CHECKS, n=3) or [known for known in CHECKS if name in known][:3]
    raise DayflyError(
        f"unknown check {name!r}",
        hint=f"did you mean {', '.join(near)}?" if near else "run `dayfly explain --list` for all checks",
    )

"""The checks of the family `secret`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dayfly.scan.check import Check

CHECKS: tuple[Check, ...] = ()

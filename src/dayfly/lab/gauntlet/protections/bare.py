"""No protection: plain awslambdaric, the yardstick that every attack must get past."""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING, ClassVar

from dayfly.lab.gauntlet.protection import Protection

if TYPE_CHECKING:
    from pathlib import Path

    from dayfly.lab.model import FunctionConfig


class Bare(Protection):
    """The function as it was deployed."""

    name: ClassVar[str] = "bare"
    title: ClassVar[str] = "awslambdaric without protection"

    def version(self) -> str:
        return f"awslambdaric {importlib.metadata.version('awslambdaric')}"

    def prepare(self, function: FunctionConfig, isolation: str, folder: Path) -> FunctionConfig:
        return function

"""How a program of an environment is started."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Launch:
    """Command and variables of one program; `folder` is its working directory, empty for the task root."""

    argv: tuple[str, ...]
    environment: Mapping[str, str]
    folder: str = ""

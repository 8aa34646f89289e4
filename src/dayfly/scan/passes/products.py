"""What a scan makes beside findings: policies, a bill of materials, the record of what dependencies do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dayfly.errors import DayflyError
from dayfly.scan.dependencies.capabilities.lock import render
from dayfly.scan.dependencies.capabilities.packages import summarise
from dayfly.scan.dependencies.sbom import build_sbom
from dayfly.scan.passes.bounding import TimeUpError, time_limit
from dayfly.scan.passes.tasks import ENTRY_SECONDS
from dayfly.scan.permissions.suggesting import suggest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from dayfly.scan.passes.inputs import Input
    from dayfly.scan.permissions.suggesting import Suggestion


def suggest_policies(inputs: Sequence[Input]) -> tuple[tuple[Suggestion, Input], ...]:
    """The least-privilege policy of every handler with its input, once for each function.

    Raises DayflyError naming a handler for which none could be made.
    """
    made: dict[tuple[str, str], tuple[Suggestion, Input]] = {}
    for one in inputs:
        for entry in one.entries:
            key = (one.prefix, entry.function.name)
            if key in made:
                continue
            try:
                with time_limit(ENTRY_SECONDS):
                    made[key] = suggest(one.project, entry, one.templates), one
            except (TimeUpError, RecursionError, MemoryError) as error:
                message = f"no policy could be generated for {entry.function.name}: it is too large or nested too deeply"
                raise DayflyError(
                    message, hint="exclude parts with --exclude, or give one handler"
                ) from error
    return tuple(made.values())


def list_materials(read: Input, *, serial: UUID, now: datetime) -> str:
    """The bill of materials of one input, CycloneDX JSON."""
    return build_sbom(read.project, read.functions, serial=serial, now=now)


def record_capabilities(inputs: Sequence[Input]) -> str:
    """The text of the file that says what every package does today, to be compared with tomorrow's."""
    return render([package for one in inputs for package in summarise(one.project)])

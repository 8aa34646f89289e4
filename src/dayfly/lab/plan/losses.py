"""Everything a fresh worker would lose, from the probe's reports; pure but for reading the function's source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dayfly.lab.plan import held, outside, running

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dayfly.lab.plan.masking import Mask
    from dayfly.lab.plan.model import Loss
    from dayfly.lab.plan.sightings import Sighting
    from dayfly.lab.plan.source import Source


def find_losses(sightings: Sequence[Sighting], *, cycle: int, mask: Mask, source: Source) -> tuple[Loss, ...]:
    """Return losses, those that change what the function does before those that cost time.

    `sightings` begin with init's; `cycle` is the number of events replayed in turn.
    """
    return (
        *running.find_late_work(sightings, mask=mask),
        *outside.find_connections(sightings, mask=mask),
        *held.find_caches(sightings, cycle=cycle, source=source),
        *held.find_state(sightings, cycle=cycle, source=source),
        *outside.find_files(sightings, mask=mask),
        *running.find_init_threads(sightings, mask=mask),
        *running.find_lazy_imports(sightings),
        *held.find_library_flags(sightings),
        *outside.find_tracing(sightings),
        *outside.find_extensions(sightings),
    )

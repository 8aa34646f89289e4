"""Sightings into environments, one by one; holds eight bytes an invocation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dayfly.fleet.lifetimes.model import Act, Environment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dayfly.fleet.lifetimes.model import Sighting


def gather(sightings: Iterable[Sighting]) -> list[Environment]:
    """The environments behind the sightings, which may come in any order but within a stream."""
    environments: dict[tuple[str, str], Environment] = {}
    for sighting in sightings:
        key = (sighting.function, sighting.stream)
        environment = environments.get(key)
        if environment is None:
            environment = environments[key] = Environment(
                sighting.function, sighting.stream, sighting.time, sighting.time
            )
        environment.first = min(environment.first, sighting.time - sighting.duration)
        environment.last = max(environment.last, sighting.time)
        _count(environment, sighting)
    return list(environments.values())


def _count(environment: Environment, sighting: Sighting) -> None:
    if sighting.act is Act.INIT:
        environment.inits += 1
        environment.is_birth_seen |= not environment.starts
    elif sighting.act is Act.START:
        environment.last_request = sighting.request_id
        environment.starts.append(sighting.time)
    elif sighting.act is Act.REPORT:
        if sighting.request_id != environment.last_request:  # a log of REPORT lines alone
            environment.starts.append(sighting.time - sighting.duration)
        environment.last_request = ""
        environment.is_birth_seen |= sighting.is_cold and len(environment.starts) == 1

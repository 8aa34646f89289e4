"""Says whether one entry of a table means everything that another does."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TYPE_CHECKING

from dayfly.core.destinations import parse_destination
from dayfly.policy.matching import finder

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dayfly.core.destinations import Destination


def covering_entry(kind: str, entry: str, others: Iterable[str]) -> str:
    """Return the first of the other entries that means all that `entry` does, "" where none does."""
    for other in others:
        if _covers_destination(other, entry) if kind == "network" else finder(kind, [other])(entry):
            return other
    return ""


def _covers_destination(wide: str, narrow: str) -> bool:
    if wide == "*" or wide == narrow:
        return True
    first, second = parse_destination(wide), parse_destination(narrow)
    if first.port and first.port != second.port:
        return False
    if first.network and second.network:
        return _contains(first, second)
    return bool(not second.network and finder("network", [wide])(narrow))


def _contains(wide: Destination, narrow: Destination) -> bool:
    one, two = _network(wide), _network(narrow)
    if isinstance(one, IPv4Network) and isinstance(two, IPv4Network):
        return two.subnet_of(one)
    return isinstance(one, IPv6Network) and isinstance(two, IPv6Network) and two.subnet_of(one)


def _network(destination: Destination) -> IPv4Network | IPv6Network:
    return ip_network((destination.network, destination.bits))

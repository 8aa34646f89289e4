"""Slows guessing down without letting guessers lock anybody out.

Three counts: failures of one account from one address, of one address, and of one account from addresses that nobody
has signed in to it from. The owner's own address is not touched by what others do.
"""

from __future__ import annotations

import ipaddress
import threading
from collections import OrderedDict
from collections.abc import Callable

# (failures that cost nothing, seconds to wait after the next one, doubling)
_PAIR = (5, 15.0)
_ADDRESS = (30, 15.0)
_ACCOUNT = (50, 15.0)
_LONGEST_WAIT = 15 * 60.0
# After so long without a failure it starts anew.
_FORGET = 30 * 60.0
# Bounded, so that addresses and names made up for it do not fill the memory; the oldest go first.
_MOST = 20_000
_TELL_EVERY = 60.0


class Throttle:
    """Counts failures. `begin` before the password is checked, `succeed` after it was right."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: OrderedDict[tuple[str, ...], tuple[int, float]] = OrderedDict()
        self._told: OrderedDict[str, float] = OrderedDict()

    def begin(self, account: str, address: str, *, is_known_place: bool) -> float:
        """Count an attempt as failed until it succeeds; returns the seconds to wait first, 0 to go ahead.

        Counted before, so that a hundred attempts at the same moment are a hundred.
        """
        now = self._clock()
        limits = self._limits(account, address, is_known_place=is_known_place)
        with self._lock:
            wait = max(self._wait(key, limit, now) for key, limit in limits)
            if wait > 0:
                return wait
            for key, _ in limits:
                count, _last = self._count(key, now)
                self._failures[key] = (count + 1, now)
                self._failures.move_to_end(key)
            while len(self._failures) > _MOST:
                self._failures.popitem(last=False)
        return 0.0

    def succeed(self, account: str, address: str, *, is_known_place: bool) -> None:
        """Take back what `begin` counted: the attempt was right."""
        with self._lock:
            for key, _ in self._limits(account, address, is_known_place=is_known_place):
                if len(key) == 3:
                    self._failures.pop(key, None)
                elif key in self._failures:
                    count, last = self._failures[key]
                    self._failures[key] = (count - 1, last)

    def is_news(self, address: str) -> bool:
        """Whether a refusal of this address is worth a row of the audit log: once a minute, or it could be filled up."""
        now, place = self._clock(), network(address)
        with self._lock:
            if now - self._told.get(place, -_TELL_EVERY) < _TELL_EVERY:
                return False
            self._told[place] = now
            while len(self._told) > _MOST:
                self._told.popitem(last=False)
        return True

    def _limits(
        self, account: str, address: str, *, is_known_place: bool
    ) -> list[tuple[tuple[str, ...], tuple[int, float]]]:
        name, place = account.lower()[:64], network(address)
        limits: list[tuple[tuple[str, ...], tuple[int, float]]] = [
            (("pair", name, place), _PAIR),
            (("address", place), _ADDRESS),
        ]
        return limits if is_known_place else [*limits, (("account", name), _ACCOUNT)]

    def _wait(self, key: tuple[str, ...], limit: tuple[int, float], now: float) -> float:
        free, first = limit
        count, last = self._count(key, now)
        if count < free:
            return 0.0
        return last + min(_LONGEST_WAIT, first * 2.0 ** min(count - free, 10)) - now

    def _count(self, key: tuple[str, ...], now: float) -> tuple[int, float]:
        count, last = self._failures.get(key, (0, now))
        return (count, last) if now - last < _FORGET else (0, now)


def network(address: str) -> str:
    """The part of an address that one subscriber has: all of IPv4's, 64 bits of IPv6's."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)

"""Make card numbers that are nobody's, and show no more of one than its last four digits."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

# Fifteen digits after which a Luhn check digit makes sixteen. 9 as major industry identifier is "for
# assignment by national standards bodies" (ISO/IEC 7812-1) and 999 is no country's code in ISO 3166-1,
# so no bank issues these.
_PREFIX = "9999"
_LENGTH = 16


def make_cards(count: int, *, random: Random) -> tuple[str, ...]:
    """Return `count` different numbers of sixteen digits that pass the Luhn check."""
    cards: dict[str, None] = {}
    while len(cards) < count:
        body = _PREFIX + "".join(str(random.randrange(10)) for _ in range(_LENGTH - 1 - len(_PREFIX)))
        cards[body + _check_digit(body)] = None
    return tuple(cards)


def passes_luhn(card: str) -> bool:
    """Say whether the last digit of `card` is the right check digit for the others."""
    return card.isascii() and card.isdigit() and len(card) > 1 and _check_digit(card[:-1]) == card[-1]


def mask(card: str) -> str:
    """Return what may be shown of `card`."""
    return "•••• " + card[-4:]


def _check_digit(body: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit)
        if place % 2 == 0:
            value = value * 2 - 9 if value > 4 else value * 2
        total += value
    return str(-total % 10)

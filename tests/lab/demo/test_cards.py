"""Card numbers are valid-looking, different, and nobody's."""

from __future__ import annotations

from random import Random

import pytest

from dayfly.lab.demo.cards import make_cards, mask, passes_luhn


def test_cards_are_different_and_pass_the_luhn_check() -> None:
    cards = make_cards(500, random=Random(1))
    assert len(set(cards)) == 500
    assert all(len(card) == 16 and passes_luhn(card) for card in cards)


@pytest.mark.parametrize(
    ("card", "passes"),
    [
        ("4111111111111111", True),  # the industry's best known test number
        ("4111111111111112", False),
        ("4111111111111114", False),
        ("411111111111111x", False),
        ("٤١١١", False),  # digits, but not ASCII ones
        ("", False),
    ],
)
def test_luhn_check_refuses_what_is_no_card(card: str, passes: bool) -> None:
    assert passes_luhn(card) is passes


def test_mask_shows_four_digits_and_no_more() -> None:
    (card,) = make_cards(1, random=Random(2))
    shown = mask(card)
    assert shown.endswith(card[-4:])
    assert sum(character.isdigit() for character in shown) == 4

"""Tokens are remembered as long as promised and no longer."""

from __future__ import annotations

from pathlib import Path

from dayfly.fleet.ingest.tokens import Tokens, digest


def test_senders_do_not_meet() -> None:
    assert digest("a", "token") != digest("b", "token")
    assert digest("a", "token") == digest("a", "token")


def test_kept_tokens_survive_and_a_torn_one_does_not_shift_the_rest(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path)
    tokens.keep([1, 2, 3])
    tokens.forget()
    with (tmp_path / "tokens.newer").open("ab") as file:
        file.write(b"torn")
    again = Tokens(tmp_path)
    again.keep([4])
    assert all(token in Tokens(tmp_path) for token in (1, 2, 3, 4))
    assert len(Tokens(tmp_path)) == 4


def test_they_are_bounded_in_number_and_the_latest_generation_stays(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path, many=100)
    for number in range(1000):
        tokens.add(number)
        tokens.keep([number])
        tokens.forget()
    assert len(tokens) <= 200
    assert 999 in tokens
    assert 901 in tokens
    assert 1 not in tokens


def test_they_are_bounded_in_time_by_a_clock_that_cannot_jump(tmp_path: Path) -> None:
    now = [0.0]
    tokens = Tokens(tmp_path, clock=lambda: now[0])
    tokens.add(1)
    tokens.keep([1])
    tokens.forget()
    now[0] = 25 * 3600
    tokens.add(2)
    tokens.keep([2])
    tokens.forget()
    assert 1 in tokens
    now[0] = 50 * 3600
    tokens.add(3)
    tokens.keep([3])
    tokens.forget()
    assert 3 in tokens
    tokens.keep([])
    tokens.forget()
    now[0] = 75 * 3600
    tokens.keep([])
    tokens.forget()
    assert 1 not in tokens

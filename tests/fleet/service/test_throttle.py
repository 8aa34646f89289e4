"""Guessing gets slower and slower; whoever guesses locks out nobody but himself."""

from __future__ import annotations

from dayfly.fleet.service.throttle import Throttle, network


class _Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def _fail(throttle: Throttle, account: str, address: str, *, known: bool = False) -> float:
    return throttle.begin(account, address, is_known_place=known)


def test_a_pair_waits_twice_as_long_each_time_and_starts_anew_in_the_end() -> None:
    clock = _Clock()
    throttle = Throttle(clock)
    assert [_fail(throttle, "ann", "1.2.3.4") for _ in range(5)] == [0.0] * 5
    waits = []
    for _ in range(4):
        wait = _fail(throttle, "ANN", "1.2.3.4")
        waits.append(wait)
        clock.now += wait
        assert _fail(throttle, "ann", "1.2.3.4") == 0.0
    assert waits == [15.0, 30.0, 60.0, 120.0]
    clock.now += 1801
    assert _fail(throttle, "ann", "1.2.3.4") == 0.0


def test_many_at_the_same_moment_are_many() -> None:
    throttle = Throttle(_Clock())
    assert sum(_fail(throttle, "ann", "1.2.3.4") == 0.0 for _ in range(100)) == 5


def test_a_success_takes_back_what_it_counted() -> None:
    throttle = Throttle(_Clock())
    for _ in range(50):
        assert _fail(throttle, "ann", "1.2.3.4") == 0.0
        throttle.succeed("ann", "1.2.3.4", is_known_place=False)


def test_one_address_cannot_try_many_accounts_and_many_addresses_not_one_account() -> None:
    throttle = Throttle(_Clock())
    assert sum(_fail(throttle, f"user{n}", "1.2.3.4") == 0.0 for n in range(100)) == 30
    throttle = Throttle(_Clock())
    assert sum(_fail(throttle, "ann", f"10.0.{n // 250}.{n % 250}") == 0.0 for n in range(400)) == 50
    assert _fail(throttle, "ann", "192.0.2.1", known=True) == 0.0  # where ann has signed in before


def test_refusals_are_news_once_a_minute() -> None:
    clock = _Clock()
    throttle = Throttle(clock)
    assert [throttle.is_news("1.2.3.4"), throttle.is_news("1.2.3.4"), throttle.is_news("5.6.7.8")] == [
        True,
        False,
        True,
    ]
    clock.now += 61
    assert throttle.is_news("1.2.3.4")


def test_an_ipv6_subscriber_is_one_address() -> None:
    assert network("2001:db8::1") == network("2001:db8::ffff:1")
    assert network("::ffff:1.2.3.4") == network("1.2.3.4")


def test_made_up_names_do_not_fill_the_memory() -> None:
    throttle = Throttle(_Clock())
    for number in range(30_000):
        _fail(throttle, f"user{number}", f"10.{number // 65536}.{number // 256 % 256}.{number % 256}")
    assert len(throttle._failures) <= 20_000

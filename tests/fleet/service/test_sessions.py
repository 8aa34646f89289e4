"""Sessions end when they are idle, old, signed out or of an account that is gone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fleet.service.running import add_people

from dayfly.fleet.service.ledger import Ledger
from dayfly.fleet.service.roles import Role
from dayfly.fleet.service.sessions import Sessions


class Bench:
    """Sessions with a clock that is moved by hand."""

    def __init__(self, folder: Path) -> None:
        self.now = 1_790_000_000.0
        self.ledger = Ledger(folder, clock=lambda: self.now)
        self.sessions = Sessions(self.ledger, idle=3600, longest=7200)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    add_people(tmp_path)
    made = Bench(tmp_path)
    yield made
    made.ledger.close()


def test_a_session_has_the_role_of_its_account_as_it_is_now(bench: Bench) -> None:
    cookie = bench.sessions.begin("vic")
    user = bench.sessions.user(cookie)
    assert user is not None
    assert (user.name, user.role) == ("vic", Role.VIEWER)
    bench.ledger.change("UPDATE users SET role = 'admin' WHERE name = 'vic'")
    changed = bench.sessions.user(cookie)
    assert changed is not None
    assert changed.role is Role.ADMIN
    bench.ledger.change("DELETE FROM users WHERE name = 'vic'")
    assert bench.sessions.user(cookie) is None
    assert bench.sessions.user("made up") is None


def test_a_session_ends_when_idle_and_in_any_case(bench: Bench) -> None:
    cookie = bench.sessions.begin("vic")
    for _ in range(3):
        bench.now += 2000
        assert bench.sessions.user(cookie) is not None
    bench.now += 2000
    assert bench.sessions.user(cookie) is None
    cookie = bench.sessions.begin("vic")
    bench.now += 3601
    assert bench.sessions.user(cookie) is None


def test_a_tab_left_open_keeps_no_session_alive(bench: Bench) -> None:
    cookie = bench.sessions.begin("vic")
    for _ in range(3):
        bench.now += 1200
        assert bench.sessions.user(cookie, is_used=False) is not None
    bench.now += 1200
    assert bench.sessions.user(cookie, is_used=False) is None


def test_a_clock_that_was_put_back_makes_no_session_eternal(bench: Bench) -> None:
    cookie = bench.sessions.begin("vic")
    bench.now -= 10 * 86_400
    assert bench.sessions.user(cookie) is None


def test_a_session_of_before_the_sign_in_ends_with_it(bench: Bench) -> None:
    planted = bench.sessions.begin("vic")
    cookie = bench.sessions.begin("ann", instead_of=planted)
    assert bench.sessions.user(planted) is None
    assert bench.sessions.user(cookie) is not None
    assert planted not in str(bench.ledger.all("SELECT * FROM sessions"))


def test_somebody_who_is_known_elsewhere_has_the_role_of_that_sign_in(bench: Bench) -> None:
    cookie = bench.sessions.begin("oidc:ann@example.com", role=Role.RESPONDER)
    user = bench.sessions.user(cookie)
    assert user is not None
    assert user.role is Role.RESPONDER
    # A local account of the same name gives nothing to it, and takes nothing from it.
    assert bench.sessions.end_all("ann") == 0
    assert bench.sessions.end_all("oidc:ann@example.com") == 1

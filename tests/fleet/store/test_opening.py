"""A store behind a URL may come later than the service: until then everybody is told so, and nothing hangs."""

from __future__ import annotations

import pytest

from dayfly.errors import DayflyError
from dayfly.fleet.store.opening import Opening
from dayfly.fleet.store.sqlfiles import read_sql
from dayfly.fleet.store.store import Place, Store
from dayfly.fleet.store.troubles import StoreError, Trouble

# Nobody listens on port 1.
_NOBODY = Place(url="http://user:hunter2@127.0.0.1:1")


def test_a_server_that_does_not_answer_is_asked_again_when_it_is_needed() -> None:
    prepared: list[Store] = []
    with Store(_NOBODY, prepare=prepared.append) as store:
        assert "does not respond: Connection refused" in store.fault
        for _ in range(3):
            with pytest.raises(StoreError) as refused:
                store.rows(read_sql("dayfly.fleet.store", "sql/applied_migrations"))
            assert refused.value.trouble is Trouble.UNREACHABLE
            assert "hunter2" not in refused.value.message
    assert not prepared


def test_without_preparing_it_must_answer_at_once() -> None:
    with pytest.raises(StoreError, match="does not respond"):
        Store(_NOBODY)


def test_opening_is_tried_now_and_then_until_it_succeeds_once() -> None:
    now, calls = [0.0], list[str]()
    outcomes: list[DayflyError | None] = [
        StoreError("away", trouble=Trouble.UNREACHABLE),
        DayflyError("newer", hint="update"),
        None,
    ]

    def open_() -> None:
        opening.attempt()  # what opens it uses it
        calls.append("open")
        if (outcome := outcomes.pop(0)) is not None:
            raise outcome

    opening = Opening(open_, clock=lambda: now[0])
    for words in ("away", "newer"):
        for _ in range(2):
            with pytest.raises(StoreError, match=words):
                opening.attempt()
        assert opening.fault == words
        now[0] += 3
    for _ in range(3):
        opening.attempt()
    assert (calls, opening.fault) == (["open"] * 3, "")

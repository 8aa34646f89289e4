"""A collector that starts knows what the store has, whole and as two shards."""

from __future__ import annotations

import pytest

from dayfly.fleet.ingest.rebuilding import rebuild
from dayfly.fleet.ingest.seen import Seen
from dayfly.fleet.records.rows import Behaviour, Finding, Invocation, Platform, Trust
from dayfly.fleet.store.store import Store

NOW = 1_764_000_000.0
REQUEST = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"


def invocation(
    environment: int, sequence: int, *, age: float = 60.0, trust: Trust = "verified"
) -> Invocation:
    return Invocation(
        time=NOW - age, function="shop", environment=environment, sequence=sequence, trust=trust
    )


def plant(store: Store) -> None:
    large = 2**63 + 5
    store.insert("invocations", [invocation(large, number) for number in (3, 4, 5, 9)])
    store.insert(
        "invocations", [invocation(large, 5), invocation(large, 6), invocation(7, 1, trust="unverified")]
    )
    store.insert("invocations", [invocation(8, 1, age=9 * 3600)])
    store.insert(
        "findings",
        [
            Finding(
                time=NOW,
                function="shop",
                environment=7,
                sequence=2,
                uid="u",
                kind="k",
                severity=1,
                trust="verified",
            )
        ],
    )
    store.insert(
        "behaviours",
        [
            Behaviour(
                time=NOW, function="shop", environment=7, sequence=3, kind="k", target="t", trust="verified"
            )
        ],
    )
    store.insert("platform", [Platform(time=NOW - 1.877, function="shop", stream=large, kind="start", request_id=REQUEST)])  # fmt: skip


@pytest.mark.parametrize("now", [NOW, NOW + 30 * 86400], ids=["", "a clock that jumped"])
@pytest.mark.parametrize("is_sharded", [False, True])
def test_what_the_store_has_is_known(store: Store, shards: Store, is_sharded: bool, now: float) -> None:
    plant(store)
    seen = Seen()
    assert rebuild(seen, shards if is_sharded else store, now=now) == 5
    large = 2**63 + 5
    known = [
        number for number in range(1, 12) if not seen.is_new_number("invocations", "verified", large, number)
    ]
    assert known == [3, 4, 5, 6, 9]
    assert not seen.is_new_number("invocations", "unverified", 7, 1)
    assert not seen.is_new_number("findings", "verified", 7, 2)
    assert not seen.is_new_number("behaviours", "verified", 7, 3)
    assert seen.is_new_number("invocations", "verified", 8, 1)
    line = Platform(time=NOW - 1.877, function="shop", stream=large, kind="start", request_id=REQUEST)
    assert not seen.is_new("platform", line)


def test_an_empty_store_has_seen_nothing(store: Store, shards: Store) -> None:
    assert rebuild(Seen(), store) == rebuild(Seen(), shards) == 0

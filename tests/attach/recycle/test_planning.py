"""What is moved, what is left and why: never a version that is not what `$LATEST` is."""

from __future__ import annotations

from typing import Any

import pytest

from dayfly.attach.recycle.planning import AliasFacts, AliasMove, AliasState, Plan, check_percents, plan
from dayfly.errors import DayflyError


def _plan(*aliases: AliasFacts, **more: Any) -> Plan:
    options: dict[str, Any] = {
        "published": ["7", "8"],
        "provisioned": {},
        "differences": {"7": (), "8": ("CodeSha256",)},
        **more,
    }
    return plan(aliases=aliases, **options)


def test_an_alias_whose_version_is_not_what_latest_is_stays_and_is_named() -> None:
    found = _plan(AliasFacts("live", AliasState("8")))
    assert found.moves == ()
    assert "differs from $LATEST in CodeSha256" in found.unreached[0]
    assert not found.needs_version


def test_a_version_that_nobody_could_look_at_counts_as_different() -> None:
    found = _plan(AliasFacts("live", AliasState("7")), differences={"7": None})
    assert found.moves == ()
    assert "could not be compared with $LATEST" in found.unreached[0]


def test_an_alias_of_a_version_that_is_what_latest_is_is_moved() -> None:
    (move,) = _plan(AliasFacts("live", AliasState("7"))).moves
    assert move.target("9") == AliasState("9")
    assert move.retired == ("7",)


def test_weights_of_another_version_are_kept() -> None:
    found = _plan(AliasFacts("live", AliasState("7", (("8", 0.25),))))
    (move,) = found.moves
    assert move.target("9") == AliasState("9", (("8", 0.25),))
    assert "serves version 8" in found.unreached[0]


def test_the_weighted_version_alone_may_be_the_one_replaced() -> None:
    (move,) = _plan(AliasFacts("live", AliasState("8", (("7", 0.25),)))).moves
    assert move.target("9") == AliasState("8", (("9", 0.25),))


def test_two_versions_that_are_the_same_become_one() -> None:
    (move,) = _plan(AliasFacts("live", AliasState("7", (("8", 0.25),))), differences={"7": (), "8": ()}).moves
    assert move.target("9") == AliasState("9")


def test_a_split_alias_cannot_be_moved_in_steps() -> None:
    found = _plan(AliasFacts("live", AliasState("7", (("8", 0.25),))), is_stepped=True)
    assert found.moves == ()
    assert "already split" in found.unreached[0]


def test_steps_end_at_the_target() -> None:
    move = AliasMove("live", AliasState("7"), ("7",))
    assert move.states("9", (10, 50, 100)) == (
        AliasState("7", (("9", 0.1),)),
        AliasState("7", (("9", 0.5),)),
        AliasState("9"),
    )


def test_an_alias_of_latest_is_reached_by_the_bump() -> None:
    found = _plan(AliasFacts("dev", AliasState("$LATEST")), published=[])
    assert found.is_complete
    assert "the alias dev" in found.reached


def test_provisioned_environments_of_a_version_are_made_anew_only_where_it_can_be_replaced() -> None:
    found = _plan(provisioned={"7": 5, "8": 3})
    assert found.provisioned == (("7", 5),)
    assert any("3 provisioned environments of version 8: it differs" in text for text in found.unreached)


def test_provisioned_environments_of_an_alias_that_stays_are_named() -> None:
    found = _plan(AliasFacts("live", AliasState("8"), 4), provisioned={"live": 4})
    assert any("4 provisioned environments of the alias live" in text for text in found.unreached)


def test_only_latest_moves_nothing() -> None:
    found = _plan(AliasFacts("live", AliasState("7")), provisioned={"7": 5}, is_latest_only=True)
    assert not found.needs_version


@pytest.mark.parametrize("percents", [(10,), (50, 10, 100), (0, 100), (10, 10, 100), (10, 101)])
def test_steps_that_make_no_sense_are_refused(percents: tuple[int, ...]) -> None:
    with pytest.raises(DayflyError):
        check_percents(percents)


def test_steps_that_make_sense_are_not() -> None:
    check_percents((10, 50, 100))
    check_percents(())

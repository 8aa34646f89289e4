"""Wherever a run is killed, the journal knows what may be half done, and putting it back leaves nothing of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.attach.recycle.account import Watching, lambda_client, make, moto

from dayfly.attach.aws.calls import Caller
from dayfly.attach.live.journal import Journal
from dayfly.attach.recycle.history import RunJournal, default_journal, last_run
from dayfly.attach.recycle.ordering import Means
from dayfly.attach.recycle.planning import AliasState
from dayfly.attach.recycle.recycling import Recycler, Unguarded
from dayfly.attach.recycle.shifting import Shifter, state_of
from dayfly.errors import DayflyError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


class Killed(BaseException):
    """The process is gone: nothing of ours runs any more."""


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[LambdaClient]:
    with moto(monkeypatch):
        found = lambda_client()
        make(found)
        found.publish_version(FunctionName="payments")
        found.create_alias(FunctionName="payments", Name="live", FunctionVersion="1")
        yield found


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "recycle.jsonl") as opened:
        yield opened


def _killed_at(client: LambdaClient, journal: Journal, number: int, *, is_before: bool) -> bool:
    """Run until record `number`, and die before or after it is written; False where there are not as many."""
    noted = RunJournal(journal, "r1")
    noted.begin("here", ["payments"], "")
    write = noted.record("payments")
    count = iter(range(1000))

    def record(event: str, fields: dict[str, Any]) -> None:
        is_last = next(count) == number
        if is_last and is_before:
            raise Killed
        write(event, fields)
        if is_last:
            raise Killed

    recycler = Recycler(
        client, lambda found: Watching(), sleep=lambda seconds: None, means=Means((10, 50, 100), 0.0)
    )
    steps = recycler.recycle("payments", record=record)
    try:
        for _ in steps:
            pass
    except Killed:
        return True
    return False


@pytest.mark.parametrize("is_before", [True, False])
@pytest.mark.parametrize("number", range(10))
def test_killed_at_any_record_nothing_half_done_is_left(
    client: LambdaClient, journal: Journal, number: int, is_before: bool
) -> None:
    was_killed = _killed_at(client, journal, number, is_before=is_before)
    run = last_run(journal, "here")
    assert run is not None
    assert was_killed is (number < 9)
    for moved in run.past["payments"].moving.values():
        shifter = Shifter(
            Caller(),
            client,
            Unguarded(lambda seconds: None),
            record=RunJournal(journal, "r1").record("payments"),
            pause_s=0.0,
        )
        assert "the alias live" in shifter.put_back("payments", moved)
    alias = state_of(client.get_alias(FunctionName="payments", Name="live"))
    assert alias in (AliasState("1"), AliasState("2"))
    after = last_run(journal, "here")
    assert after is not None
    assert after.half_done == []


def test_a_run_of_another_place_or_one_that_ended_is_not_told(journal: Journal) -> None:
    noted = RunJournal(journal, "r1")
    noted.begin("there", ["payments"], "")
    assert last_run(journal, "here") is None
    assert last_run(journal, "there") is not None
    noted.end()
    assert last_run(journal, "there") is None


def test_orders_are_read_back(client: LambdaClient, journal: Journal) -> None:
    _killed_at(client, journal, 100, is_before=True)
    RunJournal(journal, "r1").record("payments")("all-ordered", {})
    run = last_run(journal, "here")
    assert run is not None
    past = run.past["payments"]
    assert past.is_ordered
    assert [(order.alias, order.retired, order.fresh) for order in past.ordered.orders] == [
        ("", (), "$LATEST"),
        ("live", ("1",), "2"),
    ]


def test_provisioned_environments_are_never_taken_from_both_versions(journal: Journal) -> None:
    noted = RunJournal(journal, "r1")
    noted.begin("here", ["payments"], "")
    write = noted.record("payments")

    def past() -> tuple[set[str], set[str]]:
        run = last_run(journal, "here")
        assert run is not None
        return run.past["payments"].warming, run.past["payments"].cooling

    write("warming", {"version": "9"})
    assert past() == ({"9"}, set())
    write("cooling", {"version": "7"})
    assert past() == (set(), {"7"})
    write("cooled", {"version": "7"})
    assert past() == (set(), set())


def test_records_that_make_no_sense_are_said_and_not_followed(journal: Journal) -> None:
    journal.write("recycle", run="nobody", function="payments", event="moving")
    with pytest.raises(DayflyError, match="dayfly recycle did not write"):
        last_run(journal, "here")


def test_no_value_of_a_variable_is_in_the_journal(client: LambdaClient, journal: Journal) -> None:
    client.update_function_configuration(
        FunctionName="payments", Environment={"Variables": {"TABLE": "s3cret-value"}}
    )
    _killed_at(client, journal, 100, is_before=True)
    assert "s3cret-value" not in journal.path.read_text()


def test_the_journal_is_the_users_own() -> None:
    assert default_journal({"DAYFLY_RECYCLE_JOURNAL": "/x"}) == Path("/x")
    assert default_journal({"HOME": "/h"}) == Path("/h/.local/state/dayfly/recycle.jsonl")

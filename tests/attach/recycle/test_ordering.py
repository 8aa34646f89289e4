"""Functions served by versions get a new one and their aliases moved, or stay as they were, and never run what nobody released."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from tests.attach.recycle.account import Time, Watching, code, lambda_client, make, moto

from dayfly.attach.recycle.model import VARIABLE, Order, Sightings, Step, StoppedError
from dayfly.attach.recycle.ordering import Means, Ordered
from dayfly.attach.recycle.recycling import Recycler

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_SILENT = Sightings()


class Stopping:
    """A guard that lets `after` checks pass."""

    def __init__(self, after: int) -> None:
        self.after = after

    def check(self, version: str = "", alias: str = "") -> None:
        self.after -= 1
        if self.after < 0:
            raise StoppedError("the alarm checkout-errors is in ALARM")

    def rest(self, seconds: float, version: str = "", alias: str = "") -> None:
        self.check(version, alias)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[LambdaClient]:
    with moto(monkeypatch):
        found = lambda_client()
        make(found)
        found.publish_version(FunctionName="payments")
        found.create_alias(FunctionName="payments", Name="live", FunctionVersion="1")
        yield found


def _recycle(client: LambdaClient, **options: Any) -> tuple[list[Step], list[tuple[str, dict[str, Any]]]]:
    time = Time()
    events: list[tuple[str, dict[str, Any]]] = []
    witness = options.pop("witness", Watching())
    recycler = Recycler(client, lambda found: witness, clock=time, sleep=time.sleep, **options)
    steps = list(recycler.recycle("payments", record=lambda event, fields: events.append((event, fields))))
    return steps, events


def _alias(client: LambdaClient, name: str = "live") -> tuple[str, dict[str, float]]:
    found = client.get_alias(FunctionName="payments", Name=name)
    return found["FunctionVersion"], dict(
        (found.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    )


def _stamp(client: LambdaClient, version: str) -> str:
    told = client.get_function_configuration(FunctionName="payments", Qualifier=version)
    return told["Environment"]["Variables"].get(VARIABLE, "")


def test_a_dry_run_says_what_it_would_do_and_does_nothing(client: LambdaClient) -> None:
    steps = list(Recycler(client, lambda found: None).recycle("payments", is_dry_run=True))
    assert "publish a version and move the alias live from version 1 to version the new one" in steps[-1].text
    assert _alias(client) == ("1", {})


def test_the_alias_leads_to_a_new_version_with_the_stamp(client: LambdaClient) -> None:
    watching = Watching()
    steps, events = _recycle(client, witness=watching)
    assert [step.error for step in steps] == [""] * len(steps)
    version, weights = _alias(client)
    assert (version, weights) == ("2", {})
    assert _stamp(client, "2") == _stamp(client, "$LATEST") != ""
    assert _stamp(client, "1") == ""
    assert {(order.alias, order.retired, order.fresh) for order in watching.orders} == {
        ("", (), "$LATEST"),
        ("live", ("1",), "2"),
    }
    assert "the alias live: no invocation in the 2 old environments" in steps[-1].text
    assert "Cost: at most 2 extra cold starts of 0.40 s" in steps[-1].text
    names = [event for event, _ in events]
    assert names == ["bumping", "ordered", "publishing", "published", "moving", "moved", "ordered"]


def test_what_nobody_released_is_never_put_into_service(client: LambdaClient) -> None:
    client.update_function_code(
        FunctionName="payments", ZipFile=code("def handler(event, context): return 2")
    )
    steps, _ = _recycle(client)
    assert _alias(client) == ("1", {})
    assert len(client.list_versions_by_function(FunctionName="payments")["Versions"]) == 2
    assert any("differs from $LATEST in CodeSha256" in step.text for step in steps)
    assert "(for the part that recycling reaches)" in steps[-1].text
    assert "the alias live, which serves version 1" in steps[-1].error


def test_what_is_left_is_no_success_unless_it_was_to_be_left(client: LambdaClient) -> None:
    client.update_function_code(
        FunctionName="payments", ZipFile=code("def handler(event, context): return 2")
    )
    for means in (Means(), Means(is_latest_only=True)):
        time = Time()
        recycler = Recycler(client, lambda found: Watching(), clock=time, sleep=time.sleep, means=means)
        outcome = recycler.prove(recycler.look("payments"), Ordered((_order(),)))
        while True:
            try:
                next(outcome)
            except StopIteration as ended:
                found = ended.value
                break
        assert found.is_proved
        assert not found.is_whole
        assert bool(found.error) is not means.is_latest_only


def _order() -> Order:
    return Order("payments", "s", ordered=1.0, effective=2.0, took_s=1.0, tries=1)


def test_code_uploaded_between_the_look_and_the_publishing_is_not_published(client: LambdaClient) -> None:
    recycler = Recycler(client, lambda found: Watching(), sleep=Time().sleep)
    steps = recycler.recycle("payments")
    for step in steps:
        if step.text.startswith("configuration changed"):
            client.update_function_code(
                FunctionName="payments", ZipFile=code("def handler(event, context): return 3")
            )
            break
    rest = list(steps)
    assert "was changed during this run in CodeSha256: no version was published" in rest[0].text
    assert _alias(client) == ("1", {})
    assert rest[-1].error


def test_steps_by_weight_end_at_the_new_version(client: LambdaClient) -> None:
    steps, _ = _recycle(client, means=Means((10, 50, 100), pause_s=60.0))
    texts = [step.text for step in steps]
    assert any("points to version 1, with 10% on 2; watching for errors for 60 s" in text for text in texts)
    assert any("points to version 1, with 50% on 2" in text for text in texts)
    assert _alias(client) == ("2", {})


@pytest.mark.parametrize("after", range(2, 9))
def test_stopped_anywhere_the_alias_is_back_where_it_was(client: LambdaClient, after: int) -> None:
    guard = Stopping(after)
    steps, events = _recycle(client, means=Means((10, 50, 100), pause_s=60.0), guard=lambda function: guard)
    errors = [step for step in steps if step.error]
    assert _alias(client) == (("1", {}) if errors else ("2", {}))
    if after < 8:
        assert any("checkout-errors is in ALARM" in step.text for step in errors)
    if any(event == "moving" for event, _ in events) and errors:
        assert ("moved-back", {"alias": "live"}) in events
        assert any("the alias live was moved back to version 1" in step.text for step in errors)


def test_closing_it_between_steps_leaves_no_split_behind(client: LambdaClient) -> None:
    recycler = Recycler(client, lambda found: None, means=Means((10, 100)), sleep=Time().sleep)
    steps = recycler.recycle("payments")
    while "10%" not in next(steps).text:
        pass
    assert _alias(client) == ("1", {"2": 0.1})
    steps.close()
    assert _alias(client) == ("1", {})


def test_an_alias_that_somebody_else_moves_meanwhile_is_left_to_them(client: LambdaClient) -> None:
    recycler = Recycler(client, lambda found: Watching(), means=Means((10, 100)), sleep=Time().sleep)
    told: list[Step] = []
    for step in recycler.recycle("payments"):
        told.append(step)
        if "10%" in step.text:
            client.update_alias(FunctionName="payments", Name="live", FunctionVersion="$LATEST")
    assert _alias(client)[0] == "$LATEST"
    assert any("set by another user or tool, and was not changed" in step.error + step.text for step in told)
    assert told[-1].error


def test_several_aliases_of_one_version_share_the_new_one(client: LambdaClient) -> None:
    client.create_alias(FunctionName="payments", Name="beta", FunctionVersion="1")
    _recycle(client)
    assert (_alias(client), _alias(client, "beta")) == (("2", {}), ("2", {}))


def test_of_latest_that_nobody_calls_nothing_is_claimed(client: LambdaClient) -> None:
    class Serving:
        def look(self, order: Any, *, timeout_s: float) -> Any:
            return Watching().look(order, timeout_s=timeout_s) if order.alias else _SILENT

    steps, _ = _recycle(client, witness=Serving())
    assert not steps[-1].error
    assert "no invocations of $LATEST since" in steps[-1].text
    assert steps[-1].facts["proved"] == ["live"]


def test_an_alias_that_nobody_calls_is_not_proved(client: LambdaClient) -> None:
    class Serving:
        def look(self, order: Any, *, timeout_s: float) -> Any:
            return _SILENT if order.alias else Watching().look(order, timeout_s=timeout_s)

    steps, _ = _recycle(client, witness=Serving(), patience_s=10.0)
    assert "not verified within 10 s: the alias live: no invocations since then" in steps[-1].text

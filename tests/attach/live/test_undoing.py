"""Detach gives back what was there, keeps what somebody changed since, and says what it cannot know."""

from __future__ import annotations

from typing import Any

import pytest
from tests.attach.live.aws import make_caller, make_layer
from tests.attach.live.conftest import Scene

from dayfly.attach.live.detaching import Detacher
from dayfly.attach.live.history import History
from dayfly.attach.live.journal import Journal
from dayfly.attach.live.model import Plan, State


def edit(scene: Scene, *, layers: list[str] | None = None, **variables: str | None) -> None:
    """Somebody changes the function by other means."""
    current: dict[str, Any] = {**scene.aws.variables("payments"), **variables}
    more: dict[str, Any] = {} if layers is None else {"Layers": layers}
    scene.aws.client.update_function_configuration(
        FunctionName="payments",
        Environment={"Variables": {name: value for name, value in current.items() if value is not None}},
        **more,
    )
    scene.aws.edit("payments")


def plan(scene: Scene) -> Plan:
    client: Any = scene.aws
    with Journal(scene.journal) as journal:
        return Detacher(make_caller(scene.time), client).plan("payments", History(journal.records()))


@pytest.fixture
def others(scene: Scene) -> list[str]:
    return [make_layer(scene.aws.client, name) for name in ("one", "two")]


BEFORE = {"TABLE": "t", "AWS_LAMBDA_EXEC_WRAPPER": "/opt/otel-instrument", "DAYFLY_TMP": "keep"}


def test_layers_their_order_the_wrapper_and_variables_come_back(scene: Scene, others: list[str]) -> None:
    scene.function(Layers=others, Environment={"Variables": BEFORE})
    scene.attach(settings={"DAYFLY_TMP": "scrub", "DAYFLY_GUARD": "block"})
    scene.attach(settings={"DAYFLY_TMP": "keep", "DAYFLY_GUARD": "observe"})
    edit(scene, DAYFLY_RECYCLED="20261126T010000Z-manual-abcdef")
    assert scene.detach().state is State.DONE
    assert scene.state() == (others, BEFORE)
    assert scene.detach().state is State.ALREADY


def test_what_somebody_changed_since_is_kept_and_told(scene: Scene, others: list[str]) -> None:
    scene.function()
    scene.attach(settings={"DAYFLY_GUARD": "block", "DAYFLY_TMP": "keep"})
    edit(scene, layers=[scene.layer, *others], DAYFLY_GUARD="off", TABLE="new")
    found = plan(scene)
    assert any("DAYFLY_GUARD was changed after attaching" in note for note in found.notes)
    assert any("layers were changed after attaching" in note for note in found.notes)
    scene.detach()
    assert scene.state() == (others, {"TABLE": "new", "DAYFLY_GUARD": "off"})


def test_a_wrapper_that_somebody_put_there_since_stays(scene: Scene) -> None:
    scene.function()
    scene.attach()
    edit(scene, AWS_LAMBDA_EXEC_WRAPPER="/opt/theirs")
    scene.detach()
    assert scene.state() == ([], {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/theirs"})


def test_the_former_wrapper_comes_from_the_journal_where_the_function_lost_it(scene: Scene) -> None:
    scene.function(Environment={"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/otel-instrument"}})
    scene.attach()
    edit(scene, DAYFLY_NEXT_WRAPPER=None)
    scene.detach()
    assert scene.state()[1] == {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/otel-instrument"}


def test_a_chained_wrapper_that_somebody_changed_stays_the_functions(scene: Scene) -> None:
    scene.function(Environment={"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/otel-instrument"}})
    scene.attach()
    edit(scene, DAYFLY_NEXT_WRAPPER="/opt/datadog_wrapper")
    assert any("was changed after attaching" in note for note in plan(scene).notes)
    scene.detach()
    assert scene.state()[1] == {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/datadog_wrapper"}


def test_without_the_journal_the_function_itself_decides_and_the_rest_is_told(
    scene: Scene, others: list[str]
) -> None:
    scene.function(Layers=others, Environment={"Variables": BEFORE})
    scene.attach(settings={"DAYFLY_GUARD": "block"})
    elsewhere = scene.journal.with_name("elsewhere.jsonl")
    outcome = scene.detach(journal=elsewhere)
    assert outcome.state is State.DONE
    assert any("is not in the journal" in note for note in outcome.notes)
    # DAYFLY_TMP was the function's own, which only the other journal knows.
    assert scene.state() == (others, {"TABLE": "t", "AWS_LAMBDA_EXEC_WRAPPER": "/opt/otel-instrument"})


def test_what_a_promotion_set_goes_and_what_was_there_before_comes_back(scene: Scene) -> None:
    scene.function(Environment={"Variables": {"DAYFLY_GUARD": "off"}})
    scene.attach(settings={"DAYFLY_GUARD": "observe"})
    policy = make_layer(scene.aws.client, "dayfly-policy-payments")
    edit(
        scene,
        layers=[scene.layer, policy],
        DAYFLY_GUARD="block",
        DAYFLY_GUARD_LEARN="off",
        DAYFLY_POLICY_DIGEST="a" * 32,
        DAYFLY_ROLLOUT="1;guard=observe",
    )
    scene.detach()
    assert scene.state() == ([], {"DAYFLY_GUARD": "off"})


def test_an_old_record_of_a_function_that_somebody_took_dayfly_off_is_not_believed(
    scene: Scene, others: list[str]
) -> None:
    scene.function(Environment={"Variables": {"DAYFLY_GUARD": "off"}})
    scene.attach(settings={"DAYFLY_GUARD": "block"})
    # By hand, and then the function gets other layers and another setting.
    edit(scene, layers=others[:1], AWS_LAMBDA_EXEC_WRAPPER=None, DAYFLY_GUARD="observe")
    scene.attach(settings={"DAYFLY_GUARD": "block"})
    scene.detach()
    assert scene.state() == (others[:1], {"DAYFLY_GUARD": "observe"})


def test_layers_changed_between_two_attaches_are_the_ones_that_stay(scene: Scene, others: list[str]) -> None:
    scene.function(Layers=others[:1])
    scene.attach()
    edit(scene, layers=[others[1], scene.layer])
    newer = make_layer(scene.aws.client, text="newer", CompatibleRuntimes=["python3.12"])
    scene.attach(layer=newer)
    assert scene.state()[0] == [others[1], newer]
    scene.detach()
    assert scene.state()[0] == [others[1]]


def test_dayfly_of_before_this_journal_is_taken_off_and_told(scene: Scene) -> None:
    scene.function(
        Layers=[scene.layer], Environment={"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/dayfly"}}
    )
    scene.attach(settings={"DAYFLY_GUARD": "block"})
    assert any("before this journal existed" in note for note in plan(scene).notes)
    scene.detach()
    assert scene.state() == ([], {})


def test_the_journal_holds_no_value_of_the_functions_own(scene: Scene) -> None:
    secret, key = "s3cret-of-the-function", "ab" * 32
    scene.function(Environment={"Variables": {"PASSWORD": secret}})
    scene.attach(settings={"DAYFLY_FLEET_KEY": key})
    scene.attach(settings={"DAYFLY_GUARD": "block"})
    scene.detach()
    text = scene.journal.read_text()
    assert "PASSWORD" not in text
    assert secret not in text
    assert key not in text
    assert scene.state() == ([], {"PASSWORD": secret})

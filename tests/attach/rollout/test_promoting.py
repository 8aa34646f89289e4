"""From stage to stage and back on an account: one call each, exact undoing, and nobody else's change undone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.attach.live.aws import error, make_caller
from tests.attach.rollout.conftest import Scene
from tests.attach.rollout.test_policylayer import TEXT

from dayfly.attach.live.journal import Journal
from dayfly.attach.live.model import Outcome, State
from dayfly.attach.rollout.policylayer import build
from dayfly.attach.rollout.promoting import Promoter
from dayfly.attach.rollout.promotions import Promotions
from dayfly.attach.rollout.stages import Stage, next_stage, standing_of
from dayfly.policy.observed import Stretch


class Team:
    """Whoever promotes, with a journal of their own or none."""

    def __init__(self, scene: Scene, journal: Path | None = None, *, accept_drift: bool = False) -> None:
        self.scene = scene
        self.journal = journal or scene.journal
        client: Any = scene.aws
        self.promoter = Promoter(
            make_caller(scene.time), client, lambda: 1_795_000_000.0, accept_drift=accept_drift
        )

    def promote(self, stage: Stage, text: str = "", *, latest: Stretch | None = None) -> Outcome:
        facts = self.promoter.facts("payments")
        with Journal(self.journal) as journal:
            return self.promoter.promote(
                facts,
                standing_of(facts, latest),
                stage,
                build(text) if text else None,
                latest,
                self.scene.updater(journal),
            )

    def back(self) -> Outcome:
        with Journal(self.journal) as journal:
            promotions = Promotions(journal.records())
            return self.promoter.roll_back("payments", self.scene.updater(journal), promotions)


@pytest.fixture
def team(scene: Scene) -> Team:
    scene.function(Environment={"Variables": {"TABLE": "t", "SECRET": "s3cret"}})
    assert scene.attach(settings={"DAYFLY_ISOLATION": "invocation"}).state is State.DONE
    return Team(scene)


def test_a_function_goes_up_stage_by_stage_and_comes_back_step_by_step(team: Team) -> None:
    scene = team.scene
    states = [scene.state()]
    for stage, text in (("learn", ""), ("observe", TEXT), ("block", "")):
        assert team.promote(stage, text).state is State.DONE, stage  # type: ignore[arg-type]
        states.append(scene.state())
    layers, variables = states[-1]
    assert layers[-1].endswith(":layer:dayfly-policy-payments:1")
    assert (variables["DAYFLY_GUARD"], variables["DAYFLY_GUARD_LEARN"]) == ("block", "on")
    assert variables["DAYFLY_POLICY_DIGEST"] == build(TEXT).digest
    assert (variables["TABLE"], variables["SECRET"]) == ("t", "s3cret")
    assert standing_of(team.promoter.facts("payments"), None).stage == "block"
    while len(states) > 1:
        assert scene.state() == states.pop()
        assert team.back().state is State.DONE
    assert scene.state() == states[0]
    assert team.back().state is State.REFUSED


def test_somebody_without_the_journal_takes_the_last_promotion_back(team: Team, tmp_path: Path) -> None:
    team.promote("learn")
    team.promote("observe", TEXT)
    before = team.scene.state()
    team.promote("block")
    other = Team(team.scene, tmp_path / "other.jsonl")
    assert other.back().state is State.DONE
    layers, variables = team.scene.state()
    assert layers == before[0]
    del before[1]["DAYFLY_ROLLOUT"]
    assert variables == before[1]
    # What the first one's journal remembers is not as it left it any more.
    assert team.back().state is State.REFUSED


def test_taking_back_a_policy_takes_its_layer_off(team: Team, tmp_path: Path) -> None:
    team.promote("learn")
    team.promote("observe", TEXT)
    assert Team(team.scene, tmp_path / "other.jsonl").back().state is State.DONE
    layers, variables = team.scene.state()
    assert not any("policy" in arn for arn in layers)
    assert "DAYFLY_POLICY_DIGEST" not in variables


def test_a_new_policy_takes_the_place_of_the_former_and_gives_it_back(team: Team) -> None:
    team.promote("learn")
    team.promote("observe", TEXT)
    before = team.scene.state()
    team.promote("observe", TEXT + "[policy.read]\nallow = []\n")
    layers = team.scene.state()[0]
    assert [arn for arn in layers if "policy" in arn] == [layers[-1]]
    assert layers[-1].endswith(":2")
    team.back()
    assert team.scene.state() == before


def test_an_alias_gets_each_step_where_it_is_named(scene: Scene) -> None:
    scene.function()
    scene.attach()
    client: Any = scene.aws.client
    client.create_alias(
        FunctionName="payments",
        Name="live",
        FunctionVersion=client.publish_version(FunctionName="payments")["Version"],
    )
    team = Team(scene)
    team.promoter = replace(team.promoter, publish="live")

    def guard() -> str | None:
        told = client.get_function_configuration(FunctionName="payments", Qualifier="live")
        found: dict[str, str] = told["Environment"]["Variables"]
        return found.get("DAYFLY_GUARD")

    assert "moved from version 1 to 2" in team.promote("learn").text
    assert guard() == "observe"
    assert "moved from version 2 to 3" in team.back().text
    assert guard() is None
    # A deployment that nobody made yet is not made by this.
    client.update_function_configuration(FunctionName="payments", MemorySize=512)
    outcome = team.promote("learn")
    assert (outcome.state, guard()) == (State.FAILED, None)
    assert "MemorySize" in outcome.text


def test_detach_after_a_promotion_leaves_no_trace(scene: Scene) -> None:
    scene.function(Environment={"Variables": {"TABLE": "t"}})
    untouched = scene.state()
    scene.attach(settings={"DAYFLY_GUARD": "observe"})
    team = Team(scene)
    for stage, text in (("learn", ""), ("observe", TEXT), ("block", "")):
        team.promote(stage, text)  # type: ignore[arg-type]
    assert scene.detach().state is State.DONE
    assert scene.state() == untouched


def test_detach_by_another_machine_takes_the_policy_off_as_well(scene: Scene, tmp_path: Path) -> None:
    scene.function(Environment={"Variables": {"TABLE": "t"}})
    untouched = scene.state()
    scene.attach()
    # Its journal knows the promotion and not the attach.
    team = Team(scene, tmp_path / "other.jsonl")
    team.promote("learn")
    team.promote("observe", TEXT)
    assert scene.detach(journal=tmp_path / "other.jsonl").state is State.DONE
    assert scene.state() == untouched


def test_a_function_without_dayfly_is_not_promoted(scene: Scene) -> None:
    scene.function()
    before = scene.state()
    outcome = Team(scene).promote("learn")
    assert (outcome.state, outcome.hint) == (State.REFUSED, "dayfly attach payments")
    assert scene.state() == before


def test_a_function_that_a_tool_manages_is_left_to_it(scene: Scene) -> None:
    scene.function(Tags={"aws:cloudformation:stack-name": "shop", "lambda:createdBy": "SAM"})
    scene.attach(accept_drift=True)
    outcome = Team(scene).promote("learn")
    assert outcome.state is State.REFUSED
    assert "--into dayfly.toml" in outcome.hint
    assert Team(scene, accept_drift=True).promote("learn").state is State.DONE
    # Who took it on may take it back without being asked again.
    assert Team(scene).back().state is State.DONE


def test_five_layers_are_lambdas_limit(scene: Scene) -> None:
    scene.function()
    scene.attach()
    facts = Team(scene).promoter.facts("payments")
    full = replace(
        facts, layers=tuple(replace(facts.layers[0], arn=f"{facts.layers[0].arn}{n}") for n in range(5))
    )
    plan = Team(scene).promoter.plan(full, "observe", build(TEXT))
    assert [refusal.reason for refusal in plan.refusals] == ["layers"]


def test_nothing_is_published_for_a_function_that_is_refused(scene: Scene) -> None:
    scene.function()
    Team(scene).promote("observe", TEXT)
    assert scene.aws.client.list_layers()["Layers"] == [
        one for one in scene.aws.client.list_layers()["Layers"] if "policy" not in one["LayerName"]
    ]


def test_variables_have_four_kilobytes(team: Team) -> None:
    variables = {"WRAPPER": "w", "BIG": "x" * 3_960, "AWS_LAMBDA_EXEC_WRAPPER": "/opt/dayfly"}
    team.scene.aws.client.update_function_configuration(
        FunctionName="payments", Environment={"Variables": variables}
    )
    outcome = team.promote("observe", TEXT)
    assert outcome.state is State.REFUSED
    assert "4096" in outcome.text


def test_what_somebody_changes_meanwhile_is_not_undone(team: Team) -> None:
    team.promote("learn")
    is_first = [True]

    def edit(operation: str, parameters: dict[str, Any]) -> None:
        if operation == "update_function_configuration" and is_first.pop() if is_first else False:
            current = team.scene.aws.variables("payments")
            team.scene.aws.client.update_function_configuration(
                FunctionName="payments", Environment={"Variables": {**current, "NEW": "n"}}
            )
            team.scene.aws.edit("payments")

    team.scene.aws.before.append(edit)
    assert team.promote("observe", TEXT).state is State.DONE
    assert team.scene.aws.variables("payments")["NEW"] == "n"


def test_what_was_judged_at_one_stage_is_not_promoted_from_another(team: Team) -> None:
    team.promote("learn")
    facts = team.promoter.facts("payments")
    judged = standing_of(facts, None)
    team.promote("observe", TEXT)
    team.promote("block")
    with Journal(team.journal) as journal:
        outcome = team.promoter.promote(
            facts, judged, "observe", build(TEXT), None, team.scene.updater(journal)
        )
    assert outcome.state is State.REFUSED
    assert "it was at learn and is now at block" in outcome.text
    assert team.scene.aws.variables("payments")["DAYFLY_GUARD"] == "block"


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_run_that_dies_at_the_call_leaves_a_whole_function_and_can_be_taken_back(
    team: Team, moment: str
) -> None:
    team.promote("learn")
    before = team.scene.state()

    def die(operation: str, parameters: dict[str, Any]) -> None:
        if operation == "update_function_configuration":
            raise KeyboardInterrupt

    hooks = getattr(team.scene.aws, moment)
    hooks.append(die)
    with pytest.raises(KeyboardInterrupt):
        team.promote("observe", TEXT)
    hooks.clear()
    if moment == "before":
        assert team.scene.state() == before
        assert team.promote("observe", TEXT).state is State.DONE
    assert team.back().state is State.DONE
    assert team.scene.state() == before


def test_a_throttled_account_is_waited_for(team: Team) -> None:
    faults = [error("UpdateFunctionConfiguration", "TooManyRequestsException", status=429)] * 3

    def throttle(operation: str, parameters: dict[str, Any]) -> None:
        if operation == "update_function_configuration" and faults:
            raise faults.pop()

    team.scene.aws.before.append(throttle)
    assert team.promote("learn").state is State.DONE


def test_nobody_can_say_what_was_before_through_the_variable(team: Team, tmp_path: Path) -> None:
    current = team.scene.aws.variables("payments")
    hostile = {**current, "DAYFLY_ROLLOUT": "1;guard=off;layer=https://evil.example"}
    team.scene.aws.client.update_function_configuration(
        FunctionName="payments", Environment={"Variables": hostile}
    )
    outcome = Team(team.scene, tmp_path / "other.jsonl").back()
    assert outcome.state is State.REFUSED
    assert team.scene.aws.variables("payments") == hostile


def test_whoever_spoils_the_variable_does_not_keep_the_journal_from_taking_it_back(team: Team) -> None:
    before = team.scene.state()
    assert team.promote("learn").state is State.DONE
    spoilt = {**team.scene.aws.variables("payments"), "DAYFLY_ROLLOUT": "1;guard=\x1b[2Jevil", "THEIRS": "1"}
    team.scene.aws.client.update_function_configuration(
        FunctionName="payments", Environment={"Variables": spoilt}
    )
    assert team.back().state is State.DONE
    after = team.scene.aws.variables("payments")
    assert after.pop("THEIRS") == "1"
    assert (team.scene.state()[0], after) == (before[0], before[1])


def test_where_a_function_stands() -> None:
    stages = ["attached", "learn", "observe", "block"]
    from dayfly.attach.aws.facts import Environment, FunctionFacts

    def stage(variables: dict[str, str], latest: Stretch | None = None) -> str:
        facts = FunctionFacts("f", "arn", "r", "a", environment=Environment(variables))
        found = standing_of(facts, latest)
        assert next_stage(found) == dict(zip(stages, [*stages[1:], None], strict=True))[found.stage]
        return found.stage

    assert stage({}) == "attached"
    assert stage({"DAYFLY_GUARD": "off", "DAYFLY_GUARD_LEARN": "on"}) == "attached"
    assert stage({"DAYFLY_GUARD_LEARN": "on"}) == "learn"
    assert stage({}, Stretch(guard="observe", learns=True)) == "learn"
    assert stage({"DAYFLY_GUARD": " Block "}) == "block"
    assert stage({"DAYFLY_GUARD": "observe", "DAYFLY_POLICY_DIGEST": "0" * 32}) == "observe"
    # What its package says, where a first line told.
    assert stage({}, Stretch(guard="block", policy="package")) == "block"
    assert stage({}, Stretch(guard="observe", policy="package")) == "observe"
    assert stage({"DAYFLY_GUARD_LEARN": "on"}, Stretch(guard="not armed")) == "learn"

"""An alias is moved to a version with Dayfly only if nothing else would be deployed by that."""

from __future__ import annotations

from typing import Any

from tests.attach.live.aws import zipped
from tests.attach.live.conftest import Scene

from dayfly.attach.live.model import State


def serving(scene: Scene) -> str:
    return str(scene.aws.client.get_alias(FunctionName="payments", Name="live")["FunctionVersion"])


def make_alias(scene: Scene, **more: Any) -> None:
    version = scene.aws.client.publish_version(FunctionName="payments")["Version"]
    scene.aws.client.create_alias(FunctionName="payments", Name="live", FunctionVersion=version, **more)


def test_a_version_is_published_and_the_alias_moved_there_and_back(scene: Scene) -> None:
    scene.function(Environment={"Variables": {"TABLE": "t"}})
    make_alias(scene)
    outcome = scene.attach(publish="live")
    assert outcome.state is State.DONE
    assert (serving(scene), "moved from version 1 to 2" in outcome.text) == ("2", True)
    assert scene.attach(publish="live").state is State.ALREADY
    assert serving(scene) == "2"
    assert scene.detach(publish="live").state is State.DONE
    told = scene.aws.client.get_function_configuration(FunctionName="payments", Qualifier=serving(scene))
    assert told["Environment"]["Variables"] == {"TABLE": "t"}


def test_an_alias_is_not_moved_where_that_deploys_other_code_or_settings(scene: Scene) -> None:
    scene.function(Environment={"Variables": {"TABLE": "t"}})
    make_alias(scene)
    scene.aws.client.update_function_code(FunctionName="payments", ZipFile=zipped("handler = repr"))
    scene.aws.client.update_function_configuration(
        FunctionName="payments", Timeout=9, Environment={"Variables": {"TABLE": "s3cret"}}
    )
    outcome = scene.attach(publish="live")
    assert outcome.state is State.FAILED
    assert "CodeSha256, Timeout, value of TABLE" in outcome.text
    assert "s3cret" not in outcome.text
    assert serving(scene) == "1"


def test_an_alias_in_the_middle_of_a_deployment_is_left_alone(scene: Scene) -> None:
    scene.function()
    scene.aws.client.publish_version(FunctionName="payments")
    scene.aws.client.update_function_configuration(FunctionName="payments", Timeout=5)
    make_alias(scene, RoutingConfig={"AdditionalVersionWeights": {"1": 0.5}})
    outcome = scene.attach(publish="live")
    assert (outcome.state, "splits traffic" in outcome.text) == (State.FAILED, True)


def test_an_alias_that_is_not_there_is_told(scene: Scene) -> None:
    scene.function()
    outcome = scene.attach(publish="live")
    assert outcome.state is State.FAILED
    assert "cannot read the alias live" in outcome.text

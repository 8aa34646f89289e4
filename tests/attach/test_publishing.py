"""A layer is published once, for its account alone, and nothing else is taken for one."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from moto import mock_aws

from dayfly.attach.aws.calls import Caller, CallError, LostAnswerError
from dayfly.attach.build import build_layer
from dayfly.attach.carrying import Carried, build_policy_layer
from dayfly.attach.layerfile import LayerFile, read_layer
from dayfly.attach.layout import LayerError
from dayfly.attach.publishing import find_published, publish
from dayfly.cli.main import run
from dayfly.core import policylayer

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"
NAME = "dayfly-test"


@pytest.fixture(scope="module")
def zip_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_layer(tmp_path_factory.mktemp("publishing") / "layer.zip", [HERE]).path


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[LambdaClient]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws():
        yield boto3.client("lambda", region_name="eu-west-1")


@pytest.fixture
def layer(zip_file: Path) -> LayerFile:
    return read_layer(zip_file)


def caller() -> Caller:
    return Caller(sleep=lambda _seconds: None)


def versions(client: LambdaClient) -> list[int]:
    return [one["Version"] for one in client.list_layer_versions(LayerName=NAME)["LayerVersions"]]


def once(fault: Exception) -> Any:
    """A hook of botocore's that fails the first time."""
    faults = [fault]

    def hook(**_event: object) -> None:
        if faults:
            raise faults.pop()

    return hook


def throttled() -> ClientError:
    return ClientError(
        {"Error": {"Code": "TooManyRequestsException", "Message": "Rate exceeded"}}, "PublishLayerVersion"
    )


@pytest.mark.parametrize("name", ["", "a b", "a" * 141, "arn:aws:lambda:eu-west-1:1:layer:x", "ü"])
def test_a_name_that_lambda_does_not_take_is_refused(
    name: str, layer: LayerFile, client: LambdaClient
) -> None:
    with pytest.raises(LayerError, match="invalid layer name"):
        publish(caller(), client, layer, name=name)


def test_the_same_bytes_are_published_once(layer: LayerFile, client: LambdaClient) -> None:
    assert find_published(caller(), client, layer, name=NAME) is None
    first = publish(caller(), client, layer, name=NAME)
    second = publish(caller(), client, layer, name=NAME)
    assert (first.is_new, second.is_new) == (True, False)
    assert first.arn == second.arn
    assert first.code_sha256 == layer.code_sha256
    assert first.runtimes == (f"python{HERE}",)
    assert first.architectures == ("x86_64", "arm64")
    assert versions(client) == [1]


def test_other_bytes_or_architectures_are_another_version(
    layer: LayerFile, client: LambdaClient, tmp_path: Path
) -> None:
    publish(caller(), client, layer, name=NAME)
    assert publish(caller(), client, layer, name=NAME, architectures=["arm64"]).version == 2
    other = read_layer(build_layer(tmp_path / "other.zip", [HERE], stops_on_failure=True).path)
    assert publish(caller(), client, other, name=NAME).version == 3
    assert publish(caller(), client, layer, name=NAME).version == 1


def test_it_is_for_nobody_else(layer: LayerFile, client: LambdaClient) -> None:
    called: list[str] = []
    client.meta.events.register("before-call.lambda.*", lambda model, **_: called.append(model.name))
    version = publish(caller(), client, layer, name=NAME)
    assert called == ["ListLayerVersions", "PublishLayerVersion"]
    with pytest.raises(ClientError, match=r"ResourceNotFound|No policy"):
        client.get_layer_version_policy(LayerName=NAME, VersionNumber=version.version)


def test_throttling_is_waited_out(layer: LayerFile, client: LambdaClient) -> None:
    client.meta.events.register("before-call.lambda.*", once(throttled()))
    client.meta.events.register("before-call.lambda.PublishLayerVersion", once(throttled()))
    assert publish(caller(), client, layer, name=NAME).version == 1
    assert versions(client) == [1]


def test_an_answer_that_was_lost_makes_no_second_version(layer: LayerFile, client: LambdaClient) -> None:
    lost = ReadTimeoutError(endpoint_url="https://lambda")
    client.meta.events.register("after-call.lambda.PublishLayerVersion", once(lost))
    found = publish(caller(), client, layer, name=NAME)
    assert (found.version, found.is_new) == (1, False)
    assert versions(client) == [1]


def test_answers_that_are_always_lost_are_told(layer: LayerFile, client: LambdaClient) -> None:
    def hook(**_event: object) -> None:
        raise ReadTimeoutError(endpoint_url="https://lambda")

    client.meta.events.register("before-call.lambda.PublishLayerVersion", hook)
    with pytest.raises(LostAnswerError, match="cannot publish the layer dayfly-test"):
        publish(caller(), client, layer, name=NAME)


def test_a_version_that_went_meanwhile_is_not_found(layer: LayerFile, client: LambdaClient) -> None:
    publish(caller(), client, layer, name=NAME)
    publish(caller(), client, layer, name=NAME, architectures=["arm64"])

    def delete(**_event: object) -> None:
        client.meta.events.unregister("before-call.lambda.GetLayerVersion", delete)
        client.delete_layer_version(LayerName=NAME, VersionNumber=1)

    client.meta.events.register("before-call.lambda.GetLayerVersion", delete)
    assert publish(caller(), client, layer, name=NAME).is_new


def test_bytes_that_changed_on_their_way_are_told(layer: LayerFile, client: LambdaClient) -> None:
    def change(parsed: dict[str, Any], **_event: object) -> None:
        parsed["Content"]["CodeSha256"] = "other"

    client.meta.events.register("after-call.lambda.PublishLayerVersion", change)
    with pytest.raises(LayerError, match="holds other, not the"):
        publish(caller(), client, layer, name=NAME)


def test_a_role_that_may_not_is_told_what_it_needs(layer: LayerFile, client: LambdaClient) -> None:
    refused = ClientError(
        {
            "Error": {
                "Code": "AccessDeniedException",
                "Message": "User: arn:aws:iam::1:user/x is not authorized to perform: lambda:PublishLayerVersion",
            }
        },
        "PublishLayerVersion",
    )
    client.meta.events.register("before-call.lambda.PublishLayerVersion", once(refused))
    with pytest.raises(CallError) as told:
        publish(caller(), client, layer, name=NAME)
    assert "lambda:PublishLayerVersion" in told.value.hint


def say(words: Sequence[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = run(["layer", "publish", *words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_the_command_publishes_once_and_a_dry_run_nothing(
    zip_file: Path, client: LambdaClient, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [str(zip_file), "--name", NAME, "--json"]
    assert json.loads(say([*words, "--dry-run"], capsys)[1])["layer"] is None
    assert client.list_layers()["Layers"] == []
    first, second = (json.loads(say(words, capsys)[1]) for _ in range(2))
    assert (first["published"], second["published"]) == (True, False)
    assert first["layer"] == second["layer"]
    assert json.loads(say([*words, "--dry-run"], capsys)[1])["layer"] == first["layer"]


def test_the_command_says_what_next(
    zip_file: Path, client: LambdaClient, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said, _ = say([str(zip_file)], capsys)
    assert code == 0
    assert f"layer:dayfly-python{HERE.replace('.', '')}:1" in said
    assert "dayfly attach FUNCTION --layer arn:aws:lambda:eu-west-1:" in said


def test_a_policys_layer_needs_a_name(
    client: LambdaClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = Carried(policylayer.render({"process": {"allow": []}}), ())
    build_policy_layer(tmp_path / "policy.zip", policy)
    code, _, said = say([str(tmp_path / "policy.zip")], capsys)
    assert (code, "--name dayfly-policy-FUNCTION" in said) == (2, True)
    code, out, _ = say([str(tmp_path / "policy.zip"), "--name", "dayfly-policy-orders", "--json"], capsys)
    assert json.loads(out)["runtimes"] == ["python3.11", "python3.12", "python3.13", "python3.14"]


def test_a_missing_zip_is_told(client: LambdaClient, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, said = say([os.devnull + "/none.zip"], capsys)
    assert (code, "hint: create one with dayfly layer build" in said) == (2, True)

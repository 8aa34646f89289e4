"""`dayfly attach` and `dayfly detach` from the command line, against moto: plan, question, journal, resumption, exit codes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import botocore.client
import pytest
from moto import mock_aws
from tests.attach.live.aws import REGION, error, make_client, make_function, make_layer, make_role

from dayfly.attach.live.journal import Journal
from dayfly.cli.main import run


@dataclass
class Scene:
    client: Any
    role: str
    layer: str
    capture: pytest.CaptureFixture[str]

    def run(self, *words: str) -> tuple[int, str]:
        code = run([*words, "--region", REGION])
        told = self.capture.readouterr()
        return code, told.out + told.err

    def attach(self, *words: str) -> tuple[int, str]:
        return self.run("attach", *words, "--layer", self.layer)

    def variables(self, name: str = "payments") -> dict[str, str]:
        told = self.client.get_function_configuration(FunctionName=name)
        return dict(told.get("Environment", {}).get("Variables", {}))


@pytest.fixture
def scene(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[Scene]:
    monkeypatch.setenv("DAYFLY_JOURNAL", str(tmp_path / "attach.jsonl"))
    with mock_aws():
        client = make_client()
        role = make_role()
        make_function(client, role, Environment={"Variables": {"PASSWORD": "hunter2"}})
        yield Scene(client, role, make_layer(client, CompatibleRuntimes=["python3.12"]), capsys)


def test_a_pipe_without_yes_stops_before_anything_is_changed(scene: Scene) -> None:
    code, told = scene.attach("payments")
    assert code == 2
    assert "sets AWS_LAMBDA_EXEC_WRAPPER" in told
    assert "without a terminal" in told
    assert scene.variables() == {"PASSWORD": "hunter2"}


def test_a_dry_run_says_what_would_change_and_changes_nothing(scene: Scene) -> None:
    code, told = scene.attach("payments", "--dry-run")
    assert code == 0
    assert (
        "1 to change, 0 up to date, 0 skipped in account 123456789012 eu-central-1; nothing was changed"
        in told
    )
    assert scene.variables() == {"PASSWORD": "hunter2"}
    assert "hunter2" not in told


def test_attach_and_detach_leave_the_function_as_it_was(scene: Scene) -> None:
    code, told = scene.attach("payments", "--isolation", "window", "--set", "max_age=15m", "--yes")
    assert code == 0
    assert "environment.started" in told  # what the next line of the log must show
    assert scene.variables()["DAYFLY_MAX_AGE"] == "15m"
    code, _ = scene.run("detach", "payments", "--yes")
    assert code == 0
    assert scene.variables() == {"PASSWORD": "hunter2"}
    code, told = scene.run("detach", "payments")
    assert code == 0
    assert "does not have Dayfly" in told


def test_json_is_one_object_a_line_without_values(scene: Scene) -> None:
    code, told = scene.attach("payments", "--yes", "--json", "--set", "DAYFLY_FLEET_KEY=" + "ab" * 32)
    assert code == 0
    records = [json.loads(line) for line in told.splitlines()]
    assert [record["type"] for record in records] == ["plan", "planned", "outcome", "ended"]
    assert records[2]["state"] == "done"
    assert "hunter2" not in told
    assert "abab" not in told


def test_all_leaves_out_what_can_have_no_dayfly_and_names_what_else_is_refused(scene: Scene) -> None:
    make_function(scene.client, scene.role, "page", Runtime="nodejs22.x")
    code, told = scene.attach("--all", "--yes")
    assert (code, "page" in told) == (0, False)
    uri = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/i:1"
    scene.client.create_function(
        FunctionName="boxed", Role=scene.role, PackageType="Image", Code={"ImageUri": uri}
    )
    code, told = scene.attach("--all", "--yes")
    assert (code, "container image" in told) == (0, True)
    assert scene.attach("boxed", "--yes")[0] == 2
    make_function(scene.client, scene.role, "ours", Tags={"terraform": "true"})
    code, told = scene.attach("--all", "--yes")
    assert code == 2
    assert "terraform manages it" in told
    assert scene.attach("ours", "--yes", "--accept-drift")[0] == 0


def test_a_tag_chooses(scene: Scene) -> None:
    make_function(scene.client, scene.role, "orders", Tags={"team": "shop"})
    assert scene.attach("--tag", "team=shop", "--yes")[0] == 0
    assert "AWS_LAMBDA_EXEC_WRAPPER" in scene.variables("orders")
    assert scene.variables() == {"PASSWORD": "hunter2"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "no function was given"),
        (["payments", "--all"], "cannot be combined"),
        (["--tag", "team"], "has no value"),
        (["payments:live"], "is not a function name"),
        (["payments", "--set", "nonsense=1"], "not a Dayfly setting"),
        (["payments", "--resume"], "remove the function names and tags"),
        (["--resume"], "nothing to resume"),
        (["payments", "--verify", "absent.json"], "cannot read absent.json"),
    ],
)
def test_wrong_input_ends_with_2_and_words(scene: Scene, words: list[str], said: str) -> None:
    code, told = scene.attach(*words)
    assert code == 2
    assert said in told.replace("\n", " ")


def test_a_run_that_lost_its_credentials_goes_on_with_resume(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b", "c"):
        make_function(scene.client, scene.role, name)
    base: Any = botocore.client.BaseClient
    call = base._make_api_call
    updates: list[str] = []

    def expiring(self: Any, operation: str, parameters: Any) -> Any:
        if operation == "UpdateFunctionConfiguration":
            updates.append(operation)
        if len(updates) > 1:
            raise error(operation, "ExpiredTokenException", "expired", 403)
        return call(self, operation, parameters)

    with monkeypatch.context() as patch:
        patch.setattr(base, "_make_api_call", expiring)
        code, told = scene.attach("a", "b", "c", "--guard", "block", "--yes", "--max-parallel", "1")
    assert code == 2
    assert "dayfly attach --resume" in told
    assert sum("DAYFLY_GUARD" in scene.variables(name) for name in ("a", "b", "c")) == 1
    code, told = scene.run("attach", "--resume", "--yes")
    assert code == 0
    assert "2 of 3 functions are left" in told
    assert all(scene.variables(name)["DAYFLY_GUARD"] == "block" for name in ("a", "b", "c"))
    assert "nothing is left to do" in scene.run("attach", "--resume")[1]


def test_a_second_run_on_this_machine_is_refused(scene: Scene, tmp_path: Path) -> None:
    with Journal(tmp_path / "attach.jsonl"):
        code, told = scene.attach("payments", "--yes")
    assert code == 2
    assert "another run uses the journal" in told.replace("\n", " ")


def test_a_function_that_is_named_twice_is_changed_once(scene: Scene) -> None:
    arn = str(scene.client.get_function_configuration(FunctionName="payments")["FunctionArn"])
    code, told = scene.attach("payments", arn, "--yes")
    assert code == 0
    assert "1 done" in told
    assert scene.run("detach", arn, "payments", "--yes")[0] == 0
    assert scene.variables() == {"PASSWORD": "hunter2"}


def test_a_run_does_not_go_on_in_another_account(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with Journal(tmp_path / "attach.jsonl") as journal:
        request = {"layer": scene.layer, "places": ["us-east-1:999999999999"]}
        journal.write("begin", run="r", functions=["payments"], request=request)
    code, told = scene.run("attach", "--resume", "--yes")
    assert code == 2
    assert "the last run used us-east-1:999999999999" in told.replace("\n", " ")
    assert scene.variables() == {"PASSWORD": "hunter2"}


def test_templates_are_edited_by_the_same_commands(scene: Scene, tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    text = (
        "Transform: AWS::Serverless-2016-10-31\nResources:\n  Pay:\n    Type: AWS::Serverless::Function\n"
        "    Properties:\n      Runtime: python3.12\n      Handler: app.handler\n      CodeUri: src/\n"
    )
    template.write_text(text)
    assert run(["attach", "--template", str(template), "--check"]) == 1
    assert run(["attach", "--template", str(template), "--layer", scene.layer]) == 0
    # moto names an address for the layer at which there is nothing: what it holds could not be checked.
    assert run(["attach", "--template", str(template), "--check"]) == 2
    assert "AWS_LAMBDA_EXEC_WRAPPER" in template.read_text()
    assert run(["detach", "--template", str(template)]) == 0
    assert template.read_text() == text
    assert run(["attach", "--template", str(template), "--all"]) == 2
    assert run(["attach", "--template", str(template), "--guard", "nonsense"]) == 2
    assert run(["detach", "--template", str(template), "payments"]) == 2
    assert run(["attach", "payments", "--check"]) == 2

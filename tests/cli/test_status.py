"""`dayfly status` of an account of moto's, of a template, and beside a fleet: what people see and what a CI job reads."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from tests.attach.coverage.making import LAYER, WRAPPED
from tests.attach.iam.account import GROUP, STREAM, account, make_function
from tests.fleet.service.running import Served, until

from dayfly.cli.main import run
from dayfly.cli.status_fleet import Known
from dayfly.core.findings import ENVIRONMENT_STARTED, Where, finding_line

_LAYER = "arn:aws:lambda:eu-central-1:123456789012:layer:dayfly-python312:1"


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """`payments` with a version from before, attached since; `orders` without Dayfly; `page` of Node.js."""
    with account(monkeypatch, tmp_path):
        boto3.client("lambda").update_function_configuration(
            FunctionName="payments",
            Layers=[_LAYER],
            Environment={"Variables": {**WRAPPED, "TOKEN": "s3cr3t"}},
        )
        boto3.client("lambda").delete_function(FunctionName="attached")
        make_function("orders", Tags={"aws:cloudformation:stack-name": "shop"})
        make_function("page", Runtime="nodejs22.x", Handler="app.handler")
        yield


def _told(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> dict[str, Any]:
    """What the command says. With `payments` in it the code is 2: moto names an address for the layer that does not exist."""
    capsys.readouterr()
    assert run(["status", *arguments, "--json"]) == code
    out, err = capsys.readouterr()
    assert "s3cr3t" not in out + err
    return dict(json.loads(out))


@pytest.mark.usefixtures("made")
def test_an_account_is_told_as_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    told = _told(capsys, code=2)
    assert told["counts"] == {"unprotected": 1, "partly": 1, "unknown": 0, "protected": 0, "not-python": 1}
    assert (told["account"], told["region"]) == ("123456789012", "eu-central-1")
    by_name = {one["function"]: one for one in told["functions"]}
    assert list(by_name) == ["orders", "payments", "page"], "worst first"
    assert by_name["payments"]["dayfly_version"] == "0.0.1"
    assert by_name["payments"]["serves"] == {"live": "1 without Dayfly"}
    assert {gap["reason"] for gap in by_name["payments"]["gaps"]} >= {
        "alias-serves-old",
        "older",
        "layer-not-read",
    }
    assert {gap["reason"] for gap in by_name["orders"]["gaps"]} >= {"never-attached", "managed"}


@pytest.mark.usefixtures("made")
def test_a_check_fails_for_what_is_open_and_only_for_that(capsys: pytest.CaptureFixture[str]) -> None:
    assert _told(capsys, "--check", code=1)["is_open"]
    assert not _told(capsys, "page", "--check")["is_open"]
    boto3.client("lambda").publish_version(FunctionName="payments")
    boto3.client("lambda").update_alias(FunctionName="payments", Name="live", FunctionVersion="2")
    (payments,) = _told(capsys, "payments", "--check", code=2)["functions"]
    assert payments["level"] == "unknown"


@pytest.mark.usefixtures("made")
def test_tags_choose(capsys: pytest.CaptureFixture[str]) -> None:
    told = _told(capsys, "--tag", "team=payments", code=2)
    assert [one["function"] for one in told["functions"]] == ["payments", "page"]


@pytest.mark.usefixtures("made")
def test_the_log_tells_that_it_is_not_active(capsys: pytest.CaptureFixture[str]) -> None:
    logs = boto3.client("logs")
    (event,) = logs.filter_log_events(logGroupName=GROUP, filterPattern='"START"')["events"][:1]
    refusal = "dayfly: not active, the function is NOT PROTECTED and runs without Dayfly: this Python is older than 3.11"
    logs.put_log_events(
        logGroupName=GROUP,
        logStreamName=STREAM,
        logEvents=[{"timestamp": event["timestamp"] + 500, "message": refusal}],
    )
    (told,) = _told(capsys, "payments", "--logs", code=2)["functions"]
    assert told["level"] == "unprotected"
    assert told["seen"]["not_active"] == "this Python is older than 3.11"


@pytest.mark.usefixtures("made")
def test_what_is_not_there_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    told = _told(capsys, "absent", "page", code=2)
    assert [one["level"] for one in told["functions"]] == ["unknown", "not-python"]


@pytest.mark.usefixtures("made")
def test_a_name_that_is_none_ends_with_2_and_its_characters_do_not_reach_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    capsys.readouterr()
    assert run(["status", "pay\x1b[31m ments"]) == 2
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.usefixtures("made")
def test_people_see_the_share_the_functions_and_what_to_do(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    # What makes rich write as for a terminal.
    monkeypatch.setenv("FORCE_COLOR", "1")
    capsys.readouterr()
    assert run(["status"]) == 2
    out = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)
    assert "0 of 2 protected" in out
    assert "dayfly attach orders" in out
    assert "--publish live" in out
    assert "page" not in out, "a function that is not Python's is a number, no row"
    assert max(len(line) for line in out.splitlines()) <= 120


@pytest.mark.usefixtures("made")
def test_a_pipe_gets_whole_names_whatever_its_width(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "a-function-with-a-name-as-long-as-lambda-lets-it-be-" + "x" * 12
    make_function(name)
    monkeypatch.setenv("COLUMNS", "40")
    capsys.readouterr()
    assert run(["status"]) == 2
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if name in line and "unprotected" in line and "never-attached" in line]
    assert not [line for line in lines if line.endswith(" ")]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["payments", "--all"], "use only one of them"),
        (["--max-parallel", "0"], "--max-parallel 0 is out of range"),
        (["--tag", "team"], "is not KEY=VALUE"),
        (["--template", "absent.yaml"], "cannot be read"),
        (["--fleet", "http://127.0.0.1:1", "--region", "eu-central-1"], "no API token"),
    ],
)
def test_wrong_input_ends_with_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DAYFLY_FLEET_TOKEN", raising=False)
    assert run(["status", *arguments]) == 2
    assert message in "".join(capsys.readouterr())


def test_a_template_needs_no_account(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    template = tmp_path / "template.yaml"
    template.write_text(
        "Transform: AWS::Serverless-2016-10-31\nResources:\n  Pay:\n    Type: AWS::Serverless::Function\n"
        "    Properties: {Runtime: python3.12, Handler: app.handler, CodeUri: .}\n  Page:\n"
        "    Type: AWS::Serverless::Function\n    Properties: {Runtime: nodejs22.x, Handler: a.b, CodeUri: .}\n"
    )
    told = _told(capsys, "--template", str(template), "--check", code=1)
    assert told["template_counts"]["unprotected"] == told["template_counts"]["not-python"] == 1
    assert told["functions"] == []
    assert run(["status", "--template", str(template)]) == 0
    assert "0 of 1 protected" in capsys.readouterr().out


def test_a_folder_of_terraforms_is_a_template_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "main.tf").write_text(
        'resource "aws_lambda_function" "pay" {\n  function_name = "pay"\n  runtime = "python3.12"\n'
        '  handler = "app.handler"\n  filename = "app.zip"\n  role = "r"\n}\n'
    )
    told = _told(capsys, "--template", str(tmp_path), "--check", code=1)
    assert [one["kind"] for one in told["templates"]] == ["Terraform"]
    assert told["template_counts"]["unprotected"] == 1


def test_the_fleets_rows_of_another_account_are_not_this_functions() -> None:
    from tests.attach.coverage.making import attached

    rows = [
        {"function": "payments", "account": "999999999999", "region": "eu-central-1", "started": 9.0, "isolation": "process"},
        {"function": "payments", "account": "123456789012", "region": "eu-central-1", "started": 5.0, "isolation": "window"},
        {"function": "payments", "account": "", "region": "", "started": 0, "last_invocation": 7.0},
        {"function": "payments", "started": "nonsense", "not_promised": 3},
        "nonsense",
    ]  # fmt: skip
    seen = Known(rows, {"payments": ["0" * 16]}).seen(attached())
    assert seen is not None
    assert (seen.isolation, seen.last_invocation, seen.infected) == ("window", 7.0, 1)
    assert Known(rows, None).seen(attached(name="orders")) is None
    assert Known({"error": "x"}, []).seen(attached()) is None


@pytest.mark.slow
@pytest.mark.usefixtures("made")
def test_what_a_running_fleet_knows_is_put_beside_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    begun = finding_line(
        ENVIRONMENT_STARTED,
        Where(environment="0123456789abcdef", function="payments", version="2"),
        now=time.time() - 60,
        message="0.1.0, isolation process",
        evidence={"version": "0.1.0", "isolation": "process", "guard": "observe", "not_promised": ["x"]},
    ).decode()
    log = tmp_path / "day.json"
    event = {"logStreamName": STREAM, "timestamp": int(time.time() * 1000) - 60_000, "message": begun}
    log.write_text(json.dumps({"events": [event]}))
    with Served(tmp_path / "fleet") as served:
        folder = str(served.folder)
        assert run(["fleet", "import", str(log), "--function", "payments", "--folder", folder]) == 0
        until(lambda: bool(_fleet_rows(served)))
        (told,) = _told(capsys, "payments", "--folder", folder)["functions"]
    assert told["seen"]["source"] == "the fleet"
    assert (told["level"], told["isolation"]) == ("partly", "process")
    assert "process-isolation" in {gap["reason"] for gap in told["gaps"]}


def _fleet_rows(served: Served) -> list[object]:
    with served.api() as api:
        return list(api.get("/api/v1/protection").json())


def test_layers_of_these_tests_are_named_as_dayflys() -> None:
    from dayfly.attach.live.model import is_runtime_layer

    assert is_runtime_layer(LAYER)

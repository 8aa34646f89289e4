"""The application of `deploy/max-age`: AWS's tools accept it, its role can little, and its function does its work in the lab."""

from __future__ import annotations

import http.client
import json
import logging
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from cfnlint.decode.cfn_yaml import loads
from moto.server import ThreadedMotoServer
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from tests.attach.recycle.account import REGION, code
from tests.lab.running import run, running_lab

from dayfly import __version__
from dayfly.attach.iam.calls import NO_CODE
from dayfly.attach.iam.commands import COMMANDS
from dayfly.attach.recycle.ageing import TAG
from dayfly.attach.recycle.model import VARIABLE
from dayfly.lab.model import FunctionConfig

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_PLACE = Path(__file__).parents[2] / "deploy" / "max-age"
_LAB_REGION = "us-east-1"
_TEMPLATE = (_PLACE / "template.yaml").read_text("utf-8")


def test_the_linter_has_nothing_to_say() -> None:
    assert [str(one) for one in lint(_TEMPLATE, config=ManualArgs(regions=[REGION]))] == []


def _translated() -> dict[str, Any]:
    packaged = loads(_TEMPLATE.replace("CodeUri: function/", "CodeUri: s3://bucket/key"))
    session = boto3.Session(region_name=REGION)
    done: dict[str, Any] = Translator({}, Parser(), boto_session=session).translate(packaged, {})
    return done["Resources"]  # type: ignore[no-any-return]


def _statements() -> list[dict[str, Any]]:
    (policy,) = _translated()["MaxAgeRole"]["Properties"]["Policies"]
    found = policy["PolicyDocument"]["Statement"]
    return [one["Fn::If"][1] if "Fn::If" in one else one for one in found]


def _actions(statement: dict[str, Any]) -> set[str]:
    told = statement["Action"]
    return {told} if isinstance(told, str) else set(told)


def test_sam_makes_a_schedule_that_calls_the_function() -> None:
    kinds = {one["Type"] for one in _translated().values()}
    assert {"AWS::Scheduler::Schedule", "AWS::Lambda::Function", "AWS::IAM::Role"} <= kinds


def test_cloudformation_knows_no_yaml_aliases() -> None:
    assert "&" not in _TEMPLATE.replace("&&", "")


def test_the_role_has_what_recycle_calls_and_the_search_by_tag_and_nothing_else() -> None:
    allowed = set().union(*(_actions(one) for one in _statements() if one["Effect"] == "Allow"))
    of_recycle = {call.action for call in COMMANDS["recycle"].calls}
    assert allowed - of_recycle == {"tag:GetResources"}
    assert not any(action.startswith(("iam:", "kms:")) for action in allowed)


def test_it_reaches_tagged_functions_alone_and_never_layers_or_code() -> None:
    by_sid = {one["Sid"]: one for one in _statements()}
    for sid in ("ReadFunctions", "ChangeConfiguration", "PublishAndShift"):
        assert by_sid[sid]["Condition"]["Null"][f"aws:ResourceTag/{TAG}"] == "false"
    assert by_sid["ChangeConfiguration"]["Condition"]["Null"]["lambda:Layer"] == "true"
    assert by_sid["NeverLayers"]["Condition"] == {"Null": {"lambda:Layer": "false"}}
    assert by_sid["NeverCodeOrRole"]["Effect"] == "Deny"
    assert set(NO_CODE.actions) <= _actions(by_sid["NeverCodeOrRole"])


def test_it_is_built_with_this_version() -> None:
    assert (_PLACE / "function" / "requirements.txt").read_text().split() == [f"dayfly=={__version__}"]


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    monkeypatch.setenv("MOTO_LAMBDA_STUB_ECR", "true")
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    connection = http.client.HTTPConnection(host, port)
    body = json.dumps({"lambda": {"use_docker": False}, "iam": {"load_aws_managed_policies": False}})
    connection.request("POST", "/moto-api/config", body, {"content-type": "application/json"})
    connection.getresponse().read()
    connection.request("POST", "/moto-api/reset")
    connection.getresponse().read()
    connection.close()
    yield f"http://{host}:{port}"
    server.stop()
    logging.getLogger("werkzeug").setLevel(logging.NOTSET)


def _client(url: str, service: str) -> Any:
    return boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=url,
        region_name=_LAB_REGION,
        aws_access_key_id="x",
        aws_secret_access_key="y",
    )


def _make(url: str, name: str, tag: str) -> None:
    iam = _client(url, "iam")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    _client(url, "lambda").create_function(
        FunctionName=name,
        Role=role,
        Runtime="python3.13",
        Handler="app.handler",
        Code={"ZipFile": code()},
        Tags={TAG: tag} if tag else {},
    )


def _stamp(client: LambdaClient, name: str) -> str:
    told = client.get_function_configuration(FunctionName=name)
    return (told.get("Environment") or {}).get("Variables", {}).get(VARIABLE, "")


@pytest.mark.slow
def test_in_the_lab_it_recycles_what_is_too_old_and_nothing_else(aws: str) -> None:
    for name, tag in (("old", "15m"), ("young", "1d"), ("odd", "soon"), ("untagged", "")):
        _make(aws, name, tag)
    logs = _client(aws, "logs")
    logs.create_log_group(logGroupName="/aws/lambda/old")
    logs.create_log_stream(logGroupName="/aws/lambda/old", logStreamName="2026/11/26/[$LATEST]aa")
    now = int(time.time() * 1000)
    logs.put_log_events(
        logGroupName="/aws/lambda/old",
        logStreamName="2026/11/26/[$LATEST]aa",
        logEvents=[{"timestamp": now, "message": "START"}],
    )
    config = FunctionConfig(
        name="f",
        folder=_PLACE / "function",
        handler="handler.handle",
        python=Path(sys.executable),
        timeout_s=126.0,
        environment={"AWS_ENDPOINT_URL": aws, "COLD_STARTS_PER_MINUTE": "600"},
    )
    said: list[str] = []

    async def scenario() -> None:
        async with running_lab("none", config=config) as running:
            # Neither moto nor anybody else can make a function of an hour ago: the schedule says that it is later.
            result = await running.call(
                {"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))}
            )
            said.extend(line.text for line in running.lines)
            assert result.function_error is None, result.payload
            summary = json.loads(result.payload)
            summary.pop("stopped", None)  # the function has seconds, and nobody calls what it recycled
            assert summary == {
                "tagged": 3,
                "due": 1,
                "ordered": 1,
                "proved": 0,
                "failed": 0,
            }

    run(scenario())
    client = _client(aws, "lambda")
    assert _stamp(client, "old")
    assert [_stamp(client, name) for name in ("young", "odd", "untagged")] == ["", "", ""]
    told = " ".join(said)
    assert "is not a duration: use for example 90m, 12h or 2d" in told
    assert "was active recently" in told

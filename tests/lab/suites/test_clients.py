"""AWS's command line and SAM CLI against a lab: what a person types, step by step."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.lab.control.zips import zipped
from tests.lab.moto_services import moto_client, moto_server
from tests.lab.running import run
from tests.lab.suites.tools import environment

from dayfly.lab.control.runtimes import OWN
from dayfly.lab.lab import Lab
from dayfly.lab.server import LabServer

AWSCLI = ("awscli==1.46.3",)
SAM = ("aws-sam-cli==1.170.0",)
_CODE = "def handler(event, context):\n    print('hello', event)\n    return {'value': %s, 'event': event}\n"
_ROLE = "arn:aws:iam::000000000000:role/r"
pytestmark = pytest.mark.slow


class Command:
    """One program with its environment; what it prints is JSON or lines."""

    def __init__(self, program: Path, url: str, home: Path) -> None:
        self._program = program
        self._home = home
        self._variables = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "y",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL_LAMBDA": url,
            "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS": url,
            "AWS_PAGER": "",
            "SAM_CLI_TELEMETRY": "0",
        }

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self._program, *arguments],
            cwd=self._home,
            env=self._variables,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def __call__(self, *arguments: str) -> Any:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None


def _scenario(services: str, program: Path, tmp_path: Path, talk: Any) -> None:
    async def serve() -> None:
        lab = Lab(confinement="none", services=services)
        async with lab, LabServer(lab, port=0, update_s=0.3) as server:
            await asyncio.to_thread(talk, Command(program, server.url, tmp_path))

    run(serve())


def _code(folder: Path, value: int) -> str:
    path = folder / f"code{value}.zip"
    path.write_bytes(zipped({"app.py": _CODE % value}))
    return f"fileb://{path}"


def test_aws_command_line_deploys_waits_invokes_and_deletes(tmp_path: Path) -> None:
    def talk(aws: Command) -> None:
        def make(name: str, *more: str) -> Any:
            given = ("--function-name", name, "--runtime", OWN, "--role", _ROLE, "--handler", "app.handler")
            return aws("lambda", "create-function", *given, *more)

        made = make(
            "shop", "--zip-file", _code(tmp_path, 1), "--environment", "Variables={AA=b}", "--publish"
        )
        assert (made["State"], made["Version"]) == ("Pending", "1")
        aws("lambda", "wait", "function-active-v2", "--function-name", "shop")
        aws("lambda", "wait", "published-version-active", "--function-name", "shop", "--qualifier", "1")
        make("other", "--code", "S3Bucket=code,S3Key=shop.zip")
        missing = aws.run(
            *("lambda", "update-function-code", "--function-name", "other"),
            *("--s3-bucket", "code", "--s3-key", "absent.zip"),
        )
        assert missing.returncode != 0
        assert "S3 Error Code: NoSuchKey" in missing.stderr
        answer = aws(
            *("lambda", "invoke", "--function-name", "shop", "--log-type", "Tail"),
            *("--payload", '{"a": 1}', str(tmp_path / "out")),
        )
        assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
        assert json.loads((tmp_path / "out").read_text()) == {"value": 1, "event": {"a": 1}}
        aws(
            *("lambda", "update-function-configuration", "--function-name", "shop", "--timeout", "7"),
            *("--memory-size", "256", "--ephemeral-storage", "Size=1024", "--tracing-config", "Mode=Active"),
            *("--dead-letter-config", "TargetArn=arn:aws:sqs:us-east-1:000000000000:q"),
            *("--logging-config", "LogFormat=JSON,LogGroup=/shop"),
        )
        aws("lambda", "wait", "function-updated-v2", "--function-name", "shop")
        updated = aws(
            *("lambda", "update-function-code", "--function-name", "shop", "--publish"),
            *("--zip-file", _code(tmp_path, 2)),
        )
        assert updated["Version"] == "2"
        aws("lambda", "wait", "published-version-active", "--function-name", "shop", "--qualifier", "2")
        aws(
            *(
                "lambda",
                "create-alias",
                "--function-name",
                "shop",
                "--name",
                "live",
                "--function-version",
                "1",
            ),
            *("--routing-config", '{"AdditionalVersionWeights": {"2": 1.0}}'),
        )
        aws("lambda", "invoke", "--function-name", "shop:live", str(tmp_path / "out"))
        assert json.loads((tmp_path / "out").read_text())["value"] == 2
        names = aws("lambda", "list-functions", "--page-size", "1", "--query", "Functions[].FunctionName")
        assert names == ["other", "shop"]
        versions = aws(
            *("lambda", "list-versions-by-function", "--function-name", "shop", "--max-items", "2"),
        )
        assert [version["Version"] for version in versions["Versions"]] == ["$LATEST", "1"]
        assert versions["NextToken"]
        aws(
            *("lambda", "add-permission", "--function-name", "shop", "--qualifier", "live"),
            *("--statement-id", "s", "--action", "lambda:InvokeFunction", "--principal", "s3.amazonaws.com"),
        )
        policy = aws("lambda", "get-policy", "--function-name", "shop", "--qualifier", "live")
        assert json.loads(policy["Policy"])["Statement"][0]["Sid"] == "s"
        aws("lambda", "tag-resource", "--resource", made["FunctionArn"], "--tags", "team=shop")
        tags = aws("lambda", "list-tags", "--resource", made["FunctionArn"])
        assert tags["Tags"] == {"team": "shop"}
        aws(
            *("lambda", "put-function-concurrency", "--function-name", "shop"),
            *("--reserved-concurrent-executions", "0"),
        )
        throttled = aws.run("lambda", "invoke", "--function-name", "shop", str(tmp_path / "out"))
        assert "TooManyRequestsException" in throttled.stderr
        lines = aws("logs", "filter-log-events", "--log-group-name", "/shop", "--query", "events[].message")
        assert any("hello" in line for line in lines)
        aws("lambda", "delete-function", "--function-name", "shop")
        gone = aws.run("lambda", "get-function", "--function-name", "shop")
        assert "ResourceNotFoundException" in gone.stderr

    with moto_server() as url:
        s3 = moto_client(url, "s3")
        s3.create_bucket(Bucket="code")
        s3.put_object(Bucket="code", Key="shop.zip", Body=zipped({"app.py": _CODE % 3}))
        _scenario(url, environment("awscli", AWSCLI) / "aws", tmp_path, talk)


def test_sam_invokes_functions_by_arn_and_reads_their_logs(tmp_path: Path) -> None:
    def talk(sam: Command) -> None:
        folder = tmp_path / "functions"
        folder.mkdir()
        aws = Command(
            environment("awscli", AWSCLI) / "aws", sam._variables["AWS_ENDPOINT_URL_LAMBDA"], tmp_path
        )
        made = aws(
            *("lambda", "create-function", "--function-name", "shop", "--runtime", OWN, "--role", _ROLE),
            *("--handler", "app.handler", "--zip-file", _code(tmp_path, 1)),
        )
        aws("lambda", "wait", "function-active-v2", "--function-name", "shop")
        arn = made["FunctionArn"]
        done = sam.run("remote", "invoke", arn, "--event", '{"a": 1}', "--region", "us-east-1")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == {"value": 1, "event": {"a": 1}}
        assert "REPORT RequestId" in done.stderr
        whole = sam.run(
            *("remote", "invoke", arn, "--event", "{}", "--output", "json", "--region", "us-east-1"),
            *("--parameter", "InvocationType=Event"),
        )
        assert json.loads(whole.stdout)["ResponseMetadata"]["HTTPStatusCode"] == 202, whole.stderr
        logs = sam.run("logs", "--cw-log-group", "/aws/lambda/shop", "--region", "us-east-1")
        assert "hello {'a': 1}" in logs.stdout, logs.stderr

    _scenario("http://127.0.0.1:9", environment("sam", SAM) / "sam", tmp_path, talk)

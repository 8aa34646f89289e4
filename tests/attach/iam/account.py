"""An account of moto's with what commands act on."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from moto import mock_aws

from dayfly.attach.wrappers import WRAPPER, WRAPPER_VARIABLE

REGION = "eu-central-1"
GROUP = "/aws/lambda/payments"
STREAM = "2026/11/26/[$LATEST]0123456789abcdef0123456789abcdef"
_REQUEST = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"


@contextmanager
def account(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Iterator[None]:
    """AWS with two functions, `payments` without and `attached` with Dayfly, each with an alias of a version; lines of a log; no fleet."""
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "testing"),
        ("AWS_SECRET_ACCESS_KEY", "testing"),
        ("AWS_DEFAULT_REGION", REGION),
        ("DAYFLY_FLEET_FOLDER", str(tmp_path / "no-fleet")),
    ):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    with mock_aws():
        client = boto3.client("lambda")
        layer = client.publish_layer_version(
            LayerName="dayfly-python312",
            Description="Dayfly 0.0.1 for Python 3.12",
            Content={"ZipFile": archive({"dayfly": "#!/bin/sh\n"})},
        )["LayerVersionArn"]
        make_function("payments")
        make_function("attached", Layers=[layer], Environment={"Variables": {WRAPPER_VARIABLE: WRAPPER}})
        for name in ("payments", "attached"):
            client.publish_version(FunctionName=name)
            client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
        logs = boto3.client("logs")
        logs.create_log_group(logGroupName=GROUP)
        logs.create_log_stream(logGroupName=GROUP, logStreamName=STREAM)
        events = [
            f"START RequestId: {_REQUEST} Version: $LATEST",
            f"REPORT RequestId: {_REQUEST}\tDuration: 1 ms",
        ]
        now = int(time.time() * 1000)
        logs.put_log_events(
            logGroupName=GROUP,
            logStreamName=STREAM,
            logEvents=[{"timestamp": now - 1000 + at, "message": text} for at, text in enumerate(events)],
        )
        yield


def make_function(name: str, **more: Any) -> str:
    """Make a function in the account and return its ARN."""
    iam = boto3.client("iam")
    try:
        role = iam.get_role(RoleName="function")["Role"]["Arn"]
    except iam.exceptions.NoSuchEntityException:
        trust = {"Version": "2012-10-17", "Statement": []}
        role = iam.create_role(RoleName="function", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    parameters: dict[str, Any] = {
        "FunctionName": name,
        "Runtime": "python3.12",
        "Handler": "app.handler",
        "Role": role,
        "Code": {"ZipFile": archive({"app.py": "def handler(event, context): return 1\n"})},
        "Tags": {"team": "payments"},
        **more,
    }
    return str(boto3.client("lambda").create_function(**parameters)["FunctionArn"])


def archive(files: dict[str, str]) -> bytes:
    """Return a zip of `files`."""
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as zipped:
        for name, text in files.items():
            zipped.writestr(name, text)
    return into.getvalue()

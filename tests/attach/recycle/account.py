"""A function on moto, a clock that moves when somebody sleeps, and a witness that tells what a test wants told."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from moto import mock_aws

from dayfly.attach.recycle.model import Order, Sightings

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

REGION = "eu-central-1"
PROVING = Sightings(old=2, old_last=0.0, new=1, new_begun=3, new_last=9e9, newest=9e9, inits=1, init_s=0.4)


@dataclass
class Time:
    """A clock that moves when somebody sleeps."""

    now: float = 1_000_000.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@dataclass
class Watching:
    """A witness that tells one thing after the other, the last for ever; `orders` are those it was asked about."""

    told: Sequence[Sightings] = (PROVING,)
    looks: int = 0
    orders: list[Order] = field(default_factory=list)

    def look(self, order: Order, *, timeout_s: float) -> Sightings:
        self.looks += 1
        self.orders.append(order)
        return self.told[min(self.looks, len(self.told)) - 1]


def lambda_client() -> LambdaClient:
    client: LambdaClient = boto3.client(
        "lambda",
        region_name=REGION,
        aws_access_key_id="x",
        aws_secret_access_key="y",
        config=Config(retries={"total_max_attempts": 1}),
    )
    return client


def code(text: str = "def handler(event, context): return 1") -> bytes:
    """A function's zip."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        file.writestr(zipfile.ZipInfo("app.py"), text)
    return data.getvalue()


@contextmanager
def moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever boto3 asks, moto answers."""
    # moto forgets a function it was given no image for only where Docker runs; the API needs none.
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws(config={"lambda": {"use_docker": False}, "iam": {"load_aws_managed_policies": False}}):
        yield


def make(client: LambdaClient, name: str = "payments", **more: Any) -> None:
    """A function with a role of its own."""
    trust = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",'
        '"Principal":{"Service":"lambda.amazonaws.com"}}]}'
    )
    iam = boto3.client("iam")
    role = more.pop("role", name)
    try:
        arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    except iam.exceptions.EntityAlreadyExistsException:
        arn = iam.get_role(RoleName=role)["Role"]["Arn"]
    options: dict[str, Any] = {
        "Runtime": "python3.13",
        "Handler": "app.handler",
        "Code": {"ZipFile": code()},
        "Timeout": 9,
        "Environment": {"Variables": {"TABLE": "t"}},
        **more,
    }
    client.create_function(FunctionName=name, Role=arn, **options)


def failing(client: LambdaClient, operation: str, code: str, *, status: int = 400, after: int = 0) -> None:
    """From the call number `after` on, AWS answers an operation of `client` with an error; botocore reads it as it is."""
    calls = iter(range(1_000_000))

    def answer(request: Any, **more: Any) -> Any:
        if next(calls) < after:
            return None
        body = json.dumps({"Type": "User", "message": "no", "Message": "no"}).encode()
        headers = HTTPHeaders.from_dict({"x-amzn-ErrorType": code, "content-type": "application/json"})
        return AWSResponse(request.url, status, headers, _Raw(body))

    client.meta.events.register_first(f"before-send.lambda.{operation}", answer)


class _Raw(io.BytesIO):
    def stream(self, **more: Any) -> Iterator[bytes]:
        yield self.read()

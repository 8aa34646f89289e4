"""A moto account that behaves like Lambda where moto does not: revision ids, updates that take a moment, and faults."""

from __future__ import annotations

import io
import itertools
import threading
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from dayfly.attach.aws.calls import Caller

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

REGION = "eu-central-1"
ACCOUNT = "123456789012"


def arn_of(name: str) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"


class Time:
    """A clock that moves when somebody sleeps; threads may share it."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.now += seconds


def error(operation: str, code: str, message: str = "no", status: int = 400) -> ClientError:
    told: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(told, operation)


@dataclass
class Lambda:
    """Wraps moto's Lambda: real requests through botocore's validation, real answers, with RevisionId checked as AWS does.

    `before` and `after` are called with the operation and its parameters; what they raise is what the caller gets.
    `after` runs when moto has done it: a fault there is an answer that was lost.
    """

    client: LambdaClient
    before: list[Callable[[str, dict[str, Any]], None]] = field(default_factory=list)
    after: list[Callable[[str, dict[str, Any]], None]] = field(default_factory=list)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    revisions: dict[str, str] = field(default_factory=dict)
    busy: dict[str, int] = field(default_factory=dict)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**parameters: Any) -> Any:
            with self._lock:
                return self._call(operation, parameters)

        call.__name__ = operation
        return call

    def edit(self, name: str) -> None:
        """Somebody else's edit: the revision moves on."""
        self.revisions[name] = f"r{next(self._numbers)}"

    def _call(self, operation: str, parameters: dict[str, Any]) -> Any:
        self.calls.append((operation, dict(parameters)))
        for hook in list(self.before):
            hook(operation, parameters)
        name = str(parameters.get("FunctionName", "")).rpartition(":")[2]
        if operation == "update_function_configuration":
            wanted = parameters.pop("RevisionId", None)
            if wanted is not None and wanted != self.revisions.setdefault(name, "r0"):
                raise error(
                    operation, "PreconditionFailedException", "The Revision Id provided does not match", 412
                )
            if self.busy.get(name):
                raise error(
                    operation,
                    "ResourceConflictException",
                    "The operation cannot be performed at this time. An update is in progress for resource",
                    409,
                )
        if operation == "update_alias":
            parameters.pop("RevisionId", None)
        if operation == "publish_version":
            parameters = {
                key: value for key, value in parameters.items() if key not in ("RevisionId", "CodeSha256")
            }
        answer = getattr(self.client, operation)(**parameters)
        if operation == "update_function_configuration":
            self.edit(name)
            self.busy[name] = 2
        if operation in ("get_function", "get_function_configuration") and "Qualifier" not in parameters:
            told = answer["Configuration"] if operation == "get_function" else answer
            told["RevisionId"] = self.revisions.setdefault(name, "r0")
            left = self.busy.get(name, 0)
            told["LastUpdateStatus"] = "InProgress" if left else "Successful"
            if left:
                self.busy[name] = left - 1
                if left == 1:
                    # Lambda changes the revision once more when an update is done.
                    self.edit(name)
        for hook in list(self.after):
            hook(operation, parameters)
        return answer

    def asked(self, operation: str) -> list[dict[str, Any]]:
        return [parameters for name, parameters in self.calls if name == operation]

    def variables(self, name: str) -> dict[str, str]:
        told = self.client.get_function_configuration(FunctionName=name)
        return dict(told.get("Environment", {}).get("Variables", {}))

    def layers(self, name: str) -> list[str]:
        told = self.client.get_function_configuration(FunctionName=name)
        return [str(layer["Arn"]) for layer in told.get("Layers", [])]


def zipped(text: str = "handler = print") -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        file.writestr("app.py", text)
    return data.getvalue()


def make_client() -> LambdaClient:
    client: LambdaClient = boto3.client(
        "lambda",
        region_name=REGION,
        aws_access_key_id="x",
        aws_secret_access_key="y",
        config=Config(retries={"total_max_attempts": 1}),
    )
    return client


def make_role() -> str:
    iam = boto3.client("iam", region_name=REGION, aws_access_key_id="x", aws_secret_access_key="y")
    document = '{"Version":"2012-10-17","Statement":[]}'
    return str(iam.create_role(RoleName="payments", AssumeRolePolicyDocument=document)["Role"]["Arn"])


def make_layer(
    client: LambdaClient, name: str = "dayfly-python312", text: str = "dayfly", **more: Any
) -> str:
    answer = client.publish_layer_version(LayerName=name, Content={"ZipFile": zipped(text)}, **more)
    return str(answer["LayerVersionArn"])


def make_function(client: LambdaClient, role: str, name: str = "payments", **more: Any) -> str:
    request: dict[str, Any] = {
        "FunctionName": name,
        "Runtime": "python3.12",
        "Role": role,
        "Handler": "app.handler",
        "Code": {"ZipFile": zipped()},
        **more,
    }
    return str(client.create_function(**request)["FunctionArn"])


def make_caller(time: Time, *, limit_s: float = 60.0) -> Caller:
    return Caller(clock=time, sleep=time.sleep, random=Random(1), limit_s=limit_s)

"""Function URLs serve what browsers and HTTP clients ask, by host and by path, buffered and streamed."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from tests.lab.control.served import client_for, wait
from tests.lab.running import FUNCTIONS, Running, basic, run, running_lab, until
from tests.lab.streaming.test_streaming import streaming

from dayfly.lab.model import FunctionConfig
from dayfly.lab.server import LabServer

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_ARN = "arn:aws:lambda:us-east-1:000000000000:function:f"


class Site:
    """One URL, asked over one connection each time."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.host = parts.netloc
        self.id = self.host.partition(".")[0]
        self.port = parts.port or 80

    def open(self, method: str = "GET", path: str = "/", body: bytes | None = None, **headers: str) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        connection.request(method, path, body, {"Host": self.host} | named)
        return connection.getresponse()

    def ask(self, *arguments: Any, **headers: Any) -> tuple[int, dict[str, str], bytes]:
        answer = self.open(*arguments, **headers)
        return answer.status, {key.lower(): value for key, value in answer.getheaders()}, answer.read()


def _create(client: LambdaClient, *, is_open: bool = True, **options: Any) -> Site:
    options = {"FunctionName": "f", "AuthType": "NONE"} | options
    made = client.create_function_url_config(**options)
    if is_open:
        common = {key: options[key] for key in ("FunctionName", "Qualifier") if key in options}
        client.add_permission(
            StatementId="url",
            Action="lambda:InvokeFunctionUrl",
            Principal="*",
            FunctionUrlAuthType="NONE",
            **common,
        )
        client.add_permission(
            StatementId="function",
            Action="lambda:InvokeFunction",
            Principal="*",
            InvokedViaFunctionUrl=True,
            **common,
        )
    return Site(made["FunctionUrl"])


@contextlib.asynccontextmanager
async def _served(config: FunctionConfig) -> AsyncIterator[tuple[Running, LambdaClient]]:
    async with (
        running_lab("none", config=config) as running,
        LabServer(running.lab, port=0, update_s=0.0) as server,
    ):
        yield running, client_for(server.url)


def _web(**overrides: Any) -> FunctionConfig:
    return basic(folder=FUNCTIONS / "web", **overrides)


def test_a_buffered_url_serves_requests_refuses_strangers_and_tells_no_function_errors() -> None:
    async def scenario() -> None:
        async with _served(_web()) as (running, client):

            def talk() -> None:
                site = _create(client, is_open=False)
                status, headers, body = site.ask()
                assert (status, headers["x-amzn-errortype"]) == (403, "AccessDeniedException")
                assert headers["x-amzn-requestid"]
                assert json.loads(body)["Message"].startswith("Forbidden")
                client.delete_function_url_config(FunctionName="f")
                assert site.ask()[::2] == (403, b'{"Message":null}')

                site = _create(client)
                status, headers, body = site.ask("GET", "/a%2Fb/c?x=1&x=2", Cookie="k=v", X_Own="yes")
                told = json.loads(body)
                event = told["event"]
                assert (status, headers["content-type"]) == (200, "application/json")
                assert (event["rawPath"], event["rawQueryString"]) == ("/a%2Fb/c", "x=1&x=2")
                assert event["queryStringParameters"] == {"x": "1,2"}
                assert event["cookies"] == ["k=v"]
                assert event["headers"]["x-own"] == "yes"
                assert event["headers"]["host"] == site.host
                assert event["requestContext"]["apiId"] == site.id
                assert (
                    event["requestContext"]["requestId"] == told["request_id"] == headers["x-amzn-requestid"]
                )
                assert told["arn"] == _ARN
                # Where nothing resolves such a host, a path stands for it.
                by_path = Site(f"http://127.0.0.1:{site.port}").ask(
                    "GET", f"/lambda-url/{site.id}/a%2Fb/c?x=1"
                )
                assert json.loads(by_path[2])["event"]["rawPath"] == "/a%2Fb/c"
                bare = Site(f"http://127.0.0.1:{site.port}").ask("GET", f"/lambda-url/{site.id}")
                assert json.loads(bare[2])["event"]["rawPath"] == "/"

                def answer(value: object, method: str = "POST") -> Any:
                    return site.open(method, "/", json.dumps({"answer": value}).encode())

                got = answer(
                    {"statusCode": 201, "cookies": ["a=1", "b=2"], "headers": {"X-A": "b"}, "body": "ü"}
                )
                assert (got.status, got.read(), got.headers["X-A"]) == (201, "ü".encode(), "b")
                assert got.headers.get_all("Set-Cookie") == ["a=1", "b=2"]
                assert answer("text").read() == b"text"
                for bad in ({"statusCode": 9}, {"statusCode": 200, "headers": {"a": "b\nc"}}):
                    refused = answer(bad)
                    assert (refused.status, refused.read()) == (502, b"Internal Server Error")
                status, _, body = site.ask("POST", "/", b'{"raise": 1}')
                assert (status, body) == (502, b"Internal Server Error")
                # A HEAD has no body, whatever the function says.
                assert site.ask("HEAD")[::2] == (200, b"")
                assert site.ask("PUT", "/", bytes(6 * 1024 * 1024 + 1))[0] == 413
                # As base64 it is too large for an event.
                assert site.ask("PUT", "/", bytes(5 * 1024 * 1024))[0] == 413
                running.lab.reservation("f").limit = 0
                status, headers, body = site.ask()
                assert status == 429
                reason = "ReservedFunctionConcurrentInvocationLimitExceeded"
                assert json.loads(body) == {"Reason": reason, "Type": "User", "message": "Rate Exceeded."}

            await asyncio.to_thread(talk)
            assert running.lab.counters["environment_faults"] == 0

    run(scenario())


def test_an_alias_has_a_url_of_its_own_with_signatures_and_cors() -> None:
    async def scenario() -> None:
        async with _served(_web()) as (_, client):

            def talk() -> None:
                client.publish_version(FunctionName="f")
                wait(client, "published_version_active", Qualifier="1")
                client.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
                cors: Any = {"AllowOrigins": ["https://a"], "AllowMethods": ["GET"], "MaxAge": 60}
                site = _create(client, is_open=False, Qualifier="live", AuthType="AWS_IAM", Cors=cors)
                assert site.ask()[0] == 403
                request = AWSRequest("GET", f"http://{site.host}/signed?a=b", headers={"Host": site.host})
                secret = secrets.token_hex()
                SigV4Auth(Credentials("AKIDEXAMPLE", secret), "lambda", "us-east-1").add_auth(request)
                signed = {
                    key.replace("-", "_"): value for key, value in request.headers.items() if key != "Host"
                }
                status, headers, body = site.ask("GET", "/signed?a=b", Origin="https://a", **signed)
                assert (status, headers["access-control-allow-origin"]) == (200, "https://a")
                told = json.loads(body)
                assert told["arn"] == _ARN + ":live"
                assert told["event"]["requestContext"]["authorizer"]["iam"]["accessKey"] == "AKIDEXAMPLE"
                # A preflight is never signed.
                ask = {"Access_Control_Request_Method": "GET"}
                status, headers, body = site.ask("OPTIONS", "/", Origin="https://a", **ask)
                assert (status, body, headers["access-control-max-age"]) == (200, b"", "60")
                _, headers, _ = site.ask("OPTIONS", "/", Origin="https://b", **ask)
                assert "access-control-allow-origin" not in headers
                client.delete_alias(FunctionName="f", Name="live")
                assert site.ask(**signed)[0] == 403

            await asyncio.to_thread(talk)

    run(scenario())


def test_a_streamed_url_is_read_while_it_is_made_and_cut_where_it_fails(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async def scenario() -> None:
        async with _served(streaming()) as (running, client):
            await running.lab.add_function(_web(name="web"))

            def talk() -> None:
                site = _create(client, InvokeMode="RESPONSE_STREAM")

                def post(event: object) -> Any:
                    return site.open("POST", "/", json.dumps(event).encode(), Content_Type="application/json")

                go = tmp_path / "go"
                meta = {"statusCode": 206, "headers": {"X-A": "b"}, "cookies": ["c=d"]}
                kind = "application/vnd.awslambda.http-integration-response"
                got = post({"send": [meta, "one", {"await": str(go)}, "two"], "type": kind})
                assert (got.status, got.headers["X-A"], got.headers["Set-Cookie"]) == (206, "b", "c=d")
                assert got.read(3) == b"one"
                go.touch()
                assert got.read() == b"two"
                assert got.headers["Transfer-Encoding"] == "chunked"

                got = post({"send": ["plain"], "type": "text/event-stream"})
                assert (got.status, got.headers["Content-Type"], got.read()) == (
                    200,
                    "text/event-stream",
                    b"plain",
                )
                for bad in ({"send": ["no metadata"], "type": kind}, {"send": [], "type": kind}):
                    got = post(bad)
                    assert (got.status, got.read()) == (502, b"Internal Server Error")
                got = post({"send": ["x" * 70_000, "y"], "type": kind})
                assert got.status == 502

                got = post({"send": ["half"], "end": "exit"})
                assert got.status == 200
                with pytest.raises(http.client.IncompleteRead) as cut:
                    got.read()
                assert cut.value.partial == b"half"
                # A function that does not stream is told as it is, whatever it means.
                plain = _create(client, FunctionName="web", InvokeMode="RESPONSE_STREAM")
                got = plain.open("POST", "/", b'{"answer": {"statusCode": 201, "body": "x"}}')
                assert (got.status, json.loads(got.read())) == (200, {"statusCode": 201, "body": "x"})
                assert plain.open("POST", "/", b'{"raise": 1}').status == 502

            await asyncio.to_thread(talk)
            await until(lambda: all(view.state != "busy" for view in running.lab.environments("f")))
            assert running.lab.counters["environment_faults"] == 0

    run(scenario())
    assert capfd.readouterr().err == ""

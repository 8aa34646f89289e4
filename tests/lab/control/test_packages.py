"""boto3 creates functions from zips, gives them new code and deletes them."""

from __future__ import annotations

import asyncio
import base64
import functools
import hashlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.lab.control.served import refused, served, talk, wait
from tests.lab.control.zips import zipped
from tests.lab.running import both_confinements, hidden_python, is_alive, needs_bubblewrap, run, until

from dayfly.lab.model import ConfinementChoice

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_RUNTIME: Any = f"python{sys.version_info[0]}.{sys.version_info[1]}"
_ROLE = "arn:aws:iam::000000000000:role/r"


def _code(value: int, **more: str) -> bytes:
    handler = f"import os\ndef handler(event, context):\n    return [{value}, os.environ.get('AA')]\n"
    return zipped({"app.py": handler, **more}, mode=0o644)


def _request(name: str = "g", content: bytes = b"", **options: Any) -> dict[str, Any]:
    given = {
        "FunctionName": name,
        "Runtime": _RUNTIME,
        "Role": _ROLE,
        "Handler": "app.handler",
        "Code": {"ZipFile": content or _code(1)},
    }
    return given | options


def _answer(client: LambdaClient, name: str = "g") -> Any:
    return json.loads(client.invoke(FunctionName=name)["Payload"].read())


@needs_bubblewrap
def test_a_python_that_cannot_start_in_the_sandbox_is_refused_at_create(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other: Any = "python3.10" if _RUNTIME != "python3.10" else "python3.11"
    python = hidden_python(tmp_path, other)

    def create(client: LambdaClient) -> None:
        status, code, message = refused(lambda: client.create_function(**_request(Runtime=other)))
        assert (status, code) == (400, "InvalidParameterValueException")
        assert str(python) in message
        assert "not in the sandbox" in message
        assert "use a Python that every user can read" in message
        update = functools.partial(client.update_function_configuration, FunctionName="f", Runtime=other)
        assert refused(update)[:2] == (400, "InvalidParameterValueException")
        assert [one["FunctionName"] for one in client.list_functions()["Functions"]] == ["f"]

    monkeypatch.setenv("PATH", f"{python.parent}:/usr/sbin:/bin")
    talk(create, confinement="bubblewrap")


def test_a_python_that_is_not_installed_is_refused_at_create(monkeypatch: pytest.MonkeyPatch) -> None:
    other = "python3.14" if _RUNTIME != "python3.14" else "python3.13"

    def create(client: LambdaClient) -> None:
        status, code, message = refused(lambda: client.create_function(**_request(Runtime=other)))
        assert (status, code) == (400, "InvalidParameterValueException")
        assert f"there is no {other} on PATH" in message
        assert f"or choose {_RUNTIME}" in message

    monkeypatch.setenv("PATH", "/nowhere")
    talk(create)


def test_a_later_python_on_path_runs_what_the_first_cannot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = "python3.10" if _RUNTIME != "python3.10" else "python3.11"
    broken = tmp_path / "shims" / other
    broken.parent.mkdir()
    broken.write_text(f"#!/bin/sh\necho '{other}: command not found' >&2\nexit 127\n")
    broken.chmod(0o755)
    working = hidden_python(tmp_path, other)

    def create(client: LambdaClient) -> None:
        client.create_function(**_request(Runtime=other))
        wait(client, "function_active_v2", name="g")
        assert _answer(client) == [1, None]

    monkeypatch.setenv("PATH", f"{broken.parent}:{working.parent}:/usr/bin:/bin")
    talk(create)


def test_what_is_no_function_is_refused_and_nothing_is_made() -> None:
    cases: list[tuple[dict[str, Any], int, str]] = [
        (_request("f"), 409, "Function already exist: f"),
        (_request("a b"), 400, "at 'functionName'"),
        (_request("g:1"), 400, "qualifier"),
        (_request(Role="me"), 400, "at 'role'"),
        (_request(Runtime="nodejs4"), 400, "at 'runtime'"),
        (_request(Runtime="nodejs22.x"), 400, "cannot run nodejs22.x"),
        (_request(Handler="a b"), 400, "at 'handler'"),
        (_request(Timeout=901), 400, "timeout"),
        (_request(MemorySize=129 * 1024), 400, ""),
        (_request(content=b"no zip"), 400, "Could not unzip"),
        (_request(Layers=["arn:aws:lambda:us-east-1:000000000000:layer:l:1"]), 400, "does not exist"),
        (_request(Tags={"aws:x": "y"}), 400, "reserved prefix"),
        (_request(Environment={"Variables": {"AWS_REGION": "x"}}), 400, "reserved keys"),
        (_request(Architectures=["arm64"]), 400, "x86_64"),
        (_request(VpcConfig={"SubnetIds": ["subnet-1"]}), 400, "must coexist"),
        (_request(Code={"S3Bucket": "bucket"}), 400, "S3 Bucket and Key are required"),
        (_request(Code={"S3Key": "key"}), 400, "S3 Bucket and Key are required"),
        (_request(Code={"ZipFile": _code(1), "S3ObjectVersion": "1"}), 400, "when providing a ZipFile"),
    ]

    def scenario(client: LambdaClient) -> None:
        for request, status, said in cases:
            answer = refused(functools.partial(client.create_function, **request))
            assert (answer[0], said in answer[2]) == (status, True), answer
        assert [function["FunctionName"] for function in client.list_functions()["Functions"]] == ["f"]

    talk(scenario)


@both_confinements
def test_a_function_is_created_given_other_code_and_deleted(confinement: ConfinementChoice) -> None:
    content = _code(1)

    async def scenario() -> None:
        async with served(confinement=confinement, update_s=0.3) as (running, client):

            def live() -> None:
                made = client.create_function(
                    **_request(content=content, Environment={"Variables": {"AA": "a"}}, Tags={"team": "shop"})
                )
                digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
                assert (made["State"], made["CodeSha256"], made["CodeSize"]) == (
                    "Pending",
                    digest,
                    len(content),
                )
                assert refused(lambda: client.invoke(FunctionName="g"))[:2] == (
                    409,
                    "ResourceConflictException",
                )
                wait(client, "function_active_v2", name="g")
                assert client.get_function(FunctionName="g")["Tags"] == {"team": "shop"}
                assert _answer(client) == [1, "a"]
                client.publish_version(FunctionName="g")
                changed = client.update_function_code(FunctionName="g", ZipFile=_code(2))
                assert (changed["LastUpdateStatus"], _answer(client)) == ("InProgress", [1, "a"])
                wait(client, "function_updated_v2", name="g")
                assert _answer(client) == [2, "a"]
                assert _answer(client, "g:1") == [1, "a"]
                stale = refused(
                    lambda: client.update_function_code(FunctionName="g", ZipFile=content, RevisionId="x")
                )
                assert stale[:2] == (412, "PreconditionFailedException")

            await asyncio.to_thread(live)
            pids = [pid for pids in running.lab.processes("g").values() for pid in pids]
            assert pids
            await asyncio.to_thread(client.update_function_configuration, FunctionName="g", Timeout=4)
            await asyncio.to_thread(client.delete_function, FunctionName="g")
            await until(lambda: not any(is_alive(pid) for pid in pids))
            gone = await asyncio.to_thread(refused, lambda: client.invoke(FunctionName="g:1"))
            assert gone[:2] == (404, "ResourceNotFoundException")
            again = await asyncio.to_thread(lambda: client.create_function(**_request(content=_code(3))))
            assert (again["Version"], again["State"]) == ("$LATEST", "Pending")
            await asyncio.to_thread(wait, client, "function_active_v2", name="g")
            # The update of the one that was deleted does not reach the one of the same name.
            described = await asyncio.to_thread(client.get_function_configuration, FunctionName="g")
            assert described["Timeout"] == 3
            assert await asyncio.to_thread(_answer, client) == [3, None]

    run(scenario())


def test_new_code_goes_with_a_layer_that_was_deleted() -> None:
    def scenario(client: LambdaClient) -> None:
        content = zipped({"python/a.py": "A = 1\n"})
        arn = client.publish_layer_version(LayerName="l", Content={"ZipFile": content})["LayerVersionArn"]
        client.create_function(**_request(Layers=[arn]))
        client.delete_layer_version(LayerName="l", VersionNumber=1)
        answer = client.update_function_code(FunctionName="g", ZipFile=_code(2))
        assert [layer["Arn"] for layer in answer["Layers"]] == [arn]

    talk(scenario, update_s=0.0)


def test_an_invocation_under_way_is_finished_when_its_function_is_deleted() -> None:
    async def scenario() -> None:
        async with served() as (running, client):
            busy = asyncio.create_task(running.call({"do": "sleep", "seconds": 0.5}))
            await until(lambda: "invoke_start" in running.kinds())
            await asyncio.to_thread(client.delete_function, FunctionName="f")
            assert (await busy).function_error is None
            await until(lambda: "shutdown" in running.kinds())

    run(scenario())


def test_a_lab_that_ends_ends_what_served_a_function_that_was_deleted() -> None:
    pids: list[int] = []

    async def scenario() -> None:
        async with served() as (running, client):
            busy = asyncio.create_task(running.call({"do": "sleep", "seconds": 30}))
            await until(lambda: "invoke_start" in running.kinds())
            (found,) = running.lab.processes("f").values()
            pids.extend(found)
            await asyncio.to_thread(client.delete_function, FunctionName="f")
        await asyncio.gather(busy, return_exceptions=True)

    run(scenario())
    assert pids
    assert not any(is_alive(pid) for pid in pids)


def test_code_that_was_sent_does_not_run_outside_an_environment(tmp_path: Path) -> None:
    planted = tmp_path / "planted"
    escape = f"open({str(planted)!r}, 'w').close()\n"

    def scenario(client: LambdaClient) -> None:
        content = _code(1, **{"sitecustomize.py": escape, "usercustomize.py": escape, "json.py": escape})
        client.create_function(**_request(content=content))
        wait(client, "function_active_v2", name="g")
        client.get_function(FunctionName="g")

    talk(scenario)
    assert not planted.exists()

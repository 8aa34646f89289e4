"""Attach and detach as processes, with faults on the wire and kill -9 at every request: whole before, whole after."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from tests.attach.live.aws import make_function, make_layer
from tests.attach.live.proxy import Answer, Drop, Proxy, proxied

from dayfly.cli.main import run as run_command

_UPDATE = ("PUT", "/2015-03-31/functions/payments/configuration")
_BEFORE = {"TABLE": "t", "AWS_LAMBDA_EXEC_WRAPPER": "/opt/otel-instrument", "DAYFLY_TMP": "keep"}
_AFTER = {
    "TABLE": "t",
    "AWS_LAMBDA_EXEC_WRAPPER": "/opt/dayfly",
    "DAYFLY_NEXT_WRAPPER": "/opt/otel-instrument",
    "DAYFLY_TMP": "scrub",
}


class Account:
    """moto's, behind the proxy, with one function and a layer."""

    def __init__(self, proxy: Proxy, folder: Path) -> None:
        self.proxy = proxy
        self.journal = folder / "attach.jsonl"
        keys = {"aws_access_key_id": "lab", "aws_secret_access_key": "lab", "region_name": "us-east-1"}
        self.client: Any = boto3.client("lambda", endpoint_url=proxy.moto, **keys)  # type: ignore[call-overload]
        iam = boto3.client("iam", endpoint_url=proxy.moto, **keys)  # type: ignore[call-overload]
        role = iam.create_role(
            RoleName="r", AssumeRolePolicyDocument='{"Version":"2012-10-17","Statement":[]}'
        )
        make_function(self.client, role["Role"]["Arn"], Environment={"Variables": _BEFORE})
        self.layer = make_layer(self.client, CompatibleRuntimes=["python3.12"])

    def words(self, command: str) -> list[str]:
        words = [command, "payments", "--yes", "--endpoint-url", self.proxy.url, "--region", "us-east-1"]
        words += ["--journal", str(self.journal)]
        return words + (["--layer", self.layer, "--set", "tmp=scrub"] if command == "attach" else [])

    def state(self) -> tuple[list[str], dict[str, str]]:
        told = self.client.get_function_configuration(FunctionName="payments")
        return [layer["Arn"] for layer in told.get("Layers", [])], told["Environment"]["Variables"]


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    with proxied() as proxy:
        account = Account(proxy, tmp_path)
        yield account
        account.client.delete_function(FunctionName="payments")
        requests_left = boto3.client(
            "iam",
            endpoint_url=proxy.moto,
            region_name="us-east-1",
            aws_access_key_id="lab",
            aws_secret_access_key="lab",
        )
        requests_left.delete_role(RoleName="r")


@pytest.mark.parametrize(
    "fault",
    [
        Answer(429, "TooManyRequestsException"),
        Answer(500, "ServiceException"),
        Answer(409, "ResourceConflictException", "An update is in progress for resource: arn"),
        None,
    ],
)
@pytest.mark.parametrize("place", ["before", "after"])
def test_a_fault_on_the_wire_costs_time_and_nothing_else(
    account: Account, place: str, fault: Answer | None, capsys: pytest.CaptureFixture[str]
) -> None:
    left = [1, 2]

    def hook(method: str, path: str) -> Answer | None:
        if (method, path) == _UPDATE and left:
            left.pop()
            if fault is None:
                raise Drop
            return fault
        return None

    setattr(account.proxy, place, hook)
    assert run_command(account.words("attach")) == 0, capsys.readouterr()
    assert account.state() == ([account.layer], _AFTER)
    assert not left
    left.extend([1, 2])
    assert run_command(account.words("detach")) == 0, capsys.readouterr()
    assert account.state() == ([], _BEFORE)
    assert not left


def _run_until_killed(account: Account, command: str, place: str, step: int) -> int:
    """Run the command as a process that is killed by SIGKILL at request number `step`; return its exit status."""
    script = "import sys; from dayfly.cli.main import run; sys.exit(run(sys.argv[1:]))"
    account.proxy.seen.clear()
    process = subprocess.Popen(
        [sys.executable, "-c", script, *account.words(command)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def kill(method: str, path: str) -> Answer | None:
        if len(account.proxy.seen) > step:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            raise Drop
        return None

    setattr(account.proxy, place, kill)
    try:
        return process.wait(timeout=60)
    finally:
        setattr(account.proxy, place, lambda method, path: None)


@pytest.mark.slow  # a process for each step
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("command", "place"),
    [
        ("detach", "after"),
        *(
            pytest.param(*case, marks=pytest.mark.nightly)
            for case in (("attach", "before"), ("attach", "after"), ("detach", "before"))
        ),
    ],
)
def test_a_process_that_is_killed_at_any_request_leaves_the_function_whole_and_is_taken_up(
    account: Account, command: str, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    after = ([account.layer], _AFTER)
    before: tuple[list[str], dict[str, str]] = ([], _BEFORE)
    killed = 0
    for step in range(40):
        if command == "detach":
            assert run_command(account.words("attach")) == 0, capsys.readouterr()
        status = _run_until_killed(account, command, place, step)
        assert account.state() in (before, after), step
        if status == 0:
            break
        assert status == -signal.SIGKILL
        killed += 1
        if (
            command == "attach"
            and step % 2
            and account.journal.exists()
            and b'"begin"' in account.journal.read_bytes()
        ):
            words = [
                word for word in account.words("attach") if word not in ("payments", "--layer", account.layer)
            ]
            assert run_command(["attach", "--resume", *words[1:]]) == 0, capsys.readouterr()
        assert run_command(account.words(command)) == 0, capsys.readouterr()
        assert account.state() == (after if command == "attach" else before), step
        assert run_command(account.words("detach")) == 0, capsys.readouterr()
        assert account.state() == before, step
    assert killed >= 10
    assert status == 0

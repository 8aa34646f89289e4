"""Files and an account's logs come into a running service, by the commands that people type."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE
from typing import Any

import boto3
import pytest
from moto import mock_aws
from tests.fleet.ingest.batches import BEGIN, STREAM
from tests.fleet.service.running import COMMAND, Served, until

from dayfly.cli.main import run

GROUP = "/aws/lambda/checkout"
REPORT = "REPORT RequestId: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\tDuration: 12.34 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB\tMax Memory Used: 71 MB\t"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served(tmp_path_factory.mktemp("fleet")) as running:
        yield running


def collector(served: Served) -> dict[str, Any]:
    with served.api() as api:
        found = api.get("/api/v1/status").json()
    parts = found.get("parts", found)
    return dict(parts["collector"])


def asked(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    capsys.readouterr()
    assert run([*arguments, "--json"]) == 0
    return dict(json.loads(capsys.readouterr().out))


@pytest.mark.slow
def test_a_file_is_brought_in_once(
    served: Served, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "day.json"
    events = [{"logStreamName": STREAM, "timestamp": BEGIN + n, "message": REPORT} for n in range(50)]
    log.write_text(json.dumps({"events": events}))
    command = ("fleet", "import", str(log), "--function", "checkout", "--folder", str(served.folder))
    told = asked(capsys, *command)
    assert (told["files"], told["lines"], told["batches_known"]) == (1, 50, 0)
    assert asked(capsys, *command)["batches_known"] == 1
    until(lambda: collector(served)["rows"] >= 50)


def test_json_lines_as_the_docs_describe_them_come_in(served: Served, tmp_path: Path) -> None:
    log = tmp_path / "lines.jsonl"
    named = {
        "stream": STREAM,
        "function": "told-by-its-line",
        "account": "123456789012",
        "region": "eu-west-1",
    }
    lines = [{"time": time.time() - 60 + n, "message": REPORT, **named} for n in range(3)]
    log.write_text("".join(json.dumps(one) + "\n" for one in lines))
    done = _import(log, "--folder", served.folder)
    assert (done.returncode, done.stdout) == (0, "imported 3 log records of 1 files\n"), done.stderr
    until(lambda: collector(served)["rows"] >= 3)


def test_a_server_that_was_killed_is_said_with_what_arrived(tmp_path: Path) -> None:
    with Served(tmp_path / "fleet") as own:
        command = [*COMMAND, "import", "-", "--folder", str(own.folder)]
        with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, stderr=PIPE) as importing:
            assert importing.stdin is not None
            # A batch is 5,000 lines; some more wait in buffers.
            importing.stdin.write(_many(5500))
            importing.stdin.flush()
            until(lambda: collector(own)["rows"] >= 5000)
            own.process.kill()
            own.process.wait()
            _, said = importing.communicate(_many(5000, first=5500))
        assert importing.returncode == 2
        assert b"did not respond" in said, said
        assert b"5,000 log records were imported before that" in said
        assert b"dayfly fleet serve" in said
        assert b"Traceback" not in said
        # Its folder still names its address.
        (log := tmp_path / "log").write_bytes(_many(3))
        done = _import(log, "--folder", own.folder)
        assert done.returncode == 2
        assert "0 log records were imported before that" in done.stderr


def test_a_server_that_takes_connections_and_never_answers_is_said(tmp_path: Path) -> None:
    (log := tmp_path / "log").write_bytes(_many(3))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        done = _import(log, "--server", f"http://127.0.0.1:{silent.getsockname()[1]}")
    assert done.returncode == 2
    assert "did not respond" in done.stderr
    assert "run this command again" in done.stderr


def _import(log: Path, *options: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "import", str(log), *map(str, options)],
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
        env={**os.environ, "DAYFLY_INGEST_KEY": "k"},
    )


def _many(count: int, *, first: int = 0) -> bytes:
    lines = ({"time": BEGIN / 1000 + first + n, "message": REPORT, "stream": STREAM} for n in range(count))
    return b"".join(json.dumps(one).encode() + b"\n" for one in lines)


@pytest.mark.slow
def test_an_account_is_pulled_once(
    served: Served, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        client = boto3.client("logs")
        client.create_log_group(logGroupName=GROUP)
        client.create_log_stream(logGroupName=GROUP, logStreamName=STREAM)
        then = int(time.time() * 1000) - 3_600_000
        client.put_log_events(
            logGroupName=GROUP, logStreamName=STREAM, logEvents=[{"timestamp": then, "message": REPORT}]
        )
        command = ("fleet", "pull", "--all", "--folder", str(served.folder))
        assert asked(capsys, *command)["lines"] == 1
        assert asked(capsys, *command)["lines"] == 0


def test_what_is_asked_for_wrongly_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, words in (
        (("import",), "no log files were given"),
        (("import", "--nothing"), "unknown option"),
        (("import", "x.log", "--folder", str(tmp_path)), "no service is running"),
        (("import", "x.log", "--server", "https://dayfly.example.com"), "needs an ingest key"),
        (("pull",), "no function was given"),
        (("pull", "--all", "--since", "soon"), "--since 'soon' is not a duration"),
    ):
        assert run(["fleet", *arguments]) == 2
        assert words in capsys.readouterr().err


def test_the_key_of_proofs_is_made_shown_and_renewed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "fleet"
    first = asked(capsys, "fleet", "key", "proof", "--folder", str(folder))
    assert first["variable"] == "DAYFLY_FLEET_KEY"
    assert asked(capsys, "fleet", "key", "proof", "--folder", str(folder))["key"] == first["key"]
    renewed = asked(capsys, "fleet", "key", "proof", "--new", "--folder", str(folder))
    assert (renewed["key"] != first["key"], renewed["older_keys"]) == (True, 1)
    assert (folder / "fleet.key").stat().st_mode & 0o077 == 0
    assert (folder / "fleet.key").read_text().split() == [renewed["key"], first["key"]]

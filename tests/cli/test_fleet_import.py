"""Files and an account's logs come into a running service, by the commands that people type."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from tests.fleet.ingest.batches import BEGIN, STREAM
from tests.fleet.service.running import Served, until

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


@pytest.mark.slow
def test_an_account_is_pulled_once(
    served: Served, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

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
        (("import",), "no logs"),
        (("import", "--nothing"), "no option"),
        (("import", "x.log", "--folder", str(tmp_path)), "no service runs"),
        (("import", "x.log", "--server", "https://dayfly.example.com"), "wants an access key"),
        (("pull",), "which functions"),
        (("pull", "--all", "--since", "soon"), "--since is 'soon'"),
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

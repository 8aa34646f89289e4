"""Exports are for those who may, complete, and refused with words where they make no sense."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from tests.fleet.service.receiver import Receiver
from tests.fleet.service.running import COMMAND, Person, Served


def test_a_viewer_exports_nothing(viewer: Person, responder: Person) -> None:
    assert viewer.get("/api/v1/export").status_code == 403
    assert responder.get("/api/v1/export").status_code == 200


@pytest.mark.parametrize(
    "asked",
    [
        {"format": "xml"},
        {"since": 5, "until": 4},
        {"since": -1},
        {"since": "nan", "until": "nan"},
        {"until": "inf"},
        {"since": 0, "until": 1e15},
        {"severity": 9},
        {"format": "asff"},
        {"format": "asff", "account": "12345678901x", "region": "eu-west-1"},
    ],
)
def test_what_makes_no_sense_is_refused(responder: Person, asked: dict[str, str | int]) -> None:
    answer = responder.get("/api/v1/export", params=asked)
    assert answer.status_code == 400
    assert answer.json()["error"]


def _run(served: Served, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, *arguments, "--folder", str(served.folder)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_the_command_line_exports_and_asks_how_the_service_is(served: Served, tmp_path: Path) -> None:
    done = _run(served, "export", "--ocsf", "--since", "1h")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert "--account" in _run(served, "export", "--asff").stderr
    done = _run(served, "export", "--parquet", str(tmp_path / "lake"), "--json")
    assert json.loads(done.stdout)["files"] == []
    done = _run(served, "status", "--json")
    assert json.loads(done.stdout)["faults"] == []
    assert _run(served, "alert", "test", "nobody").returncode == 2


def test_files_are_written_for_the_local_token_alone(admin: Person) -> None:
    token = admin.get("/").text.partition('name="_csrf_token" value="')[2].partition('"')[0]
    answer = admin.post("/api/v1/export/parquet", json={"folder": "/tmp/x"}, headers={"x-csrf-token": token})
    assert answer.status_code == 403


def test_a_channel_is_tried_through_the_running_service(
    tmp_path: Path, receiver: tuple[str, type[Receiver]]
) -> None:
    url, kind = receiver
    (tmp_path / "secret").write_text("0123456789abcdef")
    (tmp_path / "fleet.toml").write_text(
        f'[[alert]]\nname = "hook"\nkind = "webhook"\nurl = "{url}"\nsecret = "file:{tmp_path}/secret"\n'
    )
    with Served(tmp_path) as running:
        done = _run(running, "alert", "test", "hook", "--json")
        assert json.loads(done.stdout) == {"channel": "hook", "taken": True, "fault": ""}
        assert json.loads(kind.got[0][2])["finding_info"]["types"] == ["alert_test"]
        kind.status = 500
        assert _run(running, "alert", "test", "hook").returncode == 1
        answer = running.api().get("/api/v1/alerts").text
        assert "0123456789abcdef" not in answer
        assert url not in answer

"""`dayfly demo --fleet`: one command, a link, an attack that the fleet sees, and nothing left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import pytest

from dayfly.cli.main import run as run_command

_COMMAND = (sys.executable, "-c", "from dayfly.cli.main import main; main()", "demo", "--fleet")
_DEADLINE_S = 300.0
# Of one request: on a busy machine the store takes longer over a query than httpx waits by default.
_REQUEST_S = 60.0


def test_a_report_and_the_console_exclude_each_other(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run_command(["demo", "--fleet", "--report", str(tmp_path / "r.html")]) == 2
    assert "cannot be combined" in capsys.readouterr().err


@pytest.mark.slow
def test_the_fleet_sees_the_attack_and_ctrl_c_ends_everything() -> None:
    # A temporary directory of its own: another test may show a demo meanwhile.
    with (
        tempfile.TemporaryDirectory() as temporary,
        subprocess.Popen(
            (*_COMMAND, "--json", "--environments", "3", "--attackers", "9"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "TMPDIR": temporary},
        ) as demo,
    ):
        assert demo.stdout is not None
        told = json.loads(demo.stdout.readline())
        (folder,) = Path(temporary).glob("dayfly-demo-fleet-*")
        token = (folder / "fleet" / "cli.token").read_text().strip()
        assert httpx.get(told["set_up_url"], timeout=_REQUEST_S).status_code == 200
        headers = {"authorization": f"Bearer {token}"}
        with httpx.Client(base_url=told["url"], headers=headers, timeout=_REQUEST_S) as api:
            end = time.monotonic() + _DEADLINE_S
            while len(api.get("/api/v1/retirement/infected").json().get("payments", [])) < 3:
                assert time.monotonic() < end, "the fleet saw no attack"
                time.sleep(0.5)
        demo.send_signal(signal.SIGINT)
        _, errors = demo.communicate(timeout=60)
        assert demo.returncode == 0, errors
        assert not folder.exists()
        with pytest.raises(httpx.HTTPError):
            httpx.get(told["url"], timeout=2.0)

"""The supervisor for arm64, under qemu-user where that is installed: it starts, serves, and ends its workers.

What it executes runs on this machine's processor. Closed memory is not tested there: an emulated process has the emulator's.
"""

from __future__ import annotations

import platform
import shutil
import sys
from pathlib import Path

import pytest
from native.build import BINARIES
from tests.attacks.shop import needs_confinement
from tests.rie import Rie

QEMU = shutil.which("qemu-aarch64")
COUNTING = """
import os
calls = 0
def handler(event, context):
    global calls
    calls += 1
    return {"calls": calls, "pid": os.getpid()}
"""
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(QEMU is None, reason="there is no qemu-aarch64 (Debian package qemu-user)"),
    pytest.mark.skipif(platform.machine() == "aarch64", reason="every other test runs it here"),
    needs_confinement(),
]


def test_it_serves_events_and_ends_each_worker(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(COUNTING)
    supervisor = BINARIES / "aarch64" / "supervisor"
    command = [str(QEMU), str(supervisor), sys.executable, "-m", "dayfly.runtime", "app.handler"]
    settings = {"DAYFLY_API_LOCK": "off", "DAYFLY_GUARD": "off"}
    with Rie(tmp_path, confined=True, command=command, environment=settings) as rie:
        answers = [rie.invoke({}) for _ in range(3)]
        assert [one.status for one in answers] == [200] * 3, rie.logs()
        seen = [one.payload for one in answers]
        assert all(isinstance(one, dict) and one["calls"] == 1 for one in seen), seen
        assert "dayfly: not active" not in rie.logs()
        assert "Dayfly is active" in rie.wait_for_log("Dayfly is active")

"""A zygote that was executed, as by the native supervisor, loads nothing of what supervises it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

from tests.rie import ROOT

from dayfly.core.handshake import MARKER, ZygoteOptions

FUNCTION = """
import sys
print("loaded:", *sorted(name for name in sys.modules if name.startswith("dayfly.supervisor")), flush=True)

def handler(event, context):
    return {}
"""


def test_an_executed_zygote_loads_no_module_of_the_supervisors_but_what_looks_at_its_start(
    tmp_path: Path,
) -> None:
    (tmp_path / "app.py").write_text(FUNCTION)
    ours, theirs = socket.socketpair()
    life, far = socket.socketpair()
    options = ZygoteOptions(isolation="invocation", guard="off", guard_key="00")
    with ours, theirs, life, far:
        process = subprocess.Popen(
            [sys.executable, "-m", "dayfly.runtime", "app.handler"],
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": f"{tmp_path}:{ROOT / 'src'}",
                "LAMBDA_TASK_ROOT": str(tmp_path),
                MARKER: f"{theirs.fileno()}:{far.fileno()},{options.pack()}",
            },
            stdout=subprocess.PIPE,
            pass_fds=[theirs.fileno(), far.fileno()],
        )
        theirs.close()
        assert ours.recv(1)
    output, _ = process.communicate(timeout=60)
    assert output.split()[0] == b"loaded:"
    assert set(output.split()[1:]) == {b"dayfly.supervisor", b"dayfly.supervisor.startup"}

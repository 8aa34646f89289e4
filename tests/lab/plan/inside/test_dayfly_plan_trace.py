"""The handler that times another: its reports, in a process of its own as in an environment."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from dayfly.lab.plan import inside
from dayfly.lab.plan.split import TRACE_MARK, Report, read_report

MODULE = Path(inside.__file__).with_name("dayfly_plan_trace.py")
APP = """
import os, socket

class Client:
    pass

def make():
    return Client()

def handler(event, context):
    client = [sum(range(400_000)), make()][1]
    if event["port"]:
        with socket.create_connection(("127.0.0.1", event["port"])):
            pass
    import late
    return {"secret": event["secret"], "handler": os.environ["_HANDLER"], "left": "DAYFLY_PLAN_TRACE" in os.environ}
"""


def trace(folder: Path, *events: dict[str, Any]) -> tuple[list[Any], list[Report], str]:
    """Return answers, reports and the whole log of a function's events in one process."""
    (folder / "app.py").write_text(APP)
    (folder / "late.py").write_text("ready = sum(range(400_000))\n")
    shutil.copy(MODULE, folder)
    code = (
        "import json, sys, dayfly_plan_trace as t\n"
        "for line in sys.stdin: print(json.dumps(t.handler(json.loads(line), None)))"
    )
    wishes = json.dumps({"handler": "app.handler", "vendored": []})
    done = subprocess.run(
        [sys.executable, "-c", code],
        input="".join(json.dumps(event) + "\n" for event in events),
        env={**os.environ, "PYTHONPATH": str(folder), "DAYFLY_PLAN_TRACE": wishes},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    lines = [line for line in done.stderr.splitlines() if line.startswith(TRACE_MARK)]
    reports = [report for line in lines if (report := read_report(line)) is not None]
    return [json.loads(line) for line in done.stdout.splitlines()], reports, done.stderr


def test_imports_and_lines_are_told_apart_and_values_are_not(tmp_path: Path) -> None:
    event = {"port": 0, "secret": "hunter2"}
    answers, (first, second), log = trace(tmp_path, event, event)
    assert answers == [{"secret": "hunter2", "handler": "app.handler", "left": False}] * 2
    assert first.import_ms > 0
    assert second.import_ms == 0, "what is loaded is not loaded again"
    named = {line.where: line for line in first.lines}
    assert named["app.py:11"].types["client"] == "app.Client"
    assert named["app.py:11"].import_ms == 0
    assert named["app.py:15"].import_ms > 0
    assert "hunter2" not in log


def test_connections_are_timed_and_those_that_fail_are_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        _, (report,), _ = trace(tmp_path, {"port": port, "secret": ""})
    assert report.connection_ms > 0
    assert [line.where for line in report.lines if line.opened] == ["app.py:13"]
    assert report.destinations == {f"127.0.0.1:{port}": ""}

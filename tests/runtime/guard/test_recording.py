"""What any process uses is written down as it happens: kind, target, packages, and whether at init or in a test."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from tests.interpreters import Interpreter, found_interpreters

from dayfly.runtime.guard import recording

SOURCES = str(Path(recording.__file__).parents[3])
APP = """
import os
import lib
REGION = os.environ["TABLE"]
SETTINGS = lib.read("/etc/passwd")
def handler(event, context):
    import socket
    lib.read("/etc/group")
    with open("/tmp/receipt-of-a-test", "w") as file:
        file.write("x")
    os.remove("/tmp/receipt-of-a-test")
    try:
        socket.create_connection(("127.0.0.1", 9), timeout=1)
    except OSError:
        pass
    lib.start(["true"])
    return os.environ.get("NOT_SET")
"""
LIB = """
import subprocess, threading
def read(path):
    with open(path) as file:
        return file.read()
def start(words):
    thread = threading.Thread(target=subprocess.run, args=(words,))
    thread.start()
    thread.join()
"""
TEST = """
import app
def test_it():
    app.handler({}, None)
"""


@pytest.mark.parametrize("interpreter", found_interpreters(), ids=lambda found: found.version)
def test_what_a_test_run_uses_is_recorded(interpreter: Interpreter, tmp_path: Path) -> None:
    task = tmp_path / "task"
    (task / "lib-1.0.dist-info").mkdir(parents=True)
    (task / "lib-1.0.dist-info" / "RECORD").write_text("lib.py,,\n")
    for name, text in (("app", APP), ("lib", LIB), ("test_app", TEST)):
        (task / f"{name}.py").write_text(text)
    out = tmp_path / "uses.jsonl"
    start = f"from dayfly.runtime.guard.recording import record; record({str(task)!r}, {str(out)!r}); import test_app; test_app.test_it()"
    ran = subprocess.run(
        [interpreter.path, "-c", start],
        cwd=task,
        env={"PYTHONPATH": f"{SOURCES}:{task}", "TABLE": "orders", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    uses = [json.loads(line) for line in out.read_text().splitlines()]
    assert all(set(use) == {"kind", "target", "packages", "phase", "place"} for use in uses)
    found = [(use["kind"], use["target"], tuple(use["packages"]), use["phase"]) for use in uses]
    assert sorted(set(found)) == sorted(found)
    assert {use for use in found if use[1] not in ("_PYTHON_SUBPROCESS_USE_POSIX_SPAWN", "_PYTHON_SUBPROCESS_USE_VFORK")} == {
        ("environment", "TABLE", ("function",), "init"),
        ("read", "/etc/passwd", ("lib",), "init"),
        ("read", "/etc/group", ("lib",), "invoke"),
        ("write", "${TMP}/*", ("function",), "invoke"),
        ("network", "127.0.0.1:9", ("function",), "invoke"),
        ("threads", "lib", ("lib",), "invoke"),
        ("process", "true", ("lib",), "invoke"),
        ("environment", "NOT_SET", ("function",), "invoke"),
    }  # fmt: skip


def test_where_nothing_can_be_written_nobody_is_any_worse_off(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for path in (tmp_path / "none" / "x", tmp_path / "link"):
        recording.write(str(path), "read", "/x", ("function",), "init", "")
    assert not (tmp_path / "elsewhere").exists()
